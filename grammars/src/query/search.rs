//! Looks for the patterns of a query in a tree.

use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;
use tree_sitter::Node;

use crate::focus::Focus;

use super::{Child, Count, Operand, Pattern, Predicate, Query, Step, Test, What};

/// Most ways in which the patterns of one node are tried: a table of ten thousand rows is data.
const MOST: usize = 20_000;

/// Most nodes that one repetition holds.
const LONGEST: usize = 200;

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<'tree> {
    /// Number of the pattern.
    pub pattern: usize,
    /// Captured nodes with the numbers of their captures, in the order of the pattern.
    pub captures: Vec<(usize, Node<'tree>)>,
}

#[derive(Clone, Copy)]
struct Kid<'tree> {
    node: Node<'tree>,
    field: u16,
    named: bool,
}

type Captures<'tree> = Vec<(usize, Node<'tree>)>;

struct Search<'q, 'tree> {
    query: &'q Query,
    text: &'q str,
    /// Children of nodes that were looked at, while patterns of one root are tried.
    kids: HashMap<usize, Rc<[Kid<'tree>]>>,
    /// Ways that are left to be tried.
    left: usize,
    /// How many nodes a repetition holds by now.
    repeated: usize,
}

pub(super) fn search<'tree>(
    query: &Query,
    root: Node<'tree>,
    text: &str,
    focus: &Focus,
    tell: &mut dyn FnMut(&Found<'tree>),
) {
    let mut search = Search { query, text, kids: HashMap::new(), left: MOST, repeated: 0 };
    let mut cursor = root.walk();
    let mut depth = 0_usize;
    loop {
        let node = cursor.node();
        let near = focus.touches(&node.byte_range());
        if near || depth <= 1 {
            search.node(node, tell);
        }
        if near && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            depth -= 1;
        }
    }
}

impl<'q, 'tree> Search<'q, 'tree> {
    fn node(&mut self, node: Node<'tree>, tell: &mut dyn FnMut(&Found<'tree>)) {
        let query = self.query;
        let own = query.by_kind.get(&node.kind_id()).map_or(&[][..], Vec::as_slice);
        if own.is_empty() && query.wild.is_empty() {
            return;
        }
        self.kids.clear();
        self.left = MOST;
        let (mut own, mut wild) = (own.iter().peekable(), query.wild.iter().peekable());
        // Both lists are in order; so is what they give together.
        loop {
            let next = match (own.peek(), wild.peek()) {
                (Some(a), Some(b)) if a < b => own.next(),
                (_, Some(_)) => wild.next(),
                (Some(_), None) => own.next(),
                (None, None) => return,
            };
            let Some(number) = next else { return };
            self.pattern(*number, &query.patterns[*number], node, tell);
        }
    }

    fn pattern(&mut self, number: usize, pattern: &'q Pattern, node: Node<'tree>, tell: &mut dyn FnMut(&Found<'tree>)) {
        let mut ways: Vec<Captures<'tree>> = Vec::new();
        self.step(&pattern.root, node, &mut Vec::new(), &mut |_, captures| ways.push(captures.clone()));
        let mut told: Vec<Captures<'tree>> = Vec::new();
        for captures in ways {
            if told.contains(&captures) || !pattern.tests.iter().all(|test| self.holds(test, &captures)) {
                continue;
            }
            tell(&Found { pattern: number, captures: captures.clone() });
            told.push(captures);
        }
    }

    /// Tries a step at a node; `then` is called for each way in which it fits, with what was captured so far.
    fn step(
        &mut self,
        step: &'q Step,
        node: Node<'tree>,
        captures: &mut Captures<'tree>,
        then: &mut dyn FnMut(&mut Self, &mut Captures<'tree>),
    ) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let before = captures.len();
        match &step.what {
            What::Any if node.is_error() => return,
            What::Named if node.is_error() || !node.is_named() => return,
            What::Kinds(kinds) if !kinds.contains(&node.kind_id()) => return,
            What::Choice(choices) => {
                captures.extend(step.captures.iter().map(|capture| (*capture, node)));
                for choice in choices {
                    self.step(choice, node, captures, then);
                }
                captures.truncate(before);
                return;
            }
            What::Any | What::Named | What::Kinds(_) => {}
        }
        if step.without.iter().any(|field| node.child_by_field_id(*field).is_some()) {
            return;
        }
        captures.extend(step.captures.iter().map(|capture| (*capture, node)));
        if step.children.is_empty() {
            then(self, captures);
        } else {
            let kids = self.kids(node);
            self.children(step, 0, &kids, 0, captures, then);
        }
        captures.truncate(before);
    }

    /// Tries the steps from `at` on with the children from `from` on.
    fn children(
        &mut self,
        step: &'q Step,
        at: usize,
        kids: &Rc<[Kid<'tree>]>,
        from: usize,
        captures: &mut Captures<'tree>,
        then: &mut dyn FnMut(&mut Self, &mut Captures<'tree>),
    ) {
        let Some(child) = step.children.get(at) else {
            if !step.closed || !kids[from..].iter().any(|kid| kid.named) {
                then(self, captures);
            }
            return;
        };
        let repeats = matches!(child.count, Count::Any | Count::Some);
        if repeats {
            self.run(step, at, child, kids, from, captures, then);
        } else {
            self.one(child, child.immediate, kids, from, captures, &mut |this, next, captures| {
                this.children(step, at + 1, kids, next, captures, then);
            });
        }
        if matches!(child.count, Count::Maybe | Count::Any) {
            self.children(step, at + 1, kids, from, captures, then);
        }
    }

    /// One child or more of one kind, then the rest.
    #[allow(clippy::too_many_arguments, reason = "the state of one search, which recursion hands on")]
    fn run(
        &mut self,
        step: &'q Step,
        at: usize,
        child: &'q Child,
        kids: &Rc<[Kid<'tree>]>,
        from: usize,
        captures: &mut Captures<'tree>,
        then: &mut dyn FnMut(&mut Self, &mut Captures<'tree>),
    ) {
        if self.repeated == LONGEST {
            return;
        }
        self.repeated += 1;
        self.one(child, child.immediate, kids, from, captures, &mut |this, next, captures| {
            this.run(step, at, child, kids, next, captures, then);
            this.children(step, at + 1, kids, next, captures, then);
        });
        self.repeated -= 1;
    }

    /// Tries a step with each child that it may be.
    fn one(
        &mut self,
        child: &'q Child,
        immediate: bool,
        kids: &Rc<[Kid<'tree>]>,
        from: usize,
        captures: &mut Captures<'tree>,
        then: &mut dyn FnMut(&mut Self, usize, &mut Captures<'tree>),
    ) {
        for (at, kid) in kids.iter().enumerate().skip(from) {
            if child.field.is_none_or(|field| field == kid.field) {
                self.step(&child.step, kid.node, captures, &mut |this, captures| then(this, at + 1, captures));
            }
            if immediate && kid.named || self.left == 0 {
                return;
            }
        }
    }

    fn kids(&mut self, node: Node<'tree>) -> Rc<[Kid<'tree>]> {
        if let Some(known) = self.kids.get(&node.id()) {
            return known.clone();
        }
        let mut kids = Vec::with_capacity(node.child_count() as usize);
        let mut cursor = node.walk();
        if cursor.goto_first_child() {
            loop {
                let node = cursor.node();
                let field = cursor.field_id().map_or(0, std::num::NonZero::get);
                kids.push(Kid { node, field, named: node.is_named() });
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        let kids: Rc<[Kid<'tree>]> = kids.into();
        self.kids.insert(node.id(), kids.clone());
        kids
    }

    fn holds(&self, test: &Predicate, captures: &Captures<'tree>) -> bool {
        let text_of = |node: &Node<'tree>| self.text.get(node.byte_range()).unwrap_or_default();
        let of = |number: usize| captures.iter().filter(move |(capture, _)| *capture == number).map(|(_, node)| node);
        match &test.test {
            Test::Is(Operand::Capture(other)) => {
                of(test.capture).zip(of(*other)).all(|(a, b)| (text_of(a) == text_of(b)) == test.positive)
            }
            Test::Is(Operand::Text(wanted)) => of(test.capture).all(|node| (text_of(node) == wanted) == test.positive),
            Test::AnyOf(texts) => {
                of(test.capture).all(|node| texts.iter().any(|text| text == text_of(node)) == test.positive)
            }
            Test::Matches(source, regex) => {
                let Some(regex) = regex.get_or_init(|| Regex::new(source).ok()) else { return false };
                of(test.capture).all(|node| regex.is_match(text_of(node)) == test.positive)
            }
        }
    }
}
