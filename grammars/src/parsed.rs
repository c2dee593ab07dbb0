//! A parsed file: its literals, and the edits that put lookups in their places.

use std::ops::Range;

use crate::edit::{Edit, Place, Refusal, Request, Rewrite};
use crate::language::Language;
use crate::literal::Literal;
use crate::undo::Undo;

/// A source text with its syntax tree.
#[derive(Debug)]
pub struct Parsed {
    literals: Vec<Literal>,
}

impl Parsed {
    /// Parses a text. None where the parser gives up (it does so on no text, but on a cancelled or too long parse).
    pub fn new(_language: &'static Language, _text: &str) -> Option<Self> {
        None
    }

    /// Every literal in order of position.
    pub fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// The innermost literal around a span.
    pub fn literal_at(&self, span: &Range<usize>) -> Option<&Literal> {
        self.literals.iter().rev().find(|literal| literal.span.start <= span.start && span.end <= literal.span.end)
    }

    /// Number of ERROR and MISSING nodes.
    pub fn syntax_errors(&self) -> usize {
        0
    }

    /// Whether and how the value at a span can be looked up instead. Decides everything that does not depend on the name.
    pub fn place(&self, _span: &Range<usize>) -> Result<Place, Refusal> {
        Err(Refusal { code: "unsupported".into(), reason: String::new(), advice: String::new() })
    }

    /// The edits for all requests of this file together.
    pub fn rewrite(&self, _requests: &[Request]) -> Rewrite {
        Rewrite::default()
    }

    /// How to take edits back: for the edits of `requests` that are going to be made (shared ones included), all of this
    /// file at once. The values of the requests are left out, and are named by their index in `requests`.
    ///
    /// None where edits overlap, or where the original spelling of a value cannot be told (`place` refuses such a value
    /// as `not-reversible` beforehand).
    pub fn undo(&self, _requests: &[Request], _edits: &[Edit]) -> Option<Vec<Undo>> {
        None
    }
}
