//! Templates of tokens: `ghp_{{crc32-base62:30}}`. Expanded with random data, so that no token stands in the repository.

#![allow(clippy::cast_possible_truncation, reason = "random numbers are cut on purpose")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Numbers that look random and are the same for the same rule, template and seed.
pub struct Random(u64);

impl Random {
    pub fn new(rule: &str, number: usize, seed: u64) -> Self {
        let start = rule
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        Self(start ^ (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// The next number (splitmix64).
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[(self.next() % letters.len() as u64) as usize])).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 24) as u8).collect()
    }
}

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The text of a template, and what its placeholders became (the parts of the token that are random). An error for a
/// placeholder that nobody knows.
pub fn expand(template: &str, random: &mut Random) -> Result<(String, Vec<String>), String> {
    let mut out = String::new();
    let mut tokens = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest[start..].find("}}").map(|end| start + end) else { break };
        let inside = &rest[start + 2..end];
        out.push_str(&rest[..start]);
        if let Some(sum) = sum_of(inside, &out) {
            out.push_str(&sum);
            rest = &rest[end + 2..];
            continue;
        }
        let (name, count) = inside.split_once(':').unwrap_or((inside, ""));
        let count: Option<usize> = count.parse().ok();
        match placeholder(name, count, random) {
            Some(text) => {
                if text.len() >= 6 {
                    tokens.push(text.clone());
                }
                out.push_str(&text);
            }
            // A template language's own braces, in a counter-example.
            None if name.starts_with(' ')
                || name.contains(['.', '$', '|', ' '])
                || !name.contains('-') && count.is_none() =>
            {
                out.push_str(&rest[start..end + 2]);
            }
            None => return Err(inside.to_owned()),
        }
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    Ok((out, tokens))
}

fn placeholder(name: &str, count: Option<usize>, random: &mut Random) -> Option<String> {
    let n = count.unwrap_or(0);
    let base62 = [DIGITS, UPPER, LOWER].concat();
    Some(match name {
        "base62" => random.text(&base62, n),
        "alnum-lower" => random.text(&[DIGITS, LOWER].concat(), n),
        "alnum-upper" => random.text(&[DIGITS, UPPER].concat(), n),
        "upper" => random.text(UPPER, n),
        "lower" => random.text(LOWER, n),
        "digits" => random.text(DIGITS, n),
        "hex" => random.text("0123456789abcdef", n),
        "HEX" => random.text("0123456789ABCDEF", n),
        "base64" => random.text(&[&base62, "+/"].concat(), n),
        "base64url" => random.text(&[&base62, "-_"].concat(), n),
        "base32" => random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", n),
        "BECH32" => random.text("ACDEFGHJKLMNPQRSTUVWXYZ023456789", n),
        "base34" => random.text("abcdefghijkmnopqrstuvwxyz123456789", n),
        "uuid" => [8, 4, 4, 4, 12].map(|part| random.text("0123456789abcdef", part)).join("-"),
        "words" => "some plain words".to_owned(),
        "crc32-base62" => {
            let payload = random.text(&base62, n);
            format!("{payload}{}", base62_of(crc32(payload.as_bytes())))
        }
        "jwt" => {
            let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
            let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{}","iat":1700000000}}"#, random.text(LOWER, 12)));
            format!("{header}.{claims}.{}", random.text(&[&base62, "-_"].concat(), 43))
        }
        "basic-auth" => STANDARD.encode(format!("{}:{}", random.text(LOWER, 6), random.text(&base62, n.max(1)))),
        "base64-bytes" => STANDARD.encode(random.bytes(n)),
        _ => return None,
    })
}

/// A checksum of the token that is written so far: `{{sum-base36}}` (GitLab), `{{sum-hex-le}}` (Grafana, after a `_`),
/// `{{sum-hex}}` (Packagist),
/// `{{sum-HEX}}` (Atlassian, after a `=`), `{{sum-bech32}}` (age).
fn sum_of(name: &str, out: &str) -> Option<String> {
    let body = out.strip_suffix('=').unwrap_or(out);
    let token = &out[body.rfind([' ', '"', '\'', '=', ':', '@', '/', '\n']).map_or(0, |at| at + 1)..];
    match name {
        "sum-hex" => Some(format!("{:08x}", crc32(token.as_bytes()))),
        "sum-HEX" => Some(format!("{:08X}", crc32(token.as_bytes()))),
        "sum-bech32" => Some(bech32(token)),
        "sum-base36" => Some(base_of(36, &[DIGITS, LOWER].concat(), crc32(token.as_bytes()), 7)),
        "sum-hex-le" => Some(format!("{:08x}", crc32(token.trim_end_matches('_').as_bytes()).swap_bytes())),
        _ => None,
    }
}

/// The checksum of BIP 173 for a text in capitals.
fn bech32(text: &str) -> String {
    const LETTERS: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    let (human, data) = text.rsplit_once('1').unwrap_or_default();
    let human = human.to_ascii_lowercase();
    let values = human.bytes().map(|byte| u32::from(byte >> 5)).chain([0]);
    let values = values.chain(human.bytes().map(|byte| u32::from(byte & 31)));
    let values = values.chain(data.chars().map(|letter| LETTERS.find(letter).unwrap_or(0) as u32)).chain([0; 6]);
    let rest = values.fold(1_u32, |sum, value| {
        let terms: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let next = (sum & 0x01ff_ffff) << 5 ^ value;
        terms
            .iter()
            .enumerate()
            .fold(next, |next, (bit, term)| if sum >> 25 >> bit & 1 == 1 { next ^ term } else { next })
    });
    (0..6).map(|at| char::from(LETTERS.as_bytes()[((rest ^ 1) >> (5 * (5 - at)) & 31) as usize])).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

fn base62_of(number: u32) -> String {
    base_of(62, &[DIGITS, UPPER, LOWER].concat(), number, 6)
}

fn base_of(base: u32, alphabet: &str, mut number: u32, digits: usize) -> String {
    let mut out = Vec::new();
    while number > 0 || out.len() < digits {
        out.push(char::from(alphabet.as_bytes()[(number % base) as usize]));
        number /= base;
    }
    out.iter().rev().collect()
}
