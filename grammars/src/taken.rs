//! Names that mean something else at a place, in languages whose variables are those of the environment.

use std::collections::BTreeSet;
use std::ops::Range;

use regex::Regex;

use crate::parsed::Parsed;
use crate::recipe::Layout;
use crate::select::Selection;

/// The names under which a selection's value cannot be looked up, because the file gives them another value, or reads
/// them for one.
pub(crate) fn names(parsed: &Parsed, selection: &Selection) -> BTreeSet<String> {
    let mut out = hidden(parsed, selection);
    if !parsed.loaded.recipe.names_are_variables {
        return out;
    }
    let imports = parsed.imports();
    let mut fit = BTreeSet::new();
    for (name, _) in imports.definitions() {
        if out.contains(name) || fit.contains(name) {
            continue;
        }
        let others: Vec<&Range<usize>> = imports
            .definitions()
            .filter(|(other, span)| *other == name && !gives(parsed, span, &selection.value))
            .map(|(_, span)| span)
            .collect();
        // Its own declaration looks the name up before it sets it: once, and before anybody else does.
        let own = || {
            let literal = &parsed.literals[selection.site];
            literal.bindings.iter().find(|binding| binding.distance == 0 && binding.name == name).is_some_and(
                |binding| {
                    selection.whole
                        && imports.function(&binding.span).is_none()
                        && others.iter().all(|span| span.start > binding.span.start)
                },
            )
        };
        let free = others.is_empty() || !parsed.loaded.recipe.names_without_order && own();
        if free {
            fit.insert(name.to_owned())
        } else {
            out.insert(name.to_owned())
        };
    }
    out.extend(imports.uses().filter(|name| !fit.contains(*name)).map(str::to_owned));
    out
}

/// Keys of the file that a lookup of their name would find.
fn hidden(parsed: &Parsed, selection: &Selection) -> BTreeSet<String> {
    let Some(rule) = &parsed.loaded.recipe.keys_hide else { return BTreeSet::new() };
    let text = std::str::from_utf8(&selection.value).unwrap_or_default();
    let replaced = selection.whole
        && parsed.sites[selection.site].entry.is_some()
        && rule.own_unless.as_ref().is_some_and(|unless| Regex::new(unless).is_ok_and(|unless| !unless.is_match(text)))
        && rule.own_unless_flag.as_ref().is_none_or(|flag| !parsed.facts.flags.contains(flag));
    let bindings = &parsed.literals[selection.site].bindings;
    let own = |key: &String| {
        replaced
            && bindings.iter().any(|binding| binding.name == *key)
            && parsed.keys.iter().filter(|other| *other == key).count() == 1
    };
    parsed.keys.iter().filter(|key| !own(key)).cloned().collect()
}

/// Whether a definition gives a name just that value.
fn gives(parsed: &Parsed, definition: &Range<usize>, value: &[u8]) -> bool {
    parsed.literals.iter().enumerate().any(|(index, literal)| {
        !breaks_after(parsed, index)
            && literal.bindings.iter().any(|binding| binding.distance == 0 && binding.span == *definition)
            && literal.text().is_some_and(|text| text.as_bytes() == value)
    })
}

/// Whether the program sees a line break behind the text of a literal: a block scalar's last line ends with one, unless its
/// header says otherwise (YAML 1.2.2, 8.1.1.2 "Block Chomping Indicator").
pub(crate) fn breaks_after(parsed: &Parsed, site: usize) -> bool {
    let Some(piece) = parsed.sites[site].pieces.last() else { return false };
    let header = parsed.text[piece.open.clone()].split('#').next().unwrap_or_default();
    parsed.loaded.forms[piece.form].rule.layout == Layout::YamlBlock
        && !header.contains('-')
        && !piece.value.ends_with(b"\n")
}

/// Whether a variable is the environment's own at a place: the file does not set it to something else.
pub(crate) fn reads_environment(parsed: &Parsed, selection: &Selection, variable: &str) -> bool {
    if !parsed.loaded.recipe.names_are_variables {
        return true;
    }
    let imports = parsed.imports();
    let bindings = &parsed.literals[selection.site].bindings;
    let at = parsed.literals[selection.site].span.start;
    imports.definitions().filter(|(name, _)| *name == variable).all(|(_, span)| {
        let own = bindings.iter().any(|binding| binding.span == *span);
        own || span.start > at && imports.function(&(at..at)).is_none()
    })
}
