//! Names of values that have none of their own: what a function or an address is called tells them.

use super::variable;

/// The name of a value that only a function's name tells of: `jwt.encode` takes the `JWT_SECRET`, `createHmac` the
/// `HMAC_SECRET`, `login` the `LOGIN_PASSWORD`. None where the name says by itself that it is a credential's, and for rules
/// that know more of the value than its class.
pub fn of_call(callee: &str, rule: &str) -> Option<String> {
    const VERBS: &[&str] = &[
        "NEW",
        "CREATE",
        "MAKE",
        "GET",
        "SET",
        "INIT",
        "BUILD",
        "FROM",
        "OF",
        "WITH",
        "USE",
        "ADD",
        "DO",
        "ENCODE",
        "DECODE",
        "SIGN",
        "VERIFY",
        "DIGEST",
        "HEXDIGEST",
        "ENCRYPT",
        "DECRYPT",
        "CALL",
        "LOGIN",
    ];
    const CREDENTIALS: &[&str] =
        &["PASS", "PWD", "PSW", "SECRET", "TOKEN", "KEY", "SALT", "CREDENTIAL", "MNEMONIC", "SEED"];
    let class = rule.strip_prefix("generic-")?.to_ascii_uppercase();
    let whole = variable(callee);
    let mut words: Vec<&str> = whole.split('_').collect();
    let telling =
        |word: &str| CREDENTIALS.iter().any(|known| word.contains(known)) || ["AUTH", "PW", "PIN"].contains(&word);
    // What is hashed is what somebody logs in with; `HASH_PASSWORD` would read as if the hash were wanted.
    if class == "PASSWORD" && words.iter().any(|word| ["HASH", "HASHPW", "BCRYPT"].contains(word)) {
        return Some("LOGIN_PASSWORD".into());
    }
    // `token.SignedString` takes what tokens are signed with.
    if whole.is_empty() || words.last().is_some_and(|word| telling(word)) {
        return None;
    }
    if let Some(last) = words.iter().rposition(|word| telling(word)) {
        if !callee.contains('.') {
            return None;
        }
        words.truncate(last + 1);
        if words.last().is_some_and(|word| class.starts_with(word)) {
            return Some(words.join("_"));
        }
    }
    if words.iter().any(|word| !VERBS.contains(word)) {
        words.retain(|word| !VERBS.contains(word));
    }
    words.dedup();
    words.push(&class);
    Some(words.join("_"))
}

/// The name of the password in what a name calls an address: `DATABASE_URL` and `DATABASE_URL_PASSWORD` give
/// `DATABASE_PASSWORD`.
pub fn of_part(name: &str) -> String {
    let whole = variable(name);
    let bare = whole.strip_suffix("_PASSWORD").unwrap_or(&whole);
    let address = ["_URL", "_URI", "_DSN"].iter().find_map(|end| bare.strip_suffix(end));
    address.map_or_else(|| name.to_owned(), |of| format!("{of}_PASSWORD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_s_name_is_no_name_of_its_argument() {
        for (callee, class, name) in [
            ("jwt.encode", "secret", Some("JWT_SECRET")),
            ("hmac.new", "secret", Some("HMAC_SECRET")),
            ("createHmac", "secret", Some("HMAC_SECRET")),
            ("redis.Redis", "password", Some("REDIS_PASSWORD")),
            ("login", "password", Some("LOGIN_PASSWORD")),
            ("sign", "secret", Some("SIGN_SECRET")),
            ("setSigningKey", "secret", None),
            ("token.SignedString", "secret", Some("TOKEN_SECRET")),
            ("password.equals", "password", Some("PASSWORD")),
            ("bcrypt.hashSync", "password", Some("LOGIN_PASSWORD")),
            ("Hash::make", "password", Some("LOGIN_PASSWORD")),
            ("passwordAlice", "password", None),
            ("db_password", "password", None),
        ] {
            assert_eq!(of_call(callee, &format!("generic-{class}")).as_deref(), name, "{callee}");
        }
        assert_eq!(of_call("Client", "github-token"), None);
    }

    #[test]
    fn a_password_in_an_address_is_no_address() {
        for (name, part) in [
            ("DATABASE_URL", "DATABASE_PASSWORD"),
            ("databaseUri_password", "DATABASE_PASSWORD"),
            ("url_password", "url_password"),
            ("PGPASSWORD", "PGPASSWORD"),
        ] {
            assert_eq!(of_part(name), part, "{name}");
        }
    }
}
