//! A check before the statement, for lookups in a place that can only fail by itself: a shell's subshell.

use tree_sitter::Node;

use crate::edit::{Applicability, Edit, Request};
use crate::lines;
use crate::parsed::Parsed;
use crate::recipe::Guard;
use crate::select::Selection;

/// The check that a request's lookup wants, if it stands in such a place. None where no line can be put before the
/// statement, and where the same check has been made on the way to it.
pub(crate) fn edit(
    parsed: &Parsed,
    request: &Request,
    selection: &Selection,
    earlier: &[(&Request, &Selection)],
) -> Option<Edit> {
    let guard = parsed.loaded.recipe.lookups.get(&request.style)?.guard.as_ref()?;
    let guarded = |selection: &Selection| {
        let span = &parsed.literals[selection.site].span;
        let literal = parsed.tree.root_node().descendant_for_byte_range(span.start, span.end)?;
        statement(outermost(literal, guard)?, guard)
    };
    let place = guarded(selection)?;
    let at = place.start_byte();
    // What comes first in the same body, or in one around it that runs in order.
    let covers = |other: Node<'_>| {
        let Some(body) = other.parent() else { return false };
        let around = body.byte_range().contains(&at) && !is_one(body, &guard.branches);
        other.start_byte() <= at && (around || place.parent().is_some_and(|own| own.id() == body.id()))
    };
    let before = earlier.iter().filter(|(other, _)| other.name == request.name);
    if before.filter_map(|(_, selection)| guarded(selection)).any(covers) {
        return None;
    }
    let start = lines::start(&parsed.text, at);
    let depth = &parsed.text[start..at];
    if !depth.trim().is_empty() {
        return None;
    }
    let text = guard.text.replace("<name>", &request.name);
    let text = format!("{depth}{text}{}", lines::ending(&parsed.text));
    Some(Edit { span: start..start, text, applicability: Applicability::Safe })
}

fn is_one(node: Node<'_>, kinds: &[String]) -> bool {
    kinds.iter().any(|kind| kind == node.kind())
}

/// The outermost place around a node that fails by itself, as far as the function.
fn outermost<'tree>(literal: Node<'tree>, guard: &Guard) -> Option<Node<'tree>> {
    let mut found = None;
    let mut node = literal;
    while let Some(parent) = node.parent().filter(|parent| !is_one(*parent, &guard.functions)) {
        if is_one(parent, &guard.under) {
            found = Some(parent);
        }
        node = parent;
    }
    found
}

/// The statement that a node is in: the one that a line can be put before.
fn statement<'tree>(place: Node<'tree>, guard: &Guard) -> Option<Node<'tree>> {
    let mut node = place;
    loop {
        let parent = node.parent()?;
        if is_one(parent, &guard.bodies) {
            let condition = (0..parent.child_count())
                .find(|index| parent.child(*index).is_some_and(|child| child.id() == node.id()))
                .and_then(|index| parent.field_name_for_child(index))
                .is_some_and(|field| guard.conditions.iter().any(|one| one == field));
            if !condition {
                return Some(node);
            }
        }
        if is_one(parent, &guard.never) {
            return None;
        }
        node = parent;
    }
}
