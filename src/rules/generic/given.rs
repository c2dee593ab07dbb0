//! Values that a program gives a statement for its placeholders:
//! `execute("INSERT INTO users (name, password) VALUES (?, ?)", ("ann", "x"))`.

use std::ops::Range;

use super::calls;

/// Longest list of values, in bytes.
const LONGEST: usize = 4096;
/// More rows are data, not seeds.
const ROWS: usize = 50;
/// Longest clause behind a row, in bytes.
const CLAUSE: usize = 300;

/// Whether all cells of a row are placeholders: `?`, `%s`, `$1`, `:name`, `@name`.
pub(super) fn are_placeholders(row: &str) -> bool {
    let holds = |cell: &str| {
        let cell = cell.trim();
        let name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        cell == "?"
            || cell == "%s"
            || cell.strip_prefix(['$', ':', '@']).is_some_and(|rest| !rest.is_empty() && name(rest))
    };
    row.split(',').all(holds)
}

/// Values row by row; none where a value is no literal.
pub(super) type Rows = Vec<Vec<Option<Range<usize>>>>;

/// The literals given to a statement whose only row ends at a place.
pub(super) fn rows(text: &str, at: usize) -> Rows {
    Reader::at(text, at).rows().unwrap_or_default()
}

/// Where the text of a statement ends whose only row ends at a place, over the clause that may stand behind the row.
pub(super) fn end_of_text(text: &str, at: usize) -> usize {
    let mut reader = Reader::at(text, at);
    reader.skip(BLANKS);
    reader.clause();
    reader.at
}

/// The literals of the list, or of the arguments, whose bracket opens at a place.
pub(super) fn in_brackets(text: &str, at: usize) -> Rows {
    Reader::at(text, at).in_brackets().unwrap_or_default()
}

const BLANKS: &[u8] = b" \t\r\n";

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn at(text: &'t str, at: usize) -> Self {
        let end = (at + LONGEST).min(text.len());
        Self { bytes: &text.as_bytes()[..end], text, at }
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn skip(&mut self, set: &[u8]) {
        while self.at < self.bytes.len() && set.contains(&self.peek()) {
            self.at += 1;
        }
    }

    /// Steps over what a statement has behind its row, to the quote that ends it: `ON CONFLICT (name) DO NOTHING`,
    /// `RETURNING id`.
    fn clause(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let word = |word: &[u8]| rest.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
        if !word(b"on ") && !word(b"returning ") {
            return;
        }
        let quote = |byte: &u8| b"\"'`".contains(byte);
        let ends = |at: &usize| {
            let quotes = rest[*at..].iter().take_while(|byte| quote(byte)).count();
            rest[*at + quotes..].trim_ascii_start().starts_with(b",")
        };
        let quotes = rest.iter().take(CLAUSE).enumerate().filter(|(_, byte)| quote(byte)).map(|(at, _)| at);
        // Names stand in quotes as well, but for `'`: such a one ends the text.
        let end = { quotes }.find(|at| rest[*at] == b'\'' || ends(at)).filter(ends);
        self.at += end.unwrap_or_default();
    }

    fn rows(&mut self) -> Option<Rows> {
        self.skip(BLANKS);
        self.clause();
        self.skip(b" \t\r\n;");
        let quote = self.peek();
        b"\"'`".contains(&quote).then_some(())?;
        self.skip(&[quote]);
        self.skip(BLANKS);
        (self.peek() == b',').then_some(())?;
        self.at += 1;
        self.skip(BLANKS);
        if self.bytes[self.at..].starts_with(b"array(") {
            self.at += b"array".len();
        }
        self.in_brackets()
    }

    fn in_brackets(&mut self) -> Option<Rows> {
        // `(1, 2)`, `[1, 2]`, `[(1, 2), (3, 4)]`, or the arguments as they are.
        let mut depth = 0;
        while depth < 2 && b"([".contains(&self.peek()) {
            self.at += 1;
            depth += 1;
            self.skip(BLANKS);
        }
        let mut rows = Vec::new();
        while rows.len() < ROWS {
            rows.push(self.row()?);
            self.skip(b" \t\r\n,");
            if depth < 2 || !b"([".contains(&self.peek()) {
                break;
            }
            self.at += 1;
        }
        Some(rows)
    }

    /// The values up to the bracket that closes them, which is passed.
    fn row(&mut self) -> Option<Vec<Option<Range<usize>>>> {
        let mut row = Vec::new();
        loop {
            self.skip(b" \t\r\n");
            let start = self.at;
            let mut depth = 0_usize;
            let mut literals = Vec::new();
            loop {
                match self.peek() {
                    0 => return None,
                    quote @ (b'"' | b'\'' | b'`') => literals.push(self.string(quote)?),
                    b'(' | b'[' | b'{' => {
                        depth += 1;
                        self.at += 1;
                    }
                    b')' | b']' | b'}' | b',' if depth == 0 => break,
                    b')' | b']' | b'}' => {
                        depth -= 1;
                        self.at += 1;
                    }
                    _ => self.at += 1,
                }
            }
            row.push(self.value(start, &literals));
            let last = self.peek() != b',';
            self.at += 1;
            if last || b")]}".contains(&self.peek()) {
                return Some(row);
            }
        }
    }

    /// A literal by itself, or in the hands of a function that gives it back in another form: `hash("x")`.
    fn value(&self, start: usize, literals: &[Range<usize>]) -> Option<Range<usize>> {
        let [literal] = literals else { return None };
        let before = self.text.get(start..literal.start - 1)?.trim();
        let after = self.text.get(literal.end + 1..self.at)?.trim();
        let plain = before.is_empty() && after.is_empty();
        let wrapped = before.strip_suffix('(').is_some_and(|callee| calls::passes_through(&calls::plain(callee)));
        (plain || wrapped).then(|| literal.clone())
    }

    fn string(&mut self, quote: u8) -> Option<Range<usize>> {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.peek() {
                0 | b'\n' => return None,
                b'\\' => self.at += 2,
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_placeholders() {
        let read = |text: &str| -> Vec<Vec<String>> {
            let words = |row: &Vec<Option<Range<usize>>>| {
                row.iter().map(|cell| cell.clone().map_or("-".to_owned(), |span| text[span].to_owned())).collect()
            };
            rows(text, 0).iter().map(words).collect()
        };
        assert_eq!(read("\", (\"ann\", 'x'))"), [["ann", "x"]]);
        assert_eq!(read(";', ['ann', hashSync('x', 10), y])"), [["ann", "x", "-"]]);
        assert_eq!(read("\"\"\",\n [('a', 'b'), ('c', name + 'd')])"), [["a", "b"], ["c", "-"]]);
        assert_eq!(read("\", \"a\", \"b\")"), [["a", "b"]]);
        let clause = "\n ON CONFLICT (\"name\") DO NOTHING\n\"\"\", (\"ann\", \"x\"))";
        assert_eq!(read(clause), [["ann", "x"]]);
        assert_eq!(read(" RETURNING id', ['ann', 'x'])"), [["ann", "x"]]);
        assert!(read(" ON CONFLICT DO NOTHING').run('ann', 'x')").is_empty());
        assert!(read("\" + x").is_empty());
        assert!(read(" and more").is_empty());
        assert!(
            are_placeholders("?, %s, $1, :name, @name") && !are_placeholders("?, 'x'") && !are_placeholders("1, ?")
        );
    }
}
