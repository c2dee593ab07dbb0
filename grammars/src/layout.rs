//! How the lines of a literal become its value: indentation that goes, breaks that fold.

use std::ops::Range;

use crate::decode::Spelled;
use crate::recipe::Layout;
use crate::undo::Spelling;

/// A stretch of a literal's content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// Read on as text with escapes.
    Text(Range<usize>),
    /// Means something else than it says: indentation means nothing, a folded break means a space.
    Means(Range<usize>, String),
}

/// Takes the content of a literal apart by its layout.
pub(crate) fn stretches(
    layout: Layout,
    text: &str,
    content: &Range<usize>,
    open: &Range<usize>,
    close: &Range<usize>,
) -> Vec<Stretch> {
    match layout {
        Layout::Plain => vec![Stretch::Text(content.clone())],
        Layout::Dedent => dedent(text, content),
        Layout::Close => outdent(text, content, &text[close.clone()]),
        Layout::YamlFlow => flow(text, content),
        Layout::YamlBlock => block(text, content, &text[open.clone()]),
    }
}

/// How a stretch of layout is given back by undo: white space that means one character is written as it stood.
pub(crate) fn spelling(meaning: &str, source: &str) -> Spelled {
    let mut characters = meaning.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Spelled::Nothing,
        (Some(one), None) => Spelled::As(vec![Spelling::Table(vec![(one, source.to_owned())])]),
        _ => Spelled::Unrepeatable,
    }
}

fn lines(text: &str, content: &Range<usize>) -> Vec<Range<usize>> {
    let mut at = content.start;
    text[content.clone()]
        .split_inclusive('\n')
        .map(|line| {
            let range = at..at + line.len();
            at = range.end;
            range
        })
        .collect()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn dedent(text: &str, content: &Range<usize>) -> Vec<Stretch> {
    let lines = lines(text, content);
    let common = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| !text[(*line).clone()].trim().is_empty() || index + 1 == lines.len())
        .map(|(_, line)| indentation(text[line.clone()].trim_end_matches(['\r', '\n'])))
        .min()
        .unwrap_or(0);
    let mut out = Vec::new();
    for line in lines {
        let cut = common.min(indentation(text[line.clone()].trim_end_matches(['\r', '\n'])));
        if cut > 0 {
            out.push(Stretch::Means(line.start..line.start + cut, String::new()));
        }
        text_and_break(text, line.start + cut..line.end, &mut out);
    }
    out
}

/// Each line loses the indentation of the closing line; where less stands, that.
fn outdent(text: &str, content: &Range<usize>, close: &str) -> Vec<Stretch> {
    let cut = indentation(close.trim_start_matches(['\r', '\n']));
    let mut out = Vec::new();
    for line in lines(text, content) {
        // What follows an interpolation is no whole line.
        let starts = text[..line.start].ends_with('\n');
        let cut = if starts { cut.min(indentation(text[line.clone()].trim_end_matches(['\r', '\n']))) } else { 0 };
        if cut > 0 {
            out.push(Stretch::Means(line.start..line.start + cut, String::new()));
        }
        out.push(Stretch::Text(line.start + cut..line.end));
    }
    out.retain(|stretch| !matches!(stretch, Stretch::Text(range) if range.is_empty()));
    out
}

/// The text of a line, and its break as a line feed.
fn text_and_break(text: &str, line: Range<usize>, out: &mut Vec<Stretch>) {
    let body = text[line.clone()].trim_end_matches(['\r', '\n']).len();
    let end = line.start + body;
    if text[end..line.end] == *"\r\n" {
        if end > line.start {
            out.push(Stretch::Text(line.start..end));
        }
        out.push(Stretch::Means(end..line.end, "\n".into()));
    } else if !line.is_empty() {
        out.push(Stretch::Text(line));
    }
}

/// YAML 1.2.2, 6.5 "Line Folding": one break is a space, more are line feeds less one; white space around goes.
fn flow(text: &str, content: &Range<usize>) -> Vec<Stretch> {
    let source = &text[content.clone()];
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find('\n') {
        let break_at = at + found;
        let body = source[at..break_at].trim_end_matches([' ', '\t', '\r']).len();
        let gap = at + body;
        let next = source[break_at..].len() - source[break_at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let after = break_at + next;
        let breaks = source[gap..after].matches('\n').count();
        if gap > at {
            out.push(Stretch::Text(content.start + at..content.start + gap));
        }
        let meaning = if breaks == 1 { " ".to_owned() } else { "\n".repeat(breaks - 1) };
        out.push(Stretch::Means(content.start + gap..content.start + after, meaning));
        at = after;
    }
    if at < source.len() {
        out.push(Stretch::Text(content.start + at..content.end));
    }
    out
}

/// YAML 1.2.2, 8.1 "Block Scalar Styles". Content starts after the header's line.
fn block(text: &str, content: &Range<usize>, header: &str) -> Vec<Stretch> {
    let folded = header.starts_with('>');
    let lines = lines(text, content);
    let blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    let Some(first) = lines.iter().find(|line| !blank(line)) else {
        return vec![Stretch::Means(content.clone(), String::new())];
    };
    let cut = indentation(&text[first.clone()]);
    let last = lines.iter().rposition(|line| !blank(line)).unwrap_or(0);
    let (keep, strip) = (header.contains('+'), header.contains('-'));
    let mut out = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let source = &text[line.clone()];
        let drop = cut.min(indentation(source.trim_end_matches(['\r', '\n'])));
        if drop > 0 {
            out.push(Stretch::Means(line.start..line.start + drop, String::new()));
        }
        let rest = line.start + drop..line.end;
        let body = rest.start + text[rest.clone()].trim_end_matches(['\r', '\n']).len();
        if body > rest.start {
            out.push(Stretch::Text(rest.start..body));
        }
        if body == rest.end {
            continue;
        }
        let ends = index == last;
        let beyond = index > last;
        let more = |line: &Range<usize>| indentation(&text[line.clone()]) > cut;
        let meaning = if (beyond && !keep) || (ends && strip) {
            ""
        } else if folded && !ends && !beyond && !more(line) && !more(&lines[index + 1]) {
            // A break between two lines of text folds to a space, one beside a blank line to nothing or a line feed.
            match (blank(line), blank(&lines[index + 1])) {
                (false, false) => " ",
                (false, true) => "",
                (true, _) => "\n",
            }
        } else {
            "\n"
        };
        if meaning == "\n" && text[body..rest.end] == *"\n" {
            out.push(Stretch::Text(body..rest.end));
        } else {
            out.push(Stretch::Means(body..rest.end, meaning.to_owned()));
        }
    }
    out
}
