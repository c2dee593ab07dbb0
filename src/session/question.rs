//! What is asked, and what can be answered.

use serde::{Deserialize, Serialize};

use crate::model::{Failure, Lookup, Severity};

/// One secret, shown for a decision. It holds no value.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// Position in the plan, from 1.
    pub number: usize,
    /// Moves in the plan.
    pub total: usize,
    /// The proposed variable.
    pub name: String,
    /// The value's fingerprint.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: String,
    /// What its holder can do.
    pub severity: Severity,
    /// The secret that it goes with, where it is an identifier: it moves only where that does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Where it will live.
    pub address: String,
    /// How it will be looked up.
    pub lookup: Lookup,
    /// Every place that holds it: path and line.
    pub places: Vec<(String, usize)>,
    /// How many of them have an edit that is not safe.
    pub cautions: usize,
    /// The replacement in its context, masked.
    pub diff: String,
    /// What stands in the way.
    pub notes: Vec<String>,
    /// What was wrong with the answer before this.
    pub problem: Option<String>,
}

/// What becomes of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Move it.
    Accept,
    /// Not this time, perhaps for a reason.
    Later(Option<String>),
    /// It is no secret, for this reason.
    FalsePositive(String),
}

/// Which moves an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// All open ones of the same rule.
    Rule,
    /// All open ones in the same files.
    File,
    /// All open ones from here.
    Rest,
}

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This move.
    Decide(Verdict),
    /// This move and others like it.
    Together(Group, Verdict),
    /// Another name; the question is asked again.
    Rename(String),
    /// Another address, `PATH` or `PATH#FIELD`; the question is asked again.
    Address(String),
    /// Another lookup; the question is asked again.
    Lookup(Lookup),
    /// To the question before.
    Back,
    /// Leave; the next session goes on here.
    Quit,
}

/// Whoever answers.
pub trait Answers {
    /// The answer; none leaves this question open and goes to the next.
    ///
    /// # Errors
    /// Where nobody can be asked any more.
    fn answer(&mut self, question: &Question) -> Result<Option<Answer>, Failure>;
}
