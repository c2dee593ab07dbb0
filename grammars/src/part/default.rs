//! Taking the hardcoded default away from a lookup that is there already.

use std::collections::BTreeMap;

use super::unbound;
use crate::change;
use crate::edit::{Applicability, Edit, Refusal, Request};
use crate::lines;
use crate::needs::bind;
use crate::parsed::Parsed;
use crate::rewrite::{Made, lookup};
use crate::select::{Selection, refusal};
use crate::spread;

/// The edits that take the hardcoded default away from a lookup that is there already.
pub(crate) fn drop_default(parsed: &Parsed, request: &Request, selection: &Selection) -> Result<Made, Refusal> {
    let site = &parsed.sites[selection.site];
    if let Some((piece, at)) = selection.fallback {
        let found = &site.pieces[piece].fallbacks[at];
        let edit =
            Edit { span: found.hole.clone(), text: found.required.clone(), applicability: Applicability::Unsafe };
        return Ok(Made { edits: vec![edit], ..Made::default() });
    }
    let unknown =
        || refusal("unknown-default", "The lookup around the default is not understood.", "Drop the default by hand.");
    let fact = site.default.as_ref().ok_or_else(unknown)?;
    let recipe = &parsed.loaded.recipe;
    let rule = recipe.defaults.get(&fact.rule).ok_or_else(unknown)?;
    let mut target = fact.captures.get(&rule.target).cloned().ok_or_else(unknown)?;
    let text = &parsed.text;
    let mut needs = BTreeMap::new();
    let mut spread = match (&rule.spread, fact.captures.get("variable")) {
        (Some(rule), Some(span)) => spread::uses(parsed, rule, &text[span.clone()], target.start)?,
        _ => spread::Uses::default(),
    };
    let gone = rule.spread.as_ref().and_then(|rule| fact.captures.get(rule.whole.as_ref()?));
    if spread.elsewhere && gone.is_some() {
        spread.edits.clear();
    }
    if let Some(gone) = gone.filter(|_| !spread.edits.is_empty()) {
        let line = lines::start(text, gone.start)..lines::next(text, gone.end);
        let alone = text[line.clone()].trim() == &text[gone.clone()];
        let span = if alone { line } else { text[..gone.start].trim_end().len()..gone.end };
        spread.edits.push(Edit { span, text: String::new(), applicability: Applicability::Unsafe });
        return Ok(Made { edits: spread.edits, needs, ..Made::default() });
    }
    let new = if let Some(template) = &rule.with {
        let mut new = template.replace("<name>", &request.name);
        let wanted: Vec<String> =
            recipe.needs.keys().filter(|key| template.contains(&format!("<{key}>"))).cloned().collect();
        let (names, insert) = bind(parsed, &wanted, target.start).map_err(unbound)?;
        needs = insert;
        if template.contains("<lookup>") {
            let quote = site.pieces[0].quote(text).filter(|quote| *quote != "`").unwrap_or("\"");
            let rendered = lookup(parsed, request, selection, target.start, quote)?;
            let text = if rendered.loose { format!("({})", rendered.text) } else { rendered.text };
            new = new.replace("<lookup>", &text);
            needs.extend(rendered.needs);
        }
        for (key, name) in &names {
            new = new.replace(&format!("<{key}>"), name);
        }
        for (name, span) in &fact.captures {
            new = new.replace(&format!("<{name}>"), &text[span.clone()]);
        }
        if let Some(gap) = new.find("<gap>") {
            // The sign stays in its column, as the lines around it have it.
            let column = text[target.clone()].find('=').unwrap_or(0);
            new = new.replace("<gap>", &" ".repeat(column.saturating_sub(gap).max(1)));
        }
        lines::lay_out(&new, text, change::destination(parsed, selection))
    } else {
        let before = text[..target.start].trim_end();
        if before.ends_with(',') {
            target.start = before.len() - 1;
        } else if let Some(rest) = text[target.end..].trim_start().strip_prefix(',') {
            target.end = text.len() - rest.trim_start().len();
        }
        String::new()
    };
    if let Some(eat) = &rule.eat_before {
        let head = regex::Regex::new(&format!("(?:{eat})$")).map_err(|_| unknown())?;
        // Far enough for what a recipe may eat: the space before a value, a continued line.
        let from = text.floor_char_boundary(target.start.saturating_sub(1024));
        if let Some(found) = head.find(&text[from..target.start]) {
            target.start = from + found.start();
        }
    }
    let edit = Edit { span: target, text: new, applicability: Applicability::Unsafe };
    let mut accessor = false;
    if recipe.lookups.get(&request.style).is_some_and(|lookup| lookup.variables) {
        let rendered = lookup(parsed, request, selection, edit.span.start, "\"")?;
        needs.extend(rendered.needs);
        accessor = rendered.accessor;
    }
    let edits = std::iter::once(edit).chain(spread.edits).collect();
    Ok(Made { edits, needs, accessor, ..Made::default() })
}
