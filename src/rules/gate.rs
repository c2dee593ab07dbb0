//! The gate: one pass over a file that finds every rule's keywords.
//!
//! Of each keyword, three bytes are chosen that are seldom in text. A table of bits, small enough for the nearest cache,
//! tells for every three bytes of a file whether some keyword has them, a second one whether with the byte behind them;
//! only there are keywords compared. An automaton of a thousand keywords takes several times as long: its states fit no
//! cache.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::words;

/// Bytes of a keyword that the table knows it by.
const WINDOW: usize = 3;
/// Windows that are looked up together: those that lie in eight bytes.
const TOGETHER: usize = 8 - WINDOW + 1;
/// Hashes are of this many bits.
const BITS: u32 = 17;
const WORDS: usize = 1 << (BITS - 6);
/// The bit that tells apart the cases of a letter, of eight bytes.
const CASE: u64 = 0x2020_2020_2020_2020;

/// Finds keywords, whatever their case.
#[derive(Debug)]
pub(super) struct Gate {
    /// In lower case.
    keywords: Vec<Box<[u8]>>,
    /// Bit by hash: some keyword has such a window.
    table: Box<[u64; WORDS]>,
    /// The same of the four bytes from where a window begins; with any fourth, where the keyword ends before it.
    longer: Box<[u64; WORDS]>,
    /// How many bits are set before each word of the table.
    ranks: Box<[u32; WORDS]>,
    /// Where in `places` those of each set bit begin; one more at the end.
    starts: Vec<usize>,
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
    pub(super) fn new(keywords: Vec<String>) -> Self {
        let keywords: Vec<Box<[u8]>> =
            keywords.into_iter().map(|keyword| keyword.to_ascii_lowercase().into_bytes().into()).collect();
        let mut table = Box::new([0_u64; WORDS]);
        let mut longer = Box::new([0_u64; WORDS]);
        let mut known: Vec<(usize, usize, usize)> = Vec::with_capacity(keywords.len());
        let mut shorter = Vec::new();
        for (number, keyword) in keywords.iter().enumerate() {
            let Some((offset, window)) = seldom(keyword) else {
                shorter.push(number);
                continue;
            };
            let hash = hash(window);
            set(&mut table, hash);
            known.push((hash, number, offset));
            let fourth = |byte: u8| self::hash(window | u32::from(byte | 0x20) << 24);
            match keyword.get(offset + WINDOW) {
                Some(byte) => set(&mut longer, fourth(*byte)),
                None => (0..=u8::MAX).for_each(|byte| set(&mut longer, fourth(byte))),
            }
        }
        known.sort_unstable();
        let mut ranks = Box::new([0_u32; WORDS]);
        let mut rank = 0;
        for (word, bits) in table.iter().enumerate() {
            ranks[word] = rank;
            rank += bits.count_ones();
        }
        let mut starts: Vec<usize> = Vec::with_capacity(known.len() + 1);
        for (place, (hash, ..)) in known.iter().enumerate() {
            if place == 0 || known[place - 1].0 != *hash {
                starts.push(place);
            }
        }
        starts.push(known.len());
        let place = |(_, number, offset): (usize, usize, usize)| {
            let bytes = keywords[number][offset..].iter().take(8);
            let (head, mask) = bytes.enumerate().fold((0, 0), |(head, mask), (at, byte)| {
                (head | u64::from(byte | 0x20) << (8 * at), mask | 0xff << (8 * at))
            });
            Place { number, offset, head, mask }
        };
        let places = known.into_iter().map(place).collect();
        let short = automaton(&keywords, shorter);
        Self { keywords, table, longer, ranks, starts, places, short }
    }

    /// Tells each keyword in a text, by number, with its place; they may overlap, and are in no order.
    pub(super) fn each(&self, text: &[u8], mut tell: impl FnMut(usize, Range<usize>)) {
        let mut from = 0;
        while let Some(eight) = text.get(from..).and_then(<[u8]>::first_chunk::<8>) {
            let eight = u64::from_le_bytes(*eight) | CASE;
            let known = |at: usize| u32::from(is_set(&self.table, hash(window(eight >> (8 * at))))) << at;
            let mut places = (0..TOGETHER).fold(0, |places, at| places | known(at));
            while places != 0 {
                self.look(text, from + places.trailing_zeros() as usize, &mut tell);
                places &= places - 1;
            }
            from += TOGETHER;
        }
        (from..(text.len() + 1).saturating_sub(WINDOW)).for_each(|at| self.look(text, at, &mut tell));
        if let Some((automaton, numbers)) = &self.short {
            for hit in automaton.find_overlapping_iter(text) {
                tell(numbers[hit.pattern().as_usize()], hit.range());
            }
        }
    }

    /// Looks at one place.
    #[inline]
    fn look(&self, text: &[u8], at: usize, tell: &mut impl FnMut(usize, Range<usize>)) {
        let rest = &text[at..];
        let eight = match rest.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte)),
        };
        let eight = eight | CASE;
        let hash = hash(window(eight));
        let [a, b, c, d, ..] = eight.to_le_bytes();
        if is_set(&self.table, hash) && is_set(&self.longer, self::hash(u32::from_le_bytes([a, b, c, d]))) {
            self.compare(text, at, eight, hash, tell);
        }
    }

    /// Tells the keywords whose window of such a hash stands at a place.
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, eight: u64, hash: usize, tell: &mut impl FnMut(usize, Range<usize>)) {
        let below = self.table[hash >> 6] & ((1 << (hash & 63)) - 1);
        let rank = (self.ranks[hash >> 6] + below.count_ones()) as usize;
        for place in &self.places[self.starts[rank]..self.starts[rank + 1]] {
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

/// The window that eight bytes begin with.
fn window(eight: u64) -> u32 {
    let [a, b, c, ..] = eight.to_le_bytes();
    u32::from_le_bytes([a, b, c, 0])
}

fn set(table: &mut [u64; WORDS], hash: usize) {
    table[hash >> 6] |= 1 << (hash & 63);
}

fn is_set(table: &[u64; WORDS], hash: usize) -> bool {
    table[hash >> 6] >> (hash & 63) & 1 == 1
}

/// A hash of a window whose bytes have bit 5 set: letters of both cases are alike.
fn hash(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// The window of a keyword that text has most seldom, with its place; none in a shorter keyword.
fn seldom(keyword: &[u8]) -> Option<(usize, u32)> {
    let window = |three: &[u8; WINDOW]| u32::from_le_bytes([three[0], three[1], three[2], 0]) | 0x0020_2020;
    let rare = |three: &[u8; WINDOW]| {
        let [first, second, third] = three.map(rarity);
        // The table tells signs apart by their kind alone.
        let signs = [second, third].into_iter().zip(&three[1..]).filter(|(_, byte)| !byte.is_ascii_alphabetic());
        first + words::seldom(*three) + signs.map(|(rarity, _)| rarity / 2).sum::<u32>()
    };
    let (at, three) = keyword.array_windows::<WINDOW>().enumerate().max_by_key(|(_, three)| rare(three))?;
    Some((at, window(three)))
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
            text in "[a-cA-C@`_\\[{0 é]{0,60}",
        ) {
            let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(found(&keywords, text.as_bytes()), plainly(&keywords, text.as_bytes()));
        }
    }
}
