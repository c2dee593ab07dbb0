//! One walk over the tree: every literal, with what the code around it makes of it.

mod around;

use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::facts::{ChangeFact, DefaultFact, Facts};
use crate::focus::Focus;
use crate::literal::{Binding, Literal, LiteralKind, Part, Role};
use crate::loaded::{Kind, Loaded};
use crate::piece::Piece;

/// What the rewrite must know about a literal, beside what everybody may see.
#[derive(Debug)]
pub(crate) struct Site {
    pub pieces: Vec<Piece>,
    /// An expression of any precedence can stand in its place without parentheses.
    pub bare: bool,
    /// A syntax error is near.
    pub broken: bool,
    pub constant: Option<String>,
    /// What a query marks it with.
    pub mark: Option<String>,
    pub default: Option<DefaultFact>,
    pub format: Option<String>,
    pub change: Option<ChangeFact>,
    /// The expression around it that the plain lookup stands for.
    pub outer: Option<Range<usize>>,
    /// The entry that binds it to a name, and whether it is one of several on a line.
    pub entry: Option<(Range<usize>, bool)>,
}

/// A node on the way from the root.
#[derive(Clone, Copy)]
struct Frame<'tree> {
    node: Node<'tree>,
    field: Option<&'tree str>,
    /// Position among its parent's children that are no comments.
    position: usize,
    /// How many such children of its own were passed.
    children: usize,
    /// The nearest node at or above it that takes constants alone, no body in between.
    constant: Option<usize>,
    /// Where on the way the nearest scope at or above it is.
    scope: Option<usize>,
}

pub(crate) struct Walk<'a> {
    loaded: &'a Loaded,
    facts: &'a Facts,
    text: &'a str,
    focus: &'a Focus,
    damaged: bool,
    literals: Vec<Literal>,
    sites: Vec<Site>,
}

/// All literals of a part of a text in order of position, with their sites.
pub(crate) fn walk(
    loaded: &Loaded,
    facts: &Facts,
    tree: &Tree,
    text: &str,
    focus: &Focus,
) -> (Vec<Literal>, Vec<Site>) {
    let damaged = tree.root_node().has_error();
    let mut walk = Walk { loaded, facts, text, focus, damaged, literals: Vec::new(), sites: Vec::new() };
    walk.run(tree);
    walk.name_by_meaning();
    (walk.literals, walk.sites)
}

impl Walk<'_> {
    fn run<'tree>(&mut self, tree: &'tree Tree) {
        let mut cursor = tree.walk();
        let mut stack: Vec<Frame<'tree>> = Vec::new();
        // Literals that the walk is inside of, with their holes.
        let mut open: Vec<(usize, Vec<Range<usize>>)> = Vec::new();
        loop {
            let node = cursor.node();
            let position = stack.last().map_or(0, |parent| parent.children);
            let field = cursor.field_name();
            let frame = Frame { node, field, position, children: 0, constant: None, scope: None };
            if let Some(parent) = stack.last_mut()
                && node.is_named()
                && !node.is_extra()
                && self.kind(node).is_none_or(|kind| !kind.separator)
            {
                parent.children += 1;
            }
            while open.last().is_some_and(|(end, _)| *end <= node.start_byte()) {
                open.pop();
            }
            let descend = self.focus.touches(&node.byte_range()) && self.enter(frame, &stack, &mut open);
            if descend && cursor.goto_first_child() {
                stack.push(self.placed(frame, &stack));
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                stack.pop();
            }
        }
    }

    /// A frame with what its children ask of all that is above them, found without another way up: a chain of
    /// operators is as deep as it is long.
    fn placed<'tree>(&self, frame: Frame<'tree>, stack: &[Frame<'tree>]) -> Frame<'tree> {
        let id = frame.node.id();
        let up = stack.last();
        let constant = if self.facts.constants.contains_key(&id) {
            Some(id)
        } else if self.kind(frame.node).is_some_and(|kind| kind.barrier) {
            None
        } else {
            up.and_then(|up| up.constant)
        };
        let own = self.facts.scopes.contains_key(&id).then_some(stack.len());
        Frame { constant, scope: own.or_else(|| up.and_then(|up| up.scope)), ..frame }
    }

    /// Looks at a node; true if its children are to be looked at.
    fn enter(&mut self, frame: Frame<'_>, stack: &[Frame<'_>], open: &mut Vec<(usize, Vec<Range<usize>>)>) -> bool {
        let node = frame.node;
        let span = node.byte_range();
        if let Some((_, holes)) = open.last()
            && !holes.iter().any(|hole| hole.start <= span.start && span.end <= hole.end)
        {
            return holes.iter().any(|hole| span.start <= hole.start && hole.end <= span.end);
        }
        let Some(pieces) = self.pieces(node, stack) else {
            return true;
        };
        let holes: Vec<Range<usize>> = pieces.iter().flat_map(|piece| piece.holes.iter().cloned()).collect();
        let descend = !holes.is_empty();
        self.add(frame, stack, pieces);
        if descend {
            open.push((span.end, holes));
        }
        descend
    }

    /// Whether a node does nothing but group.
    fn groups(&self, node: Node<'_>) -> bool {
        self.kind(node).is_some_and(|kind| kind.grouping)
    }

    /// Whether a node is nothing but its only child.
    fn chains(&self, node: Node<'_>) -> bool {
        let only =
            || node.child_count() == 1 && node.child(0).is_some_and(|child| child.byte_range() == node.byte_range());
        self.kind(node).is_some_and(|kind| kind.chain) && only()
    }

    fn kind(&self, node: Node<'_>) -> Option<&Kind> {
        self.loaded.kinds.get(usize::from(node.kind_id()))
    }

    fn pieces(&self, node: Node<'_>, stack: &[Frame<'_>]) -> Option<Vec<Piece>> {
        let above = |kind: &str| stack.iter().rev().any(|up| up.node.kind() == kind);
        let kind = self.kind(node)?;
        let doubled = self
            .facts
            .formats
            .get(&node.id())
            .and_then(|name| self.loaded.recipe.formats.get(name))
            .map_or(&[][..], |format| format.doubled.as_slice());
        if kind.joins {
            let mut cursor = node.walk();
            let pieces: Option<Vec<Piece>> = node
                .named_children(&mut cursor)
                .filter(|child| !child.is_extra())
                .map(|child| {
                    Piece::of(self.loaded, child, self.text, doubled, &self.facts.marks, Some(node.kind()), &above)
                })
                .collect();
            return pieces.filter(|pieces| !pieces.is_empty());
        }
        if kind.forms.is_empty() {
            return None;
        }
        let parent = stack.last().map(|up| up.node.kind());
        Some(vec![Piece::of(self.loaded, node, self.text, doubled, &self.facts.marks, parent, &above)?])
    }

    fn add(&mut self, frame: Frame<'_>, stack: &[Frame<'_>], pieces: Vec<Piece>) {
        let node = frame.node;
        // The literal itself, then the parentheses around it.
        let groups = stack.iter().rev().take_while(|up| self.groups(up.node) || self.chains(up.node)).count();
        let outer = &stack[..stack.len() - groups];
        let direct: Vec<Node<'_>> =
            std::iter::once(node).chain(stack[outer.len()..].iter().rev().map(|up| up.node)).collect();
        let default = direct.iter().find_map(|node| self.facts.defaults.get(&node.id())).cloned();
        let format = direct.iter().find_map(|node| self.facts.formats.get(&node.id())).cloned();
        let change = self.change(node, stack).cloned();
        let form = pieces.first().map(|piece| &self.loaded.forms[piece.form]);
        let refused = form.and_then(|form| form.rule.refuse.clone());
        let unmarked = || self.loaded.recipe.unmarked.clone().filter(|_| !self.facts.marks.contains_key(&node.id()));
        let constant = self.constant(node, stack).or(refused).or_else(unmarked);
        let kind = self.literal_kind(&pieces);
        let doc = direct.iter().any(|node| self.facts.docs.contains(&node.id()));
        let role = if doc || matches!(kind, LiteralKind::Comment | LiteralKind::Doc) {
            Role::Prose
        } else if direct.iter().any(|node| self.facts.keys.contains(&node.id())) {
            Role::Key
        } else if let Some(name) = &constant {
            let place = self.loaded.recipe.constants.get(name).map_or(name, |constant| &constant.place);
            Role::Constant { place: place.clone() }
        } else if let Some(default) = &default {
            Role::Default { variable: self.loaded.variable(default, self.text) }
        } else if outer.last().is_some_and(|parent| self.facts.comparisons.contains(&parent.node.id())) {
            Role::Comparison
        } else {
            Role::Value
        };
        let mut parts = Vec::new();
        for piece in &pieces {
            piece.parts(&mut parts);
        }
        let mut bindings = self.bindings(node, stack);
        bindings.splice(0..0, self.inner_name(&pieces));
        self.literals.push(Literal {
            span: node.byte_range(),
            kind: if doc { LiteralKind::Doc } else { kind },
            parts,
            role,
            bindings,
            call: self.call(frame, stack),
            scopes: self.scopes(stack),
        });
        self.sites.push(Site {
            pieces,
            bare: stack[outer.len()..].iter().any(|up| self.groups(up.node))
                || direct.last().is_some_and(|node| self.facts.bares.contains(&node.id()))
                || self.bare(frame, outer),
            broken: self.damaged && self.broken(node, stack),
            constant,
            mark: self.facts.marks.get(&node.id()).cloned(),
            default,
            format,
            change,
            outer: self.facts.outers.get(&node.id()).cloned(),
            entry: self.facts.entries.get(&node.id()).cloned(),
        });
    }

    /// What the text of a literal itself calls the value that follows.
    fn inner_name(&self, pieces: &[Piece]) -> Option<Binding> {
        let piece = pieces.first()?;
        let pattern = self.loaded.forms[piece.form].inner_name.as_ref()?;
        let content = piece.open.end..piece.close.start;
        let name = pattern.captures(&self.text[content.clone()])?.name("name")?;
        let span = content.start + name.start()..content.start + name.end();
        Some(Binding { name: name.as_str().to_owned(), span, how: "inner".into(), distance: 0 })
    }

    fn literal_kind(&self, pieces: &[Piece]) -> LiteralKind {
        let kinds = pieces.iter().map(|piece| self.loaded.forms[piece.form].rule.kind);
        kinds.reduce(|all, one| if one == LiteralKind::Template { one } else { all }).unwrap_or(LiteralKind::Text)
    }

    /// Where a name is itself a literal, its meaning is the name.
    fn name_by_meaning(&mut self) {
        let texts: HashMap<Range<usize>, String> = self
            .literals
            .iter()
            .filter(|literal| literal.kind != LiteralKind::Comment)
            .filter_map(|literal| Some((literal.span.clone(), literal.text()?)))
            .collect();
        for literal in &mut self.literals {
            for binding in &mut literal.bindings {
                if let Some(text) = texts.get(&binding.span) {
                    binding.name.clone_from(text);
                }
            }
        }
    }
}

/// The text between plain quotes; a name stays as it is; anything with an expression in it is no name.
fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text
        .find(['"', '\'', '`'])
        .filter(|at| text[..*at].chars().all(|prefix| prefix.is_ascii_alphabetic()) && *at <= 2)
        .map_or(text, |at| text[at..].trim_matches(['"', '\'', '`']));
    (!inner.contains(['{', '(', '\\', '"', '\''])).then_some(inner)
}

impl Loaded {
    /// A name without white space, quotes and what it begins with in this language.
    fn plain_name(&self, text: &str) -> String {
        let joined: String = text.split_whitespace().collect();
        let name = unquoted(&joined).unwrap_or(&joined);
        name[self.sigil(name)..].to_owned()
    }

    /// How much of a name does not belong to it.
    fn sigil(&self, name: &str) -> usize {
        self.name_sigil.as_ref().and_then(|sigil| sigil.find(name)).map_or(0, |found| found.end())
    }

    /// The variable that a lookup with a hardcoded default reads, where it is a literal.
    pub(crate) fn variable(&self, default: &DefaultFact, text: &str) -> Option<String> {
        let rule = self.recipe.defaults.get(&default.rule)?;
        let fill = |template: &str| {
            let mut filled = template.to_owned();
            for (name, span) in &default.captures {
                let mark = format!("<{name}>");
                if filled.contains(&mark) {
                    filled = filled.replace(&mark, unquoted(&text[span.clone()])?);
                }
            }
            // What only a partial pattern captures need not be there.
            Some(if filled.starts_with('<') { filled.split_once('>')?.1.to_owned() } else { filled })
        };
        let name = match &rule.variable {
            Some(template) => fill(template)?,
            None => self.plain_name(unquoted(&text[default.captures.get("variable")?.clone()])?),
        };
        Some(if rule.upper && !default.exact { name.to_uppercase() } else { name })
    }
}

impl Literal {
    /// Whether a span lies in one of its holes.
    pub(crate) fn in_hole(&self, span: &Range<usize>) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Hole { span: hole } if hole.start < span.end && span.start < hole.end))
    }
}
