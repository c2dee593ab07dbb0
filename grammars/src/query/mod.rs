//! Questions to a syntax tree, in the language of tree-sitter's queries.
//!
//! tree-sitter's own engine proves at each start that every pattern can match, which takes 150 ms for a grammar such as
//! Python's: ten times as long as the rest of scanning a file. Here a query is read in a fraction of a millisecond, and a
//! node is tried with the patterns of its kind alone. What the patterns mean is the same; a test holds both engines
//! against each other over every fixture, and lets tree-sitter prove the patterns there.
//!
//! Of the language, groups of several siblings, and predicates other than `eq?`, `any-of?`, `match?`, their opposites and
//! `set!`, are left out: nothing uses them.

mod parse;
mod search;

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;
use tree_sitter::{Language, Node};

use crate::focus::Focus;

pub(crate) use search::Found;

/// Patterns, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Query {
    captures: Vec<String>,
    patterns: Vec<Pattern>,
    /// Patterns by the kind of their root.
    by_kind: HashMap<u16, Vec<usize>>,
    /// Patterns whose root is of any kind.
    wild: Vec<usize>,
}

#[derive(Debug)]
struct Pattern {
    root: Step,
    tests: Vec<Predicate>,
    settings: HashMap<String, String>,
}

/// What one node must be.
#[derive(Debug)]
struct Step {
    what: What,
    /// Numbers of its captures.
    captures: Vec<usize>,
    /// Fields that it must not have.
    without: Vec<u16>,
    children: Vec<Child>,
    /// Nothing named follows the last of `children`.
    closed: bool,
}

impl Step {
    fn any() -> Self {
        Self { what: What::Any, captures: Vec::new(), without: Vec::new(), children: Vec::new(), closed: false }
    }
}

#[derive(Debug)]
enum What {
    /// Any node but an error.
    Any,
    /// Any named node but an error.
    Named,
    Kinds(Vec<u16>),
    /// One of these.
    Choice(Vec<Step>),
}

/// What must be among the children.
#[derive(Debug)]
struct Child {
    step: Step,
    field: Option<u16>,
    /// No named node stands between it and the one before.
    immediate: bool,
    count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    One,
    Maybe,
    Any,
    Some,
}

#[derive(Debug)]
struct Predicate {
    capture: usize,
    positive: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Is(Operand),
    AnyOf(Vec<String>),
    /// Compiled when it is first asked.
    Matches(String, OnceLock<Option<Regex>>),
}

#[derive(Debug)]
enum Operand {
    Capture(usize),
    Text(String),
}

impl Query {
    /// Reads the patterns of a text.
    ///
    /// # Errors
    /// A sentence with the line where the text is no query, or names what the grammar does not have.
    pub(crate) fn new(grammar: &Language, text: &str) -> Result<Self, String> {
        parse::read(grammar, text)
    }

    fn of(captures: Vec<String>, patterns: Vec<Pattern>) -> Self {
        let mut query = Self { captures, patterns, by_kind: HashMap::new(), wild: Vec::new() };
        for (number, pattern) in query.patterns.iter().enumerate() {
            let mut kinds = Vec::new();
            if roots(&pattern.root, &mut kinds) {
                kinds.sort_unstable();
                kinds.dedup();
                for kind in kinds {
                    query.by_kind.entry(kind).or_default().push(number);
                }
            } else {
                query.wild.push(number);
            }
        }
        query
    }

    /// The names of the captures, by number.
    pub(crate) fn capture_names(&self) -> &[String] {
        &self.captures
    }

    /// How many patterns there are.
    pub(crate) fn pattern_count(&self) -> usize {
        self.patterns.len()
    }

    /// What a pattern sets.
    pub(crate) fn settings(&self, pattern: usize) -> &HashMap<String, String> {
        &self.patterns[pattern].settings
    }

    /// Whether a pattern has a capture of a name.
    pub(crate) fn has_capture(&self, pattern: usize, name: &str) -> bool {
        fn within(step: &Step, number: usize) -> bool {
            let deeper = match &step.what {
                What::Choice(choices) => choices.iter().any(|choice| within(choice, number)),
                _ => false,
            };
            deeper || step.captures.contains(&number) || step.children.iter().any(|child| within(&child.step, number))
        }
        let number = self.captures.iter().position(|known| known == name);
        number.is_some_and(|number| within(&self.patterns[pattern].root, number))
    }

    /// Whether every pattern of a `#match?` is a regular expression.
    ///
    /// # Errors
    /// What is wrong with the first that is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        for test in self.patterns.iter().flat_map(|pattern| &pattern.tests) {
            if let Test::Matches(source, _) = &test.test {
                Regex::new(source).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// Every match in a tree: nodes in order of their beginning, outer ones first, the patterns of one node in order.
    pub(crate) fn each<'tree>(&self, root: Node<'tree>, text: &str, tell: impl FnMut(&Found<'tree>)) {
        self.each_in(root, text, &Focus::ALL, tell);
    }

    /// As [`Query::each`], at the nodes that a part of the text touches; at those right below the root anyway, since what
    /// holds for a whole file is said there.
    pub(crate) fn each_in<'tree>(
        &self,
        root: Node<'tree>,
        text: &str,
        focus: &Focus,
        mut tell: impl FnMut(&Found<'tree>),
    ) {
        search::search(self, root, text, focus, &mut tell);
    }
}

/// The kinds that a step matches; false where it matches any.
fn roots(step: &Step, kinds: &mut Vec<u16>) -> bool {
    match &step.what {
        What::Any | What::Named => false,
        What::Kinds(own) => {
            kinds.extend(own);
            true
        }
        What::Choice(choices) => choices.iter().all(|choice| roots(choice, kinds)),
    }
}

#[cfg(test)]
mod tests;
