//! Where a given value stands in a text: as it is, escaped, or encoded.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// How a text spells a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Byte for byte.
    Raw,
    /// With escapes of string literals, JSON, XML or a shell.
    Escaped,
    /// Percent-encoded.
    Percent,
    /// In hexadecimal.
    Hex,
    /// In base64 of either alphabet, alone or as part of something longer.
    Base64,
}

/// A place that holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// How it is spelled there.
    pub form: Form,
}

/// Shorter values are looked for as they are, or escaped, only: a base64 or hexadecimal trace of three bytes is chance.
const ENCODED_MIN: usize = 6;

/// Finds a value in a text. Places are in order and do not overlap; an empty value is nowhere.
///
/// Time is linear in the text for each spelling (about a dozen).
pub fn find_value(text: &[u8], value: &[u8]) -> Vec<Occurrence> {
    if value.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (form, spelling) in spellings(value) {
        let finder = memchr::memmem::Finder::new(&spelling);
        found.extend(finder.find_iter(text).map(|at| Occurrence { span: at..at + spelling.len(), form }));
    }
    apart(&mut found);
    found
}

/// Many values, to be looked for in many texts: one pass over a text finds all of them in all spellings.
#[derive(Debug)]
pub struct Values {
    automaton: Option<AhoCorasick>,
    /// For each spelling: the number of its value, and how it is spelled.
    spelled: Vec<(usize, Form)>,
}

impl Values {
    /// Values, numbered in order. Each is held in memory in every spelling for as long as this is.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let (mut texts, mut spelled) = (Vec::new(), Vec::new());
        for (number, value) in values.into_iter().enumerate().filter(|(_, value)| !value.is_empty()) {
            for (form, spelling) in spellings(value) {
                texts.push(spelling);
                spelled.push((number, form));
            }
        }
        Self { automaton: AhoCorasick::new(&texts).ok(), spelled }
    }

    /// What [`find_value`] finds of each value in a text, with the value's number; in order of the numbers.
    pub fn find(&self, text: &[u8]) -> Vec<(usize, Occurrence)> {
        let mut by_value: BTreeMap<usize, Vec<Occurrence>> = BTreeMap::new();
        for hit in self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(text)) {
            let (number, form) = self.spelled[hit.pattern().as_usize()];
            by_value.entry(number).or_default().push(Occurrence { span: hit.range(), form });
        }
        let mut found = Vec::new();
        for (number, mut places) in by_value {
            apart(&mut places);
            found.extend(places.into_iter().map(|place| (number, place)));
        }
        found
    }
}

/// Every way to spell a value that is not empty, each once.
fn spellings(value: &[u8]) -> Vec<(Form, Vec<u8>)> {
    let mut all = vec![(Form::Raw, value.to_vec())];
    if let Ok(value) = std::str::from_utf8(value) {
        all.extend(escapes(value).into_iter().map(|text| (Form::Escaped, text.into_bytes())));
        for (upper, keep) in [(true, "-_.~"), (false, "-_.~"), (true, "-_.~!*'()")] {
            all.push((Form::Percent, percent(value, upper, keep).into_bytes()));
        }
    }
    if value.len() >= ENCODED_MIN {
        let hex = |upper: bool| -> Vec<u8> {
            let text: String =
                value.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect();
            text.into_bytes()
        };
        all.extend([(Form::Hex, hex(false)), (Form::Hex, hex(true))]);
        all.extend(base64_traces(value).into_iter().map(|text| (Form::Base64, text.into_bytes())));
    }
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    all.retain(|(form, spelling)| (spelling.len() >= 3 || *form == Form::Raw) && seen.insert(spelling.clone()));
    all
}

/// Puts places in order and keeps of those that overlap the first.
fn apart(found: &mut Vec<Occurrence>) {
    found.sort_by_key(|place| (place.span.start, place.form));
    let mut end = 0;
    found.retain(|place| {
        let keep = place.span.start >= end;
        if keep {
            end = place.span.end;
        }
        keep
    });
}

/// The value as string literals, JSON, XML and a single-quoted shell word would spell it.
fn escapes(value: &str) -> Vec<String> {
    let literal = |quotes: &str| -> String {
        value.chars().fold(String::new(), |mut out, c| {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\\' => out.push_str("\\\\"),
                c if quotes.contains(c) => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
            out
        })
    };
    let xml = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let units = |text: &str| -> String {
        text.chars().fold(String::new(), |mut out, c| {
            if c.is_ascii() {
                out.push(c);
            } else {
                let mut buffer = [0; 2];
                for unit in c.encode_utf16(&mut buffer) {
                    use std::fmt::Write as _;
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            out
        })
    };
    let mut all = vec![
        literal(""),
        literal("\""),
        literal("'"),
        literal("\"").replace('/', "\\/"),
        units(&literal("\"")),
        literal("\"").replace('$', "\\$"),
        literal("\"").replace("#{", "\\#{"),
        value.replace('\'', "''"),
        value.replace('\'', "'\\''"),
        value.replace('$', "$$"),
        value.replace("\r\n", "\n"),
        xml.replace('"', "&quot;"),
        xml.replace('"', "&quot;").replace('\'', "&apos;"),
        xml.replace('"', "&quot;").replace('\'', "&#39;"),
        xml,
    ];
    all.retain(|text| text != value);
    all
}

fn percent(value: &str, upper: bool, keep: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = if upper { write!(out, "%{byte:02X}") } else { write!(out, "%{byte:02x}") };
        }
        out
    })
}

/// What base64 of something longer shows of the value, for each of the three ways it can fall on groups of three bytes:
/// the characters that depend on the value alone.
fn base64_traces(value: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    for offset in 0..3 {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(value);
        // Characters that share bits with what comes before, and after.
        let before = [0, 2, 3][offset];
        let whole = padded.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            if let Some(trace) = text.get(before..whole) {
                all.push(trace.to_owned());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str, value: &str) -> Vec<Form> {
        find_value(text.as_bytes(), value.as_bytes()).into_iter().map(|place| place.form).collect()
    }

    #[test]
    fn every_spelling_is_found_once() {
        let value = "p@ss\"w/rd'1";
        assert_eq!(forms("x = p@ss\"w/rd'1", value), [Form::Raw]);
        assert_eq!(forms(r#"{"k": "p@ss\"w/rd'1"}"#, value), [Form::Escaped]);
        assert_eq!(forms("u:p%40ss%22w%2Frd%271@h", value), [Form::Percent]);
        assert_eq!(forms("70407373227 70407373227 7040737322772f72642731", value), [Form::Hex]);
        assert!(forms("nothing", value).is_empty());
        assert!(forms("nothing", "").is_empty());
    }

    #[test]
    fn many_values_are_found_as_each_alone() {
        let values = ["p@ss\"w/rd'1", "hunter2!~", "aa", "", "hunter2", "aba"];
        let base64 = base64::engine::general_purpose::STANDARD.encode("user:hunter2!~tail");
        for text in [
            "x = p@ss\"w/rd'1 hunter2!~ aaaa ababa",
            r#"{"k": "p@ss\"w/rd'1"} p%40ss%22w%2Frd%271 7040737322772f72642731"#,
            base64.as_str(),
            "nothing",
        ] {
            let together = Values::new(values.iter().map(|value| value.as_bytes())).find(text.as_bytes());
            let alone: Vec<_> = (0..values.len())
                .flat_map(|at| find_value(text.as_bytes(), values[at].as_bytes()).into_iter().map(move |one| (at, one)))
                .collect();
            assert_eq!(together, alone, "{text}");
        }
    }

    #[test]
    fn base64_is_found_whatever_stands_before() {
        for prefix in ["", "a", "ab", "user:"] {
            let text = base64::engine::general_purpose::STANDARD.encode(format!("{prefix}hunter2!~tail"));
            assert_eq!(forms(&text, "hunter2!~"), [Form::Base64], "{prefix}");
        }
    }
}
