//! How passwords of accounts are kept: as hashes, with a salt or without.

/// A password's hash in the form of crypt(3) and its kin: who has it can guess the password offline.
pub(super) fn is_salted_hash(value: &str) -> bool {
    const HEADS: [&str; 20] = [
        "$2a$",
        "$2b$",
        "$2y$",
        "$5$",
        "$6$",
        "$1$",
        "$y$",
        "$apr1$",
        "$argon2",
        "{SSHA",
        // Django, Werkzeug, passlib.
        "pbkdf2_sha256$",
        "pbkdf2_sha1$",
        "pbkdf2:",
        "scrypt:",
        "bcrypt$",
        "bcrypt_sha256$",
        "$pbkdf2-",
        // phpass, and Drupal's form of it.
        "$P$",
        "$H$",
        "$S$",
    ];
    HEADS.iter().any(|head| value.starts_with(head)) && value.len() >= 26
}

/// A digest of MD5, SHA-1 or SHA-2 where a row holds an account's password: without a salt it is looked up in a table.
pub(super) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
