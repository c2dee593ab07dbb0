//! One finding a place: of what overlaps the best stays.

use std::collections::BTreeMap;

use super::engine::RULE;
use super::generic::Candidate;

/// Keeps of candidates that overlap what an issuer's rule found, of several the surest, then the most specific, then the
/// longest; orders by position. What is kept is as sure as the surest of the same span.
pub(super) fn one_a_place(candidates: &mut Vec<Candidate>) {
    candidates.sort_by(|a, b| {
        let key = |c: &Candidate| {
            let certain = c.rank >= RULE && c.certain;
            (certain, if certain { c.rank } else { 0 }, c.confidence, c.rank, c.extent, c.span.len())
        };
        key(b).cmp(&key(a)).then_with(|| a.span.start.cmp(&b.span.start)).then_with(|| a.rule.cmp(&b.rule))
    });
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for candidate in candidates.drain(..) {
        let clash = taken.range(..candidate.span.end).next_back().map(|(_, at)| *at);
        match clash.filter(|at| kept[*at].span.end > candidate.span.start) {
            Some(at) if kept[at].span == candidate.span => {
                kept[at].confidence = kept[at].confidence.max(candidate.confidence);
            }
            Some(_) => {}
            None => {
                taken.insert(candidate.span.start, kept.len());
                kept.push(candidate);
            }
        }
    }
    kept.sort_by_key(|candidate| candidate.span.start);
    *candidates = kept;
}
