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
pub(super) const BITS_OF_FOUR: u32 = 19;
const WORDS: usize = 1 << (BITS_OF_FOUR - 5);
/// Hashes that tell which keywords a place may have are of this many bits.
const FEW: u32 = 12;
/// Spreads a hash over its upper bits (the golden ratio).
pub(super) const SPREAD: u32 = 0x9e37_79b1;
/// The bit that tells apart the cases of a letter, of eight bytes.
const CASE: u64 = 0x2020_2020_2020_2020;

/// By hash of three bytes: a bit for each kind of fourth byte that some keyword has behind them. A few bytes are left over at
/// the end, so that four can be read anywhere.
pub(super) type First = [u8; SIZE + 3];
/// Bit by hash of four bytes: some keyword has them, or has three and ends there.
pub(super) type Second = [u32; WORDS];

type Starts = [u32; (1 << FEW) + 1];

/// Finds keywords, whatever their case.
#[derive(Debug)]
pub(super) struct Gate {
    /// In lower case.
    keywords: Vec<Box<[u8]>>,
    first: Box<First>,
    second: Box<Second>,
    /// Where in `places` those of each hash of few bits begin; one more at the end.
    starts: Box<Starts>,
    places: Vec<Place>,
    /// Finds keywords that are shorter than a window; a user's rules alone have such.
    short: Option<(AhoCorasick, Vec<usize>)>,
}

/// A keyword that has a window.
#[derive(Debug)]
struct Place {
    number: u32,
    /// Where in the keyword the window begins.
    offset: u32,
    /// Bytes of the keyword.
    length: u32,
    /// Up to sixteen bytes of the keyword, and which bits of sixteen bytes tell it: of a letter all but the one of its case.
    head: [u64; 2],
    mask: [u64; 2],
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
            known.push((few(hash(four(0))), number, offset));
        }
        known.sort_unstable();
        #[allow(clippy::cast_possible_truncation, reason = "nobody has 4 billion keywords")]
        let starts = std::array::from_fn(|hash| known.partition_point(|known| known.0 < hash) as u32);
        #[allow(clippy::cast_possible_truncation, reason = "nor one of 4 GiB")]
        let place = |(_, number, offset): (usize, usize, usize)| {
            let (head, mask) = begin(&keywords[number]);
            Place { number: number as u32, offset: offset as u32, length: keywords[number].len() as u32, head, mask }
        };
        let places = known.into_iter().map(place).collect();
        let short = automaton(&keywords, shorter);
        Self { keywords, first, second, starts: Box::new(starts), places, short }
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
    #[inline]
    fn compare(&self, text: &[u8], at: usize, tell: &mut impl FnMut(usize, Range<usize>)) {
        let four = match text.get(at..).and_then(<[u8]>::first_chunk) {
            Some(four) => u32::from_le_bytes(*four),
            // The window alone counts.
            None => text[at..].iter().rev().fold(0, |four, byte| four << 8 | u32::from(*byte)),
        };
        let hash = few(hash(four | 0x2020_2020));
        for place in &self.places[self.starts[hash] as usize..self.starts[hash + 1] as usize] {
            let Some(start) = at.checked_sub(place.offset as usize) else { continue };
            let Some(begin) = text.get(start..).and_then(<[u8]>::first_chunk::<16>) else {
                self.compare_slowly(text, at, place, tell);
                continue;
            };
            let (halves, _) = begin.as_chunks();
            let differs = |half: usize| u64::from_le_bytes(halves[half]) & place.mask[half] ^ place.head[half];
            if differs(0) | differs(1) != 0 {
                continue;
            }
            if place.length <= 16 {
                tell(place.number as usize, start..start + place.length as usize);
            } else {
                self.compare_slowly(text, at, place, tell);
            }
        }
    }

    /// Tells one keyword whose window may stand at a place.
    #[cold]
    fn compare_slowly(&self, text: &[u8], at: usize, place: &Place, tell: &mut impl FnMut(usize, Range<usize>)) {
        let keyword = &self.keywords[place.number as usize];
        let Some(start) = at.checked_sub(place.offset as usize) else { return };
        let Some(found) = text.get(start..start + keyword.len()) else { return };
        if found.eq_ignore_ascii_case(keyword) {
            tell(place.number as usize, start..start + keyword.len());
        }
    }
}

/// The first sixteen bytes of a keyword in lower case, and which bits of them tell it.
fn begin(keyword: &[u8]) -> ([u64; 2], [u64; 2]) {
    let mut both = ([0; 2], [0; 2]);
    for (at, byte) in keyword.iter().take(16).enumerate() {
        let mask = if byte.is_ascii_lowercase() { 0xdf } else { 0xff };
        both.0[at / 8] |= u64::from(byte & mask) << (8 * (at % 8));
        both.1[at / 8] |= u64::from(mask) << (8 * (at % 8));
    }
    both
}

/// A hash of fewer bits.
fn few(hash: usize) -> usize {
    hash >> (BITS - FEW)
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

/// The tables of a gate.
#[cfg(test)]
pub(super) fn tables(keywords: Vec<String>) -> (Box<First>, Box<Second>) {
    let gate = Gate::new(keywords);
    (gate.first, gate.second)
}

/// Whether both tables know four bytes, letters in lower case.
#[cfg(test)]
pub(super) fn knows(first: &First, second: &Second, four: u32) -> bool {
    let place = hash_of_four(four);
    first[hash(four)] >> kind(four) & 1 == 1 && second[place >> 5] >> (place & 31) & 1 == 1
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
