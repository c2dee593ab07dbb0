//! Where a run stands, told from its journal alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use keylift_providers::{Address, Receipt, Written};

use super::entry::{Entry, JOURNAL_VERSION};
use crate::model::{Failure, Held, Left, Phase, Plan, StagedFile, Summary};

/// What a run did.
#[derive(Debug)]
pub struct Replay {
    /// The run's name.
    pub id: String,
    /// When it began, seconds since 1970.
    pub began: u64,
    /// The folder that paths are relative to.
    pub root: PathBuf,
    /// The plan as it was.
    pub plan: Option<Plan>,
    /// How far it is.
    pub phase: Phase,
    /// Moves whose value was in the store before the first write; none where the run did not get that far.
    pub present: Option<BTreeSet<String>>,
    /// Writes that were about to be made.
    pub intents: BTreeMap<String, Address>,
    /// The store's answers.
    pub receipts: BTreeMap<String, Receipt>,
    /// Moves whose value was read back equal.
    pub verified: BTreeSet<String>,
    /// Moves that were held back.
    pub held: Vec<Held>,
    /// Files to change, once all are known.
    pub staged: Option<Vec<StagedFile>>,
    /// Files that the journal knows to be changed; more may be.
    pub applied: BTreeSet<String>,
    /// Where moved values still stand.
    pub left: Vec<Left>,
    /// Why it stopped, where it said so.
    pub failed: Option<String>,
    /// Whether entries are removed from the store.
    pub purge: bool,
    /// Entries that an undo has dealt with.
    pub removed: BTreeSet<String>,
}

impl Replay {
    pub(super) fn of(id: &str, entries: Vec<(u64, Entry)>) -> Result<Self, Failure> {
        let mut run = Self {
            id: id.to_owned(),
            began: entries.first().map_or(0, |(at, _)| *at),
            root: PathBuf::new(),
            plan: None,
            phase: Phase::Open,
            present: None,
            intents: BTreeMap::new(),
            receipts: BTreeMap::new(),
            verified: BTreeSet::new(),
            held: Vec::new(),
            staged: None,
            applied: BTreeSet::new(),
            left: Vec::new(),
            failed: None,
            purge: false,
            removed: BTreeSet::new(),
        };
        for (_, entry) in entries {
            run.take(entry)?;
        }
        Ok(run)
    }

    fn take(&mut self, entry: Entry) -> Result<(), Failure> {
        match entry {
            Entry::Started { version, .. } if version != JOURNAL_VERSION => {
                return Err(Failure::usage(format!(
                    "run {} was written by another version of keylift (journal {version}, this one reads {JOURNAL_VERSION})",
                    self.id
                )));
            }
            Entry::Started { root, plan, .. } => {
                self.root = root;
                self.plan = Some(*plan);
            }
            Entry::Preflighted { present } => {
                self.failed = None;
                // The first time counts: later the run's own writes are there as well.
                self.present.get_or_insert(present.into_iter().collect());
            }
            Entry::Intent { name, address } => {
                self.intents.insert(name, address);
            }
            Entry::Written { name, receipt } => {
                // A replayed write can be answered as equal; the first answer tells whether the run made the entry.
                self.receipts.entry(name).or_insert(receipt);
            }
            Entry::Verified { name } => {
                // A resumed run can store what an earlier process could not.
                self.held.retain(|held| held.name != name);
                self.verified.insert(name);
            }
            Entry::HeldBack(held) => {
                self.held.retain(|known| known.name != held.name);
                self.held.push(held);
            }
            Entry::Staged { files } => self.staged = Some(files),
            Entry::Applied { path } => {
                self.applied.insert(path);
            }
            Entry::Rescanned { left } => self.left = left,
            Entry::Done => (self.phase, self.failed) = (Phase::Done, None),
            Entry::Failed { message } => self.failed = Some(message),
            Entry::UndoStarted { purge } => {
                self.purge |= purge;
                // Purging an undone run leaves the files alone: they may be another run's by now.
                if self.phase != Phase::Undone {
                    self.phase = Phase::Undoing;
                }
            }
            Entry::Restored { path } => {
                self.applied.remove(&path);
            }
            Entry::Removed { name, .. } => {
                self.removed.insert(name);
            }
            Entry::Undone => self.phase = Phase::Undone,
        }
        Ok(())
    }

    /// Whether nothing was ever begun: a crash came before the first entry was whole.
    pub fn is_empty(&self) -> bool {
        self.plan.is_none()
    }

    /// Whether neither the store nor a file can have changed.
    pub fn is_untouched(&self) -> bool {
        self.intents.is_empty() && self.staged.is_none()
    }

    /// The answer to a write of an earlier process that is made once more. Where the address was empty before the run and
    /// the write was begun, the equal value that stands there now is this run's own: its answer was lost in a crash.
    pub fn own(&self, name: &str, receipt: Receipt) -> Receipt {
        let empty = self.present.as_ref().is_some_and(|present| !present.contains(name));
        match receipt.written {
            Written::AlreadyEqual if empty && self.intents.contains_key(name) => {
                Receipt { written: Written::Created, ..receipt }
            }
            _ => receipt,
        }
    }

    /// The run as `status` tells it.
    pub fn summary(&self) -> Summary {
        Summary {
            run: self.id.clone(),
            began: self.began,
            phase: self.phase,
            untouched: self.is_untouched(),
            store: self.plan.as_ref().map(|plan| plan.store.clone()).unwrap_or_default(),
            verified: self.verified.iter().cloned().collect(),
            held: self.held.clone(),
            left: self.left.clone(),
            files: self.staged.iter().flatten().map(|file| file.path.clone()).collect(),
            message: self.failed.clone(),
        }
    }

    /// The names of the moves that the staged files look up.
    pub fn moved(&self) -> BTreeSet<&str> {
        self.staged.iter().flatten().flat_map(|file| &file.values).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purging_an_undone_run_does_not_open_it_again() {
        let steps =
            [Entry::Done, Entry::UndoStarted { purge: false }, Entry::Undone, Entry::UndoStarted { purge: true }];
        let run = Replay::of("r", steps.into_iter().map(|entry| (0, entry)).collect()).unwrap();
        assert_eq!((run.phase, run.purge), (Phase::Undone, true));
    }

    #[test]
    fn a_move_that_was_held_back_and_then_verified_is_made() {
        let held =
            Held { name: "A".into(), cause: crate::model::Cause::Store, reason: "gone".into(), advice: "wait".into() };
        let steps = [Entry::HeldBack(held), Entry::Verified { name: "A".into() }];
        let run = Replay::of("r", steps.into_iter().map(|entry| (0, entry)).collect()).unwrap();
        assert!(run.held.is_empty() && run.verified.contains("A"));
    }
}
