//! The statements around promising words, read by themselves: where nothing is in them, the whole of a large file need not
//! be parsed.

use std::ops::Range;
use std::path::Path;

use super::lines::Reader;
use super::syntax;
use crate::model::Confidence;
use crate::rules::tree::Tree;

/// Smaller texts are parsed as they are.
const SMALL: usize = 2048;

/// Whether the statements around promising words give nothing of at least some confidence. False also where that cannot be
/// told from them alone: where they are half of the text, or do not parse by themselves.
pub(super) fn is_quiet(
    tree: &Tree<'_>,
    path: &Path,
    promising: &[Range<usize>],
    hits: &[Range<usize>],
    least: Confidence,
) -> bool {
    let text = tree.text();
    if text.len() < SMALL || !tree.has_columns() {
        return false;
    }
    let statements = statements(tree, promising);
    let length: usize = statements.iter().map(Range::len).sum();
    length <= text.len() / 2
        && statements.into_iter().all(|statement| gives_nothing(tree, path, &statement, hits, least))
}

/// The statements of the outermost level that have the places, which are in order.
fn statements(tree: &Tree<'_>, places: &[Range<usize>]) -> Vec<Range<usize>> {
    let text = tree.text();
    let mut found: Vec<Range<usize>> = Vec::new();
    for place in places {
        if found.last().is_some_and(|last| last.end >= place.end) {
            continue;
        }
        let begins = |at: usize| {
            let first = text.as_bytes().get(at).copied().unwrap_or(b'x');
            let fenced = tree.documentation().is_some_and(|read| read.fences(at));
            !fenced && (first.is_ascii_alphabetic() || b"_@".contains(&first))
        };
        let lines = |from: usize| memchr::memchr_iter(b'\n', &text.as_bytes()[from..]).map(move |at| from + at + 1);
        let start =
            memchr::memrchr_iter(b'\n', &text.as_bytes()[..place.start]).map(|at| at + 1).find(|at| begins(*at));
        let end = lines(place.end).find(|at| begins(*at)).unwrap_or(text.len());
        found.push(start.unwrap_or(0)..end);
    }
    found
}

fn gives_nothing(tree: &Tree<'_>, path: &Path, span: &Range<usize>, hits: &[Range<usize>], least: Confidence) -> bool {
    let Some(text) = tree.text().get(span.clone()) else { return false };
    let part = tree.part(text);
    let mut reader = Reader::new(text, path, part.language());
    let telling: Vec<Range<usize>> = hits
        .iter()
        .filter(|hit| span.start <= hit.start && hit.end <= span.end)
        .map(|hit| hit.start - span.start..hit.end - span.start)
        .filter(|hit| reader.tells(hit))
        .collect();
    part.look_at(&telling);
    let Some(parsed) = part.parsed().filter(|parsed| parsed.syntax_errors() == 0) else { return false };
    syntax::read(parsed, &part, &telling, &mut reader);
    reader.finish().iter().all(|candidate| candidate.confidence < least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(text: &str) -> Tree<'_> {
        Tree::new(text, Path::new("a.py"))
    }

    #[test]
    fn statements_of_the_outermost_level_begin_in_the_first_column() {
        let text = "import os\n\n\n@app\ndef f(\n    a,\n):\n    word = 1\n    x = \"\"\"\nfirst\n\"\"\"\n\n# word\nword = [\n]\nb = 2";
        let tree = python(text);
        let places: Vec<Range<usize>> = text.match_indices("word").map(|(at, word)| at..at + word.len()).collect();
        let found = statements(&tree, &places);
        let expected = ["def f(\n    a,\n):\n    word = 1\n    x = \"\"\"\nfirst\n\"\"\"\n\n# word\n", "word = [\n]\n"];
        assert_eq!(found.into_iter().map(|span| &text[span]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_gives_something_or_does_not_parse_is_not_quiet() {
        let filler = "def g():\n    return 1\n\n\n".repeat(200);
        let quiet = |middle: &str| {
            let text = format!("{filler}{middle}\n{filler}");
            let tree = python(&text);
            let hits: Vec<Range<usize>> = text.match_indices("pass").map(|(at, word)| at..at + word.len()).collect();
            is_quiet(&tree, Path::new("a.py"), &hits, &hits, Confidence::Medium)
        };
        assert!(quiet("def f():\n    password = None\n    x('a')"));
        assert!(!quiet("def f():\n    password = 'q7Gz0pLw2x'")); // keylift:allow made up
        assert!(!quiet("def f():\n    password = (None\n    x('a'"));
    }
}
