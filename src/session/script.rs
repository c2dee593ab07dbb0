//! Answers from a file, for sessions without a terminal.

use std::path::Path;

use serde::Deserialize;

use super::question::{Answer, Answers, Group, Question, Verdict};
use crate::model::{Failure, Lookup};

/// A list of answers. Each entry that names a move (by name or fingerprint) is used once, in order; entries for a rule or
/// for all are used for every move that they fit and nothing before them did.
#[derive(Debug)]
pub struct Script {
    entries: Vec<(Entry, bool)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    answers: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    /// A move's name or fingerprint.
    #[serde(rename = "move")]
    subject: Option<String>,
    /// A rule.
    rule: Option<String>,
    answer: Word,
    to: Option<String>,
    reason: Option<String>,
    group: Option<Group>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Accept,
    Later,
    FalsePositive,
    Rename,
    Address,
    Lookup,
    Quit,
}

impl Script {
    /// Reads a file of answers.
    ///
    /// # Errors
    /// Names line and column of what is wrong.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::file("could not read the answers", path, &error))?;
        Self::parse(&text).map_err(|message| Failure::usage(format!("{}: {message}", path.display())))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        for entry in &file.answers {
            entry.answer()?;
        }
        Ok(Self { entries: file.answers.into_iter().map(|entry| (entry, false)).collect() })
    }
}

impl Entry {
    fn answer(&self) -> Result<Answer, String> {
        let to = || self.to.clone().ok_or("this answer needs `to`".to_owned());
        let verdict = match self.answer {
            Word::Accept => Verdict::Accept,
            Word::Later => Verdict::Later(self.reason.clone()),
            Word::FalsePositive => {
                Verdict::FalsePositive(self.reason.clone().ok_or("a false positive needs `reason`")?)
            }
            Word::Rename => return Ok(Answer::Rename(to()?)),
            Word::Address => return Ok(Answer::Address(to()?)),
            Word::Lookup => {
                let wanted = to()?;
                let lookup: Lookup = serde_yaml::from_str(&wanted).map_err(|_| format!("`{wanted}` is no lookup"))?;
                return Ok(Answer::Lookup(lookup));
            }
            Word::Quit => return Ok(Answer::Quit),
        };
        Ok(self.group.map_or(Answer::Decide(verdict.clone()), |group| Answer::Together(group, verdict)))
    }

    fn fits(&self, question: &Question) -> bool {
        let subject = self.subject.as_ref().is_none_or(|name| *name == question.name || *name == question.fingerprint);
        subject && self.rule.as_ref().is_none_or(|rule| *rule == question.rule)
    }
}

impl Answers for Script {
    fn answer(&mut self, question: &Question) -> Result<Option<Answer>, Failure> {
        if let Some(problem) = &question.problem {
            return Err(Failure::usage(format!("{}: {problem}", question.name)));
        }
        for (entry, used) in &mut self.entries {
            if entry.fits(question) && !(*used && entry.subject.is_some()) {
                *used = true;
                return entry.answer().map(Some).map_err(Failure::usage);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_checked_before_the_first_question() {
        for (text, wrong) in [
            ("answers:\n- {move: A, answer: false-positive}\n", "reason"),
            ("answers:\n- {move: A, answer: rename}\n", "to"),
            ("answers:\n- {move: A, answer: maybe}\n", "line"),
            ("answers:\n- {move: A, answer: lookup, to: etcd}\n", "etcd"),
        ] {
            let error = Script::parse(text).unwrap_err();
            assert!(error.contains(wrong), "{text}: {error}");
        }
    }
}
