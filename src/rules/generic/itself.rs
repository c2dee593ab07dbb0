//! Whether a value says what its name says: a label, a field's name, a key of something else.

use super::fitting::is_set_anyway;
use super::judge::{How, digits, is_name};
use super::names::{self, Class};
use crate::rules::value::Look;

/// First words of constants that name fields, columns, settings and parameters.
const FIELDS: [&str; 22] = [
    "key",
    "pref",
    "prefs",
    "extra",
    "arg",
    "param",
    "field",
    "column",
    "col",
    "attr",
    "attribute",
    "prop",
    "property",
    "header",
    "tag",
    "cookie",
    "conf",
    "mode",
    "option",
    "opt",
    "method",
    "grant",
];

/// The value says what the name says: a label, a field's name, a key of something else.
pub(super) fn names_itself(class: Class, name: &str, value: &str, quoted: bool, look: Look, how: How) -> bool {
    let flat = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let own = flat(name).ends_with(&flat(value))
        && (class != Class::Password || how == How::Compared || how == How::Argument);
    // `password == "admin_pass"` compares with a password, whatever it reads like.
    let compound =
        (look == Look::Plain || value.bytes().filter(u8::is_ascii_digit).count() < 2) && !is_disguised(value);
    let topic = names::classify(value).is_some() && compound && value.contains(['_', '-', '.', '/']);
    let direct = class == Class::Password && how == How::Compared || how == How::Passed;
    // `'Password': 'Updated.'`
    let word = value.strip_suffix(['.', ':']).is_some_and(|word| word.chars().all(char::is_alphabetic));
    // `password = "PASSWORD"`: a name in capitals. `RESOURCE_PASSWORD = "Passwords"`: what things of a kind are called.
    let shouted = quoted
        && value.len() > 3
        && value.bytes().all(|b| b.is_ascii_uppercase())
        && name.to_ascii_uppercase() == value
        && name != value;
    let plural = quoted
        && value.strip_suffix('s').is_some_and(|one| {
            one.starts_with(|c: char| c.is_ascii_uppercase())
                && flat(name).ends_with(&flat(one))
                && names::classify(one).is_some()
        });
    // `password: 'Password'`: a field's label.
    let set = !name.bytes().any(|b| b.is_ascii_lowercase());
    let label = class == Class::Password
        && !set
        && names::words(name).len() < 3
        && ["Password", "Passwort", "Passwords", "Passphrase", "Passcode", "Kennwort", "Senha"].contains(&value);
    if shouted || plural || label || quoted && is_named_after(name, value) {
        return true;
    }
    // `KEY_PWD = "pwd"`: a constant that names a field.
    let first = names::words(name).into_iter().next().unwrap_or_default();
    let field =
        quoted && FIELDS.contains(&first.as_str()) && names::words(name).len() > 1 && names::classify(value).is_some();
    if field && compound {
        return true;
    }
    // `CHALLENGE_PASSWORD = "challengePassword"`
    let same = flat(name) == flat(value) && names::words(value).len() > 1;
    let variable = how == How::Bound && !quoted && !name.bytes().any(|b| b.is_ascii_lowercase());
    // `JWT_SECRET=secret`: the program signs with it. `password: dev-password`: the one of a place.
    // `password="admin-secret"`: a password is no other secret's name.
    let other = class == Class::Password
        && how == How::Bound
        && names::classify(value) == Some(Class::Secret)
        && value.contains('-');
    let short_for_one = !quoted && is_short_for_one(value);
    let placed =
        class == Class::Password && how == How::Bound && !same && (is_of_a_place(value) || short_for_one) || other;
    // `ClientSecret = "secret"`: what somebody else asks for, or signs with.
    let short = |words: Vec<String>| words.len() == 1 || words == ["secret", "key"] && names::words(name).len() > 3;
    let weak = class == Class::Secret && how == How::Bound && own && short(names::words(value)) && {
        let words = names::words(name);
        words.len() > 1 && words.iter().any(|word| ["client", "jwt", "session", "cookie"].contains(&word.as_str()))
    };
    if class == Class::Secret && variable && own || weak || placed || how == How::Bound && is_described(class, value) {
        return false;
    }
    // `DB_PASSWORD=db_password`: where a variable is set, the value counts, whatever it reads like; so does a phrase.
    let set = class == Class::Password
        && how == How::Bound
        && (variable
            || is_set_anyway(class, name, value, quoted, how)
            || !name.bytes().any(|b| b.is_ascii_lowercase()) && names::words(value).len() > 4
            || !quoted && names::words(value).len() > 4);
    if set {
        return false;
    }
    // `SECRET_KEY = "django-insecure-key-for-demonstration-only"`: nothing else is called so.
    let long = names::words(value).len();
    let sentence =
        class == Class::Secret && quoted && (value.contains('-') && long >= 4 || !value.contains('_') && long >= 6);
    // `ValidPassword = "secret_sauce"`: a phrase of somebody's.
    let phrase = class == Class::Password && how == How::Bound && is_secret_phrase(value);
    let about = is_about(value) && !sentence && !phrase;
    word || same
        || flat(value).len() > 3 && own && how != How::Passed
        || (topic || about) && !direct
        || how == How::Pair && names::classify(value).is_some()
        || how == How::Argument && digits(value) < 3 && names::classify(value).is_some()
}

/// `LN_userPassword = "userPassword"`: what ends with its own value, a name of several words in letters of both cases.
fn is_named_after(name: &str, value: &str) -> bool {
    let mixed = value.bytes().all(|b| b.is_ascii_alphabetic())
        && value.bytes().skip(1).any(|b| b.is_ascii_uppercase())
        && value.bytes().any(|b| b.is_ascii_lowercase());
    let flat = || name.replace(['_', '-', '.'], "").to_ascii_lowercase();
    mixed && names::words(value).len() > 1 && flat().ends_with(&value.to_ascii_lowercase())
}

/// A type or a constant about a secret, not one: `PasswordWidget`, `V1SecretProjection`, `SECRET_DO_NOT_USE_THIS`.
fn is_about(value: &str) -> bool {
    let words = names::words(value);
    let telling = |word: &String| ["password", "secret", "token", "key", "credential", "auth"].contains(&word.as_str());
    let last = words.len().saturating_sub(1);
    let inside = words.iter().take(last).any(telling) && words.last().is_some_and(|word| !telling(word));
    is_name(value) && digits(value) < 2 && inside && !value.contains('.')
}

/// Words that begin with `secret` and name nothing that belongs to one.
fn is_secret_phrase(value: &str) -> bool {
    const PARTS: [&str; 16] = [
        "name", "id", "file", "path", "ref", "key", "manager", "store", "arn", "version", "value", "field", "type",
        "input", "form", "service",
    ];
    let words = names::words(value);
    let plain = value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    plain && words.len() == 2 && words[0] == "secret" && !PARTS.contains(&words[1].as_str())
}

/// `dev-password`: the password of one installation. Those of services (`db-password`) are names as often.
fn is_of_a_place(value: &str) -> bool {
    let words = names::words(value);
    let [place, last] = words.as_slice() else { return false };
    ["dev", "test", "testing", "local", "demo", "prod", "stage", "staging", "qa"].contains(&place.as_str())
        && ["password", "passwd", "pass", "pw"].contains(&last.as_str())
}

/// `weak-secret-key`, `super-secure-password`: how good it is, nobody says in the name of a field or of what is kept elsewhere.
fn is_described(class: Class, value: &str) -> bool {
    const HOW: [&str; 17] = [
        // `secret_for_refresh`
        "for",
        "weak",
        "insecure",
        "unsafe",
        "vulnerable",
        "super",
        "supersecret",
        "supersecure",
        "strong",
        "very",
        "simple",
        "easy",
        "fixed",
        "hardcoded",
        "guessable",
        "predictable",
        "terrible",
    ];
    let words = names::words(value);
    let said = |word: &String| HOW.contains(&word.as_str());
    matches!(class, Class::Password | Class::Secret)
        && value.contains(['-', '_'])
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_!".contains(&b))
        && (words.iter().any(said) || words.len() > 2 && words.iter().any(|word| word == "secure"))
}

/// `realworld-pass`: where settings stand without quotes, whoever names an entry writes `password` out.
fn is_short_for_one(value: &str) -> bool {
    let words = names::words(value);
    words.len() > 1 && words.last().is_some_and(|last| ["pass", "pw", "pwd"].contains(&last.as_str()))
}

/// `smtp-s3cret-key`: digits that stand for letters of a telling word; nobody calls a field so.
fn is_disguised(value: &str) -> bool {
    let plain = |c: char| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c.to_ascii_lowercase(),
    };
    let chunk = |chunk: &str| {
        let read: String = chunk.chars().map(plain).collect();
        let own = chunk.to_ascii_lowercase();
        ["password", "pass", "secret", "token", "admin"].iter().any(|word| read.contains(word) && !own.contains(word))
    };
    value.split(['-', '_', '.', '/', ' ']).any(chunk)
}
