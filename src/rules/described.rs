//! Matches of an issuer's rule that what is around them, or their own words, show to stand where a credential would.

use std::ops::Range;

use super::rule::Rule;
use super::value::{Look, is_wordy, look};
use crate::model::{Confidence, Kind};

/// Whether a rule's match is words that describe what should stand there, or code that gets it.
pub(super) fn is_described(rule: &Rule, text: &str, span: &Range<usize>) -> bool {
    let Some(value) = text.get(span.clone()) else { return false };
    // What swag says of a field in a tag of Go: `example:"x"`.
    if text[..span.start].ends_with("example:\"") {
        return true;
    }
    let told = match rule.kind {
        Kind::Dsn => is_described_host(&text[span.end..]) || is_call(value),
        Kind::Password => is_described_host(&text[span.end..]) || is_described_user(&text[..span.start], value),
        // So many characters of any kind near an issuer's name may be a name, too: `JiraGetAuthResponseError`. A rule without
        // an issuer is a user's own, who says with it what does not count.
        Kind::ApiKey | Kind::Token if !rule.issuer.is_empty() => {
            rule.confidence == Confidence::Medium
                && value.len() >= 16
                && !value.bytes().any(|b| b.is_ascii_digit())
                && is_wordy(value)
        }
        _ => false,
    };
    told && look(value) < Look::Random
}

/// What follows the password of a connection URL says what should stand there: `@host:port/database`.
fn is_described_host(after: &str) -> bool {
    let Some(after) = after.strip_prefix('@') else { return false };
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))).unwrap_or(after.len());
    let host = after[..end].to_ascii_lowercase();
    // `@DBMS_IP:DBMS_PORT`
    let hole =
        end > 3 && after[..end].contains('_') && after[..end].bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    hole || matches!(&*host, "host" | "hostname" | "yourhost" | "endpoint")
        || host.starts_with("your-")
        || host.starts_with("your_")
}

/// What stands where user and password would: `user:password`.
fn is_described_user(before: &str, password: &str) -> bool {
    let Some(before) = before.strip_suffix(':') else { return false };
    let user = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next();
    let user = user.unwrap_or_default().to_ascii_lowercase();
    ["user", "username", "login", "key", "api_key", "api-key"].contains(&&*user)
        && ["password", "passwd", "pass", "secret", "api_secret", "api-secret"]
            .contains(&&*password.to_ascii_lowercase())
}

/// An expression that calls something: `config.get(NAME)`.
fn is_call(value: &str) -> bool {
    value.split_once('(').is_some_and(|(callee, rest)| {
        rest.ends_with(')')
            && callee.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && callee.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_its_place_is_told() {
        assert!(is_described_user("info=user:", "password") && !is_described_user("info=ann:", "password"));
        assert!(!is_described_user("info=user:", "summer"));
        assert!(is_described_user("curl -u 日本user:", "password"), "a character of several bytes before it");
        assert!(
            is_described_host("@DBMS_IP:DBMS_PORT/x") && !is_described_host("@DB1:5432") && !is_described_host("x")
        );
        assert!(is_call("config.get(CONF_PASSWORD)") && !is_call("a(b") && !is_call("x1)(y") && !is_call("p@x(y)"));
    }
}
