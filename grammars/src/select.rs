//! From a span to the stretches of a literal that make up a value.

use std::ops::Range;

use crate::decode::Spelled;
use crate::edit::Refusal;
use crate::literal::Role;
use crate::parsed::Parsed;
use crate::undo::Spelling;

/// A stretch of source that spells a stretch of the value.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Which piece of the literal.
    pub piece: usize,
    /// Bytes of the source.
    pub source: Range<usize>,
    /// Bytes of the value.
    pub length: usize,
    /// How it is spelled; none where that cannot be repeated.
    pub spelling: Option<Vec<Spelling>>,
}

/// A value within a literal.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Index of the literal.
    pub site: usize,
    pub stretches: Vec<Stretch>,
    /// It is all that the literal says.
    pub whole: bool,
    pub value: Vec<u8>,
}

impl Selection {
    pub(crate) fn first_piece(&self) -> usize {
        self.stretches.first().map_or(0, |stretch| stretch.piece)
    }

    pub(crate) fn last_piece(&self) -> usize {
        self.stretches.last().map_or(0, |stretch| stretch.piece)
    }

    pub(crate) fn source(&self) -> Range<usize> {
        match (self.stretches.first(), self.stretches.last()) {
            (Some(first), Some(last)) => first.source.start..last.source.end,
            _ => 0..0,
        }
    }
}

pub(crate) fn refusal(code: &str, reason: &str, advice: &str) -> Refusal {
    Refusal { code: code.into(), reason: reason.into(), advice: advice.into() }
}

pub(crate) fn not_a_literal() -> Refusal {
    refusal(
        "not-a-literal",
        "The value does not stand in a literal that this language's recipe knows.",
        "Replace it by hand with a lookup, and put the value into the store with `keylift store put`.",
    )
}

/// The value at a span, or why it cannot be taken out.
pub(crate) fn select(parsed: &Parsed, span: &Range<usize>) -> Result<Selection, Refusal> {
    let index = parsed.index_at(span).ok_or_else(not_a_literal)?;
    let (literal, site) = (&parsed.literals[index], &parsed.sites[index]);
    if site.broken && literal.role != Role::Prose {
        return Err(refusal(
            "syntax-error-nearby",
            "The code around the value does not parse, so what stands there is a guess.",
            "Repair the syntax error, or replace the value by hand.",
        ));
    }
    if literal.role == Role::Key {
        return Err(refusal(
            "mapping-key",
            "The value is a key or a name, not a value: whoever reads it expects it there.",
            "Rename the key, or look the whole mapping up.",
        ));
    }
    if let Some(name) = &site.constant
        && let Some(constant) = parsed.loaded.recipe.constants.get(name)
        && literal.role != Role::Prose
    {
        return Err(refusal(name, &constant.reason, &constant.advice));
    }
    if literal.in_hole(span) {
        return Err(refusal(
            "crosses-interpolation",
            "The value is partly computed: it runs over an interpolated expression.",
            "Look the fixed part up under a name of its own, or replace the whole expression by hand.",
        ));
    }
    let whole_literal = *span == literal.span;
    let mut selection = Selection { site: index, stretches: Vec::new(), whole: true, value: Vec::new() };
    for (at, piece) in site.pieces.iter().enumerate() {
        selection.whole &= piece.holes.is_empty();
        for unit in &piece.units {
            let start = if whole_literal { unit.source.start } else { unit.source.start.max(span.start) };
            let end = if whole_literal { unit.source.end } else { unit.source.end.min(span.end) };
            let full = start == unit.source.start && end == unit.source.end;
            if start >= end {
                selection.whole &= unit.value.is_empty();
                continue;
            }
            selection.whole &= full;
            let bytes = &piece.value[unit.value.clone()];
            let (bytes, spelling) = match &unit.spelled {
                Spelled::Verbatim => (&bytes[start - unit.source.start..end - unit.source.start], Some(Vec::new())),
                _ if !full => return Err(inside_escape()),
                Spelled::As(spelling) => (bytes, Some(spelling.clone())),
                // What means nothing stays text between the stretches of the value.
                Spelled::Nothing => continue,
                Spelled::Unrepeatable | Spelled::Undecoded => return Err(not_reversible()),
            };
            selection.value.extend_from_slice(bytes);
            selection.stretches.push(Stretch { piece: at, source: start..end, length: bytes.len(), spelling });
        }
    }
    if selection.stretches.is_empty() {
        return Err(not_a_literal());
    }
    if std::str::from_utf8(&selection.value).is_err() || selection.value.contains(&0) {
        return Err(refusal(
            "not-text",
            "The value is not text: a variable cannot carry it.",
            "Store it as base64, and decode it where it is used.",
        ));
    }
    Ok(selection)
}

fn inside_escape() -> Refusal {
    refusal(
        "inside-escape",
        "The value begins or ends inside an escape sequence.",
        "Take the whole literal as the value.",
    )
}

fn not_reversible() -> Refusal {
    refusal(
        "not-reversible",
        "The literal is spelled in a way that cannot be written again from the value alone, so undo could not give it back.",
        "Write the characters without escapes, or with one kind of escape, and plan again.",
    )
}
