//! Kubernetes Secrets: every value of one is a secret, in base64 under `data`, plain under `stringData`.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::judge::{How, judge};
use super::names::{self, Class};
use crate::model::Confidence;
use crate::rules::value::{Look, look};

/// What starts the reading, in lower case.
pub(super) const GATE: &str = "kind: secret";

/// An entry of a Secret.
pub(super) struct Entry<'a> {
    pub(super) span: Range<usize>,
    pub(super) key: &'a str,
    pub(super) rule: &'static str,
    pub(super) confidence: Confidence,
}

/// Keys whose values are no secrets, where nothing else in their name is.
const PUBLIC: [&str; 12] =
    ["user", "username", "login", "host", "port", "crt", "cert", "ca", "namespace", "name", "email", "database"];

/// Reads the document around `at`, the place of `kind: Secret`.
pub(super) fn read(text: &str, at: usize) -> Vec<Entry<'_>> {
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    if text[at..line_end].trim_end().len() != GATE.len() {
        return Vec::new();
    }
    let start = text[..at].rfind("\n---").map_or(0, |start| start + 1);
    let end = text[at..].find("\n---").map_or(text.len(), |end| at + end);
    let mut entries = Vec::new();
    // The block that the lines are in: its indentation, and whether its values are base64.
    let mut block: Option<(usize, bool)> = None;
    let mut offset = start;
    for line in text[start..end].split_inclusive('\n') {
        let from = offset;
        offset += line.len();
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let content = content.trim_end();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some((outer, encoded)) = block {
            if indent > outer {
                entries.extend(entry(content, from + indent, encoded));
                continue;
            }
            block = None;
        }
        match content {
            "data:" => block = Some((indent, true)),
            "stringData:" => block = Some((indent, false)),
            _ => {}
        }
    }
    entries
}

fn entry(line: &str, at: usize, encoded: bool) -> Option<Entry<'_>> {
    let (key, rest) = line.split_once(':')?;
    let value = rest.trim();
    let value = value.split(" #").next()?.trim_end();
    let quoted = value.len() > 1 && value.starts_with(['"', '\'']) && value.ends_with(['"', '\'']);
    let value = if quoted { &value[1..value.len() - 1] } else { value };
    let key = key.trim_matches(['"', '\'']);
    let start = at + line.find(value).filter(|_| !value.is_empty())?;
    let start = start.max(at + line.len() - rest.len() + rest.find(value)?);
    let class = names::classify(key);
    let public = |word: &String| PUBLIC.contains(&word.as_str()) || word.ends_with("name");
    if class.is_none() && names::words(key).iter().any(public) {
        return None;
    }
    let decoded;
    let plain = if encoded {
        decoded = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        decoded.trim_end()
    } else {
        value
    };
    // A word under a name that tells nothing is a setting: `type: postgresql`.
    if class.is_none() && look(plain) == Look::Plain {
        return None;
    }
    let sentence = || (encoded && class == Some(Class::Password) && is_sentence(plain)).then_some(Confidence::Medium);
    let judged = judge(class.unwrap_or(Class::Secret), key, plain, true, How::Passed).or_else(sentence)?;
    Some(Entry {
        span: start..start + value.len(),
        key,
        rule: class.unwrap_or(Class::Secret).rule(),
        confidence: judged.min(Confidence::Medium).max(if class.is_some() {
            Confidence::Medium
        } else {
            judged.min(Confidence::Medium)
        }),
    })
}

/// A password of words that somebody encoded as it is: nobody encodes a remark to the reader.
fn is_sentence(plain: &str) -> bool {
    const ASKS: [&str; 8] = ["your", "example", "xxx", "replace", "change", "insert", "here", "todo"];
    let lower = plain.to_lowercase();
    plain.contains(' ')
        && plain.chars().all(|c| c.is_alphanumeric() || " '.,!?-_".contains(c))
        && !ASKS.iter().any(|asks| lower.contains(asks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_secret_are_secrets() {
        let text = "kind: ConfigMap\ndata:\n  a: b\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  \
                    username: cm9vdA==\n  db-password: aHVudGVyMg==\n  flag: 'azhzLWdvYXQtNzk='\nstringData:\n  token: q8Zx7\n";
        let at = text.find("kind: Secret").unwrap();
        let found: Vec<&str> = read(text, at).into_iter().map(|entry| &text[entry.span]).collect();
        assert_eq!(found, ["aHVudGVyMg==", "azhzLWdvYXQtNzk=", "q8Zx7"]);
        // Words, as one would say them: "my secret password", "let me in please"; and a remark: "your password here".
        let words = "kind: Secret\ndata:\n  password: bXkgc2VjcmV0IHBhc3N3b3Jk\n  db-password: bGV0IG1lIGluIHBsZWFzZQ==\n  \
                     web-password: eW91ciBwYXNzd29yZCBoZXJl\n";
        let found: Vec<&str> = read(words, 0).into_iter().map(|entry| &words[entry.span]).collect();
        assert_eq!(found, ["bXkgc2VjcmV0IHBhc3N3b3Jk", "bGV0IG1lIGluIHBsZWFzZQ=="]);
        assert!(read("kind: SecretProviderClass\ndata:\n  a: aHVudGVyMg==\n", 0).is_empty());
    }
}
