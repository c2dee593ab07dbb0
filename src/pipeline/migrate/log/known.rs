//! What journals say that were there before: digests, never a list of names.

use std::path::{Path, PathBuf};

use keylift_providers::{Address, Entry, Fingerprint, FingerprintKey, Written};

use super::state::{State, journals};
use super::step::Step;
use crate::journal::Journal;
use crate::model::Failure;
use crate::pipeline::migrate::cut::Aside;
use crate::pipeline::migrate::table::Table;
use crate::pipeline::migrate::{Migration, OnConflict};
use crate::steps::carry::Carried;

/// What journals say that were there before.
#[derive(Debug, Default)]
pub(in crate::pipeline::migrate) struct Known {
    verified: Table,
    /// Entries of the source that are done as a whole, with the place of each, and with who owns that.
    finished: Table,
    owners: Table,
    created: Table,
    replaced: Table,
    owned: Table,
    /// Whether everything was looked at.
    pub(in crate::pipeline::migrate) surveyed: bool,
    /// What waits beside values of the target.
    pub(in crate::pipeline::migrate) aside: Aside,
}

impl Known {
    /// Whether an earlier process of this migration wrote this very value and read it back.
    pub(in crate::pipeline::migrate) fn is_verified(&self, key: &FingerprintKey, one: &Carried) -> bool {
        !self.verified.is_empty()
            && (self.verified.has(done(key, &one.from, None))
                || self.verified.has(done(key, &one.from, Some(&key.fingerprint(&one.secret)))))
    }

    /// Whether an earlier process of this migration wrote all that an entry comes to and read it back; then the place of it
    /// and who owns that.
    pub(in crate::pipeline::migrate) fn finished(&self, key: &FingerprintKey, from: &Address) -> Option<(u128, u128)> {
        if self.finished.is_empty() {
            return None;
        }
        let entry = digest(key, &from.path);
        self.finished.get(entry).zip(self.owners.get(entry))
    }

    /// What the journal says that is open between the two stores, if one is.
    pub(in crate::pipeline::migrate) fn read(dir: &Path, migration: &Migration<'_>) -> Result<Self, Failure> {
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
    pub(in crate::pipeline::migrate) fn begun(&self, key: &FingerprintKey, from: &Address) -> Option<Written> {
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
    pub(in crate::pipeline::migrate) fn owns(&self, key: &FingerprintKey, to: &Address, entry: &Entry) -> bool {
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
    pub(super) fn earlier(&mut self, all: &[PathBuf], migration: &Migration<'_>) -> Result<(), Failure> {
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
pub(in crate::pipeline::migrate) fn place(key: &FingerprintKey, to: &Address, folds: bool) -> u128 {
    digest(key, &to.place(folds))
}

/// Sixteen bytes for an address: with a hundred thousand of them the chance that two are one is nil.
pub(in crate::pipeline::migrate) fn digest(key: &FingerprintKey, text: &str) -> u128 {
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
