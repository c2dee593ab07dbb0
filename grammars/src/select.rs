//! From a span to the stretches of a literal that make up a value.

use std::ops::Range;

use regex::Regex;

use crate::decode::{Spelled, Unit};
use crate::edit::{Refusal, Style};
use crate::literal::{Literal, Role};
use crate::parsed::Parsed;
use crate::piece::Fallback;
use crate::recipe::Constant;
use crate::taken;
use crate::undo::Spelling;
use crate::walk::Site;

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
    /// It is the default of an interpolation: which piece, and which of its fallbacks.
    pub fallback: Option<(usize, usize)>,
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
pub(crate) fn select(parsed: &Parsed, span: &Range<usize>, style: Style) -> Result<Selection, Refusal> {
    let index = parsed.index_at(span);
    if let Some(all) = &parsed.loaded.recipe.refuse_all {
        let injects = parsed.language.injects();
        if style != Style::Inject || !injects {
            let mut refusal = explained("not-rewritten", all, index.map(|index| &parsed.literals[index]));
            if injects {
                refusal.advice.push_str(TEMPLATE);
            }
            return Err(refusal);
        }
    }
    let index = index.ok_or_else(|| match &parsed.loaded.recipe.outside {
        Some(outside) => explained("outside-code", outside, None),
        None => not_a_literal(),
    })?;
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
    let change = site.change.as_ref().and_then(|change| parsed.loaded.recipe.changes.get(change.rule.as_ref()?));
    if let Some(name) = barred(parsed, site, literal, style)
        && !change.is_some_and(|rule| rule.lifts)
        && let Some(constant) = parsed.loaded.recipe.constants.get(name)
        && literal.role != Role::Prose
    {
        return Err(explained(name, constant, Some(literal)));
    }
    if let Some(selection) = fallback(site, index, span) {
        return selection;
    }
    if literal.in_hole(span) {
        return Err(partly_computed());
    }
    let widen = widens(parsed, site);
    if widen && site.pieces.iter().any(|piece| !piece.holes.is_empty()) {
        return Err(partly_computed());
    }
    let whole_literal = widen || *span == literal.span;
    let mut selection =
        Selection { site: index, stretches: Vec::new(), whole: true, value: Vec::new(), fallback: None };
    for (at, piece) in site.pieces.iter().enumerate() {
        selection.whole &= piece.holes.is_empty();
        let span = if whole_literal { &piece.span } else { span };
        selection.take(at, &piece.units, &piece.value, span)?;
    }
    proven(selection)
}

/// Why nothing is looked up at a site: the place that it is in, unless that is lifted; then its form, and that no query
/// marks it.
fn barred<'a>(parsed: &'a Parsed, site: &'a Site, literal: &Literal, style: Style) -> Option<&'a String> {
    let recipe = &parsed.loaded.recipe;
    let name = site.constant.as_ref()?;
    if !is_lifted(parsed, recipe.constants.get(name)?, literal, style) {
        return Some(name);
    }
    let form = site.pieces.first().map(|piece| &parsed.loaded.forms[piece.form].rule)?;
    let unmarked = || recipe.unmarked.as_ref().filter(|why| form.marked.is_none() && *why != name);
    form.refuse.as_ref().or_else(unmarked)
}

/// Whether a reason is none: for another style, or with a flag of the file.
fn is_lifted(parsed: &Parsed, why: &Constant, literal: &Literal, style: Style) -> bool {
    if !why.styles.is_empty() && !why.styles.contains(&style) {
        return true;
    }
    let place = || {
        let mut path: Vec<&str> = literal.scopes.iter().rev().map(String::as_str).collect();
        path.extend(literal.bindings.first().map(|binding| binding.name.as_str()));
        path.join(".")
    };
    why.unless_flags.iter().any(|flag| parsed.facts.flags.contains(flag))
        && why.unless_path.as_ref().is_none_or(|path| Regex::new(path).is_ok_and(|path| path.is_match(&place())))
}

/// The way out where a file can become a template.
const TEMPLATE: &str = " Or plan with `--inject`: the file becomes a template that `keylift inject`, or `keylift run \
    --inject`, renders at start-up.";

/// A value that can be stored and looked up as it is.
fn proven(selection: Selection) -> Result<Selection, Refusal> {
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

impl Selection {
    /// Adds what lies within a span.
    fn take(&mut self, piece: usize, units: &[Unit], value: &[u8], span: &Range<usize>) -> Result<(), Refusal> {
        for unit in units {
            let (start, end) = (unit.source.start.max(span.start), unit.source.end.min(span.end));
            let full = start == unit.source.start && end == unit.source.end;
            if start >= end {
                self.whole &= unit.value.is_empty();
                continue;
            }
            self.whole &= full;
            let bytes = &value[unit.value.clone()];
            let (bytes, spelling) = match &unit.spelled {
                Spelled::Verbatim => (&bytes[start - unit.source.start..end - unit.source.start], Some(Vec::new())),
                _ if !full => return Err(inside_escape()),
                Spelled::As(spelling) => (bytes, Some(spelling.clone())),
                // What means nothing stays text between the stretches of the value.
                Spelled::Nothing => continue,
                Spelled::Unrepeatable | Spelled::Undecoded => return Err(not_reversible()),
            };
            self.value.extend_from_slice(bytes);
            self.stretches.push(Stretch { piece, source: start..end, length: bytes.len(), spelling });
        }
        Ok(())
    }
}

/// The default of an interpolation, where the span is one.
fn fallback(site: &Site, index: usize, span: &Range<usize>) -> Option<Result<Selection, Refusal>> {
    let (piece, at) = site.pieces.iter().enumerate().find_map(|(number, piece)| {
        let within = |one: &Fallback| one.source.start <= span.start && span.end <= one.source.end;
        Some((number, piece.fallbacks.iter().position(within)?))
    })?;
    let found = &site.pieces[piece].fallbacks[at];
    let mut selection =
        Selection { site: index, stretches: Vec::new(), whole: true, value: Vec::new(), fallback: Some((piece, at)) };
    let taken = selection.take(piece, &found.units, &found.value, &found.source);
    Some(taken.and_then(|()| proven(selection)))
}

/// The variable that the code reads already where a value stands as its default, and the default is dropped.
pub(crate) fn fixed_name(parsed: &Parsed, selection: &Selection, style: Style) -> Option<String> {
    let site = &parsed.sites[selection.site];
    if let Some((piece, at)) = selection.fallback {
        return Some(site.pieces[piece].fallbacks[at].variable.clone());
    }
    let Role::Default { variable } = &parsed.literals[selection.site].role else { return None };
    let variables = parsed.loaded.recipe.lookups.get(&style).is_some_and(|lookup| lookup.variables);
    let dropped = selection.whole && (style == Style::Env || variables || widens(parsed, site));
    variable.clone().filter(|variable| dropped && taken::reads_environment(parsed, selection, variable))
}

/// Whether a value in a literal moves whole.
fn widens(parsed: &Parsed, site: &Site) -> bool {
    let form = site.pieces.first().is_some_and(|piece| parsed.loaded.forms[piece.form].rule.widen);
    let default = site.default.as_ref().and_then(|fact| parsed.loaded.recipe.defaults.get(&fact.rule));
    form || default.is_some_and(|rule| rule.widen)
}

/// A reason in the recipe's words; `<key>` is what the literal is bound to, `<path>` all keys above it with dots,
/// `<path:__>` with another mark between them.
pub(crate) fn explained(code: &str, why: &Constant, literal: Option<&Literal>) -> Refusal {
    let key = literal.and_then(|literal| literal.bindings.first()).map(|binding| binding.name.as_str());
    let mut path: Vec<&str> =
        literal.map(|literal| literal.scopes.iter().rev().map(String::as_str).collect()).unwrap_or_default();
    path.extend(key);
    // A sentence as a key (a catalogue of translations) is nothing that a reader would ask for by name.
    let sentence = |name: &&str| name.len() > 60 || name.contains(char::is_whitespace);
    let key = key.filter(|key| !sentence(key));
    path.iter_mut().filter(|name| sentence(name)).for_each(|name| *name = "…");
    let fill = |text: &str| {
        let text = text.replace("<key>", key.unwrap_or("NAME")).replace("<path:__>", &path.join("__"));
        text.replace("<path>", &if path.is_empty() { "NAME".into() } else { path.join(".") })
    };
    refusal(code, &fill(&why.reason), &fill(&why.advice))
}

fn partly_computed() -> Refusal {
    refusal(
        "crosses-interpolation",
        "The value is partly computed: it runs over an interpolated expression.",
        "Look the fixed part up under a name of its own, or replace the whole expression by hand.",
    )
}

fn inside_escape() -> Refusal {
    refusal(
        "inside-escape",
        "The value begins or ends inside an escape sequence.",
        "Take the whole literal as the value.",
    )
}

pub(crate) fn not_reversible() -> Refusal {
    refusal(
        "not-reversible",
        "The literal is spelled in a way that cannot be written again from the value alone, so undo could not give it back.",
        "Write the characters without escapes, or with one kind of escape, and plan again.",
    )
}
