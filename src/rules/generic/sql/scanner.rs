//! Reads the words of a statement: names, lists of columns, the cells of rows.

use std::ops::Range;

use crate::rules::generic::code::is_algorithm;

pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
}

/// A cell of a row: the span of its string, and whether a function was called on it.
pub(super) type Cell = (Range<usize>, bool);

impl Scanner<'_> {
    pub(super) fn peek(&self) -> u8 {
        if self.at < self.end { self.bytes[self.at] } else { 0 }
    }

    pub(super) fn blanks(&mut self) {
        while self.at < self.end && (self.peek().is_ascii_whitespace() || self.peek() == b'\\') {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
    }

    pub(super) fn name(&mut self) {
        while self.at < self.end && (self.peek().is_ascii_alphanumeric() || b"_.`\"[]\\".contains(&self.peek())) {
            self.at += 1;
        }
        self.blanks();
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
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

    /// Whether a whole word stands here.
    fn is_word(&self, word: &str) -> bool {
        let apart = |at: Option<&u8>| !at.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte));
        let found = self.bytes.get(self.at..self.at + word.len());
        found.is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()))
            && apart(self.at.checked_sub(1).and_then(|at| self.bytes.get(at)))
            && apart(self.bytes.get(self.at + word.len()))
    }

    pub(super) fn columns(&mut self, text: &str) -> Option<Vec<String>> {
        if self.peek() != b'(' {
            return None;
        }
        let close = self.at + memchr::memchr(b')', self.bytes.get(self.at..self.end)?)?;
        let list = text.get(self.at + 1..close)?;
        self.at = close + 1;
        let plain = |column: &str| column.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).to_owned();
        Some(list.split(',').map(plain).collect())
    }

    /// `HASHBYTES('SHA2_256', 'x')`: what is hashed comes second.
    fn is_algorithm(&self, span: &Range<usize>) -> bool {
        std::str::from_utf8(&self.bytes[span.clone()]).is_ok_and(is_algorithm)
    }

    /// The cells of a row: the span of a string, and whether a function was called on it.
    pub(super) fn row(&mut self) -> Option<Vec<Option<Cell>>> {
        self.blanks();
        if self.peek() == b',' {
            self.at += 1;
            self.blanks();
        }
        if self.peek() != b'(' {
            return None;
        }
        self.at += 1;
        self.cells(false)
    }

    /// The cells from here to the parenthesis that closes the row; of a selection, to the word behind it or its end.
    pub(super) fn cells(&mut self, selected: bool) -> Option<Vec<Option<Cell>>> {
        let mut cells = vec![None];
        let mut depth = 0_usize;
        while self.at < self.end {
            match self.peek() {
                // A column's name, in a selection.
                b'"' if selected => {
                    self.string(b'"')?;
                    continue;
                }
                b'f' | b'F' if selected && depth == 0 && self.is_word("from") => return Some(cells),
                b';' if selected => return Some(cells),
                quote @ (b'\'' | b'"') => {
                    let start = self.at + 1;
                    self.string(quote)?;
                    if let Some(cell) = cells.last_mut()
                        && cell.as_ref().is_none_or(|(span, inside): &Cell| *inside && self.is_algorithm(span))
                    {
                        *cell = (start < self.at - 1).then_some((start..self.at - 1, depth > 0));
                    }
                    continue;
                }
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    self.at += 1;
                    return (!selected).then_some(cells);
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
