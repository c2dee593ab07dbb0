//! The lookup of a request, as it is written at a place.

use std::collections::BTreeMap;

use crate::addresses::{self, Marks};
use crate::edit::{Refusal, Request, Style};
use crate::lists::{self, Listed};
use crate::needs::bind;
use crate::parsed::Parsed;
use crate::part::Rendered;
use crate::recipe::{Lookup, LookupForm};
use crate::select::{Selection, refusal};

/// The lookup of a request, as it is written at a place.
pub(crate) fn lookup(
    parsed: &Parsed,
    request: &Request,
    selection: &Selection,
    at: usize,
    quote: &str,
) -> Result<Rendered, Refusal> {
    let lookup = parsed.loaded.recipe.lookups.get(&request.style).ok_or_else(|| {
        refusal(
            "no-such-lookup",
            "keylift has no accessor for this language that asks the store itself.",
            "Plan this file with `--lookup env`: `keylift run -- COMMAND` takes the value from the same store and sets the variable.",
        )
    })?;
    let forms = fitting(parsed, selection, lookup);
    if let Some(refuse) = lookup.refuse.as_ref().filter(|_| forms.is_empty()) {
        return Err(refusal("no-such-lookup", &refuse.reason, &refuse.advice));
    }
    let mut fallback = None;
    let mut shadowed = None;
    for form in forms.iter().filter(|form| !form.last).chain(forms.iter().filter(|form| form.last)) {
        if form.last && fallback.is_some() {
            break;
        }
        let wanted: Vec<String> = form.needs.iter().map(|need| need.replace("<name>", &request.name)).collect();
        match bind(parsed, &wanted, at) {
            Ok((names, needs)) => {
                let marks = if form.stored { parsed.addresses.marks(&request.name)? } else { Marks::new() };
                let rendered = render(lookup, form, request, quote, &names, (needs, &marks));
                if let Some(refusal) = addresses::unknown(&rendered.text).filter(|_| form.stored) {
                    return Err(refusal);
                }
                if rendered.needs.is_empty() {
                    return completed(parsed, request, lookup, rendered);
                }
                fallback = fallback.or(Some(rendered));
            }
            Err(name) => shadowed = shadowed.or(name),
        }
    }
    let rendered = fallback.ok_or_else(|| shadow(shadowed.as_deref()))?;
    completed(parsed, request, lookup, rendered)
}

/// The forms of a lookup that a value can be looked up with. Where the lookup is refused, those that name an entry are left.
fn fitting<'a>(parsed: &Parsed, selection: &Selection, lookup: &'a Lookup) -> Vec<&'a LookupForm> {
    let site = &parsed.sites[selection.site];
    let own = parsed.loaded.forms[site.pieces[selection.first_piece()].form].rule.marked.as_deref();
    let mark = own.or(site.mark.as_deref());
    let open = lookup.refuse.is_none();
    let fits = |form: &&LookupForm| {
        (open || form.stored) && form.fits(&parsed.facts.flags, mark) && lists::fits(parsed, selection, form)
    };
    lookup.forms.iter().filter(fits).collect()
}

/// Whether the lookup of a value names its entry in the store.
pub(crate) fn is_stored(parsed: &Parsed, selection: &Selection, style: Style) -> bool {
    let lookup = parsed.loaded.recipe.lookups.get(&style);
    lookup.and_then(|lookup| fitting(parsed, selection, lookup).first().copied()).is_some_and(|form| form.stored)
}

/// What a person must do beside the edit of a value.
pub(crate) fn todo(parsed: &Parsed, selection: &Selection, style: Style) -> Option<String> {
    let lookup = parsed.loaded.recipe.lookups.get(&style)?;
    let own = fitting(parsed, selection, lookup).first().and_then(|form| form.todo.as_ref());
    let facts = parsed.addresses.facts.iter().map(|(mark, text)| (mark.clone(), Some(text.clone())));
    own.or(lookup.todo.as_ref()).map(|text| addresses::fill(text, &facts.collect()))
}

/// A lookup with what must come with it: the generated file, a declaration.
fn completed(parsed: &Parsed, request: &Request, lookup: &Lookup, rendered: Rendered) -> Result<Rendered, Refusal> {
    let mut rendered = Rendered { accessor: lookup.accessor.is_some(), ..rendered };
    let Some(declaration) = &lookup.declares else { return Ok(rendered) };
    let name = in_lower(lookup, &request.name);
    let stored = lookup.forms.iter().any(|form| form.stored);
    let marks = if stored { parsed.addresses.marks(&request.name)? } else { Marks::new() };
    let block = addresses::fill(&declaration.text, &marks).replace("<lower>", &name).trim_end().to_owned() + "\n";
    if let Some(refusal) = addresses::unknown(&block).filter(|_| stored) {
        return Err(refusal);
    }
    let known = regex::Regex::new(&declaration.known.replace("<lower>", &regex::escape(&name)))
        .map_err(|_| refusal("no-such-lookup", "The recipe's pattern is wrong.", "Report it."))?;
    let texts = || std::iter::once(&parsed.text).chain(&parsed.beside);
    if !texts().any(|text| known.is_match(text)) {
        rendered.declares = Some((request.name.clone(), block));
        return Ok(rendered);
    }
    // A variable of the code's own, or one that an earlier run declared.
    let same = |text: &String| text.replace("\r\n", "\n").contains(block.trim_end());
    let own = lookup.reads.is_some() && environment_name(lookup, &request.name) == request.name;
    if own || texts().any(same) {
        return Ok(rendered);
    }
    Err(refusal(
        "name-taken",
        &format!("The code declares {name} already, for a value of its own."),
        "Give the move another name in the plan.",
    ))
}

/// The name as a lookup writes it: in lower case, or as the code has it where the name is that of a variable that the
/// code reads already.
fn in_lower(lookup: &Lookup, name: &str) -> String {
    let prefix = lookup.reads.as_deref().and_then(|reads| reads.split('<').next()).filter(|prefix| !prefix.is_empty());
    prefix.and_then(|prefix| name.strip_prefix(prefix)).map_or_else(|| name.to_lowercase(), str::to_owned)
}

/// The environment variable that the lookup of a name reads.
pub(crate) fn environment_name(lookup: &Lookup, name: &str) -> String {
    lookup.reads.as_ref().map_or_else(|| name.to_owned(), |reads| reads.replace("<lower>", &in_lower(lookup, name)))
}

fn shadow(name: Option<&str>) -> Refusal {
    match name {
        Some(name) => refusal(
            "shadowed-module",
            &format!("The name {name} means something else here than the module that the lookup needs."),
            &format!("Rename the other {name}, or import the module under another name, and plan again."),
        ),
        None => refusal(
            "no-import",
            "What the lookup needs cannot be brought into this file.",
            "Replace the value by hand.",
        ),
    }
}

fn render(
    lookup: &Lookup,
    form: &LookupForm,
    request: &Request,
    quote: &str,
    names: &BTreeMap<String, String>,
    (needs, marks): (BTreeMap<String, usize>, &Marks),
) -> Rendered {
    let fill = |template: &str| {
        let mut text = addresses::fill(template, marks)
            .replace("<name>", &request.name)
            .replace("<lower>", &in_lower(lookup, &request.name))
            .replace("<q>", quote);
        for (key, name) in names {
            text = text.replace(&format!("<{key}>"), name);
        }
        text
    };
    Rendered {
        text: fill(&form.text),
        hole: fill(form.hole.as_ref().unwrap_or(&form.text)),
        loose: form.loose,
        needs,
        accessor: false,
        declares: None,
        suffix: form.suffix.clone(),
        lists: form
            .lists
            .iter()
            .map(|list| Listed { at: list.at.clone(), key: list.key.clone(), item: fill(&list.item) })
            .collect(),
    }
}
