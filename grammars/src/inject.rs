//! Templates: files in whose literals references stand, and how each is replaced by a value.
//!
//! A reference is `keylift://NAME`, or `keylift://{NAME}` where more text follows; braces may hold an address too. A
//! rendered file is read again: each literal must mean what it should with the values in it, or nothing is rendered.

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use thiserror::Error;

use crate::edit::Refusal;
use crate::forms::CarryNumber;
use crate::literal::{Literal, LiteralKind, Part};
use crate::loaded::Carry;
use crate::parsed::Parsed;
use crate::select::{Selection, refusal};
use crate::undo::Unit;

/// A place of a template where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Bytes of the template.
    pub span: Range<usize>,
    /// The name or address; empty where the text `keylift://` itself is meant.
    pub target: String,
    literal: usize,
}

/// Why a template is not rendered. No value stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `keylift://` with nothing after it that is a name, or out of any literal.
    #[error("line {line}: {reason}")]
    Malformed {
        /// From 1.
        line: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// The format cannot hold the value at this place.
    #[error("line {line}: the value of {target} cannot stand there: {reason}")]
    Uncarried {
        /// From 1.
        line: usize,
        /// The reference's name or address.
        target: String,
        /// Why not.
        reason: String,
    },
    /// The rendered text does not say what it should.
    #[error("with the values in it, the file would be read as something else than the template with its references")]
    Differs,
}

const SCHEME: &str = "keylift://";

static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"keylift://(?:\{(?P<braced>[^{}\s]*)\}|(?P<name>[A-Za-z_][A-Za-z0-9_]*))").ok());

/// The places and targets of references in a text, and whether it has any that is malformed.
fn find(text: &str) -> Vec<(Range<usize>, String)> {
    let Some(regex) = &*REFERENCE else { return Vec::new() };
    let target = |found: &regex::Captures<'_>| {
        found.name("braced").or_else(|| found.name("name")).map_or_else(String::new, |name| name.as_str().to_owned())
    };
    regex.captures_iter(text).filter_map(|found| Some((found.get(0)?.range(), target(&found)))).collect()
}

impl Parsed {
    /// The references of a template in order. Those in comments are none: no value goes there.
    ///
    /// # Errors
    /// [`TemplateError::Malformed`] where something only begins as a reference does, or stands outside of any literal.
    pub fn references(&self) -> Result<Vec<Reference>, TemplateError> {
        let mut found = find(&self.text).into_iter().peekable();
        let mut references = Vec::new();
        for (at, _) in self.text.match_indices(SCHEME) {
            let line = self.line(at);
            let reference = found.next_if(|(span, _)| span.start == at);
            let index = self.index_at(&(at..at + SCHEME.len()));
            if index.is_some_and(|index| self.literals[index].kind == LiteralKind::Comment) {
                continue;
            }
            let malformed = |reason| TemplateError::Malformed { line, reason };
            let Some((span, target)) = reference else {
                return Err(malformed("`keylift://` is followed by no name"));
            };
            let literal = index.filter(|index| span.end <= self.literals[*index].span.end);
            let literal = literal.ok_or_else(|| malformed("a reference stands where this format has no text"))?;
            references.push(Reference { span, target, literal });
        }
        Ok(references)
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// The template with values in the places of its references, in their order.
    ///
    /// # Errors
    /// [`TemplateError`] where the format cannot hold a value, or would read it as another.
    pub fn render(&self, path: &Path, references: &[Reference], values: &[&str]) -> Result<String, TemplateError> {
        let grown: usize = values.iter().map(|value| value.len() * 2).sum();
        let mut out = String::with_capacity(self.text.len() + grown);
        let mut at = 0;
        for (reference, value) in references.iter().zip(values) {
            out.push_str(&self.text[at..reference.span.start]);
            let form = self.sites[reference.literal].pieces.first().map(|piece| &self.loaded.forms[piece.form]);
            let spelled = form.and_then(|form| form.carry.as_ref()).ok_or(NO_REFERENCE.to_owned());
            let spelled = spelled.and_then(|carry| carry.write(value)).map_err(|reason| TemplateError::Uncarried {
                line: self.line(reference.span.start),
                target: reference.target.clone(),
                reason,
            })?;
            out.push_str(&spelled);
            at = reference.span.end;
        }
        out.push_str(&self.text[at..]);
        if self.says(path, &out, references, values) { Ok(out) } else { Err(TemplateError::Differs) }
    }

    /// Whether a rendered text is read as this one with the values in it.
    fn says(&self, path: &Path, rendered: &str, references: &[Reference], values: &[&str]) -> bool {
        let Some(again) = Self::at(self.language, path, rendered) else { return false };
        if again.syntax_errors() > self.syntax_errors() || again.literals.len() != self.literals.len() {
            return false;
        }
        let mut given = references.iter().zip(values).peekable();
        self.literals.iter().zip(&again.literals).enumerate().all(|(index, (before, after))| {
            let mut own: Vec<&str> = Vec::new();
            while let Some((_, value)) = given.next_if(|(reference, _)| reference.literal == index) {
                own.push(value);
            }
            let Some(wanted) = filled(before, &own) else { return false };
            meaning(after) == wanted && names(before) == names(after)
        })
    }
}

const NO_REFERENCE: &str = "no reference can be replaced in a place of this kind";

fn names(literal: &Literal) -> Vec<&str> {
    literal.bindings.iter().map(|binding| binding.name.as_str()).collect()
}

fn meaning(literal: &Literal) -> String {
    let text = |part: &Part| match part {
        Part::Text { text, .. } => text.clone(),
        Part::Hole { .. } => "\0".to_owned(),
    };
    literal.parts.iter().map(text).collect()
}

/// What a literal of a template means with values in the places of its references.
fn filled(literal: &Literal, values: &[&str]) -> Option<String> {
    let text = meaning(literal);
    if values.is_empty() {
        return Some(text);
    }
    let found = find(&text);
    if found.len() != values.len() {
        return None;
    }
    let (mut out, mut at) = (String::new(), 0);
    for ((span, _), value) in found.iter().zip(values) {
        out.push_str(&text[at..span.start]);
        out.push_str(value);
        at = span.end;
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// Whether a value that is going to be a reference could be written back at its place.
pub(crate) fn carried(parsed: &Parsed, selection: &Selection) -> Result<(), Refusal> {
    let piece = &parsed.sites[selection.site].pieces[selection.first_piece()];
    let form = &parsed.loaded.forms[piece.form];
    let no = |reason: &str, advice: &str| Err(refusal("not-carried", reason, advice));
    let Some(carry) = &form.carry else {
        return no(
            &format!("A template cannot have a reference in the place of a {}.", form.rule.shape),
            "Write the value as a quoted string, if the program reads it so, and plan again.",
        );
    };
    let text = std::str::from_utf8(&selection.value).unwrap_or_default();
    if text.contains(SCHEME) {
        return no("The value looks like a reference itself.", "Replace the value by hand.");
    }
    match carry.write(text) {
        Ok(_) => Ok(()),
        Err(why) => no(
            &format!("Programs read this value in different ways, or not at all: {why}."),
            "Choose a value without such characters, or have the program read it from its environment.",
        ),
    }
}

impl Carry {
    /// A value as the format writes it.
    fn write(&self, value: &str) -> Result<String, String> {
        if value.contains('\0') {
            return Err("it holds a NUL".into());
        }
        if self.refuse.as_ref().is_some_and(|refuse| refuse.is_match(value)) {
            return Err(self.rule.why.clone().unwrap_or_else(|| "the format cannot hold it".into()));
        }
        let mut out = String::with_capacity(value.len() * 2);
        let mut buffer = [0; 4];
        for (index, character) in value.char_indices() {
            let first = self.rule.first.get(&character).filter(|_| index == 0);
            if let Some(spelled) = first.or_else(|| self.rule.escape.get(&character)) {
                out.push_str(spelled);
                continue;
            }
            let text: &str = character.encode_utf8(&mut buffer);
            match self.numbers.iter().find(|(when, _)| when.is_match(text)) {
                Some((_, number)) => number.write(character, &mut out),
                None => out.push(character),
            }
        }
        Ok(out)
    }
}

impl CarryNumber {
    fn write(&self, character: char, out: &mut String) {
        let mut units = [0; 2];
        let codes: Vec<u32> = match self.unit {
            Unit::Utf16 => character.encode_utf16(&mut units).iter().map(|unit| u32::from(*unit)).collect(),
            Unit::Byte | Unit::Char => vec![u32::from(character)],
        };
        for code in codes {
            let width = self.width;
            let digits = if self.radix == 10 { format!("{code:0width$}") } else { format!("{code:0width$x}") };
            out.push_str(&self.before);
            out.push_str(&digits);
            out.push_str(&self.after);
        }
    }
}
