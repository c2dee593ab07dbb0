//! The gate: one pass over a file that finds every rule's keywords.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// From this many bytes on, making the faster automaton costs less than searching with the other.
const LARGE: usize = 256 << 10;

/// Finds keywords, whatever their case.
#[derive(Debug)]
pub(super) struct Gate {
    keywords: Vec<String>,
    first: OnceLock<Option<AhoCorasick>>,
    fast: OnceLock<Option<AhoCorasick>>,
    /// Bytes searched by now.
    seen: AtomicUsize,
}

impl Gate {
    pub(super) fn new(keywords: Vec<String>) -> Self {
        Self { keywords, first: OnceLock::new(), fast: OnceLock::new(), seen: AtomicUsize::new(0) }
    }

    /// Tells each keyword in a text, by number, with its place; they may overlap.
    pub(super) fn each(&self, text: &[u8], mut tell: impl FnMut(usize, Range<usize>)) {
        let seen = self.seen.fetch_add(text.len(), Ordering::Relaxed).saturating_add(text.len());
        let automaton = if seen < LARGE {
            self.first.get_or_init(|| self.build(AhoCorasickKind::NoncontiguousNFA))
        } else {
            self.fast.get_or_init(|| self.build(AhoCorasickKind::DFA))
        };
        let Some(automaton) = automaton else { return };
        for hit in automaton.find_overlapping_iter(text) {
            tell(hit.pattern().as_usize(), hit.range());
        }
    }

    fn build(&self, kind: AhoCorasickKind) -> Option<AhoCorasick> {
        AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind(Some(kind))
            .build(&self.keywords)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_text_is_searched_as_a_small_one() {
        let gate = Gate::new(vec!["key".to_owned(), "apikey".to_owned()]);
        let mut text = b"ApiKey ".to_vec();
        let found = |text: &[u8]| {
            let mut found = Vec::new();
            gate.each(text, |number, place| found.push((number, place)));
            found.sort_by_key(|(number, place)| (place.start, *number));
            found
        };
        let small = found(&text);
        assert_eq!(small, [(1, 0..6), (0, 3..6)]);
        text.resize(LARGE, b' ');
        assert_eq!(found(&text), small);
    }
}
