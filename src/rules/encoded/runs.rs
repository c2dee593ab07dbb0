//! Base64 and hexadecimal: long runs of their characters.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::{LONGEST, Layer, Map};
use crate::rules::wide::{self, BLOCK};

/// Shorter runs are no credential of a telling format: 24 characters of base64 are 18 bytes.
const SHORTEST: usize = 24;
/// Deepest indentation of what is wrapped, in bytes.
const DEEPEST: usize = 256;
/// Shortest line of an encoded text that goes on on the next one (RFC 1421 and RFC 2045 wrap at 64 and 76).
const WRAPPED: usize = 56;
/// How much is decoded to see whether the rest is worth it, in characters: all but one of a million runs end here.
const SAMPLE: usize = 32;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
static PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
static URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Characters of base64 in both alphabets, padding left out; hexadecimal digits are among them.
static IN_RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "below 256")]
        let c = byte as u8;
        table[byte] = c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

fn in_run(byte: u8) -> bool {
    IN_RUN[usize::from(byte)]
}

/// Which bytes of a block are in a run: a bit each. Without a branch or a table, so that it becomes a few instructions for many
/// bytes.
#[allow(clippy::needless_bitwise_bool, reason = "an operator that may stop early is a branch")]
fn kinds(block: &[u8; BLOCK]) -> u64 {
    let mut kinds = [0; BLOCK];
    for (kind, byte) in kinds.iter_mut().zip(block) {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        let sign = (*byte == b'+') | (*byte == b'/') | (*byte == b'-') | (*byte == b'_');
        *kind = u8::from(letter | digit | sign);
    }
    let (eights, _) = kinds.as_chunks::<8>();
    // A product that moves the low bits of eight bytes beside each other.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |all, eight| all << 8 | bits(eight))
}

/// Looks for a run, a block at a time.
#[derive(Default)]
struct Search {
    /// How many bytes at the end of the blocks before this one are in a run.
    open: u32,
    /// How far before this block the run begins, or behind its beginning.
    found: Option<i64>,
}

impl Search {
    /// Looks at the next block. Whether a run of at least the least length is found.
    fn look(&mut self, kinds: u64) -> bool {
        if (self.open + kinds.trailing_ones()) as usize >= SHORTEST {
            self.found = Some(-i64::from(self.open));
            return true;
        }
        // Bits that begin two, four, eight, sixteen in a row, and in the end SHORTEST.
        let two = kinds & kinds >> 1;
        let four = two & two >> 2;
        let eight = four & four >> 4;
        let all = eight & eight >> 8 & eight >> 16;
        if all != 0 {
            self.found = Some(i64::from(all.trailing_zeros()));
            return true;
        }
        self.open = kinds.leading_ones();
        false
    }
}

/// Where the next run of at least the least length begins, from a place before which none goes on.
fn next_run(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut search = Search::default();
    let mut at = wide::each_block(rest, |kinds| search.look(kinds));
    while search.found.is_none() {
        let block = rest.get(at..).filter(|block| !block.is_empty())?;
        let kinds = if let Some(block) = block.first_chunk() {
            kinds(block)
        } else {
            let mut padded = [0; BLOCK];
            padded[..block.len()].copy_from_slice(block);
            kinds(&padded)
        };
        if !search.look(kinds) {
            at += BLOCK;
        }
    }
    (from + at).checked_add_signed(isize::try_from(search.found?).ok()?)
}

/// Hands over what decodes to text, until told that it is enough.
pub(super) fn read(text: &str, hand: &mut impl FnMut(Layer) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = next_run(bytes, from) {
        let end = end_of(bytes, start + SHORTEST);
        let mut run = start..end;
        let mut layer = decode(&bytes[run.clone()]);
        if layer.is_some() && run.len() >= WRAPPED {
            let whole = wrapped(bytes, &run);
            if whole.len() > run.len() {
                let joined: Vec<u8> =
                    bytes[whole.clone()].iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                layer = decode(&joined).or(layer);
                run = whole;
            }
        }
        if let Some((text, encoding)) = layer {
            let padding = bytes[run.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
            let span = run.start..run.end + if encoding == "base64" { padding } else { 0 };
            if !hand(Layer { text, encoding, map: Map::Whole(span) }) {
                return false;
            }
        }
        from = run.end + 1;
    }
    true
}

fn end_of(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| !in_run(*byte)).map_or(bytes.len(), |length| from + length)
}

/// A run with the lines that go on with it: indented alike, and of the same length but for the last.
fn wrapped(bytes: &[u8], first: &Range<usize>) -> Range<usize> {
    // What is indented further is not wrapped; a line may be all of a file.
    let near = &bytes[first.start.saturating_sub(DEEPEST)..first.start];
    let line = first.start - near.len() + memchr::memrchr(b'\n', near).map_or(0, |at| at + 1);
    let mut indent = Some(first.start - line).filter(|_| bytes[line..first.start].iter().all(|b| b" \t".contains(b)));
    let mut end = first.end;
    while end - first.start < LONGEST {
        let Some(line_end) = bytes[end..].iter().take(2).position(|byte| *byte == b'\n') else { break };
        let start = end + line_end + 1;
        if line_end == 1 && bytes[end] != b'\r' {
            break;
        }
        let blanks = bytes[start..].iter().take(200).take_while(|byte| b" \t".contains(byte)).count();
        let start = start + blanks;
        let next = end_of(bytes, start);
        let closed = bytes.get(next).is_none_or(|byte| b"\r\n=\"'`".contains(byte));
        if next == start || next - start > first.len() || *indent.get_or_insert(blanks) != blanks || !closed {
            break;
        }
        end = next;
        if next - start < first.len() {
            break;
        }
    }
    first.start..end
}

/// What a run says, where it is text.
fn decode(run: &[u8]) -> Option<(String, &'static str)> {
    if run.len() > LONGEST {
        return None;
    }
    if run.len().is_multiple_of(2) && run.len() >= SHORTEST * 3 / 2 && run.iter().all(u8::is_ascii_hexdigit) {
        let text = hex(&run[..SAMPLE]).and_then(|sample| readable(&sample, true));
        let text = text.and_then(|_| readable(&hex(run)?, false));
        if let Some(text) = text {
            return Some((text, "hex"));
        }
    }
    if !may_be_text(run) {
        return None;
    }
    let url = memchr::memchr2(b'-', b'_', run).is_some();
    if url && memchr::memchr2(b'+', b'/', run).is_some() {
        return None;
    }
    let engine = if url { &URL } else { &PLAIN };
    let mut sample = [0; SAMPLE];
    let length = engine.decode_slice(&run[..SAMPLE.min(run.len() / 4 * 4)], &mut sample).ok()?;
    readable(&sample[..length], true)?;
    let run = if run.len() % 4 == 1 { &run[..run.len() - 1] } else { run };
    Some((readable(&engine.decode(run).ok()?, false)?, "base64"))
}

/// Whether the first bytes of what a run of base64 says may be a text's: most runs are words, and say what is none.
fn may_be_text(run: &[u8]) -> bool {
    let Some(eight) = run.first_chunk::<8>().map(|eight| eight.map(sixth)) else {
        return true;
    };
    let mut six = [0; 6];
    for (three, four) in six.as_chunks_mut::<3>().0.iter_mut().zip(eight.as_chunks::<4>().0) {
        *three = [four[0] << 2 | four[1] >> 4, four[1] << 4 | four[2] >> 2, four[2] << 6 | four[3]];
    }
    let control = |byte: &u8| *byte < b' ' && !b"\t\n\r".contains(byte) || *byte == 0x7f;
    // Of UTF-16 every other byte is zero; of a character the last bytes may be cut.
    if six[1] == 0 {
        return !control(&six[0]);
    }
    !six.iter().any(control) && std::str::from_utf8(&six).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// What each character of base64 stands for, in both alphabets.
static SIXTHS: [u8; 256] = {
    let mut table = [63; 256];
    let mut byte = 0;
    while byte < 64 {
        let (upper, lower, digit) = (b'A' + byte, b'a' + byte, b'0' + byte);
        if byte < 26 {
            table[upper as usize] = byte;
            table[lower as usize] = byte + 26;
        }
        if byte < 10 {
            table[digit as usize] = byte + 52;
        }
        byte += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table
};

fn sixth(byte: u8) -> u8 {
    SIXTHS[usize::from(byte)]
}

fn hex(run: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    run.chunks_exact(2).map(|two| Some(digit(two[0])? << 4 | digit(two[1])?)).collect()
}

/// Bytes as text, where people could read it; of a sample the last character may be cut.
fn readable(bytes: &[u8], sample: bool) -> Option<String> {
    let wide = bytes.len() >= 8 && bytes.iter().skip(1).step_by(2).take(4).all(|byte| *byte == 0);
    let text = if wide {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
        String::from_utf16(&units).ok()?
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) if sample && error.error_len().is_none() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?.to_owned()
            }
            Err(_) => return None,
        }
    };
    let fits = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(fits).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, a byte at a time.
    fn plainly(bytes: &[u8], from: usize) -> Option<usize> {
        let mut start = from;
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            if !in_run(*byte) {
                start = at + 1;
            } else if at + 1 - start == SHORTEST {
                return Some(start);
            }
        }
        None
    }

    proptest::proptest! {
        #[test]
        fn runs_begin_where_they_begin(
            parts in proptest::collection::vec(("[a-zA-Z0-9+/_-]{0,40}", proptest::num::u8::ANY), 0..12),
            from in 0_usize..80,
        ) {
            let text: Vec<u8> = parts.iter().flat_map(|(run, end)| run.bytes().chain([*end])).collect();
            proptest::prop_assert_eq!(next_run(&text, from), plainly(&text, from));
        }
    }
}
