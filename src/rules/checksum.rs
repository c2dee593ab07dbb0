//! Proofs that need no network.

mod azure;
mod bech32;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::matcher::Matcher;
use super::rule::Checksum;

/// Whether a value passes its checksum; none where the kind is not known, or nothing can be said.
pub(super) fn passes(checksum: &Checksum, matcher: &Matcher, value: &[u8]) -> Option<bool> {
    let digits = checksum.digits.unwrap_or(6);
    let payload = || matcher.payload(value).or_else(|| value.get(..value.len().checked_sub(digits)?));
    let tail = || value.get(value.len().checked_sub(digits)?..);
    match &*checksum.kind {
        "crc32-base62" => Some(base62(crc32(payload()?), digits).as_bytes() == tail()?),
        "crc32-base36" => Some(in_base(36, BASE36, crc32(payload()?), digits).as_bytes() == tail()?),
        "crc32-hex" => Some(format!("{:08x}", crc32(payload()?)).as_bytes() == tail()?.to_ascii_lowercase()),
        // The sum's bytes, lowest first (Grafana).
        "crc32-hex-le" => {
            Some(format!("{:08x}", crc32(payload()?).swap_bytes()).as_bytes() == tail()?.to_ascii_lowercase())
        }
        // Their absence proves nothing: a service may have another seed than those published.
        "azure" => azure::key(value).then_some(true),
        "azure-annotated" => azure::annotated(value).then_some(true),
        "azure-client-secret" => azure::client_secret(value).then_some(true),
        "azure-devops" => azure::devops(value).then_some(true),
        "bech32" => Some(bech32::passes(value)),
        "luhn" => Some(luhn(payload().unwrap_or(value))),
        "jwt" => Some(jwt(value)),
        "basic-auth" => (!basic(value)).then_some(false),
        _ => None,
    }
}

/// CRC-32 as zlib computes it (polynomial 0xEDB88320).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A number in base 62 (digits, upper, lower case), padded with zeros.
pub(super) fn base62(number: u32, digits: usize) -> String {
    in_base(62, BASE62, number, digits)
}

/// A number in a base, written with that many characters of the alphabet, padded with its zero.
fn in_base(base: u32, alphabet: &[u8], mut number: u32, digits: usize) -> String {
    let mut out = Vec::new();
    while number > 0 || out.len() < digits {
        out.push(alphabet.get((number % base) as usize).copied().map_or('0', char::from));
        number /= base;
    }
    out.iter().rev().collect()
}

/// The checksum of the token that a text ends with, as an example writes it: `sum-base36` (GitLab), `sum-hex` (Packagist),
/// `sum-HEX` (Atlassian, with the `=` before it), `sum-bech32` (age), else `sum-hex-le` (Grafana, which puts a `_` before it).
pub(super) fn sum_of_token(kind: &str, text: &str) -> String {
    let body = text.strip_suffix('=').unwrap_or(text);
    let start = body.rfind([' ', '"', '\'', '=', ':', '@', '/', '\n']).map_or(0, |at| at + 1);
    let token = &text[start..];
    match kind {
        "sum-base36" => in_base(36, BASE36, crc32(token.as_bytes()), 7),
        "sum-hex" => format!("{:08x}", crc32(token.as_bytes())),
        "sum-HEX" => format!("{:08X}", crc32(token.as_bytes())),
        "sum-bech32" => bech32::sum(token),
        _ => format!("{:08x}", crc32(token.trim_end_matches('_').as_bytes()).swap_bytes()),
    }
}

fn luhn(value: &[u8]) -> bool {
    let sum: u32 = value
        .iter()
        .rev()
        .filter(|byte| byte.is_ascii_digit())
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Base64 of a user and a password (RFC 7617), the password not empty.
fn basic(value: &[u8]) -> bool {
    let end = value.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(&value[..end])
        .is_ok_and(|pair| pair.iter().position(|byte| *byte == b':').is_some_and(|colon| colon + 1 < pair.len()))
}

/// Header and claims are JSON objects, and the header names an algorithm.
fn jwt(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'.');
    let mut object = || -> Option<serde_json::Map<String, serde_json::Value>> {
        let part = parts.next()?;
        let part = part.strip_suffix(b"=").map_or(part, |part| part.strip_suffix(b"=").unwrap_or(part));
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    object().is_some_and(|header| header.contains_key("alg")) && object().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(61, 6), "00000z");
        assert_eq!(in_base(36, BASE36, 0xCBF4_3926, 7), "1kl8mjq");
        assert_eq!(format!("{:08x}", 0xCBF4_3926_u32.swap_bytes()), "2639f4cb");
        assert!(luhn(b"4539 1488 0343 6467"));
        assert!(!luhn(b"4539148803436468"));
    }
}
