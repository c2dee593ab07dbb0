//! A file's text as the engine reads it, with the way back to bytes, lines and columns.

use std::cell::Cell;
use std::ops::Range;

use crate::model::{Text, unmarked_utf16};

/// A text to scan: the file's own bytes where they are UTF-8, a decoded copy otherwise.
#[derive(Debug)]
pub(super) enum View<'a> {
    Own { text: &'a str, mark: usize },
    Decoded(Text),
}

impl<'a> View<'a> {
    /// None where the bytes are no text.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let marked = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
        let utf16 = marked || unmarked_utf16(bytes).is_some();
        if !utf16 {
            if memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some() {
                return None;
            }
            if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
                let mark = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
                return Some(Self::Own { text: text.get(mark..)?, mark });
            }
        }
        Text::decode(bytes).map(Self::Decoded)
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Own { text, .. } => text,
            Self::Decoded(text) => &text.text,
        }
    }

    pub(super) fn to_bytes(&self, span: &Range<usize>) -> Range<usize> {
        match self {
            Self::Own { mark, .. } => span.start + mark..span.end + mark,
            Self::Decoded(text) => text.to_bytes(span),
        }
    }
}

/// Starts of lines.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The last offset that was asked for, and the characters before it on its line: a line may be all of a file, with a
    /// finding every few bytes.
    last: Cell<(usize, usize)>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        Self { text, starts, last: Cell::default() }
    }

    /// Line and column of an offset, from 1, the column in characters.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let (known, characters) = self.last.get();
        let (from, before) = if known > start && known <= at { (known, characters) } else { (start, 0) };
        let characters = before + self.text.get(from..at).map_or(at - from, |text| text.chars().count());
        self.last.set((at, characters));
        (line, characters + 1)
    }

    /// The text of a line, from 1, without its end.
    pub(super) fn line(&self, line: usize) -> &'a str {
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).copied();
        let end = self.starts.get(line).map_or(self.text.len(), |end| end - 1);
        start.and_then(|start| self.text.get(start..end)).unwrap_or("").trim_end_matches('\r')
    }
}

/// Markers by which people say that a line's finding is known; ours and those of other scanners.
const ALLOW: [&str; 6] = [
    "keylift:allow",
    "gitleaks:allow",
    "betterleaks:allow",
    "pragma: allowlist secret",
    "trufflehog:ignore",
    "kingfisher:ignore",
];

/// Whether a line, or a comment that has the line above for itself, allows what stands on the line.
pub(super) fn allowed(lines: &Lines<'_>, line: usize) -> bool {
    let marked = |text: &str| {
        let tail = text.get(text.len().saturating_sub(2000)..).unwrap_or(text);
        ALLOW.iter().any(|marker| tail.contains(marker))
            || tail.split(['#', '/']).skip(1).any(|comment| comment.trim_start().starts_with("nosec"))
    };
    let above = line.checked_sub(1).filter(|above| *above > 0).map_or("", |above| lines.line(above));
    let comment = above.trim_start();
    marked(lines.line(line))
        || (comment.starts_with(['#', '/', '-', ';', '*', '<'])
            && (comment.contains("keylift:allow") || comment.contains("pragma: allowlist nextline secret")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters_in_whatever_order_they_are_asked_for() {
        let text = "añb\ncü€d\n\nééé = x";
        let plain = |at: usize| {
            let line = text[..at].rsplit('\n').next().unwrap_or_default();
            (text[..at].matches('\n').count() + 1, line.chars().count() + 1)
        };
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for step in [1, 3, 5, 7] {
            let lines = Lines::new(text);
            for number in 0..places.len() * step {
                let at = places[number * step % places.len()];
                assert_eq!(lines.position(at), plain(at), "{at}");
            }
        }
    }
}
