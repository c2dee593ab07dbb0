//! Strings that are documentation, and comments, told without a syntax tree: a file whose telling words all stand in such
//! strings is not worth parsing.

use std::ops::Range;

use keylift_grammars::Docstrings;

use super::tree::documents;

/// How much of a line before a place is read, in bytes.
const NEAR: usize = 400;

/// The documentation of a text, and its other strings between fences.
#[derive(Debug)]
pub(super) struct Documentation {
    /// In order.
    spans: Vec<Range<usize>>,
    /// All strings between fences, in order.
    fenced: Vec<Range<usize>>,
    /// In order.
    comments: Vec<Range<usize>>,
}

impl Documentation {
    /// Reads a text: strings between fences that stand by themselves, or under a name such as `EXAMPLES`.
    pub(super) fn of(text: &str, written: Docstrings) -> Self {
        let (quotes, comment) = (written.quotes.as_bytes(), written.comment.as_bytes());
        let bytes = text.as_bytes();
        let (mut spans, mut fenced, mut comments) = (Vec::new(), Vec::new(), Vec::new());
        // The last byte of code before a place that is neither blank nor comment.
        let mut last = None;
        let mut at = 0;
        let blocks = written.block.iter().filter_map(|[open, _]| open.bytes().next());
        let fences = written.fences.iter().filter_map(|fence| fence.bytes().next());
        let begins = quotes.iter().copied().chain(comment.first().copied()).chain(blocks).chain(fences);
        let begin = Begin::of(begins.collect());
        // Most bytes begin nothing: no more is asked of them.
        while let Some(length) = begin.find(&bytes[at..]) {
            last = bytes[at..at + length].trim_ascii_end().last().copied().or(last);
            at += length;
            let rest = &bytes[at..];
            if let Some(fence) = written.fences.iter().find(|fence| rest.starts_with(fence.as_bytes())) {
                let end = closing(text, at + fence.len(), fence);
                if stands_alone(text, at, last) || named(text, at) {
                    spans.push(at..end);
                }
                fenced.push(at..end);
                last = bytes.get(end.saturating_sub(1)).copied();
                at = end;
            } else if rest.starts_with(comment) {
                let end = at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                comments.push(at..end);
                at = end;
            } else if let Some([open, close]) = written.block.filter(|[open, _]| rest.starts_with(open.as_bytes())) {
                let inside = rest.get(open.len()..).unwrap_or_default();
                let length =
                    memchr::memmem::find(inside, close.as_bytes()).map(|length| open.len() + length + close.len());
                let end = length.map_or(bytes.len(), |length| at + length);
                comments.push(at..end);
                at = end;
            } else if rest.first().is_some_and(|byte| quotes.contains(byte)) {
                last = Some(bytes[at]);
                at = string_end(bytes, at);
            } else {
                last = Some(bytes[at]);
                at += 1;
            }
        }
        Self { spans, fenced, comments }
    }

    /// Whether a place is in documentation.
    pub(super) fn holds(&self, at: usize) -> bool {
        holds(&self.spans, at)
    }

    /// Whether a place is in documentation or a comment; none where its tree alone tells.
    pub(super) fn tells_prose(&self, at: usize) -> Option<bool> {
        let prose = self.holds(at) || self.comments(at);
        (prose || !self.fences(at)).then_some(prose)
    }

    /// Whether a place is in a comment.
    pub(super) fn comments(&self, at: usize) -> bool {
        holds(&self.comments, at)
    }

    /// Whether a place is in a string between fences.
    pub(super) fn fences(&self, at: usize) -> bool {
        holds(&self.fenced, at)
    }
}

/// Bytes that strings and comments begin with.
enum Begin {
    Three([u8; 3]),
    More(Vec<u8>),
}

impl Begin {
    fn of(mut bytes: Vec<u8>) -> Self {
        bytes.sort_unstable();
        bytes.dedup();
        match bytes[..] {
            [one] => Self::Three([one; 3]),
            [one, two] => Self::Three([one, two, two]),
            [one, two, three] => Self::Three([one, two, three]),
            _ => Self::More(bytes),
        }
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Three([one, two, three]) => memchr::memchr3(*one, *two, *three, text),
            Self::More(bytes) => text.iter().position(|byte| bytes.contains(byte)),
        }
    }
}

fn holds(spans: &[Range<usize>], at: usize) -> bool {
    let after = spans.partition_point(|span| span.start <= at);
    after.checked_sub(1).is_some_and(|last| at < spans[last].end)
}

/// Where the fence closes: behind the next one that no backslash is before; at the end of a text without.
fn closing(text: &str, mut at: usize, fence: &str) -> usize {
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(fence)) {
        let close = at + found;
        let slashes = text.as_bytes()[..close].iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes % 2 == 0 {
            return close + fence.len();
        }
        at = close + 1;
    }
    text.len()
}

/// Behind the string of one line that begins at a place.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if *byte == bytes[start] => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// What stands on a line before a place, without the prefix of a string.
fn head(text: &str, at: usize) -> &str {
    // A line may be all of a file.
    let near = text.get(text.floor_char_boundary(at.saturating_sub(NEAR))..at).unwrap_or_default();
    let head = near.get(near.rfind('\n').map_or(0, |found| found + 1)..).unwrap_or_default();
    let prefix = head.bytes().rev().take(2).take_while(|byte| b"rRuUbB".contains(byte)).count();
    head[..head.len() - prefix].trim()
}

/// A string that is a statement of its own: first on its line, and what is before it opens a body, is another string, or ends
/// in a way that no expression goes on from with a string.
fn stands_alone(text: &str, at: usize, last: Option<u8>) -> bool {
    let prefixed = text.get(..at).is_some_and(|before| before.ends_with(['r', 'R', 'u', 'U', 'b', 'B']));
    head(text, at).is_empty()
        && (prefixed
            || last.is_none_or(|last| {
                b":\"')]}".contains(&last) || last.is_ascii_alphanumeric() && !follows_operator(text, at)
            }))
}

/// Whether the word before a place is an operator, or wants an expression behind it.
fn follows_operator(text: &str, at: usize) -> bool {
    const WORDS: [&str; 11] = ["and", "or", "not", "in", "is", "if", "else", "return", "yield", "await", "lambda"];
    let before = text.get(..at).unwrap_or_default().trim_end();
    let word = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    WORDS.contains(&word)
}

/// A string under a name that says that it is documentation.
fn named(text: &str, at: usize) -> bool {
    let head = head(text, at);
    let Some(name) = head.strip_suffix('=').map(str::trim_end) else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(plain) && documents(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: Docstrings = Docstrings { fences: &["\"\"\"", "'''"], quotes: "\"'", comment: "#", block: None };
    const JSON: Docstrings = Docstrings { fences: &[], quotes: "\"", comment: "//", block: Some(["/*", "*/"]) };

    /// What of a text is documentation, by its telling words.
    fn documented(text: &str) -> Vec<bool> {
        let read = Documentation::of(text, PYTHON);
        text.match_indices("word").map(|(at, _)| read.holds(at)).collect()
    }

    #[test]
    fn strings_that_stand_by_themselves_are_documentation() {
        assert_eq!(documented("\"\"\"word\"\"\"\nword = 1\n"), [true, false]);
        assert_eq!(documented("def f():\n    r'''word\n    word'''\n    return 'word'\n"), [true, true, false]);
        assert_eq!(documented("EXAMPLES = r'''\nword: x\n'''\nx.word = '''\nword'''\n"), [true, false, false]);
        assert_eq!(documented("# it's \"\"\"\nA = 'word' # '''\n\"word\""), [false, false]);
    }

    #[test]
    fn comments_are_prose_and_what_a_name_documents_is_asked_of_the_tree() {
        let prose = |text: &str, how| {
            let read = Documentation::of(text, how);
            text.match_indices("word").map(|(at, _)| read.tells_prose(at)).collect::<Vec<_>>()
        };
        let json = "{\"a\": \"// word\", // word\n/* word\n word */ \"b/*\": \"word\"}";
        assert_eq!(prose(json, JSON), [Some(false), Some(true), Some(true), Some(true), Some(false)]);
        let python = "'''word'''\nx = 'word' # word\nf(x='''word''')";
        assert_eq!(prose(python, PYTHON), [Some(true), Some(false), Some(true), None]);
    }

    #[test]
    fn arguments_are_none() {
        assert_eq!(documented("f(\n    '''\n    word\n    ''')\n"), [false]);
        assert_eq!(documented("SQL = '''word \\''' word''' + word"), [false, false, false]);
        assert_eq!(documented("def f():\n    \"\"\"word \\\"\"\" word\"\"\"\n    word"), [true, true, false]);
        let attributes = "class A:\n    a: B[int]\n    \"\"\"word\"\"\"\n    b: int = 1\n    \"\"\"word\"\"\"\n";
        assert_eq!(documented(attributes), [true, true]);
        let parts = "x = (a or\n    \"\"\"word\"\"\")\nf(a,\n    \"\"\"word\"\"\")\nx = \\\n    \"\"\"word\"\"\"\n";
        assert_eq!(documented(parts), [false, false, false]);
        assert_eq!(documented("'unclosed\n'x'\n\"\"\"word"), [true]);
    }
}
