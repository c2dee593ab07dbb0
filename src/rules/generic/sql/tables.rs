//! What a text says about its tables: where each is made, and with which columns.

use std::collections::HashMap;
use std::ops::Range;

use super::scanner::Scanner;

/// Most tables of a text that are looked at.
const MOST_TABLES: usize = 500;
/// Longest statement that makes a table, in bytes.
const LONGEST_TABLE: usize = 8 << 10;

/// What a text says about its tables, by their names in lower case: where each is made, and its columns, in order. A dump of
/// several databases has some more than once.
#[derive(Debug, Default)]
pub(in crate::rules::generic) struct Tables(HashMap<String, Vec<(usize, Vec<String>)>>);

impl Tables {
    /// Reads the statements that make tables.
    pub(in crate::rules::generic) fn of(text: &str) -> Self {
        const START: &[u8] = b"reate";
        let mut tables: HashMap<String, Vec<(usize, Vec<String>)>> = HashMap::new();
        // Either case, without a copy of the text.
        let starts = memchr::memmem::find_iter(text.as_bytes(), START)
            .chain(memchr::memmem::find_iter(text.as_bytes(), b"REATE"));
        for at in starts.take(MOST_TABLES) {
            if let Some((name, columns)) = table(text, at + START.len()) {
                tables.entry(name).or_default().push((at, columns));
            }
        }
        Self(tables)
    }

    /// The columns that a table has at a place: those that it was made with last, or is made with further on.
    pub(super) fn columns(&self, name: &str, at: usize) -> Option<&Vec<String>> {
        let made = self.0.get(name)?;
        let before = made.iter().filter(|(start, _)| *start < at).max_by_key(|(start, _)| *start);
        before.or_else(|| made.iter().min_by_key(|(start, _)| *start)).map(|(_, columns)| columns)
    }
}

/// Name and columns of the table whose making goes on at a place: ` TABLE IF NOT EXISTS users (id INT, …)`.
fn table(text: &str, at: usize) -> Option<(String, Vec<String>)> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at, end: (at + LONGEST_TABLE).min(text.len()) };
    if !scanner.word("table") {
        return None;
    }
    if scanner.word("if") {
        (scanner.word("not") && scanner.word("exists")).then_some(())?;
    }
    scanner.blanks();
    let start = scanner.at;
    scanner.name();
    let name = table_name(text.get(start..scanner.at)?);
    if scanner.peek() != b'(' {
        return None;
    }
    let mut columns = Vec::new();
    let (mut depth, mut start) = (0_usize, scanner.at + 1);
    let mut column = |range: Range<usize>| {
        let words = text.get(range).unwrap_or_default();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let first = words.split(|c: char| !word(c)).find(|part| !part.is_empty()).unwrap_or_default();
        let bound = ["primary", "key", "unique", "constraint", "foreign", "index", "check", "fulltext"];
        if !bound.contains(&first.to_ascii_lowercase().as_str()) {
            columns.push(first.to_owned());
        }
    };
    while scanner.at < scanner.end {
        match scanner.peek() {
            b'(' => depth += 1,
            b')' if depth == 1 => {
                column(start..scanner.at);
                return Some((name, columns));
            }
            b')' => depth -= 1,
            b',' if depth == 1 => {
                column(start..scanner.at);
                start = scanner.at + 1;
            }
            b';' => return None,
            _ => {}
        }
        scanner.at += 1;
    }
    None
}

/// A table's name without its schema and quotes, in lower case.
pub(super) fn table_name(written: &str) -> String {
    let name = written.rsplit('.').next().unwrap_or_default();
    name.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).to_ascii_lowercase()
}
