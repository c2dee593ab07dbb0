//! What a name promises about the value that is bound to it.

mod vocabulary;

use std::cell::RefCell;
use std::collections::HashMap;

use self::vocabulary::{ASKS, BEFORE_PASS, COMMON, CONFIRM, GLUED, GLUED_KEYS, KEYS, PASSES_ON, PASSWORD, PLACES};

/// What a value bound to a name would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Password,
    Secret,
    Token,
    Key,
    /// A bare `key`, `auth`, `salt`: telling only with a random value.
    Weak,
}

impl Class {
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Password => "generic-password",
            Self::Secret => "generic-secret",
            Self::Token => "generic-token",
            Self::Key | Self::Weak => "generic-key",
        }
    }
}

/// Words of a name in lower case: `dbPassword2`, `DB_PASSWORD`, `db-password` give `db`, `password`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let bytes = name.as_bytes();
    let mut fresh = true;
    for (at, byte) in bytes.iter().enumerate() {
        if !byte.is_ascii_alphabetic() {
            fresh = true;
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        let starts = byte.is_ascii_uppercase()
            && (before.is_some_and(u8::is_ascii_lowercase)
                || before.is_some_and(u8::is_ascii_uppercase) && after.is_some_and(u8::is_ascii_lowercase));
        if fresh || starts {
            words.push(String::new());
            fresh = false;
        }
        if let Some(word) = words.last_mut() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    words
}

/// Whether the last part of a path is of what signs tokens: `Jwt:Key`, `JwtSettings:Key`.
fn is_of_tokens(path: &str, last: &str) -> bool {
    let before = path.strip_suffix(last).map(|head| head.trim_end_matches(['.', ':', '/']));
    before.is_some_and(|head| !head.is_empty() && signs_tokens(head.rsplit(['.', ':', '/']).next().unwrap_or_default()))
}

/// Whether a section of settings is about tokens that are signed: `Jwt`, `JwtSettings`.
pub(super) fn signs_tokens(section: &str) -> bool {
    words(section).first().is_some_and(|word| word == "jwt")
}

/// A name as variables of an environment and constants have.
fn is_variable(name: &str) -> bool {
    name.contains('_') && !name.bytes().any(|b| b.is_ascii_lowercase())
}

thread_local! {
    /// Classes of names that were asked for lately: code says the same name many times.
    static KNOWN: RefCell<HashMap<Box<str>, Option<Class>, foldhash::fast::RandomState>> = RefCell::default();
}
/// Most names that are remembered.
const REMEMBERED: usize = 4096;

/// The class of a name; none for a name that promises nothing, or names something about a secret (`password_field`).
pub(super) fn classify(name: &str) -> Option<Class> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(class) = known.get(name) {
            return *class;
        }
        if known.len() == REMEMBERED {
            known.clear();
        }
        // `passwordField.text`: what somebody typed into a field.
        let typed = name.rsplit_once('.').filter(|(_, property)| is_typed(property));
        let class = typed.map_or_else(|| read(name), |(field, _)| field_class(field));
        known.insert(name.into(), class);
        class
    })
}

/// Whether a property is what somebody typed into a field: `text` (`UIKit`, Android), `value` (the DOM), `Text` (.NET),
/// `stringValue` (`AppKit`).
pub(super) fn is_typed(property: &str) -> bool {
    ["text", "value", "Text", "Value", "stringValue"].contains(&property)
}

/// What somebody types into a field, where that is a password: `passwordTextField`.
pub(super) fn field_class(field: &str) -> Option<Class> {
    const FIELDS: [&str; 8] = ["TextField", "Field", "Input", "TextBox", "EditText", "_field", "_input", "Text"];
    let stem = FIELDS.iter().find_map(|kind| field.strip_suffix(kind)).filter(|stem| !stem.is_empty());
    read(stem.unwrap_or(field)).filter(|class| *class == Class::Password)
}

fn read(name: &str) -> Option<Class> {
    // An option with its own value is no name: `-path=secret kv-v2`.
    if name.split(' ').count() > 2 || name.contains('=') {
        return None;
    }
    let whole = name;
    let name = name.rsplit(['.', ':', '/']).find(|part| !part.is_empty())?;
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|last| CONFIRM.contains(&last.as_str())) {
        words.pop();
    }
    // `DB_PASSWORD_DEFAULT`, `SECRET_KEY_HMAC`: a few words leave the meaning as it is.
    while words.len() > 1
        && words.last().is_some_and(|last| {
            [
                "default",
                "hmac",
                "prod",
                "production",
                "dev",
                "development",
                "test",
                "staging",
                "plain",
                "plaintext",
                "value",
                "b",
                "old",
                "new",
                "aes",
                "live",
                "raw",
                "string",
                "str",
            ]
            .contains(&last.as_str())
        })
    {
        words.pop();
    }
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).and_then(|at| words.get(at)).map_or("", String::as_str);
    // `RESET_SECRET = "x"`: what links are signed with that reset, or verify.
    let signs = last == "secret" && words.len() == 2 && is_variable(name);
    if !signs && ASKS.contains(&words[0].as_str()) {
        return None;
    }
    if words.iter().any(|word| {
        [
            "allow",
            "random",
            "fake",
            "dummy",
            "empty",
            "invalid",
            "missing",
            "without",
            "public",
            "pub",
            "tpl",
            "tmpl",
            "template",
            "nopasswd",
            "nopassword",
            // `existingSecret`: which one, by its name.
            "existing",
        ]
        .contains(&word.as_str())
    }) {
        return None;
    }
    let glued = GLUED.iter().any(|word| last.ends_with(word))
        || last.strip_suffix("pass").is_some_and(|head| BEFORE_PASS.contains(&head));
    let lower = name.to_ascii_lowercase();
    Some(match last {
        "pass" if PASSES_ON.contains(&before) && (words.len() == 2 || before != "proxy") && lower.contains("_pass") => {
            return None;
        }
        // `headers_to_pass`
        "pass" if before == "to" => return None,
        word if PASSWORD.contains(&word) || glued => Class::Password,
        // `KAFKA_CLIENT_PASSWORDS=x,y`, `wep_key0=x`
        "passwords" if words.len() > 1 && is_variable(name) && !COMMON.contains(&words[0].as_str()) => Class::Password,
        "key" if before == "wep" => Class::Password,
        // What the directory is bound with: `java.naming.security.credentials=x`.
        "credentials" if before == "security" => Class::Password,
        // `redisPassWord`, `PassPhrase`
        "word" | "phrase" if before == "pass" => Class::Password,
        // `IMAGE_PULL_SECRETS`: which of a cluster's secrets, by their names.
        "secret" | "secrets" if before == "pull" => return None,
        "secret" | "secrets" | "mnemonic" | "clientsecret" | "appsecret" => Class::Secret,
        "token" if PLACES.contains(&before) => return None,
        // What sessions were signed with in older versions of Rails.
        "token" if before == "secret" => Class::Secret,
        "token" | "tokens" | "authtoken" | "accesstoken" | "bearer" => Class::Token,
        "key" if before == "secret" || before == "jwt" => Class::Secret,
        // `secretOrKey`, as Passport calls it; `Jwt:Key`, `jwt.key`
        "key" if before == "or" && words[0] == "secret" || words.len() == 1 && is_of_tokens(whole, name) => {
            Class::Secret
        }
        // `SECRET_COOKIE_KEY`
        "key" if words[0] == "secret" && ["cookie", "session", "signing", "encryption", "crypto"].contains(&before) => {
            Class::Secret
        }
        "key" if words.len() > 1 && KEYS.contains(&before) => Class::Key,
        word if word.strip_suffix("key").is_some_and(|head| GLUED_KEYS.contains(&head)) => Class::Key,
        "key" | "auth" | "salt" | "credential" | "credentials" | "creds" | "apitoken" => Class::Weak,
        _ => return None,
    })
}

/// The half of an entry that holds the value: `value: x`, `default = "x"`.
pub(super) fn is_value(name: &str) -> bool {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    [
        "value",
        "val",
        "default",
        "defaultvalue",
        "stringvalue",
        "secretvalue",
        "parametervalue",
        "content",
        "data",
        "text",
    ]
    .contains(&flat.as_str())
}

/// The half of an entry that holds the name: `name: DB_PASSWORD`, `key = "password"`.
pub(super) fn is_name(name: &str) -> bool {
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ["name", "key", "variable", "parametername", "parameterkey", "envname", "keyname", "parameter", "property"]
        .contains(&flat.as_str())
}

/// The class of a table's column: as a name, and hashes too (the statement may hash what it is given).
pub(super) fn classify_column(column: &str) -> Option<Class> {
    classify(column).filter(|class| *class != Class::Weak).or_else(|| {
        let lower = column.to_ascii_lowercase();
        let stem = lower.strip_suffix("hash").map(|stem| stem.trim_end_matches('_'))?;
        classify(stem).filter(|class| *class == Class::Password)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        for (name, class) in [
            ("DB_PASSWORD", Class::Password),
            ("userPassword", Class::Password),
            ("es.passWord", Class::Password),
            ("form.passwordField.text", Class::Password),
            ("txtPassword.Text", Class::Password),
            ("KAFKA_CLIENT_PASSWORDS", Class::Password),
            ("wep_key0", Class::Password),
            ("LDAP_JAVA_NAMING_SECURITY_CREDENTIALS", Class::Password),
            ("secret_token", Class::Secret),
            ("dbpasswd", Class::Password),
            ("SMTP_PASS", Class::Password),
            ("password_confirmation", Class::Password),
            ("app.secret_key", Class::Secret),
            ("SECRET_KEY_HMAC_3", Class::Secret),
            ("secret_key_base", Class::Secret),
            ("mapApiKey", Class::Key),
            ("cryptoKey", Class::Key),
            ("AWS_SECRET_ACCESS_KEY", Class::Key),
            ("oauth_token", Class::Token),
            ("LINK_TOKEN_SALT", Class::Weak),
            ("SECRET_COOKIE_KEY", Class::Secret),
            ("VENDORKEY", Class::Key),
            ("hardCodedKey", Class::Key),
            ("DES_KEY", Class::Key),
            ("RESET_SECRET", Class::Secret),
            ("secretOrKey", Class::Secret),
            ("Jwt:Key", Class::Secret),
            ("Cache:Key", Class::Weak),
            ("httpProxyPass", Class::Password),
            ("-deststorepass", Class::Password),
            ("--requirepass", Class::Password),
            ("WIFI_PSK", Class::Password),
            ("usuario.senha", Class::Password),
        ] {
            assert_eq!(classify(name), Some(class), "{name}");
        }
        for name in [
            "COMMON_PASSWORDS",
            "JOB_IMAGE_PULL_SECRETS",
            "imagePullSecret",
            "fake_secret_token",
            "userPasswords",
            "password_field",
            "token.value",
            "apiKeyField.text",
            "passwordHash",
            "token_url",
            "bypass",
            "compass",
            "secret_name",
            "keyboard",
            "reset_password",
            "--reuse-secrets",
            "resetSecret",
            "RESET_TOKEN",
            "headers_to_pass",
            "monkey",
            "author",
            "tokenizer",
            "password_min_length",
            "fastcgi_pass",
            "SHOP_UWSGI_PASS",
            "existingSecret",
            "identificationToken",
            "hotkey",
            "-path=secret",
            "monkeypass",
        ] {
            assert_eq!(classify(name), None, "{name}");
        }
    }
}
