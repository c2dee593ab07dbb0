//! The parts of a text that are worth parsing: statements and functions with promising words. The rest need not be.

use std::ops::Range;

use keylift_grammars::Excerpts;

use crate::rules::tree::Tree;

/// Smaller texts are parsed as they are.
const SMALL: usize = 2048;
/// How many statements before and behind one are looked at with it, and how far away they may begin, in bytes: what stands
/// beside a value tells whether it is one of many names.
const BESIDE: usize = 3;
const NEAR: usize = 512;

/// How often a text is passed over, at most, to find its parts: braces in braces, each with places of its own, would take
/// ever longer.
const PASSES: usize = 16;
/// Longest line on which braces are looked for, in bytes.
const LINE: usize = 4096;

/// The parts around promising places, in order and apart from each other; none where they are most of the text, or where
/// the language does not say by its layout where they begin.
pub(super) fn around(tree: &Tree<'_>, promising: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    let text = tree.text();
    let layout = Layout { bytes: text.as_bytes(), how: tree.excerpts().filter(|_| text.len() >= SMALL)?, tree };
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut left = text.len() * PASSES;
    for place in promising {
        if found.last().is_some_and(|last| last.end >= place.end) {
            continue;
        }
        let part = if layout.how.objects {
            object(layout.bytes, place)?
        } else {
            let statement = layout.statement(place);
            layout.function(place, &statement).unwrap_or_else(|| layout.with_neighbours(statement))
        };
        left = left.checked_sub(part.len() + LINE + place.start.saturating_sub(part.start))?;
        // A function of the same statement begins before, one within another; braces may hold several of those before.
        let mut whole = part;
        while let Some(last) = found.pop_if(|last| whole.start < last.end) {
            whole = whole.start.min(last.start)..whole.end.max(last.end);
        }
        found.push(whole);
    }
    let length: usize = found.iter().map(Range::len).sum();
    (length <= text.len() / 4 * 3 && !(layout.how.braces && any_in_template(layout.bytes, &found))).then_some(found)
}

/// Whether one of several parts, in order, begins in a string between backticks, which goes over lines: that is no code.
fn any_in_template(bytes: &[u8], parts: &[Range<usize>]) -> bool {
    let mut ticks = memchr::memchr_iter(b'`', bytes).filter(|at| !bytes[..*at].ends_with(b"\\")).peekable();
    let mut within = false;
    parts.iter().any(|part| {
        while ticks.next_if(|at| *at < part.start).is_some() {
            within = !within;
        }
        within
    })
}

/// The innermost braces around a place, told from lines on which every string ends.
fn object(bytes: &[u8], place: &Range<usize>) -> Option<Range<usize>> {
    let mut end = place.start;
    // Braces that close behind what was looked at, and open before it.
    let mut closed = 0;
    let start = loop {
        let line = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
        if end - line > LINE {
            return None;
        }
        let (mut open, mut lacking) = (Vec::new(), 0);
        for (at, brace) in braces(&bytes[line..end]) {
            match brace {
                b'{' => open.push(line + at),
                _ if open.pop().is_none() => lacking += 1,
                _ => {}
            }
        }
        if let Some(at) = open.len().checked_sub(closed + 1) {
            break open[at];
        }
        closed = closed - open.len() + lacking;
        end = line.checked_sub(1)?;
    };
    let mut depth = 0_usize;
    let closing = braces(&bytes[start..]).find(|(_, brace)| {
        depth = if *brace == b'{' { depth + 1 } else { depth.saturating_sub(1) };
        depth == 0
    });
    let end = start + closing?.0 + 1;
    (end >= place.end).then_some(start..end)
}

/// The braces of a text that begins outside of strings, but for those in strings.
fn braces(bytes: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let mut within = false;
    let mut skipped = 0;
    bytes.iter().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if at < skipped => {}
            b'\\' if within => skipped = at + 2,
            b'"' => within = !within,
            b'{' | b'}' if !within => return Some((at, *byte)),
            _ => {}
        }
        None
    })
}

/// A text whose statements begin where its lines show it.
struct Layout<'a, 't> {
    bytes: &'a [u8],
    how: Excerpts,
    tree: &'a Tree<'t>,
}

impl Layout<'_, '_> {
    /// The statement of the outermost level around a place.
    fn statement(&self, place: &Range<usize>) -> Range<usize> {
        let start =
            memchr::memrchr_iter(b'\n', &self.bytes[..place.start]).map(|at| at + 1).find(|at| self.begins(*at));
        let end = lines_behind(self.bytes, place.end).find(|at| self.begins(*at)).unwrap_or(self.bytes.len());
        start.unwrap_or(0)..end
    }

    fn with_neighbours(&self, statement: Range<usize>) -> Range<usize> {
        let low = statement.start.saturating_sub(NEAR);
        // The first line of a text has no end of a line before it.
        let first = Some(0).filter(|_| low == 0);
        let before = memchr::memrchr_iter(b'\n', self.bytes.get(low..statement.start.max(1) - 1).unwrap_or_default());
        let before = before.map(|at| low + at + 1).chain(first).filter(|at| self.begins(*at)).take(BESIDE).last();
        let behind = lines_behind(self.bytes, statement.end).take_while(|at| *at <= statement.end + NEAR);
        let behind = behind.filter(|at| self.begins(*at)).take(BESIDE).last();
        before.unwrap_or(statement.start)..behind.unwrap_or(statement.end)
    }

    /// The innermost function around a place of a statement, without the blanks before it.
    fn function(&self, place: &Range<usize>, statement: &Range<usize>) -> Option<Range<usize>> {
        let bytes = self.bytes;
        if self.how.functions.is_empty() {
            return None;
        }
        let first = memchr::memrchr(b'\n', &bytes[..place.start]).map_or(0, |at| at + 1);
        let before = memchr::memrchr_iter(b'\n', bytes.get(statement.start..first.max(1) - 1)?);
        let lines = std::iter::once(first).chain(before.map(|at| statement.start + at + 1));
        // What is around a place is indented less, line by line, the further out it is.
        let mut least = usize::MAX;
        for line in lines {
            let indent = blanks(bytes, line);
            let at = line + indent;
            if indent >= least || !self.begins(at) {
                continue;
            }
            least = indent;
            let named = |word: &&str| bytes[at..].starts_with(word.as_bytes());
            if indent > 0 && self.how.functions.iter().any(named) {
                let end = if self.how.braces { self.closed(at, indent)? } else { self.left(at, indent) };
                return (end >= place.end).then_some(at..end);
            }
        }
        None
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
            && !self.tree.documentation().is_some_and(|read| read.fences(at))
    }
}

/// Where the lines behind a place begin.
fn lines_behind(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'\n', &bytes[from..]).map(move |at| from + at + 1)
}

fn blanks(bytes: &[u8], line: usize) -> usize {
    bytes[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    /// The parts around each `word`.
    fn parts(text: &str) -> Option<Vec<&str>> {
        let tree = Tree::new(text, Path::new("a.py"));
        let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
        let parts = around(&tree, &places)?;
        Some(parts.into_iter().map(|part| &text[part]).collect())
    }

    fn filled(text: &str) -> String {
        format!("{text}{}", "x = y\n".repeat(1000))
    }

    #[test]
    fn statements_of_the_outermost_level_begin_in_the_first_column() {
        let text = "import os\n\n\n@app\ndef f(\n    a,\n):\n    word = 1\n    x = \"\"\"\nfirst\n\"\"\"\n\n# word\nword = [\n]\nb = 2\n";
        let apart = "a = 1\n".repeat(200);
        let text = format!("{apart}{}{apart}", text.replace("\nword", &format!("\n{apart}word")));
        let expected = [
            "def f(\n    a,\n):\n    word = 1\n    x = \"\"\"\nfirst\n\"\"\"\n\n# word\na = 1\na = 1\na = 1\n",
            "a = 1\na = 1\na = 1\nword = [\n]\nb = 2\na = 1\na = 1\n",
        ];
        let found = parts(&text).unwrap();
        assert!(found[0].ends_with(expected[0]), "{found:?}");
        assert_eq!(found[1..], expected[1..]);
        assert_eq!(parts("word = 1\n"), None);
        assert_eq!(parts(&"word = 1\n".repeat(1000)), None);
    }

    #[test]
    fn of_a_class_the_functions_are_taken() {
        let class = |body: &str| filled(&format!("class A(\n    B\n):\n    a = 1\n{body}    z = 2\n"));
        let method = "def f(\n        self,\n        word=1,\n    ) -> None:\n        if x:\n            word = 2\n\n";
        assert_eq!(parts(&class(&format!("    {method}    # c\n"))).unwrap(), [format!("{method}    # c\n")]);
        let two = "    def f(self):\n        word = 1\n    @property\n    def g(self):\n        def h():\n            return word\n        return h\n";
        assert_eq!(
            parts(&class(two)).unwrap(),
            ["def f(self):\n        word = 1\n", "def h():\n            return word\n"]
        );
        // What belongs to the class itself takes all of it.
        for body in ["    word = 1\n", "    def f(self):\n        pass\n    x = call(\n            word=1,\n    )\n"] {
            assert_eq!(
                parts(&class(body)).unwrap(),
                [format!("class A(\n    B\n):\n    a = 1\n{body}    z = 2\n{}", "x = y\n".repeat(3))]
            );
        }
        let fenced = "    def f(self):\n        x = \"\"\"\n    def g(self):\n  a\n\"\"\"\n        word = 1\n";
        assert_eq!(parts(&class(fenced)).unwrap(), [&fenced[4..]]);
    }

    #[test]
    fn functions_end_with_their_braces() {
        let parts = |text: &str| {
            let text = format!("{}{text}\n", "f();\n".repeat(1000));
            let tree = Tree::new(&text, Path::new("a.js"));
            let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
            around(&tree, &places).map(|parts| parts.into_iter().map(|part| text[part].to_owned()).collect::<Vec<_>>())
        };
        let function = "function a(\n    b,\n  ) {\n\n    word = [\n    ];\n  }";
        let wrapped = |inner: &str| format!("(function () {{\n  {inner}\n  b();\n}})();");
        assert_eq!(parts(&wrapped(function)).unwrap(), [function]);
        let class = "class A {\n    b() {\n      word();\n    }\n  }";
        assert_eq!(parts(&wrapped(class)).unwrap(), [class]);
        // Of a function that something is indented out of, the statement is taken.
        let torn = wrapped("function a() {\n    word();\n b();\n  }");
        assert_eq!(parts(&torn).unwrap(), [format!("{}{torn}\n", "f();\n".repeat(4))]);
        assert_eq!(parts(&format!("const text = `\n{}\n`;", function.replace("word", "word(`\\``)"))), None);
    }

    #[test]
    fn of_values_in_braces_the_innermost_are_taken() {
        let filler = "{\"a}\": \"b{\\\"}\"},\n".repeat(200);
        let parts = |inner: &str| {
            let text = format!("[\n{filler}{{\"x\": [{{\n}}, {inner}\n, {{\"y\": 1}}]}},\n{filler}]");
            let tree = Tree::new(&text, Path::new("a.json"));
            let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
            around(&tree, &places).map(|parts| parts.into_iter().map(|part| text[part].to_owned()).collect::<Vec<_>>())
        };
        let one = "{\"a\": {\n},\n \"word\": {\"b\": [\"}\"]}\n}";
        assert_eq!(parts(one).unwrap(), [one]);
        let two = "{\"a\": \"word\"}, {\n\"b\": \"{\", \"word\": 1}";
        assert_eq!(parts(two).unwrap(), ["{\"a\": \"word\"}", "{\n\"b\": \"{\", \"word\": 1}"]);
        let list = "\"word\"";
        assert_eq!(parts(list).unwrap(), ["{\"x\": [{\n}, \"word\"\n, {\"y\": 1}]}"]);
    }

    #[test]
    fn of_yaml_the_keys_and_items_of_the_outermost_level_are_taken() {
        let filler = |key: &str| {
            let row = |n: usize| format!("{key}{n}:\n  - x\n");
            (0..200).map(row).collect::<String>()
        };
        let inner = "- name: a\n  word: |\n    text\n\n  # c\n- \"x\": b\n";
        let text = format!("{}{inner}{}", filler("- a"), filler("- b"));
        let tree = Tree::new(&text, Path::new("a.yaml"));
        let at = text.find("word").unwrap();
        let parts = around(&tree, std::slice::from_ref(&(at..at + 4))).unwrap();
        assert_eq!(parts.len(), 1);
        let before = "- a197:\n  - x\n- a198:\n  - x\n- a199:\n  - x\n";
        assert_eq!(&text[parts[0].clone()], format!("{before}{inner}- b0:\n  - x\n- b1:\n  - x\n"));
    }

    /// Lines of what is found in a file.
    fn found(path: &str, text: &str) -> Vec<usize> {
        let file = crate::model::SourceFile::disk(path, text.as_bytes());
        let found = crate::rules::Engine::builtin().scan_for(&file, crate::model::Confidence::Medium);
        found.iter().map(|finding| finding.start.0).collect()
    }

    #[test]
    fn calls_far_from_the_parameters_that_they_give_are_read() {
        let define = "def register(user, password):\n    save(user, password)\n\n\n";
        let filler = "def f():\n    return 1\n\n\n".repeat(400);
        let call = "def seed():\n    register(\"ann\", \"q7Gz0pLw2x\")\n"; // keylift:allow made up
        assert_eq!(found("a.py", &format!("{define}{filler}{call}{filler}")), [1606]);
        assert_eq!(found("a.py", &format!("{filler}{call}{filler}{define}")), [1602]);
        assert!(found("a.py", &format!("{define}{filler}")).is_empty());
        // One whose parser is shown all of a text, and in which something else promises more.
        let value = |end: &str| format!("q7Gz0p{end}");
        let text = format!(
            "<?php\n$password = '{}';\nfunction register($user, $password) {{\n  save($user);\n}}\n{}register('ann', '{}');\n",
            value("Kx4b"),
            "f();\n".repeat(2000),
            value("Lw2x")
        );
        assert_eq!(found("a.php", &text), [2, 2006]);
    }

    #[test]
    fn what_would_take_many_passes_is_left_to_the_parser() {
        let deep = format!("{}1{}", "{\"a\":".repeat(2000), ",\n\"word\": 1\n}".repeat(2000));
        let tree = Tree::new(&deep, Path::new("a.json"));
        let places: Vec<Range<usize>> = deep.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
        assert_eq!(around(&tree, &places), None);
        let long = format!("[{}{{\"word\": 1}}, {}1]", "1, ".repeat(2000), "1, ".repeat(2000));
        let at = long.find("word").unwrap();
        let tree = Tree::new(&long, Path::new("a.json"));
        assert_eq!(around(&tree, std::slice::from_ref(&(at..at + 4))), None);
    }

    /// Objects in objects, with places in them.
    fn objects() -> impl Strategy<Value = String> {
        "(word|1|\"\\{\")".prop_recursive(5, 60, 6, |inner| {
            proptest::collection::vec(inner, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",\n")))
        })
    }

    fn lines() -> impl Strategy<Value = String> {
        let line = "( {0,3}|- )(def f\\(|function f\\(|`|\\)|class A:|word |\"word|#|'''|\"\"\"|x = 1|\\{|\\}|é){0,3}";
        proptest::collection::vec(line, 0..60).prop_map(|lines| lines.join("\n"))
    }

    proptest::proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn parts_are_in_order_and_apart(text in prop_oneof![objects(), lines()], name in "a\\.(py|json|yaml|js|c)") {
            // Long enough to be looked at in parts.
            let text = format!("{text}\n{}", " ".repeat(8000));
            let tree = Tree::new(&text, Path::new(&name));
            let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
            if let Some(parts) = around(&tree, &places) {
                let fits = |part: &Range<usize>| part.start < part.end && text.get(part.clone()).is_some();
                proptest::prop_assert!(parts.iter().all(fits), "{parts:?}");
                proptest::prop_assert!(parts.windows(2).all(|two| two[0].end <= two[1].start), "{parts:?}");
                let held =
                    |place: &Range<usize>| parts.iter().any(|part| part.start <= place.start && place.end <= part.end);
                proptest::prop_assert!(places.iter().all(held), "{parts:?}");
            }
        }
    }
}
