//! The parts of a text that are worth parsing: statements and functions with promising words. The rest need not be.

mod layout;
mod objects;

use std::ops::Range;

use crate::rules::tree::Tree;
use layout::Layout;
use objects::object;

/// Smaller texts are parsed as they are.
const SMALL: usize = 2048;
/// How often a text is passed over, at most, to find its parts: braces in braces, each with places of its own, would take
/// ever longer.
const PASSES: usize = 16;
/// Longest line on which braces are looked for, in bytes.
const LINE: usize = 4096;

/// The parts around promising places, in order and apart from each other; none where they are most of the text, or where
/// the language does not say by its layout where they begin.
pub(super) fn around(tree: &Tree<'_>, promising: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    let text = tree.text();
    let layout = Layout::of(tree, tree.excerpts().filter(|_| text.len() >= SMALL)?);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut left = text.len() * PASSES;
    for place in promising {
        if found.last().is_some_and(|last| last.end >= place.end) {
            continue;
        }
        let part = if layout.how.objects {
            object(text.as_bytes(), place)?
        } else if let Some(directive) = layout.directive(place) {
            directive
        } else {
            let statement = layout.statement(place);
            let within = layout.within(place, &statement);
            within.unwrap_or_else(|| layout.with_neighbours(statement))
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
    (length <= text.len() / 4 * 3 && !(layout.how.braces && any_in_template(text.as_bytes(), &found))).then_some(found)
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
        // Of a function that something is indented out of, all is taken.
        let torn = wrapped("function a() {\n    word();\n b();\n  }");
        assert_eq!(parts(&torn).unwrap(), [format!("{}{torn}\n", "f();\n".repeat(4))]);
        let two = wrapped("var a = word;\n  if (b) {\n    c(\n      word\n    );\n  }");
        assert_eq!(parts(&two).unwrap(), ["var a = word;\n", "if (b) {\n    c(\n      word\n    );\n  }\n"]);
        let template = format!("const text = `\n{0}word();\n{0}\\``;", "f();\n".repeat(9));
        assert_eq!(parts(&template), None);
        // Of a module in a function, statements.
        let object = "var a = {\n    word: 1,\n  };\n";
        assert_eq!(parts(&wrapped(&format!("'use strict';\n\n  {object}"))).unwrap(), [format!("{object}\n")]);
        // An object's entries are none, whatever stands before it.
        for head in ["module.exports = env => ({", "f(function () { return 1; }, {", "f(() => 1, {"] {
            let object = format!("{head}\n  word: 1\n}});\n");
            assert_eq!(parts(&object).unwrap(), [format!("{}{object}\n", "f();\n".repeat(3))]);
        }
        let entries = "f({\n  a: {\n    word: 1\n  }\n});\n";
        assert_eq!(parts(entries).unwrap(), [format!("{}{entries}\n", "f();\n".repeat(3))]);
    }

    #[test]
    fn what_decorators_stand_before_is_theirs() {
        let other = "def g():\n    pass\n\n\n";
        let apart = filled("");
        let decorated = "@a.b(\n    word=1,\n)\n@c\ndef f():\n    pass\n\n\n";
        let text = format!("{apart}{decorated}{other}{apart}");
        assert!(parts(&text).unwrap()[0].contains(decorated));
        // A part ends with no decorator.
        let decorated = decorated.replace("word", "x");
        let text = format!("{apart}word = 1\n\n\n{other}{other}{decorated}{other}{apart}");
        assert!(parts(&text).unwrap()[0].ends_with(&format!("word = 1\n\n\n{other}{other}{decorated}")));
    }

    /// The parts around each `word` of a program in C++.
    fn parts_of_cpp(text: &str) -> Option<Vec<String>> {
        let text = format!("{0}{text}{0}", "int f();\n".repeat(500));
        let tree = Tree::new(&text, Path::new("a.cpp"));
        let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
        around(&tree, &places).map(|parts| parts.into_iter().map(|part| text[part].to_owned()).collect())
    }

    #[test]
    fn statements_end_where_the_next_line_may_begin_another() {
        let two = "template <class T>\nT a(T word) {\n}\n";
        let around = |text: &str| format!("{0}{text}{0}", "int f();\n".repeat(3));
        assert_eq!(parts_of_cpp(two).unwrap(), [around(two)]);
        let (before, behind) = ("#include <a>\n", "template <class T>\nT b();\n");
        let found = parts_of_cpp(&format!("{before}int a = word;\n{behind}")).unwrap();
        assert_eq!(
            found,
            [format!("int f();\nint f();\nint f();\n{before}int a = word;\n{behind}int f();\nint f();\n")]
        );
    }

    #[test]
    fn directives_are_parts_with_those_beside_them() {
        let define = |name: &str| format!("#define {name} \"x\"\n");
        let joined = |name: &str| format!("#define {name} \\\n  \"x\"\n");
        let before = |names: &[&str]| names.iter().copied().map(define).collect::<String>();
        let behind = |names: &[&str]| names.iter().copied().map(joined).collect::<String>();
        let text = before(&["a", "b", "c", "d"]) + &behind(&["word", "e", "f", "g", "h"]);
        let expected = before(&["b", "c", "d"]) + &behind(&["word", "e", "f", "g"]);
        assert_eq!(parts_of_cpp(&text).unwrap(), [expected]);
        assert_eq!(parts_of_cpp("#define word\n").unwrap(), ["#define word\n"]);
        let joined = "#define a \\\n  word\n";
        assert!(parts_of_cpp(joined).unwrap()[0].len() > joined.len());
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
