//! A SOPS document: its values, whether it is whole, and how it is changed.

use std::ops::Range;

use sha2::{Digest as _, Sha512};

use super::cipher::{DataKey, Plain};
use super::format::Format;
use super::rule::Rule;
use super::tree::{Kind, Node, SOPS, Scalar, Tree, line_start};
use crate::secret::Secret;

/// What the authentication code of `mac_only_encrypted` documents begins with.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Values with the names that reach them.
type Values = Vec<(Vec<String>, Secret)>;

/// A document that was found whole.
pub(super) struct Document {
    format: Format,
    text: String,
    tree: Tree,
    key: DataKey,
    rule: Rule,
    only_encrypted: bool,
    /// The encrypted values that names reach, in the order of the text.
    values: Values,
}

impl Document {
    /// Decrypts every value and compares the authentication code.
    ///
    /// # Errors
    /// What is wrong with it, quoting nothing.
    pub fn open(format: Format, text: String, tree: Tree, key: DataKey) -> Result<Self, String> {
        let mut document = Self::unchecked(format, text, tree, key)?;
        let (mac, values) = document.authenticated()?;
        let own =
            |name: &str| document.tree.own().find(|(known, ..)| known == name).map(|(_, _, text)| text.to_owned());
        let modified = own("lastmodified").ok_or("it does not say when it was made")?;
        let written = own("mac").ok_or("it has no authentication code")?;
        let known =
            document.key.decrypt(&written, &modified).ok_or("its authentication code belongs to another key")?;
        if known.secret != Secret::new(mac) {
            return Err(
                "its authentication code says that it was changed by hand, or holds a form of number that is not \
                        known"
                    .to_owned(),
            );
        }
        document.values = values;
        Ok(document)
    }

    /// A document that is just made.
    pub fn unchecked(format: Format, text: String, tree: Tree, key: DataKey) -> Result<Self, String> {
        let own = |name: &str| tree.own().find(|(known, ..)| known == name).map(|(_, _, text)| text.to_owned());
        let rule = Rule::find(own)?;
        let only_encrypted = own("mac_only_encrypted").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        Ok(Self { format, text, tree, key, rule, only_encrypted, values: Vec::new() })
    }

    /// The values that are encrypted and have a name.
    pub fn values(&self) -> &[(Vec<String>, Secret)] {
        &self.values
    }

    /// A value.
    pub fn get(&self, path: &[String]) -> Option<&Secret> {
        self.values.iter().find(|(known, _)| known == path).map(|(_, secret)| secret)
    }

    /// Whether something without a value of its own, or in the clear, stands at a path or above it.
    pub fn blocked(&self, path: &[String]) -> bool {
        let above = (1..path.len()).any(|end| {
            self.tree.find(&path[..end]).is_some_and(|node| !matches!(node.kind, Kind::Map { end: Some(_) }))
        });
        above || (self.get(path).is_none() && self.tree.find(path).is_some())
    }

    /// Whether the document's rule encrypts what is written to a path.
    pub fn encrypts(&self, path: &[String]) -> bool {
        self.rule.encrypts(path)
    }

    /// Makes changes and gives the new text. Nothing but the values' own places, SOPS's code and its time changes.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn change(&mut self, changes: &[(Vec<String>, Option<&Secret>)], now: &str) -> Result<(), String> {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut made: Vec<&[String]> = Vec::new();
        for (path, secret) in changes {
            // A parent that an earlier change makes has to be there first.
            let waits = |known: &&[String]| known[0] == path[0] && (known.len() > 1 || path.len() > 1);
            if secret.is_none() || made.iter().any(waits) {
                self.apply(&mut edits)?;
                made.clear();
            }
            let edit = match secret {
                None => (self.tree.removal(path).ok_or("an entry shares its line with another")?, String::new()),
                Some(secret) => self.edit(path, secret)?,
            };
            edits.push(edit);
            made.push(path);
            if secret.is_none() {
                self.apply(&mut edits)?;
                made.clear();
            }
        }
        self.apply(&mut edits)?;
        let (mac, values) = self.authenticated()?;
        let written = self.key.encrypt(&mac, now).ok_or("the system gives no random numbers")?;
        for (name, value) in [("mac", written.as_str()), ("lastmodified", now)] {
            let place = self.tree.own().find(|(known, ..)| known == name).map(|(_, node, _)| node.kind.clone());
            let Some(Kind::Leaf { span, quoted, .. }) = place else { return Err(format!("it has no {name}")) };
            edits.push((span, self.format.scalar(value, quoted)));
        }
        self.apply(&mut edits)?;
        self.values = values;
        Ok(())
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether no value is left, nor anything else that is the user's.
    pub fn is_empty(&self) -> bool {
        let comment = |line: &str| line.trim_start().starts_with(['#', ';']);
        self.tree.leaves().next().is_none() && !self.text.lines().any(comment)
    }

    fn apply(&mut self, edits: &mut Vec<(Range<usize>, String)>) -> Result<(), String> {
        // From the end, so that places before a change hold; insertions at one place keep their order.
        let mut all: Vec<_> = edits.drain(..).enumerate().collect();
        all.sort_by_key(|(index, (range, _))| (range.start, *index));
        for (_, (range, text)) in all.into_iter().rev() {
            self.text.replace_range(range, &text);
        }
        self.tree = self.format.parse(&self.text)?;
        Ok(())
    }

    /// One value in its place, or a new entry.
    fn edit(&self, path: &[String], secret: &Secret) -> Result<(Range<usize>, String), String> {
        let written = self.key.encrypt(secret.expose(), &bound(path)).ok_or("the system gives no random numbers")?;
        if let Some(Node { kind: Kind::Leaf { span, quoted, .. }, .. }) = self.tree.find(path) {
            return Ok((span.clone(), self.format.scalar(&written, *quoted)));
        }
        let value = self.format.scalar(&written, false);
        // The deepest mapping that is there.
        let depth = (1..path.len()).rev().find(|end| self.tree.find(&path[..*end]).is_some()).unwrap_or(0);
        let names = &path[depth..];
        if depth > 0 {
            let place = self.tree.find(&path[..depth]).map(|node| &node.kind);
            let Some(Kind::Map { end: Some((at, before)) }) = place else {
                return Err("an entry cannot be added where the document is written on one line".to_owned());
            };
            let text = match self.format {
                Format::Json => before.clone() + &self.format.entry(names, &value, ""),
                _ => self.line_before(*at) + &self.format.entry(names, &value, before),
            };
            return Ok((*at..*at, text));
        }
        // At the top, before SOPS's own part.
        let own = self.tree.nodes.iter().filter(|node| node.path[0] == SOPS).map(|node| node.at);
        let at = own.min().ok_or("SOPS's own part cannot be found")?;
        let text = match self.format {
            Format::Json => {
                let line = &self.text[line_start(&self.text, at)..at];
                let space = if line.trim().is_empty() { format!("\n{line}") } else { String::new() };
                format!("{},{space}", self.format.entry(names, &value, ""))
            }
            Format::Ini => format!("[{}]\n{}\n", path[0], self.format.entry(&path[1..], &value, "")),
            _ => self.format.entry(names, &value, ""),
        };
        Ok((at..at, text))
    }

    /// A line end, where the text before a place has none.
    fn line_before(&self, at: usize) -> String {
        if at == 0 || self.text[..at].ends_with('\n') { String::new() } else { "\n".to_owned() }
    }

    /// The authentication code over all values, and those that are encrypted and have names.
    fn authenticated(&self) -> Result<(Vec<u8>, Values), String> {
        let mut hash = Sha512::new();
        if self.only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        let mut values = Vec::new();
        for (node, scalar) in self.tree.leaves() {
            let encrypted = self.rule.encrypts(&node.path);
            match (scalar, encrypted) {
                (Scalar::Null, _) => {}
                (Scalar::Text(text), true) => {
                    let plain = self.key.decrypt(text, &bound(&node.path));
                    let Plain { secret, kind } =
                        plain.ok_or_else(|| format!("{} is not encrypted with its key", node.path.join("/")))?;
                    let secret = counted(secret, &kind);
                    hash.update(secret.expose());
                    if !node.in_list {
                        values.push((node.path.clone(), shown(secret, &kind)));
                    }
                }
                (Scalar::Bare(_), true) => return Err(format!("{} is not encrypted", node.path.join("/"))),
                (Scalar::Text(text) | Scalar::Bare(text), false) => {
                    if !self.only_encrypted {
                        hash.update(text);
                    }
                }
            }
        }
        let digest = hash.finalize();
        let hex = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
        Ok((hex.into_bytes(), values))
    }
}

/// What a value is bound to: its path, as SOPS writes it.
fn bound(path: &[String]) -> String {
    path.iter().fold(String::new(), |text, part| text + part + ":")
}

/// The bytes of a value that are counted: truth values in the form that SOPS gives them.
fn counted(secret: Secret, kind: &str) -> Secret {
    match (kind, secret.expose()) {
        ("bool", b"true") => Secret::new("True"),
        ("bool", b"false") => Secret::new("False"),
        _ => secret,
    }
}

/// A value as the decrypted document shows it.
fn shown(secret: Secret, kind: &str) -> Secret {
    match (kind, secret.expose()) {
        ("bool", b"True") => Secret::new("true"),
        ("bool", b"False") => Secret::new("false"),
        _ => secret,
    }
}
