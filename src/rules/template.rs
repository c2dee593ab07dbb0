//! Examples of rules are templates, so that no token stands in a file: `ghp_{{crc32-base62:30}}`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::checksum;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Longest run that a template may ask for.
const LONGEST: usize = 10_000;

/// The text of a template, made of random characters that depend on the seed alone.
///
/// `{{base62:N}}`, `alnum-lower`, `alnum-upper`, `lower`, `upper`, `digits`, `hex`, `HEX`, `base64`, `base64url`,
/// `base32`, `base34` (small letters and digits but `l` and `0`) and `BECH32` give N characters; `crc32-base62:N` gives N and their checksum as GitHub and npm write it; `basic-auth:N` is a
/// user name and a password of N characters in base64, `base64-bytes:N` N bytes in it; `uuid`, `jwt` and `words` stand
/// alone, and so do `sum-base36`, `sum-hex-le`, `sum-hex`, `sum-HEX` and `sum-bech32`, the checksum of the token so far
/// as GitLab, Grafana, Packagist, Atlassian and age write it.
///
/// # Errors
/// A placeholder of another name, or without its number.
pub fn expand(template: &str, seed: u64) -> Result<String, String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else { break };
        out.push_str(before);
        match inside.trim() {
            sum @ ("sum-base36" | "sum-hex-le" | "sum-hex" | "sum-HEX" | "sum-bech32") => {
                out.push_str(&checksum::sum_of_token(sum, &out));
            }
            inside => out.push_str(&placeholder(inside, &mut random)?),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn placeholder(inside: &str, random: &mut Random) -> Result<String, String> {
    let (kind, count) = inside.split_once(':').unwrap_or((inside, ""));
    let count = count.parse::<usize>().ok().filter(|count| (1..=LONGEST).contains(count));
    let alphabet = match kind {
        "uuid" => return Ok(uuid(random)),
        "jwt" => return Ok(jwt(random)),
        "words" => {
            let words = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog", "apple", "table", "window"];
            return Ok((0..4).map(|_| words[random.below(words.len())]).collect::<Vec<_>>().join(" "));
        }
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "digits" => DIGITS.to_owned(),
        "base62" | "crc32-base62" | "basic-auth" => [LOWER, UPPER, DIGITS].concat(),
        "alnum-lower" => [LOWER, DIGITS].concat(),
        "alnum-upper" => [UPPER, DIGITS].concat(),
        "hex" | "base64-bytes" => [DIGITS, "abcdef"].concat(),
        "HEX" => [DIGITS, "ABCDEF"].concat(),
        "base64" => [LOWER, UPPER, DIGITS, "+/"].concat(),
        "base64url" => [LOWER, UPPER, DIGITS, "-_"].concat(),
        "base32" => [UPPER, "234567"].concat(),
        // Without the two that are taken for each other: `l` and `0`.
        "base34" => [LOWER, DIGITS].concat().replace(['l', '0'], ""),
        // Without those that look alike (BIP 173).
        "BECH32" => [UPPER, DIGITS].concat().replace(['B', 'I', 'O', '1'], ""),
        _ => return Err(format!("`{{{{{inside}}}}}` is no placeholder")),
    };
    let count = count.ok_or_else(|| format!("`{{{{{inside}}}}}` needs a number from 1 to {LONGEST}"))?;
    let text = random.text(&alphabet, count);
    Ok(match kind {
        "crc32-base62" => {
            let sum = checksum::base62(checksum::crc32(text.as_bytes()), 6);
            text + &sum
        }
        "basic-auth" => STANDARD.encode(format!("{}:{text}", random.text(LOWER, 6))),
        "base64-bytes" => {
            let bytes: Vec<u8> = (0..count).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect();
            STANDARD.encode(bytes)
        }
        _ => text,
    })
}

fn uuid(random: &mut Random) -> String {
    let hex = random.text("0123456789abcdef", 30);
    let variant = random.text("89ab", 1);
    format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
}

fn jwt(random: &mut Random) -> String {
    let payload = format!(r#"{{"sub":"{}","iat":1700000000}}"#, random.text(LOWER, 8));
    let signature: Vec<u8> = (0..32).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect();
    let parts = [r#"{"alg":"HS256","typ":"JWT"}"#.as_bytes(), payload.as_bytes(), &signature];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// Numbers for examples: the same for the same seed, and good for nothing else (Marsaglia, "Xorshift RNGs").
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn text(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_give_what_they_say() {
        let text = expand("a{{hex:8}}b{{digits:3}}", 7).unwrap();
        assert_eq!(text.len(), 13);
        assert!(text.starts_with('a') && text[1..9].bytes().all(|b| b.is_ascii_hexdigit()), "{text}");
        assert_ne!(text, expand("a{{hex:8}}b{{digits:3}}", 8).unwrap());
        assert_eq!(expand("{{crc32-base62:30}}", 1).unwrap().len(), 36);
        assert_eq!(expand("{{jwt}}", 1).unwrap().split('.').count(), 3);
        assert_eq!(expand("{{uuid}}", 1).unwrap().len(), 36);
        assert_eq!(expand("no {{ placeholder", 1).unwrap(), "no {{ placeholder");
        assert_eq!(expand("T=123456789{{sum-base36}}", 1).unwrap(), "T=1234567891kl8mjq");
        assert_eq!(expand("T=123456789_{{sum-hex-le}}", 1).unwrap(), "T=123456789_2639f4cb");
        assert_eq!(expand("T: 123456789={{sum-HEX}}", 1).unwrap(), "T: 123456789=58ACD258");
        assert_eq!(expand("A1{{sum-bech32}}", 1).unwrap(), "A12UEL5L");
        assert_eq!(expand("{{base64-bytes:30}}", 1).unwrap().len(), 40);
        for wrong in ["{{hex}}", "{{what:3}}", "{{hex:0}}", "{{hex:999999}}"] {
            assert!(expand(wrong, 1).is_err(), "{wrong}");
        }
    }
}
