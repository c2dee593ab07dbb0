//! How sure a value is that stands under a name, or is passed to a function.

use super::names::{self, Class};
use crate::model::Confidence;
use crate::rules::value::{Look, is_documentation_key, is_placeholder, look};

/// How a value stands to the name before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Assigned, a key's value, a keyword argument, a parameter's default.
    Bound,
    /// Compared with something of that name.
    Compared,
    /// The argument after the name: `get("password", "x")`.
    Argument,
    /// After a blank: `password x`.
    Blank,
    /// The text of an XML element.
    Element,
    /// Passed to a function that takes a secret there.
    Passed,
}

/// How sure a value under a name is; none where it is no credential.
pub(super) fn judge(class: Class, name: &str, value: &str, quoted: bool, how: How) -> Option<Confidence> {
    let least = if class == Class::Password { 3 } else { 4 };
    let lower = value.to_ascii_lowercase();
    if value.len() < least || is_placeholder(value) || value.chars().any(char::is_control) {
        return None;
    }
    let code = value.contains("()")
        || value.contains("://")
        || value.contains("->")
        || value.starts_with(['/', '.', '~'])
        || !quoted && value.contains(['(', '[', '{', '<', '|'])
        || value.starts_with(['{', '(', '[', '<', '#', '&', ',', ':', '@']) && value.len() < 8;
    let dotted = value.split('.').count() > 1
        && value.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
    let look = look(value);
    if code || dotted && look < Look::Random {
        return None;
    }
    let flat = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let own = flat(name).ends_with(&flat(value))
        && (class != Class::Password || how == How::Compared || how == How::Argument);
    let names_itself = flat(value).len() > 3 && own
        || names::classify(value).is_some() && look < Look::Random && lower.contains(['_', '-', '.'])
        || how == How::Argument && names::classify(value).is_some();
    let hashed = ["$2a$", "$2b$", "$2y$", "$argon2", "$6$", "pbkdf2", "{ssha}", "sha256$", "-----"]
        .iter()
        .any(|head| lower.starts_with(head));
    if is_documentation_key(value) || hashed {
        return Some(Confidence::Low);
    }
    let prose = value.contains(' ')
        && (lower.contains("pass")
            || lower.contains("token")
            || lower.contains("secret")
            || value.ends_with(['.', ':', '!', '?']) && value.split(' ').count() > 2
            || lower.contains("key"));
    if prose {
        return None;
    }
    Some(match (class, look) {
        (_, Look::Plain) if names_itself => Confidence::Low,
        (Class::Password | Class::Secret | Class::Key | Class::Token, Look::Random) => Confidence::High,
        (Class::Password, _) | (Class::Secret, Look::Mixed) => Confidence::Medium,
        (Class::Secret, Look::Plain) if !value.contains(' ') => Confidence::Medium,
        (Class::Key | Class::Token, Look::Mixed) if value.len() >= 6 => Confidence::Medium,
        (Class::Weak, Look::Random) if value.len() >= 16 => Confidence::Medium,
        _ => Confidence::Low,
    })
}
