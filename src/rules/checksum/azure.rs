//! The checksums inside of Azure's keys, as Microsoft's own detection of them reads them (`security-utilities` on GitHub).

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{crc32, in_base};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// What the services start the hash with, by what the key is for.
const SEEDS: [&[u8; 8]; 25] = [
    b"Default0",
    b"MastRW00",
    b"MastRO00",
    b"SystRW00",
    b"SystRO00",
    b"SysAll00",
    b"Resour00",
    b"Encryp00",
    b"Send0000",
    b"Listen00",
    b"Manage00",
    b"System00",
    b"Unknown0",
    b"AbAcct00",
    b"Access00",
    b"Master00",
    b"Functi00",
    b"Query000",
    b"PAdmin00",
    b"ACRDflt0",
    b"IoTHub00",
    b"DpsKey00",
    b"Device00",
    b"Tenant00",
    b"GitKey00",
];

/// A key in base64 whose last four bytes are the hash of those before.
pub(super) fn key(value: &[u8]) -> bool {
    let url = value.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let Ok(bytes) = (if url { URL.decode(value) } else { PLAIN.decode(value) }) else { return false };
    let Some((body, sum)) = bytes.split_last_chunk::<4>() else { return false };
    SEEDS.iter().any(|seed| marvin(body, u64::from_be_bytes(**seed)) == u32::from_le_bytes(*sum))
}

/// An annotated key: the hash of what its first eighty characters stand for, in base 62, cut to what is there.
pub(super) fn annotated(value: &[u8]) -> bool {
    let (Some(body), Some(tail)) = (value.get(..80), value.get(80..84)) else { return false };
    let Ok(bytes) = PLAIN.decode(body) else { return false };
    let sum = marvin(&bytes, u64::from_be_bytes(*b"Default0"));
    let zeros = sum.to_le_bytes().iter().take_while(|byte| **byte == 0).count().min(3);
    let digits = "0".repeat(zeros) + &in_base(62, super::BASE62, sum.swap_bytes(), 1);
    let padded = format!("{digits:0<6}");
    padded.as_bytes().get(..4) == Some(tail) || PLAIN.encode(&sum.to_le_bytes()[..3]).as_bytes() == tail
}

/// A client secret of Entra ID: the hash of all but the last three characters begins, in base 66, with these.
pub(super) fn client_secret(value: &[u8]) -> bool {
    const BASE66: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
    let Some((body, tail)) = value.split_last_chunk::<3>() else { return false };
    let mut sum = marvin(body, u64::from_be_bytes(*b"AadPwd00"));
    let mut digits = [BASE66[0]; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE66[(sum % 66) as usize];
        sum /= 66;
    }
    digits.starts_with(tail)
}

/// A personal access token of Azure DevOps in its older form: 32 bytes in base 32, four of which, scattered, are a CRC-32
/// that a person's and an application's tokens change each in its own way.
pub(super) fn devops(value: &[u8]) -> bool {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in value {
        let Some(digit) = b"abcdefghijklmnopqrstuvwxyz234567".iter().position(|known| known == byte) else {
            return false;
        };
        held = held << 5 | u32::try_from(digit).unwrap_or(0);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    let [a0, a1, s3, b0, b1, b2, b3, s2, s1, ..] = bytes[..] else { return false };
    let (Some(middle), Some(s0), Some(end)) = (bytes.get(9..22), bytes.get(22), bytes.get(23..32)) else {
        return false;
    };
    let body = [&[a0, a1, b0, b1, b2, b3][..], middle, end].concat();
    let sum = u32::from_be_bytes([s3, s2, s1, *s0]);
    [0xE0B9_692D, 0x1019_F92E].iter().any(|own| crc32(&body) ^ own == sum)
}

/// Marvin32 folded to 32 bits, as `SymCrypt` defines it.
fn marvin(bytes: &[u8], seed: u64) -> u32 {
    let hash = marvin64(bytes, seed);
    (hash >> 32) as u32 ^ (hash & 0xffff_ffff) as u32
}

fn marvin64(bytes: &[u8], seed: u64) -> u64 {
    let (mut low, mut high) = ((seed & 0xffff_ffff) as u32, (seed >> 32) as u32);
    let mut mix = |word: u32| {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        u64::from(high) << 32 | u64::from(low)
    };
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        mix(u32::from_le_bytes(*word));
    }
    let mut last = [0_u8; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    mix(u32::from_le_bytes(last));
    mix(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that look random, the same each time.
    fn random(count: usize) -> Vec<u8> {
        (1..=count).map(|at| u8::try_from(at * at * 37 % 251).unwrap_or(0)).collect()
    }

    /// The text with one character in the middle changed.
    fn changed(text: &str) -> String {
        let at = text.len() / 2;
        let other = if text.as_bytes()[at] == b'x' { "y" } else { "x" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(marvin64(b"abc", 0xd53c_d9ce_cd08_93b7), 0x22c7_4339_4927_69bf);
        assert_eq!(marvin64(b"abcdefghijklmnopqrstuvwxyz", 0x0ddd_deee_efff_f000), 0xa128_eb7e_7260_aca2);
    }

    #[test]
    fn keys_of_services_end_with_the_hash_of_what_is_before() {
        for (length, seed) in [(60, b"Default0"), (60, b"MastRO00"), (28, b"Listen00"), (35, b"PAdmin00")] {
            let mut bytes = random(length);
            let sum = marvin(&bytes, u64::from_be_bytes(*seed));
            bytes.extend(sum.to_le_bytes());
            let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
            assert!(key(text.as_bytes()), "{text}");
            assert!(key(text.replace('+', "-").replace('/', "_").as_bytes()), "{text}");
            assert!(!key(changed(&text).as_bytes()), "{text}");
        }
        assert!(!key(b"AAAA") && !key(b"") && !key(b"not base64!"));
    }

    #[test]
    fn annotated_keys_end_with_their_hash_in_base_62() {
        let text = PLAIN.encode(random(60));
        let sum = marvin(&random(60), u64::from_be_bytes(*b"Default0"));
        let digits = in_base(62, crate::rules::checksum::BASE62, u32::from_be_bytes(sum.to_le_bytes()), 6);
        let whole = format!("{text}{}", &digits[..4]);
        assert!(annotated(whole.as_bytes()));
        assert!(annotated(format!("{whole}AA==").as_bytes()));
        assert!(!annotated(changed(&whole).as_bytes()) && !annotated(text.as_bytes()));
    }

    #[test]
    fn client_secrets_end_with_the_start_of_their_hash() {
        let body = "aB.8Q~".to_owned() + &"x-Z9_".repeat(6);
        let ends: Vec<String> = (0..66_u32.pow(3))
            .map(|number| {
                let letter = |at: u32| {
                    char::from(
                        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~"
                            [(number / 66_u32.pow(at) % 66) as usize],
                    )
                };
                [letter(2), letter(1), letter(0)].iter().collect()
            })
            .filter(|end: &String| client_secret(format!("{body}{end}").as_bytes()))
            .collect();
        assert_eq!(ends.len(), 1, "{ends:?}");
    }

    #[test]
    fn tokens_of_azure_devops_hold_their_sum() {
        for own in [0xE0B9_692D_u32, 0x1019_F92E] {
            let body = random(28);
            let sum = (crc32(&body) ^ own).to_le_bytes();
            let bytes =
                [&body[..2], &sum[3..], &body[2..6], &sum[2..3], &sum[1..2], &body[6..19], &sum[..1], &body[19..]]
                    .concat();
            let bits = bytes.iter().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
            let text: String = (0..bits.len())
                .step_by(5)
                .map(|at| {
                    let part = format!("{:0<5}", &bits[at..bits.len().min(at + 5)]);
                    let digit = usize::from_str_radix(&part, 2).unwrap();
                    char::from(b"abcdefghijklmnopqrstuvwxyz234567"[digit])
                })
                .collect();
            assert_eq!(text.len(), 52);
            assert!(devops(text.as_bytes()), "{text}");
            assert!(!devops(changed(&text).as_bytes()) && !devops(&text.as_bytes()[..40]));
        }
    }
}
