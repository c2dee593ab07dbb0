//! The entries of a list of accounts, as each language writes them.

use std::ops::Range;

use crate::rules::generic::lines::Reader;

/// More are data.
const MOST: usize = 40;

/// A list's entry: whose password it is, and the password.
pub(super) struct Entry {
    pub(super) user: String,
    pub(super) span: Range<usize>,
}

pub(super) struct Scanner<'r, 't> {
    pub(super) reader: &'r Reader<'t>,
    pub(super) at: usize,
    pub(super) end: usize,
    /// `Map.of("ann", "x", "bo", "y")`
    pub(super) turns: bool,
}

impl Scanner<'_, '_> {
    fn blanks(&mut self) {
        loop {
            self.at = self.reader.skip(self.at, b" \t\r\n");
            let rest = self.reader.bytes.get(self.at..).unwrap_or_default();
            if rest.starts_with(b"//") || rest.starts_with(b"#") {
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// A literal, and the place behind it.
    fn literal(&mut self) -> Option<Range<usize>> {
        self.blanks();
        let span = self.reader.quoted(self.at).filter(|span| span.end < self.end)?;
        self.at = span.end + 1;
        Some(span)
    }

    pub(super) fn text(&self, span: &Range<usize>) -> String {
        self.reader.text.get(span.clone()).unwrap_or_default().to_owned()
    }

    /// `"svc", "x")`: two literals, and the list ends.
    pub(super) fn pair(&mut self) -> Option<Entry> {
        let user = self.literal()?;
        self.comma().then_some(())?;
        let span = self.literal()?;
        self.comma();
        self.blanks();
        b")]}".contains(&self.reader.at(self.at)).then(|| Entry { user: self.text(&user), span })
    }

    fn comma(&mut self) -> bool {
        self.blanks();
        let comma = self.reader.at(self.at) == b',';
        self.at += usize::from(comma);
        comma
    }

    /// All entries up to the bracket that ends the list; none where one of them is something else.
    pub(super) fn entries(&mut self) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        loop {
            self.blanks();
            if b")]}".contains(&self.reader.at(self.at)) {
                return Some(entries);
            }
            entries.push(self.entry()?);
            self.comma();
            (entries.len() <= MOST && self.at < self.end).then_some(())?;
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        let open = self.reader.at(self.at);
        // `("ann", "x")`, `{"ann", "x"}`, `["ann", "x", "admin"]`, `["ann"] = "x"`.
        if b"([{".contains(&open) {
            self.at += 1;
            let user = self.literal()?;
            self.blanks();
            if open == b'[' && self.reader.at(self.at) == b']' {
                self.at = self.reader.skip(self.at + 1, b" \t");
                (self.reader.at(self.at) == b'=').then_some(())?;
                self.at += 1;
                let span = self.literal()?;
                return Some(Entry { user: self.text(&user), span });
            }
            self.comma().then_some(())?;
            let span = self.literal()?;
            for _ in 0..3 {
                self.blanks();
                if b")]}".contains(&self.reader.at(self.at)) {
                    self.at += 1;
                    return Some(Entry { user: self.text(&user), span });
                }
                self.comma().then_some(())?;
                self.literal()?;
            }
            return None;
        }
        let user = match self.literal() {
            Some(span) => self.text(&span),
            None => self.word()?,
        };
        self.blanks();
        let rest = self.reader.bytes.get(self.at..)?;
        let operator =
            [&b"=>"[..], b"to ", b":", b"=", b","].into_iter().find(|operator| rest.starts_with(operator))?;
        (operator != b"," || self.turns).then_some(())?;
        self.at += operator.len();
        let span = self.literal()?;
        Some(Entry { user, span })
    }

    /// A key without quotes: `admin: "x"`.
    fn word(&mut self) -> Option<String> {
        let word = |at: &usize| !self.reader.at(*at).is_ascii_alphanumeric() && self.reader.at(*at) != b'_';
        let end = (self.at..self.end).find(word)?;
        let name = self.reader.text.get(self.at..end).filter(|name| !name.is_empty())?.to_owned();
        self.at = end;
        Some(name)
    }
}
