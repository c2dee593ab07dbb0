//! Reading entries, one by one and in batches, and not before what this process wrote is seen.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::call::{Code, Refusal, call};
use super::entry::{CURRENT, Link, Live, State};
use super::{AwsStore, names, write};
use crate::concurrent::{Task, at_once};
use crate::json::Object;
use crate::secret::Secret;
use crate::store::{Address, Entry, ErrorKind, StoreError};

/// Looks at an entry that this process wrote before an older answer is believed.
const LOOKS: u32 = 5;

impl AwsStore {
    /// The entry's state; where this process wrote it, not before that is visible.
    pub(super) async fn state(&self, link: &Link, address: &Address) -> Result<State, StoreError> {
        names::check(&address.path)?;
        if address.version.is_some() {
            return link.get(&address.path, address.version.as_deref()).await;
        }
        let expected = self.written().remove(&address.path);
        let mut state = link.get(&address.path, None).await?;
        let Some(expected) = expected else { return Ok(state) };
        for look in 1..LOOKS {
            match &state {
                State::Live(live) if live.version == expected => break,
                State::Doomed => break,
                _ => tokio::time::sleep(Duration::from_millis(100) * look).await,
            }
            state = link.get(&address.path, None).await?;
        }
        Ok(state)
    }

    pub(super) async fn read_one(&self, link: &Link, address: &Address) -> Result<Option<Entry>, StoreError> {
        match self.state(link, address).await? {
            State::Live(live) => entry(&live, address),
            State::Absent | State::Empty => Ok(None),
            State::Doomed => Err(write::doomed(&address.path)),
        }
    }

    /// One batch, and what it leaves out by itself.
    pub(super) async fn read_some(&self, link: &Link, some: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for (address, answer) in some.iter().zip(self.batch(link, some).await) {
            tasks.push(match answer {
                Some(answer) => Box::pin(std::future::ready(answer)),
                None => Box::pin(self.read_one(link, address)),
            });
        }
        at_once(self.at_once, tasks).await
    }

    /// The values of several names in one request, as far as it gives them.
    async fn batch(&self, link: &Link, some: &[Address]) -> Vec<Option<Result<Option<Entry>, StoreError>>> {
        let usable = |address: &&Address| address.version.is_none() && names::check(&address.path).is_ok();
        let mut wanted: Vec<&str> = some.iter().filter(usable).map(|address| address.path.as_str()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut answers: Vec<Option<Result<Option<Entry>, StoreError>>> = some.iter().map(|_| None).collect();
        if wanted.len() < 2 || self.single.load(Ordering::Relaxed) {
            return answers;
        }
        let ids: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let answer = call("reading several entries", None, || {
            link.client.batch_get_secret_value().set_secret_id_list(Some(ids.clone())).send()
        });
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(Refusal { code, .. }) => {
                if code == Code::Denied {
                    self.single.store(true, Ordering::Relaxed);
                }
                return answers;
            }
        };
        let mut live: HashMap<String, Live> = HashMap::new();
        for value in answer.secret_values.unwrap_or_default() {
            let content = match (value.secret_string, value.secret_binary) {
                (Some(text), _) => Secret::new(text),
                (None, Some(bytes)) => Secret::new(bytes.into_inner()),
                (None, None) => continue,
            };
            let current = value.version_stages.unwrap_or_default().iter().any(|stage| stage == CURRENT);
            if let (Some(name), Some(version), true) = (value.name, value.version_id, current) {
                live.insert(name, Live { content, version });
            }
        }
        for (address, slot) in some.iter().zip(&mut answers) {
            // What is missing, with whatever error, is asked for once more by itself: that gives the error its words.
            let Some(live) = live.get(&address.path).filter(|_| usable(&address)) else { continue };
            // An answer that lags behind a write of this process is asked for again as well.
            let mut written = self.written();
            if written.get(&address.path).is_none_or(|version| *version == live.version) {
                written.remove(&address.path);
                *slot = Some(entry(live, address));
            }
        }
        answers
    }
}

/// The part of a secret that an address means.
pub(super) fn part(content: &Secret, address: &Address) -> Result<Option<Secret>, StoreError> {
    let Some(field) = &address.field else { return Ok(Some(content.duplicate())) };
    let object = content.expose_str().and_then(Object::parse).ok_or_else(|| no_object(address))?;
    Ok(object.get(field))
}

pub(super) fn no_object(address: &Address) -> StoreError {
    StoreError::new(ErrorKind::Rejected, format!("{} is not a JSON object: it has no fields", address.path))
        .advise("give the address without a field, or choose another name in the plan")
}

pub(super) fn entry(live: &Live, address: &Address) -> Result<Option<Entry>, StoreError> {
    let version = Some(live.version.clone());
    Ok(part(&live.content, address)?.map(|secret| Entry { secret, version, metadata: BTreeMap::new() }))
}
