//! What of a text is the same in another version of it.

use std::ops::Range;

use super::{BEFORE, BEHIND};
use crate::rules::generic::Candidate;

/// How many bytes are compared at once.
const CHUNK: usize = 64;

/// Two versions, and how much of them is the same at the beginning and at the end.
pub(super) struct Same<'a> {
    pub(super) old: &'a [u8],
    pub(super) new: &'a [u8],
    pub(super) before: usize,
    pub(super) behind: usize,
}

impl Same<'_> {
    /// The same in the new version, where what is around it is there unchanged.
    pub(super) fn again(&self, known: &Candidate) -> Option<Candidate> {
        let span = &known.span;
        let part = around(self.old, &line_at(self.old, span.clone()));
        let at = if part.end <= self.before {
            part.start
        } else if part.start >= self.old.len() - self.behind {
            part.start + self.new.len() - self.old.len()
        } else {
            memchr::memmem::find(self.new, &self.old[part.clone()])?
        };
        let start = at + span.start - part.start;
        Some(known.moved(start..start + span.len()))
    }
}

/// The lines that a span is in.
pub(super) fn line_at(bytes: &[u8], span: Range<usize>) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &bytes[..span.start]).map_or(0, |at| at + 1);
    start..memchr::memchr(b'\n', &bytes[span.end..]).map_or(bytes.len(), |at| span.end + at + 1)
}

/// What belongs to a line.
pub(super) fn around(bytes: &[u8], line: &Range<usize>) -> Range<usize> {
    line.start.saturating_sub(BEFORE)..(line.end + BEHIND).min(bytes.len())
}

/// How many bytes are alike from the first.
pub(super) fn alike(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK)).take_while(|(a, b)| a == b).count() * CHUNK;
    chunks + a[chunks..].iter().zip(&b[chunks..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes are alike from the last.
pub(super) fn alike_at_end(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.rchunks_exact(CHUNK).zip(b.rchunks_exact(CHUNK)).take_while(|(a, b)| a == b).count() * CHUNK;
    let rest = |bytes: &'_ [u8]| bytes.len() - chunks;
    chunks + a[..rest(a)].iter().rev().zip(b[..rest(b)].iter().rev()).take_while(|(a, b)| a == b).count()
}
