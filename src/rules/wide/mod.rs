//! What is asked of every byte, asked of many at once where the processor can: the gate's tables, and which bytes are in a run.
//!
//! This is the one place of keylift with `unsafe`, for which there is a measured need: of a scan of many files the gate was a
//! quarter, and look-ups by eights with `vpgatherdd` take half to a third of the time of single ones, those by sixteens a
//! third less (0.44, 0.64 and 1.2 ns a byte, where nothing is found); the search for runs went from 4.5 to 2.6 of a hundred
//! parts. No well-kept crate offers a gather, or a table of sixteen bytes, that is chosen at run time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::gate::{First, Second};

/// Bytes whose kinds are told together.
pub(super) const BLOCK: usize = 64;

/// Tells the places of a text, but for the last few, that both tables know. Returns where it stopped: at the beginning, where
/// the processor has no such instructions.
pub(super) fn each_known(first: &First, second: &Second, text: &[u8], tell: impl FnMut(usize)) -> usize {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: the function needs what was asked for.
        return unsafe { avx512::each_known(first, second, text, tell) };
    }
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: the function needs what was asked for.
        return unsafe { avx2::each_known(first, second, text, tell) };
    }
    let _ = (first, second, text, tell);
    0
}

/// Hands over which bytes of each block are in a run of letters, digits and `+/-_`, a bit each, until told that it is enough.
/// Returns where it stopped.
pub(super) fn each_block(bytes: &[u8], enough: impl FnMut(u64) -> bool) -> usize {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: the function needs what was asked for.
        return unsafe { avx512::each_block(bytes, enough) };
    }
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        #[allow(unsafe_code, reason = "the processor was asked")]
        // SAFETY: the function needs what was asked for.
        return unsafe { avx2::each_block(bytes, enough) };
    }
    let _ = (bytes, enough);
    0
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("popcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vbmi") && has!("popcnt") && has!("bmi1") && has!("bmi2")
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::rules::gate::{knows, tables};

    /// A way to ask that tells what it finds, and where it stopped.
    type Ask<'a, T, R> = dyn Fn(&mut dyn FnMut(T) -> R) -> usize + 'a;

    fn plainly(first: &First, second: &Second, text: &[u8], until: usize) -> Vec<usize> {
        let four = |four: &[u8; 4]| u32::from_le_bytes(*four) | 0x2020_2020;
        let known = text.array_windows().enumerate().filter(|(_, window)| knows(first, second, four(window)));
        known.map(|(at, _)| at).take_while(|at| *at < until).collect()
    }

    proptest::proptest! {
        /// Each way to ask tells the same places, and stops close to the end.
        #[test]
        #[allow(unsafe_code, reason = "the processor was asked")]
        fn all_ways_tell_the_same(
            keywords in proptest::collection::vec("[a-d_]{3,5}", 1..40),
            text in proptest::collection::vec("[a-eA-E_ ]{0,900}", 0..12),
        ) {
            let text = text.concat().into_bytes();
            let (first, second) = tables(keywords);
            let told = |ask: &Ask<'_, usize, ()>| {
                let mut places = Vec::new();
                let until = ask(&mut |place| places.push(place));
                (places, until)
            };
            let mut ways = Vec::new();
            if has_avx2() {
                // SAFETY: the processor was asked.
                ways.push(told(&|tell| unsafe { avx2::each_known(&first, &second, &text, tell) }));
            }
            if has_avx512() {
                // SAFETY: the processor was asked.
                ways.push(told(&|tell| unsafe { avx512::each_known(&first, &second, &text, tell) }));
            }
            for (places, until) in ways {
                proptest::prop_assert!(until <= text.len() && text.len() - until < 64);
                proptest::prop_assert_eq!(places, plainly(&first, &second, &text, until));
            }
        }

        /// Each way to tell runs tells the same.
        #[test]
        #[allow(unsafe_code, reason = "the processor was asked")]
        fn all_blocks_are_the_same(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), most in 0_usize..6) {
            let told = |ask: &Ask<'_, u64, bool>| {
                let mut blocks = Vec::new();
                let until = ask(&mut |block| {
                    blocks.push(block);
                    blocks.len() > most
                });
                (blocks, until)
            };
            let kind = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
            let block = |block: &[u8; BLOCK]| (0..BLOCK).fold(0, |bits, at| bits | u64::from(kind(&block[at])) << at);
            let (all, _) = bytes.as_chunks();
            let blocks: Vec<u64> = all.iter().map(block).take(most + 1).collect();
            let until = BLOCK * if blocks.len() > most { most } else { all.len() };
            if has_avx2() {
                // SAFETY: the processor was asked.
                let found = told(&|tell| unsafe { avx2::each_block(&bytes, tell) });
                proptest::prop_assert_eq!(found, (blocks.clone(), until));
            }
            if has_avx512() {
                // SAFETY: the processor was asked.
                let found = told(&|tell| unsafe { avx512::each_block(&bytes, tell) });
                proptest::prop_assert_eq!(found, (blocks, until));
            }
        }
    }
}
