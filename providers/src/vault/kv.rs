//! The two KV engines in one form: entries of named fields, written under the version that is expected.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustify::enums::RequestMethod;
use serde_json::{Map, Value, json};
use vaultrs::api::kv1::requests::{DeleteSecretRequest, GetSecretRequest, SetSecretRequest as SetSecretRequestV1};
use vaultrs::api::kv2::requests::{
    DeleteSecretMetadataRequest, DeleteSecretVersionsRequest, ReadSecretMetadataRequest, ReadSecretRequest,
};

use super::link::{Call, Link, json, refused};
use crate::http::Answer;
use crate::store::{ErrorKind, StoreError};

/// Names asked for in one listing; OpenBao pages, Vault gives all of a folder at once.
const PAGE: usize = 1000;

/// Versions of an entry that a mount keeps where nobody says otherwise.
const USUAL_VERSIONS: usize = 10;

/// Which engine a mount is, as the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    V1,
    V2,
}

/// What is at a path.
pub(super) enum State {
    /// Nothing ever was.
    Absent,
    /// The current version is deleted or destroyed; the version counter stays.
    Deleted(u64),
    /// An entry. KV v1 has no version: it is 0.
    Live(Live),
}

pub(super) struct Live {
    pub fields: Map<String, Value>,
    pub version: u64,
    /// When this version was made, by the server's clock.
    pub created: Option<Timestamp>,
    pub metadata: BTreeMap<String, String>,
}

/// How a write ended.
pub(super) enum Put {
    /// Written, as this version.
    Done(u64),
    /// Refused with an error 400, which says "another version" or anything else: the state has to be looked at. Where an
    /// answer was lost before, this very write may have taken effect since the moment given, by the server's clock.
    Refused(StoreError, Option<Timestamp>),
}

/// Names of a folder, in order.
#[derive(Default)]
pub(super) struct Names {
    pub listed: Vec<String>,
    /// Whether more may follow.
    pub more: bool,
    /// Whether the server pages, as far as this answer tells.
    pub pages: bool,
}

pub(super) struct Kv<'a> {
    pub link: &'a Link,
    pub mount: &'a str,
    pub engine: Engine,
}

impl Kv<'_> {
    /// The entry at a path, in a version or the current one.
    pub async fn read(&self, path: &str, version: Option<u64>) -> Result<State, StoreError> {
        let doing = format!("reading {path}");
        let (mount, path) = (self.mount.to_owned(), path.to_owned());
        let answer = match self.engine {
            Engine::V1 => self.link.answer(&GetSecretRequest { mount, path }).await?,
            Engine::V2 => self.link.answer(&ReadSecretRequest { mount, path, version }).await?,
        };
        let found = match answer.status {
            200 => true,
            404 => false,
            _ => return Err(refused(&answer, &doing)),
        };
        let mut body = json(&answer, &doing)?;
        if !found && says(&body) {
            return Err(refused(&answer, &doing));
        }
        let data = &mut body["data"];
        let fields = |value: &mut Value| match value.take() {
            Value::Object(fields) => Some(fields),
            _ => None,
        };
        match self.engine {
            Engine::V1 if !found => Ok(State::Absent),
            Engine::V1 => {
                let fields = fields(data).ok_or_else(|| misunderstood(&doing))?;
                Ok(State::Live(Live { fields, version: 0, created: None, metadata: BTreeMap::new() }))
            }
            Engine::V2 => {
                let fields = fields(&mut data["data"]);
                let meta = &data["metadata"];
                let version = meta["version"].as_u64();
                match (found, version, fields) {
                    // Absent and deleted both answer 404; only a deleted one tells its version.
                    (false, None, _) => Ok(State::Absent),
                    (_, Some(version), None) => Ok(State::Deleted(version)),
                    (true, Some(version), Some(fields)) => {
                        let created = meta["created_time"].as_str().and_then(|time| time.parse().ok());
                        Ok(State::Live(Live { fields, version, created, metadata: custom(&meta["custom_metadata"]) }))
                    }
                    _ => Err(misunderstood(&doing)),
                }
            }
        }
    }

    /// Writes all fields of an entry. KV v1 knows no expected version and overwrites.
    pub async fn write(&self, path: &str, fields: &Map<String, Value>, cas: u64) -> Result<Put, StoreError> {
        let doing = format!("writing {path}");
        let answer = match self.engine {
            Engine::V1 => {
                let data = serde_json::to_vec(fields).map_err(|_| misunderstood(&doing))?;
                let request = SetSecretRequestV1 { mount: self.mount.to_owned(), path: path.to_owned(), data };
                self.link.answer(&request).await?
            }
            Engine::V2 => {
                // vaultrs's own request holds the version in 32 bits and a second copy of the values.
                let body = json!({ "data": fields, "options": { "cas": cas } });
                self.link.answer(&Call::post(format!("{}/data/{path}", self.mount), body)).await?
            }
        };
        match answer.status {
            200 | 204 if self.engine == Engine::V1 => Ok(Put::Done(0)),
            200 => {
                let body = json(&answer, &doing)?;
                body["data"]["version"].as_u64().map(Put::Done).ok_or_else(|| misunderstood(&doing))
            }
            400 => Ok(Put::Refused(refused(&answer, &doing), perhaps_since(&answer))),
            _ => Err(too_large(&answer, path).unwrap_or_else(|| refused(&answer, &doing))),
        }
    }

    /// Takes one version away, or with `whole` the entry and its history.
    pub async fn delete(&self, path: &str, version: u64, whole: bool) -> Result<(), StoreError> {
        let doing = format!("removing {path}");
        let (mount, path) = (self.mount.to_owned(), path.to_owned());
        match self.engine {
            Engine::V1 => self.link.ask(&DeleteSecretRequest { mount, path }, &doing).await?,
            Engine::V2 if whole => self.link.ask(&DeleteSecretMetadataRequest { mount, path }, &doing).await?,
            Engine::V2 => {
                let request = DeleteSecretVersionsRequest { mount, path, versions: vec![version] };
                self.link.ask(&request, &doing).await?
            }
        };
        Ok(())
    }

    /// What KV v2 keeps about an entry beside its values; none where it is absent.
    pub async fn metadata(&self, path: &str) -> Result<Option<Value>, StoreError> {
        let request = ReadSecretMetadataRequest { mount: self.mount.to_owned(), path: path.to_owned() };
        let doing = format!("reading the metadata of {path}");
        let answer = self.link.answer(&request).await?;
        match answer.status {
            200 => Ok(Some(json(&answer, &doing)?["data"].take())),
            404 => Ok(None),
            _ => Err(refused(&answer, &doing)),
        }
    }

    /// How many versions of an entry the mount keeps. Zero in its configuration means ten (KV secrets engine version 2, API:
    /// "Configure the KV engine").
    pub async fn versions_kept(&self) -> Result<usize, StoreError> {
        let call = Call::get(format!("{}/config", self.mount));
        let answer = self.link.answer(&call).await?;
        let most = match answer.status {
            200 => {
                json(&answer, "asking how many versions are kept")?["data"]["max_versions"].as_u64().unwrap_or_default()
            }
            404 => 0,
            _ => return Err(refused(&answer, "asking how many versions the mount keeps")),
        };
        Ok(if most == 0 { USUAL_VERSIONS } else { usize::try_from(most).unwrap_or(usize::MAX) })
    }

    pub async fn set_metadata(&self, path: &str, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let call = Call::post(format!("{}/metadata/{path}", self.mount), json!({ "custom_metadata": metadata }));
        self.link.ask(&call, &format!("writing the metadata of {path}")).await.map(drop)
    }

    /// The names in a folder, those of folders ending in `/`, after a given one.
    pub async fn names(&self, folder: &str, after: &str) -> Result<Names, StoreError> {
        let doing = format!("listing {}/{folder}", self.mount);
        let part = match self.engine {
            Engine::V1 => "",
            Engine::V2 => "/metadata",
        };
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("after", after)
            .append_pair("limit", &PAGE.to_string())
            .finish();
        let call = Call {
            method: RequestMethod::LIST,
            path: format!("{}{part}/{folder}", self.mount),
            query: Some(query),
            body: None,
        };
        let answer = self.link.answer(&call).await?;
        match answer.status {
            200 => {}
            404 if !says(&json(&answer, &doing)?) => return Ok(Names { pages: true, ..Names::default() }),
            _ => return Err(refused(&answer, &doing)),
        }
        let mut body = json(&answer, &doing)?;
        let keys = match body["data"]["keys"].take() {
            Value::Array(keys) => keys,
            // OpenBao answers so for an empty folder of KV v1, where it does not know how to page.
            Value::Null if body["data"].is_object() => Vec::new(),
            _ => return Err(misunderstood(&doing)),
        };
        let (more, pages) = (keys.len() == PAGE, keys.len() <= PAGE);
        // A server that does not page gives everything each time: what was seen before is left out.
        let mut keys: Vec<String> = keys
            .into_iter()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .filter(|key| key.as_str() > after)
            .collect();
        keys.sort_unstable();
        Ok(Names { listed: keys, more, pages })
    }
}

/// Whether an answer 404 gives a reason: there is no such mount or namespace. That of a path where nothing is gives none.
fn says(body: &Value) -> bool {
    body["errors"].as_array().is_some_and(|errors| !errors.is_empty())
}

/// Since when a write may have taken effect whose answer was lost. The header gives the second that has begun, so that
/// this is never too late.
fn perhaps_since(answer: &Answer) -> Option<Timestamp> {
    let now = jiff::fmt::rfc2822::parse(answer.date.as_deref()?).ok()?.timestamp();
    now.checked_sub(answer.doubt?).ok()
}

/// Storage refuses an entry that is too large with an error 500, which would come again and again.
fn too_large(answer: &Answer, path: &str) -> Option<StoreError> {
    (answer.status == 500 || answer.status == 413).then(|| {
        let error = refused(answer, &format!("writing {path}"));
        StoreError { kind: if answer.status == 413 { ErrorKind::Rejected } else { error.kind }, ..error }
    })
}

fn misunderstood(doing: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupt, format!("Vault's answer has not the form it should have ({doing})"))
}

fn custom(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
