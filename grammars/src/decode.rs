//! From source text to what it means, remembering how each stretch was spelled.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::recipe::{Escapes, NumberEscape, Unknown};
use crate::undo::{Spelling, Unit as Names, spell};

/// A stretch of a literal's source and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Bytes of the source.
    pub source: Range<usize>,
    /// Bytes of the decoded value.
    pub value: Range<usize>,
    /// How the source spells the value.
    pub spelled: Spelled,
}

/// How a unit is spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spelled {
    /// Byte for byte; may be taken in parts.
    Verbatim,
    /// As the spelling writes it; taken whole.
    As(Vec<Spelling>),
    /// Source text that means nothing by itself: a line continuation, indentation.
    Nothing,
    /// Decoded, but it cannot be told how to write it the same way again.
    Unrepeatable,
    /// Not decoded.
    Undecoded,
}

/// Appends the meaning of `text`, which stands at `base` in the source.
pub(crate) fn decode(
    text: &str,
    base: usize,
    scheme: Option<&Escapes>,
    doubled: &[String],
    value: &mut Vec<u8>,
    units: &mut Vec<Unit>,
) {
    let default = Escapes::default();
    let scheme = scheme.unwrap_or(&default);
    let doubles: Vec<&str> = scheme.doubled.iter().chain(doubled).map(String::as_str).collect();
    let mut at = 0;
    let mut plain = 0;
    while at < text.len() {
        let rest = &text[at..];
        let hit = untold(rest, &scheme.never)
            .or_else(|| escape(rest, scheme))
            .or_else(|| double(rest, &doubles))
            .or_else(|| untold(rest, &scheme.refused));
        let Some(hit) = hit else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        verbatim(text, base, plain..at, value, units);
        let start = value.len();
        value.extend_from_slice(&hit.value);
        units.push(Unit {
            source: base + at..base + at + hit.length,
            value: start..value.len(),
            spelled: verified(&rest[..hit.length], &hit.value, hit.spelled),
        });
        at += hit.length;
        plain = at;
    }
    verbatim(text, base, plain..at, value, units);
}

/// Appends what a text in base64 means, as one unit. What is no base64, or would be written otherwise, stays as it is and
/// cannot be taken.
pub(crate) fn base64(text: &str, base: usize, value: &mut Vec<u8>, units: &mut Vec<Unit>) {
    let start = value.len();
    let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text));
    let spelled = match &decoded {
        Ok(bytes) => verified(
            text,
            bytes,
            Spelled::As(vec![Spelling::Base64(text.ends_with('=') || text.len().is_multiple_of(4))]),
        ),
        Err(_) => Spelled::Undecoded,
    };
    value.extend(decoded.unwrap_or_else(|_| text.as_bytes().to_vec()));
    units.push(Unit { source: base..base + text.len(), value: start..value.len(), spelled });
}

/// Appends a stretch that means itself.
pub(crate) fn verbatim(text: &str, base: usize, range: Range<usize>, value: &mut Vec<u8>, units: &mut Vec<Unit>) {
    if range.is_empty() {
        return;
    }
    let start = value.len();
    value.extend_from_slice(&text.as_bytes()[range.clone()]);
    let source = base + range.start..base + range.end;
    if let Some(last) = units.last_mut()
        && last.spelled == Spelled::Verbatim
        && last.source.end == source.start
        && last.value.end == start
    {
        last.source.end = source.end;
        last.value.end = value.len();
        return;
    }
    units.push(Unit { source, value: start..value.len(), spelled: Spelled::Verbatim });
}

struct Hit {
    length: usize,
    value: Vec<u8>,
    spelled: Spelled,
}

/// A spelling counts only if it gives the source back.
fn verified(source: &str, value: &[u8], spelled: Spelled) -> Spelled {
    match spelled {
        Spelled::As(spelling) if spell(value, &spelling).as_deref() == Some(source) => Spelled::As(spelling),
        Spelled::As(_) => Spelled::Unrepeatable,
        other => other,
    }
}

fn double(rest: &str, doubles: &[&str]) -> Option<Hit> {
    let text = doubles.iter().find(|text| rest.strip_prefix(**text).is_some_and(|after| after.starts_with(**text)))?;
    Some(Hit { length: text.len() * 2, value: text.as_bytes().to_vec(), spelled: Spelled::As(vec![Spelling::Doubled]) })
}

/// A text that the scheme says cannot be decoded.
fn untold(rest: &str, texts: &[String]) -> Option<Hit> {
    let text = texts.iter().find(|text| rest.starts_with(text.as_str()))?;
    Some(Hit { length: text.len(), value: text.clone().into_bytes(), spelled: Spelled::Undecoded })
}

fn escape(rest: &str, scheme: &Escapes) -> Option<Hit> {
    if scheme.prefix.is_empty() {
        return None;
    }
    let after = rest.strip_prefix(scheme.prefix.as_str())?;
    let prefix = scheme.prefix.len();
    if scheme.continuation
        && let Some(broken) = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n'))
    {
        let kept = if scheme.continuation_strips { broken.trim_start() } else { broken };
        return Some(Hit { length: rest.len() - kept.len(), value: Vec::new(), spelled: Spelled::Nothing });
    }
    for number in &scheme.numbers {
        if let Some(hit) = numeric(rest, prefix, number) {
            return Some(hit);
        }
    }
    let named =
        scheme.named.iter().filter(|(name, _)| after.starts_with(name.as_str())).max_by_key(|(name, _)| name.len());
    if let Some((name, meaning)) = named {
        let length = prefix + name.len();
        return Some(Hit {
            length,
            value: meaning.as_bytes().to_vec(),
            spelled: Spelled::As(named_spelling(&rest[..length], meaning, scheme)),
        });
    }
    let next = after.chars().next();
    match (scheme.unknown, next) {
        (Unknown::Keep, _) => None,
        _ if scheme.refused.iter().any(|text| rest.starts_with(text.as_str())) => None,
        (Unknown::Drop, Some(character)) => Some(Hit {
            length: prefix + character.len_utf8(),
            value: character.to_string().into_bytes(),
            spelled: Spelled::As(vec![Spelling::Named(scheme.prefix.clone())]),
        }),
        _ => Some(Hit {
            length: prefix + next.map_or(0, char::len_utf8),
            value: Vec::new(),
            spelled: Spelled::Undecoded,
        }),
    }
}

/// The spelling of a named escape: the common one if it gives the source back, else the scheme's own table, so that
/// nothing is written down of the character itself.
fn named_spelling(source: &str, meaning: &str, scheme: &Escapes) -> Vec<Spelling> {
    let common = [Spelling::Named(scheme.prefix.clone()), Spelling::Entity, Spelling::Doubled];
    if let Some(spelling) = common
        .into_iter()
        .find(|spelling| spell(meaning.as_bytes(), std::slice::from_ref(spelling)).as_deref() == Some(source))
    {
        return vec![spelling];
    }
    let table = scheme
        .named
        .iter()
        .filter_map(|(name, meaning)| {
            let mut characters = meaning.chars();
            let one = characters.next()?;
            characters.next().is_none().then(|| (one, format!("{}{name}", scheme.prefix)))
        })
        .collect();
    vec![Spelling::Table(table)]
}

fn numeric(rest: &str, prefix: usize, rule: &NumberEscape) -> Option<Hit> {
    let start = prefix + rule.after.len();
    if !rest[prefix..].starts_with(rule.after.as_str()) {
        return None;
    }
    let digits = digits(&rest[start..], rule)?;
    let mut length = start + digits.len() + rule.close.len();
    let code = u32::from_str_radix(digits, rule.radix).ok()?;
    let value = match rule.unit {
        Names::Byte => vec![u8::try_from(code & 0xff).ok()?],
        Names::Utf16 if (0xd800..0xdc00).contains(&code) => {
            let tail = &rest[length..];
            let lead = prefix + rule.after.len();
            if !tail.starts_with(&rest[..lead]) {
                return None;
            }
            let low = self::digits(&tail[lead..], rule)?;
            let second = u32::from_str_radix(low, rule.radix).ok()?;
            let high = u16::try_from(code).ok()?;
            let pair = [high, u16::try_from(second).ok()?];
            length += lead + low.len() + rule.close.len();
            String::from_utf16(&pair).ok()?.into_bytes()
        }
        Names::Char | Names::Utf16 => char::from_u32(code)?.to_string().into_bytes(),
    };
    let spelling = Spelling::Number {
        unit: rule.unit,
        radix: rule.radix,
        width: digits.len(),
        upper: rest[start..length].bytes().any(|byte| byte.is_ascii_uppercase()),
        before: rest[..start].to_owned(),
        after: rule.close.clone(),
    };
    Some(Hit { length, value, spelled: Spelled::As(vec![spelling]) })
}

fn digits<'a>(text: &'a str, rule: &NumberEscape) -> Option<&'a str> {
    let (least, most) = rule.digits;
    let count = text.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(rule.radix)).count();
    let digits = text.get(..count).filter(|_| count >= least)?;
    text[count..].starts_with(rule.close.as_str()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme() -> Escapes {
        serde_yaml::from_str(
            r#"
prefix: '\'
named: {n: "\n", '\': '\', '"': '"', b: "\b"}
numbers:
  - {after: x, digits: [2, 2], unit: char}
  - {after: u, digits: [4, 4], unit: utf16}
  - {after: 'u{', digits: [1, 6], close: '}', unit: char}
  - {digits: [1, 3], radix: 8, unit: char}
continuation: true
unknown: keep
doubled: ['{']
"#,
        )
        .expect("the scheme is well formed")
    }

    fn run(text: &str) -> (String, Vec<Unit>) {
        let (mut value, mut units) = (Vec::new(), Vec::new());
        decode(text, 10, Some(&scheme()), &[], &mut value, &mut units);
        (String::from_utf8(value).expect("the samples are text"), units)
    }

    #[test]
    fn decodes_and_can_spell_again() {
        for (source, meaning) in [
            (r"plain", "plain"),
            (r#"a\n\\\"b"#, "a\n\\\"b"),
            (r"\x41\u00e9\u{1f600}\101", "Aé😀A"),
            (r"\ud83d\ude00", "😀"),
            ("a\\\nb", "ab"),
            (r"\q", r"\q"),
            ("{{x}", "{x}"),
            (r"\b", "\u{8}"),
        ] {
            let (value, units) = run(source);
            assert_eq!(value, meaning, "{source}");
            let mut again = String::new();
            for unit in units {
                let bytes = &value.as_bytes()[unit.value];
                again.push_str(&match &unit.spelled {
                    Spelled::As(spelling) => spell(bytes, spelling).expect("a verified spelling"),
                    _ => source[unit.source.start - 10..unit.source.end - 10].to_owned(),
                });
            }
            assert_eq!(again, source);
        }
    }

    #[test]
    fn mixed_case_hex_cannot_be_repeated() {
        let (value, units) = run(r"\u00eF");
        assert_eq!(value, "\u{ef}");
        assert_eq!(units[0].spelled, Spelled::Unrepeatable);
    }
}
