//! Writing under an expectation: a new version goes under a private stage, is read back there, and only then does
//! `AWSCURRENT` move to it, from the version that was expected. AWS refuses the move where that one is not current any
//! more, which makes it a compare-and-swap.

use std::time::Duration;

use super::call::{Code, Refusal};
use super::entry::{CURRENT, Live, State};
use super::read::part;
use super::{AwsStore, Link};
use crate::json::Object;
use crate::secret::{Secret, hex};
use crate::store::{Address, ErrorKind, Expect, Receipt, StoreError, WriteId, Written};

/// Rounds of looking and writing against other writers, and against answers that lag.
const ROUNDS: u32 = 8;
/// The longest that one round waits for an answer that lags.
const LAG: Duration = Duration::from_millis(400);

impl AwsStore {
    pub(super) async fn write_one(
        &self,
        link: &Link,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        let name = &address.path;
        let mut refused = None;
        for round in 0..ROUNDS {
            // The usual case in one request: nothing is there yet.
            let state =
                if round == 0 && *expect == Expect::Absent { State::Absent } else { link.get(name, None).await? };
            match (state, expect) {
                (State::Doomed, _) => return Err(doomed(name)),
                (State::Absent | State::Empty, Expect::Version(version)) => {
                    return Err(conflict(name, &format!("version {version} is not there any more")));
                }
                (State::Absent, _) => {
                    let (content, token) = merged(None, address, secret, id)?;
                    match link.create(name, &content, &token).await {
                        Ok(Some(version)) if version == token => {
                            self.remember(name, &version);
                            return Ok(receipt(address, version, Written::Created));
                        }
                        // A replay that AWS took for done: what is current now has to be looked at.
                        Ok(_) => {}
                        Err(Refusal { code: Code::Exists | Code::InvalidRequest, error }) => refused = Some(error),
                        Err(refusal) => return Err(refusal.error),
                    }
                    if round > 0 {
                        // Neither there nor not: the answers lag behind each other.
                        tokio::time::sleep(LAG).await;
                    }
                }
                (State::Empty, _) => {
                    let (content, token) = merged(None, address, secret, id)?;
                    match self.swap(link, name, None, &content, &token).await? {
                        None => return Ok(receipt(address, token, Written::Updated)),
                        refusal => refused = refusal,
                    }
                }
                (State::Live(live), _) => {
                    let found = part(&live.content, address)?;
                    if found.as_ref() == Some(secret) {
                        let written = replayed(&live, address, expect, id);
                        return Ok(receipt(address, live.version, written));
                    }
                    match expect {
                        Expect::Absent if found.is_some() => return Err(conflict(name, "it holds another value")),
                        Expect::Version(version) if *version != live.version => {
                            return Err(conflict(name, &format!("it is at version {}, not {version}", live.version)));
                        }
                        _ => {}
                    }
                    let written = if found.is_some() { Written::Updated } else { Written::Created };
                    let (content, token) = merged(Some(&live), address, secret, id)?;
                    match self.swap(link, name, Some(&live.version), &content, &token).await? {
                        None => return Ok(receipt(address, token, written)),
                        refusal => refused = refusal,
                    }
                }
            }
        }
        Err(refused.unwrap_or_else(|| conflict(name, "others keep writing it")))
    }

    /// Makes `content` the current version, provided that `from` is it now. AWS's refusal where it is not.
    async fn swap(
        &self,
        link: &Link,
        name: &str,
        from: Option<&str>,
        content: &Secret,
        token: &str,
    ) -> Result<Option<StoreError>, StoreError> {
        if let Some(refusal) = self.put_aside(link, name, content, token).await? {
            return Ok(Some(refusal));
        }
        self.make_current(link, name, from, token).await
    }

    /// Puts a version under a stage of its own, which no program reads, and reads it back. AWS's refusal where the entry
    /// takes none.
    pub(super) async fn put_aside(
        &self,
        link: &Link,
        name: &str,
        content: &Secret,
        token: &str,
    ) -> Result<Option<StoreError>, StoreError> {
        match link.stage(name, content, token, &stage_of(token)).await {
            Ok(()) => {}
            // Deleted in the meantime, or scheduled for it; or a replica, which takes no writes at all.
            Err(Refusal { code: Code::NotFound | Code::InvalidRequest, error }) => return Ok(Some(error)),
            Err(refusal) => return Err(refusal.error),
        }
        match link.get(name, Some(token)).await? {
            State::Live(staged) if staged.content == *content => Ok(None),
            State::Doomed => Err(doomed(name)),
            _ => Err(StoreError::new(
                ErrorKind::Corrupt,
                format!("{name} was left as it is: AWS gives the new version back changed"),
            )),
        }
    }

    /// Moves `AWSCURRENT` from the version that is expected to one that was put aside. AWS's refusal where another one is
    /// current.
    pub(super) async fn make_current(
        &self,
        link: &Link,
        name: &str,
        from: Option<&str>,
        token: &str,
    ) -> Result<Option<StoreError>, StoreError> {
        let moved = link.move_stage(name, CURRENT, from, Some(token)).await;
        if moved.is_ok() {
            self.remember(name, token);
        }
        // The version stays, or goes with its last stage where it lost. Neither depends on this going through.
        let _ = link.move_stage(name, &stage_of(token), Some(token), None).await;
        match moved {
            Ok(()) => Ok(None),
            Err(Refusal { code: Code::InvalidParameter | Code::NotFound | Code::InvalidRequest, error }) => {
                // The first version of an entry becomes the current one by itself.
                let first = from.is_none();
                let state = if first { link.get(name, None).await? } else { State::Absent };
                Ok(if matches!(state, State::Live(live) if live.version == token) { None } else { Some(error) })
            }
            Err(refusal) => Err(refusal.error),
        }
    }

    /// Takes back what receipts say was created in one entry: each part that still holds what was written there.
    pub(super) async fn take_back(&self, link: &Link, receipts: Vec<&Receipt>) -> Result<Vec<bool>, StoreError> {
        let none = || receipts.iter().map(|_| false).collect::<Vec<_>>();
        let Some(name) = receipts.first().map(|receipt| &receipt.address.path) else { return Ok(Vec::new()) };
        let versions: Vec<&str> = receipts.iter().filter_map(|receipt| receipt.version.as_deref()).collect();
        let mut ours: Vec<bool> = receipts.iter().map(|_| true).collect();
        match link.get(name, None).await? {
            State::Absent | State::Empty => return Ok(none()),
            // Perhaps by this very call, which was cut off: what is checked below holds for it as well.
            State::Doomed => {}
            State::Live(live) => {
                for (receipt, ours) in receipts.iter().zip(&mut ours) {
                    *ours = holds(link, &live, receipt).await?;
                }
                if !ours.contains(&true) {
                    return Ok(ours);
                }
                let mut rest = live.content.expose_str().and_then(Object::parse);
                let whole = receipts.iter().any(|receipt| receipt.address.field.is_none());
                if let Some(object) = rest.as_mut().filter(|_| !whole) {
                    for (receipt, _) in receipts.iter().zip(&ours).filter(|(_, ours)| **ours) {
                        receipt.address.field.iter().for_each(|field| object.unset(field));
                    }
                    if object.names().next().is_some() || !self.only(link, name, &versions).await? {
                        // Somebody else's fields, or history, stay.
                        let rest = object.to_secret();
                        let refused = self.swap(link, name, Some(&live.version), &rest, &fresh_token()?).await?;
                        return Ok(if refused.is_none() { ours } else { none() });
                    }
                } else if !self.only(link, name, &versions).await? {
                    return Ok(none());
                }
                // Nobody can write to an entry that is scheduled for deletion: what holds then keeps holding.
                match link.delete(name, false).await {
                    Ok(()) | Err(Refusal { code: Code::InvalidRequest, .. }) => {}
                    Err(Refusal { code: Code::NotFound, .. }) => return Ok(none()),
                    Err(refusal) => return Err(refusal.error),
                }
            }
        }
        if self.only(link, name, &versions).await? {
            link.delete(name, true).await?;
            return Ok(ours);
        }
        link.restore(name).await?;
        Ok(none())
    }

    /// Schedules the deletion of a secret whose current version is the expected one.
    pub(super) async fn let_go(&self, link: &Link, name: &str, version: &str) -> Result<bool, StoreError> {
        match link.get(name, None).await? {
            State::Live(live) if live.version == version => {}
            _ => return Ok(false),
        }
        match link.schedule(name).await {
            Ok(()) => {}
            Err(Refusal { code: Code::NotFound, .. }) => return Ok(false),
            Err(refusal) => return Err(refusal.error),
        }
        // Nobody can write to it from now on. Whoever did just before keeps it.
        let about = link.describe(name).await?;
        let stages = about.as_ref().and_then(|about| about.version_ids_to_stages());
        let still = stages
            .is_some_and(|all| all.get(version).is_some_and(|stages| stages.iter().any(|stage| stage == CURRENT)));
        if !still {
            link.restore(name).await?;
        }
        Ok(still)
    }

    /// Whether all versions with a stage are among these, the current one too.
    async fn only(&self, link: &Link, name: &str, versions: &[&str]) -> Result<bool, StoreError> {
        let Some(about) = link.describe(name).await? else { return Ok(false) };
        let Some(stages) = about.version_ids_to_stages() else { return Ok(false) };
        let ours = |id: &str| versions.contains(&id);
        let current = stages.iter().any(|(id, stages)| ours(id) && stages.iter().any(|stage| stage == CURRENT));
        Ok(current && stages.iter().all(|(id, stages)| stages.is_empty() || ours(id)))
    }
}

/// Whether what a receipt says was written is still there. The fields of one entry share its version, which moves on with
/// each of them: a field is as it was written where it has the same value, and the entry differs in another one.
async fn holds(link: &Link, live: &Live, receipt: &Receipt) -> Result<bool, StoreError> {
    let address = &receipt.address;
    let Some(version) = receipt.version.as_deref() else { return Ok(false) };
    if live.version == version {
        return Ok(part(&live.content, address).is_ok_and(|part| part.is_some()));
    }
    if address.field.is_none() {
        return Ok(false);
    }
    let State::Live(then) = link.get(&address.path, Some(version)).await? else { return Ok(false) };
    let (Ok(Some(written)), Ok(Some(now))) = (part(&then.content, address), part(&live.content, address)) else {
        return Ok(false);
    };
    Ok(written == now && then.content != live.content)
}

/// The content that makes `address` hold the secret, and the token of the write that puts it there.
pub(super) fn merged(
    live: Option<&Live>,
    address: &Address,
    secret: &Secret,
    id: &WriteId,
) -> Result<(Secret, String), StoreError> {
    let Some(field) = &address.field else { return Ok((secret.duplicate(), id.token())) };
    let mut object = match live {
        None => Object::new(),
        Some(live) => {
            live.content.expose_str().and_then(Object::parse).ok_or_else(|| super::read::no_object(address))?
        }
    };
    object.set(field, secret.expose_str().unwrap_or_default());
    let content = object.to_secret();
    super::names::check_size(&address.path, content.len())?;
    // The token stands for all that is written: with other fields beside it, it is another write.
    let token = id.over(&content).token();
    Ok((content, token))
}

/// How a write ended whose value is there already: as it did the first time, where the version is the one it made.
fn replayed(live: &Live, address: &Address, expect: &Expect, id: &WriteId) -> Written {
    let token = if address.field.is_some() { id.over(&live.content).token() } else { id.token() };
    match expect {
        _ if token != live.version => Written::AlreadyEqual,
        Expect::Absent => Written::Created,
        Expect::Version(_) | Expect::Anything => Written::Updated,
    }
}

/// A version id for a write that nobody repeats from outside.
pub(super) fn fresh_token() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| StoreError::new(ErrorKind::Configuration, "the system gives no random numbers"))?;
    Ok(hex(&bytes))
}

/// One stage a write: two writers would take a shared one from each other.
pub(super) fn stage_of(token: &str) -> String {
    format!("keylift-{token}")
}

pub(super) fn receipt(address: &Address, version: String, written: Written) -> Receipt {
    Receipt { address: Address { version: None, ..address.clone() }, version: Some(version), written }
}

pub(super) fn conflict(name: &str, why: &str) -> StoreError {
    StoreError::new(ErrorKind::Conflict, format!("{name} was left as it is: {why}"))
        .advise("choose another name (in the plan, or with --map), or look at the entry first")
}

pub(super) fn doomed(name: &str) -> StoreError {
    StoreError::new(
        ErrorKind::Conflict,
        format!("{name} is scheduled for deletion: AWS keeps the name until it is gone, and shows no value"),
    )
    .advise(format!(
        "restore it and look at it (aws secretsmanager restore-secret --secret-id {name}), wait until the date that \
         `aws secretsmanager describe-secret` tells, or choose another name (in the plan, or with --map)"
    ))
}
