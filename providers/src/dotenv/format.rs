//! The text of a dotenv file: finding its entries without touching anything else, and the quoting that its readers agree on.
//!
//! Readers differ. What is written here is read back alike by a POSIX shell (`set -a; . ./.env`), python-dotenv and the
//! dotenv library of Docker Compose: bare words, single-quoted text, and double-quoted text without anything that one of
//! them expands. `docker run --env-file` takes a line as it is, quotes included, so that it agrees on bare words alone.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use zeroize::Zeroizing;

use crate::store::Rejected;

/// One `NAME=value` of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub name: String,
    /// The value as written, quotes included.
    pub value: Range<usize>,
    /// The whole line or lines, with the line end.
    pub line: Range<usize>,
}

/// The assignments of a file in their order. Lines that are none (comments, blanks, anything odd) are passed over.
pub(super) fn assignments(text: &str) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = end_of_line(text, at);
        match assignment(text, at, line_end) {
            Some(assignment) => {
                at = assignment.line.end;
                found.push(assignment);
            }
            None => at = line_end,
        }
    }
    found
}

fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |offset| from + offset + 1)
}

fn assignment(text: &str, start: usize, line_end: usize) -> Option<Assignment> {
    let line = text[start..line_end].trim_end_matches(['\r', '\n']);
    let body = line.trim_start_matches('\u{feff}').trim_start_matches([' ', '\t']);
    let body = body.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(body, str::trim_start);
    let equals = body.find('=')?;
    let name = body[..equals].trim_end_matches([' ', '\t']);
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || !name.chars().all(legal) {
        return None;
    }
    let after = start + line.len() - body.len() + equals + 1;
    let value_start = after + (text[after..].len() - text[after..].trim_start_matches([' ', '\t']).len());
    let quote = text[value_start..].chars().next().filter(|c| matches!(c, '\'' | '"'));
    let value_end = if let Some(close) = quote.and_then(|quote| closing(text, value_start + 1, quote)) {
        close + 1
    } else {
        // Bare, or a quote that never closes: to the end of the line or a comment.
        let bare = text[value_start..start + line.len()].trim_end_matches([' ', '\t']);
        let bare = [" #", "\t#"].iter().filter_map(|mark| bare.find(mark)).min().map_or(bare, |end| &bare[..end]);
        value_start + bare.trim_end_matches([' ', '\t']).len()
    };
    Some(Assignment { name: name.to_owned(), value: value_start..value_end, line: start..end_of_line(text, value_end) })
}

fn closing(text: &str, from: usize, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in text[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(from + offset),
            _ => {}
        }
    }
    None
}

/// The value behind what is written, as python-dotenv reads it; an error where readers disagree on what it is.
pub(super) fn unquote(name: &str, written: &str) -> Result<String, Rejected> {
    let disagree = |why: &str| Rejected {
        reason: format!("programs read {name} differently: {why}"),
        advice: "write the value out in single quotes".to_owned(),
    };
    let inner = |quote: char| written.strip_prefix(quote)?.strip_suffix(quote).filter(|_| written.len() > 1);
    let value = if let Some(text) = inner('\'') {
        if text.contains("\\\\") || text.contains("\\'") {
            return Err(disagree("it has a doubled backslash or an escaped quote in single quotes"));
        }
        text.to_owned()
    } else if let Some(text) = inner('"') {
        unescape(text)
    } else {
        written.to_owned()
    };
    if interpolates(&value) {
        return Err(disagree("it refers to another variable with ${…}"));
    }
    Ok(value)
}

fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(c @ ('\\' | '\'' | '"' | '$' | '`')) => value.push(c),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

fn interpolates(value: &str) -> bool {
    value.find("${").is_some_and(|start| value[start..].contains('}'))
}

/// Whether every reader, `docker run --env-file` included, takes the value bare.
pub(super) fn is_bare(value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c))
}

/// How the value is written so that its readers agree on it.
pub(super) fn quote(name: &str, value: &str) -> Result<String, Rejected> {
    let refused = |why: &str| {
        Err(Rejected {
            reason: format!("no quoting of {name} in a dotenv file is read alike by every program: {why}"),
            advice: "keep it in another store (age:PATH takes any value)".to_owned(),
        })
    };
    if is_bare(value) {
        return Ok(value.to_owned());
    }
    if let Some(bad) = value.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return refused(&format!("it has the control character {bad:?}"));
    }
    if interpolates(value) {
        return refused("python-dotenv replaces ${…} even between single quotes");
    }
    if value.contains("\\\\") || value.ends_with('\\') {
        return refused("python-dotenv reads a doubled or final backslash differently from a shell");
    }
    if !value.contains('\'') {
        return Ok(format!("'{value}'"));
    }
    if value.contains(['"', '\\', '$', '`']) {
        return refused("it has a single quote beside a character that double quotes give a meaning");
    }
    Ok(format!("\"{value}\""))
}

/// The text with each name of `changes` set to what is written for it: in its line where there is one, else on a new last
/// line. No name is in there twice.
pub(super) fn set(text: &str, changes: &[(&str, &str)]) -> Zeroizing<String> {
    let mut lines: HashMap<&str, Option<Range<usize>>> = changes.iter().map(|(name, _)| (*name, None)).collect();
    for assignment in assignments(text) {
        if let Some(last) = lines.get_mut(assignment.name.as_str()) {
            *last = Some(assignment.value);
        }
    }
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    let mut fresh: Vec<(&str, &str)> = Vec::new();
    for (name, written) in changes {
        match lines.get(name).cloned().flatten() {
            Some(value) => edits.push((value, written)),
            None => fresh.push((name, written)),
        }
    }
    edits.sort_unstable_by_key(|(value, _)| value.start);
    // Room for all of it at once: text that grows leaves copies behind that nobody wipes.
    let room: usize = changes.iter().map(|(name, written)| name.len() + written.len() + 4).sum();
    let mut out = Zeroizing::new(String::with_capacity(text.len() + room));
    let mut at = 0;
    for (value, written) in edits {
        out.push_str(&text[at..value.start]);
        out.push_str(written);
        at = value.end;
    }
    out.push_str(&text[at..]);
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !fresh.is_empty() && !out.is_empty() && !out.ends_with('\n') {
        out.push_str(line_end);
    }
    for (name, written) in fresh {
        for part in [name, "=", written, line_end] {
            out.push_str(part);
        }
    }
    out
}

/// The text without the lines that set one of the names.
pub(super) fn unset(text: &str, names: &HashSet<&str>) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut at = 0;
    for assignment in assignments(text).iter().filter(|assignment| names.contains(assignment.name.as_str())) {
        kept.push_str(&text[at..assignment.line.start]);
        at = assignment.line.end;
    }
    kept.push_str(&text[at..]);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_are_found_between_everything_else() {
        let text = "# c\n\nexport A=1\r\nB = 'x # y'  # note\nnot an entry\nC=\"two\nlines\"\nD=a#b # c\nE=\n";
        let values: Vec<_> =
            assignments(text).into_iter().map(|found| (found.name, text[found.value].to_owned())).collect();
        let expected = [("A", "1"), ("B", "'x # y'"), ("C", "\"two\nlines\""), ("D", "a#b"), ("E", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values, expected);
    }

    #[test]
    fn other_bytes_survive_a_change() {
        let text = "# head\r\nA=1 # why\r\n\r\nB=2";
        let set = |changes: &[(&str, &str)]| set(text, changes).as_str().to_owned();
        assert_eq!(set(&[("A", "'x y'")]), "# head\r\nA='x y' # why\r\n\r\nB=2");
        assert_eq!(set(&[("C", "3")]), "# head\r\nA=1 # why\r\n\r\nB=2\r\nC=3\r\n");
        let all = set(&[("D", "4"), ("B", "5"), ("A", "6"), ("C", "3")]);
        assert_eq!(all, "# head\r\nA=6 # why\r\n\r\nB=5\r\nD=4\r\nC=3\r\n");
        assert_eq!(unset(&all, &["C", "A"].into()).as_str(), "# head\r\n\r\nB=5\r\nD=4\r\n");
        assert_eq!(unset("A=1\nB=2\nA=3\n", &["A"].into()).as_str(), "B=2\n");
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_found_and_unquoted(value in "\\PC{0,12}|[a-z'\"\\\\$ {}#\n]{0,10}", before in "[A-Z=#' \n]{0,12}") {
            if let Ok(written) = quote("KEY", &value) {
                prop_assert_eq!(unquote("KEY", &written).unwrap(), value);
                let closed = !before.contains(['\'', '"']);
                if closed {
                    let text = set(&before, &[("KEY", &written)]);
                    let found = assignments(&text).into_iter().rfind(|found| found.name == "KEY").unwrap();
                    prop_assert_eq!(&text[found.value], written);
                }
            }
        }

        #[test]
        fn any_text_is_cut_at_safe_places(text in "[A-C='\"\\\\# \r\n\u{e9}]{0,40}") {
            let mut end = 0;
            for found in assignments(&text) {
                prop_assert!(found.line.start >= end && found.value.end <= found.line.end);
                end = found.line.end;
            }
        }
    }
}
