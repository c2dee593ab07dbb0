//! Taking a migration back: what it made goes, what it replaced comes back, where the target still holds what it wrote.

use std::collections::HashMap;
use std::path::Path;

use futures_util::StreamExt as _;
use keylift_providers::{Address, ErrorKind, Expect, FingerprintKey, Receipt, Secret, Store, WriteId, Written};

use super::batch::wrote;
use super::log::{State, Step, digest, journals};
use super::{AT_ONCE, Backups, backup};
use crate::journal::{Journal, RunLock};
use crate::model::{Exit, Failure, TakenBack};
use crate::pipeline::Watch;

/// Receipts that are taken back between two looks at whether the user wants to stop.
const BATCH: usize = 200;

/// What undo works with.
#[derive(Debug)]
pub struct Undoing<'a> {
    /// The journals of the migrations between the two stores.
    pub dir: &'a Path,
    /// The target.
    pub to: &'a dyn Store,
    /// The key of fingerprints and write identities.
    pub key: &'a FingerprintKey,
    /// Opens the backups beside the journals.
    pub backups: &'a dyn Backups,
    /// Told what happens.
    pub watch: &'a dyn Watch,
}

/// Where what was replaced is to be found.
enum Former {
    Version(String),
    Kept { file: String, name: String },
}

/// Takes the latest migration between two stores back.
///
/// # Errors
/// Where there is nothing to take back, or the target is out of reach: said again, it goes on.
pub async fn undo(at: &Undoing<'_>) -> Result<TakenBack, Failure> {
    let _lock = RunLock::take(at.dir)?;
    let last = journals(at.dir).pop().ok_or_else(|| Failure::usage("nothing was migrated between these two"))?;
    if State::of(&last)?.undone {
        return Err(Failure::new(Exit::Done, "the last migration between these two is undone already"));
    }
    let mut former: HashMap<u128, Former> = HashMap::new();
    let mut total = 0;
    for step in Journal::<Step>::stream(&last)? {
        match step? {
            Step::Intent { to, replaces: Some(version), .. } => {
                // What was kept beside the journal goes before: such a store gives no older version back.
                former.entry(digest(at.key, &to.to_string())).or_insert(Former::Version(version));
            }
            Step::BackedUp { to, file, name } => {
                former.entry(digest(at.key, &to.to_string())).or_insert(Former::Kept { file, name });
            }
            Step::Written { .. } => total += 1,
            _ => {}
        }
    }
    at.watch.begin("taking back", total);
    // The receipts are read again rather than kept.
    let (mut back, mut steps) = (TakenBack::default(), Journal::<Step>::stream(&last)?);
    loop {
        let mut some = Vec::new();
        while some.len() < BATCH
            && let Some(step) = steps.next()
        {
            if let Step::Written { receipt, .. } = step? {
                some.push(receipt);
            }
        }
        if some.is_empty() {
            break;
        }
        if at.watch.stopped() {
            return Err(Failure::new(Exit::Interrupted, "stopped before everything was taken back")
                .advise("say the same command again: it goes on"));
        }
        at.to.keep_alive().await?;
        let (made, replaced): (Vec<Receipt>, Vec<Receipt>) =
            some.iter().cloned().partition(|receipt| receipt.written == Written::Created);
        for removed in at.to.remove_many(&made).await {
            if removed? {
                back.removed += 1;
            } else {
                back.kept += 1;
            }
        }
        let all = replaced.iter().map(|receipt| at.give_back(receipt, &former, &last));
        let done: Vec<Result<bool, Failure>> =
            futures_util::stream::iter(all).buffer_unordered(AT_ONCE).collect().await;
        for restored in done {
            if restored? {
                back.restored += 1;
            } else {
                back.kept += 1;
            }
        }
        at.watch.step(some.len());
    }
    Journal::open_each(&last, |_: Step| {})?.append(&[Step::Undone])?;
    Ok(back)
}

impl Undoing<'_> {
    /// Puts back what a write replaced, where the target still holds what was written. Answers whether it did.
    async fn give_back(
        &self,
        receipt: &Receipt,
        former: &HashMap<u128, Former>,
        journal: &Path,
    ) -> Result<bool, Failure> {
        let Some(former) = former.get(&digest(self.key, &receipt.address.to_string())).filter(|_| wrote(receipt))
        else {
            return Ok(false);
        };
        let before: Option<Secret> = match former {
            Former::Kept { file, name } => backup::kept(journal, file, name, self.backups).await?,
            Former::Version(version) => {
                let at = Address { version: Some(version.clone()), ..receipt.address.clone() };
                self.to.read(&at).await?.map(|entry| entry.secret)
            }
        };
        let (Some(before), Some(version)) = (before, receipt.version.clone()) else { return Ok(false) };
        let id = WriteId::new(self.key, "undo", &receipt.address, &before);
        match self.to.write(&receipt.address, &before, &Expect::Version(version), &id).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
