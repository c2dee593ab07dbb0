//! Places by sixteens and blocks as a whole, with AVX-512. What a table leaves is moved together, so that the next one is asked for that alone.

use std::arch::x86_64::{
    __m512i, _mm256_loadu_si256, _mm512_add_epi32, _mm512_and_si512, _mm512_i32gather_epi32, _mm512_loadu_si512,
    _mm512_mask_i32gather_epi32, _mm512_maskz_compress_epi32, _mm512_movepi8_mask, _mm512_mullo_epi32, _mm512_or_si512,
    _mm512_permutex2var_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_epi32, _mm512_setr_epi32,
    _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srli_epi32, _mm512_srlv_epi32, _mm512_storeu_si512,
    _mm512_test_epi32_mask, _mm512_zextsi256_si512,
};

use super::BLOCK;
use crate::rules::gate::{BITS, BITS_OF_FOUR, First, SPREAD, Second};

/// Places that are asked for together.
const TOGETHER: usize = 16;
/// Bytes that are loaded for them.
const LOADED: usize = 32;
/// Places that the first table is asked for before the second one.
const MANY: usize = 1024;

/// Places, or the four bytes at each; those that are written last have room behind them.
type Kept = [u32; MANY + TOGETHER];

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,popcnt,bmi1,bmi2")]
pub(super) fn each_known(first: &First, second: &Second, text: &[u8], mut tell: impl FnMut(usize)) -> usize {
    let (mut fours, mut places, mut left): (Kept, Kept, Kept) =
        ([0; MANY + TOGETHER], [0; MANY + TOGETHER], [0; MANY + TOGETHER]);
    let (groups, _) = text.as_chunks::<TOGETHER>();
    let all = text.len().saturating_sub(LOADED - TOGETHER) / TOGETHER;
    for (number, groups) in groups[..all].chunks(MANY / TOGETHER).enumerate() {
        let start = number * MANY;
        let mut count = 0;
        for group in 0..groups.len() {
            let from = group * TOGETHER;
            let Some(bytes) = text[start + from..].first_chunk() else { break };
            let four = sixteen(bytes);
            let known = ask_first(first, four);
            put(&mut fours, count, _mm512_maskz_compress_epi32(known, four));
            put(&mut places, count, _mm512_maskz_compress_epi32(known, numbers(from)));
            count += known.count_ones() as usize;
        }
        let mut still = 0;
        for from in (0..count).step_by(TOGETHER) {
            // Behind the last ones stand others of before.
            let some = u16::MAX >> TOGETHER.saturating_sub(count - from).min(TOGETHER - 1);
            let known = ask_second(second, get(&fours, from), some);
            put(&mut left, still, _mm512_maskz_compress_epi32(known, get(&places, from)));
            still += known.count_ones() as usize;
        }
        left[..still].iter().for_each(|place| tell(start + *place as usize));
    }
    all * TOGETHER
}

/// The four bytes at each of sixteen places, letters in lower case.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
#[allow(unsafe_code, reason = "the bytes are there")]
fn sixteen(bytes: &[u8; LOADED]) -> __m512i {
    // SAFETY: as many bytes are loaded as there are.
    let loaded = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    let each = _mm512_add_epi32(
        _mm512_set1_epi32(0x0302_0100),
        _mm512_mullo_epi32(numbers(0), _mm512_set1_epi32(0x0101_0101)),
    );
    _mm512_or_si512(_mm512_permutexvar_epi8(each, _mm512_zextsi256_si512(loaded)), _mm512_set1_epi8(0x20))
}

/// Sixteen numbers, one behind the other.
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "places of a stretch are few")]
fn numbers(from: usize) -> __m512i {
    let numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm512_add_epi32(_mm512_set1_epi32(from as i32), numbers)
}

#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code, reason = "the table is longer than any hash")]
fn ask_first(table: &First, four: __m512i) -> u16 {
    let spread = _mm512_mullo_epi32(_mm512_slli_epi32::<8>(four), _mm512_set1_epi32(SPREAD.cast_signed()));
    let hashes = _mm512_srli_epi32::<{ 32 - BITS }>(spread);
    // SAFETY: a hash has BITS bits, and the table three bytes more than there are hashes: all four bytes are in it.
    let found = unsafe { _mm512_i32gather_epi32::<1>(hashes, table.as_ptr().cast()) };
    bits(found, _mm512_and_si512(_mm512_srli_epi32::<24>(four), _mm512_set1_epi32(7)))
}

#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code, reason = "the table has a bit for each hash")]
fn ask_second(table: &Second, four: __m512i, some: u16) -> u16 {
    let spread = _mm512_mullo_epi32(four, _mm512_set1_epi32(SPREAD.cast_signed()));
    let hashes = _mm512_srli_epi32::<{ 32 - BITS_OF_FOUR }>(spread);
    let (none, words) = (_mm512_setzero_si512(), _mm512_srli_epi32::<5>(hashes));
    // SAFETY: a hash has BITS_OF_FOUR bits, and the table a word for each 32 hashes.
    let found = unsafe { _mm512_mask_i32gather_epi32::<4>(none, some, words, table.as_ptr().cast()) };
    bits(found, _mm512_and_si512(hashes, _mm512_set1_epi32(31)))
}

/// Of each of sixteen words the bit of a number.
#[target_feature(enable = "avx512f")]
#[inline]
fn bits(words: __m512i, numbers: __m512i) -> u16 {
    _mm512_test_epi32_mask(_mm512_srlv_epi32(words, numbers), _mm512_set1_epi32(1))
}

#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code, reason = "there is room")]
fn put(to: &mut Kept, at: usize, some: __m512i) {
    let room = &mut to[at..at + TOGETHER];
    // SAFETY: the room is of the same size.
    unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), some) }
}

#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code, reason = "they are there")]
fn get(from: &Kept, at: usize) -> __m512i {
    let some = &from[at..at + TOGETHER];
    // SAFETY: as many are loaded as there are.
    unsafe { _mm512_loadu_si512(some.as_ptr().cast()) }
}

/// Of each character of ASCII whether it is in a run, in the uppermost bit.
static IN_RUN: [[u8; BLOCK]; 2] = {
    let mut table = [[0; BLOCK]; 2];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_') {
            table[byte as usize / BLOCK][byte as usize % BLOCK] = 0x80;
        }
        byte += 1;
    }
    table
};

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,popcnt,bmi1,bmi2")]
pub(super) fn each_block(bytes: &[u8], mut enough: impl FnMut(u64) -> bool) -> usize {
    let [low, high] = [load(&IN_RUN[0]), load(&IN_RUN[1])];
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    for (at, block) in blocks.iter().enumerate() {
        let block = load(block);
        // Seven bits tell the place in the table; a byte beyond ASCII has the eighth.
        let kinds = _mm512_permutex2var_epi8(low, block, high);
        if enough(_mm512_movepi8_mask(kinds) & !_mm512_movepi8_mask(block)) {
            return at * BLOCK;
        }
    }
    blocks.len() * BLOCK
}

#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code, reason = "the bytes are there")]
fn load(bytes: &[u8; BLOCK]) -> __m512i {
    // SAFETY: as many bytes are loaded as there are.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
