//! Values that are no values: expressions, patterns, types, rules of validation, names of algorithms.

use super::judge::is_name;

/// Code that a program puts between two strings: `'" . random() . "'`.
pub(super) fn is_joined(value: &str) -> bool {
    let inner = value.trim_matches(['"', '\'', ' ']);
    inner.len() < value.len() && inner.starts_with(['.', '+', '|']) && inner.ends_with(['.', '+', '|', ',', '('])
}

/// Certainly an expression, however random its characters.
pub(super) fn is_code_at_all(value: &str) -> bool {
    value.contains("()")
        || value.contains("://")
        || value.contains("a-z")
        || value.contains("(?")
        || value.starts_with("-----")
        || value.starts_with(['$', '/', '{', '<'])
        || is_between(value)
        || is_choice(value)
}

/// The text between two strings: `"token: " + h); switch (…`.
fn is_between(value: &str) -> bool {
    value.starts_with('+') && value.contains(");")
}

/// A pattern's choices: `H{1,2}|m{1,2}|s|S|A`.
fn is_choice(value: &str) -> bool {
    // Signs that patterns have no use for: `c7HZa+|gK-X)2_4i+~}3|Yt]Z}[N<-?vK|w-(c+p|4iI(r-I`.
    let strange =
        ['~', '`', '@', '#', '%', '&', '<', '>', ';', '!'].iter().filter(|sign| value.contains(**sign)).count();
    value.matches('|').count() > 4 && (value.len() < 32 || strange < 3)
}

/// An expression, a URL, a pattern: no value.
pub(super) fn is_code(value: &str, quoted: bool) -> bool {
    value.contains("()")
        || value.contains("://")
        || value.contains("->")
        || value.contains("(?")
        || value.contains(".*")
        || value.contains("[^")
        || ["\\w+", "\\w*", "[\\w", "\\d+", "\\d{", "\\S+", "\\s*", "]+)", "]*)"]
            .iter()
            .any(|part| value.contains(part))
        || value.contains("a-z")
        || is_between(value)
        || is_choice(value)
        || value.starts_with('@') && value.contains('/')
        || value.ends_with(']') && value.split('[').next().is_some_and(is_name)
        || value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        || value.starts_with(['/', '.', '~', '\\'])
        || !quoted && value.contains(['(', '[', '{', '}', '<', '|', '`', '"', '\''])
        || value.starts_with(['{', '(', '[', '<', '#', '&', ',', ':', '@', '^', '%', '*']) && value.len() < 8
}

/// Rules that a field's input is checked by, as Laravel and `CodeIgniter` write them: `required|string|min:6`.
pub(super) fn is_validation(value: &str) -> bool {
    const RULES: [&str; 14] = [
        "required",
        "sometimes",
        "nullable",
        "string",
        "confirmed",
        "min",
        "max",
        "same",
        "trim",
        "alpha_num",
        "filled",
        "present",
        "min_length",
        "max_length",
    ];
    let word = |part: &str| part.split([':', '[']).next().unwrap_or_default().to_owned();
    let rules = |part: &str| !part.is_empty() && word(part).bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    // `['required', 'max:100']`
    let limit = value.split_once(':').is_some_and(|(rule, limit)| {
        ["min", "max", "size", "min_length", "max_length"].contains(&rule)
            && !limit.is_empty()
            && limit.bytes().all(|b| b.is_ascii_digit())
    });
    if limit {
        return true;
    }
    let known = value.split('|').filter(|part| RULES.contains(&word(part).as_str())).count();
    value.contains('|') && value.split('|').all(rules) && known * 2 > value.split('|').count()
}

/// A field's type in a schema: `String!`, `[Int!]!`.
pub(super) fn is_type(value: &str) -> bool {
    let name = value.trim_matches(['[', ']', '!']);
    ["String", "Int", "Float", "Boolean", "ID"].contains(&name)
}

/// Since which version, and until which: `3.0-3.12`, `3.6-`.
pub(super) fn is_versions(value: &str) -> bool {
    let version = |part: &str| {
        part.split('.').count() > 1
            && part.split('.').all(|number| (1..=2).contains(&number.len()) && is_number(number))
    };
    value.split_once('-').is_some_and(|(since, until)| version(since) && (until.is_empty() || version(until)))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Stems of algorithms' names.
const NAMES: [&str; 29] = [
    "sha", "md", "hs", "rs", "es", "ps", "hmac", "hmacsha", "hmac-sha", "aes", "des", "rsa", "dsa", "ecdsa", "eddsa",
    "ed", "base", "utf", "pbkdf", "argon", "oauth", "x", "latin", "iso", "cp", "ssl", "tls", "http", "v",
];

/// Names of encodings.
const CODECS: [&str; 8] = ["ascii", "hex", "replace", "ignore", "strict", "binary", "unicode_escape", "base64url"];

/// Names of algorithms, encodings and schemes: what a key is for.
pub(super) fn is_algorithm(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_');
    // `RSA4096`; no algorithm has more digits, as `ps123456` does.
    let numbered = stem != lower && lower[stem.len()..].split(['-', '_']).all(|number| number.len() <= 4);
    CODECS.contains(&lower.as_str())
        || numbered && NAMES.contains(&stem)
        || lower.starts_with("aes-")
        || lower.starts_with("aes/")
        || lower.starts_with("pkcs")
}
