//! The journal of a migration, and what it says after a crash: kept as digests, never as a list of names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keylift_providers::{Address, Entry, Fingerprint, FingerprintKey, Receipt, Written};
use serde::{Deserialize, Serialize};

use super::cut::Aside;
use super::table::Table;
use super::{Asked, Migration, OnConflict, Writer};
use crate::journal::{Journal, RunLock};
use crate::model::{Exit, Failure};
use crate::steps::carry::Carried;

/// How the copy of a plan ends, beside the journal that carries it out.
const PLAN: &str = "plan.yaml";

/// One step of a migration, for its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Step {
    /// It begins, or goes on.
    Started {
        /// The source.
        from: String,
        /// The target.
        to: String,
        /// What was asked for.
        #[serde(flatten)]
        asked: Asked,
        /// The folder that relative paths of file stores are below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<PathBuf>,
    },
    /// Everything was looked at before the first write: what goes has a place of its own, what stays was told.
    Surveyed,
    /// A value is about to be written.
    Intent {
        /// Where from.
        from: Address,
        /// Where to.
        to: Address,
        /// The version that it replaces; none where the address was found empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
        /// Which value is to be there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// What is kept beside what it replaces, before and after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beside: Option<Beside>,
        /// The contents of all versions that are to be there, from the oldest on, where older ones go along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        older: Vec<Fingerprint>,
    },
    /// What a store without versions held is kept in an encrypted file beside the journal.
    BackedUp {
        /// Where it was.
        to: Address,
        /// The file's name.
        file: String,
        /// Its name in there.
        name: String,
    },
    /// A value was put beside the one that programs read, and read back there.
    Staged {
        /// Where from.
        from: Address,
        /// The version that waits; none where the target writes it only in the second half.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
        /// Which value of the source it is.
        fingerprint: Fingerprint,
        /// The version that it is to replace.
        replaces: String,
    },
    /// The target took a value.
    Written {
        /// Where from.
        from: Address,
        /// The target's answer.
        receipt: Receipt,
        /// Which value it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// Older versions that were written before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        older: Vec<String>,
    },
    /// A value was read back and found equal.
    Verified {
        /// Where from.
        from: Address,
        /// Which value of the source it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// Where it went, where it is all that its entry comes to: such an entry need not be looked at again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Address>,
    },
    /// It is over.
    Done,
    /// What it made was removed from the target.
    Undone,
}

/// Metadata beside an entry, before a migration and after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What was there.
    pub before: BTreeMap<String, String>,
    /// What is to be there.
    pub after: BTreeMap<String, String>,
}

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

/// What journals say that were there before.
#[derive(Debug, Default)]
pub(super) struct Known {
    verified: Table,
    /// Entries of the source that are done as a whole, with the place of each, and with who owns that.
    finished: Table,
    owners: Table,
    created: Table,
    replaced: Table,
    owned: Table,
    /// Whether everything was looked at.
    pub(super) surveyed: bool,
    /// What waits beside values of the target.
    pub(super) aside: Aside,
}

impl Known {
    /// Whether an earlier process of this migration wrote this very value and read it back.
    pub(super) fn is_verified(&self, key: &FingerprintKey, one: &Carried) -> bool {
        !self.verified.is_empty()
            && (self.verified.has(done(key, &one.from, None))
                || self.verified.has(done(key, &one.from, Some(&key.fingerprint(&one.secret)))))
    }

    /// Whether an earlier process of this migration wrote all that an entry comes to and read it back; then the place of it
    /// and who owns that.
    pub(super) fn finished(&self, key: &FingerprintKey, from: &Address) -> Option<(u128, u128)> {
        if self.finished.is_empty() {
            return None;
        }
        let entry = digest(key, &from.path);
        self.finished.get(entry).zip(self.owners.get(entry))
    }

    /// What the journal says that is open between the two stores, if one is.
    pub(super) fn read(dir: &Path, migration: &Migration<'_>) -> Result<Self, Failure> {
        let mut known = Self::default();
        if let Some(last) = journals(dir).pop()
            && !State::of(&last)?.is_over()
        {
            let folds = !migration.to.capabilities().case_sensitive;
            for step in Journal::stream(&last)? {
                known.learn(migration.key, folds, step?)?;
            }
        }
        for table in
            [&mut known.verified, &mut known.finished, &mut known.owners, &mut known.created, &mut known.replaced]
        {
            table.seal()?;
        }
        Ok(known)
    }

    /// How a write ended that was begun and whose answer a crash took, where the value is there.
    pub(super) fn begun(&self, key: &FingerprintKey, from: &Address) -> Option<Written> {
        if self.created.is_empty() && self.replaced.is_empty() {
            return None;
        }
        let digest = digest(key, &from.to_string());
        if self.created.has(digest) {
            return Some(Written::Created);
        }
        self.replaced.has(digest).then_some(Written::Updated)
    }

    /// Whether what the target holds is what an earlier migration between these stores wrote there last.
    pub(super) fn owns(&self, key: &FingerprintKey, to: &Address, entry: &Entry) -> bool {
        let Some(owned) = self.owned.get(digest(key, &to.to_string())) else { return false };
        let fingerprint = value(key, Some(&key.fingerprint(&entry.secret)), None);
        owned == fingerprint || (entry.version.is_some() && owned == value(key, None, entry.version.as_deref()))
    }

    fn learn(&mut self, key: &FingerprintKey, folds: bool, step: Step) -> Result<(), Failure> {
        match step {
            Step::Surveyed => self.surveyed = true,
            Step::Staged { .. } => self.aside.learn(key, &step),
            Step::Verified { from, to: Some(to), .. } => {
                let entry = digest(key, &from.path);
                self.finished.put(entry, place(key, &to, folds))?;
                self.owners.put(entry, digest(key, &from.to_string()))?;
            }
            Step::Verified { from, fingerprint, .. } => self.verified.put(done(key, &from, fingerprint.as_ref()), 0)?,
            Step::Intent { from, replaces: None, .. } => self.created.put(digest(key, &from.to_string()), 0)?,
            Step::Intent { from, replaces: Some(_), .. } => self.replaced.put(digest(key, &from.to_string()), 0)?,
            _ => {}
        }
        Ok(())
    }

    /// Learns what earlier migrations wrote, where that matters.
    fn earlier(&mut self, all: &[PathBuf], migration: &Migration<'_>) -> Result<(), Failure> {
        if migration.asked.on_conflict != OnConflict::OverwriteIfOwned {
            return Ok(());
        }
        for one in all {
            if !State::of(one)?.undone {
                for step in Journal::stream(one)? {
                    self.own(migration.key, step?)?;
                }
            }
        }
        self.owned.seal().map(drop)
    }

    /// What an earlier migration wrote, the latest for each address.
    fn own(&mut self, key: &FingerprintKey, step: Step) -> Result<(), Failure> {
        if let Step::Written { receipt, fingerprint, .. } = step
            && receipt.written != Written::AlreadyEqual
        {
            let value = value(key, fingerprint.as_ref(), receipt.version.as_deref());
            self.owned.put(digest(key, &receipt.address.to_string()), value)?;
        }
        Ok(())
    }
}

/// A place in the target, as few bytes. Names that the target takes for one are one.
pub(super) fn place(key: &FingerprintKey, to: &Address, folds: bool) -> u128 {
    digest(key, &to.place(folds))
}

/// Sixteen bytes for an address: with a hundred thousand of them the chance that two are one is nil.
pub(super) fn digest(key: &FingerprintKey, text: &str) -> u128 {
    let mut short = [0; 16];
    short.copy_from_slice(&key.derive("migrated", &[text.as_bytes()])[..16]);
    u128::from_be_bytes(short)
}

fn done(key: &FingerprintKey, from: &Address, fingerprint: Option<&Fingerprint>) -> u128 {
    digest(key, &format!("{from} {}", fingerprint.map(Fingerprint::as_str).unwrap_or_default()))
}

fn value(key: &FingerprintKey, fingerprint: Option<&Fingerprint>, version: Option<&str>) -> u128 {
    match fingerprint {
        Some(fingerprint) => digest(key, &format!("fingerprint {fingerprint}")),
        None => digest(key, &format!("version {}", version.unwrap_or_default())),
    }
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

/// Where a journal stands.
#[derive(Debug, Default)]
pub(super) struct State {
    asked: Option<Asked>,
    pair: Option<(String, String)>,
    root: Option<PathBuf>,
    done: bool,
    pub undone: bool,
    pub effect: Effect,
}

/// What a migration did to its target, or was about to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// There is nothing to take back.
    #[default]
    Nothing,
    Wrote,
    /// It wrote in place of something.
    Replaced,
}

impl State {
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
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

    pub(super) fn is_over(&self) -> bool {
        self.done || self.undone
    }
}

/// The journals in a folder, oldest first.
pub(super) fn journals(dir: &Path) -> Vec<PathBuf> {
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
