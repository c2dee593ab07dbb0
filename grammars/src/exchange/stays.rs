//! What stays of a mapping that is exchanged: keys that change, texts that are wrapped, entries that stand deeper.

use std::ops::Range;

use regex::Regex;

use super::{Block, Going, Pair, Section, edit, kept, line, pairs, unquoted};
use crate::addresses::Marks;
use crate::edit::{Edit, Refusal};
use crate::lines;
use crate::recipe::ExchangeKey;

impl<'a> Block<'a> {
    /// Keys that change or go, and what the new mapping says of them.
    pub(super) fn around(&self, sections: &[Section<'_, 'a>], marks: &mut Marks) -> Vec<Edit> {
        let text = &self.parsed.text;
        let mut edits = Vec::new();
        for (pair, known) in &self.pairs {
            let value = pair.value.map(|value| value.byte_range());
            let said = value.clone().map_or("", |span| unquoted(&text[span]));
            if let (Some(becomes), Some(span)) = (&known.becomes, value) {
                edits.push(edit(span, becomes.clone()));
            } else if let Some(mark) = &known.goes {
                if known.usual.as_deref() != Some(said) {
                    marks.insert(mark.clone(), Some(said.to_owned()));
                }
                edits.push(edit(line(text, &pair.all), String::new()));
            }
        }
        for (pair, _) in sections.iter().skip(1) {
            // The entries go on below those of the first section.
            let header = lines::start(text, pair.key.start)..lines::next(text, pair.key.start);
            edits.push(edit(header, String::new()));
        }
        let copies: Vec<String> = self.pairs.iter().flat_map(|(pair, known)| self.copies(pair, known)).collect();
        if !copies.is_empty() {
            marks.insert("copies".into(), Some(kept(&copies.join("\n"))));
        }
        edits
    }

    /// Entries of a key that stays, as lines that begin at the left.
    fn copies(&self, pair: &Pair<'a>, known: &ExchangeKey) -> Vec<String> {
        let text = &self.parsed.text;
        let entries = pair.value.map(pairs).unwrap_or_default();
        entries
            .iter()
            .filter(|entry| known.copies.iter().any(|name| name == unquoted(&text[entry.key.clone()])))
            .map(|entry| {
                let depth = entry.key.start - lines::start(text, entry.key.start);
                let lines = text[entry.all.clone()].trim_end().lines().enumerate();
                let dedented =
                    lines.map(|(at, line)| if at == 0 { line } else { line.get(depth..).unwrap_or(line.trim_start()) });
                dedented.collect::<Vec<_>>().join("\n")
            })
            .collect()
    }

    /// Whether what stays of the file would be read as something else with the new mapping in it.
    pub(super) fn unstable(&self, going: &[Going<'_>]) -> bool {
        let Ok(unstable) = Regex::new(&self.rule.unstable) else { return true };
        let gone = |span: Range<usize>| {
            let within = |one: &Going<'_>| {
                let source = one.selection.source();
                source.start <= span.start && span.end <= source.end
            };
            going.iter().any(within)
        };
        unstable.find_iter(&self.parsed.text).any(|found| !gone(found.range()))
    }

    /// A text that stays, as the new mapping takes it.
    pub(super) fn wrapped(&self, pair: &Pair<'a>, (before, after): &(String, String)) -> Result<Vec<Edit>, Refusal> {
        if before.is_empty() && after.is_empty() {
            return Ok(Vec::new());
        }
        let text = &self.parsed.text;
        let span = pair.value.ok_or_else(|| self.other())?.byte_range();
        let source = &text[span.clone()];
        if source.contains(['\n', '|', '>', '\\']) {
            return Err(self.other());
        }
        let quote = usize::from(source.len() > 1 && source.starts_with(['"', '\'']));
        let (open, close) = (span.start..span.start + quote, span.end - quote..span.end);
        Ok(vec![edit(open, before.clone()), edit(close, after.clone())])
    }

    /// The entries that stay stand deeper in the new mapping. Lines within a value that goes are not touched.
    pub(super) fn moved_right(&self, sections: &[Section<'_, 'a>], going: &[Going<'_>], by: usize) -> Vec<Edit> {
        let text = &self.parsed.text;
        let blanks = " ".repeat(by);
        let mut edits = Vec::new();
        for (pair, _) in sections {
            let end = pair.all.start + text[pair.all.clone()].trim_end().len();
            let mut at = lines::next(text, pair.key.end);
            while at < end {
                let next = lines::next(text, at);
                let inside = |one: &Going<'_>| {
                    let literal = &self.parsed.literals[one.selection.site].span;
                    let span = if self.whole(one) { literal.clone() } else { one.selection.source() };
                    span.start < at && at < span.end
                };
                if !text[at..next].trim().is_empty() && !going.iter().any(inside) {
                    edits.push(edit(at..at, blanks.clone()));
                }
                at = next;
            }
        }
        edits
    }
}
