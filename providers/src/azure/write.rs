//! Writes without a condition on the server: looked at before, counted after, and put right where somebody came between.

use std::collections::BTreeSet;

use super::api::{Api, Content, LOST, MARK, MOST_TAGS, Refusal, last, mark};
use super::disabled;
use crate::expect::{conflict, receipt};
use crate::secret::Secret;
use crate::store::{Address, ErrorKind, Expect, Receipt, StoreError, WriteId, Written};

/// Rounds of looking and writing.
const ROUNDS: usize = 8;
/// Looks at a secret that is being deleted.
const LOOKS: u64 = 10;

/// What is behind a name.
struct State {
    current: Option<Content>,
    versions: BTreeSet<String>,
    /// The version that this very write made.
    ours: Option<String>,
}

async fn state(api: &Api, name: &str, token: &str) -> Result<State, StoreError> {
    let current = match api.get(name, None).await {
        Ok(current) => current,
        Err(refusal) if disabled(&refusal) => {
            return Err(conflict(name, "it is disabled")
                .advise("enable it, or choose another name (in the plan, or with --map)"));
        }
        Err(refusal) => return Err(refusal.error),
    };
    let (versions, ours) = match (&current, api.versions(name).await) {
        (_, Ok(versions)) => {
            let ours = versions.iter().find(|version| mark(version).is_some_and(|(made_by, _)| made_by == token));
            (versions.iter().filter_map(last).collect(), ours.and_then(last))
        }
        (None, Err(refusal)) if refusal.code == "SecretNotFound" => (BTreeSet::new(), None),
        (_, Err(refusal)) => return Err(refusal.error),
    };
    Ok(State { current, versions, ours })
}

/// Writes a value where the address is in the expected state.
pub(super) async fn write(
    api: &Api,
    address: &Address,
    secret: &Secret,
    expect: &Expect,
    id: &WriteId,
) -> Result<Receipt, StoreError> {
    let (name, token) = (&address.path, id.token());
    let mut refused = None;
    for _ in 0..ROUNDS {
        let state = state(api, name, &token).await?;
        let written = match (&state.current, expect) {
            (Some(found), _) if found.secret == *secret => {
                // Made by this write, whose answer was lost, or by an earlier run of it.
                let written = match (state.ours.as_ref() == Some(&found.version), state.versions.len()) {
                    (false, _) => Written::AlreadyEqual,
                    (true, 1) => Written::Created,
                    (true, _) => Written::Updated,
                };
                return Ok(receipt(address, &found.version, written));
            }
            (Some(_), Expect::Absent) => return Err(conflict(name, "it holds another value")),
            (Some(found), Expect::Version(version)) if *version != found.version => {
                return Err(conflict(name, &format!("it is at version {}, not {version}", found.version)));
            }
            (None, Expect::Version(version)) => {
                return Err(conflict(name, &format!("version {version} is not there any more")));
            }
            (Some(_), _) => Written::Updated,
            (None, _) => Written::Created,
        };
        if state.ours.is_some() {
            return Err(conflict(name, "it was written by this run, and by somebody else since"));
        }
        // What is kept beside a value belongs to its version: it is carried on.
        let (mut beside, content_type) = match &state.current {
            Some(found) => (found.tags.clone(), found.kind.clone()),
            None => Default::default(),
        };
        beside.remove(MARK);
        if beside.len() < MOST_TAGS {
            beside.insert(MARK.to_owned(), format!("{token}/{}", state.versions.len() + 1));
        }
        match api.set(name, secret, &beside, content_type.as_deref()).await {
            Ok(version) => {
                settle(api, name, &state, &version).await?;
                return Ok(receipt(address, &version, written));
            }
            // Whether it took effect is seen by looking.
            Err(Refusal { code, error, .. }) if code == LOST => refused = Some(error),
            Err(refusal) => return Err(refusal.error),
        }
    }
    Err(refused.unwrap_or_else(|| conflict(name, "others keep writing it")))
}

/// Looks whether somebody else wrote between looking and writing. Their value is then put back.
async fn settle(api: &Api, name: &str, before: &State, ours: &str) -> Result<(), StoreError> {
    let after = api.versions(name).await?;
    let foreign: Vec<String> =
        after.iter().filter_map(last).filter(|version| version != ours && !before.versions.contains(version)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let current = api.get(name, None).await?.map(|found| found.version);
    if current.as_deref() == Some(ours)
        && let [theirs] = foreign.as_slice()
        && let Some(theirs) = api.get(name, Some(theirs)).await?
    {
        api.set(name, &theirs.secret, &theirs.tags, theirs.kind.as_deref()).await?;
        return Err(conflict(name, "somebody else wrote it at the same moment, and their value stands"));
    }
    Err(conflict(name, "others write it: look at its versions"))
}

/// Deletes a secret all of whose versions this run made, and frees its name where that is allowed.
pub(super) async fn take_back(api: &Api, receipts: &[&Receipt]) -> Result<bool, StoreError> {
    let Some(name) = receipts.first().map(|receipt| &receipt.address.path) else { return Ok(false) };
    let ours = |version: Option<String>| version.is_some() && receipts.iter().any(|one| one.version == version);
    match api.versions(name).await {
        Ok(versions) if !versions.is_empty() && versions.iter().all(|version| ours(last(version))) => {}
        Ok(_) => return Ok(false),
        Err(refusal) if refusal.code == "SecretNotFound" => return Ok(false),
        Err(refusal) => return Err(refusal.error),
    }
    match api.delete(name).await {
        Ok(_) => {}
        Err(refusal) if refusal.code == "SecretNotFound" => {}
        Err(refusal) if refusal.code == LOST => {}
        Err(refusal) => return Err(refusal.error),
    }
    // While it is deleted nobody can write it: what was current shows whether somebody was in between.
    for look in 0..LOOKS {
        if let Some(version) = api.deleted(name).await? {
            if !ours(Some(version)) {
                api.recover(name).await?;
                return Ok(false);
            }
            match api.purge(name).await {
                // A vault that protects deleted secrets keeps the name for a while: the value is out of use all the same.
                Err(refusal) if refusal.code == "Conflict" && look + 1 < LOOKS => {}
                _ => return Ok(true),
            }
        } else if api.get(name, None).await?.is_some() {
            // The deletion was lost on its way.
            return Err(StoreError::new(ErrorKind::Unavailable, format!("{name} could not be deleted"))
                .advise("run the command again later: it goes on where it stopped"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(100 << look.min(5))).await;
    }
    Ok(true)
}
