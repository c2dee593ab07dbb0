//! Escapes of string literals (`\u0041`, `\x41`, `\/`) and percent-encoding: both leave most of a text as it is, so a value
//! in it has a place of its own.

use super::{LONGEST, Layer, Map};

/// Shorter texts are no credential of a telling format.
const SHORTEST: usize = 12;

/// Hands over what stands in escapes, until told that it is enough.
pub(super) fn read(text: &str, hand: &mut impl FnMut(Layer) -> bool) {
    let bytes = text.as_bytes();
    // The stretch that was read last, for each kind of escape.
    let (mut escaped, mut percent) = (0, 0);
    for at in memchr::memchr2_iter(b'\\', b'%', bytes) {
        let kind = bytes[at];
        let until = if kind == b'%' { &mut percent } else { &mut escaped };
        if at < *until || one(bytes, at, kind).is_none() {
            continue;
        }
        let low = at.saturating_sub(LONGEST).max(*until);
        let start = bytes[low..at].iter().rposition(|byte| !in_stretch(*byte)).map_or(low, |before| low + before + 1);
        let high = (at + LONGEST).min(bytes.len());
        let end = bytes[at..high].iter().position(|byte| !in_stretch(*byte)).map_or(high, |after| at + after);
        *until = end;
        if let Some(layer) = layer(bytes, start, end, kind)
            && !hand(layer)
        {
            return;
        }
    }
}

/// What a value in one piece is made of: no quotes, blanks or brackets.
fn in_stretch(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | 0x7f)
}

/// The character that an escape spells, and the length of the escape.
fn one(bytes: &[u8], at: usize, kind: u8) -> Option<(char, usize)> {
    let number = |from: usize, digits: usize| {
        let mut digits = bytes.get(from..from + digits)?.iter();
        let number = digits.try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))?;
        char::from_u32(number)
    };
    let (c, length) = match (kind, bytes.get(at + 1)?) {
        (b'%', _) => (number(at + 1, 2)?, 3),
        (_, b'u') => (number(at + 2, 4)?, 6),
        (_, b'x') => (number(at + 2, 2)?, 4),
        (_, b'/') => ('/', 2),
        _ => return None,
    };
    // Values of a telling format are made of these.
    (c.is_ascii() && !c.is_ascii_control()).then_some((c, length))
}

fn layer(bytes: &[u8], start: usize, end: usize, kind: u8) -> Option<Layer> {
    let mut out = Vec::with_capacity(end - start);
    let mut places = Vec::with_capacity(end - start + 1);
    let mut at = start;
    while at < end {
        places.push(at);
        if bytes[at] == kind
            && let Some((c, length)) = one(bytes, at, kind)
            && at + length <= end
        {
            out.push(u8::try_from(c).ok()?);
            at += length;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    places.push(end);
    let text = String::from_utf8(out).ok().filter(|text| text.len() >= SHORTEST)?;
    Some(Layer { text, encoding: if kind == b'%' { "percent" } else { "escaped" }, map: Map::Each(places) })
}
