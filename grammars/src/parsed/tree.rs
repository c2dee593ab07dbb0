//! The tree of a text, and how much of it is damaged.

use std::ops::Range;

use tree_sitter::{InputEdit, Parser, Point, Tree};

use super::Parsed;
use crate::edit::Edit;
use crate::loaded::Loaded;
use crate::patterns;
use crate::regions;
use crate::stand_ins;
use crate::visit::{self, Next};

pub(crate) fn parse(loaded: &Loaded, text: &str) -> Option<Tree> {
    parse_parts(loaded, text, &[])
}

/// The tree of some parts of a text; of all of it, where there are none.
pub(super) fn parse_parts(loaded: &Loaded, text: &str, parts: &[Range<usize>]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&loaded.grammar).ok()?;
    if loaded.recipe.regions.iter().any(|region| region.ends_line) {
        return parser.parse(regions::alone(&loaded.regions, text), None);
    }
    if !loaded.regions.is_empty() {
        parser.set_included_ranges(&regions::find(&loaded.regions, text)).ok()?;
    } else if !parts.is_empty() {
        parser.set_included_ranges(&regions::of_spans(parts, text)).ok()?;
    }
    let text = stand_ins::shown(&loaded.stand_ins, text);
    parser.parse(if loaded.patterns.is_empty() { &*text } else { "" }, None)
}

/// As [`damage`], for a text that edits made of a parsed one: what they leave alone is not parsed again.
pub(crate) fn damage_of(parsed: &Parsed, edits: &[Edit], text: &str) -> Option<usize> {
    let loaded = parsed.loaded;
    if !loaded.regions.is_empty() || !loaded.patterns.is_empty() || !loaded.stand_ins.is_empty() {
        return damage(loaded, text);
    }
    let point = |text: &str, at: usize| {
        let before = &text.as_bytes()[..at];
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
        Point { row: before.split(|byte| *byte == b'\n').count() - 1, column: at - line }
    };
    let mut tree = parsed.tree.clone();
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    // From the first to the last: what is before an edit has its new place already.
    let (mut old, mut new) = (0, 0);
    for edit in sorted {
        let start = new + edit.span.start.checked_sub(old)?;
        let old_end = start + edit.span.len();
        let new_end = start + edit.text.len();
        let lines = point(&parsed.text, edit.span.end).row - point(&parsed.text, edit.span.start).row;
        let start_position = point(text, start);
        let column = point(&parsed.text, edit.span.end).column;
        let old_column = if lines == 0 { start_position.column + edit.span.len() } else { column };
        tree.edit(&InputEdit {
            start_byte: start,
            old_end_byte: old_end,
            new_end_byte: new_end,
            start_position,
            old_end_position: Point { row: start_position.row + lines, column: old_column },
            new_end_position: point(text, new_end),
        });
        (old, new) = (edit.span.end, new_end);
    }
    let mut parser = Parser::new();
    parser.set_language(&loaded.grammar).ok()?;
    Some(errors(&parser.parse(text, Some(&tree))?) + patterns::read(loaded, text).stray)
}

/// What [`Parsed::syntax_errors`] says of a text.
pub(crate) fn damage(loaded: &Loaded, text: &str) -> Option<usize> {
    Some(errors(&parse(loaded, text)?) + patterns::read(loaded, text).stray)
}

/// Number of ERROR and MISSING nodes of a tree.
pub(crate) fn errors(tree: &Tree) -> usize {
    let mut count = 0;
    visit::visit(tree.root_node(), &mut |node| {
        count += usize::from(node.is_error() || node.is_missing());
        if node.has_error() { Next::Into } else { Next::Past }
    });
    count
}
