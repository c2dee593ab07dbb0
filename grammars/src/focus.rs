//! Which part of a text is looked at: all of it, or what is around some places.

use std::ops::Range;

/// How far before a place is looked, and how far behind: names stand before what they name.
const BEFORE: usize = 1024;
const BEHIND: usize = 2048;

/// A part of a text.
#[derive(Clone, Debug)]
pub(crate) struct Focus {
    /// In order, apart from each other; none for all of it.
    spans: Option<Vec<Range<usize>>>,
}

impl Focus {
    /// All of a text.
    pub(crate) const ALL: Self = Self { spans: None };

    /// What is around some places, which are in order of their beginning.
    pub(crate) fn around(places: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for place in places {
            let span = place.start.saturating_sub(BEFORE)..place.end.saturating_add(BEHIND);
            match spans.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => spans.push(span),
            }
        }
        Self { spans: Some(spans) }
    }

    /// The same, and some spans more.
    pub(crate) fn and(&self, more: impl IntoIterator<Item = Range<usize>>) -> Self {
        let Some(spans) = &self.spans else { return Self::ALL };
        let mut all: Vec<Range<usize>> = spans.iter().cloned().chain(more).collect();
        all.sort_unstable_by_key(|span| (span.start, span.end));
        all.dedup_by(|next, last| {
            let joined = next.start <= last.end;
            if joined {
                last.end = last.end.max(next.end);
            }
            joined
        });
        Self { spans: Some(all) }
    }

    /// What of it is in some spans, which are in order and apart from each other.
    pub(crate) fn within(&self, within: &[Range<usize>]) -> Self {
        let Some(spans) = &self.spans else { return Self { spans: Some(within.to_vec()) } };
        let shared = spans.iter().flat_map(|span| {
            let from = within.partition_point(|one| one.end <= span.start);
            let touching = within[from..].iter().take_while(|one| one.start < span.end);
            touching.map(|one| one.start.max(span.start)..one.end.min(span.end))
        });
        Self { spans: Some(shared.collect()) }
    }

    /// Whether some of a span is looked at.
    pub(crate) fn touches(&self, span: &Range<usize>) -> bool {
        self.begun_before(span.end, |last| last.end >= span.start)
    }

    /// Whether all of a span is looked at.
    pub(crate) fn holds(&self, span: &Range<usize>) -> bool {
        self.begun_before(span.start.saturating_add(1), |last| last.end >= span.end)
    }

    /// Whether something holds for the last part that begins before a place; true where all is looked at.
    fn begun_before(&self, place: usize, holds: impl Fn(&Range<usize>) -> bool) -> bool {
        let Some(spans) = &self.spans else { return true };
        let after = spans.partition_point(|span| span.start < place.max(1));
        after.checked_sub(1).is_some_and(|last| holds(&spans[last]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_the_places_is_looked_at() {
        let focus = Focus::around([2000..2010, 2500..2510, 9000..9001]);
        for (span, touches, holds) in [
            (0..100, false, false),
            (0..976, false, false),
            (0..977, true, false),
            (976..980, true, true),
            (2400..4558, true, true),
            (4500..4600, true, false),
            (4600..7900, false, false),
            (0..20_000, true, false),
            (9000..11_049, true, true),
            (9000..11_050, true, false),
        ] {
            assert_eq!((focus.touches(&span), focus.holds(&span)), (touches, holds), "{span:?}");
            assert!(Focus::ALL.touches(&span) && Focus::ALL.holds(&span));
        }
        assert!(!Focus::around([]).touches(&(0..10)));
        let within = focus.within(&[0..100, 500..980, 990..5000, 8000..9000, 9100..12_000]);
        for (span, holds) in [
            (976..980, true),
            (980..990, false),
            (990..4558, true),
            (990..4559, false),
            (8999..9000, true),
            (8999..9100, false),
        ] {
            assert_eq!(within.holds(&span), holds, "{span:?}");
        }
        let more = focus.and([10..20, 4000..4600, 30_000..30_001]);
        for (span, holds) in
            [(10..20, true), (10..21, false), (980..4600, true), (20..976, false), (30_000..30_001, true)]
        {
            assert_eq!(more.holds(&span), holds, "{span:?}");
        }
    }
}
