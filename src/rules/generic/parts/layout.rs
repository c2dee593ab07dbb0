//! Texts whose lines show where their statements begin.

use std::cell::Cell;
use std::ops::Range;

use keylift_grammars::Excerpts;

use super::LINE;
use crate::rules::tree::Tree;

/// How many statements before and behind one are looked at with it, and how far away they may begin, in bytes: what stands
/// beside a value tells whether it is one of many names.
const BESIDE: usize = 3;
const NEAR: usize = 512;

/// A text whose statements begin where its lines show it.
pub(super) struct Layout<'a, 't> {
    bytes: &'a [u8],
    pub(super) how: Excerpts,
    tree: &'a Tree<'t>,
    /// The way that was walked last: others of the same statement join it.
    walked: Cell<Option<Way>>,
}

/// What was seen on the way from a place outwards, where no function was met.
#[derive(Clone, Copy, Default)]
struct Way {
    /// The line of the place.
    from: usize,
    /// The outermost statement that is indented.
    start: Option<Start>,
    /// The first line that is not.
    header: Option<usize>,
}

#[derive(Clone, Copy)]
struct Start {
    at: usize,
    indent: usize,
}

impl<'a, 't> Layout<'a, 't> {
    pub(super) fn of(tree: &'a Tree<'t>, how: Excerpts) -> Self {
        Self { bytes: tree.text().as_bytes(), how, tree, walked: Cell::new(None) }
    }

    /// The statement of the outermost level around a place.
    pub(super) fn statement(&self, place: &Range<usize>) -> Range<usize> {
        let start =
            memchr::memrchr_iter(b'\n', &self.bytes[..place.start]).map(|at| at + 1).find(|at| self.begins(*at));
        let start = start.unwrap_or(0);
        start..self.begin_behind(start, place.end).next().unwrap_or(self.bytes.len())
    }

    /// Where statements of the outermost level begin behind a place of the one at `start`; a decorator's is the one that
    /// it stands before.
    fn begin_behind(&self, start: usize, from: usize) -> impl Iterator<Item = usize> {
        let mut decorates = self.bytes.get(start) == Some(&b'@');
        lines_behind(self.bytes, from).filter(|at| self.begins(*at)).filter(move |at| {
            let decorated = std::mem::replace(&mut decorates, self.bytes.get(*at) == Some(&b'@'));
            !decorated
        })
    }

    /// The line of a directive around a place, with those that it is joined to, and some of its kind beside it.
    pub(super) fn directive(&self, place: &Range<usize>) -> Option<Range<usize>> {
        let word = self.how.directives?.as_bytes();
        let start = memchr::memrchr(b'\n', &self.bytes[..place.start]).map_or(0, |at| at + 1);
        let is_one = |at: &usize| self.bytes[*at..].starts_with(word);
        is_one(&start).then_some(())?;
        let before = memchr::memrchr_iter(b'\n', &self.bytes[..start]).skip(1).map(|at| at + 1);
        let before = before.take_while(is_one).take(BESIDE).last().unwrap_or(start);
        let behind =
            |at: usize| lines_behind(self.bytes, at).find(|at| !self.is_joined(*at)).unwrap_or(self.bytes.len());
        let mut end = behind(place.end);
        for _ in 0..BESIDE {
            if is_one(&end) {
                end = behind(end);
            }
        }
        Some(before..end)
    }

    /// Whether a line goes on from the one before it.
    fn is_joined(&self, line: usize) -> bool {
        let before = self.bytes[..line].strip_suffix(b"\n").unwrap_or_default();
        before.strip_suffix(b"\r").unwrap_or(before).ends_with(b"\\")
    }

    pub(super) fn with_neighbours(&self, statement: Range<usize>) -> Range<usize> {
        let low = statement.start.saturating_sub(NEAR);
        // The first line of a text has no end of a line before it.
        let first = Some(0).filter(|_| low == 0);
        let before = memchr::memrchr_iter(b'\n', self.bytes.get(low..statement.start.max(1) - 1).unwrap_or_default());
        let before = before.map(|at| low + at + 1).chain(first).filter(|at| self.begins(*at)).take(BESIDE).last();
        let behind = self.begin_behind(statement.end, statement.end).take_while(|at| *at <= statement.end + NEAR);
        let behind = behind.take(BESIDE).last();
        before.unwrap_or(statement.start)..behind.unwrap_or(statement.end)
    }

    /// The innermost function around a place of a statement, without the blanks before it; or the statement around it of
    /// the body of a function that makes up a module: `(function () {`, and all of it behind that.
    pub(super) fn within(&self, place: &Range<usize>, statement: &Range<usize>) -> Option<Range<usize>> {
        let bytes = self.bytes;
        if self.how.functions.is_empty() {
            return None;
        }
        let first = memchr::memrchr(b'\n', &bytes[..place.start]).map_or(0, |at| at + 1);
        let before = memchr::memrchr_iter(b'\n', bytes.get(statement.start..first.max(1) - 1)?);
        let lines = std::iter::once(first).chain(before.map(|at| statement.start + at + 1));
        let mut way = Way { from: first, ..Way::default() };
        // What is around a place is indented less, line by line, the further out it is.
        let mut least = usize::MAX;
        for line in lines {
            let walked = self.walked.get().filter(|way| way.from >= statement.start && line <= way.from);
            if let Some(walked) = walked {
                let outer = walked.start.is_some_and(|start| start.indent < least);
                way = Way { start: if outer { walked.start } else { way.start }, header: walked.header, ..way };
                break;
            }
            let indent = blanks(bytes, line);
            let at = line + indent;
            if self.how.braces && indent == 0 && !bytes.get(line).is_some_and(|byte| b"\r\n".contains(byte)) {
                way.header = Some(line);
                break;
            }
            if indent >= least || !self.begins(at) {
                continue;
            }
            least = indent;
            let named = |word: &&str| bytes[at..].starts_with(word.as_bytes());
            if indent > 0 && self.how.functions.iter().any(named) {
                let end = if self.how.braces { self.closed(at, indent)? } else { self.left(at, indent) };
                return (end >= place.end).then_some(at..end);
            }
            way.start = Some(Start { at, indent });
        }
        self.walked.set(Some(way));
        let (start, header) = (way.start?, way.header?);
        let end = self.opens_function(header).then(|| self.end_of(start, statement))?;
        (end >= place.end).then_some(start.at..end)
    }

    /// Whether a line ends within the body of a function that begins on it: the brace that stays open stands behind `)` or
    /// `=>`. Behind anything else it opens an object, whose entries are no statements.
    fn opens_function(&self, line: usize) -> bool {
        let end = memchr::memchr(b'\n', &self.bytes[line..]).map_or(self.bytes.len(), |length| line + length);
        let line = &self.bytes[line..end.min(line + LINE)];
        let Some(sign) = [&b"function"[..], b"=>"].iter().find_map(|sign| memchr::memmem::rfind(line, sign)) else {
            return false;
        };
        let mut open = Vec::new();
        for at in memchr::memchr2_iter(b'{', b'}', &line[sign..]) {
            if line[sign + at] == b'{' {
                open.push(sign + at);
            } else {
                open.pop();
            }
        }
        let head = |brace: &usize| line[..*brace].trim_ascii_end();
        open.last().map(head).is_some_and(|head| head.ends_with(b")") || head.ends_with(b"=>"))
    }

    /// Where a statement ends of a body within another: before the next one, or before what is indented less.
    fn end_of(&self, start: Start, statement: &Range<usize>) -> usize {
        let ends = |line: &usize| {
            let there = blanks(self.bytes, *line);
            let blank = self.bytes.get(*line + there).is_none_or(|byte| b"\r\n".contains(byte));
            there < start.indent && !blank || there == start.indent && self.begins(*line + there)
        };
        lines_behind(self.bytes, start.at).take_while(|at| *at < statement.end).find(ends).unwrap_or(statement.end)
    }

    /// Where what begins at a place with an indentation is left for what has no deeper one.
    fn left(&self, at: usize, indent: usize) -> usize {
        let ends = |line: &usize| {
            let there = blanks(self.bytes, *line);
            there <= indent && self.begins(*line + there)
        };
        lines_behind(self.bytes, at).find(ends).unwrap_or(self.bytes.len())
    }

    /// Where the line ends on which a brace closes that is indented as what begins at a place; none where something else
    /// comes first that is indented no deeper, but for brackets around parameters.
    fn closed(&self, at: usize, indent: usize) -> Option<usize> {
        for line in lines_behind(self.bytes, at) {
            let there = blanks(self.bytes, line);
            match self.bytes.get(line + there)? {
                b'\r' | b'\n' => {}
                _ if there > indent => {}
                b'}' if there == indent => return Some(line + there + 1),
                b')' | b']' | b'{' if there == indent => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether a statement may begin at a place: no bracket closes there, no comment begins, and no string goes on.
    fn begins(&self, at: usize) -> bool {
        let signs = self.how.columns.unwrap_or_default().as_bytes();
        let first = self.bytes.get(at);
        first.is_none_or(|byte| byte.is_ascii_alphabetic() || b"_@".contains(byte) || signs.contains(byte))
            && self.is_ended(at)
            && !self.tree.documentation().is_some_and(|read| read.fences(at))
    }

    /// Whether what stands before a place has ended: `template <class T>` goes on with the next line.
    fn is_ended(&self, at: usize) -> bool {
        let ends = self.how.ends.as_bytes();
        let head = self.bytes[..at].trim_ascii_end();
        let last = head.last().filter(|_| !ends.is_empty());
        let line = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
        last.is_none_or(|last| ends.contains(last)) || head[line..].starts_with(b"#") || head.ends_with(b"*/")
    }
}

/// Where the lines behind a place begin.
fn lines_behind(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'\n', &bytes[from..]).map(move |at| from + at + 1)
}

fn blanks(bytes: &[u8], line: usize) -> usize {
    bytes[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
