//! Functions that are handed a secret, as data: `src/rules/calls.yaml`, made into a static by `build.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::{self, Class};

/// A function one of whose arguments is a secret.
#[derive(Debug)]
pub(super) struct Callee {
    /// The end of the callee: `jwt.encode`.
    call: &'static str,
    /// The languages that it counts for; none for all.
    languages: &'static [&'static str],
    /// Position of the secret among the positional arguments, from 0.
    pub(super) argument: Option<usize>,
    /// The secret's keyword.
    pub(super) keyword: Option<&'static str>,
    /// With more arguments it is another function.
    pub(super) alone: bool,
    /// Other functions are called so, too.
    vague: bool,
    /// What stands behind the literal.
    pub(super) then: Option<&'static str>,
    /// What the argument is.
    pub(super) class: Class,
}

impl Callee {
    /// Whether a value may be what the function takes, and not the name of it (`slack.New("token")`), or what another
    /// function of that name takes (`login("google", "popup")`).
    pub(super) fn takes(&self, value: &str) -> bool {
        let word = || value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-=. ".contains(&byte));
        let named = || names::classify(value).is_some() || value.to_ascii_lowercase().contains("secret");
        match self.class {
            Class::Token | Class::Key => !(word() && named()),
            _ => !(self.vague && word() && !named()),
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// Literals of which one stands in every call of the table, in lower case.
pub(super) fn gates() -> &'static [&'static str] {
    GATES
}

/// The last word of a callee.
fn last_word(callee: &str) -> &str {
    callee.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default()
}

/// The table by the last words of its callees.
static BY_WORD: LazyLock<HashMap<&str, Vec<&Callee>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<&Callee>> = HashMap::new();
    for known in CALLS {
        table.entry(last_word(known.call)).or_default().push(known);
    }
    table
});

/// Whether a callee, however it is written, may be in the table: most names are not.
pub(super) fn may_be(callee: &str) -> bool {
    BY_WORD.contains_key(last_word(callee))
}

/// The functions of the table that a callee is, in a language; in any, where the language is not known.
pub(super) fn find<'c>(callee: &'c str, language: Option<&'c str>) -> impl Iterator<Item = &'static Callee> + 'c {
    BY_WORD.get(last_word(callee)).into_iter().flatten().copied().filter(move |known| {
        let fits = callee
            .strip_suffix(known.call)
            .is_some_and(|head| head.is_empty() || !head.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        fits && (known.languages.is_empty() || language.is_none_or(|language| known.languages.contains(&language)))
    })
}

/// A callee as the table writes it: no `new`, no type arguments, no blanks, `.` for `::`, `->`, `?.`, Lua's `:` and PHP's `\`.
pub(super) fn plain(callee: &str) -> String {
    let callee = callee.trim_start_matches("new ").trim_start_matches("await ");
    let mut out = String::with_capacity(callee.len());
    let mut depth = 0_usize;
    for (at, c) in callee.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth > 0 || c.is_whitespace() => {}
            '-' if callee[at..].starts_with("->") => out.push('.'),
            ':' if callee[at..].starts_with("::") => out.push('.'),
            // A method of Lua; a namespace of PHP.
            ':' | '\\' if out.ends_with(|c: char| c.is_ascii_alphanumeric()) && !callee[..at].ends_with(':') => {
                out.push('.');
            }
            '>' | ':' | '?' | '!' | '\\' | '&' | '@' | '$' => {}
            c => out.push(c),
        }
    }
    out
}

/// Functions that give back what they are given, in another form: the literal inside is still the value.
pub(super) fn passes_through(callee: &str) -> bool {
    /// Whole callees.
    const EXACT: [&str; 25] = [
        "bytes",
        "bytearray",
        "str",
        "unicode",
        "string",
        "String",
        "Buffer",
        "[]byte",
        "byte",
        "Some",
        "Ok",
        "env",
        "b",
        "u",
        "secret",
        "ref",
        "computed",
        "Just",
        "atob",
        "btoa",
        "StringPtr",
        "aws.String",
        "Secret",
        "Output.secret",
        // Terraform: an attribute of an object, and what it is where nobody sets it.
        "optional",
    ];
    /// Last parts of callees.
    const LAST: [&str; 53] = [
        "hash",
        "hashSync",
        "md5",
        "sha1",
        "sha256",
        "sha512",
        // Where case counts for nothing, people write them large.
        "MD5",
        "SHA",
        "SHA1",
        "SHA2",
        "SHA256",
        "SHA512",
        "HASHBYTES",
        "md5_hex",
        "sha1_hex",
        "sha256_hex",
        "crypt",
        "hashPassword",
        "hash_password",
        "make_password",
        "encodePassword",
        "generate_password_hash",
        "hashpw",
        "bcrypt",
        "getPasswordHash",
        "get_password_hash",
        // `Hash::make("x")`
        "make",
        "encode",
        "SecretStr",
        "b64decode",
        "b64encode",
        "unhexlify",
        "fromhex",
        "toString",
        "toCharArray",
        "getBytes",
        "GetBytes",
        "toByteArray",
        "encodeToByteArray",
        "DecodeString",
        "FromBase64String",
        "base64_decode",
        "base64_encode",
        "to_string",
        "to_owned",
        "into",
        "strip",
        "trim",
        "freeze",
        "plainText",
        "unsafePlainText",
        "from",
        "decode",
    ];
    EXACT.contains(&callee) || callee.rsplit('.').next().is_some_and(|last| LAST.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_are_told_however_they_are_written() {
        let found =
            |callee: &str, language: &str| find(&plain(callee), Some(language)).next().map(|known| known.argument);
        assert_eq!(found("jwt.encode", "python"), Some(Some(1)));
        assert_eq!(found("new SecretKeySpec", "java"), Some(Some(0)));
        assert_eq!(found("JWT::encode", "php"), Some(Some(1)));
        assert_eq!(found("OpenSSL::HMAC.hexdigest", "ruby"), Some(Some(1)));
        assert_eq!(found("crypto?.createHmac", "javascript"), Some(Some(1)));
        assert_eq!(found("red:auth", "lua"), Some(Some(0)));
        assert_eq!(found("new \\Twilio\\Rest\\Client", "php"), Some(Some(1)));
        assert_eq!(found("MyFernet", "python"), None);
        assert_eq!(found("signWith", "python"), None);
    }

    #[test]
    fn plain_words_are_what_another_function_takes() {
        let taken = |callee: &str, language: &str, value: &str| {
            find(callee, Some(language)).next().is_some_and(|known| known.takes(value))
        };
        assert!(taken("login", "javascript", "hunter2x"));
        assert!(taken("login", "javascript", "secret_sauce"));
        assert!(!taken("auth.login", "javascript", "popup"));
        assert!(!taken("l.Bind", "go", "ou=people"));
        assert!(!taken("slack.New", "go", "token"));
        assert!(taken("memstore.NewStore", "go", "secret"));
    }

    #[test]
    fn every_gate_is_in_its_call() {
        for known in CALLS {
            let call = format!("new {}(", known.call.to_ascii_lowercase());
            assert!(GATES.iter().any(|gate| call.contains(gate) || call.contains(&plain(gate))), "{call}");
        }
        assert!(CALLS.iter().all(|known| may_be(known.call) && may_be(&format!("a::b.{}", known.call))));
        assert!(!may_be("jwt.password"));
        assert!(GATES.iter().all(|gate| gate.len() >= 3));
    }
}
