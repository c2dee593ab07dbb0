//! Writing a secret. Creating one is conditional on the server. An update is not: the version is looked at just before and
//! counted just after, and where somebody else got in between, their value is put back.

use super::GcpStore;
use super::api::{Api, Content, LOST, MARK, Refusal, number};
use crate::expect::{conflict, receipt};
use crate::secret::Secret;
use crate::store::{Address, Expect, Receipt, StoreError, WriteId, Written};

/// Rounds of looking and writing against other writers.
const ROUNDS: usize = 8;

/// What is behind a name.
enum State {
    Absent,
    /// No version that can be read is the newest one; the newest has this number, or there never was one (0).
    Empty(u64),
    Live(Content),
}

impl GcpStore {
    async fn state(&self, api: &Api, id: &str) -> Result<State, StoreError> {
        match api.access(id, "latest").await {
            Ok(Some(content)) => return Ok(State::Live(content)),
            Ok(None) => {}
            // The newest version is disabled or destroyed.
            Err(Refusal { status, .. }) if status == "FAILED_PRECONDITION" => {}
            Err(refusal) => return Err(refusal.error),
        }
        let Some(page) = api.versions(id, 1, None).await? else { return Ok(State::Absent) };
        Ok(State::Empty(page["versions"].get(0).and_then(number).unwrap_or(0)))
    }

    /// Whether this very write made the secret.
    async fn is_ours(&self, api: &Api, id: &str, token: &str) -> Result<bool, StoreError> {
        let about = api.about(id).await?.unwrap_or_default();
        Ok(about["annotations"][MARK].as_str() == Some(token))
    }

    pub(super) async fn write_one(
        &self,
        api: &Api,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        let (name, token) = (&address.path, id.token());
        let mut refused = None;
        for _ in 0..ROUNDS {
            let (before, written) = match (self.state(api, name).await?, expect) {
                (State::Absent | State::Empty(_), Expect::Version(version)) => {
                    return Err(conflict(name, &format!("version {version} is not there any more")));
                }
                (State::Absent, _) => match api.create(name, &token).await {
                    Ok(()) => (0, Written::Created),
                    // Ours, whose answer was lost, or somebody else's: the next round looks.
                    Err(Refusal { status, error }) if status == "ALREADY_EXISTS" => {
                        refused = Some(error);
                        continue;
                    }
                    Err(refusal) => return Err(refusal.error),
                },
                (State::Empty(newest), _) => {
                    let ours = newest == 0 && self.is_ours(api, name, &token).await?;
                    (newest, if ours { Written::Created } else { Written::Updated })
                }
                (State::Live(found), _) if found.secret == *secret => {
                    let written = match expect {
                        Expect::Absent if found.number == 1 && self.is_ours(api, name, &token).await? => {
                            Written::Created
                        }
                        Expect::Version(before) if before.parse() == Ok(found.number - 1) => Written::Updated,
                        _ => Written::AlreadyEqual,
                    };
                    return Ok(receipt(address, found.number, written));
                }
                (State::Live(_), Expect::Absent) => return Err(conflict(name, "it holds another value")),
                (State::Live(found), Expect::Version(version)) if *version != found.number.to_string() => {
                    return Err(conflict(name, &format!("it is at version {}, not {version}", found.number)));
                }
                (State::Live(found), _) => (found.number, Written::Updated),
            };
            match api.add(name, secret).await {
                Ok(version) if version == before + 1 => return Ok(receipt(address, version, written)),
                Ok(version) => return Err(self.give_way(api, name, version).await?),
                // Whether it took effect is seen by looking.
                Err(Refusal { status, error }) if status == LOST => refused = Some(error),
                Err(refusal) => return Err(refusal.error),
            }
        }
        Err(refused.unwrap_or_else(|| conflict(name, "others keep writing it")))
    }

    /// Somebody else's version came right before ours: theirs becomes the newest one again.
    async fn give_way(&self, api: &Api, name: &str, version: u64) -> Result<StoreError, StoreError> {
        let theirs = api.access(name, &(version - 1).to_string()).await?;
        let newest = api.access(name, "latest").await?;
        if let Some(theirs) = theirs.filter(|_| newest.is_some_and(|newest| newest.number == version)) {
            api.add(name, &theirs.secret).await?;
            return Ok(conflict(name, "somebody else wrote it at the same moment, and their value stands"));
        }
        Ok(conflict(name, "others write it: look at its versions"))
    }

    pub(super) async fn take_back(&self, api: &Api, receipts: Vec<&Receipt>) -> Result<Vec<bool>, StoreError> {
        let all = |removed: bool| receipts.iter().map(|_| removed).collect::<Vec<_>>();
        let Some(name) = receipts.first().map(|receipt| &receipt.address.path) else { return Ok(Vec::new()) };
        // Read first: what is added afterwards changes the entity tag, or is seen below.
        let Some(about) = api.about(name).await? else { return Ok(all(false)) };
        let most = receipts.len() + 1;
        let Some(page) = api.versions(name, most, None).await? else { return Ok(all(false)) };
        let versions: Vec<String> = page["versions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(number)
            .map(|number| number.to_string())
            .collect();
        let ours = |version: &String| receipts.iter().any(|receipt| receipt.version.as_ref() == Some(version));
        if versions.is_empty() || versions.len() == most || !versions.iter().all(ours) {
            return Ok(all(false));
        }
        match api.delete(name, about["etag"].as_str().unwrap_or_default()).await {
            Ok(()) => Ok(all(true)),
            Err(Refusal { status, .. })
                if matches!(status.as_str(), "NOT_FOUND" | "FAILED_PRECONDITION" | "ABORTED") =>
            {
                Ok(all(false))
            }
            Err(refusal) => Err(refusal.error),
        }
    }
}
