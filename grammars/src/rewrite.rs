//! The edits of a file's requests: each on its own, then what they share, then the proof that the result parses.

use std::collections::{BTreeMap, BTreeSet};

use crate::change;
use crate::edit::{Applicability, Edit, GeneratedFile, Outcome, Refusal, Request, Rewrite, Style};
use crate::imports::Resolution;
use crate::inner;
use crate::lines;
use crate::literal::Role;
use crate::parsed::{self, Parsed};
use crate::part::{self, Rendered};
use crate::recipe::LookupForm;
use crate::select::{self, Selection, refusal};
use crate::taken;
use crate::undo::apply;

/// What a request came to.
pub(crate) struct Made {
    pub edits: Vec<Edit>,
    /// Needs to bring in, with the place of use.
    pub needs: BTreeMap<String, usize>,
    /// The style's generated file is called.
    pub accessor: bool,
}

pub(crate) fn rewrite(parsed: &Parsed, requests: &[Request]) -> Rewrite {
    let selections: Vec<Result<Selection, Refusal>> =
        requests.iter().map(|request| select::select(parsed, &request.span)).collect();
    let mut made: Vec<Result<Made, Refusal>> = Vec::new();
    for (index, (request, selection)) in requests.iter().zip(&selections).enumerate() {
        let overlaps = selections.iter().enumerate().any(|(other, theirs)| {
            other < index
                && matches!((selection, theirs), (Ok(own), Ok(theirs)) if own.source().start < theirs.source().end && theirs.source().start < own.source().end)
        });
        made.push(match selection {
            Err(refusal) => Err(refusal.clone()),
            Ok(_) if overlaps => {
                Err(refusal("overlaps", "Another value of the same request covers this one.", "Keep one of the two."))
            }
            Ok(selection) => one(parsed, request, selection, &selections),
        });
    }
    let chosen: Vec<Option<&Selection>> = selections.iter().map(|selection| selection.as_ref().ok()).collect();
    change::move_out(parsed, &chosen, &mut made);
    prove(parsed, requests, &mut made);
    assemble(parsed, requests, made)
}

/// The result must parse as well as the source did; what breaks it is refused.
fn prove(parsed: &Parsed, requests: &[Request], made: &mut [Result<Made, Refusal>]) {
    let before = parsed.syntax_errors();
    let parses = |edits: &[Edit]| {
        apply(&parsed.text, edits)
            .and_then(|text| parsed::damage(parsed.loaded, &text))
            .is_some_and(|damage| damage <= before)
    };
    let all = |made: &[Result<Made, Refusal>]| -> Vec<Edit> {
        let fine: Vec<&Made> = made.iter().filter_map(|made| made.as_ref().ok()).collect();
        fine.iter().flat_map(|made| made.edits.iter().cloned()).chain(shared(parsed, &fine)).collect()
    };
    if parses(&all(made)) {
        return;
    }
    let wrong = || {
        refusal(
            "would-not-parse",
            "The lookup in this place would make a syntax error.",
            "Replace the value by hand, and report the construct.",
        )
    };
    for one in made.iter_mut() {
        if one.as_ref().is_ok_and(|one| !parses(&one.edits)) {
            *one = Err(wrong());
        }
    }
    if !parses(&all(made)) {
        made.iter_mut().filter(|one| one.is_ok()).for_each(|one| *one = Err(wrong()));
    }
    debug_assert_eq!(requests.len(), made.len());
}

/// Imports and helpers that the requests need, each once.
fn shared(parsed: &Parsed, made: &[&Made]) -> Vec<Edit> {
    let mut needs: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, at) in made.iter().flat_map(|made| &made.needs) {
        let first = needs.entry(name).or_insert(*at);
        *first = (*first).min(*at);
    }
    let newline = lines::ending(&parsed.text);
    let mut places: BTreeMap<usize, String> = BTreeMap::new();
    for (name, at) in needs {
        let Some(need) = parsed.loaded.recipe.needs.get(name) else { continue };
        let (place, text) = parsed.imports().insertion(parsed.loaded, need, &parsed.text, at);
        places.entry(place).or_default().push_str(&text.replace('\n', newline));
    }
    places.into_iter().map(|(at, text)| Edit { span: at..at, text, applicability: Applicability::Safe }).collect()
}

fn assemble(parsed: &Parsed, requests: &[Request], made: Vec<Result<Made, Refusal>>) -> Rewrite {
    let fine: Vec<&Made> = made.iter().filter_map(|made| made.as_ref().ok()).collect();
    let shared = shared(parsed, &fine);
    let styles: BTreeSet<Style> = requests
        .iter()
        .zip(&made)
        .filter(|(_, made)| made.as_ref().is_ok_and(|made| made.accessor))
        .map(|(request, _)| request.style)
        .collect();
    let accessor = styles.iter().find_map(|style| {
        let accessor = parsed.loaded.recipe.lookups.get(style)?.accessor.as_ref()?;
        let own = parsed.language.file(&accessor.text);
        let text = own.or_else(|| parsed.language.bases().iter().find_map(|base| base.file(&accessor.text)))?;
        Some(GeneratedFile { name: accessor.name.clone(), text: text.to_owned() })
    });
    let outcomes: Vec<Outcome> = made.into_iter().map(|made| made.map(|made| made.edits)).collect();
    Rewrite { outcomes, shared, accessor }
}

/// The edits of one request.
fn one(
    parsed: &Parsed,
    request: &Request,
    selection: &Selection,
    all: &[Result<Selection, Refusal>],
) -> Result<Made, Refusal> {
    let recipe = &parsed.loaded.recipe;
    if !parsed.loaded.name_pattern.is_match(&request.name) {
        return Err(refusal(
            "unfit-name",
            "The name cannot be written in a lookup of this language.",
            "Choose a name of letters, digits and underscores that starts with a letter.",
        ));
    }
    let literal = &parsed.literals[selection.site];
    if literal.role == Role::Prose {
        return Ok(redact(parsed, request, selection));
    }
    let flags = &parsed.facts.flags;
    if let Some(against) = recipe
        .refuse_flags
        .iter()
        .find(|rule| flags.contains(&rule.flag) && !rule.unless.iter().any(|other| flags.contains(other)))
    {
        return Err(refusal(&against.flag, &against.reason, &against.advice));
    }
    let mut made = match select::fixed_name(parsed, selection, request.style) {
        Some(variable) => {
            fits(&variable, request)?;
            part::drop_default(parsed, request, selection)?
        }
        None if taken::names(parsed, selection).contains(&request.name) => {
            return Err(refusal(
                "shadowed-name",
                &format!("The file has a variable {} of its own, and the lookup would read that.", request.name),
                "Give the move another name.",
            ));
        }
        None => match inner::default(parsed, selection, request.style) {
            Some(inner) => {
                fits(&inner.variable, request)?;
                return Ok(Made { edits: vec![inner.edit], needs: BTreeMap::new(), accessor: false });
            }
            None => part::replace(parsed, request, selection, all)?,
        },
    };
    change::declare(parsed, selection, &mut made)?;
    Ok(made)
}

/// The name must be that of the variable that the code reads.
fn fits(variable: &str, request: &Request) -> Result<(), Refusal> {
    if *variable == request.name {
        return Ok(());
    }
    Err(refusal(
        "fixed-name",
        &format!("The code looks this value up as {variable} already."),
        "Give the move that name.",
    ))
}

fn redact(parsed: &Parsed, request: &Request, selection: &Selection) -> Made {
    let template = parsed.loaded.recipe.redaction.as_deref().unwrap_or("<<name>>");
    let text = template.replace("<name>", &request.name);
    let edits = selection
        .stretches
        .iter()
        .enumerate()
        .map(|(index, stretch)| Edit {
            span: stretch.source.clone(),
            text: if index == 0 { text.clone() } else { String::new() },
            applicability: Applicability::Unsafe,
        })
        .collect();
    Made { edits, needs: BTreeMap::new(), accessor: false }
}

/// The lookup of a request, as it is written at a place.
pub(crate) fn lookup(parsed: &Parsed, request: &Request, at: usize, quote: &str) -> Result<Rendered, Refusal> {
    let lookup = parsed.loaded.recipe.lookups.get(&request.style).ok_or_else(|| {
        refusal("no-such-lookup", "This language has no lookup of that style.", "Use the style `env` for this file.")
    })?;
    if let Some(refuse) = &lookup.refuse {
        return Err(refusal("no-such-lookup", &refuse.reason, &refuse.advice));
    }
    let mut fallback = None;
    let mut shadowed = None;
    for form in lookup.forms.iter().filter(|form| form.fits(&parsed.facts.flags)) {
        match bind(parsed, &form.needs, at) {
            Ok((names, needs)) => {
                let rendered = render(form, request, quote, &names, needs);
                if rendered.needs.is_empty() {
                    return Ok(accessed(rendered, lookup.accessor.is_some()));
                }
                fallback = fallback.or(Some(rendered));
            }
            Err(name) => shadowed = shadowed.or(name),
        }
    }
    fallback.map(|rendered| accessed(rendered, lookup.accessor.is_some())).ok_or_else(|| shadow(shadowed.as_deref()))
}

fn accessed(rendered: Rendered, accessor: bool) -> Rendered {
    Rendered { accessor, ..rendered }
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

type Bound = (BTreeMap<String, String>, BTreeMap<String, usize>);

/// Names for needs at a place, and which of them must be brought in. An error names what is shadowed, if that is why.
pub(crate) fn bind(parsed: &Parsed, needs: &[String], at: usize) -> Result<Bound, Option<String>> {
    let flags = |flag: &str| parsed.facts.flags.contains(flag);
    let (mut names, mut insert) = (BTreeMap::new(), BTreeMap::new());
    let mut open: Vec<&String> = needs.iter().collect();
    while let Some(key) = open.pop() {
        let need = parsed.loaded.recipe.needs.get(key).ok_or(None)?;
        match parsed.imports().resolve(need, at, &parsed.text, &flags) {
            Resolution::Bound(name) => {
                names.insert(key.clone(), name);
            }
            Resolution::Insert(name) => {
                names.insert(key.clone(), name);
                insert.insert(key.clone(), at);
                open.extend(&need.needs);
            }
            Resolution::Shadowed(name) => return Err(Some(name)),
            Resolution::Absent => return Err(None),
        }
    }
    Ok((names, insert))
}

fn render(
    form: &LookupForm,
    request: &Request,
    quote: &str,
    names: &BTreeMap<String, String>,
    needs: BTreeMap<String, usize>,
) -> Rendered {
    let fill = |template: &str| {
        let mut text = template.replace("<name>", &request.name).replace("<q>", quote);
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
    }
}
