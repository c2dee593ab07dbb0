//! The same password in three files is one secret in three places: looks for the values that rules found wherever else
//! they stand, in comments and under names that no rule would ask about.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use memchr::memmem::Finder;

use crate::model::{Confidence, Finding, Origin, SourceFile, Text};

/// Whether a value stands in a text for no other reason than that it was put there: a long one of more than one kind of
/// character. `password`, `Password` and `userPassword` are words of any code.
pub fn is_telling(value: &[u8]) -> bool {
    let kinds: [fn(&u8) -> bool; 3] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, |byte| !byte.is_ascii_alphabetic()];
    value.len() >= 8 && kinds.iter().filter(|kind| value.iter().any(kind)).count() > 1 && !is_common(value)
}

/// Letters alone, of which a capital begins each word, and no word but the first tells more than what kind of thing it is:
/// a label, or what code calls a field.
fn is_common(value: &[u8]) -> bool {
    const WORDS: [&str; 14] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "key",
        "user",
        "username",
        "login",
        "name",
        "field",
        "id",
        "value",
        "hash",
    ];
    let Some(text) = std::str::from_utf8(value).ok().filter(|_| value.iter().all(u8::is_ascii_alphabetic)) else {
        return false;
    };
    let starts = text.char_indices().skip(1).filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
    let rest: Vec<usize> = starts.chain(std::iter::once(text.len())).collect();
    rest.windows(2).all(|pair| WORDS.contains(&text[pair[0]..pair[1]].to_ascii_lowercase().as_str()))
}

/// Collects further places of known values, from several threads at once.
#[derive(Debug)]
pub struct Spread<'a> {
    values: Vec<(&'a Finding, Finder<'a>)>,
    known: BTreeMap<&'a Path, Vec<Range<usize>>>,
    found: Mutex<Vec<Finding>>,
}

impl<'a> Spread<'a> {
    /// Looks for the telling values among findings.
    pub fn new(findings: &'a [Finding]) -> Self {
        let mut values: Vec<(&Finding, Finder<'_>)> = Vec::new();
        let mut known: BTreeMap<&Path, Vec<Range<usize>>> = BTreeMap::new();
        for finding in findings {
            known.entry(&finding.path).or_default().push(finding.span.clone());
            let value = finding.secret.expose();
            if is_telling(value) && !values.iter().any(|(_, finder)| finder.needle() == value) {
                values.push((finding, Finder::new(value)));
            }
        }
        Self { values, known, found: Mutex::new(Vec::new()) }
    }

    /// Looks through a file.
    pub fn add(&self, file: &SourceFile) {
        if file.origin != Origin::Disk || self.values.is_empty() {
            return;
        }
        let Some(text) = Text::decode(&file.bytes) else { return };
        let own = self.known.get(file.path.as_path()).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for (origin, finder) in &self.values {
            for at in finder.find_iter(text.text.as_bytes()) {
                let span = at..at + finder.needle().len();
                let apart = |other: &Range<usize>| other.end <= span.start || span.end <= other.start;
                if own.iter().all(apart) && stands_alone(&text.text, &span) {
                    found.push(again(origin, &file.path, &text, span));
                }
            }
        }
        if !found.is_empty()
            && let Ok(mut all) = self.found.lock()
        {
            all.append(&mut found);
        }
    }

    /// Everything found.
    pub fn finish(self) -> Vec<Finding> {
        self.found.into_inner().unwrap_or_default()
    }
}

/// Whether a value is no part of a longer word, and not the name of a placeholder (`${NAME}`, `{{ NAME }}`, `%{NAME}`).
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let (head, tail) = (text[..span.start].trim_end_matches(' '), text[span.end..].trim_start_matches(' '));
    if ["${", "{{", "%{", "#{"].iter().any(|open| head.ends_with(open)) && tail.starts_with(['}', ':']) {
        return false;
    }
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (before, after) = (text[..span.start].chars().next_back(), text[span.end..].chars().next());
    let (first, last) = (text[span.clone()].chars().next(), text[span.clone()].chars().next_back());
    !(inside(before) && inside(first) || inside(last) && inside(after))
}

fn again(origin: &Finding, path: &Path, text: &Text, span: Range<usize>) -> Finding {
    let position = |at: usize| {
        let before = &text.text[..at];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    };
    Finding {
        path: PathBuf::from(path),
        origin: Origin::Disk,
        bytes: text.to_bytes(&span),
        start: position(span.start),
        end: position(span.end),
        span,
        confidence: Confidence::Medium,
        name: None,
        language: None,
        pair: None,
        snippet: None,
        ..origin.copy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Engine;

    #[test]
    fn a_value_is_found_in_a_comment_and_under_another_name() {
        let value = "Qx7-vLw2.Rz9k";
        let code = format!("db_password = '{value}'\n");
        let file = SourceFile::disk("a.py", code.into_bytes());
        let found = Engine::builtin().scan(&file);
        assert_eq!(found.len(), 1);
        let spread = Spread::new(&found);
        spread.add(&file);
        spread
            .add(&SourceFile::disk("b.py", format!("thing = '{value}'  # was {value}\nx = '{value}y'\n").into_bytes()));
        let again: Vec<(usize, usize)> = spread.finish().iter().map(|finding| finding.start).collect();
        assert_eq!(again, [(1, 10), (1, 32)]);
    }

    #[test]
    fn words_do_not_spread() {
        for word in ["password", "Sh0rt!", "Password", "userPassword", "AccessToken", "PasswordHash", "Authorization"] {
            assert!(!is_telling(word.as_bytes()), "{word}");
        }
        for value in ["hunter-22", "BlackPearl", "SuperSecretSauce"] {
            assert!(is_telling(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn the_name_of_a_placeholder_is_no_value() {
        let at = |text: &str| text.find("DEFAULT37").map(|at| stands_alone(text, &(at..at + 9)));
        for text in ["@Value(\"${DEFAULT37}\")", "a: {{ DEFAULT37 }}", "x=${DEFAULT37:y}"] {
            assert_eq!(at(text), Some(false), "{text}");
        }
        for text in ["{DEFAULT37}", "x = \"DEFAULT37\"", "`${a}DEFAULT37`"] {
            assert_eq!(at(text), Some(true), "{text}");
        }
    }
}
