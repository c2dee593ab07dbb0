//! Deciding about a batch: what the target holds decides, and what is about to be written stands in the journal first.

use std::collections::BTreeMap;

use keylift_providers::{
    Address, Entry, ErrorKind, Expect, FingerprintKey, Receipt, Secret, Store, StoreError, Written,
};

use super::flow::Tally;
use super::log::{Beside, Known, Log, Step};
use super::{Action, Migration, OnConflict, Writer, backup};
use crate::model::{Clash, Failure, Stays};
use crate::steps::carry::{Carried, Fields, Older, Reading, Route};

/// A batch that was read, with what the target holds in its place.
#[derive(Debug)]
pub(super) struct Prepared {
    entries: usize,
    /// What the first look tells.
    pub(super) stays: Vec<Stays>,
    pub(super) skipped: usize,
    pub(super) open: Vec<Carried>,
    found: Vec<Result<Option<Entry>, StoreError>>,
    before: usize,
    held: Vec<Stays>,
    failed: Vec<Stays>,
}

impl Prepared {
    pub(super) fn new(reading: Reading) -> Self {
        let Reading { entries, carried, stays, skipped, failed, passed } = reading;
        let (found, held, before) = (Vec::new(), Vec::new(), passed.len());
        Self { entries, stays, skipped, open: carried, found, before, held, failed }
    }

    /// Sorts out what was done before.
    pub(super) fn leave_out(&mut self, verified: impl Fn(&Carried) -> bool) {
        let all = self.open.len();
        self.open.retain(|one| !verified(one));
        self.before += all - self.open.len();
    }

    /// Keeps what may go; the rest is told.
    pub(super) fn hold_back(&mut self, may: impl Fn(&Carried) -> Result<(), (String, String)>) {
        let mut open = Vec::with_capacity(self.open.len());
        for one in self.open.drain(..) {
            match may(&one) {
                Ok(()) => open.push(one),
                Err((reason, advice)) => self.held.push(Stays { from: one.from, reason, advice }),
            }
        }
        self.open = open;
    }

    /// Looks at what the target holds.
    pub(super) async fn probe(&mut self, to: &dyn Store) {
        let addresses: Vec<Address> = self.open.iter().map(|one| one.to.clone()).collect();
        self.found = to.probe_many(&addresses).await;
    }
}

/// A batch whose writes stand in the journal as intents.
#[derive(Debug)]
pub(super) struct Decided {
    /// How many entries of the source these were.
    pub entries: usize,
    pub writes: Vec<Planned>,
}

/// A write that was decided on.
#[derive(Debug)]
pub(super) struct Planned {
    pub one: Carried,
    /// What is written, where that is not the value itself: the target's fields with ours.
    pub merged: Option<Secret>,
    pub expect: Expect,
    /// What it replaces.
    pub replaced: Option<Entry>,
    /// What is kept beside it.
    pub beside: Option<Beside>,
    /// What goes before it.
    pub older: Option<Older>,
    /// An earlier process of this migration began to write it, and may have come to some of the older versions.
    pub begun: bool,
}

impl Planned {
    /// Of something that the target does not have.
    fn new(one: Carried) -> Self {
        let expect = Expect::Absent;
        Self { one, merged: None, expect, replaced: None, beside: None, older: None, begun: false }
    }

    /// What is written.
    pub(super) fn secret(&self) -> &Secret {
        self.merged.as_ref().unwrap_or(&self.one.secret)
    }

    /// What would be lost with the write: kept beside the journal where the target keeps no versions.
    fn lost(&self) -> Option<(&Address, &Entry)> {
        self.replaced.as_ref().map(|entry| (&self.one.to, entry))
    }
}

enum Verdict {
    Write(Box<Planned>),
    /// It is there already, written by an earlier process of this migration.
    Own(Carried, Receipt),
    Equal(Carried),
    Clash(Carried, String),
}

impl Verdict {
    /// Writes it into a plan.
    fn note(&self, out: &mut Writer, key: &FingerprintKey) -> Result<(), Failure> {
        let (one, action) = match self {
            Self::Write(write) if write.merged.is_some() => (&write.one, Action::Merge),
            Self::Write(write) if write.replaced.is_some() => (&write.one, Action::Replace),
            Self::Write(write) => (&write.one, Action::Create),
            Self::Own(one, _) | Self::Equal(one) => (one, Action::Equal),
            Self::Clash(one, _) => (one, Action::Conflict),
        };
        out.line(one, action, key)
    }
}

/// Whether the target lets this user write at an address. What else is wrong with that one is its own matter.
pub(super) async fn may_write(to: &dyn Store, sample: &Address) -> Result<(), StoreError> {
    match to.preflight(std::slice::from_ref(sample)).await {
        Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected) => Ok(()),
        other => other,
    }
}

/// Trouble with one entry rather than with the store.
pub(super) fn of_one(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Conflict | ErrorKind::Rejected | ErrorKind::Denied | ErrorKind::Corrupt)
}

impl Migration<'_> {
    /// Decides what becomes of a batch, and writes down what is about to be written: from then on a crash finds what it
    /// left behind.
    pub(super) async fn decide(
        &self,
        route: &Route<'_>,
        keeps: usize,
        prepared: Prepared,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<Decided, Failure> {
        let entries = prepared.entries;
        moved.get().before += prepared.before;
        prepared.held.into_iter().try_for_each(|held| moved.get().held.push(held))?;
        prepared.failed.into_iter().try_for_each(|failed| moved.get().failed.push(failed))?;
        let (mut writes, mut own, mut arrived, mut flipped) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (one, found) in prepared.open.into_iter().zip(prepared.found) {
            let found = match found {
                Ok(found) => found,
                Err(error) if of_one(error.kind) => {
                    moved.get().failed.push(failure(one.from, error))?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let verdict = self.judge(one, found, known);
            if let Some(out) = &mut log.out {
                verdict.note(out, self.key)?;
            }
            match verdict {
                Verdict::Write(planned) => writes.push(*planned),
                Verdict::Equal(_) => moved.get().equal += 1,
                Verdict::Own(one, receipt) => {
                    let fingerprint = Some(self.key.fingerprint(&one.secret));
                    let (from, to) = (one.from.clone(), one.alone.then(|| one.to.clone()));
                    if receipt.written == Written::Updated {
                        flipped.push(receipt.clone());
                    }
                    own.push(Step::Written {
                        from: from.clone(),
                        receipt,
                        fingerprint: fingerprint.clone(),
                        older: Vec::new(),
                    });
                    own.push(Step::Verified { from, fingerprint, to });
                    arrived.push(Planned::new(one));
                    moved.get().written += 1;
                }
                Verdict::Clash(one, reason) => {
                    moved.get().conflicts.push(Clash { from: one.from, to: one.to, reason })?;
                }
            }
        }
        if !log.writes() {
            let mut moved = moved.get();
            moved.written += writes.len();
            moved.replaced += writes.iter().filter(|write| write.replaced.is_some() && write.merged.is_none()).count();
            moved.merged += writes.iter().filter(|write| write.merged.is_some()).count();
            return Ok(Decided { entries, writes: Vec::new() });
        }
        if self.asked.history {
            let fresh = |write: &&mut Planned| write.expect == Expect::Absent;
            let older =
                self.older(route, writes.iter().filter(|one| one.expect == Expect::Absent).map(|one| &one.one), keeps);
            for (write, older) in older.await?.into_iter().zip(writes.iter_mut().filter(fresh)).map(|(a, b)| (b, a)) {
                write.older = Some(older).filter(|older| older.values.len() > 1 || write.begun);
            }
        }
        self.look_beside(&mut writes, |write| write.replaced.is_some()).await?;
        // The crash that took their answers came before what goes beside them, and perhaps before their own stage went.
        self.to.unstage_many(&flipped).await?;
        self.look_beside(&mut arrived, |_| true).await?;
        for (key, count) in self.annotate(&arrived).await {
            *moved.get().lost.entry(key).or_default() += count;
        }
        log.note(&own)?;
        let mut steps = backup::keep(self, log, &writes.iter().filter_map(Planned::lost).collect::<Vec<_>>()).await?;
        steps.extend(writes.iter().map(|write| Step::Intent {
            from: write.one.from.clone(),
            to: write.one.to.clone(),
            replaces: write.replaced.as_ref().map(|entry| entry.version.clone().unwrap_or_default()),
            fingerprint: Some(self.key.fingerprint(write.secret())),
            beside: write.beside.clone().filter(|_| write.replaced.is_some()),
            older: write.older.iter().flat_map(|all| all.values.iter().map(|one| self.key.fingerprint(one))).collect(),
        }));
        log.append(&steps).await?;
        Ok(Decided { entries, writes })
    }

    /// What is to be kept beside the values of a batch. What the target keeps beside a value that is `there` stays, but for
    /// the same keys.
    async fn look_beside(&self, writes: &mut [Planned], there: fn(&Planned) -> bool) -> Result<(), StoreError> {
        if !self.asked.metadata {
            return Ok(());
        }
        for write in writes.iter_mut() {
            let lost = self.to.metadata_lost(&write.one.metadata);
            let mut after = write.one.metadata.clone();
            after.retain(|key, _| !lost.contains(key));
            if after.is_empty() {
                continue;
            }
            let before = if there(write) { self.to.metadata(&write.one.to).await? } else { BTreeMap::new() };
            let ours = after;
            let mut after = before.clone();
            after.extend(ours);
            write.beside = Some(Beside { before, after });
        }
        Ok(())
    }

    /// What is to be done with a value, given what the target holds.
    fn judge(&self, one: Carried, found: Option<Entry>, known: &Known) -> Verdict {
        let write = |one, merged, expect, replaced| {
            Verdict::Write(Box::new(Planned { merged, expect, replaced, ..Planned::new(one) }))
        };
        let Some(entry) = found else { return Verdict::Write(Box::new(Planned::new(one))) };
        if self.asked.history && one.alone && known.begun(self.key, &one.from) == Some(Written::Created) {
            // A crash may have left older versions there, and no newer one.
            return Verdict::Write(Box::new(Planned { begun: true, ..Planned::new(one) }));
        }
        let fields = one.compare_fields(&entry.secret);
        let merging = self.asked.on_conflict == OnConflict::MergeKeys;
        if one.equals(&entry.secret) || (fields == Some(Fields::More) && (one.fields || merging)) {
            // The write was begun: a crash took its answer.
            if let Some(written) = known.begun(self.key, &one.from) {
                let receipt = Receipt { address: one.to.clone(), version: entry.version, written };
                return Verdict::Own(one, receipt);
            }
            if self.asked.on_conflict == OnConflict::Fail {
                return Verdict::Clash(one, "it is there already, and equal".to_owned());
            }
            return Verdict::Equal(one);
        }
        let expect = entry.version.clone().map_or(Expect::Anything, Expect::Version);
        match (self.asked.on_conflict, &fields) {
            (OnConflict::Overwrite, _) => {}
            (OnConflict::OverwriteIfOwned, _) if known.owns(self.key, &one.to, &entry) => {}
            (OnConflict::OverwriteIfOwned, _) => {
                return Verdict::Clash(one, "it holds another value, which keylift did not write".to_owned());
            }
            (OnConflict::MergeKeys, Some(Fields::Lacks(missing))) => {
                let merged = one.merged_into(&entry.secret, missing);
                let fits = merged.as_ref().map(|merged| self.to.accepts(&one.to, merged));
                return match fits {
                    Some(Ok(())) => write(one, merged, expect, Some(entry)),
                    Some(Err(rejected)) => Verdict::Clash(one, format!("with the fields added {}", rejected.reason)),
                    None => Verdict::Clash(one, "it holds another value".to_owned()),
                };
            }
            (_, Some(Fields::Differ(names))) => {
                return Verdict::Clash(one, format!("another value is in {}", names.join(", ")));
            }
            (_, Some(Fields::Lacks(names))) if one.fields => {
                let reason = format!("it lacks {}, which --on-conflict merge-keys adds", names.join(", "));
                return Verdict::Clash(one, reason);
            }
            _ => return Verdict::Clash(one, "it holds another value".to_owned()),
        }
        // Fields of others stay where several of ours are written into one entry.
        let merged = match fields {
            Some(_) if one.fields => one.overlaid_on(&entry.secret),
            _ => None,
        };
        write(one, merged, expect, Some(entry))
    }
}

/// Trouble with one entry, as it is told.
pub(super) fn failure(from: Address, error: StoreError) -> Stays {
    let advice = error.advice.unwrap_or_else(|| "say the same command again once that is mended".to_owned());
    Stays { from, reason: error.message, advice }
}

/// Whether a receipt says that something was written.
pub(super) fn wrote(receipt: &Receipt) -> bool {
    receipt.written != Written::AlreadyEqual
}
