//! The edits of a file's requests: each on its own, then what they share, then the proof that the result parses.

mod lookup;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(crate) use self::lookup::{environment_name, is_stored, lookup, todo};
use crate::change;
use crate::edit::{Applicability, Edit, Outcome, Refusal, Request, Rewrite, Style};
use crate::exchange;
use crate::guard;
use crate::inject;
use crate::inner;
use crate::lines;
use crate::lists::{self, Listed};
use crate::literal::Role;
use crate::needs::need;
use crate::parsed::{Parsed, tree};
use crate::part;
use crate::select::{self, Selection, refusal};
use crate::taken;
use crate::undo::apply;

/// How it is proved that a result parses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// From the tree that is there, for a plan: each of its edits is proved again before it is made.
    Quick,
    /// By reading the whole result.
    Whole,
}

/// What a request came to.
#[derive(Default)]
pub(crate) struct Made {
    pub edits: Vec<Edit>,
    /// Needs to bring in, with the place of use.
    pub needs: BTreeMap<String, usize>,
    /// The style's generated file is called.
    pub accessor: bool,
    /// Declarations that must be in the folder, by name.
    pub declares: BTreeMap<String, String>,
    /// What the name gets that the value is all of, and what lists of the file get.
    pub suffix: Option<String>,
    pub lists: Vec<Listed>,
}

/// `declared` are names that another file of the folder is about to declare.
pub(crate) fn rewrite(parsed: &Parsed, requests: &[Request], declared: &BTreeSet<String>, proof: Proof) -> Rewrite {
    let selections: Vec<Result<Selection, Refusal>> =
        requests.iter().map(|request| select::select(parsed, &request.span, request.style)).collect();
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
            Ok(selection) => {
                let earlier: Vec<(&Request, &Selection)> = requests[..index]
                    .iter()
                    .zip(&made)
                    .zip(&selections)
                    .filter_map(|((request, made), selection)| {
                        made.as_ref().ok().and(selection.as_ref().ok()).map(|one| (request, one))
                    })
                    .collect();
                one(parsed, request, selection, &selections, &earlier)
            }
        });
    }
    let chosen: Vec<Option<&Selection>> = selections.iter().map(|selection| selection.as_ref().ok()).collect();
    change::move_out(parsed, &chosen, &mut made);
    exchange::exchange(parsed, requests, &chosen, &mut made);
    lists::add(parsed, &chosen, &mut made);
    prove(parsed, requests, declared, &mut made, proof);
    assemble(parsed, requests, declared, made)
}

/// The result must parse as well as the source did; what breaks it is refused.
fn prove(
    parsed: &Parsed,
    requests: &[Request],
    declared: &BTreeSet<String>,
    made: &mut [Result<Made, Refusal>],
    proof: Proof,
) {
    let before = parsed.syntax_errors();
    let parses = |edits: &[Edit]| {
        apply(&parsed.text, edits).is_some_and(|text| {
            let quick = || tree::damage_of(parsed, edits, &text).is_some_and(|damage| damage <= before);
            let whole = || tree::damage(parsed.loaded, &text).is_some_and(|damage| damage <= before);
            proof == Proof::Quick && quick() || whole()
        })
    };
    let all = |made: &[Result<Made, Refusal>]| -> Vec<Edit> {
        let fine: Vec<&Made> = made.iter().filter_map(|made| made.as_ref().ok()).collect();
        fine.iter().flat_map(|made| made.edits.iter().cloned()).chain(shared(parsed, declared, &fine)).collect()
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
fn shared(parsed: &Parsed, declared: &BTreeSet<String>, made: &[&Made]) -> Vec<Edit> {
    let mut needs: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (key, at) in made.iter().flat_map(|made| &made.needs) {
        let (key, name) = key.split_once('=').unwrap_or((key, ""));
        let (first, names) = needs.entry(key).or_insert((*at, BTreeSet::new()));
        *first = (*first).min(*at);
        names.insert(name);
    }
    let newline = lines::ending(&parsed.text);
    let mut places: BTreeMap<usize, String> = BTreeMap::new();
    for (key, (at, names)) in needs {
        let names = names.into_iter().collect::<Vec<_>>().join(" ");
        let Some(need) = need(parsed, key, &names) else { continue };
        let (place, text) = parsed.imports().insertion(parsed.loaded, &need, &parsed.text, at);
        places.entry(place).or_default().push_str(&text.replace('\n', newline));
    }
    let blocks: BTreeMap<&String, &String> =
        made.iter().flat_map(|made| &made.declares).filter(|(name, _)| !declared.contains(*name)).collect();
    for block in blocks.into_values() {
        let end = places.entry(parsed.text.len()).or_default();
        if end.is_empty() && !parsed.text.is_empty() && !parsed.text.ends_with('\n') {
            end.push_str(newline);
        }
        end.push_str(newline);
        end.push_str(&block.replace('\n', newline));
    }
    places.into_iter().map(|(at, text)| Edit { span: at..at, text, applicability: Applicability::Safe }).collect()
}

fn assemble(
    parsed: &Parsed,
    requests: &[Request],
    declared: &BTreeSet<String>,
    made: Vec<Result<Made, Refusal>>,
) -> Rewrite {
    let fine: Vec<&Made> = made.iter().filter_map(|made| made.as_ref().ok()).collect();
    let shared = shared(parsed, declared, &fine);
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
        accessor.file(text, &parsed.text)
    });
    let declares: BTreeSet<String> =
        fine.iter().flat_map(|made| made.declares.keys()).filter(|name| !declared.contains(*name)).cloned().collect();
    let outcomes: Vec<Outcome> = made.into_iter().map(|made| made.map(|made| made.edits)).collect();
    Rewrite { outcomes, shared, accessor, declares: declares.into_iter().collect() }
}

/// The edits of one request.
fn one(
    parsed: &Parsed,
    request: &Request,
    selection: &Selection,
    all: &[Result<Selection, Refusal>],
    earlier: &[(&Request, &Selection)],
) -> Result<Made, Refusal> {
    let recipe = &parsed.loaded.recipe;
    if !parsed.loaded.name_pattern.is_match(&request.name) {
        if select::fixed_name(parsed, selection, request.style).is_some() {
            return Err(refusal(
                "unfit-name",
                &format!("The code reads {}, which is no name that a shell can give a variable.", request.name),
                "Rename the variable with underscores wherever the code uses it, and plan again.",
            ));
        }
        return Err(refusal(
            "unfit-name",
            "The name cannot be written in a lookup of this language.",
            "Choose a name of letters, digits and underscores that starts with a letter.",
        ));
    }
    if parsed.loaded.name_unless.as_ref().is_some_and(|unless| unless.is_match(&request.name)) {
        return Err(refusal(
            "unfit-name",
            &format!("The name {} means something else here already.", request.name),
            "Give the move another name in the plan.",
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
        .filter(|rule| rule.styles.is_empty() || rule.styles.contains(&request.style))
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
        None => {
            if let Some(inner) = inner::default(parsed, selection, request.style) {
                fits(&inner.variable, request)?;
                return Ok(Made { edits: vec![inner.edit], ..Made::default() });
            }
            if request.style == Style::Inject {
                inject::carried(parsed, selection)?;
            }
            if let Some(edit) = own_entry(parsed, request, selection) {
                return Ok(Made { edits: vec![edit], ..Made::default() });
            }
            part::replace(parsed, request, selection, all)?
        }
    };
    made.edits.extend(guard::edit(parsed, request, selection, earlier));
    change::declare(parsed, selection, &mut made)?;
    Ok(made)
}

/// Takes away the entry that binds a value to the very name that it is looked up by: what would be looked up is there.
fn own_entry(parsed: &Parsed, request: &Request, selection: &Selection) -> Option<Edit> {
    let leave = parsed.loaded.recipe.lookups.get(&request.style)?.own.as_ref()?;
    let (entry, item) = parsed.sites[selection.site].entry.clone()?;
    let bound = parsed.literals[selection.site].bindings.iter().any(|binding| binding.name == request.name);
    let text = &parsed.text;
    // Something else may refer to it by its anchor.
    if !selection.whole
        || taken::breaks_after(parsed, selection.site)
        || !bound
        || text[entry.clone()].split_whitespace().any(|word| word.starts_with(['&', '*']))
        || anchored(parsed, &entry)
    {
        return None;
    }
    let applicability = Applicability::Unsafe;
    if item {
        let (mut start, mut end) = (entry.start, entry.end);
        if let Some(rest) = text[end..].trim_start().strip_prefix(',') {
            end = text.len() - rest.trim_start().len();
        } else if let Some(before) = text[..start].trim_end().strip_suffix(',') {
            start = before.len();
        }
        return Some(Edit { span: start..end, text: String::new(), applicability });
    }
    // A block scalar ends behind the break of its line, which stays.
    let end = (entry.start + text[entry.clone()].trim_end().len()).max(selection.source().end);
    let ending = if text[..end].ends_with('\n') { lines::ending(text) } else { "" };
    let leave = leave.replace("<name>", &request.name) + ending;
    Some(Edit { span: entry.start..end, text: leave, applicability })
}

/// Whether what an entry stands in has an anchor of its own: others merge it, and what is merged must not be empty.
fn anchored(parsed: &Parsed, entry: &Range<usize>) -> bool {
    let node = parsed.tree.root_node().descendant_for_byte_range(entry.start, entry.end);
    let mapping = node.and_then(|node| if node.byte_range() == *entry { node.parent() } else { Some(node) });
    let around = mapping.and_then(|mapping| mapping.parent());
    around.is_some_and(|around| parsed.text[around.byte_range()].starts_with('&'))
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
    Made { edits, ..Made::default() }
}
