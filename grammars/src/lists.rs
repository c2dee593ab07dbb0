//! What a lookup adds to lists of the file, once a name: the secrets that a compose file declares, and those that a service of
//! it is given.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use crate::edit::{Applicability, Edit, Refusal};
use crate::exchange::pairs;
use crate::lines;
use crate::lookups::LookupForm;
use crate::parsed::Parsed;
use crate::regexes::Regex;
use crate::rewrite::Made;
use crate::select::{Selection, refusal};

/// An entry of a list: the mapping that has the list, by the name of its capture, the list's key, and the entry's text.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub at: String,
    pub key: String,
    pub item: String,
}

/// Whether a value can be looked up with a form that must have its variable for itself, and that adds to lists: the value is
/// all that the variable is set to, the lists are there, and nothing near reads the variable.
pub(crate) fn fits(parsed: &Parsed, selection: &Selection, form: &LookupForm) -> bool {
    if form.lists.is_empty() && form.suffix.is_none() {
        return true;
    }
    let near = |at: &String| parsed.facts.lists.of(at, selection.source().start);
    let Some(name) = bound(parsed, selection) else { return false };
    let listed = |span: Range<usize>, key: &str| entries(parsed, &span, key, &[]).is_ok();
    form.lists.iter().all(|list| near(&list.at).is_some_and(|span| listed(span, &list.key)))
        && form.unless_near.iter().all(|(at, pattern)| {
            let pattern = Regex::new(pattern.replace("<bound>", &regex::escape(&parsed.text[name.clone()])));
            near(at).is_none_or(|span| !pattern.is_match(&parsed.text[span]))
        })
}

/// Where the name stands that a value is all of.
fn bound(parsed: &Parsed, selection: &Selection) -> Option<Range<usize>> {
    let binding = parsed.literals[selection.site].bindings.first().filter(|binding| binding.distance == 0)?;
    let text = &parsed.text;
    let quotes = ['"', '\''];
    let name = &text[binding.span.clone()];
    let start = binding.span.start + name.len() - name.trim_start_matches(quotes).len();
    let span = start..start + name.trim_matches(quotes).len();
    let [piece] = parsed.sites[selection.site].pieces.as_slice() else { return None };
    let source = selection.source();
    let before = text.get(piece.open.end..source.start)?;
    let all = before.is_empty() || binding.how == "inner" && before.strip_suffix('=') == Some(&text[span.clone()]);
    (all && source.end == piece.close.start && selection.fallback.is_none()).then_some(span)
}

/// The edits that write the lists, the same for all values that add to them; and each value's own, at its name.
pub(crate) fn add(parsed: &Parsed, selections: &[Option<&Selection>], made: &mut [Result<Made, Refusal>]) {
    let mut wanted: BTreeMap<(usize, usize, String), Vec<String>> = BTreeMap::new();
    for (one, selection) in made.iter_mut().zip(selections) {
        let (Ok(one), Some(selection)) = (one, selection) else { continue };
        if let Some((suffix, name)) = one.suffix.as_ref().zip(bound(parsed, selection)) {
            one.edits.push(edit(name.end, suffix.clone()));
        }
        for listed in &one.lists {
            let Some(span) = parsed.facts.lists.of(&listed.at, selection.source().start) else { continue };
            let items = wanted.entry((span.start, span.end, listed.key.clone())).or_default();
            if !items.contains(&listed.item) {
                items.push(listed.item.clone());
            }
        }
    }
    // Inner mappings first, where two end at one place.
    let mut places: BTreeMap<usize, String> = BTreeMap::new();
    let mut wrong = None;
    for ((start, end, key), items) in wanted.into_iter().rev() {
        match entries(parsed, &(start..end), &key, &items) {
            Ok(Some((at, text))) => places.entry(at).or_default().push_str(&text),
            Ok(None) => {}
            Err(refusal) => wrong = Some(refusal),
        }
    }
    let edits: Vec<Edit> = places.into_iter().map(|(at, text)| edit(at, text)).collect();
    for one in made.iter_mut().filter(|one| one.as_ref().is_ok_and(|one| !one.lists.is_empty())) {
        match (&wrong, one) {
            (Some(refusal), one) => *one = Err(refusal.clone()),
            (None, Ok(one)) => one.edits.extend(edits.iter().cloned()),
            (None, Err(_)) => {}
        }
    }
}

fn edit(at: usize, text: String) -> Edit {
    Edit { span: at..at, text, applicability: Applicability::Unsafe }
}

/// What a mapping's list of a key gets, and where; nothing where all of it is there.
fn entries(
    parsed: &Parsed,
    mapping: &Range<usize>,
    key: &str,
    items: &[String],
) -> Result<Option<(usize, String)>, Refusal> {
    let text = &parsed.text;
    let other = || {
        refusal(
            "not-listed",
            &format!(
                "The value would become an entry of `{key}`, and what stands there is written in a way that no line can be added to."
            ),
            &format!("Write `{key}` as a list with an entry a line, and plan again."),
        )
    };
    let node = parsed.tree.root_node().descendant_for_byte_range(mapping.start, mapping.end).ok_or_else(other)?;
    // A mapping of one pair is as long as the pair.
    let node = if node.child_by_field_name("key").is_some() { node.parent().ok_or_else(other)? } else { node };
    let all = pairs(node);
    let column = |at: usize| at - lines::start(text, at);
    let base = column(mapping.start);
    let ending = lines::ending(text);
    // Two blanks of an item are one level.
    let below = |at: usize, depth: usize, step: usize, items: &[&String]| {
        let lines = items.iter().flat_map(|item| item.split('\n'));
        let lines: Vec<String> = lines
            .map(|line| {
                let content = line.trim_start();
                let depth = depth + (line.len() - content.len()) / 2 * step;
                format!("{ending}{}{content}", " ".repeat(depth))
            })
            .collect();
        let lines = lines.concat();
        (lines::end(text, at), lines)
    };
    let end_of = |span: &Range<usize>| span.start + text[span.clone()].trim_end().len();
    let Some(pair) = all.iter().find(|pair| text[pair.key.clone()].trim_matches(['"', '\'']) == key) else {
        let deeper = all.iter().filter_map(|pair| column(pair.value?.start_byte()).checked_sub(base));
        let inner = all.iter().zip(deeper).filter(|(pair, _)| text[pair.key.end..pair.all.end].contains('\n'));
        let step = inner.map(|(_, step)| step).find(|step| *step > 0 && *step < 9).unwrap_or(2);
        let last = all.last().ok_or_else(other)?;
        let (at, lines) = below(end_of(&last.all), base + step, step, &items.iter().collect::<Vec<_>>());
        // Sections of a file stand apart.
        let gap = if base == 0 { ending } else { "" };
        return Ok(Some((at, format!("{gap}{ending}{}{key}:{lines}", " ".repeat(base)))));
    };
    let value = pair.value.ok_or_else(other)?;
    let there = list(value).ok_or_else(other)?;
    let name = |item: &str| {
        let first = item.trim_start_matches("- ").split([':', '\n']).next().unwrap_or_default();
        first.trim().trim_matches(['"', '\'']).to_owned()
    };
    let mut cursor = there.walk();
    let known: Vec<Range<usize>> =
        there.named_children(&mut cursor).filter(|child| !child.is_extra()).map(|child| child.byte_range()).collect();
    let last = known.last().ok_or_else(other)?;
    let mut missing = Vec::new();
    for item in items {
        match known.iter().find(|known| name(&text[(*known).clone()]) == name(item)) {
            None => missing.push(item),
            Some(known) if words(&text[known.clone()]) == words(item) => {}
            Some(known) if there.kind() == "flow_sequence" && words(&text[known.clone()]) == [name(item)] => {}
            Some(_) => {
                return Err(refusal(
                    "name-taken",
                    &format!("`{key}` has an entry {} already, for something else.", name(item)),
                    "Give the move another name in the plan.",
                ));
            }
        }
    }
    if missing.is_empty() {
        return Ok(None);
    }
    if there.kind() == "flow_sequence" {
        let more: Vec<&str> = missing.iter().map(|item| item.trim_start_matches("- ")).collect();
        return Ok(Some((last.end, format!(", {}", more.join(", ")))));
    }
    let depth = column(known[0].start);
    let step = depth.checked_sub(base).filter(|step| *step > 0).unwrap_or(2);
    Ok(Some(below(end_of(last), depth, step, &missing)))
}

/// The collection that a value is, if lines or entries can be added to it.
fn list(value: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = value.walk();
    match value.kind() {
        "block_sequence" | "block_mapping" | "flow_sequence" => Some(value),
        "block_node" | "flow_node" => {
            let children: Vec<Node<'_>> = value.named_children(&mut cursor).filter(|child| !child.is_extra()).collect();
            if let [only] = children.as_slice() { list(*only) } else { None }
        }
        _ => None,
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}
