//! Variables that the code reads already: no other value may get their names.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;

/// Reads of an environment, in the words of many languages: `os.environ["X"]`, `getenv('X')`, `process.env.X`,
/// `ENV.fetch("X")`, `env::var("X")`, `${X}`. A name that is none too many costs a longer name, no more.
static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?-u)(?:(?i:getenv|lookupenv|environ(?:\.get)?|getenvironmentvariable|env::var(?:_os)?|process\.env|env\.fetch)"#,
        r#"|\bENV|\benv)[ \t]*[.(\[]{1,2}[ \t]*["'`]?([A-Z][A-Z0-9_]{2,63})\b"#,
        r#"|\$\{([A-Z][A-Z0-9_]{2,63})[}:?-]|\$\{?(?i:env):([A-Z][A-Z0-9_]{2,63})\b"#
    ))
    .ok()
});

/// Collects the variables that files read, from several threads at once.
#[derive(Debug, Default)]
pub struct Reserved(Mutex<BTreeSet<String>>);

impl Reserved {
    /// Looks through a file.
    pub fn add(&self, bytes: &[u8]) {
        let found = variables(bytes);
        if !found.is_empty()
            && let Ok(mut all) = self.0.lock()
        {
            all.extend(found);
        }
    }

    /// Every name found.
    pub fn finish(self) -> BTreeSet<String> {
        self.0.into_inner().unwrap_or_default()
    }
}

fn variables(bytes: &[u8]) -> Vec<String> {
    let Some(regex) = &*READS else { return Vec::new() };
    let group = |captures: &Captures| (1..=3).find_map(|group| captures.get_group(group));
    let names = regex.captures_iter(bytes).filter_map(|captures| group(&captures));
    names.filter_map(|span| std::str::from_utf8(&bytes[span.range()]).ok().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_of_many_languages_are_seen() {
        for text in [
            "os.environ[\"DB_PASSWORD\"]",
            "os.environ.get('DB_PASSWORD')",
            "getenv(\"DB_PASSWORD\")",
            "os.LookupEnv(\"DB_PASSWORD\")",
            "process.env.DB_PASSWORD",
            "process.env['DB_PASSWORD']",
            "ENV['DB_PASSWORD']",
            "ENV.fetch(\"DB_PASSWORD\")",
            "std::env::var(\"DB_PASSWORD\")",
            "Environment.GetEnvironmentVariable(\"DB_PASSWORD\")",
            "url: ${DB_PASSWORD:?}",
            "$password = $env:DB_PASSWORD",
            "env('DB_PASSWORD')",
        ] {
            assert_eq!(variables(text.as_bytes()), ["DB_PASSWORD"], "{text}");
        }
        assert!(variables(b"DB_PASSWORD = 'x'").is_empty());
    }
}
