//! Values in braces, told from lines on which every string ends.

use std::ops::Range;

use super::LINE;

/// The innermost braces around a place, told from lines on which every string ends.
pub(super) fn object(bytes: &[u8], place: &Range<usize>) -> Option<Range<usize>> {
    let mut end = place.start;
    // Braces that close behind what was looked at, and open before it.
    let mut closed = 0;
    let start = loop {
        let low = end.saturating_sub(LINE + 1);
        let line = memchr::memrchr(b'\n', &bytes[low..end]).map_or(low, |at| low + at + 1);
        if end - line > LINE {
            return None;
        }
        let (mut open, mut lacking) = (Vec::new(), 0);
        for (at, brace) in braces(&bytes[line..end]) {
            match brace {
                b'{' => open.push(line + at),
                _ if open.pop().is_none() => lacking += 1,
                _ => {}
            }
        }
        if let Some(at) = open.len().checked_sub(closed + 1) {
            break open[at];
        }
        closed = closed - open.len() + lacking;
        end = line.checked_sub(1)?;
    };
    let mut depth = 0_usize;
    let closing = braces(&bytes[start..]).find(|(_, brace)| {
        depth = if *brace == b'{' { depth + 1 } else { depth.saturating_sub(1) };
        depth == 0
    });
    let end = start + closing?.0 + 1;
    (end >= place.end).then_some(start..end)
}

/// The braces of a text that begins outside of strings, but for those in strings.
fn braces(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let mut within = false;
    let mut skipped = 0;
    bytes.iter().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if at < skipped => {}
            b'\\' if within => skipped = at + 2,
            b'"' => within = !within,
            b'{' | b'}' if !within => return Some((at, *byte)),
            _ => {}
        }
        None
    })
}
