//! Values that say little alone, and are what their name promises: a wallet's words, a cipher's key of digits, a salt that
//! somebody typed.

use super::judge::{How, digits};
use super::names::{self, Class};

/// `MYSQL_PASSWORD=my-secret-pw`, `POSTGRES_PASSWORD=example`: where a variable is set to a password of somebody's own, a program uses it.
pub(super) fn is_set_anyway(class: Class, name: &str, value: &str, quoted: bool, how: How) -> bool {
    let own = value.to_ascii_lowercase();
    // `PDNS_gmysql_password: 'my-secret-pw'`
    let first = name.split('_').next().unwrap_or_default();
    let variable = name.contains('_') && !first.is_empty() && first.bytes().all(|b| b.is_ascii_uppercase());
    let set = how == How::Bound && (variable || !quoted && !name.bytes().any(|b| b.is_ascii_lowercase()));
    class == Class::Password
        && set
        && (own == "example"
            || (own.starts_with("my-") || own.starts_with("my_"))
                && names::words(value).len() > 2
                && !["here", "example", "xxxx", "..."].iter().any(|part| own.contains(part)))
}

/// Words that stand for a wallet's key: 12 to 24 of them, in threes, each of 3 to 8 small letters (BIP 39).
pub(super) fn is_mnemonic(name: &str, value: &str) -> bool {
    let telling =
        names::words(name).iter().any(|word| ["mnemonic", "seed", "phrase", "wallet"].contains(&word.as_str()));
    let words: Vec<&str> = value.split(' ').collect();
    let fits = |word: &&str| (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    telling && matches!(words.len(), 12 | 15 | 18 | 21 | 24) && words.iter().all(fits)
}

/// `crypt_key=1234567812345678`: of the length of a cipher's key; DES has one of eight bytes.
pub(super) fn is_cipher_number(name: &str, value: &str) -> bool {
    let of_des = || names::words(name).iter().any(|word| word == "des");
    (matches!(value.len(), 16 | 24 | 32) || value.len() == 8 && of_des())
        && digits(value) == value.len()
        && names::words(name)
            .iter()
            .any(|word| ["crypt", "encrypt", "encryption", "aes", "des", "cipher"].contains(&word.as_str()))
}

/// `HARDCODED_KEY = "MySecret"`: the name says that this is it.
pub(super) fn is_hardcoded(name: &str, value: &str) -> bool {
    value.len() >= 6 && names::words(name).iter().any(|word| ["coded", "hardcoded"].contains(&word.as_str()))
}

/// A salt that somebody typed: long, of letters, digits and signs, and no words.
pub(super) fn is_made_up_salt(name: &str, value: &str) -> bool {
    let salt = names::words(name).last().is_some_and(|word| word == "salt");
    salt && value.len() >= 16 && digits(value) * 4 >= value.len() && !value.contains([' ', '/', '.', '$', '_', '-'])
}

/// `BOOTSTRAP_USER_PASS=admin:adminpw`: a user's name and the password, as the name says.
pub(super) fn is_with_user(class: Class, name: &str, value: &str, how: How) -> bool {
    let words = names::words(name);
    let both = words.len() > 1 && ["user", "username", "name"].contains(&words[words.len() - 2].as_str());
    let pair = value
        .split_once(':')
        .is_some_and(|(user, rest)| user.len() > 1 && rest.len() > 2 && !rest.contains([':', '/']));
    class == Class::Password && how == How::Bound && both && pair
}

/// `SECRET_KEY = "my secret string"`: words that a program signs with as they are, unless they say what to put there.
pub(super) fn is_signing_phrase(name: &str, value: &str) -> bool {
    const ASKS: [&str; 16] = [
        "your", "change", "changed", "replace", "insert", "enter", "put", "here", "generate", "set", "add", "must",
        "should", "used", "for", "of",
    ];
    let words = || value.split(' ');
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b" -_'".contains(&b);
    name.ends_with("SECRET_KEY")
        && (2..=8).contains(&words().count())
        && value.bytes().all(plain)
        && words().all(|word| !word.is_empty() && !ASKS.contains(&word))
}
