//! What an edit took away, written down without the secrets in it.
//!
//! A journal must be able to give back the identical bytes, and must never hold a value. So the text that went is kept as
//! chunks: source text that is no secret, and stretches of a value together with how the source spelled them. The value
//! itself comes back from the store.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::edit::Edit;

/// One edit, as undo sees it: serialisable, and free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Bytes of the rewritten text that the edit brought in.
    pub span: Range<usize>,
    /// What stands there, so that a file changed since is noticed.
    pub text: String,
    /// What stood there before.
    pub original: Original,
}

/// Source text with the secrets in it left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Original {
    /// In order; their renderings joined are the original text.
    pub chunks: Vec<Chunk>,
}

/// A stretch of original text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chunk {
    /// Text that is no part of a secret.
    Text(String),
    /// A stretch of a secret's value.
    Value {
        /// Which value: the index of its request in the list that the rewrite was asked for.
        request: usize,
        /// Bytes of the value.
        range: Range<usize>,
        /// How the source spelled it, applied in order (an embedded language's own spelling first, then its host's).
        spelling: Vec<Spelling>,
    },
}

/// One way in which source text spells characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// A prefix and the letter that most languages use: `n` for a line feed, `t`, `r`, `0`…, or the character itself.
    Named(String),
    /// Each character stands twice: `''` in SQL, `%%` in INI.
    Doubled,
    /// Each unit as a number.
    Number {
        /// What one number spells.
        unit: Unit,
        /// 8, 10 or 16.
        radix: u32,
        /// Least number of digits; zeros fill it up.
        width: usize,
        /// Whether letters among the digits are capitals.
        upper: bool,
        /// Before the digits: `\x`, `\u{`, `&#`.
        before: String,
        /// After the digits: `}`, `;`.
        after: String,
    },
    /// Named XML entities: `&amp;`.
    Entity,
    /// What a JSON string must escape, and no more.
    Json,
    /// Standard base64; false leaves out the padding.
    Base64(bool),
    /// Characters of a table, each with its own spelling; anything else stays as it is.
    Table(Vec<(char, String)>),
}

/// What one numeric escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// One byte of the value.
    Byte,
    /// One character (a Unicode scalar value).
    Char,
    /// One UTF-16 code unit: characters beyond U+FFFF take two.
    Utf16,
}

/// Why a file was not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UndoError {
    /// The rewritten text is no longer what the edits made.
    #[error("the file changed after it was rewritten: restore it by hand, or undo the later change first")]
    Changed,
    /// A value does not fit the template: it is not the one that was taken out.
    #[error("the value from the store is not the one that was taken out of this file")]
    WrongValue,
}

impl Original {
    /// The original text, given the value of each request by its index.
    ///
    /// None where a value is too short or not text where text must stand: it is not the value that was taken out.
    pub fn render(&self, values: &[&[u8]]) -> Option<String> {
        let mut out = String::new();
        for chunk in &self.chunks {
            match chunk {
                Chunk::Text(text) => out.push_str(text),
                Chunk::Value { request, range, spelling } => {
                    out.push_str(&spell(values.get(*request)?.get(range.clone())?, spelling)?);
                }
            }
        }
        Some(out)
    }
}

/// The undo records of edits made together. `original` gives what stood at an edit's span, without the secrets.
pub(crate) fn records(edits: &[Edit], mut original: impl FnMut(&Edit) -> Option<Original>) -> Option<Vec<Undo>> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    let mut undos = Vec::with_capacity(sorted.len());
    let (mut consumed, mut produced) = (0, 0);
    for edit in sorted {
        let start = produced + edit.span.start.checked_sub(consumed)?;
        undos.push(Undo { span: start..start + edit.text.len(), text: edit.text.clone(), original: original(edit)? });
        consumed = edit.span.end;
        produced = start + edit.text.len();
    }
    Some(undos)
}

/// A text with edits made; equal edits are made once. None where two of them overlap or one lies outside.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..edit.span.start)?);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// The text as it was before the edits, given the value of each request by its index.
///
/// # Errors
/// [`UndoError::Changed`] where an edit's text no longer stands at its place, [`UndoError::WrongValue`] where a value
/// does not fit. A caller compares the result with a keyed hash of the original file to be sure.
pub fn undo(text: &str, undos: &[Undo], values: &[&[u8]]) -> Result<String, UndoError> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for undo in undos {
        if text.get(undo.span.clone()) != Some(undo.text.as_str()) {
            return Err(UndoError::Changed);
        }
        out.push_str(text.get(at..undo.span.start).ok_or(UndoError::Changed)?);
        out.push_str(&undo.original.render(values).ok_or(UndoError::WrongValue)?);
        at = undo.span.end;
    }
    out.push_str(text.get(at..).ok_or(UndoError::Changed)?);
    Ok(out)
}

/// A stretch of a value as the source spelled it.
pub(crate) fn spell(bytes: &[u8], spelling: &[Spelling]) -> Option<String> {
    let Some((first, rest)) = spelling.split_first() else {
        return String::from_utf8(bytes.to_vec()).ok();
    };
    let spelled = first.write(bytes)?;
    if rest.is_empty() { Some(spelled) } else { spell(spelled.as_bytes(), rest) }
}

impl Spelling {
    fn write(&self, bytes: &[u8]) -> Option<String> {
        if let Self::Number { unit: Unit::Byte, radix, width, upper, before, after } = self {
            return bytes.iter().map(|byte| number(u32::from(*byte), *radix, *width, *upper, before, after)).collect();
        }
        if let Self::Base64(padded) = self {
            return Some(if *padded { STANDARD.encode(bytes) } else { STANDARD_NO_PAD.encode(bytes) });
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let mut out = String::with_capacity(text.len() * 2);
        for character in text.chars() {
            match self {
                Self::Named(prefix) => {
                    out.push_str(prefix);
                    out.push(letter(character));
                }
                Self::Doubled => out.extend([character, character]),
                Self::Number { unit, radix, width, upper, before, after } => {
                    let mut write = |code| -> Option<()> {
                        out.push_str(&number(code, *radix, *width, *upper, before, after)?);
                        Some(())
                    };
                    if *unit == Unit::Utf16 {
                        for code in character.encode_utf16(&mut [0; 2]) {
                            write(u32::from(*code))?;
                        }
                    } else {
                        write(u32::from(character))?;
                    }
                }
                Self::Entity => match character {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    '\'' => out.push_str("&apos;"),
                    other => out.push(other),
                },
                Self::Json => match character {
                    '"' | '\\' => out.extend(['\\', character]),
                    control if control < ' ' => {
                        let named = letter(control);
                        if matches!(named, 'n' | 't' | 'r' | 'b' | 'f') {
                            out.extend(['\\', named]);
                        } else {
                            out.push_str(&number(u32::from(control), 16, 4, false, "\\u", "")?);
                        }
                    }
                    other => out.push(other),
                },
                Self::Table(table) => match table.iter().find(|(from, _)| *from == character) {
                    Some((_, to)) => out.push_str(to),
                    None => out.push(character),
                },
                Self::Base64(_) => return None,
            }
        }
        Some(out)
    }
}

/// The letter that names a control character after a backslash; any other character names itself.
fn letter(character: char) -> char {
    match character {
        '\n' => 'n',
        '\t' => 't',
        '\r' => 'r',
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\u{1b}' => 'e',
        other => other,
    }
}

fn number(code: u32, radix: u32, width: usize, upper: bool, before: &str, after: &str) -> Option<String> {
    let digits = match (radix, upper) {
        (8, _) => format!("{code:0width$o}"),
        (10, _) => format!("{code:0width$}"),
        (16, false) => format!("{code:0width$x}"),
        (16, true) => format!("{code:0width$X}"),
        _ => return None,
    };
    Some(format!("{before}{digits}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Applicability;

    fn value(request: usize, range: Range<usize>, spelling: Vec<Spelling>) -> Chunk {
        Chunk::Value { request, range, spelling }
    }

    #[test]
    fn renders_each_spelling() {
        let hex = |unit, width, before: &str, after: &str| Spelling::Number {
            unit,
            radix: 16,
            width,
            upper: false,
            before: before.into(),
            after: after.into(),
        };
        let cases: Vec<(&[u8], Vec<Spelling>, &str)> = vec![
            (b"ab", vec![], "ab"),
            (b"\n\t\"", vec![Spelling::Named("\\".into())], r#"\n\t\""#),
            (b"'", vec![Spelling::Doubled], "''"),
            (&[0xff, 0x0a], vec![hex(Unit::Byte, 2, "\\x", "")], r"\xff\x0a"),
            ("é".as_bytes(), vec![hex(Unit::Char, 4, "\\u", "")], r"\u00e9"),
            ("😀".as_bytes(), vec![hex(Unit::Utf16, 4, "\\u", "")], r"\ud83d\ude00"),
            (b"a&b", vec![Spelling::Entity], "a&amp;b"),
            (b"\n", vec![Spelling::Named("\\".into()), Spelling::Json], r"\\n"),
            (b"hi", vec![Spelling::Base64(true)], "aGk="),
            (b"hi!", vec![Spelling::Base64(true)], "aGkh"),
            (b"h", vec![Spelling::Base64(false)], "aA"),
        ];
        for (bytes, spelling, expected) in cases {
            assert_eq!(spell(bytes, &spelling).as_deref(), Some(expected));
        }
    }

    #[test]
    fn undo_gives_back_what_apply_took() {
        let before = "a = \"x\\ny\"; b = 1\n";
        let edits = [
            Edit { span: 4..10, text: "os.environ[\"A\"]".into(), applicability: Applicability::Safe },
            Edit { span: 0..0, text: "import os\n".into(), applicability: Applicability::Safe },
        ];
        let after = apply(before, &edits).expect("the edits do not overlap");
        let original = Original {
            chunks: vec![
                Chunk::Text("\"".into()),
                value(0, 0..1, vec![]),
                value(0, 1..2, vec![Spelling::Named("\\".into())]),
                value(0, 2..3, vec![]),
                Chunk::Text("\"".into()),
            ],
        };
        let undos =
            records(&edits, |edit| Some(if edit.span.is_empty() { Original::default() } else { original.clone() }))
                .expect("the edits do not overlap");
        assert_eq!(undo(&after, &undos, &[b"x\ny"]).as_deref(), Ok(before));
        assert_eq!(undo(&after, &undos, &[b"x"]), Err(UndoError::WrongValue));
        assert_eq!(undo(before, &undos, &[b"x\ny"]), Err(UndoError::Changed));
        let json = serde_yaml::to_string(&undos).expect("undo records serialise");
        assert_eq!(serde_yaml::from_str::<Vec<Undo>>(&json).expect("and come back"), undos);
    }

    #[test]
    fn overlapping_edits_are_not_made() {
        let edit = |span| Edit { span, text: String::new(), applicability: Applicability::Safe };
        assert_eq!(apply("abcdef", &[edit(0..3), edit(2..4)]), None);
        assert_eq!(apply("abc", &[edit(0..9)]), None);
    }
}
