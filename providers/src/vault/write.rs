//! Writing one field under an expectation, with the other fields of the entry kept.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::entry::part;
use super::kv::{Live, Put, State};
use super::ready::Ready;
use super::{VaultStore, names};
use crate::secret::Secret;
use crate::store::{Address, ErrorKind, Expect, Receipt, StoreError, Written};

/// Rounds of reading and writing against other writers of the same entry.
const ROUNDS: usize = 8;

impl VaultStore {
    pub(super) async fn write_v2(
        &self,
        ready: &Ready,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
    ) -> Result<Receipt, StoreError> {
        let kv = self.kv(ready);
        let path = &address.path;
        // The usual case in one request: nothing is there yet.
        let mut refusal = None;
        let mut perhaps = None;
        if *expect == Expect::Absent {
            match kv.write(path, &merged(Map::new(), address, secret)?, 0).await? {
                Put::Done(version) => return Ok(receipt(address, version, Written::Created)),
                // "check-and-set parameter did not match", our own write whose answer was lost, or something else
                // altogether: only the entry itself tells.
                Put::Refused(error, since) => {
                    refusal = Some(error);
                    perhaps = Perhaps::new(1, since, Written::Created);
                }
            }
        }
        for _ in 0..ROUNDS {
            let (fields, version, written) = match (kv.read(path, None).await?, expect) {
                (State::Live(live), _) => {
                    match part(&live.fields, address)? {
                        // A replay, or the same value from an earlier run.
                        Some(found) if found == *secret => {
                            let written = match (expect, &perhaps) {
                                (_, Some(perhaps)) if perhaps.made(&live) => perhaps.written,
                                (Expect::Version(before), _) if follows(before, live.version) => Written::Updated,
                                _ => Written::AlreadyEqual,
                            };
                            return Ok(receipt(address, live.version, written));
                        }
                        Some(_) if *expect == Expect::Absent => return Err(conflict(path, "it holds another value")),
                        found => {
                            if let Expect::Version(version) = expect
                                && *version != live.version.to_string()
                            {
                                let why = format!("it is at version {}, not {version}", live.version);
                                return Err(conflict(path, &why));
                            }
                            let written = if found.is_some() { Written::Updated } else { Written::Created };
                            let Live { fields, version, .. } = live;
                            (fields, version, written)
                        }
                    }
                }
                (_, Expect::Version(version)) => {
                    return Err(conflict(path, &format!("version {version} is not there any more")));
                }
                // A deleted entry keeps counting: `cas=0` would be refused for ever.
                (State::Deleted(version), _) => (Map::new(), version, Written::Created),
                (State::Absent, _) => match refusal.take() {
                    // Refused, and still nothing there: it was not about the version.
                    Some(error) => return Err(error),
                    None => (Map::new(), 0, Written::Created),
                },
            };
            match kv.write(path, &merged(fields, address, secret)?, version).await? {
                Put::Done(version) => return Ok(receipt(address, version, written)),
                Put::Refused(error, since) => {
                    refusal = Some(error);
                    perhaps = Perhaps::new(version + 1, since, written);
                }
            }
        }
        Err(refusal.unwrap_or_else(|| conflict(path, "others keep writing it")))
    }

    /// KV v1 cannot be told what to expect: the entry is looked at just before.
    pub(super) async fn write_v1(
        &self,
        ready: &Ready,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
    ) -> Result<Receipt, StoreError> {
        let kv = self.kv(ready);
        let path = &address.path;
        let version = Some(self.versions.of(secret)?);
        let done = |written| Receipt { version, ..receipt(address, 0, written) };
        let _turn = self.turn.lock().await;
        let fields = match kv.read(path, None).await? {
            State::Live(live) => live.fields,
            State::Absent | State::Deleted(_) => Map::new(),
        };
        let found = if fields.is_empty() && address.field.is_none() { None } else { part(&fields, address)? };
        let written = match (found, expect) {
            (Some(found), _) if found == *secret => return Ok(done(Written::AlreadyEqual)),
            (Some(_), Expect::Absent) => return Err(conflict(path, "it holds another value")),
            (Some(found), Expect::Version(expected)) if self.versions.of(&found)? != *expected => {
                return Err(conflict(path, "it was changed in the meantime"));
            }
            (None, Expect::Version(_)) => return Err(conflict(path, "it is gone")),
            (Some(_), _) => Written::Updated,
            (None, _) => Written::Created,
        };
        match kv.write(path, &merged(fields, address, secret)?, 0).await? {
            Put::Done(_) => Ok(done(written)),
            Put::Refused(error, _) => Err(error),
        }
    }

    /// Deletes an entry's current version softly, while it is the expected one.
    pub(super) async fn let_go(&self, ready: &Ready, address: &Address, version: &str) -> Result<bool, StoreError> {
        let kv = self.kv(ready);
        let path = &address.path;
        if kv.engine == super::kv::Engine::V1 {
            let message = format!("{path} was left as it is: KV version 1 deletes for ever");
            return Err(StoreError::new(ErrorKind::Rejected, message)
                .advise("remove it by hand once nothing reads it any more"));
        }
        let State::Live(live) = kv.read(path, None).await? else { return Ok(false) };
        if live.version.to_string() != version {
            return Ok(false);
        }
        // That version and no other: one that is written in between stays, and stays the current one.
        kv.delete(path, live.version, false).await?;
        Ok(!matches!(kv.read(path, None).await?, State::Live(_)))
    }

    /// Takes back what receipts say was created in one entry: each part that still holds what was written there.
    pub(super) async fn take_back(&self, ready: &Ready, receipts: Vec<&Receipt>) -> Result<Vec<bool>, StoreError> {
        let kv = self.kv(ready);
        let none = || receipts.iter().map(|_| false).collect::<Vec<_>>();
        let Some(path) = receipts.first().map(|receipt| &receipt.address.path) else { return Ok(Vec::new()) };
        let _turn = self.turn.lock().await;
        let State::Live(live) = kv.read(path, None).await? else { return Ok(none()) };
        let mut ours = Vec::with_capacity(receipts.len());
        for receipt in &receipts {
            ours.push(self.holds(ready, &live, receipt).await?);
        }
        if !ours.contains(&true) {
            return Ok(ours);
        }
        let version = live.version;
        let mut fields = live.fields;
        for (receipt, _) in receipts.iter().zip(&ours).filter(|(_, ours)| **ours) {
            match &receipt.address.field {
                Some(field) => drop(fields.remove(field)),
                None => fields.clear(),
            }
        }
        if !fields.is_empty() {
            // Somebody else's fields stay.
            return match kv.write(path, &fields, version).await? {
                Put::Done(_) => Ok(ours),
                Put::Refused(..) => Ok(none()),
            };
        }
        // The history goes as well where all of it is ours; else it is somebody else's, and only this version goes.
        let only = match kv.engine {
            super::kv::Engine::V1 => true,
            super::kv::Engine::V2 => match kv.metadata(path).await {
                Ok(metadata) => metadata.is_some_and(|about| is_all_of(&about["versions"], &receipts)),
                // The right to read metadata is not needed for anything else.
                Err(error) if error.kind == ErrorKind::Denied => false,
                Err(error) => return Err(error),
            },
        };
        match kv.delete(path, version, only).await {
            Err(error) if only && error.kind == ErrorKind::Denied => kv.delete(path, version, false).await?,
            other => other?,
        }
        // Older versions that went with the entry are none of its parts now.
        Ok(ours)
    }

    /// Whether what a receipt says was written is still there. The fields of one entry share its version, which moves on
    /// with each of them: a field is as it was written where it has the same value, and the entry differs in another one.
    async fn holds(&self, ready: &Ready, live: &Live, receipt: &Receipt) -> Result<bool, StoreError> {
        let address = Address { version: None, ..receipt.address.clone() };
        let Some(now) = self.entry(&address, live, ready.engine)? else { return Ok(false) };
        if now.version == receipt.version {
            return Ok(true);
        }
        let version = receipt.version.as_deref().and_then(|version| version.parse::<u64>().ok());
        let (Some(version), Some(_), super::kv::Engine::V2) = (version, &address.field, ready.engine) else {
            return Ok(false);
        };
        let State::Live(then) = self.kv(ready).read(&address.path, Some(version)).await? else { return Ok(false) };
        let written = part(&then.fields, &address)?;
        Ok(written.is_some_and(|written| written == now.secret) && then.fields != live.fields)
    }
}

/// Whether the versions of an entry are those of the receipts and no others.
fn is_all_of(versions: &Value, receipts: &[&Receipt]) -> bool {
    let known = |id: &String| receipts.iter().any(|receipt| receipt.version.as_ref() == Some(id));
    versions.as_object().is_some_and(|all| !all.is_empty() && all.keys().all(known))
}

/// A write of ours whose answer was lost, and which may have taken effect.
struct Perhaps {
    version: u64,
    since: Timestamp,
    written: Written,
}

impl Perhaps {
    fn new(version: u64, since: Option<Timestamp>, written: Written) -> Option<Self> {
        Some(Self { version, since: since?, written })
    }

    /// Whether that write made this version, whose value was found equal: it has the number that the write would have
    /// got, and was made after the write had begun. Somebody else would have had to write the same value, on the same
    /// version, between two attempts of ours.
    fn made(&self, live: &Live) -> bool {
        live.version == self.version && live.created.is_some_and(|created| created >= self.since)
    }
}

/// The fields with the address's part set to the value.
fn merged(
    mut fields: Map<String, Value>,
    address: &Address,
    secret: &Secret,
) -> Result<Map<String, Value>, StoreError> {
    let text = secret.expose_str().unwrap_or_default();
    let Some(field) = &address.field else {
        return serde_json::from_str(text)
            .map_err(|_| StoreError::new(ErrorKind::Rejected, format!("{} takes a JSON object", address.path)));
    };
    fields.insert(field.clone(), Value::from(text));
    if fields.len() > 1 {
        // With what is beside it, a value that fits alone may be too much for the server's storage.
        let size = serde_json::to_vec(&fields).map_or(usize::MAX, |json| json.len());
        crate::names::check_size(&address.path, size, names::MAX_ENTRY)?;
    }
    if fields.values().all(names::survives) {
        return Ok(fields);
    }
    Err(StoreError::new(
        ErrorKind::Rejected,
        format!("another field of {} holds a number that Vault changes", address.path),
    )
    .advise("writing beside it would alter it: write that field as a string first, or choose another name"))
}

/// Whether `version` is the one right after `before`.
fn follows(before: &str, version: u64) -> bool {
    before.parse::<u64>().is_ok_and(|before| before.checked_add(1) == Some(version))
}

fn receipt(address: &Address, version: u64, written: Written) -> Receipt {
    let address = Address { version: None, ..address.clone() };
    Receipt { address, version: Some(version.to_string()), written }
}

fn conflict(path: &str, why: &str) -> StoreError {
    StoreError::new(ErrorKind::Conflict, format!("{path} was left as it is: {why}"))
        .advise("choose another name (in the plan, or with --map), or look at the entry first")
}
