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
    if let [first, second, ..] = words.as_slice() {
        push(format!("{second}_{first}"));
    }
    for scope in literal.scopes.iter().map(|scope| upper_snake(scope)).filter(|scope| !scope.is_empty()) {
        if let Some(first) = words.first() {
            push(format!("{scope}_{first}"));
        }
    }
    words.iter().filter(|name| !telling(name)).for_each(|name| push(name.clone()));
    out
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
        let before = index.checked_sub(1).map(|at| characters[at]);
        let after = characters.get(index + 1);
        let starts = character.is_ascii_uppercase()
            && (before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit())
                || before.is_some_and(|before| before.is_ascii_uppercase())
                    && after.is_some_and(char::is_ascii_lowercase));
        if starts && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(character.to_ascii_uppercase());
    }
    let out = out.trim_matches('_').to_owned();
    if out.starts_with(|first: char| first.is_ascii_digit()) { format!("_{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::{stem, upper_snake};

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
            ("", ""),
            ("2fa", "_2FA"),
        ] {
            assert_eq!(upper_snake(from), to, "{from}");
        }
    }
}
