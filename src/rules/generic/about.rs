//! Values that say of themselves that they are no credential, whatever name they stand under: messages, sentences, labels,
//! public keys, statements.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use super::judge::How;
use super::names::{self, Class};
use crate::rules::value::{Look, is_alphabet, look};

/// Whether a value is certainly none.
pub(super) fn is_none(name: &str, value: &str, how: How) -> bool {
    is_failure(value)
        || is_sentence(value)
        || is_short_mnemonic(name, value)
        || is_row_of(value, how)
        || is_state(value)
        || is_kept_otherwise(value)
        || is_of_a_test(name, value)
}

/// `"SECRET_KEY": "Set" if … else "Not set"`: what a page of a program's health says about a variable.
fn is_state(value: &str) -> bool {
    const STATES: [&str; 9] =
        ["set", "not set", "configured", "not configured", "missing", "present", "not present", "loaded", "not loaded"];
    let shown = value.trim_start_matches(|c: char| !c.is_alphanumeric());
    STATES.iter().any(|state| shown.eq_ignore_ascii_case(state))
}

/// `ENC(…)`, `{cipher}…`: encrypted with a password that is elsewhere (Jasypt: Encrypting application configuration files;
/// Spring Cloud Config: Encryption and Decryption). `env(NAME)`: read from the environment (Supabase: Managing config).
fn is_kept_otherwise(value: &str) -> bool {
    let inside = |open: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(')'));
    let sealed = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b));
    let variable = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    inside("ENC(").is_some_and(sealed) || inside("env(").is_some_and(variable) || value.starts_with("{cipher}")
}

/// `test_token = "test_token_12345"`: made up where it stands.
fn is_of_a_test(name: &str, value: &str) -> bool {
    let repeated = value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    repeated && value.len() > name.len() && names::words(name).first().is_some_and(|word| word == "test")
}

/// Whether a value is most likely none.
pub(super) fn is_doubtful(class: Class, name: &str, value: &str) -> bool {
    class == Class::Password && (passes_otherwise(value) || is_of_an_interface(name, value))
        || class != Class::Password && (is_constant(value) || is_public_key(value) || is_statement(value))
        || is_alphabet(value) && is_issued(class, name)
        || repeats_end(name, value)
}

/// What somebody else makes up: digits in order were never issued, though they encrypt as well as others.
fn is_issued(class: Class, name: &str) -> bool {
    class == Class::Token
        || class == Class::Key && names::words(name).iter().any(|word| word == "api" || word == "apikey")
}

/// `errors[PASSWORD] = "invalid_auth"`: what a form says about a field.
fn is_failure(value: &str) -> bool {
    const SAYS: [&str; 7] = ["invalid", "cannot", "incorrect", "missing", "unknown", "failed", "error"];
    let parts: Vec<&str> = value.split('_').collect();
    parts.len() > 1
        && value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        && parts.iter().any(|part| SAYS.contains(part))
}

/// Words of which sentences are made, and no key's phrase.
const FILLERS: [&str; 16] =
    ["the", "a", "an", "of", "to", "in", "by", "with", "your", "is", "and", "for", "or", "on", "you", "this"];

/// `"token": "To find the token, log in to the portal and …"`: seven words and more, three of them such as join others.
fn is_sentence(value: &str) -> bool {
    let words = || value.split(' ').filter(|word| !word.is_empty());
    let fills = |word: &&str| FILLERS.contains(&word.to_ascii_lowercase().as_str());
    words().count() >= 7 && words().filter(fills).count() >= 3
}

/// A mnemonic has twelve words at least; an assembler's is one.
fn is_short_mnemonic(name: &str, value: &str) -> bool {
    names::words(name).last().is_some_and(|word| word == "mnemonic") && value.split_whitespace().count() < 12
}

/// `("authtoken", "0002_auto_2016")`: a number orders what is called so.
fn is_row_of(value: &str, how: How) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let rest = value.get(digits..).unwrap_or_default();
    how == How::Pair
        && digits > 2
        && rest.starts_with('_')
        && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Words that have `pass` in them and no password.
const PASSES: [&str; 18] = [
    "bandpass",
    "lowpass",
    "highpass",
    "allpass",
    "bypass",
    "compass",
    "encompass",
    "surpass",
    "trespass",
    "overpass",
    "underpass",
    "passage",
    "passenger",
    "passing",
    "passive",
    "passport",
    "passthrough",
    "passband",
];

/// `{'pass': 'bandpass'}`
fn passes_otherwise(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b' '))
        && names::words(value).iter().any(|word| PASSES.contains(&word.as_str()))
}

/// `{IUsernamePassword: "password"}`: a type's name, as interfaces have it, and a word of it.
fn is_of_an_interface(name: &str, value: &str) -> bool {
    let name = name.rsplit(['.', ':']).next().unwrap_or_default();
    let mut letters = name.bytes();
    let typed = letters.next() == Some(b'I')
        && letters.next().is_some_and(|b| b.is_ascii_uppercase())
        && name.bytes().any(|b| b.is_ascii_lowercase());
    typed && names::words(name).iter().any(|word| word == value)
}

/// `"Slack Token": "CKV_SECRET_14"`: a constant's name, perhaps numbered.
fn is_constant(value: &str) -> bool {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.starts_with(|c: char| c.is_ascii_uppercase())
        && stem.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        && stem.trim_end_matches('_').contains('_')
        && value.len() - stem.len() < 4
        && look(value) < Look::Random
}

/// What public keys of SSH begin with: the length of their kind's name, and the name (RFC 4253, section 6.6).
fn is_public_key(value: &str) -> bool {
    ["AAAAB3NzaC1yc2E", "AAAAB3NzaC1kc3M", "AAAAC3NzaC1lZDI1NTE5", "AAAAE2VjZHNhLXNoYTI"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// A JSON object in base64 that nobody signed, and that has no credential in it: `{"session_id": "default"}`.
fn is_statement(value: &str) -> bool {
    if !value.starts_with("ey") || value.contains('.') {
        return false;
    }
    let plain: String = value.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let Ok(bytes) = STANDARD_NO_PAD.decode(plain) else { return false };
    serde_json::from_slice::<Value>(&bytes).is_ok_and(|json| json.is_object() && is_open(&json))
}

/// Neither a telling name nor a random value is in it.
fn is_open(json: &Value) -> bool {
    match json {
        Value::String(text) => look(text) < Look::Random,
        Value::Array(items) => items.iter().all(is_open),
        Value::Object(fields) => fields.iter().all(|(name, value)| names::classify(name).is_none() && is_open(value)),
        _ => true,
    }
}

/// `{"tf.INIT_KEY": "tf.compat.INIT_KEY"}`: the same thing at another place.
fn repeats_end(name: &str, value: &str) -> bool {
    let last = |text: &str| text.rsplit(['.', ':', '/']).next().unwrap_or_default().to_owned();
    let end = last(name);
    end.len() > 3 && value.len() > end.len() && last(value) == end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_sentences_are_none() {
        for (name, value, how) in [
            ("password", "invalid_auth", How::Bound),
            ("password", "cannot_connect", How::Bound),
            ("token", "To find a token, log in to [the portal]({url}) and click 1, 2 and 3", How::Bound),
            ("password", "The password of the encryption used by your device", How::Bound),
            ("mnemonic", "slt", How::Bound),
            ("authtoken", "0002_auto_20160226_1747", How::Pair),
            ("SECRET_KEY", "Set", How::Bound),
            ("API_KEY", "\u{2705} Configured", How::Bound),
            ("DB_PASSWORD", "NOT SET", How::Bound),
            ("password", "ENC(9K3rm9zPLXCwisCIYVuhvq1BeC2QTMmiefgB0zFEkrs=)", How::Bound),
            ("password", "{cipher}AQA6Eg5DfYcpUb", How::Bound),
            ("s3_secret_key", "env(S3_SECRET_KEY)", How::Bound),
            ("test_token", "test_token_12345", How::Bound),
        ] {
            assert!(is_none(name, value, how), "{value}");
        }
        for (name, value, how) in [
            ("password", "invalid1", How::Bound),
            ("password", "the quick brown fox jumps over a lazy dog", How::Bound),
            ("mnemonic", "lamp river stone ".repeat(4).trim_end(), How::Bound),
            ("token", "0002_auto_20160226_1747", How::Bound),
            ("password", "Set4ever", How::Bound),
            ("password", "ENC(y", How::Bound),
            ("password", "env(Xy)", How::Bound),
            ("token", "token_12345", How::Bound),
        ] {
            assert!(!is_none(name, value, how), "{value}");
        }
    }

    #[test]
    fn labels_public_keys_and_statements_are_doubtful() {
        for (class, name, value) in [
            (Class::Password, "pass", "bandpass"),
            (Class::Password, "pass", "high-pass lowpass"),
            (Class::Password, "auth.IUsernamePassword", "password"),
            (Class::Token, "Slack Token", "CKV_SECRET_14"),
            (Class::Key, "HOST_KEY", "AAAAC3NzaC1lZDI1NTE5AAAAIO"),
            (Class::Token, "DEFAULT_TOKEN", "eyJzZXNzaW9uX2lkIjogImRlZmF1bHQifQ"),
            (Class::Key, "SHOP_API_KEY", "0123456789abcdef0123456789abcdef"),
            (Class::Weak, "tf.INIT_OP_KEY", "tf.compat.v1.INIT_OP_KEY"),
        ] {
            assert!(is_doubtful(class, name, value), "{value}");
        }
        // keylift:allow made up for a test
        let with_password = STANDARD_NO_PAD.encode(r#"{"user": "ann", "password": "summer"}"#);
        let with_token = STANDARD_NO_PAD.encode(r#"{"id": "hT4xq9Lw2ZbR7mVc3KpY8dNs"}"#);
        for (class, name, value) in [
            (Class::Password, "pass", "userpass"),
            (Class::Key, "ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef"),
            (Class::Password, "pass", "Compass42"),
            (Class::Password, "IrcPassword", "password"),
            (Class::Secret, "SECRET", "SECRET"),
            (Class::Token, "token", with_password.as_str()),
            (Class::Token, "token", with_token.as_str()),
            (Class::Password, "db.password", "password"),
        ] {
            assert!(!is_doubtful(class, name, value), "{value}");
        }
    }
}
