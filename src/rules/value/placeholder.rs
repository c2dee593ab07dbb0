//! Text that stands where somebody should put a value, or where a program will.

use crate::rules::words;

/// Text that stands where somebody should put a value, or where a program will.
pub(in crate::rules) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    let wrapped = |open: &str, close: &str| lower.starts_with(open) && lower.ends_with(close);
    let of_one = |chars: &[char]| lower.chars().all(|c| chars.contains(&c));
    // A reference of a template, or what a URL with one in it has before its `//`.
    lower.starts_with("keylift://")
        || lower == "keylift:"
        || wrapped("<", ">")
        || wrapped("[", "]")
        || wrapped("%", "%")
        || wrapped("__", "__")
        || lower.ends_with("__")
        || wrapped("{", "}")
        || wrapped("@", "@")
        || is_template(&lower)
        || lower.starts_with('$') && lower.bytes().skip(1).all(|b| b.is_ascii_alphanumeric() || b == b'_')
        || lower.starts_with("$env:")
        || has_variable(value)
        || has_hole(value)
        || is_entities(&lower)
        || of_one(&['x', '-'])
        || of_one(&['*', '.', '-', '_', ' ', '•', '…', '?', '#', '0'])
        || has("xxxx")
        || has("****")
        // Cut off: `eyJ0eXAiOiJKV...`
        || lower.ends_with("...") && !lower.ends_with("....")
        || is_blanked(value)
        || ["placeholder", "example", "redacted", "dummy", "change-me-", "change_me_"].iter().any(|part| has(part))
        // Short words turn up in long random strings by chance.
        || (value.len() < 20 || words::cost(value) < words::FAMILIAR) && is_request(value, &lower)
        || [
            "none", "null", "nil", "true", "false", "string", "str", "text", "yes", "no", "empty", "required",
            "optional", "value", "n/a", "na", "unset", "bar", "foo", "foobar", "baz", "disabled", "enabled", "active", "inactive", "hidden", "masked", "omitted", "removed", "unknown",
            "default", "confirmed", "nullable", "sometimes", "not_found", "not found", "not_set", "notset", "auto", "file", "env", "vault", "object", "number", "bool", "boolean", "int", "any", "never", "tbd", "placeholder",
        ]
        .contains(&lower.as_str())
}

/// More than half of it is one run of what stands for anything: `key_000000000000`, `xoxp-1-############`.
fn is_blanked(value: &str) -> bool {
    let blank = |sign: u8| value.as_bytes().split(|byte| *byte != sign).map(<[u8]>::len).max().unwrap_or(0);
    let longest = blank(b'0').max(blank(b'#'));
    longest >= 12 && longest * 2 > value.len()
}

/// Words alone, which say that another value should stand here, and which work as one until it does.
pub(in crate::rules) fn is_wish(value: &str) -> bool {
    let words = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    value.bytes().all(words)
        && value.contains(['-', '_'])
        && !value.to_ascii_lowercase().contains("xxxx")
        && !value.starts_with("__")
}

/// Parts of texts that ask for a value.
const PARTS: [&str; 19] = [
    "_here",
    "-here",
    " here",
    "not-a-real",
    "notreal",
    "fake",
    "todo",
    "fixme",
    "undefined",
    "replace_me",
    "replaceme",
    "replace-me",
    "fill_me",
    "sample_",
    "mock-",
    "mock_",
    "please-",
    "please_",
    " please",
];

/// Words that ask for a value: `your_key`, `insert-token-here`.
fn is_request(value: &str, lower: &str) -> bool {
    let has = |part: &str| lower.contains(part);
    let asks = ["your", "insert", "replace", "enter", "put", "add", "my"].iter().any(|verb| {
        lower.strip_prefix(verb).is_some_and(|rest| {
            rest.starts_with(['-', '_', ' ', '.']) && TARGETS.iter().any(|word| rest.contains(word))
        }) || (verb.len() == 4 && TARGETS.iter().any(|word| lower.starts_with(&format!("{verb}{word}"))))
    });
    // `YourSlackSigningSecret`
    let camel = value.strip_prefix("Your").or_else(|| value.strip_prefix("your")).is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_uppercase()) && TARGETS.iter().any(|word| lower.contains(word))
    });
    asks || camel || has("...") && value.len() < 12 || PARTS.iter().any(|part| has(part)) || has("override")
}

/// What opens a reference in templates, and closes it.
const REFERENCES: [(&str, &str); 10] = [
    ("${", "}"),
    ("{{", "}}"),
    ("#{", "}"),
    ("$(", ")"),
    ("<%", "%>"),
    ("%(", ")"),
    ("{%", "%}"),
    ("$[", "]"),
    ("\\(", ")"),
    ("#(", ")"),
];

/// A reference of a template. In long values two signs meet by chance; there it has an end, too.
fn is_template(lower: &str) -> bool {
    REFERENCES
        .iter()
        .any(|(open, close)| lower.split_once(open).is_some_and(|(_, rest)| lower.len() < 40 || rest.contains(close)))
}

/// A hole of a format string: `session-{0}-{1}`, `{}`, `%s-shop-tls`.
fn has_hole(value: &str) -> bool {
    // What follows a verb of one letter is no digit of a percent-encoded character.
    let after = value.match_indices('%').filter_map(|(at, _)| value.get(at + 1..));
    let verbs = after
        .filter(|rest| rest.starts_with(['s', 'd', 'v']) && !rest[1..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        .count();
    verbs > 1
        || value.starts_with("0x%")
        || verbs > 0 && words::cost(value) < words::FAMILIAR
        || value.match_indices('{').any(|(at, _)| {
            let rest = &value[at + 1..];
            rest.starts_with('}') || rest.starts_with(|c: char| c.is_ascii_digit()) && rest[1..].starts_with(['}', ':'])
        })
}

/// Nothing but characters as markup writes them: `&quot;&quot;`.
fn is_entities(lower: &str) -> bool {
    lower.starts_with('&')
        && lower.ends_with(';')
        && lower.split_terminator(';').all(|part| {
            part.strip_prefix('&').is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic()))
        })
}

/// A shell's variable inside: `$SERVICE_TOKEN&x=1`.
fn has_variable(value: &str) -> bool {
    value.match_indices('$').any(|(at, _)| {
        let name: usize =
            value[at + 1..].bytes().take_while(|b| b.is_ascii_uppercase() || *b == b'_' || b.is_ascii_digit()).count();
        let letters = value[at + 1..].bytes().take_while(u8::is_ascii_uppercase).count();
        // Variables have no small letters: `$OLDMill^7`.
        let small = value.as_bytes().get(at + 1 + name).is_some_and(u8::is_ascii_lowercase);
        letters >= 3 && name >= 4 && !small
    })
}

const TARGETS: [&str; 9] = ["password", "passwd", "pass", "secret", "token", "key", "value", "api", "auth"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_values() {
        for text in [
            "<token>",
            "${DB_PASS}",
            "xxxx",
            "your_api_key",
            "YOUR-TOKEN",
            "{{ password }}",
            "changeme_here",
            "$PASSWORD",
            "YourSlackSigningSecret",
            "client-{0}-{1}",
            "%s-shop-tls",
            "tok_%d_%s",
            "0x%s",
            "hidden",
            "&quot;&quot;",
            "prefix-of-some-length-and-more-${SECRET_OF_THE_DAY}",
            "mock-token-12345",
            "eyJ0eXAiOiJKV...",
            "key_000000000000000000",
            "abc-1234-####################",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "admin123",
            "hunter2",
            "changeme",
            "Pa$$word1",
            "yankees",
            "myp4ss",
            "a{2x}b",
            "winter%d6sun",
            "q7%s$Lw2",
            "Yourself1",
            "$OLDMill^river",
            "Q1f.....................",
            "x&y;",
            "q7Lw00000000x4Zr",
            "Zd&2ct+{4T$b+{[9LP~k5-[|W`x-V>;Dk_C/E~RnSg{m[h#{F[-t>yKUZ7YqRu4t",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
