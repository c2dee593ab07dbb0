//! The corridor: calls each step once, with the journal between.

mod apply;
mod extras;
pub mod migrate;
mod undo;

use std::path::PathBuf;

use keylift_providers::{FingerprintKey, Store};

use crate::journal::Runs;
use crate::model::Loss;

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
    /// What a migration cannot carry, before it writes anything.
    fn surveyed(&self, _loss: &Loss) {}
    /// Whether the user wants it to stop: what is under way is finished, and nothing new is begun.
    fn stopped(&self) -> bool {
        false
    }
}

/// A watch that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Watch for Silent {
    fn begin(&self, _what: &str, _total: usize) {}
    fn step(&self, _done: usize) {}
}
