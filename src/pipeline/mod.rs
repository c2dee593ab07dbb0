//! The corridor: calls each step once, with the journal between.

mod apply;
mod extras;
mod undo;

use std::collections::BTreeMap;
use std::path::PathBuf;

use keylift_providers::{Address, FingerprintKey, Store, Written};

use crate::journal::Runs;
use crate::model::{Cause, Exit, Held, Left};

pub use apply::{apply, resume};
pub use undo::{UndoOptions, undo};

/// What a run works with.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The folder that the plan's paths are relative to.
    pub root: PathBuf,
    /// The project's journals.
    pub runs: &'a Runs,
    /// The key of the fingerprints.
    pub key: &'a FingerprintKey,
    /// Where values go.
    pub store: &'a dyn Store,
    /// Told what happens.
    pub watch: &'a dyn Watch,
}

/// What the user asked for beside the plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Hold moves back that have an edit which is not safe.
    pub only_safe: bool,
    /// Do not write `.env.example`.
    pub no_example: bool,
}

/// Follows a run, for progress.
pub trait Watch: std::fmt::Debug {
    /// Something that takes time begins: what, and how many of it.
    fn begin(&self, what: &str, total: usize);
    /// So many more of it are done.
    fn step(&self, done: usize);
}

/// A watch that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Watch for Silent {
    fn begin(&self, _what: &str, _total: usize) {}
    fn step(&self, _done: usize) {}
}

/// What a run came to.
#[derive(Debug)]
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
}

impl Report {
    /// The exit code that follows.
    pub fn exit(&self) -> Exit {
        let has = |cause: Cause| self.held.iter().any(|held| held.cause == cause);
        if has(Cause::Changed) || has(Cause::Taken) {
            Exit::Conflict
        } else if has(Cause::Store) {
            if self.moved.is_empty() { Exit::Store } else { Exit::Partly }
        } else if self.held.is_empty() && self.left.is_empty() {
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
