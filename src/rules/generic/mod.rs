//! Credentials without a telling format: found by what they are bound to, or passed to.
//!
//! A reading of the line around a telling word, by hand, since it runs on every file: names, operators and quotes are much
//! alike in all languages.

mod names;
mod place;

use std::ops::Range;
use std::path::Path;

use names::Class;
pub(super) use place::quiet_place;

use super::value::{Look, is_documentation_key, is_placeholder, look};
use crate::model::Confidence;

/// Words that start the reading of a name, in lower case.
pub(super) const KEYWORDS: [&str; 12] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "_pw",
    "salt",
    "auth",
    "mnemonic",
    "credential",
    "cookieparser",
    "createhmac",
];

/// A value that a rule may have found.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) span: Range<usize>,
    pub(super) rule: super::rule::Str,
    pub(super) name: Option<String>,
    pub(super) confidence: Confidence,
    /// How specific the rule is: of two for one place the higher stays.
    pub(super) rank: u8,
}

/// Functions whose argument of the given position is a secret.
const CALLEES: [(&str, usize); 9] = [
    ("createhmac", 1),
    ("cookieparser", 0),
    ("jwt.encode", 1),
    ("jwt.decode", 1),
    ("jwt.sign", 1),
    ("jwt.verify", 1),
    ("secretkeyspec", 0),
    ("hmac.new", 0),
    ("fernet", 0),
];

/// Reads names at the places that the automaton points out.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    path: &'a Path,
    bare: bool,
    until: usize,
    found: Vec<Candidate>,
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

/// How a value stands to the name before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Bound,
    Compared,
    Argument,
    Blank,
    Element,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path) -> Self {
        let bare = place::bare_values(path);
        Self { text, bytes: text.as_bytes(), path, bare, until: 0, found: Vec::new() }
    }

    fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn skip(&self, mut at: usize, set: &[u8]) -> usize {
        while set.contains(&self.at(at)) && at < self.bytes.len() {
            at += 1;
        }
        at
    }

    /// A telling word stands here.
    pub(super) fn hit(&mut self, hit: Range<usize>) {
        if hit.start < self.until {
            return;
        }
        let low = hit.start.saturating_sub(80);
        let start = (low..hit.start).rev().find(|at| !in_name(self.at(*at))).map_or(low, |at| at + 1);
        let high = (hit.end + 80).min(self.bytes.len());
        let end = (hit.end..high).find(|at| !in_name(self.at(*at))).unwrap_or(high);
        self.until = end;
        let Some(name) = self.text.get(start..end) else { return };
        let name = name.trim_matches(['.', '-']);
        if self.call(name, end) {
            return;
        }
        let Some(class) = names::classify(name) else { return };
        let Some((span, quoted, how)) = self.value(start, end) else { return };
        let Some(value) = self.text.get(span.clone()) else { return };
        if let Some(confidence) = judge(class, name, value, quoted, how) {
            self.push(span, class.rule(), Some(name), confidence);
        }
    }

    fn push(&mut self, span: Range<usize>, rule: &'static str, name: Option<&str>, confidence: Confidence) {
        let confidence = if quiet_place(self.path) { Confidence::Low } else { confidence };
        let name = name.map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
        self.found.push(Candidate { span, rule: rule.into(), name, confidence, rank: 1 });
    }

    /// A literal passed to a function that takes a secret.
    fn call(&mut self, name: &str, end: usize) -> bool {
        let lower = name.to_ascii_lowercase();
        let Some((_, position)) = CALLEES.iter().find(|(callee, _)| lower.ends_with(callee)) else { return false };
        if self.at(end) != b'(' {
            return false;
        }
        let mut at = self.skip(end + 1, b" \t\r\n");
        for _ in 0..*position {
            let limit = (at + 200).min(self.bytes.len());
            let Some(comma) = (at..limit).find(|at| b",)".contains(&self.at(*at))) else { return true };
            at = self.skip(comma + 1, b" \t\r\n");
        }
        if let Some(span) = self.quoted(at)
            && self.text.get(span.clone()).is_some_and(|value| value.len() >= 4 && !is_placeholder(value))
        {
            self.push(span, "generic-secret", None, Confidence::Medium);
        }
        true
    }

    /// The inside of a string literal that begins here, prefixes such as `b` allowed.
    fn quoted(&self, mut at: usize) -> Option<Range<usize>> {
        let prefix = at;
        while at - prefix < 2 && b"bBrRuU@".contains(&self.at(at)) {
            at += 1;
        }
        let quote = self.at(at);
        if !b"\"'`".contains(&quote) {
            return None;
        }
        let start = at + 1;
        let mut at = start;
        while at < self.bytes.len() && at - start < 512 {
            match self.at(at) {
                b'\\' => at += 1,
                b'\n' => return None,
                byte if byte == quote => return (at > start).then_some(start..at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// The value that follows a name.
    fn value(&self, start: usize, end: usize) -> Option<(Range<usize>, bool, How)> {
        let open = start.checked_sub(1).map_or(0, |at| self.at(at));
        let mut at = end;
        let key = b"\"'`".contains(&open) && self.at(at) == open;
        if key {
            at += 1;
        }
        at = self.skip(at, b"]");
        if open == b'<' {
            // An XML element: its text up to the closing tag.
            let close = (at..(at + 100).min(self.bytes.len())).find(|at| self.at(*at) == b'>')?;
            let stop = (close + 1..(close + 300).min(self.bytes.len())).find(|at| b"<\n".contains(&self.at(*at)))?;
            return (self.at(stop) == b'<' && stop > close + 1).then_some((close + 1..stop, true, How::Element));
        }
        let blank = self.skip(at, b" \t");
        let rest = self.bytes.get(blank..)?;
        let (length, how) = match rest {
            [b'=' | b'!', b'=', b'=', ..] => (3, How::Compared),
            [b'=' | b'!', b'=', ..] => (2, How::Compared),
            [b'=', b'>', ..] | [b':', b'=', ..] => (2, How::Bound),
            [b':', b':', ..] | [b'=', b'~', ..] => return None,
            [b'=' | b':', ..] => (1, How::Bound),
            [b',', ..] if key => (1, How::Argument),
            _ if blank > at && self.bare && !key => (0, How::Blank),
            _ => return None,
        };
        if how == How::Argument {
            let before = (0..start.saturating_sub(1)).rev().find(|at| !b" \t\r\n".contains(&self.at(*at)))?;
            if self.at(before) != b'(' {
                return None;
            }
        }
        let mut at = self.skip(blank + length, b" \t");
        // A type stands between name and value: `password: String = "…"`.
        if rest.first() == Some(&b':') && how == How::Bound && self.quoted(at).is_none() && !self.bare {
            let limit = (at + 40).min(self.bytes.len());
            let after = (at..limit).find(|at| !(in_name(self.at(*at)) || b"&<>[]'?| ".contains(&self.at(*at))))?;
            if self.at(after) == b'=' {
                at = self.skip(after + 1, b" \t");
            }
        }
        if let Some(span) = self.quoted(at).or_else(|| self.quoted(self.skip(at, b" \t\r\n(")).filter(|_| !self.bare)) {
            let after = self.skip(span.end + 1, b" \t");
            let is_key = self.at(after) == b':' && key;
            return (!is_key).then_some((span, true, how));
        }
        if let Some(span) = self.fallback(at) {
            return Some((span, true, How::Bound));
        }
        (self.bare && how != How::Compared && how != How::Argument).then(|| self.bare_value(at, how)).flatten()
    }

    /// The hardcoded default of a lookup: what stands after `||`, `??`, `or`, or as second argument of `getenv`; or the
    /// part after the colon of `${NAME:default}`.
    fn fallback(&self, at: usize) -> Option<Range<usize>> {
        let limit = (at + 200).min(self.bytes.len());
        let line = self.bytes.get(at..limit)?;
        let line = line.get(..memchr::memchr(b'\n', line).unwrap_or(line.len()))?;
        let line_text = String::from_utf8_lossy(line);
        if line.starts_with(b"${") {
            let close = memchr::memchr(b'}', line)?;
            let colon = memchr::memchr(b':', line.get(..close)?)?;
            let skip = usize::from(line.get(colon + 1) == Some(&b'-'));
            return (colon + 1 + skip < close).then_some(at + colon + 1 + skip..at + close);
        }
        let lookup =
            ["env", "config", "setting", "getproperty"].iter().any(|w| line_text.to_ascii_lowercase().contains(w));
        let marks: &[&[u8]] = if lookup { &[b"||", b"??", b" or ", b", "] } else { &[b"||", b"??", b" or "] };
        marks.iter().find_map(|mark| {
            let found = memchr::memmem::find(line, mark)?;
            self.quoted(self.skip(at + found + mark.len(), b" \t"))
        })
    }

    fn bare_value(&self, at: usize, how: How) -> Option<(Range<usize>, bool, How)> {
        let limit = (at + 512).min(self.bytes.len());
        let blanks: &[u8] = b" \t\r\n\"'`,;";
        let end = (at..limit).find(|at| blanks.contains(&self.at(*at))).unwrap_or(limit);
        let next = self.skip(end, b" \t\r");
        // More words on the line are prose, unless they are a comment.
        let alone =
            matches!(self.at(next), b'\n' | b'#' | 0 | b';' | b'"' | b'\'' | b'`' | b'\\' | b'&') || how == How::Blank;
        (end > at && alone).then_some((at..end, false, how))
    }

    /// What was read.
    pub(super) fn finish(mut self) -> Vec<Candidate> {
        self.whole_file();
        self.found
    }

    /// A file that is nothing but a credential: `password.txt`, `master.key`.
    fn whole_file(&mut self) {
        let value = self.text.trim();
        if value.len() < 6 || value.len() > 256 || value.contains(char::is_whitespace) {
            return;
        }
        let Some(name) = self.path.file_name().and_then(|name| name.to_str()) else { return };
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let telling = matches!(extension, "key" | "secret" | "token" | "pass" | "password")
            || matches!(extension, "" | "txt") && names::classify(stem).is_some_and(|class| class != Class::Weak);
        if telling && !is_placeholder(value) && !value.contains("://") && self.found.is_empty() {
            let start = self.text.len() - self.text.trim_start().len();
            self.push(start..start + value.len(), "generic-credential-file", None, Confidence::Medium);
        }
    }
}

/// How sure a value under a name is; none where it is no credential.
fn judge(class: Class, name: &str, value: &str, quoted: bool, how: How) -> Option<Confidence> {
    let least = if class == Class::Password { 3 } else { 4 };
    let lower = value.to_ascii_lowercase();
    if value.len() < least || is_placeholder(value) || value.chars().any(char::is_control) {
        return None;
    }
    let code = value.contains("()")
        || value.contains("://")
        || value.contains("->")
        || value.starts_with(['/', '.', '~'])
        || !quoted && value.contains(['(', '[', '{', '<', '|'])
        || value.starts_with(['{', '(', '[', '<', '#', '&', ',', ':', '@']) && value.len() < 8;
    let dotted = value.split('.').count() > 1
        && value.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
    let look = look(value);
    if code || dotted && look < Look::Random {
        return None;
    }
    let flat = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let own = flat(name).ends_with(&flat(value))
        && (class != Class::Password || how == How::Compared || how == How::Argument);
    let names_itself = flat(value).len() > 3 && own
        || names::classify(value).is_some() && look < Look::Random && lower.contains(['_', '-', '.'])
        || how == How::Argument && names::classify(value).is_some();
    let hashed = ["$2a$", "$2b$", "$2y$", "$argon2", "$6$", "pbkdf2", "{ssha}", "sha256$", "-----"]
        .iter()
        .any(|head| lower.starts_with(head));
    if is_documentation_key(value) || hashed {
        return Some(Confidence::Low);
    }
    let prose = value.contains(' ')
        && (lower.contains("pass")
            || lower.contains("token")
            || lower.contains("secret")
            || value.ends_with(['.', ':', '!', '?']) && value.split(' ').count() > 2
            || lower.contains("key"));
    if prose {
        return None;
    }
    Some(match (class, look) {
        (_, Look::Plain) if names_itself => Confidence::Low,
        (Class::Password | Class::Secret | Class::Key | Class::Token, Look::Random) => Confidence::High,
        (Class::Password, _) | (Class::Secret, Look::Mixed) => Confidence::Medium,
        (Class::Secret, Look::Plain) if !value.contains(' ') => Confidence::Medium,
        (Class::Key | Class::Token, Look::Mixed) if value.len() >= 6 => Confidence::Medium,
        (Class::Weak, Look::Random) if value.len() >= 16 => Confidence::Medium,
        _ => Confidence::Low,
    })
}

/// The name that a value is bound to, for a value found by its own format.
pub(super) fn name_before(text: &str, at: usize) -> Option<String> {
    let line = text.get(..at)?;
    let line = line.get(line.rfind('\n').map_or(0, |at| at + 1)..)?;
    let head = line.trim_end_matches(['"', '\'', '`', ' ', '\t']);
    let head = head.strip_suffix("=>").or_else(|| head.strip_suffix(":=")).or_else(|| head.strip_suffix(['=', ':']))?;
    let head = head.trim_end_matches(['"', '\'', '`', ' ', '\t', ']']);
    let start = head.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).map_or(0, |at| at + 1);
    head.get(start..).filter(|name| name.len() > 1).map(str::to_owned)
}
