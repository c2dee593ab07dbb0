//! Code that stands in a host: script blocks of a page, the head of a component. The parser sees these regions alone, as
//! one text, and every span is one of the whole file.

use crate::regexes::Regex;
use tree_sitter::{Point, Range};

/// The regions of a text in order: between each opening and the first closing after it, or the end.
pub(crate) fn find(marks: &[(Regex, Regex)], text: &str) -> Vec<Range> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut point = Point { row: 0, column: 0 };
    let mut reached = 0;
    let mut place = |to: usize| {
        for byte in &text.as_bytes()[reached..to] {
            point = if *byte == b'\n' {
                Point { row: point.row + 1, column: 0 }
            } else {
                Point { row: point.row, column: point.column + 1 }
            };
        }
        reached = to;
        point
    };
    while let Some((open, close)) = marks
        .iter()
        .filter_map(|(open, close)| Some((open.find_at(text, at)?, close)))
        .min_by_key(|(open, _)| open.start())
    {
        let end = close.find_at(text, open.end()).map_or(text.len(), |close| close.start());
        let (start_point, end_point) = (place(open.end()), place(end));
        out.push(Range { start_byte: open.end(), end_byte: end, start_point, end_point });
        // An opening that takes nothing is no progress.
        at = end.max(open.start() + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        if at >= text.len() {
            break;
        }
    }
    if out.is_empty() {
        // No range at all would mean the whole text.
        let point = place(text.len());
        out.push(Range { start_byte: text.len(), end_byte: text.len(), start_point: point, end_point: point });
    }
    out
}

/// Spans of a text, in order, as the parser wants them.
pub(crate) fn of_spans(spans: &[std::ops::Range<usize>], text: &str) -> Vec<Range> {
    let mut known = (0, Point { row: 0, column: 0 });
    let mut place = |to: usize| {
        let (from, point) = known;
        let between = &text.as_bytes()[from..to];
        let rows = between.split(|byte| *byte == b'\n').count() - 1;
        let line = between.iter().rposition(|byte| *byte == b'\n');
        let column = line.map_or(point.column + between.len(), |at| between.len() - at - 1);
        known = (to, Point { row: point.row + rows, column });
        known.1
    };
    let range = |span: &std::ops::Range<usize>| Range {
        start_byte: span.start,
        end_byte: span.end,
        start_point: place(span.start),
        end_point: place(span.end),
    };
    spans.iter().map(range).collect()
}

/// The regions as one program of the same length: blanks stand for all else, and a line ends where a region does.
pub(crate) fn alone(marks: &[(Regex, Regex)], text: &str) -> String {
    let mut out: String = text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    for region in find(marks, text).iter().rev() {
        let (start, end) = (region.start_byte, region.end_byte);
        out.replace_range(start..end, &text[start..end]);
        if end < text.len() {
            out.replace_range(end..=end, "\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(open: &str, close: &str, text: &'a str) -> Vec<&'a str> {
        let marks = [(Regex::new(open), Regex::new(close))];
        find(&marks, text).iter().map(|range| &text[range.start_byte..range.end_byte]).collect()
    }

    #[test]
    fn regions_are_lines_of_one_program() {
        let marks = [(Regex::new("<%=?"), Regex::new("%>"))];
        let text = "é<% if x %>\n y <%= z%>";
        assert_eq!(alone(&marks, text), "     if x \n \n       z\n ");
        assert_eq!(alone(&marks, text).len(), text.len());
        assert_eq!(alone(&marks, "<% open"), "   open");
        assert_eq!(alone(&marks, "no é"), "     ");
    }

    #[test]
    fn spans_have_the_points_of_the_whole_text() {
        let spans = of_spans(&[1..3, 5..9, 9..10], "ab\nc\n\ndef\n");
        let points: Vec<_> = spans.iter().map(|span| (span.start_point, span.end_point)).collect();
        let point = |row, column| Point { row, column };
        assert_eq!(points, [(point(0, 1), point(1, 0)), (point(2, 0), point(3, 3)), (point(3, 3), point(4, 0))]);
    }

    #[test]
    fn regions_lie_between_their_marks() {
        assert_eq!(texts("<s[^>]*>", "</s>", "é<s a>one</s>\n<s>two"), ["one", "two"]);
        assert_eq!(texts("<s>", "</s>", "none"), [""]);
        assert_eq!(texts("", "$", "é"), ["é"]);
        let text = "a\né<s>b\n";
        let marks = [(Regex::new("<s>"), Regex::new("</s>"))];
        assert_eq!(find(&marks, text)[0].start_point, Point { row: 1, column: 5 });
        assert_eq!(find(&marks, text)[0].end_point, Point { row: 2, column: 0 });
    }
}
