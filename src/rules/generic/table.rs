//! Tables of text (RFC 4180): rows of cells under a first line that names the columns. Accounts and their passwords are
//! kept and handed on in such.

use std::ops::Range;
use std::path::Path;

use super::Candidate;
use super::files::lines_of;
use super::hashed::{is_digest, is_salted_hash};
use super::judge::{How, judge};
use super::names::{self, Class};
use super::place::quiet_place;
use crate::model::Confidence;

/// More rows are a data set.
const ROWS: usize = 2000;
/// Longest first line, in bytes.
const HEADER: usize = 2000;
/// Columns that say whose or what for a credential is.
const OWNERS: [&str; 16] = [
    "user", "username", "login", "email", "mail", "account", "name", "host", "hostname", "server", "url", "service",
    "site", "title", "client", "id",
];

/// The credentials of a table, told by the names of its columns.
pub(super) fn read(text: &str, path: &Path) -> Vec<Candidate> {
    if !ends_in(path, &["csv", "tsv", "txt"]) {
        return Vec::new();
    }
    let mut rows = lines_of(text);
    let Some((at, header)) = rows.next().filter(|(_, line)| line.len() <= HEADER) else { return Vec::new() };
    let Some(separator) = separator(header) else { return Vec::new() };
    let names: Vec<&str> = cells(at, header, separator).map(|span| text.get(span).unwrap_or_default()).collect();
    let telling: Vec<(usize, &str, Class)> =
        names.iter().enumerate().filter_map(|(index, name)| Some((index, *name, class_of(name)?))).collect();
    let owned = names.iter().any(|name| names::words(name).iter().any(|word| OWNERS.contains(&word.as_str())));
    if telling.is_empty() || !owned {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, (at, line)) in rows.enumerate() {
        let row: Vec<Range<usize>> = cells(at, line, separator).collect();
        if number == ROWS || row.len() != names.len() {
            return Vec::new();
        }
        found.extend(telling.iter().filter_map(|(index, name, class)| {
            let span = row.get(*index)?.clone();
            let value = text.get(span.clone())?;
            // A number of tokens is none of them.
            if *class != Class::Password && value.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte)) {
                return None;
            }
            let hash = *class == Class::Password && (is_salted_hash(value) || is_digest(value));
            let (rule, confidence) = if hash {
                ("password-hash", Confidence::Medium)
            } else {
                (class.rule(), judge(*class, name, value, true, How::Bound)?)
            };
            Some(Candidate::plain(span, rule, Some((*name).to_owned()), confidence))
        }));
    }
    found
}

/// The same for a place where weak evidence counts for little: names of columns are strong, in a file that is quiet for its
/// ending alone.
pub(super) fn read_anyway(text: &str, path: &Path) -> Vec<Candidate> {
    let quiet = !ends_in(path, &["csv", "tsv"]) || quiet_place(&path.with_extension("txt"));
    if quiet { Vec::new() } else { read(text, path) }
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// What the cells of a column are: names of one or two words, so that a sentence with a comma is none.
fn class_of(column: &str) -> Option<Class> {
    let plain = column.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte));
    let short = plain && column.split(' ').count() <= 2;
    names::classify_column(column).filter(|class| short && *class != Class::Weak)
}

/// What stands between the cells of a line, if there are several.
fn separator(line: &str) -> Option<u8> {
    let count = |sign: u8| memchr::memchr_iter(sign, line.as_bytes()).count();
    b",;\t|".iter().copied().max_by_key(|sign| count(*sign)).filter(|sign| count(*sign) > 0)
}

/// Where the cells of a line are, without blanks and quotes around them.
fn cells(at: usize, line: &str, separator: u8) -> impl Iterator<Item = Range<usize>> {
    let bytes = line.as_bytes();
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let mut quoted = false;
        let end = (start..bytes.len()).find(|at| {
            quoted ^= bytes[*at] == b'"';
            !quoted && bytes[*at] == separator
        });
        from = end.map(|end| end + 1);
        let cell = line.get(start..end.unwrap_or(bytes.len()))?;
        let inner = cell.trim();
        let bare = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(inner);
        let begin = at + start + (bare.as_ptr() as usize - cell.as_ptr() as usize);
        Some(begin..begin + bare.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'t>(path: &str, text: &'t str) -> Vec<&'t str> {
        read(text, Path::new(path)).into_iter().map(|found| &text[found.span]).collect()
    }

    #[test]
    fn columns_tell_what_their_cells_are() {
        let (one, two) = (["q7Gz", "0pLw"].concat(), ["winter", "2x20"].concat());
        let table = |separator: &str| {
            let rows = [["user", "password", "role"], ["ann", &one, "admin"], ["bo", &two, "user"]];
            rows.map(|row| row.join(separator)).join("\r\n")
        };
        for separator in [",", ";", "\t", " | "] {
            assert_eq!(values("staff.csv", &table(separator)), [&one, &two], "{separator}");
            assert_eq!(values("staff.txt", &table(separator)), [&one, &two], "{separator}");
        }
        assert!(values("staff.md", &table(",")).is_empty());
        let quoted = format!("\"login\",\"note\",\"api_key\"\n\"ann\",\"a, b\",\"{one}{two}\"\n");
        assert_eq!(values("a.csv", &quoted), [format!("{one}{two}")]);
        // Words that people try, measurements, sentences.
        assert!(values("a.csv", &format!("password,strength\n{one},2\n")).is_empty());
        assert!(values("a.csv", "user,tokens\nann,1024\n").is_empty());
        assert!(values("a.txt", &format!("user, choose a good password please\nbo, {one}\n")).is_empty());
        assert!(values("a.csv", &format!("user,password\nann,{one}\nbo\n")).is_empty(), "no table");
    }
}
