//! Fields for passwords: what they are called, and the literals and brackets around where they are named.

use std::ops::Range;

use super::lines::Reader;
use super::names::{self, Class};

/// Last words of what a field is called.
const FIELDS: [&str; 12] =
    ["field", "input", "box", "text", "textbox", "entry", "edit", "element", "elem", "locator", "controller", "ctrl"];

/// How far apart a name and what is typed may be, in bytes.
pub(super) const NEAR: usize = 300;
/// Whether what was found at a place may name a field for a password.
pub(super) fn may_name(found: &str) -> bool {
    ["pass", "pwd", "psw", "_pw", "senha", "contrasena", "kennwort"].iter().any(|word| found.eq_ignore_ascii_case(word))
}

/// Whether a name is that of a password, or of a field for one.
pub(super) fn is_password(name: &str) -> bool {
    let own = |name: &str| names::classify(name) == Some(Class::Password);
    own(name) || {
        let words = names::words(name.rsplit('.').next().unwrap_or_default());
        let kept = words.iter().rposition(|word| !FIELDS.contains(&word.as_str())).map_or(0, |last| last + 1);
        kept < words.len() && own(&words[..kept].join("_"))
    }
}

/// The literal of a line around a place.
pub(super) fn literal_around(reader: &Reader<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    let low = place.start.saturating_sub(NEAR);
    let mut at = memchr::memrchr(b'\n', &reader.bytes[low..place.start]).map_or(low, |line| low + line + 1);
    while let Some(quote) = memchr::memchr3(b'"', b'\'', b'`', &reader.bytes[at..place.start]) {
        at += quote;
        match reader.quoted(at) {
            Some(span) if span.end >= place.end => return (span.start <= place.start).then_some(span),
            Some(span) => at = (span.end + 1).min(place.start),
            // An empty one, or an apostrophe.
            None => at = (at + 1 + usize::from(reader.at(at) == reader.at(at + 1))).min(place.start),
        }
    }
    None
}

/// The literal at a place, where nothing else belongs to the value.
pub(super) fn whole(reader: &Reader<'_>, at: usize) -> Option<Range<usize>> {
    let span = reader.quoted(at)?;
    (!b"+.%?[&".contains(&reader.at(reader.skip(span.end + 1, b" \t\r\n")))).then_some(span)
}

/// The literal that a call's bracket opens before.
pub(super) fn argument(reader: &Reader<'_>, open: usize) -> Option<Range<usize>> {
    whole(reader, reader.skip(open + 1, b" \t\r\n"))
}

/// Where a bracket closes that opens at a place.
pub(super) fn closing(reader: &Reader<'_>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let near = reader.bytes.get(open..(open + NEAR).min(reader.bytes.len()))?;
    let closes = near.iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    closes.map(|length| open + length)
}
