//! What is replaced in a store that keeps no versions is kept first: in an encrypted file beside the journal, from which
//! undo puts it back.

use std::path::Path;

use keylift_providers::{Address, Entry, Expect, Secret, Store, StoreError, Write, WriteId};

use super::Migration;
use super::log::{Log, Step, digest};
use crate::model::{Exit, Failure};

/// Opens the encrypted files in which migrations keep what they replace.
pub trait Backups: std::fmt::Debug {
    /// The store in a file, encrypted to the user.
    fn open(&self, path: &Path) -> Result<Box<dyn Store>, Failure>;
}

/// Keeps what is about to be replaced, and gives the steps that say where. Nothing where the target keeps versions.
pub(super) async fn keep(
    migration: &Migration<'_>,
    log: &Log,
    lost: &[(&Address, &Entry)],
) -> Result<Vec<Step>, Failure> {
    if lost.is_empty() || migration.to.capabilities().versions {
        return Ok(Vec::new());
    }
    // One file a batch: an age file is written anew with every change.
    let mut part = 1;
    while log.backup(part).exists() {
        part += 1;
    }
    let path = log.backup(part);
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let store = migration.backups.open(&path)?;
    let (mut addresses, mut ids, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for (to, entry) in lost {
        let name = format!("b{:032x}", digest(migration.key, &to.to_string()));
        let address = store.address(&name).map_err(StoreError::from)?;
        store.accepts(&address, &entry.secret).map_err(StoreError::from)?;
        ids.push(WriteId::new(migration.key, &log.run, &address, &entry.secret));
        addresses.push(address);
        steps.push(Step::BackedUp { to: (*to).clone(), file: file.clone(), name });
    }
    let writes: Vec<Write<'_>> = addresses
        .iter()
        .zip(lost)
        .zip(&ids)
        .map(|((address, (_, entry)), id)| Write { address, secret: &entry.secret, expect: &Expect::Absent, id })
        .collect();
    store.write_many(&writes).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (answer, (to, entry)) in store.read_many(&addresses).await.into_iter().zip(lost) {
        if answer?.is_none_or(|kept| kept.secret != entry.secret) {
            let message = format!("what {to} holds could not be kept, and nothing was replaced");
            return Err(Failure::new(Exit::Store, message));
        }
    }
    Ok(steps)
}

/// What was kept under a name.
pub(super) async fn kept(
    journal: &Path,
    file: &str,
    name: &str,
    backups: &dyn Backups,
) -> Result<Option<Secret>, Failure> {
    // The journal is the user's own, but a path in it is still no path to anywhere.
    let plain = Path::new(file).file_name().is_some_and(|only| only == file);
    if !plain {
        return Ok(None);
    }
    let store = backups.open(&journal.with_file_name(file))?;
    let address = store.address(name).map_err(StoreError::from)?;
    Ok(store.read(&address).await?.map(|entry| entry.secret))
}
