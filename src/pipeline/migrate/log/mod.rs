//! The journal of a migration, and what it says after a crash: kept as digests, never as a list of names.

mod known;
mod state;
mod step;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use self::known::{Known, digest, place};
pub(super) use self::state::{Effect, State, journals};
pub use self::state::{Open, open};
pub use self::step::{Beside, Step};
use super::{Migration, Writer};
use crate::journal::{Journal, RunLock};
use crate::model::{Exit, Failure};

/// How the copy of a plan ends, beside the journal that carries it out.
const PLAN: &str = "plan.yaml";

/// The journal of a migration.
#[derive(Debug)]
pub(super) struct Log {
    /// The migration's name, part of the identity of its writes.
    pub run: String,
    /// Where a plan is written to instead.
    pub out: Option<Writer>,
    notes: Notes,
    path: PathBuf,
    /// Keeps two processes apart that migrate between the same stores.
    _lock: Option<RunLock>,
}

impl Log {
    /// Of a migration that writes nothing, and what earlier ones wrote.
    pub(super) fn look(dir: &Path, migration: &Migration<'_>, known: &mut Known) -> Result<Self, Failure> {
        known.earlier(&journals(dir), migration)?;
        Ok(Self { run: String::new(), out: None, notes: Notes(None), path: PathBuf::new(), _lock: None })
    }

    /// The journal that is open between the two stores, or a new one.
    pub(super) fn open(
        dir: &Path,
        lock: RunLock,
        migration: &Migration<'_>,
        known: &mut Known,
    ) -> Result<Self, Failure> {
        let asked = &migration.asked;
        let (from, to) = (migration.from.location().to_owned(), migration.to.location().to_owned());
        let all = journals(dir);
        let (mut path, mut number) = (all.last().cloned(), all.len());
        if let Some(last) = &path {
            let state = State::of(last)?;
            if state.is_over() {
                path = None;
            } else if state.asked.as_ref().is_some_and(|before| !before.carries_what(asked)) {
                return Err(Failure::new(
                    Exit::Conflict,
                    "a migration between these two stopped on its way, with another map or plan, or with something else \
                     to go along (--metadata, --history)",
                )
                .advise(format!(
                    "`keylift migrate resume {from} {to}` goes on with that; `migrate undo` takes it back"
                )));
            }
        }
        if path.is_none() {
            number += 1;
        }
        known.earlier(&all, migration)?;
        let mut journal = match &path {
            Some(path) => Journal::open_each(path, |_| {})?,
            None => Journal::create(&dir.join(format!("{number}.jsonl")))?,
        };
        let run = format!("{from} {to} {number}");
        let root = Some(migration.root.to_owned());
        let path = path.unwrap_or_else(|| dir.join(format!("{number}.jsonl")));
        if let Some(plan) = migration.plan {
            // Kept beside the journal, so that `resume` needs nothing else.
            let copy = path.with_extension(PLAN);
            crate::files::write_whole(&copy, plan.text.as_bytes())
                .map_err(|error| Failure::file("could not write", &copy, &error))?;
        }
        journal.append(&[Step::Started { from, to, asked: asked.clone(), root }])?;
        let notes = Notes(Some(Arc::new(Mutex::new(journal))));
        Ok(Self { run, out: None, notes, path, _lock: Some(lock) })
    }

    /// Whether anything is written at all.
    pub(super) fn writes(&self) -> bool {
        self.notes.0.is_some()
    }

    /// Where what is replaced is kept: beside the journal, a file for each batch.
    pub(super) fn backup(&self, part: usize) -> PathBuf {
        self.path.with_extension(format!("backup-{part}.age"))
    }

    /// Adds steps, and makes everything last that was added so far. Requests that are under way go on meanwhile.
    pub(super) async fn append(&self, steps: &[Step]) -> Result<(), Failure> {
        if steps.is_empty() {
            return Ok(());
        }
        self.note(steps)?;
        let Some(sync) = self.notes.journal().map(|journal| journal.syncer()).transpose()? else { return Ok(()) };
        match tokio::task::spawn_blocking(sync).await {
            Ok(done) => done,
            Err(error) => Err(Failure::usage(format!("could not write the journal: {error}"))),
        }
    }

    /// Adds steps that only spare work after a crash: what was written is found in the target all the same.
    pub(super) fn note(&self, steps: &[Step]) -> Result<(), Failure> {
        self.notes.note(steps)
    }

    /// What others note steps with, meanwhile.
    pub(super) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// It is over.
    pub(super) async fn done(&self) -> Result<(), Failure> {
        self.append(&[Step::Done]).await
    }

    /// Makes everything last that was added so far.
    pub(super) fn sync(&self) -> Result<(), Failure> {
        self.notes.journal().map_or(Ok(()), |journal| journal.syncer()?())
    }
}

/// A way into the journal of a migration, for what runs beside the decisions; it leads nowhere where nothing is written.
#[derive(Clone, Debug)]
pub(super) struct Notes(Option<Arc<Mutex<Journal<Step>>>>);

impl Notes {
    /// As [`Log::note`].
    pub(super) fn note(&self, steps: &[Step]) -> Result<(), Failure> {
        self.journal().map_or(Ok(()), |mut journal| journal.note(steps))
    }

    fn journal(&self) -> Option<MutexGuard<'_, Journal<Step>>> {
        self.0.as_ref().map(|journal| journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
