//! Lines of the source: how deep they stand, and how they end.

use std::ops::Range;

/// The white space that the line of a place starts with.
pub(crate) fn indentation(text: &str, at: usize) -> &str {
    let line = &text[start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Where the line of a place starts.
pub(crate) fn start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// Where the line of a place ends, before its break.
pub(crate) fn end(text: &str, at: usize) -> usize {
    at + text[at..].split(['\r', '\n']).next().unwrap_or_default().len()
}

/// Where the line after that of a place starts.
pub(crate) fn next(text: &str, at: usize) -> usize {
    at + text[at..].find('\n').map_or(text.len() - at, |found| found + 1)
}

/// How lines end in a text.
pub(crate) fn ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// A recipe's text of several lines, laid out as deep as the line of a place.
pub(crate) fn lay_out(template: &str, text: &str, at: usize) -> String {
    let (ending, depth) = (ending(text), indentation(text, at));
    let mut out = String::with_capacity(template.len());
    for (index, line) in template.split('\n').enumerate() {
        if index > 0 {
            out.push_str(ending);
            if !line.is_empty() {
                out.push_str(depth);
            }
        }
        out.push_str(line);
    }
    out
}

/// The comments that stand on the lines right above a place's line, as a range of whole lines; empty if there are none.
pub(crate) fn comments_above(text: &str, at: usize) -> Range<usize> {
    let line = start(text, at);
    let mut first = line;
    while first > 0 {
        let above = start(text, first - 1);
        let content = text[above..first].trim();
        if !(content.starts_with("//") || content.starts_with('#')) {
            break;
        }
        first = above;
    }
    first..line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_at_the_depth_of_the_line() {
        let text = "a\n\tb = 1\n";
        assert_eq!(lay_out("f {\n\tx\n\n}", text, 5), "f {\n\t\tx\n\n\t}");
        assert_eq!(lay_out("f {\n}", "\t b\r\n", 3), "f {\r\n\t }");
    }

    #[test]
    fn finds_the_comments_above() {
        let text = "x\n\n// one\n  // two\n  y = 1\n";
        assert_eq!(&text[comments_above(text, text.len() - 3)], "// one\n  // two\n");
        assert!(comments_above(text, 0).is_empty());
    }
}
