//! The gate: one pass over a file that finds every rule's keywords.
//!
//! Of each keyword, four bytes are chosen that are seldom in text. A table, small enough for the nearest cache, tells for every
//! three bytes of a file which fourth bytes some keyword has behind them, a second one whether some keyword has all four;
//! only there are keywords compared. An automaton of a thousand keywords takes several times as long: its states fit no
//! cache.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{wide, words};

/// Bytes of a keyword that the first table knows it by; the fourth counts by its kind.
const WINDOW: usize = 3;
/// Windows that are looked up together: those that lie in eight bytes with the byte behind them.
const TOGETHER: usize = 8 - WINDOW;
/// Hashes of three bytes are of this many bits.
pub(super) const BITS: u32 = 15;
const SIZE: usize = 1 << BITS;
/// Hashes of four bytes are of this many bits.
pub(super) const BITS_OF_FOUR: u32 = 17;
const WORDS: usize = 1 << (BITS_OF_FOUR - 5);
/// Spreads a hash over its upper bits (the golden ratio).
pub(super) const SPREAD: u32 = 0x9e37_79b1;
/// The bit that tells apart the cases of a letter, of eight bytes.
const CASE: u64 = 0x2020_2020_2020_2020;

/// By hash of three bytes: a bit for each kind of fourth byte that some keyword has behind them. A few bytes are left over at
/// the end, so that four can be read anywhere.
pub(super) type First = [u8; SIZE + 3];
/// Bit by hash of four bytes: some keyword has them, or has three and ends there.
pub(super) type Second = [u32; WORDS];

/// Finds keywords, whatever their case.
#[derive(Debug)]
pub(super) struct Gate {
    /// In lower case.
    keywords: Vec<Box<[u8]>>,
    first: Box<First>,
    second: Box<Second>,
    /// Where in `places` those of each hash begin; one more at the end.
    starts: Box<[u32]>,
    places: Vec<Place>,
    /// Finds keywords that are shorter than a window; a user's rules alone have such.
    short: Option<(AhoCorasick, Vec<usize>)>,
}

/// A keyword's window.
#[derive(Debug)]
struct Place {
    number: usize,
    /// Where in the keyword the window begins.
    offset: usize,
    /// Up to eight bytes of the keyword from there, bit 5 set, and which of eight bytes they are.
    head: u64,
    mask: u64,
}

impl Gate {
    #[allow(clippy::large_stack_arrays, reason = "a table passes by once")]
    pub(super) fn new(keywords: Vec<String>) -> Self {
        let keywords: Vec<Box<[u8]>> =
            keywords.into_iter().map(|keyword| keyword.to_ascii_lowercase().into_bytes().into()).collect();
        let mut first: Box<First> = Box::new([0; SIZE + 3]);
        let mut second: Box<Second> = Box::new([0; WORDS]);
        let mut known: Vec<(usize, usize, usize)> = Vec::with_capacity(keywords.len());
        let mut shorter = Vec::new();
        for (number, keyword) in keywords.iter().enumerate() {
            let Some(offset) = seldom(keyword) else {
                shorter.push(number);
                continue;
            };
            let four = |fourth: u8| {
                let bytes = [keyword[offset], keyword[offset + 1], keyword[offset + 2], fourth];
                u32::from_le_bytes(bytes) | 0x2020_2020
            };
            let mut add = |four: u32| {
                first[hash(four)] |= 1 << kind(four);
                let hash = hash_of_four(four);
                second[hash >> 5] |= 1 << (hash & 31);
            };
            match keyword.get(offset + WINDOW) {
                Some(byte) => add(four(*byte)),
                None => (0..=u8::MAX).for_each(|byte| add(four(byte))),
            }
            known.push((hash(four(0)), number, offset));
        }
        known.sort_unstable();
        let starts = (0..=SIZE).map(|hash| known.partition_point(|known| known.0 < hash));
        #[allow(clippy::cast_possible_truncation, reason = "nobody has 4 billion keywords")]
        let starts = starts.map(|start| start as u32).collect();
        let place = |(_, number, offset): (usize, usize, usize)| {
            let bytes = keywords[number][offset..].iter().take(8);
            let (head, mask) = bytes.enumerate().fold((0, 0), |(head, mask), (at, byte)| {
                (head | u64::from(byte | 0x20) << (8 * at), mask | 0xff << (8 * at))
            });
            Place { number, offset, head, mask }
        };
        let places = known.into_iter().map(place).collect();
        let short = automaton(&keywords, shorter);
        Self { keywords, first, second, starts, places, short }
    }

    /// Tells each keyword in a text, by number, with its place; they may overlap, and are in no order.
    pub(super) fn each(&self, text: &[u8], mut tell: impl FnMut(usize, Range<usize>)) {
        let mut from = wide::each_known(&self.first, &self.second, text, |at| self.compare(text, at, &mut tell));
        while let Some(eight) = text.get(from..).and_then(<[u8]>::first_chunk::<8>) {
            let eight = u64::from_le_bytes(*eight) | CASE;
            let known = |at: usize| {
                let four = low(eight >> (8 * at));
                u32::from(self.first[hash(four)] >> kind(four) & 1) << at
            };
            let mut places = (0..TOGETHER).fold(0, |places, at| places | known(at));
            while places != 0 {
                let at = places.trailing_zeros() as usize;
                let hash = hash_of_four(low(eight >> (8 * at)));
                if self.second[hash >> 5] >> (hash & 31) & 1 == 1 {
                    self.compare(text, from + at, &mut tell);
                }
                places &= places - 1;
            }
            from += TOGETHER;
        }
        (from..(text.len() + 1).saturating_sub(WINDOW)).for_each(|at| self.compare(text, at, &mut tell));
        if let Some((automaton, numbers)) = &self.short {
            for hit in automaton.find_overlapping_iter(text) {
                tell(numbers[hit.pattern().as_usize()], hit.range());
            }
        }
    }

    /// Tells the keywords whose window stands at a place.
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, tell: &mut impl FnMut(usize, Range<usize>)) {
        let rest = &text[at..];
        let eight = match rest.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte)),
        };
        let eight = eight | CASE;
        let hash = hash(low(eight));
        for place in &self.places[self.starts[hash] as usize..self.starts[hash + 1] as usize] {
            if eight & place.mask != place.head {
                continue;
            }
            let keyword = &self.keywords[place.number];
            let Some(start) = at.checked_sub(place.offset) else { continue };
            let Some(found) = text.get(start..start + keyword.len()) else { continue };
            if found.eq_ignore_ascii_case(keyword) {
                tell(place.number, start..start + keyword.len());
            }
        }
    }
}

/// The first four of eight bytes.
#[allow(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn low(eight: u64) -> u32 {
    eight as u32
}

/// A hash of the first three of four bytes, which have bit 5 set: letters of both cases are alike.
fn hash(four: u32) -> usize {
    ((four << 8).wrapping_mul(SPREAD) >> (32 - BITS)) as usize
}

fn hash_of_four(four: u32) -> usize {
    (four.wrapping_mul(SPREAD) >> (32 - BITS_OF_FOUR)) as usize
}

/// The kind of the last of four bytes.
fn kind(four: u32) -> u32 {
    four >> 24 & 7
}

/// Where in a keyword the window begins that text has most seldom, with the byte behind it; none in a shorter keyword.
fn seldom(keyword: &[u8]) -> Option<usize> {
    let rare = |four: &[u8; WINDOW + 1]| {
        // The table of words tells signs apart by their kind alone; of each kind one is in every line.
        let signs = four[1..].iter().map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b' ' | b'_' | b'.' => 0,
            _ => 32,
        });
        rarity(four[0]) + words::seldom(*four) + signs.sum::<u32>()
    };
    let best = keyword.array_windows().enumerate().max_by_key(|(_, four)| rare(four));
    best.map(|(at, _)| at).or((keyword.len() == WINDOW).then_some(0))
}

/// How seldom a byte is in code and configuration, in sixteenths of a bit.
fn rarity(byte: u8) -> u32 {
    match byte {
        b' ' => 44,
        b'e' => 58,
        b't' | b'a' | b'i' | b'o' | b'n' | b'r' | b's' => 68,
        b'l' | b'c' | b'd' => 81,
        b'u' | b'm' | b'p' | b'f' | b'h' | b'_' => 90,
        b'g' | b'b' | b'y' | b'0' | b'1' | b'"' | b'.' | b',' | b':' | b'-' | b'/' | b'=' => 102,
        b'a'..=b'z' | b'0'..=b'9' => 118,
        _ => 134,
    }
}

/// What finds the keywords of these numbers.
fn automaton(keywords: &[Box<[u8]>], numbers: Vec<usize>) -> Option<(AhoCorasick, Vec<usize>)> {
    if numbers.is_empty() {
        return None;
    }
    let built = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(numbers.iter().map(|number| &keywords[*number]));
    Some((built.ok()?, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an automaton finds, in order.
    fn plainly(keywords: &[&str], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let all: Vec<Box<[u8]>> = keywords.iter().map(|keyword| keyword.as_bytes().into()).collect();
        let (automaton, _) = automaton(&all, (0..all.len()).collect()).expect("keywords make an automaton");
        let found = automaton.find_overlapping_iter(text).map(|hit| (hit.pattern().as_usize(), hit.range()));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(number, place)| (place.start, *number));
        found
    }

    fn found(keywords: &[&str], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let gate = Gate::new(keywords.iter().map(|keyword| (*keyword).to_owned()).collect());
        let mut found = Vec::new();
        gate.each(text, |number, place| found.push((number, place)));
        found.sort_by_key(|(number, place)| (place.start, *number));
        found
    }

    #[test]
    fn keywords_overlap_and_stand_at_both_ends() {
        let keywords = ["key", "apikey", "ghp_"];
        assert_eq!(found(&keywords, b"ApiKey"), [(1, 0..6), (0, 3..6)]);
        assert_eq!(found(&keywords, b"key"), [(0, 0..3)]);
        assert_eq!(found(&keywords, b"GHP_key ke"), [(2, 0..4), (0, 4..7)]);
        assert_eq!(found(&keywords, b"ke"), []);
        assert_eq!(found(&["_pw", "k"], b"K_PW"), [(1, 0..1), (0, 1..4)]);
    }

    proptest::proptest! {
        /// Whatever the keywords and the text, an automaton finds the same.
        #[test]
        fn nothing_is_missed(
            keywords in proptest::collection::btree_set("[a-c@`_\\[{0]{1,5}", 1..12),
            text in "[a-cA-C@`_\\[{0 é]{0,300}",
        ) {
            let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(found(&keywords, text.as_bytes()), plainly(&keywords, text.as_bytes()));
        }
    }
}
