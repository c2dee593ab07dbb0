//! Code that is written as strings of another format: the cells of a notebook. The strings' meaning, joined, is the text
//! that everything else works on; what comes in and goes out here are places of the file.

use std::ops::Range;

use tree_sitter::Parser;

use crate::decode::{self, Spelled, Unit};
use crate::edit::{Edit, Refusal};
use crate::literal::{Literal, Part};
use crate::loaded::Loaded;
use crate::query::Query;
use crate::recipe::Embedded;
use crate::select::{Selection, Stretch, explained};
use crate::undo::{Spelling, spell};

/// The file around embedded code.
#[derive(Debug)]
pub(crate) struct Host {
    /// The file.
    pub text: String,
    /// What each stretch of the file means, as bytes of the code.
    units: Vec<Unit>,
    /// Where results stand.
    outputs: Vec<Range<usize>>,
}

impl Host {
    /// The code in a file, and the way between the two. None where the file is not one of its format.
    pub(crate) fn read(loaded: &Loaded, rule: &Embedded, query: &str, text: &str) -> Option<(Self, String)> {
        let grammar = crate::parsers::parser(&rule.parser)?;
        let mut parser = Parser::new();
        parser.set_language(&grammar).ok()?;
        let tree = parser.parse(text, None)?;
        let query = Query::new(&grammar, query).ok()?;
        let (mut codes, mut outputs) = (Vec::new(), Vec::new());
        query.each(tree.root_node(), text, |found| {
            for (capture, node) in &found.captures {
                let span = node.byte_range();
                match query.capture_names()[*capture].as_str() {
                    "code" => codes.push((span, node.parent().map_or(0, |up| up.id()))),
                    "output" => outputs.push(span),
                    _ => {}
                }
            }
        });
        codes.sort_by_key(|(span, _)| span.start);
        codes.dedup();
        let scheme = loaded.recipe.escapes.get(&rule.escapes);
        let (mut value, mut units) = (Vec::new(), Vec::new());
        let mut cell = None;
        for (span, parent) in codes {
            // Each string of a list goes on where the one before it ends; another list is another cell.
            if cell.is_some_and(|cell| cell != parent) && !value.ends_with(b"\n") {
                value.push(b'\n');
            }
            cell = Some(parent);
            let content = span.start + rule.open.len()..span.end.checked_sub(rule.close.len())?;
            decode::decode(text.get(content.clone())?, content.start, scheme, &[], &mut value, &mut units);
        }
        let mut code = String::from_utf8(value).ok()?;
        if let Some(skip) = loaded.skip.as_ref() {
            let ends: Vec<usize> = skip.find_iter(&code).map(|found| found.end()).collect();
            for end in ends {
                code.replace_range(end - rule.skip_with.len()..end, &rule.skip_with);
            }
        }
        Some((Self { text: text.to_owned(), units, outputs }, code))
    }

    /// A place of the file as one of the code.
    pub(crate) fn inward(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let at = |place: usize, start: bool| {
            let within = |unit: &&Unit| {
                if start {
                    unit.source.start <= place && place < unit.source.end
                } else {
                    unit.source.start < place && place <= unit.source.end
                }
            };
            let unit = self.units.iter().find(within)?;
            Some(match (unit.spelled == Spelled::Verbatim, start) {
                (true, _) => unit.value.start + place - unit.source.start,
                (false, true) => unit.value.start,
                (false, false) => unit.value.end,
            })
        };
        if span.is_empty() {
            return None;
        }
        let range = at(span.start, true)?..at(span.end, false)?;
        (range.start < range.end).then_some(range)
    }

    /// A place of the code as one of the file.
    fn outward(&self, span: &Range<usize>) -> Range<usize> {
        let last = self.units.last().map_or(0, |unit| unit.source.end);
        let start = self.units.iter().find(|unit| span.start < unit.value.end).map_or(last, |unit| {
            let into = span.start.saturating_sub(unit.value.start);
            unit.source.start + if unit.spelled == Spelled::Verbatim { into } else { 0 }
        });
        if span.is_empty() {
            return start..start;
        }
        let end = self.units.iter().rfind(|unit| unit.value.start < span.end).map_or(start, |unit| {
            let within = span.end.min(unit.value.end) - unit.value.start;
            if unit.spelled == Spelled::Verbatim { unit.source.start + within } else { unit.source.end }
        });
        start..end.max(start)
    }

    /// A literal with its places in the file.
    pub(crate) fn literal(&self, literal: &Literal) -> Literal {
        let mut literal = literal.clone();
        literal.span = self.outward(&literal.span);
        for part in &mut literal.parts {
            match part {
                Part::Text { span, .. } | Part::Hole { span } => *span = self.outward(span),
            }
        }
        for binding in &mut literal.bindings {
            binding.span = self.outward(&binding.span);
        }
        literal
    }

    /// An edit of the code as one of the file.
    pub(crate) fn edit(&self, rule: &Embedded, edit: &Edit) -> Edit {
        let span = self.outward(&edit.span);
        let escaped = spell(edit.text.as_bytes(), &[Spelling::Json]).unwrap_or_default();
        let line = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let lead = &self.text[line..span.start];
        let depth = &lead[..lead.len() - lead.trim_start().len()];
        // In a list of lines, each new line is a string of its own.
        let listed = lead.trim_start().starts_with(rule.open.as_str());
        let text = match &rule.line {
            Some(separator) if listed && edit.text.contains('\n') => {
                let between = format!("\\n{}", separator.replace("<break>", &format!("\n{depth}")));
                let ends = self.text[span.end..].starts_with(rule.close.as_str());
                let (body, tail) = match escaped.strip_suffix("\\n") {
                    Some(body) if ends => (body, "\\n"),
                    _ => (escaped.as_str(), ""),
                };
                body.replace("\\n", &between) + tail
            }
            _ => escaped,
        };
        Edit { span, text, applicability: edit.applicability }
    }

    /// The stretches of a value in the file. None where one cannot be written the same way again.
    pub(crate) fn stretches(&self, selection: &Selection) -> Option<Vec<Stretch>> {
        let mut out = Vec::new();
        let mut at = 0;
        for stretch in &selection.stretches {
            let value = selection.value.get(at..at + stretch.length)?;
            at += stretch.length;
            let spelling = stretch.spelling.clone()?;
            if !spelling.is_empty() {
                let spelling: Vec<Spelling> = spelling.into_iter().chain([Spelling::Json]).collect();
                let source = self.outward(&stretch.source);
                (spell(value, &spelling)? == self.text[source.clone()]).then_some(())?;
                out.push(Stretch { piece: stretch.piece, source, length: stretch.length, spelling: Some(spelling) });
                continue;
            }
            let overlaps =
                |unit: &&Unit| unit.value.start < stretch.source.end && stretch.source.start < unit.value.end;
            for unit in self.units.iter().filter(overlaps) {
                let value = unit.value.start.max(stretch.source.start)..unit.value.end.min(stretch.source.end);
                let source = self.outward(&value);
                let spelling = match &unit.spelled {
                    Spelled::Verbatim => Vec::new(),
                    Spelled::As(spelling) if value == unit.value => spelling.clone(),
                    _ => return None,
                };
                out.push(Stretch { piece: stretch.piece, source, length: value.len(), spelling: Some(spelling) });
            }
        }
        Some(out)
    }

    /// Why a place that is not in the code is left alone.
    pub(crate) fn refusal(&self, rule: &Embedded, span: &Range<usize>) -> Refusal {
        let output = self.outputs.iter().any(|output| output.start <= span.start && span.end <= output.end);
        if output {
            explained("cell-output", &rule.output, None)
        } else {
            explained("outside-code", &rule.outside, None)
        }
    }

    /// Whether a result holds a value.
    pub(crate) fn shows(&self, value: &[u8]) -> bool {
        spell(value, &[Spelling::Json])
            .is_some_and(|value| self.outputs.iter().any(|output| self.text[output.clone()].contains(&value)))
    }
}
