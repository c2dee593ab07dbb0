//! The checksum of Bech32 (BIP 173), by which age's identities end.

const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

/// Characters of the checksum.
const LENGTH: usize = 6;

/// Whether a text in one case ends with its checksum.
pub(super) fn passes(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    values(&lower).is_some_and(|values| values.len() > LENGTH && polymod(values.into_iter()) == 1)
}

/// The checksum of a human-readable part, a `1` and data, in the case of the text.
pub(super) fn sum(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some(values) = values(lower.as_bytes()) else { return String::new() };
    let rest = polymod(values.into_iter().chain([0; LENGTH])) ^ 1;
    let digit = |at: usize| ALPHABET[(rest >> (5 * (LENGTH - 1 - at)) & 31) as usize];
    let sum: String = (0..LENGTH).map(|at| char::from(digit(at))).collect();
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { sum.to_ascii_uppercase() } else { sum }
}

/// The five-bit values that the checksum is made of: the human-readable part spread out, then the data.
fn values(lower: &[u8]) -> Option<Vec<u8>> {
    let one = lower.iter().rposition(|byte| *byte == b'1')?;
    let (human, data) = (&lower[..one], &lower[one + 1..]);
    let mut out: Vec<u8> = human.iter().map(|byte| byte >> 5).collect();
    out.push(0);
    out.extend(human.iter().map(|byte| byte & 31));
    for byte in data {
        let at = ALPHABET.iter().position(|known| known == byte)?;
        out.push(u8::try_from(at).ok()?);
    }
    Some(out)
}

fn polymod(values: impl Iterator<Item = u8>) -> u32 {
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(shifted, |sum, (_, term)| sum ^ term)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_standard() {
        // Valid and invalid strings of BIP 173.
        for valid in ["A12UEL5L", "a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"] {
            assert!(passes(valid.as_bytes()), "{valid}");
        }
        for wrong in ["A12UEL5M", "1a", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxb", "no"] {
            assert!(!passes(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(sum("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7l"), "mqqqxw");
        assert_eq!(sum("A1"), "2UEL5L");
    }
}
