//! Values that say something, to people or to programs, and open nothing: sentences, messages, paths, options.

use crate::rules::value::is_wordy;

/// `wrongpassword`: what must not let anybody in.
pub(super) fn is_wrong(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    // `'incorrectEmailOrPassword'`: what a form says.
    let said = ["wrong", "incorrect", "invalid", "missing"].iter().any(|start| {
        value.strip_prefix(start).is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.bytes().all(|b| b.is_ascii_alphabetic())
        })
    });
    said || ["wrong", "incorrect", "invalid"].iter().any(|start| {
        lower.strip_prefix(start).is_some_and(|rest| {
            ["pass", "pw", "token", "secret", "key", "cred"]
                .iter()
                .any(|word| rest.trim_start_matches(['-', '_', ' ']).starts_with(word))
        })
    })
}

/// What a server may agree on: `NONE:+VERS-TLS1.2:+ECDHE-PSK:-SHA1`, `HIGH:!aNULL:!MD5:!PSK`.
pub(super) fn is_suite(value: &str) -> bool {
    value.split(':').filter(|part| part.len() > 1 && part.starts_with(['+', '-', '!'])).count() > 2
}

/// The next option of a command, or a list of settings: `--disabled-password --gecos`, `--secret id=x,src=y`.
pub(super) fn is_option(value: &str) -> bool {
    let name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // `--password=` before what a variable says.
    let option = value.strip_prefix("--").map(|option| option.split('=').next().unwrap_or_default());
    let option = option.or_else(|| value.strip_prefix('-'));
    option.is_some_and(name) || value.starts_with("id=") || value.starts_with("src=") || value.starts_with("type=")
}

/// Words joined as in paths, hosts, types and keys of translations.
pub(super) fn is_path(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['.', '/', ':']).collect();
    let name = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let dotted = parts.len() > 1 && parts.iter().all(name);
    dotted
        || value.contains('/')
            && value.matches('/').count() * 4 <= value.len()
            && is_wordy(value)
            && !value.ends_with('=')
}

/// Words of sentences about credentials.
const TOPICS: [&str; 18] = [
    "pass",
    "token",
    "secret",
    " key ",
    "credential",
    "invalid",
    " enter ",
    "error",
    "http",
    " must ",
    "blank",
    "cannot",
    "should",
    "n't ",
    "required",
    "length",
    " is ",
    " your ",
];

/// A sentence or a label.
pub(super) fn is_prose(value: &str) -> bool {
    if !value.contains(' ') {
        return is_of_signs(value);
    }
    let lower = format!(" {} ", value.to_ascii_lowercase());
    let words = value.split(' ').count();
    words < 9 && TOPICS.iter().any(|word| lower.contains(word))
        || value.ends_with(['.', ':', '!', '?']) && words > 2
        || value.contains(", ")
}

/// `"用户帐号或者密码错误"`: sentences of languages that set no blanks. Who types a password leaves their input methods off.
fn is_of_signs(value: &str) -> bool {
    let sign = |c: &char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
    let signs = if value.is_ascii() { 0 } else { value.chars().filter(sign).count() };
    signs >= 4 && signs * 2 > value.chars().count()
}

/// 8-4-4-4-12 hexadecimal digits: names something, is rarely secret.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value
            .bytes()
            .enumerate()
            .all(|(at, b)| if [8, 13, 18, 23].contains(&at) { b == b'-' } else { b.is_ascii_hexdigit() })
}
