//! Places by eights and blocks by halves, with AVX2.

use std::arch::x86_64::{
    __m256i, _mm_set_epi64x, _mm_setr_epi8, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_castsi256_ps,
    _mm256_cmpeq_epi8, _mm256_i32gather_epi32, _mm256_movemask_epi8, _mm256_movemask_ps, _mm256_mullo_epi32,
    _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi16, _mm256_srli_epi32, _mm256_srlv_epi32,
};

use super::BLOCK;
use crate::rules::gate::{BITS, BITS_OF_FOUR, First, SPREAD, Second};

/// Places that are asked for together.
const TOGETHER: usize = 16;
/// Bytes that are loaded for them.
const LOADED: usize = 24;

/// Groups of places that each table is asked for before the next one: what it leaves is put down without a branch, which
/// no processor would foretell.
const GROUPS: usize = 256;

/// A group of places, and a bit for each that is left.
#[derive(Clone, Copy, Default)]
struct Left {
    from: usize,
    places: u32,
}

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn each_known(first: &First, second: &Second, text: &[u8], mut tell: impl FnMut(usize)) -> usize {
    let (mut known, mut left) = ([Left::default(); GROUPS], [Left::default(); GROUPS]);
    let all = text.len().saturating_sub(LOADED - TOGETHER) / TOGETHER * TOGETHER;
    for start in (0..all).step_by(GROUPS * TOGETHER) {
        let mut count = 0;
        for from in (start..all.min(start + GROUPS * TOGETHER)).step_by(TOGETHER) {
            let Some(bytes) = text[from..].first_chunk() else { break };
            let places = ask_first(first, eight(bytes, 0)) | ask_first(first, eight(bytes, 8)) << 8;
            known[count] = Left { from, places };
            count += usize::from(places != 0);
        }
        let mut still = 0;
        for Left { from, places } in &known[..count] {
            let Some(bytes) = text[*from..].first_chunk() else { break };
            let places = places & (ask_second(second, eight(bytes, 0)) | ask_second(second, eight(bytes, 8)) << 8);
            left[still] = Left { from: *from, places };
            still += usize::from(places != 0);
        }
        for Left { from, places } in &left[..still] {
            let mut places = *places;
            while places != 0 {
                tell(from + places.trailing_zeros() as usize);
                places &= places - 1;
            }
        }
    }
    all
}

/// The four bytes at each of eight places from one, letters in lower case.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn eight(bytes: &[u8; LOADED], from: usize) -> __m256i {
    let half = |at: usize| {
        let mut half = [0; 8];
        half.copy_from_slice(&bytes[from + at..from + at + 8]);
        i64::from_le_bytes(half)
    };
    let loaded = _mm256_broadcastsi128_si256(_mm_set_epi64x(half(8), half(0)));
    let each = _mm256_setr_epi8(
        0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9, 7, 8, 9, 10,
    );
    _mm256_shuffle_epi8(_mm256_or_si256(loaded, _mm256_set1_epi8(0x20)), each)
}

#[target_feature(enable = "avx2,popcnt")]
#[inline]
#[allow(unsafe_code, reason = "the table is longer than any hash")]
fn ask_first(table: &First, four: __m256i) -> u32 {
    let spread = _mm256_mullo_epi32(_mm256_slli_epi32::<8>(four), _mm256_set1_epi32(SPREAD.cast_signed()));
    let hashes = _mm256_srli_epi32::<{ 32 - BITS.cast_signed() }>(spread);
    // SAFETY: a hash has BITS bits, and the table three bytes more than there are hashes: all four bytes are in it.
    let found = unsafe { _mm256_i32gather_epi32::<1>(table.as_ptr().cast(), hashes) };
    bits(found, _mm256_and_si256(_mm256_srli_epi32::<24>(four), _mm256_set1_epi32(7)))
}

#[target_feature(enable = "avx2,popcnt")]
#[inline]
#[allow(unsafe_code, reason = "the table has a bit for each hash")]
fn ask_second(table: &Second, four: __m256i) -> u32 {
    let spread = _mm256_mullo_epi32(four, _mm256_set1_epi32(SPREAD.cast_signed()));
    let hashes = _mm256_srli_epi32::<{ 32 - BITS_OF_FOUR.cast_signed() }>(spread);
    // SAFETY: a hash has BITS_OF_FOUR bits, and the table a word for each 32 hashes.
    let found = unsafe { _mm256_i32gather_epi32::<4>(table.as_ptr().cast(), _mm256_srli_epi32::<5>(hashes)) };
    bits(found, _mm256_and_si256(hashes, _mm256_set1_epi32(31)))
}

/// Of each of eight words the bit of a number.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn bits(words: __m256i, numbers: __m256i) -> u32 {
    let bits = _mm256_slli_epi32::<31>(_mm256_srlv_epi32(words, numbers));
    _mm256_movemask_ps(_mm256_castsi256_ps(bits)).cast_unsigned()
}

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn each_block(bytes: &[u8], mut enough: impl FnMut(u64) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    for (at, block) in blocks.iter().enumerate() {
        let halves = u64::from(in_run(block, 0)) | u64::from(in_run(block, BLOCK / 2)) << (BLOCK / 2);
        if enough(halves) {
            return at * BLOCK;
        }
    }
    blocks.len() * BLOCK
}

/// Which of 32 bytes are in a run. A bit stands for each row of sixteen characters that has some; one table tells the row
/// of a byte by its upper half, the other one by its lower half in which rows it is of the kind.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn in_run(block: &[u8; BLOCK], from: usize) -> u32 {
    const SIGNS: i8 = 1;
    const DIGITS: i8 = 2;
    // `@A…O`, of both cases.
    const FIRST: i8 = 4;
    // `P…_`
    const SECOND: i8 = 8;
    // ``p…``
    const THIRD: i8 = 16;
    let row = _mm_setr_epi8(0, 0, SIGNS, DIGITS, FIRST, SECOND, FIRST, THIRD, 0, 0, 0, 0, 0, 0, 0, 0);
    let (all, letters) = (DIGITS | FIRST | SECOND | THIRD, FIRST | SECOND | THIRD);
    let kind = _mm_setr_epi8(
        DIGITS | SECOND | THIRD,
        all,
        all,
        all,
        all,
        all,
        all,
        all,
        all,
        all,
        letters,
        SIGNS | FIRST,
        FIRST,
        SIGNS | FIRST,
        FIRST,
        SIGNS | FIRST | SECOND,
    );
    let eight = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&block[from + at..from + at + 8]);
        i64::from_le_bytes(eight)
    };
    let bytes = _mm256_set_epi64x(eight(24), eight(16), eight(8), eight(0));
    let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
    // Of a byte beyond ASCII the shuffle makes nothing.
    let kinds = _mm256_and_si256(
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(row), upper),
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(kind), bytes),
    );
    !_mm256_movemask_epi8(_mm256_cmpeq_epi8(kinds, _mm256_setzero_si256())).cast_unsigned()
}
