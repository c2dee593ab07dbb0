//! What is told of a value before it moves: whether and how it can be looked up, and what it may be called.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Parsed;
use crate::edit::{Applicability, Place, Refusal, Request, Style};
use crate::inner;
use crate::literal::Role;
use crate::names;
use crate::rewrite::{self, Proof};
use crate::select::{self, Selection};
use crate::taken;

impl Parsed {
    /// Whether and how the value at a span can be looked up instead. Decides everything that does not depend on the name.
    ///
    /// # Errors
    /// A [`Refusal`] where the value cannot be looked up there.
    pub fn place(&self, span: &Range<usize>) -> Result<Place, Refusal> {
        self.place_with(span, Style::Env)
    }

    /// As [`Parsed::place`], for a style.
    ///
    /// # Errors
    /// A [`Refusal`] where the value cannot be looked up there.
    pub fn place_with(&self, span: &Range<usize>, style: Style) -> Result<Place, Refusal> {
        let inner = self.inward(span)?;
        let selection = select::select(self, &inner, style)?;
        if self.host.as_ref().is_some_and(|(host, _)| host.stretches(&selection).is_none()) {
            return Err(select::not_reversible());
        }
        let literal = &self.literals[selection.site];
        let site = &self.sites[selection.site];
        let fixed_name = select::fixed_name(self, &selection, style)
            .or_else(|| inner::default(self, &selection, style).map(|inner| inner.variable));
        let taken_names = taken::names(self, &selection);
        // Any name that is free: what the value will be called is not known yet. Lookups that name entries want one that
        // the store has.
        let lookup = self.loaded.recipe.lookups.get(&style);
        let names_entries = lookup.is_some_and(|lookup| lookup.forms.iter().any(|form| form.stored));
        let entries = self.addresses.entries.iter().filter(|_| names_entries);
        let named = entries.flat_map(|entries| entries.keys().cloned());
        let any = named.chain((0..=taken_names.len()).map(|number| format!("X{number}")));
        let free = || any.clone().find(|name| !taken_names.contains(name));
        let name = fixed_name.clone().or_else(free).unwrap_or_default();
        let request = Request { span: span.clone(), name, style };
        let rewrite = self.rewrite_with(std::slice::from_ref(&request), &BTreeSet::new(), Proof::Quick);
        let edits = rewrite.outcomes.into_iter().next().unwrap_or_else(|| Err(select::not_a_literal()))?;
        let applicability = edits.iter().map(|edit| edit.applicability).min().unwrap_or(Applicability::Safe);
        let piece = &site.pieces[selection.first_piece()];
        let form = &self.loaded.forms[piece.form].rule.shape;
        let shape =
            site.format.as_ref().and_then(|name| self.loaded.recipe.formats.get(name)).map_or(form, |rule| &rule.shape);
        let shape = if selection.whole { shape.clone() } else { format!("part of {shape}") };
        let mut names = names::names(literal);
        if let Some(name) = self.name_before(&selection) {
            names.retain(|other| *other != name);
            names.insert(0, name);
        }
        if let Some(fixed) = &fixed_name {
            names.retain(|name| name != fixed);
            names.insert(0, fixed.clone());
        }
        let todo = self.todo(&selection, fixed_name.as_ref(), style);
        let prose = literal.role == Role::Prose;
        let lookup = self.loaded.recipe.lookups.get(&style).filter(|_| !prose && fixed_name.is_none());
        let stored = lookup.is_some() && rewrite::is_stored(self, &selection, style);
        let creates = lookup.and_then(|lookup| lookup.creates.clone());
        names.retain(|name| fixed_name.as_ref() == Some(name) || !taken_names.contains(name));
        let taken_names = taken_names.into_iter().collect();
        Ok(Place {
            taken_names,
            value: selection.value,
            shape,
            names,
            scopes: literal.scopes.clone(),
            prose,
            fixed_name,
            applicability,
            todo,
            creates,
            stored,
        })
    }

    /// What the text of a literal calls a value in it, where the form names values inside: `export TOKEN=…`.
    fn name_before(&self, selection: &Selection) -> Option<String> {
        let piece = &self.sites[selection.site].pieces[selection.first_piece()];
        self.loaded.forms[piece.form].inner_name.as_ref().filter(|_| !selection.whole)?;
        let before = self.text.get(piece.open.end..selection.source().start)?;
        let line = before.rsplit('\n').next()?.trim_end_matches(['"', '\'']).trim_end();
        let line = line.strip_suffix('=')?.trim_end().trim_end_matches(['"', '\'']);
        let start = line
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        Some(names::upper_snake(&line[start..])).filter(|name| name.len() > 1)
    }

    /// What a person must do beside the edit of a value, if anything.
    fn todo(&self, selection: &Selection, fixed: Option<&String>, style: Style) -> Option<String> {
        let site = &self.sites[selection.site];
        let recipe = &self.loaded.recipe;
        if let (Some((host, _)), Some(rule)) = (&self.host, &recipe.embedded)
            && host.shows(&selection.value)
        {
            return Some(rule.output_todo.clone());
        }
        match (fixed, &site.default) {
            (Some(variable), Some(fact)) => {
                recipe.defaults.get(&fact.rule)?.todo.as_ref().map(|text| text.replace("<variable>", variable))
            }
            (None, _) => rewrite::todo(self, selection, style),
            (Some(_), None) => None,
        }
    }
}
