//! The gate's tables asked for sixteen places at once, where the processor can.
//!
//! This is the one place of keylift with `unsafe`, for which there is a measured need: of a scan of many files the gate was a
//! quarter, and look-ups by eights with `vpgatherdd` take a third of the time of single ones (0.46 against 1.2 ns a byte, where
//! nothing is found). No well-kept crate offers a gather that is chosen at run time.

use super::{First, Second};

/// Tells the places of a text, but for the last few, that both tables know. Returns where it stopped: at the beginning, where
/// the processor has no such instructions.
pub(super) fn each(first: &First, second: &Second, text: &[u8], tell: impl FnMut(usize)) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: the function needs AVX2, which is there.
        return unsafe { x86::each(first, second, text, tell) };
    }
    let _ = (first, second, text, tell);
    0
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm_set_epi64x, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_castsi256_ps,
        _mm256_i32gather_epi32, _mm256_movemask_ps, _mm256_mullo_epi32, _mm256_or_si256, _mm256_set1_epi8,
        _mm256_set1_epi32, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_srlv_epi32,
    };

    use super::super::{BITS, BITS_OF_FOUR, First, SPREAD, Second};

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

    #[target_feature(enable = "avx2")]
    pub(super) fn each(first: &First, second: &Second, text: &[u8], mut tell: impl FnMut(usize)) -> usize {
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
    #[target_feature(enable = "avx2")]
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

    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code, reason = "the table is longer than any hash")]
    fn ask_first(table: &First, four: __m256i) -> u32 {
        let spread = _mm256_mullo_epi32(_mm256_slli_epi32::<8>(four), _mm256_set1_epi32(SPREAD.cast_signed()));
        let hashes = _mm256_srli_epi32::<{ 32 - BITS.cast_signed() }>(spread);
        // SAFETY: a hash has BITS bits, and the table three bytes more than there are hashes: all four bytes are in it.
        let found = unsafe { _mm256_i32gather_epi32::<1>(table.as_ptr().cast(), hashes) };
        bits(found, _mm256_and_si256(_mm256_srli_epi32::<24>(four), _mm256_set1_epi32(7)))
    }

    #[target_feature(enable = "avx2")]
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
    #[target_feature(enable = "avx2")]
    #[inline]
    fn bits(words: __m256i, numbers: __m256i) -> u32 {
        let bits = _mm256_slli_epi32::<31>(_mm256_srlv_epi32(words, numbers));
        _mm256_movemask_ps(_mm256_castsi256_ps(bits)).cast_unsigned()
    }
}
