//! Backwards: every file as it was, byte for byte, with the values from the store.

use std::collections::{BTreeMap, BTreeSet};

use keylift_providers::{Address, Expect, Receipt, Secret, WriteId, Written};

use super::Surroundings;
use crate::files::{at_once, together};
use crate::journal::{Entry, Journal, Replay};
use crate::model::{Exit, Failure, Phase, Plan, StagedFile, Undone};
use crate::steps::approve::{self, Scope};
use crate::steps::restore::{self, Back, State};

/// Entries that are removed between two syncs of the journal.
const REMOVED_TOGETHER: usize = 500;

/// How far an undo goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct UndoOptions {
    /// Remove from the store what the run made there.
    pub purge: bool,
    /// Leave files as they are that somebody changed since, and close the run.
    pub skip_changed: bool,
}

/// Takes a run back.
///
/// # Errors
/// Where nothing could be done: the run is unknown, the store is out of reach. A file that somebody changed since is a
/// conflict in the answer.
pub async fn undo(id: &str, options: UndoOptions, at: &Surroundings<'_>) -> Result<Undone, Failure> {
    let lock = at.runs.lock()?;
    let (run, mut journal) = at.runs.open(id, &lock)?;
    let mut undone = Undone { run: id.to_owned(), ..Undone::default() };
    let Some(plan) = run.plan.clone() else {
        journal.append(&[Entry::Undone])?;
        return Ok(undone);
    };
    if run.phase == Phase::Undone && !options.purge {
        return Err(Failure::new(Exit::Done, format!("run {id} is undone already"))
            .advise(format!("`keylift undo {id} --purge` removes from the store what the run made there")));
    }
    journal.append(&[Entry::UndoStarted { purge: options.purge }])?;
    if run.phase != Phase::Undone {
        files(&run, &plan, &mut journal, &mut undone, at).await?;
    }
    let whole = undone.conflicts.is_empty() || options.skip_changed;
    if options.purge && whole {
        purge(&run, &plan, &mut journal, &mut undone, at).await?;
    }
    if whole {
        journal.append(&[Entry::Undone])?;
    }
    Ok(undone)
}

async fn files(
    run: &Replay,
    plan: &Plan,
    journal: &mut Journal,
    undone: &mut Undone,
    at: &Surroundings<'_>,
) -> Result<(), Failure> {
    let mut changed: Vec<&StagedFile> = Vec::new();
    for file in run.staged.iter().flatten().rev() {
        match restore::state(&at.root, file, at.key) {
            State::After => changed.push(file),
            State::Before => undone.restored.push(file.path.clone()),
            State::Other => {
                undone.conflicts.insert(file.path.clone(), format!("{} changed since the run", file.path));
            }
        }
    }
    let names: BTreeSet<&String> = changed.iter().flat_map(|file| &file.values).collect();
    let values = values(run, plan, &names, at).await?;
    at.watch.begin("restoring", changed.len());
    let (root, key) = (&at.root, at.key);
    let restore = |file: &&StagedFile| {
        let path = root.join(&file.path);
        restore::back(root, file, &values, key).and_then(|back| {
            match back {
                Back::Bytes(bytes) => crate::files::replace(&path, &bytes),
                // With its folder, if it had one of its own: others are not empty.
                Back::Remove => std::fs::remove_file(&path).map(|()| drop(path.parent().map(std::fs::remove_dir))),
            }
            .map_err(|error| format!("{}: {error}", file.path))
        })
    };
    for some in changed.chunks(together()) {
        let mut notes = Vec::new();
        for (file, done) in some.iter().zip(at_once(some, restore)) {
            match done {
                Ok(()) => {
                    undone.restored.push(file.path.clone());
                    notes.push(Entry::Restored { path: file.path.clone() });
                }
                Err(reason) => {
                    undone.conflicts.insert(file.path.clone(), reason);
                }
            }
        }
        journal.note(&notes)?;
        at.watch.step(some.len());
    }
    Ok(())
}

/// The values of moves, from the store: the version that the run wrote where the store keeps versions. A value that is
/// not the planned one is left out, and its files become conflicts.
async fn values(
    run: &Replay,
    plan: &Plan,
    names: &BTreeSet<&String>,
    at: &Surroundings<'_>,
) -> Result<BTreeMap<String, Secret>, Failure> {
    let versions = at.store.capabilities().versions;
    let wanted: Vec<(&String, Address)> = names
        .iter()
        .filter_map(|name| {
            let receipt = run.receipts.get(*name)?;
            let version = receipt.version.clone().filter(|_| versions);
            Some((*name, Address { version, ..receipt.address.clone() }))
        })
        .collect();
    let addresses: Vec<Address> = wanted.iter().map(|(_, address)| address.clone()).collect();
    let mut values = BTreeMap::new();
    for ((name, _), entry) in wanted.iter().zip(at.store.read_many(&addresses).await) {
        let planned = plan.moves.iter().find(|planned| planned.name == **name);
        if let Some(entry) = entry?
            && planned.is_some_and(|planned| planned.fingerprint == at.key.fingerprint(&entry.secret))
        {
            values.insert((*name).clone(), entry.secret);
        }
    }
    Ok(values)
}

/// Removes what this run made, and nothing else.
async fn purge(
    run: &Replay,
    plan: &Plan,
    journal: &mut Journal,
    undone: &mut Undone,
    at: &Surroundings<'_>,
) -> Result<(), Failure> {
    let mut receipts: BTreeMap<String, Receipt> = run.receipts.clone();
    receipts.extend(unanswered(run, plan, at).await?);
    let in_use = addresses_in_use(run, at)?;
    let mut going: Vec<(&String, Receipt)> = Vec::new();
    for (name, receipt) in &receipts {
        if run.removed.contains(name) {
            continue;
        }
        if receipt.written != Written::Created {
            undone.kept.push((name.clone(), "it was in the store before this run".into()));
        } else if let Some(other) = in_use.get(&receipt.address) {
            undone.kept.push((name.clone(), format!("run {other} uses it as well")));
        } else {
            going.push((name, receipt.clone()));
        }
    }
    at.watch.begin("removing", going.len());
    for some in going.chunks(REMOVED_TOGETHER) {
        at.store.keep_alive().await?;
        let receipts: Vec<Receipt> = some.iter().map(|(_, receipt)| receipt.clone()).collect();
        let (mut steps, mut fatal) = (Vec::new(), None);
        for ((name, _), answer) in some.iter().zip(at.store.remove_many(&receipts).await) {
            let removed = match answer {
                Ok(removed) => removed,
                Err(error) => {
                    fatal.get_or_insert(error);
                    continue;
                }
            };
            steps.push(Entry::Removed { name: (*name).clone(), removed });
            if removed {
                undone.removed.push((*name).clone());
            } else {
                undone.kept.push(((*name).clone(), "the store holds something newer there".into()));
            }
        }
        // What went is written down whatever became of the rest.
        journal.append(&steps)?;
        if let Some(error) = fatal {
            return Err(error.into());
        }
        at.watch.step(some.len());
    }
    Ok(())
}

/// Writes that were begun and never answered: where the store holds the value, writing it once more under the same
/// [`WriteId`] tells whether it was this run that made it.
async fn unanswered(run: &Replay, plan: &Plan, at: &Surroundings<'_>) -> Result<BTreeMap<String, Receipt>, Failure> {
    let names: BTreeSet<String> =
        run.intents.keys().filter(|name| !run.receipts.contains_key(*name)).cloned().collect();
    let mut receipts = BTreeMap::new();
    if names.is_empty() {
        return Ok(receipts);
    }
    let approval = approve::approve(plan, &at.root, at.key, Scope { names: Some(&names), ..Scope::default() });
    for one in &approval.approved {
        let there = at.store.read(&one.address).await?;
        if there.is_some_and(|entry| entry.secret == one.secret) {
            let id = WriteId::new(at.key, &run.id, &one.address, &one.secret);
            let receipt = at.store.write(&one.address, &one.secret, &Expect::Absent, &id).await?;
            receipts.insert(one.name.clone(), run.own(&one.name, receipt));
        }
    }
    Ok(receipts)
}

/// Addresses that other runs' rewritten code looks up.
fn addresses_in_use(run: &Replay, at: &Surroundings<'_>) -> Result<BTreeMap<Address, String>, Failure> {
    let mut used = BTreeMap::new();
    for other in at.runs.all()? {
        if other.id != run.id && other.phase != Phase::Undone {
            let moved = other.moved();
            let receipts = other.receipts.iter().filter(|(name, _)| moved.contains(name.as_str()));
            used.extend(receipts.map(|(_, receipt)| (receipt.address.clone(), other.id.clone())));
        }
    }
    Ok(used)
}
