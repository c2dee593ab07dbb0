//! What runs came to.

use std::collections::BTreeMap;

use keylift_providers::{Address, Written};

use super::failure::Exit;
use super::moves::{Cause, Held, Left};

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// Moves that were made: name, address, and how the store answered.
    pub moved: Vec<(String, Address, Written)>,
    /// Moves that were not.
    pub held: Vec<Held>,
    /// Files that were changed or made.
    pub files: Vec<String>,
    /// Where a moved value still stands.
    pub left: Vec<Left>,
    /// How many places of the plan are not rewritten.
    pub refused: usize,
}

impl Report {
    /// The exit code that follows.
    pub fn exit(&self) -> Exit {
        let has = |cause: Cause| self.held.iter().any(|held| held.cause == cause);
        if has(Cause::Changed) || has(Cause::Taken) {
            Exit::Conflict
        } else if has(Cause::Store) {
            if self.moved.is_empty() { Exit::Store } else { Exit::Partly }
        } else if self.held.is_empty() && self.left.is_empty() && self.refused == 0 {
            Exit::Done
        } else {
            Exit::Left
        }
    }
}

/// What an undo came to.
#[derive(Debug, Default)]
pub struct Undone {
    /// The run's name.
    pub run: String,
    /// Files that are as they were.
    pub restored: Vec<String>,
    /// Files that could not be given back, with the reason.
    pub conflicts: BTreeMap<String, String>,
    /// Entries that were removed from the store.
    pub removed: Vec<String>,
    /// Entries that stay in the store, with the reason.
    pub kept: Vec<(String, String)>,
}

impl Undone {
    /// The exit code that follows.
    pub fn exit(&self) -> Exit {
        if self.conflicts.is_empty() { Exit::Done } else { Exit::Conflict }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It stopped on its way: resume or undo.
    Open,
    /// It is over.
    Done,
    /// An undo stopped on its way: undo again.
    Undoing,
    /// It was undone.
    Undone,
}

/// A run as `status` tells it.
#[derive(Debug)]
pub struct Summary {
    /// The run's name.
    pub run: String,
    /// When it began, seconds since 1970.
    pub began: u64,
    /// How far it is.
    pub phase: Phase,
    /// Whether neither the store nor a file can have changed.
    pub untouched: bool,
    /// The store's URI.
    pub store: String,
    /// Moves whose value is safe in the store.
    pub verified: Vec<String>,
    /// Moves that were held back.
    pub held: Vec<Held>,
    /// Where moved values still stand.
    pub left: Vec<Left>,
    /// Files that the run changes.
    pub files: Vec<String>,
    /// Why it stopped, where it said so.
    pub message: Option<String>,
}
