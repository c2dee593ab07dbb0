//! Names for a secret, from what the code calls it.

use std::path::Path;

use crate::literal::{Binding, Literal};

/// Words that say nothing about what a value is.
const EMPTY: [&str; 14] =
    ["VALUE", "VAL", "DEFAULT", "DATA", "STRING", "STR", "S", "X", "V", "RESULT", "RET", "TMP", "ARG", "NAME"];

/// Names for a literal's value, best first, as environment variables are written.
pub(crate) fn names(literal: &Literal) -> Vec<String> {
    let words: Vec<String> = literal.bindings.iter().map(called).filter(|name| !name.is_empty()).collect();
    let mut out: Vec<String> = Vec::new();
    let mut push = |name: String| {
        if !out.contains(&name) {
            out.push(name);
        }
    };
    let telling = |name: &&String| !EMPTY.contains(&name.as_str());
    for name in words.iter().filter(telling) {
        push(name.clone());
    }
    let of = |owner: &str, name: &str| (!says(owner, name)).then(|| format!("{owner}_{name}"));
    if let [first, second, ..] = words.as_slice() {
        of(second, first).into_iter().for_each(&mut push);
    }
    for scope in literal.scopes.iter().map(|scope| without_verb(&upper_snake(scope))) {
        if let Some(first) = words.first().filter(|_| !scope.is_empty()) {
            of(&scope, first).into_iter().for_each(&mut push);
        }
    }
    words.iter().filter(|name| !telling(name)).for_each(|name| push(name.clone()));
    out
}

/// Whether a name is, or ends in, the other already: `getPassword` owns no `password`.
fn says(owner: &str, name: &str) -> bool {
    owner.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with('_'))
}

/// What a function's name is about: `CREATE_ADMIN_USER` gives `ADMIN_USER`. A name that is a verb alone stays.
pub fn without_verb(name: &str) -> String {
    const VERBS: [&str; 17] = [
        "GET",
        "SET",
        "INIT",
        "TEST",
        "CHECK",
        "CREATE",
        "CONFIGURE",
        "MAKE",
        "BUILD",
        "SETUP",
        "LOAD",
        "FETCH",
        "VERIFY",
        "SEED",
        "IS",
        "HAS",
        "VALIDATE",
    ];
    match name.split_once('_') {
        Some((verb, rest)) if VERBS.contains(&verb) && !rest.is_empty() => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether a capital begins a word there: after a small letter; after a digit, where the name has small letters (`K8S` is one
/// word); after a capital where a small letter follows, which is no plural (`URLs`).
pub fn starts_word(letters: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).map(|at| letters[at]);
    let plural = letters.get(index + 1) == Some(&'s') && !letters.get(index + 2).is_some_and(char::is_ascii_lowercase);
    let mixed = || letters.iter().any(char::is_ascii_lowercase);
    letters[index].is_ascii_uppercase()
        && before.is_some_and(|before| match before {
            'a'..='z' => true,
            '0'..='9' => mixed(),
            'A'..='Z' => letters.get(index + 1).is_some_and(char::is_ascii_lowercase) && !plural,
            _ => false,
        })
}

/// What a binding calls the value: a setter's name without its verb.
fn called(binding: &Binding) -> String {
    let name = upper_snake(&binding.name);
    match name.split_once('_') {
        Some(("SET" | "WITH" | "ADD" | "PUT", rest)) if binding.how == "setter" && !rest.is_empty() => rest.to_owned(),
        _ => name,
    }
}

/// A file's name without its extension in one word: `user_store.go` gives `UserStore`.
pub(crate) fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let words = name.split('.').next().unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .collect()
}

/// A property's name as the variable that stands for it: `db.my-password` gives `DB_MY_PASSWORD`, `dbPassword` gives
/// `DBPASSWORD` (Spring Boot reference, "Binding From Environment Variables").
pub(crate) fn upper_snake_plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// `dbPassword`, `db-password`, `DBPassword` as `DB_PASSWORD`.
pub fn upper_snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            continue;
        }
        if starts_word(&characters, index) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(character.to_ascii_uppercase());
    }
    let out = out.trim_matches('_').to_owned();
    if out.starts_with(|first: char| first.is_ascii_digit()) { format!("_{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::{says, stem, upper_snake, without_verb};

    #[test]
    fn a_file_gives_a_word() {
        for (from, to) in
            [("a/user_store.go", "UserStore"), ("main_test.go", "MainTest"), ("x-1.pb.go", "X1"), ("", "")]
        {
            assert_eq!(stem(from.as_ref()), to);
        }
    }

    #[test]
    fn writes_names_as_variables_are_written() {
        for (from, to) in [
            ("dbPassword", "DB_PASSWORD"),
            ("DBPassword", "DB_PASSWORD"),
            ("db-password", "DB_PASSWORD"),
            ("--password", "PASSWORD"),
            ("SECRET_KEY", "SECRET_KEY"),
            ("secretKey2", "SECRET_KEY2"),
            ("spring.datasource.password", "SPRING_DATASOURCE_PASSWORD"),
            ("_token", "TOKEN"),
            ("K8S_SECRET", "K8S_SECRET"),
            ("tokenURLs", "TOKEN_URLS"),
            ("oauth2Token", "OAUTH2_TOKEN"),
            ("", ""),
            ("2fa", "_2FA"),
        ] {
            assert_eq!(upper_snake(from), to, "{from}");
        }
    }

    #[test]
    fn a_function_s_verb_owns_nothing() {
        for (name, about) in [
            ("GET_PASSWORD", "PASSWORD"),
            ("INIT_IDOR_INFO", "IDOR_INFO"),
            ("SETUP", "SETUP"),
            ("IS_SUPPORT", "SUPPORT"),
        ] {
            assert_eq!(without_verb(name), about);
        }
        assert!(says("PASSWORD", "PASSWORD") && says("USER_PASSWORD", "PASSWORD"));
        assert!(!says("BYPASSWORD", "PASSWORD") && !says("PASSWORD_USER", "PASSWORD"));
    }
}
