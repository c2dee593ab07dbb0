//! An entry as it stands, the part of it that an address means, and its versions.

use serde_json::{Map, Value};

use super::kv::{Engine, Live, State};
use super::ready::Ready;
use super::{VaultStore, names};
use crate::secret::Secret;
use crate::store::{Address, Entry, ErrorKind, Rejected, StoreError, Version};

impl VaultStore {
    /// The part of an entry that an address means.
    pub(super) fn entry(&self, address: &Address, live: &Live, engine: Engine) -> Result<Option<Entry>, StoreError> {
        let Some(secret) = part(&live.fields, address)? else { return Ok(None) };
        let version = match engine {
            Engine::V1 => self.versions.of(&secret)?,
            Engine::V2 => live.version.to_string(),
        };
        if engine == Engine::V1 && address.version.as_ref().is_some_and(|pinned| *pinned != version) {
            return Ok(None);
        }
        Ok(Some(Entry { secret, version: Some(version), metadata: live.metadata.clone() }))
    }

    pub(super) async fn state(&self, ready: &Ready, address: &Address) -> Result<State, StoreError> {
        // Somebody else's name: no plan of ours could have chosen it.
        let advice = || "rename it in Vault, or leave it out with a map (`skip`)".to_owned();
        names::check(&address.path).map_err(|rejected| Rejected { advice: advice(), ..rejected })?;
        let version = match (&address.version, ready.engine) {
            (Some(version), Engine::V2) => Some(version.parse().map_err(|_| {
                StoreError::new(ErrorKind::Rejected, format!("{version} is no version of a Vault entry"))
            })?),
            _ => None,
        };
        self.kv(ready).read(&address.path, version).await
    }
}

/// The value that an address means within an entry's fields.
pub(super) fn part(fields: &Map<String, Value>, address: &Address) -> Result<Option<Secret>, StoreError> {
    let changed = |what: &str| {
        StoreError::new(
            ErrorKind::Rejected,
            format!("{what} of {} holds a number that Vault does not keep", address.path),
        )
        .advise("write it as a string: JSON numbers beyond 2^53 and fractions come back changed")
    };
    match &address.field {
        Some(field) => match fields.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Secret::new(text.as_str()))),
            Some(other) if names::survives(other) => Ok(Some(Secret::new(other.to_string()))),
            Some(_) => Err(changed(&format!("the field {field}"))),
        },
        None if fields.values().all(names::survives) => {
            Ok(Some(Secret::new(serde_json::to_vec(fields).unwrap_or_default())))
        }
        None => Err(changed("a field")),
    }
}

/// The versions that the metadata of an entry tell of, oldest first.
pub(super) fn versions(metadata: &Value) -> Vec<Version> {
    let current = metadata["current_version"].as_u64();
    let mut versions: Vec<(u64, Version)> = metadata["versions"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(id, about)| {
            let number: u64 = id.parse().ok()?;
            let deleted = about["deletion_time"].as_str().is_some_and(|time| !time.is_empty());
            let version = Version {
                id: id.clone(),
                created: about["created_time"].as_str().map(str::to_owned),
                current: Some(number) == current,
                readable: !deleted && !about["destroyed"].as_bool().unwrap_or(false),
            };
            Some((number, version))
        })
        .collect();
    versions.sort_by_key(|(number, _)| *number);
    versions.into_iter().map(|(_, version)| version).collect()
}
