//! Comparing two stores: every value of one with its place in the other.

use std::collections::HashSet;

use keylift_providers::{Address, ErrorKind, FingerprintKey, Store};

use super::BATCH;
use super::log::digest;
use crate::model::{Compared, Failure, Stays};
use crate::pipeline::Watch;
use crate::steps::carry::{Fields, Route};

/// What a comparison looks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// What the target has beside.
    pub extra: bool,
    /// A target that holds further fields of a JSON object counts as equal.
    pub merged: bool,
}

/// Compares every value of a store with its place in another.
///
/// # Errors
/// Where a store is out of reach.
pub async fn compare(
    route: &Route<'_>,
    key: &FingerprintKey,
    wanted: Wanted,
    watch: &dyn Watch,
) -> Result<Compared, Failure> {
    let mut compared = Compared::default();
    let mut seen: HashSet<u128> = HashSet::new();
    let to = route.target();
    let place = |to: &Address| digest(key, &to.path);
    watch.begin("comparing", 0);
    let mut walk = route.walk(BATCH, false);
    while let Some(reading) = walk.next().await? {
        to.keep_alive().await?;
        reading.stays.into_iter().try_for_each(|stays| compared.stays.push(stays))?;
        reading.failed.into_iter().try_for_each(|failed| compared.failed.push(failed))?;
        let addresses: Vec<Address> = reading.carried.iter().map(|one| one.to.clone()).collect();
        if wanted.extra {
            seen.extend(addresses.iter().map(place));
        }
        for (one, entry) in reading.carried.into_iter().zip(to.read_many(&addresses).await) {
            match entry {
                Ok(None) => compared.missing.push(one.from)?,
                Ok(Some(entry)) if one.equals(&entry.secret) => compared.equal += 1,
                Ok(Some(entry))
                    if (one.fields || wanted.merged) && one.compare_fields(&entry.secret) == Some(Fields::More) =>
                {
                    compared.equal += 1;
                    compared.more += 1;
                }
                Ok(Some(_)) => compared.different.push(one.from)?,
                Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Unavailable) => {
                    return Err(error.into());
                }
                Err(error) => {
                    let advice = error.advice.unwrap_or_else(|| "look at the entry in the target".to_owned());
                    compared.failed.push(Stays { from: one.from, reason: error.message, advice })?;
                }
            }
        }
        watch.step(reading.entries);
        if watch.stopped() {
            return Err(Failure::new(crate::model::Exit::Interrupted, "stopped before everything was compared"));
        }
    }
    if wanted.extra {
        beside(to, |address| !seen.contains(&place(address)), &mut compared).await?;
    }
    Ok(compared)
}

/// What the target has that nothing in the source goes to.
async fn beside(to: &dyn Store, unseen: impl Fn(&Address) -> bool, compared: &mut Compared) -> Result<(), Failure> {
    let mut from = None;
    loop {
        let page = to.list(from).await?;
        for address in page.addresses.into_iter().filter(&unseen) {
            compared.extra.push(address)?;
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}
