//! A mass cut-over in two halves. The first puts every new value of an entry beside the one that programs read, reads it
//! back there, and makes what nobody reads yet. Only where all of that went well does the second make each the current one.

use std::collections::{HashMap, HashSet};

use keylift_providers::{ErrorKind, Expect, FingerprintKey, Receipt, StoreError, Write, WriteId};

use super::batch::{Decided, Planned, Prepared, failure, of_one};
use super::flow::Tally;
use super::log::{Known, Log, Step, digest};
use super::survey::Survey;
use super::write::Outcome;
use super::{Approved, Migration};
use crate::model::{Clash, Failure};
use crate::steps::carry::{Carried, Route, Walk};

/// What was put aside, as digests: for each source which value, and on which version of the target.
#[derive(Debug, Default)]
pub(super) struct Aside {
    values: HashMap<u128, (u128, u128)>,
    /// The versions that fields written one after the other have made of their entry.
    made: HashMap<u128, u128>,
}

impl Aside {
    /// Learns from a journal, or from what was just done.
    pub(super) fn learn(&mut self, key: &FingerprintKey, step: &Step) {
        match step {
            Step::Staged { from, fingerprint, replaces, .. } => {
                let what = (digest(key, fingerprint.as_str()), digest(key, replaces));
                self.values.insert(digest(key, &from.to_string()), what);
            }
            Step::Written { receipt: Receipt { address, version: Some(version), .. }, .. }
                if address.field.is_some() =>
            {
                self.made.insert(digest(key, &address.path), digest(key, version));
            }
            _ => {}
        }
    }

    /// The value that was put aside for a source.
    fn value(&self, key: &FingerprintKey, one: &Carried) -> Option<u128> {
        self.values.get(&digest(key, &one.from.to_string())).map(|(value, _)| *value)
    }

    /// Whether this very value is put aside on the version that the target is at.
    fn holds(&self, key: &FingerprintKey, one: &Carried, version: &str) -> bool {
        let Some((value, replaces)) = self.values.get(&digest(key, &one.from.to_string())) else { return false };
        let now = digest(key, version);
        *value == print(key, one)
            && (*replaces == now || self.made.get(&digest(key, &one.to.path)).is_some_and(|made| *made == now))
    }

    fn take(&mut self, key: &FingerprintKey, from: &Self, one: &Carried) {
        let source = digest(key, &one.from.to_string());
        if let Some(known) = from.values.get(&source) {
            self.values.insert(source, *known);
        }
    }
}

fn print(key: &FingerprintKey, one: &Carried) -> u128 {
    digest(key, key.fingerprint(&one.secret).as_str())
}

impl Migration<'_> {
    /// Both halves; nothing of the second where anything in the first went wrong.
    pub(super) async fn cut_over(
        &self,
        route: &Route<'_>,
        survey: &Survey,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<(), Failure> {
        self.watch.begin("putting aside", moved.get().loss.carried);
        let (run, mut walk) = (log.run.clone(), self.walk_together(route, survey, known));
        let mut aside = Aside::default();
        while let Some(Decided { entries, mut writes }) = self.next(&mut walk, survey, log, known, moved).await? {
            if self.watch.stopped() {
                moved.get().stopped = true;
                return log.sync();
            }
            // What nobody reads yet needs no second half. A new field goes with the others of its entry.
            let there: HashSet<String> = writes.iter().filter(|write| !is_fresh(write)).map(entry_of).collect();
            let alone = |write: &mut Planned| is_fresh(write) && !there.contains(&entry_of(write));
            let fresh: Vec<Planned> = writes.extract_if(.., alone).collect();
            let done = self.write(&run, fresh, false).await;
            log.note(&done.steps)?;
            // A field that is new in an entry makes a version of it, which its other fields then replace.
            done.steps.iter().for_each(|step| aside.learn(self.key, step));
            let fatal = done.tell(&mut moved.get())?;
            let done = if fatal.is_none() {
                self.put_aside(&run, writes, known, &mut aside).await
            } else {
                Outcome::default()
            };
            log.note(&done.steps)?;
            done.steps.iter().for_each(|step| aside.learn(self.key, step));
            if let Some(failure) = fatal.map_or_else(|| done.tell(&mut moved.get()), |fatal| Ok(Some(fatal)))? {
                log.sync()?;
                return Err(failure);
            }
            self.watch.step(entries);
        }
        log.sync()?;
        let staged = aside.values.len();
        if moved.get().withhold(staged, self.plan.map_or(0, Approved::left_out)) {
            return Ok(());
        }
        self.watch.begin("making current", staged);
        let mut walk = self.walk_together(route, survey, known);
        while let Some(prepared) = self.staged(&mut walk, &aside).await? {
            if self.watch.stopped() {
                moved.get().stopped = true;
                break;
            }
            let Decided { writes, .. } = self.decide(route, survey.keeps, prepared, log, known, moved).await?;
            let (writes, changed): (Vec<_>, Vec<_>) =
                writes.into_iter().partition(|write| aside.holds(self.key, &write.one, version(write)));
            for Planned { one, .. } in changed {
                let reason = "it changed after its new value was put beside it".to_owned();
                moved.get().conflicts.push(Clash { from: one.from, to: one.to, reason })?;
            }
            let count = writes.len();
            let done = self.write(&run, writes, true).await;
            log.note(&done.steps)?;
            done.steps.iter().for_each(|step| aside.learn(self.key, step));
            if let Some(failure) = done.tell(&mut moved.get())? {
                log.sync()?;
                return Err(failure);
            }
            self.watch.step(count);
        }
        log.sync()
    }

    /// Walks over the source so that all that goes to one entry of the target comes in one batch: it becomes current as one.
    fn walk_together<'w>(&'w self, route: &'w Route<'w>, survey: &'w Survey, known: &'w Known) -> Walk<'w> {
        let (key, folds) = (self.key, !self.to.capabilities().case_sensitive);
        self.walk(route, known).together(move |to| survey.is_shared(key, to, folds))
    }

    /// What of a batch was put aside, with what the target holds now.
    async fn staged(&self, walk: &mut Walk<'_>, aside: &Aside) -> Result<Option<Prepared>, StoreError> {
        let Some(mut reading) = walk.next().await? else { return Ok(None) };
        self.to.keep_alive().await?;
        reading.carried.retain(|one| aside.value(self.key, one).is_some());
        let mut prepared = Prepared::new(reading);
        prepared.hold_back(|one| {
            if aside.value(self.key, one) == Some(print(self.key, one)) {
                return Ok(());
            }
            let reason = "it changed at the source after it was put beside the target's value".to_owned();
            Err((reason, "say the command again: it puts the new value aside".to_owned()))
        });
        prepared.probe(self.to).await;
        Ok(Some(prepared))
    }

    /// Puts the values of a batch beside those that they will replace, and reads them back there.
    async fn put_aside(&self, run: &str, writes: Vec<Planned>, known: &Known, all: &mut Aside) -> Outcome {
        let mut outcome = Outcome::default();
        let mut open = Vec::with_capacity(writes.len());
        for write in writes {
            if known.aside.holds(self.key, &write.one, version(&write)) {
                all.take(self.key, &known.aside, &write.one);
            } else {
                open.push(write);
            }
        }
        let ids: Vec<WriteId> =
            open.iter().map(|write| WriteId::new(self.key, run, &write.one.to, write.secret())).collect();
        let asked: Vec<Write<'_>> = open
            .iter()
            .zip(&ids)
            .map(|(write, id)| Write { address: &write.one.to, secret: write.secret(), expect: &write.expect, id })
            .collect();
        let answers = self.to.stage_many(&asked).await;
        for (write, answer) in open.into_iter().zip(answers) {
            match answer {
                Ok(receipt) => {
                    let fingerprint = self.key.fingerprint(&write.one.secret);
                    let replaces = version(&write).to_owned();
                    outcome.steps.push(Step::Staged { from: write.one.from, receipt, fingerprint, replaces });
                }
                Err(error) if error.kind == ErrorKind::Conflict => {
                    let Carried { from, to, .. } = write.one;
                    outcome.conflicts.push(Clash { from, to, reason: error.message });
                }
                Err(error) if of_one(error.kind) => outcome.failed.push(failure(write.one.from, error)),
                Err(error) => outcome.fatal = Some(error.into()),
            }
        }
        outcome
    }
}

/// Whether nothing is at a write's address.
fn is_fresh(write: &Planned) -> bool {
    write.expect == Expect::Absent
}

/// The entry that a write goes to.
fn entry_of(write: &Planned) -> String {
    write.one.to.path.clone()
}

/// The version that a write expects.
fn version(write: &Planned) -> &str {
    match &write.expect {
        Expect::Version(version) => version,
        Expect::Absent | Expect::Anything => "",
    }
}
