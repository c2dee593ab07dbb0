//! The same password in three files is one secret in three places: looks for the values that rules found wherever else
//! they stand, in comments and under names that no rule would ask about.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use memchr::memmem::Finder;

use crate::model::{Confidence, Finding, Origin, SourceFile, Text};
use crate::rules::text::Lines;

/// How much of a line before a place is read, in bytes.
const NEAR: usize = 200;

/// Whether a value stands in a text for no other reason than that it was put there: a long one of more than one kind of
/// character. `password`, `Password` and `userPassword` are words of any code, and so are short ones joined by signs:
/// `hello_world`, `my-database`.
pub fn is_telling(value: &[u8]) -> bool {
    /// Longer ones are no names that somebody else would give.
    const JOINED: usize = 20;
    let kinds: [fn(&u8) -> bool; 3] = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, |byte| {
        !byte.is_ascii_alphabetic() && !b"-_.:;,/= ".contains(byte)
    }];
    let several = kinds.iter().filter(|kind| value.iter().any(kind)).count() > 1;
    let joined = value.len() >= JOINED && !value.iter().all(u8::is_ascii_alphabetic);
    // `varchar2`: a word with a number.
    let numbered = value.split_last().is_some_and(|(last, word)| {
        last.is_ascii_digit() && (word.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase))
    });
    value.len() >= 8 && (several || joined) && !numbered && !is_common(value)
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
    known: BTreeMap<&'a Path, Vec<&'a Finding>>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// Each with the number of its value.
    places: Vec<(usize, Finding)>,
    /// Values that somebody is called by, too.
    users: BTreeSet<usize>,
}

impl<'a> Spread<'a> {
    /// Looks for the telling values among findings.
    pub fn new(findings: &'a [Finding]) -> Self {
        let mut values: Vec<(&Finding, Finder<'_>)> = Vec::new();
        let mut known: BTreeMap<&Path, Vec<&Finding>> = BTreeMap::new();
        for finding in findings {
            known.entry(&finding.path).or_default().push(finding);
            let value = finding.secret.expose();
            if is_telling(value) && !values.iter().any(|(_, finder)| finder.needle() == value) {
                values.push((finding, Finder::new(value)));
            }
        }
        Self { values, known, found: Mutex::default() }
    }

    /// Looks through a file.
    pub fn add(&self, file: &SourceFile) {
        if file.origin != Origin::Disk || self.values.is_empty() && !self.known.contains_key(file.path.as_path()) {
            return;
        }
        let Some(text) = Text::decode(&file.bytes) else { return };
        // Most files have none of the values.
        let lines = LazyCell::new(|| Lines::new(&text.text));
        let own = self.known.get(file.path.as_path()).map(Vec::as_slice).unwrap_or_default();
        let mut found = Found::default();
        for (number, (origin, finder)) in self.values.iter().enumerate() {
            for at in finder.find_iter(text.text.as_bytes()) {
                let span = at..at + finder.needle().len();
                if is_user(&text.text, &span) {
                    found.users.insert(number);
                } else if is_apart(own, &span) && stands_alone(&text.text, &span) {
                    found.places.push((number, again(origin, &file.path, (&text, &lines), span)));
                }
            }
        }
        for origin in own.iter().filter(|origin| !is_telling(origin.secret.expose())) {
            if let Some(span) = remark(&text.text, origin).filter(|span| is_apart(own, span)) {
                found.places.push((self.values.len(), again(origin, &file.path, (&text, &lines), span)));
            }
        }
        if let Ok(mut all) = self.found.lock() {
            all.places.append(&mut found.places);
            all.users.append(&mut found.users);
        }
    }

    /// Everything found. A value that somebody is called by as well stands elsewhere for that reason.
    pub fn finish(self) -> Vec<Finding> {
        let Found { places, users } = self.found.into_inner().unwrap_or_default();
        places.into_iter().filter(|(number, _)| !users.contains(number)).map(|(_, finding)| finding).collect()
    }
}

/// `ann:ann@db`, `user = "ann"`: who has the own name for a password is called so elsewhere.
fn is_user(text: &str, span: &Range<usize>) -> bool {
    const KEYS: [&str; 6] = ["user", "username", "login", "-u", "userid", "uid"];
    let value = &text[span.clone()];
    if text[span.end..].strip_prefix(':').is_some_and(|rest| rest.starts_with(value)) {
        return true;
    }
    // A line may be all of a file.
    let near = &text[text.floor_char_boundary(span.start.saturating_sub(NEAR))..span.start];
    let line = near.rsplit('\n').next().unwrap_or_default();
    let key = line.trim_end_matches(['"', '\'', '`', ' ', '\t', '=', ':', '>', '(']).to_ascii_lowercase();
    key.len() < line.len() && KEYS.iter().any(|end| key.ends_with(end))
}

/// Whether a place overlaps no other finding.
fn is_apart(own: &[&Finding], span: &Range<usize>) -> bool {
    own.iter().all(|other| other.span.end <= span.start || span.end <= other.span.start)
}

/// `password = "x"  # x`: where the rest of the line is a comment that says nothing but the value.
fn remark(text: &str, finding: &Finding) -> Option<Range<usize>> {
    const MARKS: [&str; 5] = ["//", "#", "--", "/*", "<!--"];
    let value = std::str::from_utf8(finding.secret.expose()).ok()?;
    let rest = text.get(finding.span.end..)?.lines().next()?;
    let at = finding.span.end + rest.rfind(value)?;
    let (before, after) = (text.get(finding.span.end..at)?, text.get(at + value.len()..finding.span.end + rest.len())?);
    let quotes: &[char] = &[' ', '\t', '"', '\'', '`'];
    let marked = MARKS.iter().any(|mark| before.trim_end_matches(quotes).ends_with(mark));
    let ends = ["", "*/", "-->"].contains(&after.trim_matches(quotes));
    (marked && ends).then(|| at..at + value.len())
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

fn again(origin: &Finding, path: &Path, (text, lines): (&Text, &Lines<'_>), span: Range<usize>) -> Finding {
    Finding {
        path: PathBuf::from(path),
        origin: Origin::Disk,
        bytes: text.to_bytes(&span),
        start: lines.position(span.start),
        end: lines.position(span.end),
        span,
        confidence: Confidence::Medium,
        name: None,
        language: None,
        pair: None,
        again: true,
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
    fn a_word_spreads_to_the_comment_that_repeats_it() {
        let again = |code: &str| {
            let file = SourceFile::disk("a.py", code.as_bytes().to_vec());
            let found = Engine::builtin().scan(&file);
            let spread = Spread::new(&found);
            spread.add(&file);
            spread.finish().iter().map(|finding| finding.start).collect::<Vec<_>>()
        };
        let word = ["moon", "light"].concat();
        let again = |code: &str| again(&code.replace('@', &word));
        assert_eq!(again("db_password = '@'  # @\n"), [(1, 30)]);
        assert!(again("db_password = '@'  # the @\nx = '@'\n").is_empty());
        assert!(again("db_password = '@'; x = '@'\n").is_empty());
    }

    #[test]
    fn a_user_of_the_same_name_stays() {
        let user = |text: &str| text.find("annAdmin").map(|at| is_user(text, &(at..at + 8)));
        for text in ["annAdmin:annAdmin@db", "username = \"annAdmin\"", "curl -u annAdmin", "'db_user' => 'annAdmin'"] {
            assert_eq!(user(text), Some(true), "{text}");
        }
        for text in [":annAdmin@db", "password = \"annAdmin\"", "superuser annotated annAdmin"] {
            assert_eq!(user(text), Some(false), "{text}");
        }
    }

    #[test]
    fn what_is_a_users_name_as_well_does_not_spread() {
        let name = ["conn", "ector", "SA"].concat();
        let places = |code: &str| {
            let code = code.replace('@', &name);
            let file = SourceFile::disk("a.py", code.into_bytes());
            let found = Engine::builtin().scan(&file);
            let spread = Spread::new(&found);
            spread.add(&file);
            spread.finish().len()
        };
        assert_eq!(places("db_password = '@'\nothers = ['x', '@']\n"), 1);
        assert_eq!(places("db_user = '@'\ndb_password = '@'\nothers = ['x', '@']\n"), 0);
    }

    #[test]
    fn words_do_not_spread() {
        for word in [
            "password",
            "Sh0rt!",
            "Password",
            "userPassword",
            "AccessToken",
            "PasswordHash",
            "Authorization",
            "hello_world",
            "database;",
            "SMTP_SERVER",
            "language=",
            "varchar2",
        ] {
            assert!(!is_telling(word.as_bytes()), "{word}");
        }
        for value in ["hunter-22", "BlackPearl", "SuperSecretSauce", "the-moon-of-my-own-garden"] {
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
