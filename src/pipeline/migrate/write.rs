//! Carrying a batch out: written under what each write expects, read back, compared.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use keylift_providers::{Address, Entry, ErrorKind, Receipt, StoreError, Write, WriteId};

use super::batch::{Planned, failure, of_one};
use super::log::Step;
use super::{AT_ONCE, Migration};
use crate::model::{Clash, Failure, Migrated, Stays};
use crate::steps::carry::{Carried, Fields};

/// From so many writes on, a batch of which all are denied means that all others will be.
const TELLING: usize = 10;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// For the journal, whatever else happened.
    pub steps: Vec<Step>,
    written: usize,
    replaced: usize,
    merged: usize,
    versions: usize,
    pub(super) conflicts: Vec<Clash>,
    pub(super) failed: Vec<Stays>,
    /// Metadata keys that the target refused, and of how many values.
    lost: BTreeMap<String, usize>,
    /// Why the migration cannot go on.
    pub fatal: Option<Failure>,
}

/// What the target took of a batch, and is to be read back.
#[derive(Debug, Default)]
pub(super) struct Taken {
    writes: Vec<Planned>,
    places: Vec<Address>,
}

impl Outcome {
    /// Adds it to what is told at the end.
    pub(super) fn tell(self, moved: &mut Migrated) -> Result<Option<Failure>, Failure> {
        moved.written += self.written;
        moved.replaced += self.replaced;
        moved.merged += self.merged;
        moved.versions += self.versions;
        self.conflicts.into_iter().try_for_each(|clash| moved.conflicts.push(clash))?;
        self.failed.into_iter().try_for_each(|failed| moved.failed.push(failed))?;
        for (key, count) in self.lost {
            *moved.lost.entry(key).or_default() += count;
        }
        Ok(self.fatal)
    }
}

type Answer = Result<(Vec<String>, Receipt), StoreError>;

impl Migration<'_> {
    /// Writes what was decided on and stands in the journal, and reads it back. With `flip` it makes current what was put
    /// aside.
    pub(super) async fn write(&self, run: &str, writes: Vec<Planned>, flip: bool) -> Outcome {
        let (outcome, taken) = self.hand_over(run, writes, flip).await;
        self.read_back(outcome, taken).await
    }

    /// Writes what was decided on and stands in the journal: what became of that, and what the target took.
    pub(super) async fn hand_over(&self, run: &str, writes: Vec<Planned>, flip: bool) -> (Outcome, Taken) {
        let (mut outcome, mut taken) = (Outcome::default(), Taken::default());
        if writes.is_empty() {
            return (outcome, taken);
        }
        let ids: Vec<WriteId> =
            writes.iter().map(|write| WriteId::new(self.key, run, &write.one.to, write.secret())).collect();
        let asked: Vec<Write<'_>> = writes
            .iter()
            .zip(&ids)
            .map(|(write, id)| Write { address: &write.one.to, secret: write.secret(), expect: &write.expect, id })
            .collect();
        let answers = self.send(run, &asked, &writes, flip).await;
        let denied = answers.iter().filter(|answer| matches!(answer, Err(error) if error.kind == ErrorKind::Denied));
        let all_denied = denied.count() == answers.len() && answers.len() >= TELLING;
        for (write, answer) in writes.into_iter().zip(answers) {
            match answer {
                Ok((older, receipt)) => {
                    let fingerprint = Some(self.key.fingerprint(write.secret()));
                    taken.places.push(receipt.address.clone());
                    outcome.versions += older.len();
                    outcome.steps.push(Step::Written { from: write.one.from.clone(), receipt, fingerprint, older });
                    taken.writes.push(write);
                }
                Err(error) if error.kind == ErrorKind::Conflict => {
                    let Carried { from, to, .. } = write.one;
                    outcome.conflicts.push(Clash { from, to, reason: error.message });
                }
                Err(error) if of_one(error.kind) && !all_denied => outcome.failed.push(failure(write.one.from, error)),
                Err(error) => outcome.fatal = Some(error.into()),
            }
        }
        (outcome, taken)
    }

    /// Reads what the target took, and compares.
    pub(super) async fn read_back(&self, mut outcome: Outcome, taken: Taken) -> Outcome {
        let mut verified = Vec::new();
        for (write, entry) in taken.writes.into_iter().zip(self.to.read_many(&taken.places).await) {
            match entry {
                Ok(Some(entry)) if same(&write, &entry) => {
                    let fingerprint = Some(self.key.fingerprint(&write.one.secret));
                    let (from, to) = (write.one.from.clone(), write.one.alone.then(|| write.one.to.clone()));
                    outcome.steps.push(Step::Verified { from, fingerprint, to });
                    verified.push(write);
                }
                Ok(_) => {
                    let reason = "another value came back than was written".to_owned();
                    let advice = "look who else writes there".to_owned();
                    outcome.failed.push(Stays { from: write.one.from, reason, advice });
                }
                Err(error) if of_one(error.kind) => outcome.failed.push(failure(write.one.from, error)),
                Err(error) => outcome.fatal = Some(error.into()),
            }
        }
        outcome.written = verified.len();
        outcome.merged = verified.iter().filter(|write| write.merged.is_some()).count();
        outcome.replaced = verified.iter().filter(|write| write.replaced.is_some() && write.merged.is_none()).count();
        outcome.lost = self.annotate(&verified).await;
        outcome
    }

    /// Hands a batch over: those with older versions one version after the other, the rest together. Each answer tells
    /// which older versions went before.
    async fn send(&self, run: &str, asked: &[Write<'_>], writes: &[Planned], flip: bool) -> Vec<Answer> {
        let together: Vec<Write<'_>> =
            asked.iter().zip(writes).filter(|(_, write)| write.older.is_none()).map(|(asked, _)| *asked).collect();
        let one_by_one = writes.iter().filter_map(|write| Some((write, write.older.as_ref()?)));
        let one_by_one = one_by_one.map(|(write, older)| self.write_all(run, write, older));
        let one_by_one: Vec<Answer> = futures_util::stream::iter(one_by_one).buffered(AT_ONCE).collect().await;
        let together = if flip { self.to.flip_many(&together).await } else { self.to.write_many(&together).await };
        let mut together = together.into_iter().map(|answer| answer.map(|receipt| (Vec::new(), receipt)));
        let mut one_by_one = one_by_one.into_iter();
        let answers =
            writes.iter().map(|write| if write.older.is_some() { one_by_one.next() } else { together.next() });
        answers.flatten().collect()
    }

    /// Writes what is kept beside values. A target that refuses it has the value all the same.
    pub(super) async fn annotate(&self, verified: &[Planned]) -> BTreeMap<String, usize> {
        let mut lost = BTreeMap::new();
        let with = verified.iter().filter_map(|write| Some((write, write.beside.as_ref()?)));
        let with: Vec<_> = with.filter(|(_, beside)| beside.before != beside.after).collect();
        let all: Vec<_> = with.iter().map(|(write, beside)| (write.one.to.clone(), beside.after.clone())).collect();
        let answers = self.to.set_metadata_many(&all).await;
        for ((write, beside), _) in with.iter().zip(answers).filter(|(_, answer)| answer.is_err()) {
            let ours = write.one.metadata.keys().filter(|key| beside.after.contains_key(*key));
            ours.for_each(|key| *lost.entry(key.clone()).or_default() += 1);
        }
        lost
    }
}

fn same(write: &Planned, entry: &Entry) -> bool {
    write.secret() == &entry.secret
        || (write.merged.is_none() && write.one.equals(&entry.secret))
        || write.merged.is_some()
            && matches!(write.one.compare_fields(&entry.secret), Some(Fields::Equal | Fields::More))
}
