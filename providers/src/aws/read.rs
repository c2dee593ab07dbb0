//! Reading entries, one by one and in batches, and not before what this process wrote is seen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_secretsmanager::types::ApiErrorType;

use super::call::{Code, Refusal, call};
use super::entry::{CURRENT, Link, Live, State};
use super::{AwsStore, names, write};
use crate::concurrent::{Task, at_once};
use crate::json::Object;
use crate::secret::Secret;
use crate::store::{Address, Entry, ErrorKind, StoreError};

/// Names in one batch (AWS documentation: `BatchGetSecretValue`).
const BATCH: usize = 20;
/// The code of a name that nothing lives at, as batches give it.
const NOT_FOUND: &str = "ResourceNotFoundException";
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

    /// Several entries: in batches, and by itself what a batch leaves open.
    pub(super) async fn read_all(&self, link: &Link, all: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let mut chunks: Vec<Task<'_, _>> = Vec::new();
        for some in all.chunks(BATCH) {
            chunks.push(Box::pin(self.batch(link, some)));
        }
        let mut answers: Vec<Option<_>> = at_once(self.at_once, chunks).await.into_iter().flatten().collect();
        let mut open: Vec<Task<'_, _>> = Vec::new();
        for (address, answer) in all.iter().zip(&answers) {
            if answer.is_none() {
                open.push(Box::pin(self.read_one(link, address)));
            }
        }
        let mut singly = at_once(self.at_once, open).await.into_iter();
        for slot in &mut answers {
            if slot.is_none() {
                *slot = singly.next();
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or(Ok(None))).collect()
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
        let missing = |error: &ApiErrorType| error.error_code.as_deref() == Some(NOT_FOUND);
        let absent: HashSet<String> =
            answer.errors.unwrap_or_default().into_iter().filter(missing).filter_map(|error| error.secret_id).collect();
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
            let mut written = self.written();
            // What is missing with another error is asked for once more by itself: that gives the error its words.
            let Some(live) = live.get(&address.path).filter(|_| usable(&address)) else {
                if usable(&address) && absent.contains(&address.path) && !written.contains_key(&address.path) {
                    *slot = Some(Ok(None));
                }
                continue;
            };
            // An answer that lags behind a write of this process is asked for again as well.
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
        .advise("give the address without a field, or choose another name (in the plan, or with --map)")
}

pub(super) fn entry(live: &Live, address: &Address) -> Result<Option<Entry>, StoreError> {
    let version = Some(live.version.clone());
    Ok(part(&live.content, address)?.map(|secret| Entry { secret, version, metadata: BTreeMap::new() }))
}
