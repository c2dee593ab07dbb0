//! How sure a value is that stands under a name, or is passed to a function.

use super::about;
use super::code::{is_algorithm, is_code, is_code_at_all, is_joined, is_type, is_validation, is_versions};
use super::fitting::{
    is_cipher_number, is_hardcoded, is_made_up_salt, is_mnemonic, is_set_anyway, is_signing_phrase, is_with_user,
};
use super::itself::names_itself;
use super::names::Class;
use super::said::{is_option, is_path, is_prose, is_suite, is_uuid, is_wrong};
use crate::model::Confidence;
use crate::rules::value::{Look, is_documentation_key, is_placeholder, is_wordy, look};
use crate::rules::words;

/// How a value stands to the name before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Assigned, a key's value, a keyword argument, a parameter's default.
    Bound,
    /// Compared with something of that name.
    Compared,
    /// The argument after the name: `get("password", "x")`.
    Argument,
    /// The second of two in a list: `["password", "x"]`.
    Pair,
    /// After a blank: `password x`.
    Blank,
    /// The text of an XML element.
    Element,
    /// Passed to a function that takes a secret there.
    Passed,
}

/// How sure a value under a name is; none where it is no credential.
pub(super) fn judge(class: Class, name: &str, value: &str, quoted: bool, how: How) -> Option<Confidence> {
    let length = value.chars().count();
    // `SECRET_KEY = "dev"`: a session is signed with that, too.
    let signs = || class == Class::Secret && how == How::Bound && name.to_ascii_lowercase().ends_with("secret_key");
    if quoted && how == How::Bound && class == Class::Secret && is_signing_phrase(name, value) {
        return Some(Confidence::Medium);
    }
    // `addAP("SSID", "PASSWORD")`: what should stand there.
    if how == How::Passed && ["PASSWORD", "PASSWD", "PASSPHRASE", "PASS"].contains(&value) {
        return None;
    }
    let handed = class == Class::Secret && how == How::Passed;
    let least = if class == Class::Password || length == 3 && (handed || signs()) { 3 } else { 4 };
    let control = value.chars().filter(|c| c.is_control()).count();
    if length < least
        || is_placeholder(value) && !is_set_anyway(class, name, value, quoted, how)
        || how != How::Bound && is_option(value)
        // `check("password", "Please enter a password with 6 or more characters")`
        || how == How::Argument && value.split(' ').count() > 4 && !is_mnemonic(name, value)
        || is_joined(value)
        // `secrets: inherit`, `PASSWD_VALUE="NOPASSWD"`, `attribute('PASSWORD', 'varchar2')`
        // `'password' => 'hashed'`: what Laravel casts a field to
        || ["inherit", "NOPASSWD", "NOPASSWORD", "varchar", "varchar2", "hashed", "encrypted"].contains(&value)
        || is_suite(value)
        || is_wrong(value)
        || about::is_none(name, value, how)
        || control > 0 && (value.len() < 12 || control * 4 > value.len())
    {
        return None;
    }
    if value.contains(['\n', '\r', '\t']) && !quoted || value.lines().count() > 1 {
        return None;
    }
    let look = look(value);
    if about::is_doubtful(class, name, value) {
        return Some(Confidence::Low);
    }
    // A bare `password` of exactly a digest's length is the digest of one (SHA-1, SHA-2); a generated password has an
    // owner in its name: `POSTGRES_PASSWORD`.
    let bare = ["password", "passwd", "pwd"].contains(&name.to_ascii_lowercase().as_str());
    if bare && matches!(value.len(), 40 | 56 | 64 | 96 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(Confidence::Low);
    }
    if look == Look::Random && value.len() >= 32 && class != Class::Weak && !is_code_at_all(value) {
        return Some(if is_documentation_key(value) { Confidence::Low } else { Confidence::High });
    }
    if is_mnemonic(name, value) {
        return Some(Confidence::High);
    }
    let path = is_path(value) && look < Look::Random && !is_with_user(class, name, value, how);
    if is_algorithm(value)
        || is_code(value, quoted || class == Class::Password && is_typed(value))
        || path
        || is_prose(value)
    {
        return None;
    }
    if is_validation(value) || !quoted && (is_type(value) || is_versions(value)) {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    let hashed = [
        "$2a$", "$2b$", "$2y$", "$argon2", "$6$", "$5$", "$1$", "$apr1$", "pbkdf2", "{ssha}", "{sha}", "sha256$",
        "-----",
    ]
    .iter()
    .any(|head| lower.starts_with(head));
    if is_documentation_key(value) || hashed || is_uuid(value) && class == Class::Weak {
        return Some(Confidence::Low);
    }
    let topic = names_itself(class, name, value, quoted, look, how);
    Some(match (class, look) {
        (_, Look::Plain | Look::Mixed) if topic => Confidence::Low,
        (_, Look::Plain) if how == How::Pair => Confidence::Low,
        (Class::Password | Class::Secret | Class::Key | Class::Token, Look::Random) => Confidence::High,
        (Class::Password, _) | (Class::Secret, Look::Mixed) => Confidence::Medium,
        (Class::Secret, Look::Plain) if value.split(' ').count() <= 2 => Confidence::Medium,
        // `token == "#pop"`: a sign at an end makes no word a token.
        (Class::Key | Class::Token, Look::Mixed)
            if value.len() >= 6
                && !(is_wordy(value.trim_matches(|c: char| c.is_ascii_punctuation())) && digits(value) < 2) =>
        {
            Confidence::Medium
        }
        (Class::Key | Class::Token, Look::Plain) if how == How::Passed => Confidence::Medium,
        (Class::Key, Look::Plain) if is_cipher_number(name, value) || is_hardcoded(name, value) => Confidence::Medium,
        (Class::Weak, Look::Mixed) if is_made_up_salt(name, value) => Confidence::Medium,
        (Class::Weak, Look::Random) if value.len() >= 16 && !is_uuid(value) => Confidence::Medium,
        _ => Confidence::Low,
    })
}

/// Whether a value without digits is doubtful at best, which takes less to tell than how sure it is: under names of keys words
/// stand.
pub(super) fn is_plain_word(class: Class, name: &str, value: &str, how: How) -> bool {
    matches!(class, Class::Key | Class::Token | Class::Weak)
        && how != How::Passed
        && value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-./:".contains(&byte))
        && (value.len() < 16 || words::cost(value) <= words::STRANGE)
        // `HARDCODED_KEY`
        && !name.as_bytes().windows(5).any(|part| part.eq_ignore_ascii_case(b"coded"))
}

pub(super) fn digits(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// `G5Rj"DueU4{a8pq`: letters of both cases, digits and signs as nobody writes an expression of.
fn is_typed(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.bytes().any(|b| test(&b));
    value.len() >= 10
        && digits(value) >= 2
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && !value.contains(['(', ')', '[', ']', '$', ';', ',', '=', '.', '/', '\\', ' ', '<', '>', '`', '\''])
        && !value.ends_with(['"', '{', '}'])
        && !is_wordy(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_by_what_their_name_promises() {
        let medium = Some(Confidence::Medium);
        for (class, name, value, quoted, expected) in [
            // keylift:allow made up for a test
            (Class::Weak, "TOKEN_SALT", "K7730192mnq#QWE5501", true, medium),
            (Class::Weak, "SALT", "fixed_salt_for_tests", true, Some(Confidence::Low)),
            (Class::Secret, "mnemonic", "lamp river stone ".repeat(4).trim_end(), true, Some(Confidence::High)),
            (Class::Password, "IRC_PASS", "irc_pass", false, medium),
            // keylift:allow made up for a test
            (Class::Password, "ADMIN_USER_PWD", "MyVeryStrongLoginPasswordForShops", false, medium),
            (Class::Password, "SMTP_PASS", "my-secure-smtp-password", false, medium),
            (Class::Password, "SMTP_PASS", "your-smtp-password", false, None),
            (Class::Password, "PDNS_sql_password", "my-secret-pw", true, medium),
            (Class::Password, "sql_password", "my-secret-pw", true, None),
            // keylift:allow made up for a test
            (Class::Password, "POSTGRES_PASSWORD", "ps123456", false, medium),
            (Class::Key, "jwt_key", "PS256", true, None),
            (Class::Password, "POSTGRES_PASSWORD", "example", false, medium),
            (Class::Password, "password", "example", true, None),
            (Class::Password, "password", "dev-password", false, medium),
            (Class::Password, "password", "db-password", false, Some(Confidence::Low)),
            (Class::Password, "password", "shop-pass", false, medium),
            (Class::Password, "password", "shop-pass", true, Some(Confidence::Low)),
            (Class::Password, "smtpPassword", "smtp-s3cret-key", true, medium),
            (Class::Password, "smtpPassword", "smtp-secret-k3y", true, Some(Confidence::Low)),
            (Class::Password, "password", "hashed", true, None),
            (Class::Password, "ECDHE-PSK", "+PSK:+AES-128-GCM:+AES-128-CBC:+AEAD:+SHA256", false, None),
            (Class::Secret, "JWT_SECRET", "secret", false, medium),
            (Class::Secret, "shop_secret", "secret", true, Some(Confidence::Low)),
            (Class::Secret, "ClientSecret", "secret", true, medium),
            (Class::Secret, "client_secret", "client_secret", true, Some(Confidence::Low)),
            (Class::Secret, "JWT_SECRET_KEY", "SecretKeyOfTheShopThatIsLongEnough", true, medium),
            (Class::Secret, "SECRET_KEY", "SecretKeyProvider", true, Some(Confidence::Low)),
            (Class::Secret, "TypesSecret", "SECRET_DO_NOT_USE_THIS_OR_ELSE", true, Some(Confidence::Low)),
            (Class::Token, "tokens", "H{1,2}|h{1,2}|m{1,2}|s{1,2}|S{1,6}|YYYY|YY|M{1,4}|D{1,4}", true, None),
            // keylift:allow made up for a test
            (
                Class::Key,
                "AUTH_KEY",
                "s4|gQ-T)7_9i+~}8|Wr]V}[M<-?bT|q-(d+p|6oI(u-IEPWnq-+Hx%|+MZe>",
                true,
                Some(Confidence::High),
            ),
            (Class::Password, "KEY_PWD", "pwd", true, Some(Confidence::Low)),
            (Class::Password, "password", "\u{15e}ifre:", true, Some(Confidence::Low)),
            (Class::Token, "csrfToken", "([\\w+.-]+)", true, None),
            (Class::Password, "ircPass", "irc_pass", true, Some(Confidence::Low)),
            (Class::Password, "password", "admin-secret", true, medium),
            (Class::Password, "password", "client_secret", true, Some(Confidence::Low)),
            (Class::Secret, "existingSecret", "admin-secret", true, Some(Confidence::Low)),
            (Class::Secret, "app.jwt.token.secret-key", "secret-key", false, medium),
            (Class::Secret, "jwt_secret_key", "secret_key", true, Some(Confidence::Low)),
            (Class::Password, "validPassword", "secret_sauce", true, medium),
            (Class::Password, "password", "secret_name", true, Some(Confidence::Low)),
            (Class::Key, "crypt_key", "1234567812345678", false, medium),
            (Class::Key, "api_key", "1234567812345678", false, Some(Confidence::Low)),
            (Class::Password, "password", "\".quote($name,\"", true, None),
            (Class::Secret, "SECRET_KEY", "dev", true, medium),
            (Class::Secret, "secret", "dev", true, None),
            (Class::Password, "password", "wrong_password1", true, None),
            (Class::Password, "password", "PASSWORD", true, Some(Confidence::Low)),
            (Class::Password, "RESOURCE_PASSWORD", "Passwords", true, Some(Confidence::Low)),
            (Class::Secret, "SECRET_KEY", "django-insecure-key-for-demos-only", true, medium),
        ] {
            assert_eq!(judge(class, name, value, quoted, How::Bound), expected, "{name} {value}");
        }
        for value in ["required|string|min:6|confirmed", "sometimes|min:6", "trim|required|min_length[8]"] {
            assert_eq!(judge(Class::Password, "password", value, true, How::Bound), None, "{value}");
        }
        // keylift:allow made up for a test
        assert_eq!(judge(Class::Password, "password", "min|hb:9Kz", true, How::Bound), medium);
        assert_eq!(judge(Class::Password, "password", "String!", false, How::Bound), None);
        let message = "Please enter a password with 6 or more characters";
        assert_eq!(judge(Class::Password, "password", message, true, How::Argument), None);
        for value in ["--gecos", "-tas", "--password=", "id=a.txt,src=b.txt"] {
            assert_eq!(judge(Class::Password, "disabled-password", value, false, How::Argument), None, "{value}");
        }
        // keylift:allow made up for a test
        assert_eq!(judge(Class::Password, "password", "-x1!", false, How::Argument), medium);
    }

    proptest::proptest! {
        #[test]
        fn of_plain_words_none_is_more_than_doubtful(
            name in "[a-zA-Z_]{1,12}|(HARD|hard_)?coded_key",
            value in "[a-zA-Z_./:-]{0,40}|[qxzjQXZJ]{10,40}|(key|pass|dev|test|SECRET|token)[a-z_-]{0,20}",
            quoted: bool,
            number in 0_usize..18,
        ) {
            let class = [Class::Key, Class::Token, Class::Weak][number % 3];
            let how = [How::Bound, How::Compared, How::Argument, How::Pair, How::Blank, How::Element][number / 3];
            if is_plain_word(class, &name, &value, how) {
                proptest::prop_assert!(judge(class, &name, &value, quoted, how) <= Some(Confidence::Low));
            }
        }
    }
}
