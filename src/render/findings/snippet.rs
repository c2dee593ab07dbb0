//! The line of a finding, masked: not this value alone, but every value that was found in the file, however it is spelled.

use std::ops::Range;

use keylift_providers::Secret;

use super::{harmless, mask};
use crate::model::{Finding, Snippet, SourceFile, Text};
use crate::rules::find_value;

/// How much of a line is shown before a value and after it, in bytes.
const BEFORE: usize = 70;
const AFTER: usize = 50;

/// Most distinct values of one file that lines are searched for; a file with more is a data set, and its lines are not
/// shown.
const MOST: usize = 64;

/// Gives each finding of a file its snippet.
pub fn snippets(file: &SourceFile, findings: &mut [Finding]) {
    let Some(text) = Text::decode(&file.bytes) else { return };
    let mut values: Vec<Secret> = Vec::new();
    for finding in findings.iter() {
        if !values.contains(&finding.secret) {
            values.push(finding.secret.duplicate());
        }
        if values.len() > MOST {
            return;
        }
    }
    let spans: Vec<Range<usize>> = findings.iter().map(|finding| finding.span.clone()).collect();
    for finding in findings {
        finding.snippet = snippet(&text.text, &finding.span, &finding.secret, &spans, &values);
    }
}

fn snippet(
    text: &str,
    span: &Range<usize>,
    own: &Secret,
    spans: &[Range<usize>],
    values: &[Secret],
) -> Option<Snippet> {
    text.get(span.clone())?;
    let line_start = memchr::memrchr(b'\n', text.get(..span.start)?.as_bytes()).map_or(0, |at| at + 1);
    let line_end = memchr::memchr(b'\n', text.get(span.start..)?.as_bytes()).map_or(text.len(), |at| span.start + at);
    let (start, end) = (line_start.max(span.start.saturating_sub(BEFORE)), line_end.min(span.end + AFTER));
    let (start, end) = (floor(text, start), floor(text, end));
    // A value that the cut goes through must be recognised: search wider than what is shown. The widest spelling takes
    // six characters a byte.
    let longest = values.iter().map(Secret::len).max().unwrap_or(0).min(4096) * 6;
    let wide = floor(text, start.saturating_sub(longest))..floor(text, (end + longest).min(text.len()));
    let mut hidden: Vec<Range<usize>> = spans.to_vec();
    for value in values {
        let found = find_value(text.get(wide.clone())?.as_bytes(), value.expose());
        hidden.extend(found.into_iter().map(|place| place.span.start + wide.start..place.span.end + wide.start));
    }
    hidden.retain(|range| range.start < end && range.end > start && *range != *span);
    hidden.push(span.clone());
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut line = String::new();
    let mut caret = None;
    if start > line_start {
        line.push('…');
    }
    let mut at = start;
    for range in hidden {
        let (from, to) = (range.start.max(at), range.end.min(end));
        if range == *span {
            line.push_str(&harmless(text.get(at..from).unwrap_or("")));
            let shown = harmless(&mask(own));
            caret = caret.or(Some((line.chars().count(), shown.chars().count())));
            line.push_str(&shown);
        } else if to > from {
            line.push_str(&harmless(text.get(at..from).unwrap_or("")));
            line.push_str("********");
        }
        at = at.max(to);
    }
    line.push_str(&harmless(text.get(at..end).unwrap_or("").trim_end()));
    if end < line_end {
        line.push('…');
    }
    Some(Snippet { line, caret: caret? })
}

/// A text with every spelling of the values masked.
pub fn mask_line(text: &str, values: &[Secret]) -> String {
    let mut hidden: Vec<Range<usize>> = values
        .iter()
        .flat_map(|value| find_value(text.as_bytes(), value.expose()).into_iter().map(|place| place.span))
        .collect();
    hidden.sort_by_key(|range| range.start);
    let (mut out, mut at) = (String::new(), 0);
    for range in hidden {
        if range.end > at {
            out.push_str(text.get(at..range.start.max(at)).unwrap_or(""));
            out.push_str("********");
            at = range.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// The last place at or before `at` where a character starts.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn the_caret_stands_under_the_mask() {
        // keylift:allow made up for a test
        let found = found("a.py", "x = 1\nDB_PASSWORD = 'Sun-rise.4411x'  # é\n");
        let snippet = found[0].snippet.clone().expect("a snippet");
        assert_eq!(snippet.line, "DB_PASSWORD = '********'  # é");
        assert_eq!(snippet.caret, (15, 8));
    }

    #[test]
    fn other_values_of_the_file_are_masked_as_well_and_in_other_spellings() {
        let text =
            // keylift:allow made up for a test
            "A_PASSWORD = 'Sun/rise.4411x'\nB_PASSWORD = 'Moon.set.8822y'; u = 'Sun%2Frise.4411x' + 'Sun/rise.4411x'\n";
        for finding in found("a.py", text) {
            let line = finding.snippet.expect("a snippet").line;
            assert!(!line.contains("4411x") && !line.contains("8822y"), "{line}");
        }
    }

    #[test]
    fn a_cut_through_a_value_shows_no_part_of_it() {
        for gap in 0..120 {
            let text = format!(
                // keylift:allow made up for a test
                "B_PASSWORD = 'Moon.set.8822y'\nA = 'Moon.set.8822y'{} A_PASSWORD = 'Sun-rise.4411x' {} 'Moon.set.8822y'\n",
                " ".repeat(gap),
                " ".repeat(gap)
            );
            for finding in found("a.py", &text) {
                let line = finding.snippet.expect("a snippet").line;
                assert!(!line.contains("Moo") && !line.contains("22y") && !line.contains("rise"), "{gap}: {line}");
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_value() {
        // keylift:allow made up for a test
        let text = format!("{} DB_PASSWORD = 'Sun-rise.4411x' {}\n", "x ".repeat(5000), "y ".repeat(5000));
        let found = found("a.py", &text);
        let line = found[0].snippet.clone().expect("a snippet").line;
        assert!(line.starts_with('…') && line.ends_with('…') && line.chars().count() < 200, "{line}");
    }

    #[test]
    fn masking_a_line_takes_every_value() {
        let values = [Secret::new("Sun-rise.4411x"), Secret::new("Moon.set.8822y")];
        assert_eq!(mask_line("a Sun-rise.4411x b Moon.set.8822y", &values), "a ******** b ********");
    }
}
