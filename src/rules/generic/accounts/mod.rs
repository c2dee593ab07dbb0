//! Accounts that no name tells one by one: `users = {"admin": "x"}`, `logins = [("admin", "x")]`, `auth=("svc", "x")`. Read
//! from the text, since languages differ little here.

mod entries;

use std::ops::Range;

use self::entries::{Entry, Scanner};
use super::judge::{How, judge};
use super::lines::Reader;
use super::names::{self, Class};
use crate::model::Confidence;
use crate::rules::value::{Look, look};

/// What starts the reading besides the words of credentials, in lower case: the name with what opens its value.
pub(super) const GATES: [&str; 12] = [
    "users = ",
    "users=",
    "users := ",
    "users: {",
    "users: [",
    "users\": {",
    "users': {",
    "accounts = ",
    "accounts=",
    "accounts{",
    "logins = ",
    "creds = ",
];

/// The languages of programs, where such names hold such lists.
const LANGUAGES: [&str; 13] = [
    "python",
    "javascript",
    "typescript",
    "tsx",
    "ruby",
    "php",
    "go",
    "java",
    "csharp",
    "kotlin",
    "swift",
    "scala",
    "groovy",
];

/// Whether a list of accounts may begin at what was found at a place of a file in a language, if any is known.
pub(super) fn may_begin(found: &str, language: Option<&str>) -> bool {
    let ends = |word: &str| {
        found.get(found.len().saturating_sub(word.len())..).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    language.is_none_or(|language| LANGUAGES.contains(&language))
        && (ends("auth") || ends("credential") || found.ends_with([' ', '=', '{', '[']))
}

/// Longest list of accounts, in bytes.
const LONGEST: usize = 4096;

/// The passwords of the accounts that a name at a place is set to.
pub(super) fn read(reader: &Reader<'_>, name: &str, end: usize) -> Vec<(Range<usize>, Confidence)> {
    let Some(kind) = Kind::of(name) else { return Vec::new() };
    let kind = if kind == Kind::Perhaps && is_of_basic_auth(reader, name, end) { Kind::Sure } else { kind };
    let Some((open, turns)) = opens(reader, end) else { return Vec::new() };
    let mut scanner = Scanner { reader, at: open + 1, end: (open + LONGEST).min(reader.bytes.len()), turns };
    let entries = match kind {
        Kind::One => scanner.pair().into_iter().collect(),
        Kind::Sure | Kind::Perhaps => scanner.entries().unwrap_or_default(),
    };
    let value = |entry: &Entry| reader.text.get(entry.span.clone()).unwrap_or_default();
    let telling = |entry: &Entry| {
        judge(Class::Password, "password", value(entry), true, How::Bound)
            .filter(|confidence| *confidence >= Confidence::Medium)
            .filter(|_| !says_itself(&entry.user, value(entry)))
    };
    if entries.is_empty()
        || entries.iter().any(|entry| is_field(&entry.user) || !may_be_password(value(entry)))
        || kind != Kind::One && are_numbered(entries.iter().map(value))
        || kind == Kind::Perhaps && !entries.iter().any(|entry| is_made_up(&entry.user, value(entry)))
    {
        return Vec::new();
    }
    entries.iter().filter_map(|entry| Some((entry.span.clone(), telling(entry)?))).collect()
}

/// How much a name promises.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One user with a password: `auth`.
    One,
    /// Users with passwords: `credentials`.
    Sure,
    /// Users with something.
    Perhaps,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let words = names::words(name.rsplit(['.', ':', '>']).next()?);
        let (last, before) = words.split_last()?;
        // `OAuth`: a way to ask for access.
        let plain = before.iter().all(|word| !["no", "is", "has", "get", "set", "o"].contains(&word.as_str()));
        Some(match last.as_str() {
            _ if !plain => return None,
            "auth" => Self::One,
            "credentials" | "credential" | "creds" | "logins" => Self::Sure,
            "users" | "accounts" => Self::Perhaps,
            _ => return None,
        })
    }
}

/// `gin.Accounts{"ann": "x"}`, `basicAuth({users: {ann: "x"}})` of Express: what users have there is their password.
fn is_of_basic_auth(reader: &Reader<'_>, name: &str, end: usize) -> bool {
    let before = reader.bytes.get(end.saturating_sub(name.len() + 40)..end).unwrap_or_default();
    let before = before.to_ascii_lowercase();
    before.ends_with(b"gin.accounts") && reader.at(end) == b'{'
        || memchr::memmem::rfind(&before, b"basicauth(").is_some_and(|at| !before[at..].contains(&b')'))
}

/// What makes a map of what follows it.
const MAKERS: [&str; 9] =
    ["new", "map[", "array(", "mapOf(", "mutableMapOf(", "hashMapOf(", "Map.of(", "gin.Accounts{", "dict("];

/// Where the bracket opens behind a name, over its operator, a type and what makes a map of what follows; and whether users
/// and passwords take turns in it.
fn opens(reader: &Reader<'_>, end: usize) -> Option<(usize, bool)> {
    let bracket = |at: usize| b"{[(".contains(&reader.at(at)).then_some((at, false));
    let mut at = reader.skip(end, b"\"'`");
    // `gin.Accounts{`
    if reader.at(at) == b'{' {
        return bracket(at);
    }
    at = reader.skip(at, b" \t]");
    let operator = |at: usize| match (reader.at(at), reader.at(at + 1)) {
        (b'=', b'>') | (b':', b'=') => Some(at + 2),
        (b'=', next) if next != b'=' => Some(at + 1),
        (b':', next) if next != b':' => Some(at + 1),
        _ => None,
    };
    let typed = reader.at(at) == b':';
    at = reader.skip(operator(at)?, b" \t\r\n");
    if let Some(open) = bracket(at) {
        return Some(open);
    }
    let near = |length: usize| reader.text.get(at..reader.text.floor_char_boundary(at + length));
    let line = near(120)?.lines().next()?;
    // `users: Record<string, string> = {`
    if let Some(assigned) = line.find('=').filter(|_| typed) {
        return bracket(reader.skip(at + assigned + 1, b" \t"));
    }
    let maker = MAKERS.iter().find(|maker| line.starts_with(**maker))?;
    let found = if *maker == "new" {
        // `new Dictionary<string, string>() {`, its body perhaps on the next line.
        let rest = near(160)?;
        rest.find('{').filter(|brace| !rest[..*brace].contains([';', '"', '\'']))?
    } else {
        line.find(['(', '{'])?
    };
    Some((at + found, *maker == "Map.of("))
}

/// `("user", "pass")`: what stands there says what should.
fn says_itself(user: &str, value: &str) -> bool {
    let user = user.to_ascii_lowercase();
    let words = ["user", "username", "user_name", "name", "login", "email", "usr"];
    words.contains(&user.as_str()) && names::classify(value).is_some() && !value.bytes().any(|b| b.is_ascii_digit())
}

/// A key that names a field of one thing: no user is called so.
fn is_field(user: &str) -> bool {
    const FIELDS: [&str; 34] = [
        "id",
        "name",
        "username",
        "user_name",
        "login",
        "email",
        "mail",
        "role",
        "roles",
        "type",
        "host",
        "hostname",
        "port",
        "database",
        "db",
        "dbname",
        "schema",
        "url",
        "uri",
        "region",
        "path",
        "file",
        "filename",
        "scope",
        "driver",
        "method",
        "table",
        "model",
        "format",
        "version",
        "title",
        "description",
        "provider",
        "account",
    ];
    let lower = user.to_ascii_lowercase();
    user.is_empty()
        || user.len() > 64
        || user.contains([' ', '/', '\\', '{', '$', '%', '<'])
        || FIELDS.contains(&lower.as_str())
        || names::classify(user).is_some()
        || lower.ends_with("_id")
        || user.ends_with("Id")
}

fn may_be_password(value: &str) -> bool {
    let host = |host: &str| host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    (3..=128).contains(&value.len())
        && !value.contains([' ', '/', '\\', '{', '<', '\n'])
        && !value.split_once('@').is_some_and(|(_, rest)| host(rest))
}

/// `u1`, `u2`: names of something that are counted, unless they are called passwords.
fn are_numbered<'v>(values: impl Iterator<Item = &'v str>) -> bool {
    let stems: Vec<&str> = values.map(|value| value.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    let Some(first) = stems.first().filter(|_| stems.len() > 1) else { return false };
    stems.iter().all(|stem| stem == first) && names::classify(first).is_none()
}

/// What people take for a password, and nothing else that a user may have.
fn is_made_up(user: &str, value: &str) -> bool {
    const WEAK: [&str; 12] = [
        "pass", "secret", "pwd", "letmein", "qwerty", "welcome", "1234", "changeme", "hunter", "monkey", "dragon",
        "abc123",
    ];
    let lower = value.to_ascii_lowercase();
    let whole = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    user.eq_ignore_ascii_case(value) && user.len() > 3
        || WEAK.iter().any(|word| lower.contains(word))
        || look(value) == Look::Mixed && value.bytes().any(|b| b.is_ascii_digit()) && !value.bytes().all(whole)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
        let reader = Reader::new(text, Path::new("a.txt"), Some("python"));
        let end = text.find(name).unwrap() + name.len();
        read(&reader, name, end).into_iter().map(|(span, _)| &text[span]).collect()
    }

    #[test]
    fn accounts_are_read_in_every_form() {
        for text in [
            "users = {'ann': 'ZZ', 'bo': 'spid3y'}",
            "users = {ann: 'ZZ', // the first\n bo: 'spid3y'}",
            "users = [('ann', 'ZZ'), ('bo', 'spid3y', 'admin')]",
            "users: Record<string, string> = {'ann': 'ZZ', 'bo': 'spid3y'}",
            "users := map[string]string{\n\t\"ann\": \"ZZ\",\n\t\"bo\": \"spid3y\",\n}",
            "users = new Dictionary<string, string>()\n{ { \"ann\", \"ZZ\" }, { \"bo\", \"spid3y\" } }",
            "users = new() { [\"ann\"] = \"ZZ\", [\"bo\"] = \"spid3y\" }",
            "users = ['ann' => 'ZZ', 'bo' => 'spid3y']",
            "users = array('ann' => 'ZZ', 'bo' => 'spid3y')",
            "users = mapOf(\"ann\" to \"ZZ\", \"bo\" to \"spid3y\")",
            "users = Map.of(\"ann\", \"ZZ\", \"bo\", \"spid3y\")",
        ] {
            let text = text.replace("ZZ", "w0rdy");
            assert_eq!(found(&text, "users"), ["w0rdy", "spid3y"], "{text}");
            // Wherever a letter of several bytes stands.
            let long = format!("{text} {}", "é".repeat(120));
            for text in [long.clone(), format!(" {long}")] {
                assert_eq!(found(&text, "users"), ["w0rdy", "spid3y"], "{text}");
            }
        }
        // keylift:allow made up for a test
        assert_eq!(found("credentials = {'ann': 'spider'}", "credentials"), ["spider"]);
        assert_eq!(found("gin.BasicAuth(gin.Accounts{\"ann\": \"spider\"})", "Accounts"), ["spider"]);
        assert_eq!(found("app.use(basicAuth({ users: { ann: 'spider' } }))", "users"), ["spider"]);
        assert_eq!(found("get(u, auth=('svc', 'spider'))", "auth"), ["spider"]);
        assert_eq!(found("'auth' => ['svc', 'spider']", "auth"), ["spider"]);
    }

    #[test]
    fn what_users_have_besides_is_no_password() {
        for (text, name) in [
            ("users = {'ann': 'Ann Smith', 'bo': 'Bo'}", "users"),
            ("users = {'ann': 'admin', 'bo': 'editor'}", "users"),
            ("basicAuth(); f({users: {'ann': 'spider'}})", "users"),
            ("users = ['ann1', 'w0rdy']", "users"),
            ("users = {'ann': 'u17', 'bo': 'u18'}", "users"),
            ("users = {'ann': {'role': 'x1'}}", "users"),
            ("users = {'ann': 'ann@shop.example', 'bo': 'b0@shop.example'}", "users"),
            ("users = {'name': 'ann17', 'role': 'admin1'}", "users"),
            ("users = read({'ann': 'w0rdy'})", "users"),
            ("credentials = {'host': 'db17', 'user': 'ann'}", "credentials"),
            ("auth = ('user', 'pass')", "auth"),
            ("auth = ('svc', 'spider', 'other')", "auth"),
            ("auth = ('svc', read())", "auth"),
            ("auth == ('svc', 'spider')", "auth"),
        ] {
            assert!(found(text, name).is_empty(), "{text}");
        }
    }
}
