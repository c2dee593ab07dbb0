//! Fields for passwords: what they are called, and the literals and brackets around where they are named.

use std::ops::Range;

use super::lines::Reader;
use super::names::{self, Class};

/// Last words of what a field is called.
const FIELDS: [&str; 12] =
    ["field", "input", "box", "text", "textbox", "entry", "edit", "element", "elem", "locator", "controller", "ctrl"];

/// How far apart a name and its value may be, in bytes.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::{compared, typed};
    use super::*;

    proptest! {
        /// Whatever stands around the name of a field, what is read lies within the text.
        #[test]
        fn any_text_does_no_harm(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec![
                    "password", "pwd", ".text", ".", "(", ")", "\"", "'", "`", ",", "==", ".equals(", "strcmp(", "é", " ",
                    "  ", "\n", "[", "]", "x1y2z3", "!", "?", ".send_keys(", "<input ", "value=", "=", ">", "${", "}",
                    "[]byte(", "->", "\\", "$",
                ]),
                0..24,
            ),
            robot in any::<bool>(),
        ) {
            let text = pieces.concat();
            let reader = Reader::new(&text, Path::new(if robot { "a.robot" } else { "a.txt" }), None);
            for (at, word) in text.match_indices("password").chain(text.match_indices("pwd")) {
                if let Some((name, place)) = reader.name(&(at..at + word.len())) {
                    let typed = typed::read(&reader, name, &place).map(|(span, ..)| span);
                    let compared = compared::read(&reader, &place).map(|(span, ..)| span);
                    for span in typed.into_iter().chain(compared) {
                        prop_assert!(text.get(span).is_some_and(|value| !value.is_empty()));
                    }
                }
            }
        }
    }
}
