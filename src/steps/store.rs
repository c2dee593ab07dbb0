//! Approved -> Stored -> Verified: a value is safe once the store gave it back and it is equal.

use keylift_providers::{ErrorKind, Expect, FingerprintKey, Receipt, Store, StoreError, Write, WriteId};

use crate::model::{Approved, Cause, Held, Stored, Verified};

/// How many values are written and read back at a time: what AWS gives in one batch read
/// ("`BatchGetSecretValue`": at most 20), and few enough that little is in the air when a run stops.
pub const BATCH: usize = 20;

/// What stands at the addresses before the first write.
#[derive(Debug, Default)]
pub struct Probe {
    /// Moves whose address holds something else.
    pub taken: Vec<Held>,
    /// Moves whose value is there already.
    pub present: Vec<String>,
}

/// Before the first write: which addresses hold something else already. Nothing is written where there is one.
///
/// A store that may be written but not read cannot be used: without the read-back no code is rewritten.
///
/// # Errors
/// Where the store cannot be reached or does not let this run in.
pub async fn probe(store: &dyn Store, approved: &[Approved]) -> Result<Probe, StoreError> {
    let addresses: Vec<_> = approved.iter().map(|one| one.address.clone()).collect();
    store.preflight(&addresses).await?;
    let mut found = Probe::default();
    for (one, entry) in approved.iter().zip(store.read_many(&addresses).await) {
        match entry? {
            Some(entry) if entry.secret != one.secret => found.taken.push(taken_by_another(one)),
            Some(_) => found.present.push(one.name.clone()),
            None => {}
        }
    }
    Ok(found)
}

/// Writes values, each expecting an empty address. Answers in order.
pub async fn write(
    store: &dyn Store,
    batch: &[Approved],
    run: &str,
    key: &FingerprintKey,
) -> Vec<Result<Receipt, StoreError>> {
    let ids: Vec<WriteId> = batch.iter().map(|one| WriteId::new(key, run, &one.address, &one.secret)).collect();
    let writes: Vec<Write<'_>> = batch
        .iter()
        .zip(&ids)
        .map(|(one, id)| Write { address: &one.address, secret: &one.secret, expect: &Expect::Absent, id })
        .collect();
    store.write_many(&writes).await
}

/// Reads values back and compares. Answers in order.
pub async fn verify(store: &dyn Store, stored: Vec<Stored>) -> Vec<Result<Verified, Held>> {
    let addresses: Vec<_> = stored.iter().map(|one| one.receipt.address.clone()).collect();
    let entries = store.read_many(&addresses).await;
    let missing = entries.len()..stored.len();
    let answers = entries.into_iter().map(|entry| entry.map_err(|error| (error.message, error.advice)));
    let silent = missing.map(|_| Err(("the store did not answer for every value".to_owned(), None)));
    stored
        .into_iter()
        .zip(answers.chain(silent))
        .map(|(stored, answer)| {
            let name = stored.approved.name.clone();
            let unverified = |reason: String, advice: Option<String>| Held {
                name,
                cause: Cause::Store,
                reason,
                advice: advice.unwrap_or_else(|| "the code was left as it is; try again with `keylift resume`".into()),
            };
            match answer {
                Err((message, advice)) => Err(unverified(message, advice)),
                Ok(None) => Err(unverified(format!("{} is empty after the write", stored.receipt.address), None)),
                Ok(Some(entry)) => Verified::compare(stored, &entry.secret).map_err(|stored| {
                    unverified(
                        format!("{} gave another value back than was written", stored.receipt.address),
                        Some("look at the entry with the store's own tool: something else writes to it".into()),
                    )
                }),
            }
        })
        .collect()
}

/// Why a write that failed holds its move back.
pub fn refused(one: &Approved, error: &StoreError) -> Held {
    match error.kind {
        // The store may know more than that the address is taken: a scheduled deletion has a way out of its own.
        ErrorKind::Conflict => match &error.advice {
            Some(advice) => Held { reason: error.message.clone(), advice: advice.clone(), ..taken_by_another(one) },
            None => taken_by_another(one),
        },
        _ => Held {
            name: one.name.clone(),
            cause: Cause::Store,
            reason: error.message.clone(),
            advice: error.advice.clone().unwrap_or_else(|| "mend it, then `keylift resume`".into()),
        },
    }
}

fn taken_by_another(one: &Approved) -> Held {
    Held {
        name: one.name.clone(),
        cause: Cause::Taken,
        reason: format!("{} holds another value", one.address),
        advice: "give the move another address in the plan, or remove the entry if it is not in use".into(),
    }
}
