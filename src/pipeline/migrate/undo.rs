//! Taking a migration back: what it made goes, what it replaced comes back, where the target still holds what it wrote.

mod trail;

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::StreamExt as _;
use keylift_providers::{Address, Entry, ErrorKind, Expect, FingerprintKey, Receipt, Secret, Store, WriteId, Written};

use self::trail::{Begun, Former, Made, Trail};
use super::batch::{of_one, wrote};
use super::log::{Effect, State, Step, journals};
use super::{AT_ONCE, Backups, backup};
use crate::journal::{Journal, RunLock};
use crate::model::{Exit, Failure, TakenBack};
use crate::pipeline::Watch;

/// Writes that are taken back between two looks at whether the user wants to stop.
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

/// What is taken back in one go.
#[derive(Default)]
struct Part {
    written: Vec<Made>,
    /// Writes whose answers a crash took: what the target holds tells.
    begun: Vec<Begun>,
    /// Values that waited beside others, and were not made current as far as the journal knows.
    waiting: Vec<Receipt>,
}

/// What became of an entry whose value was replaced.
enum Given {
    /// It holds again what it held before.
    Back,
    /// It does already.
    Before,
    /// It holds something newer, or what it held is not to be had.
    Kept,
}

impl Part {
    fn len(&self) -> usize {
        self.written.len() + self.begun.len() + self.waiting.len()
    }
}

/// Takes the latest migration between two stores back that wrote anything.
///
/// # Errors
/// Where there is nothing to take back, or the target is out of reach: said again, it goes on.
pub async fn undo(at: &Undoing<'_>) -> Result<TakenBack, Failure> {
    let _lock = RunLock::take(at.dir)?;
    let mut all = journals(at.dir);
    if all.is_empty() {
        return Err(Failure::usage("nothing was migrated between these two"));
    }
    // One that wrote nothing, because all was there already, does not hide the one before it.
    let (last, replaced) = loop {
        let Some(last) = all.pop() else { return Ok(TakenBack::default()) };
        let state = State::of(&last)?;
        if state.effect > Effect::Nothing && state.undone {
            return Err(Failure::new(Exit::Done, "the last migration between these two is undone already"));
        }
        if state.effect > Effect::Nothing {
            break (last, state.effect == Effect::Replaced);
        }
        if !state.is_over() {
            Journal::open_each(&last, |_: Step| {})?.append(&[Step::Undone])?;
        }
    };
    let mut trail = Trail::read(&last, at.key, replaced)?;
    at.watch.begin("taking back", trail.len());
    // The receipts are read again rather than kept.
    let (mut back, mut steps) = (TakenBack::default(), Journal::<Step>::stream(&last)?);
    loop {
        let mut part = Part::default();
        while part.len() < BATCH
            && let Some(step) = steps.next()
        {
            trail.sort(at.key, step?, &mut part);
        }
        let count = part.len();
        if count == 0 {
            break;
        }
        if at.watch.stopped() {
            return Err(Failure::new(Exit::Interrupted, "stopped before everything was taken back")
                .advise("say the same command again: it goes on"));
        }
        at.to.keep_alive().await?;
        at.take_back(part, &mut trail, &last, &mut back).await?;
        at.watch.step(count);
    }
    Journal::open_each(&last, |_: Step| {})?.append(&[Step::Undone])?;
    Ok(back)
}

impl Undoing<'_> {
    async fn take_back(
        &self,
        part: Part,
        trail: &mut Trail,
        journal: &Path,
        back: &mut TakenBack,
    ) -> Result<(), Failure> {
        let Part { mut written, begun, waiting } = part;
        let arrived = self.arrived(begun).await?;
        for made in &arrived {
            trail.settle(self.key, &made.receipt);
        }
        written.extend(arrived);
        let open = |one: &Receipt| one.version.is_none() || !trail.is_settled(self.key, one);
        let waiting: Vec<Receipt> = waiting.into_iter().filter(open).collect();
        back.unstaged += self.to.unstage_many(&waiting).await?;
        let (made, replaced): (Vec<Made>, Vec<Made>) =
            written.into_iter().partition(|made| made.receipt.written == Written::Created);
        let mut receipts = Vec::with_capacity(made.len());
        for Made { receipt, older, .. } in made {
            let before = Address { field: None, ..receipt.address.clone() };
            let before = older.into_iter().map(|version| Receipt {
                address: before.clone(),
                version: Some(version),
                written: Written::Created,
            });
            let before: Vec<Receipt> = before.collect();
            receipts.push((receipt, true));
            receipts.extend(before.into_iter().map(|one| (one, false)));
        }
        let (receipts, counts): (Vec<Receipt>, Vec<bool>) = receipts.into_iter().unzip();
        let removed = self.to.remove_many(&receipts).await;
        let mut still = Vec::new();
        for ((removed, _), receipt) in removed.into_iter().zip(counts).zip(receipts).filter(|((_, counts), _)| *counts)
        {
            if removed? {
                back.removed += 1;
            } else {
                still.push(Address { version: None, ..receipt.address });
            }
        }
        // An undo that stopped on its way had come to those that are gone.
        for found in self.to.read_many(&still).await {
            match found {
                Ok(None) => back.before += 1,
                Ok(Some(_)) => back.kept += 1,
                Err(error) if of_one(error.kind) => back.kept += 1,
                Err(error) => return Err(error.into()),
            }
        }
        // Fields of one entry share its version: one after the other.
        let mut entries: BTreeMap<String, Vec<Made>> = BTreeMap::new();
        for made in replaced {
            entries.entry(made.receipt.address.path.clone()).or_default().push(made);
        }
        let trail = &*trail;
        let all = entries.into_values().map(|fields| async move {
            let mut answers = Vec::with_capacity(fields.len());
            for made in fields {
                answers.push(self.give_back(&made, trail, journal).await?);
            }
            Ok::<_, Failure>(answers)
        });
        let done: Vec<Result<Vec<Given>, Failure>> =
            futures_util::stream::iter(all).buffer_unordered(AT_ONCE).collect().await;
        for answers in done {
            for given in answers? {
                match given {
                    Given::Back => back.restored += 1,
                    Given::Before => back.before += 1,
                    Given::Kept => back.kept += 1,
                }
            }
        }
        Ok(())
    }

    /// Which of the writes took effect whose answers a crash took: the target holds their very values.
    async fn arrived(&self, begun: Vec<Begun>) -> Result<Vec<Made>, Failure> {
        let addresses: Vec<Address> = begun.iter().map(|one| one.to.clone()).collect();
        let mut arrived = Vec::new();
        for (one, found) in begun.into_iter().zip(self.to.read_many(&addresses).await) {
            let entry = match found {
                Ok(entry) => entry,
                Err(error) if of_one(error.kind) => None,
                Err(error) => return Err(error.into()),
            };
            let written = if one.fresh { Written::Created } else { Written::Updated };
            let made = |version, older, fingerprint| {
                let receipt = Receipt { address: one.to.clone(), version, written };
                Made { receipt, fingerprint: Some(fingerprint), older }
            };
            if !one.older.is_empty() {
                if let Some((last, older)) = self.all_of(&one).await?.split_last() {
                    arrived.push(made(Some(last.clone()), older.to_vec(), one.fingerprint.clone()));
                }
            } else if let Some(entry) = entry.filter(|entry| self.key.fingerprint(&entry.secret) == one.fingerprint) {
                arrived.push(made(entry.version, Vec::new(), one.fingerprint.clone()));
            }
        }
        Ok(arrived)
    }

    /// The versions that a write with older ones came to before the crash; none where any of them is not its own.
    async fn all_of(&self, one: &Begun) -> Result<Vec<String>, Failure> {
        let whole = Address { field: None, ..one.to.clone() };
        let mut versions = Vec::new();
        for (index, version) in self.to.history(&whole).await?.into_iter().enumerate() {
            let entry = self.at(&whole, Some(&version.id)).await?;
            if entry.map(|entry| self.key.fingerprint(&entry.secret)).as_ref() != one.older.get(index) {
                return Ok(Vec::new());
            }
            versions.push(version.id);
        }
        Ok(versions)
    }

    /// Puts back what a write replaced, where the target still holds what was written.
    async fn give_back(&self, made: &Made, trail: &Trail, journal: &Path) -> Result<Given, Failure> {
        let receipt = &made.receipt;
        let Some(former) = trail.former(self.key, receipt).filter(|_| wrote(receipt)) else { return Ok(Given::Kept) };
        let before: Option<Secret> = match former {
            Former::Kept { file, name } => backup::kept(journal, file, name, self.backups).await?,
            Former::Version(version) => self.at(&receipt.address, Some(version)).await?.map(|entry| entry.secret),
        };
        let Some(before) = before else { return Ok(Given::Kept) };
        let Some(version) = self.still_there(made).await? else {
            let now = self.at(&receipt.address, None).await?;
            return Ok(if now.is_some_and(|now| now.secret == before) { Given::Before } else { Given::Kept });
        };
        let id = WriteId::new(self.key, "undo", &receipt.address, &before);
        match self.to.write(&receipt.address, &before, &Expect::Version(version), &id).await {
            Ok(_) => {}
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected) => return Ok(Given::Kept),
            Err(error) => return Err(error.into()),
        }
        if let Some(beside) = trail.beside(self.key, receipt)
            && self.to.metadata(&receipt.address).await? == beside.after
        {
            self.to.set_metadata(&receipt.address, &beside.before).await?;
        }
        Ok(Given::Back)
    }

    /// The version under which the target still holds what was written; none where somebody else wrote since.
    ///
    /// Fields of one entry share its version, which moves on with each of them: a field is as it was written where it
    /// has the same value, and the entry differs in something else. An entry that does not was written anew by somebody
    /// who meant that very value.
    async fn still_there(&self, made: &Made) -> Result<Option<String>, Failure> {
        let Receipt { address, version, .. } = &made.receipt;
        let (Some(version), Some(now)) = (version.as_ref(), self.at(address, None).await?) else { return Ok(None) };
        if now.version.as_ref() == Some(version) {
            return Ok(now.version);
        }
        if address.field.is_none() || made.fingerprint != Some(self.key.fingerprint(&now.secret)) {
            return Ok(None);
        }
        let whole = Address { field: None, ..address.clone() };
        let then = self.at(&whole, Some(version)).await?;
        let current = self.at(&whole, now.version.as_ref()).await?;
        let moved_on = then.zip(current).is_some_and(|(then, current)| then.secret != current.secret);
        Ok(now.version.filter(|_| moved_on))
    }

    /// An entry in a version; none where it is not to be had.
    async fn at(&self, address: &Address, version: Option<&String>) -> Result<Option<Entry>, Failure> {
        let at = Address { version: version.cloned(), ..address.clone() };
        match self.to.read(&at).await {
            Ok(entry) => Ok(entry),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected | ErrorKind::Corrupt) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
