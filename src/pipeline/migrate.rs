//! From one store to another: probe, write under a condition, read back, compare, a page at a time, journalled.

use std::collections::BTreeSet;
use std::path::Path;

use keylift_providers::{Address, ErrorKind, Expect, FingerprintKey, Receipt, Store, Write, WriteId, Written};
use serde::{Deserialize, Serialize};

use super::Watch;
use crate::journal::{Journal, RunLock};
use crate::model::{Compared, Exit, Failure, Migrated, Stays};
use crate::steps::carry::{Carried, Route};

/// Values written and read back between two syncs of the journal.
const BATCH: usize = 100;

/// What is done where the target holds another value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Anything that is there already is a conflict, equal or not.
    Fail,
    /// An equal value is done already; another is a conflict.
    #[default]
    SkipIfEqual,
    /// Another value is replaced, under the version that was seen.
    Overwrite,
}

/// One step of a migration, for its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Step {
    /// It begins.
    Started {
        /// The source.
        from: String,
        /// The target.
        to: String,
        /// What was asked for.
        on_conflict: OnConflict,
    },
    /// A value is about to be written to an address that was found empty.
    Intent {
        /// Where from.
        from: Address,
        /// Where to.
        to: Address,
    },
    /// The target took a value.
    Written {
        /// Where from.
        from: Address,
        /// The target's answer.
        receipt: Receipt,
    },
    /// A value was read back and found equal.
    Verified {
        /// Where from.
        from: Address,
    },
    /// It is over.
    Done,
    /// What it made was removed from the target.
    Undone,
}

/// What a migration works with.
#[derive(Debug)]
pub struct Migration<'a> {
    /// The source. Nothing is ever written to it.
    pub from: &'a dyn Store,
    /// The target.
    pub to: &'a dyn Store,
    /// The key of the write identities.
    pub key: &'a FingerprintKey,
    /// What is done where the target holds another value.
    pub on_conflict: OnConflict,
    /// Look, and write nothing.
    pub dry_run: bool,
    /// Told what happens.
    pub watch: &'a dyn Watch,
}

/// The journal of a migration and what it says.
#[derive(Debug)]
struct Log {
    run: String,
    journal: Option<Journal<Step>>,
    /// Keeps two processes apart that migrate between the same stores.
    lock: Option<RunLock>,
    verified: BTreeSet<Address>,
    intents: BTreeSet<Address>,
}

impl Migration<'_> {
    /// Carries every value over. A migration between the same two stores that stopped on its way goes on where it was.
    ///
    /// # Errors
    /// Where a store is out of reach; what was done by then stays done, and the next call goes on.
    pub async fn run(&self, dir: &Path) -> Result<Migrated, Failure> {
        let route = Route::new(self.from, self.to)?;
        self.from.preflight(&[]).await?;
        self.to.preflight(&[]).await?;
        let mut log = self.log(dir)?;
        let mut moved = Migrated::default();
        let mut targets: BTreeSet<u64> = BTreeSet::new();
        let mut next = None;
        self.watch.begin("migrating", 0);
        loop {
            let page = self.from.list(next).await?;
            for batch in page.addresses.chunks(BATCH) {
                self.from.keep_alive().await?;
                self.to.keep_alive().await?;
                let (carried, stays) = route.read(batch).await?;
                moved.stays.extend(stays);
                let carried = self.distinct(carried, &mut targets, &mut moved);
                self.batch(carried, &mut log, &mut moved).await?;
                self.watch.step(batch.len());
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        if let Some(journal) = &mut log.journal
            && moved.failed.is_empty()
        {
            journal.append(&[Step::Done])?;
        }
        Ok(moved)
    }

    /// Two names of the source that are one in the target would overwrite each other. What was seen is kept as eight
    /// bytes a name, so that a hundred thousand of them are nothing.
    fn distinct(&self, carried: Vec<Carried>, seen: &mut BTreeSet<u64>, moved: &mut Migrated) -> Vec<Carried> {
        let mut kept = Vec::with_capacity(carried.len());
        for one in carried {
            let mut name = one.to.to_string();
            if !self.to.capabilities().case_sensitive {
                name = name.to_lowercase();
            }
            let digest = self.key.derive("target", &[name.as_bytes()]);
            let mut short = [0; 8];
            short.copy_from_slice(&digest[..8]);
            if seen.insert(u64::from_be_bytes(short)) {
                kept.push(one);
            } else {
                let reason = format!("another entry goes to {} as well", one.to);
                let advice = "rename one of the two in the source, or move it by hand".to_owned();
                moved.stays.push(Stays { from: one.from, reason, advice });
            }
        }
        kept
    }

    async fn batch(&self, carried: Vec<Carried>, log: &mut Log, moved: &mut Migrated) -> Result<(), Failure> {
        let (before, open): (Vec<_>, Vec<_>) = carried.into_iter().partition(|one| log.verified.contains(&one.from));
        moved.before += before.len();
        let addresses: Vec<Address> = open.iter().map(|one| one.to.clone()).collect();
        let (mut writes, mut expects, mut intents, mut own) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (one, found) in open.into_iter().zip(self.to.read_many(&addresses).await) {
            let expect = match found? {
                None => Expect::Absent,
                // The address was empty, and the write was begun: a crash took its answer.
                Some(entry) if entry.secret == one.secret && log.intents.contains(&one.from) => {
                    let receipt = Receipt { address: one.to, version: entry.version, written: Written::Created };
                    own.extend([Step::Written { from: one.from.clone(), receipt }, Step::Verified { from: one.from }]);
                    moved.written += 1;
                    continue;
                }
                Some(entry) if entry.secret == one.secret => {
                    if self.on_conflict == OnConflict::Fail {
                        moved.conflicts.push((one.from, one.to));
                    } else {
                        moved.equal += 1;
                    }
                    continue;
                }
                Some(entry) if self.on_conflict == OnConflict::Overwrite => {
                    entry.version.map_or(Expect::Anything, Expect::Version)
                }
                Some(_) => {
                    moved.conflicts.push((one.from, one.to));
                    continue;
                }
            };
            if expect == Expect::Absent {
                intents.push(Step::Intent { from: one.from.clone(), to: one.to.clone() });
            }
            expects.push(expect);
            writes.push(one);
        }
        if self.dry_run {
            moved.written += writes.len();
            return Ok(());
        }
        let Some(journal) = &mut log.journal else { return Ok(()) };
        journal.append(&own)?;
        if writes.is_empty() {
            return Ok(());
        }
        journal.append(&intents)?;
        let ids: Vec<WriteId> =
            writes.iter().map(|one| WriteId::new(self.key, &log.run, &one.to, &one.secret)).collect();
        let asked: Vec<Write<'_>> = writes
            .iter()
            .zip(&expects)
            .zip(&ids)
            .map(|((one, expect), id)| Write { address: &one.to, secret: &one.secret, expect, id })
            .collect();
        let answers = self.to.write_many(&asked).await;
        let (mut taken, mut steps, mut fatal) = (Vec::new(), Vec::new(), None);
        for (one, answer) in writes.iter().zip(answers) {
            match answer {
                Ok(receipt) => {
                    steps.push(Step::Written { from: one.from.clone(), receipt: receipt.clone() });
                    taken.push((one, receipt));
                }
                Err(error) if error.kind == ErrorKind::Conflict => {
                    moved.conflicts.push((one.from.clone(), one.to.clone()));
                }
                Err(error) if error.kind == ErrorKind::Rejected => {
                    moved.failed.push((one.from.clone(), error.message));
                }
                Err(error) => fatal = Some(error),
            }
        }
        let back: Vec<Address> = taken.iter().map(|(_, receipt)| receipt.address.clone()).collect();
        for ((one, _), entry) in taken.iter().zip(self.to.read_many(&back).await) {
            match entry {
                Ok(Some(entry)) if entry.secret == one.secret => {
                    steps.push(Step::Verified { from: one.from.clone() });
                    moved.written += 1;
                    let lost = !one.metadata.is_empty()
                        && (!self.to.capabilities().metadata
                            || self.to.set_metadata(&one.to, &one.metadata).await.is_err());
                    if lost {
                        one.metadata.keys().for_each(|key| *moved.lost.entry(key.clone()).or_default() += 1);
                    }
                }
                Ok(_) => moved.failed.push((one.from.clone(), "another value came back than was written".into())),
                Err(error) => fatal = Some(error),
            }
        }
        journal.append(&steps)?;
        fatal.map_or(Ok(()), |error| {
            Err(Failure::from(error).advise("say the same command again: it goes on where it stopped"))
        })
    }

    fn log(&self, dir: &Path) -> Result<Log, Failure> {
        let mut log =
            Log { run: String::new(), journal: None, lock: None, verified: BTreeSet::new(), intents: BTreeSet::new() };
        if self.dry_run {
            return Ok(log);
        }
        log.lock = Some(RunLock::take(dir)?);
        let mut number = 1;
        loop {
            let path = dir.join(format!("{number}.jsonl"));
            log.run = format!("{} {} {number}", self.from.location(), self.to.location());
            if !path.exists() {
                let mut journal = Journal::create(&path)?;
                let (from, to) = (self.from.location().to_owned(), self.to.location().to_owned());
                journal.append(&[Step::Started { from, to, on_conflict: self.on_conflict }])?;
                log.journal = Some(journal);
                return Ok(log);
            }
            let (journal, steps): (Journal<Step>, _) = Journal::open(&path)?;
            if !steps.iter().any(|(_, step)| matches!(step, Step::Done | Step::Undone)) {
                for (_, step) in steps {
                    match step {
                        Step::Verified { from } => log.verified.insert(from),
                        Step::Intent { from, .. } => log.intents.insert(from),
                        _ => false,
                    };
                }
                log.journal = Some(journal);
                return Ok(log);
            }
            number += 1;
        }
    }
}

/// Takes the latest migration between two stores back: removes from the target what it made there, where that is still
/// what it wrote. Gives the number of entries removed and kept.
///
/// # Errors
/// Where there is nothing to take back, or the target is out of reach.
pub async fn undo(dir: &Path, to: &dyn Store) -> Result<(usize, usize), Failure> {
    let _lock = RunLock::take(dir)?;
    let mut last = None;
    let mut number = 1;
    while dir.join(format!("{number}.jsonl")).exists() {
        last = Some(dir.join(format!("{number}.jsonl")));
        number += 1;
    }
    let last = last.ok_or_else(|| Failure::usage("nothing was migrated between these two"))?;
    let (mut journal, steps): (Journal<Step>, _) = Journal::open(&last)?;
    if steps.iter().any(|(_, step)| *step == Step::Undone) {
        return Err(Failure::new(Exit::Done, "the last migration between these two is undone already"));
    }
    let (mut removed, mut kept) = (0, 0);
    for (_, step) in steps {
        let Step::Written { receipt, .. } = step else { continue };
        if receipt.written == Written::Created && to.remove(&receipt).await? {
            removed += 1;
        } else {
            kept += 1;
        }
    }
    journal.append(&[Step::Undone])?;
    Ok((removed, kept))
}

/// Compares every value of one store with its place in another.
///
/// # Errors
/// Where a store is out of reach.
pub async fn compare(from: &dyn Store, to: &dyn Store) -> Result<Compared, Failure> {
    let route = Route::new(from, to)?;
    let mut compared = Compared::default();
    let mut next = None;
    loop {
        let page = from.list(next).await?;
        for batch in page.addresses.chunks(BATCH) {
            from.keep_alive().await?;
            to.keep_alive().await?;
            let (carried, stays) = route.read(batch).await?;
            compared.stays.extend(stays);
            let addresses: Vec<Address> = carried.iter().map(|one| one.to.clone()).collect();
            for (one, entry) in carried.into_iter().zip(to.read_many(&addresses).await) {
                match entry? {
                    None => compared.missing.push(one.from),
                    Some(entry) if entry.secret == one.secret => compared.equal += 1,
                    Some(_) => compared.different.push(one.from),
                }
            }
        }
        next = page.next;
        if next.is_none() {
            return Ok(compared);
        }
    }
}
