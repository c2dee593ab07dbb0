//! What the code around a literal makes of it: a name, an argument, a place that takes constants alone.

use tree_sitter::Node;

use super::{Frame, Walk};
use crate::facts::ChangeFact;
use crate::literal::{Binding, Call};
use crate::visit::{Next, visit};

/// Beyond this many calls and lists, a name says nothing about a literal.
const FARTHEST: usize = 12;
/// Beyond this many nodes, a call says nothing about a literal in its arguments.
const DEEPEST: usize = 200;

impl Walk<'_> {
    pub(super) fn bare(&self, frame: Frame<'_>, outer: &[Frame<'_>]) -> bool {
        let Some(parent) = outer.last() else {
            return true;
        };
        let kind = parent.node.kind();
        self.loaded.recipe.bare_parents.iter().any(|rule| match rule.split_once('.') {
            Some((parent, field)) => parent == kind && frame.field == Some(field),
            None => rule == kind,
        })
    }

    /// The constant-only place around a node, as far as the nearest body.
    pub(super) fn constant(&self, node: Node<'_>, stack: &[Frame<'_>]) -> Option<String> {
        let own = self.facts.constants.get(&node.id());
        own.or_else(|| self.facts.constants.get(&stack.last()?.constant?)).cloned()
    }

    /// The declaration whose value a node is, or is part of.
    pub(super) fn change(&self, node: Node<'_>, stack: &[Frame<'_>]) -> Option<&ChangeFact> {
        let body = stack.iter().rposition(|up| self.kind(up.node).is_some_and(|kind| kind.barrier)).unwrap_or(0);
        std::iter::once(node)
            .chain(stack[body..].iter().rev().map(|up| up.node))
            .find_map(|node| self.facts.changes.get(&node.id()))
    }

    pub(super) fn bindings(&self, node: Node<'_>, stack: &[Frame<'_>]) -> Vec<Binding> {
        let mut out = Vec::new();
        let mut distance = 0;
        let mut add = |node: Node<'_>, distance| {
            for fact in self.facts.names.get(&node.id()).into_iter().flatten() {
                out.push(Binding {
                    name: self.loaded.plain_name(&self.text[fact.span.clone()]),
                    span: fact.span.clone(),
                    how: fact.how.clone(),
                    distance,
                });
            }
        };
        add(node, 0);
        for up in stack.iter().rev() {
            let Some(kind) = self.kind(up.node) else { continue };
            if kind.barrier || distance > FARTHEST {
                break;
            }
            if !kind.transparent && !self.chains(up.node) {
                distance += 1;
            }
            add(up.node, distance);
        }
        out
    }

    pub(super) fn call(&self, frame: Frame<'_>, stack: &[Frame<'_>]) -> Option<Call> {
        let mut below = frame;
        let mut keyword = None;
        for up in stack.iter().rev().take(DEEPEST) {
            if let Some(fact) =
                self.facts.names.get(&below.node.id()).into_iter().flatten().find(|fact| fact.how == "keyword")
            {
                keyword = Some(self.loaded.plain_name(&self.text[fact.span.clone()]));
            }
            if let Some(callee) = self.facts.callees.get(&up.node.id()) {
                let callee: String = self.text[callee.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
                return Some(Call { callee, position: keyword.is_none().then_some(below.position), keyword });
            }
            if self.kind(up.node).is_some_and(|kind| kind.barrier) {
                return None;
            }
            below = *up;
        }
        None
    }

    pub(super) fn scopes(&self, stack: &[Frame<'_>]) -> Vec<String> {
        let mut out = Vec::new();
        let mut at = stack.last().and_then(|up| up.scope);
        while let Some(index) = at {
            out.extend(
                self.facts
                    .scopes
                    .get(&stack[index].node.id())
                    .map(|span| self.loaded.plain_name(&self.text[span.clone()])),
            );
            at = index.checked_sub(1).and_then(|above| stack[above].scope);
        }
        out
    }

    /// A syntax error in the statement around a node, or beside it.
    pub(super) fn broken(&self, node: Node<'_>, stack: &[Frame<'_>]) -> bool {
        if stack.iter().any(|up| up.node.is_error()) {
            return true;
        }
        let body = stack.iter().rposition(|up| self.kind(up.node).is_some_and(|kind| kind.barrier)).unwrap_or(0);
        let statement = stack.get(body + 1).map_or(node, |frame| frame.node);
        let recipe = &self.loaded.recipe;
        let forgiven = |node: Node<'_>| {
            let stray = || recipe.stray.iter().any(|text| *text == self.text[node.byte_range()]);
            recipe.optional.iter().any(|kind| kind == node.kind()) || node.is_error() && stray()
        };
        let wrong =
            |node: Option<Node<'_>>| node.is_some_and(|node| (node.is_error() || node.is_missing()) && !forgiven(node));
        damaged(statement, &forgiven) || wrong(statement.prev_sibling()) || wrong(statement.next_sibling())
    }
}

/// Whether a node holds an error, or misses a token that its language does not leave out.
fn damaged(node: Node<'_>, forgiven: &dyn Fn(Node<'_>) -> bool) -> bool {
    visit(node, &mut |node| match node.is_error() || node.is_missing() {
        true if !forgiven(node) => Next::Stop,
        false if node.has_error() => Next::Into,
        _ => Next::Past,
    })
}
