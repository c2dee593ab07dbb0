//! SQL that seeds accounts: `INSERT INTO users (name, password) VALUES ('admin', 'x')`, in files and inside strings.

use std::ops::Range;

use super::judge::{How, judge};
use super::names;
use crate::model::Confidence;

/// What starts the reading, in lower case.
pub(super) const GATE: &str = "insert into";
/// Farthest that a statement is followed, in bytes.
const LONGEST: usize = 64 << 10;
/// More rows are data, not seeds.
const ROWS: usize = 200;

/// A secret in a row: its span, the column, how sure.
pub(super) struct Seed {
    pub(super) span: Range<usize>,
    pub(super) column: String,
    pub(super) rule: &'static str,
    pub(super) confidence: Confidence,
}

/// Reads the statement that begins at `at`.
pub(super) fn read(text: &str, at: usize) -> Vec<Seed> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: at + GATE.len(), end: (at + LONGEST).min(text.len()) };
    scanner.blanks();
    scanner.name();
    let Some(columns) = scanner.columns(text) else { return Vec::new() };
    let telling: Vec<(usize, String, names::Class)> = columns
        .into_iter()
        .enumerate()
        .filter_map(|(index, column)| names::classify_column(&column).map(|class| (index, column, class)))
        .collect();
    if telling.is_empty() || !scanner.word("values") {
        return Vec::new();
    }
    let mut seeds = Vec::new();
    for _ in 0..ROWS {
        let Some(row) = scanner.row() else { break };
        for (index, column, class) in &telling {
            let Some((span, hashed)) = row.get(*index).cloned().flatten() else { continue };
            let Some(value) = text.get(span.clone()) else { continue };
            if *class == names::Class::Password && is_salted_hash(value) {
                seeds.push(Seed {
                    span,
                    column: column.clone(),
                    rule: "password-hash",
                    confidence: Confidence::Medium,
                });
                continue;
            }
            // A column of hashes holds passwords only where the statement itself hashes them.
            if column.to_ascii_lowercase().contains("hash") && !hashed {
                continue;
            }
            if let Some(confidence) = judge(*class, column, value, true, How::Bound) {
                seeds.push(Seed { span, column: column.clone(), rule: class.rule(), confidence });
            }
        }
    }
    seeds
}

/// A password's hash in the form of crypt(3) and its kin: who has it can guess the password offline.
fn is_salted_hash(value: &str) -> bool {
    ["$2a$", "$2b$", "$2y$", "$5$", "$6$", "$1$", "$y$", "$apr1$", "$argon2", "pbkdf2_sha256$", "{SSHA"]
        .iter()
        .any(|head| value.starts_with(head))
        && value.len() >= 26
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

/// A cell of a row: the span of its string, and whether a function was called on it.
type Cell = (Range<usize>, bool);

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        if self.at < self.end { self.bytes[self.at] } else { 0 }
    }

    fn blanks(&mut self) {
        while self.at < self.end && (self.peek().is_ascii_whitespace() || self.peek() == b'\\') {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
    }

    fn name(&mut self) {
        while self.at < self.end && (self.peek().is_ascii_alphanumeric() || b"_.`\"[]\\".contains(&self.peek())) {
            self.at += 1;
        }
        self.blanks();
    }

    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self
            .bytes
            .get(self.at..self.at + word.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    fn columns(&mut self, text: &str) -> Option<Vec<String>> {
        if self.peek() != b'(' {
            return None;
        }
        let close = self.at + memchr::memchr(b')', self.bytes.get(self.at..self.end)?)?;
        let list = text.get(self.at + 1..close)?;
        self.at = close + 1;
        let plain = |column: &str| column.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).to_owned();
        Some(list.split(',').map(plain).collect())
    }

    /// The cells of a row: the span of a string, and whether a function was called on it.
    fn row(&mut self) -> Option<Vec<Option<Cell>>> {
        self.blanks();
        if self.peek() == b',' {
            self.at += 1;
            self.blanks();
        }
        if self.peek() != b'(' {
            return None;
        }
        self.at += 1;
        let mut cells = vec![None];
        let mut depth = 0_usize;
        while self.at < self.end {
            match self.peek() {
                quote @ (b'\'' | b'"') => {
                    let start = self.at + 1;
                    self.string(quote)?;
                    if let Some(cell @ None) = cells.last_mut() {
                        *cell = (start < self.at - 1).then_some((start..self.at - 1, depth > 0));
                    }
                    continue;
                }
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    self.at += 1;
                    return Some(cells);
                }
                b')' => depth -= 1,
                b',' if depth == 0 => cells.push(None),
                b';' => return None,
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// Steps behind a string; two quotes, and a backslash before one, do not end it.
    fn string(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        while self.at < self.end {
            let byte = self.peek();
            self.at += 1;
            if byte == b'\\' {
                self.at += 1;
            } else if byte == quote {
                if self.peek() != quote {
                    return Some(());
                }
                self.at += 1;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        read(text, 0).into_iter().map(|seed| &text[seed.span]).collect()
    }

    #[test]
    fn rows_are_read_by_their_columns() {
        // keylift:allow made up for a test
        let text = "INSERT INTO `users` (`id`, `password`, note)\nVALUES (1, 'hunter2', 'a)'), (2, 'it''s me', NULL);";
        assert_eq!(values(text), ["hunter2", "it''s me"]);
        // keylift:allow made up for a test
        assert_eq!(values("insert into u (pwd_hash, n) values (md5('spidey'), 1)"), ["spidey"]);
        assert!(values("insert into u (name, n) values ('spidey', 1)").is_empty());
        assert!(values("insert into u (password) values (?)").is_empty());
        assert!(values("insert into u (pwd_hash) values ('5f4dcc3b5aa765d61d8327deb882cf99')").is_empty());
        assert!(values("insert into u (password) values ('x").is_empty());
        let salted = format!("$2y$12${}", "ab3Kq".repeat(11).get(..53).unwrap());
        let dump = format!("insert into u (id, password) values (1, '{salted}'), (2, '{salted}')");
        let found: Vec<&str> = read(&dump, 0).into_iter().map(|seed| seed.rule).collect();
        assert_eq!(found, ["password-hash", "password-hash"]);
    }
}
