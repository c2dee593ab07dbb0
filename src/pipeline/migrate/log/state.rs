//! Where a journal stands: what its migration did, and whether it stopped on its way.

use std::path::{Path, PathBuf};

use super::PLAN;
use super::step::Step;
use crate::journal::Journal;
use crate::model::{Exit, Failure};
use crate::pipeline::migrate::Asked;

/// Where a journal stands.
#[derive(Debug, Default)]
pub(in crate::pipeline::migrate) struct State {
    pub(super) asked: Option<Asked>,
    pair: Option<(String, String)>,
    root: Option<PathBuf>,
    done: bool,
    pub undone: bool,
    pub effect: Effect,
}

/// What a migration did to its target, or was about to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pipeline::migrate) enum Effect {
    /// There is nothing to take back.
    #[default]
    Nothing,
    Wrote,
    /// It wrote in place of something.
    Replaced,
}

impl State {
    pub(in crate::pipeline::migrate) fn of(path: &Path) -> Result<Self, Failure> {
        let mut state = Self::default();
        for step in Journal::<Step>::stream(path)? {
            match step? {
                Step::Started { from, to, asked, root } => {
                    (state.asked, state.pair, state.root) = (Some(asked), Some((from, to)), root);
                }
                Step::Done => state.done = true,
                Step::Undone => state.undone = true,
                Step::Intent { replaces: Some(_), .. } => state.effect = Effect::Replaced,
                Step::Intent { .. } | Step::Written { .. } | Step::Staged { .. } => {
                    state.effect = state.effect.max(Effect::Wrote);
                }
                _ => {}
            }
        }
        Ok(state)
    }

    pub(in crate::pipeline::migrate) fn is_over(&self) -> bool {
        self.done || self.undone
    }
}

/// The journals in a folder, oldest first.
pub(in crate::pipeline::migrate) fn journals(dir: &Path) -> Vec<PathBuf> {
    let path = |number: usize| dir.join(format!("{number}.jsonl"));
    let mut all = Vec::new();
    while path(all.len() + 1).exists() {
        all.push(path(all.len() + 1));
    }
    all
}

/// A migration that stopped on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The source.
    pub from: String,
    /// The target.
    pub to: String,
    /// What was asked for.
    pub asked: Asked,
    /// The copy of the plan that it carries out.
    pub plan: Option<PathBuf>,
}

/// The migration that stopped on its way, begun in the folder `root`: between two stores where they are given, else the
/// only one there is among `all`, the folder of every pair's journals.
///
/// # Errors
/// Where there is none, or several.
pub fn open(all: &Path, root: &Path, pair: Option<(&str, &str)>) -> Result<Open, Failure> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let Some(last) = journals(&folder.path()).pop() else { continue };
        let state = State::of(&last)?;
        let here = state.root.as_deref().is_none_or(|its| its == root);
        if let (false, true, Some(asked), Some((from, to))) = (state.is_over(), here, state.asked.clone(), state.pair)
            && pair.is_none_or(|pair| pair == (from.as_str(), to.as_str()))
        {
            let plan = asked.plan.is_some().then(|| last.with_extension(PLAN));
            found.push(Open { from, to, asked, plan });
        }
    }
    match (found.pop(), found.pop()) {
        (None, _) => Err(Failure::new(Exit::Done, "no migration stopped on its way here")),
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            let message = format!("several migrations stopped on their way, {} -> {} among them", one.from, one.to);
            Err(Failure::usage(message)
                .advise(format!("say which: keylift migrate resume {} {}", other.from, other.to)))
        }
    }
}
