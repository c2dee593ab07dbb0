//! The calls to a cluster's API, over plain HTTPS: five are needed, and their answers are small.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::config::{Cluster, Identity, configuration};
use crate::http::{Answer, Client, proxy};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// The annotation that carries the last write's token.
const LAST_WRITE: &str = "keylift/last-write";
/// The label of objects that keylift made.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The connection to one namespace.
pub(super) struct Api {
    http: Client,
    base: Url,
    identity: Identity,
    namespace: String,
}

/// One Secret object.
pub(super) struct Object {
    pub name: String,
    /// Values by key, in base64.
    data: Map<String, Value>,
    resource_version: String,
    uid: String,
    pub last_write: Option<String>,
    pub immutable: bool,
    pub opaque: bool,
    pub ours: bool,
}

/// Where a listing goes on. Objects come in the order of their names.
#[derive(Default, Serialize, Deserialize)]
struct Cursor {
    /// The server's own word for it; empty at the start.
    token: String,
    /// The last name that was seen.
    last: String,
    /// A token ended: names up to this one were told before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<String>,
}

/// How a conditional change ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Done,
    /// The object is not as it was expected.
    Refused,
}

impl Object {
    fn new(mut value: Value) -> Option<Self> {
        let data = match value["data"].take() {
            Value::Object(data) => data,
            _ => Map::new(),
        };
        let about = &value["metadata"];
        Some(Self {
            name: about["name"].as_str()?.to_owned(),
            resource_version: about["resourceVersion"].as_str()?.to_owned(),
            uid: about["uid"].as_str().unwrap_or_default().to_owned(),
            last_write: about["annotations"][LAST_WRITE].as_str().map(str::to_owned),
            ours: about["labels"][MANAGED_BY] == "keylift",
            immutable: value["immutable"].as_bool().unwrap_or(false),
            opaque: matches!(value["type"].as_str(), None | Some("Opaque")),
            data,
        })
    }

    pub fn get(&self, key: &str) -> Option<Secret> {
        STANDARD.decode(self.data.get(key)?.as_str()?).ok().map(Secret::new)
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.data.keys().map(String::as_str)
    }

    /// Bytes of all values but one.
    pub fn size_without(&self, key: &str) -> usize {
        let others = self.data.iter().filter(|(name, _)| *name != key);
        others.map(|(_, value)| value.as_str().map_or(0, str::len) / 4 * 3).sum()
    }
}

impl Api {
    pub fn new(cluster: Cluster, namespace: &str, settings: &Settings) -> Result<Self, StoreError> {
        let proxy = proxy(&cluster.base, None, settings)?;
        let http = Client::new(&cluster.base, &cluster.trust, proxy, None)?;
        Ok(Self { http, base: cluster.base, identity: cluster.identity, namespace: namespace.to_owned() })
    }

    pub async fn get(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let doing = format!("reading the secret {name}");
        let answer = self.send(Method::GET, &self.secrets(Some(name)), None, "").await?;
        match answer.status {
            200 => Object::new(json_of(&answer, &doing)?).map(Some).ok_or_else(|| misunderstood(&doing)),
            404 => Ok(None),
            _ => Err(refused(&answer, &doing)),
        }
    }

    /// A page of the namespace's objects, and where the next one starts.
    pub async fn list(&self, from: Option<&str>) -> Result<(Vec<Object>, Option<String>), StoreError> {
        let doing = "listing the secrets";
        let damaged = || configuration("the listing cannot go on from there");
        let mut cursor: Cursor = match from {
            Some(from) => serde_json::from_str(from).map_err(|_| damaged())?,
            None => Cursor::default(),
        };
        let mut answer = self.page(&cursor.token).await?;
        for again in [true, false] {
            if answer.status != 410 || cursor.token.is_empty() {
                break;
            }
            // A token lives for some minutes. The server can give another one for what follows, as it is by then
            // ("Retrieving large results sets in chunks"); else the listing starts over, and what was told is left out.
            cursor.told = Some(cursor.last.clone());
            let other = json_of(&answer, doing).ok().and_then(|body| token(&body)).filter(|_| again);
            cursor.token = other.unwrap_or_default();
            answer = self.page(&cursor.token).await?;
        }
        if answer.status != 200 {
            return Err(refused(&answer, doing));
        }
        let mut body = json_of(&answer, doing)?;
        let next = token(&body);
        let Value::Array(items) = body["items"].take() else { return Err(misunderstood(doing)) };
        let mut objects: Vec<Object> = items.into_iter().filter_map(Object::new).collect();
        if let Some(last) = objects.iter().map(|object| &object.name).max().filter(|last| **last > cursor.last) {
            cursor.last.clone_from(last);
        }
        if let Some(told) = &cursor.told {
            objects.retain(|object| object.name > *told);
        }
        let next = next.map(|token| serde_json::to_string(&Cursor { token, ..cursor }).map_err(|_| damaged()));
        Ok((objects, next.transpose()?))
    }

    async fn page(&self, token: &str) -> Result<Answer, StoreError> {
        let mut query = vec![("limit", "100")];
        if !token.is_empty() {
            query.push(("continue", token));
        }
        self.send(Method::GET, &format!("{}?{}", self.secrets(None), url_query(&query)), None, "").await
    }

    /// Makes an object with one value, where none of that name is there.
    pub async fn create(&self, name: &str, key: &str, secret: &Secret, token: &str) -> Result<Change, StoreError> {
        let body = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": { "name": name, "labels": { MANAGED_BY: "keylift" }, "annotations": { LAST_WRITE: token } },
            "data": { key: STANDARD.encode(secret.expose()) },
        });
        let answer = self.send(Method::POST, &self.secrets(None), Some(&body), "application/json").await?;
        let doing = format!("making the secret {name}");
        // Of what is made, only the namespace can be missing.
        if answer.status == 404 { Err(refused(&answer, &doing)) } else { change(&answer, &doing) }
    }

    /// Sets or takes away one value, where the object is as it was read.
    pub async fn change(
        &self,
        object: &Object,
        key: &str,
        secret: Option<&Secret>,
        token: &str,
    ) -> Result<Change, StoreError> {
        let value = secret.map(|secret| STANDARD.encode(secret.expose()));
        let body = json!({
            "metadata": { "resourceVersion": object.resource_version, "annotations": { LAST_WRITE: token } },
            "data": { key: value },
        });
        let path = self.secrets(Some(&object.name));
        // JSON merge patch (RFC 7386): nothing else of the object is touched, and null takes away.
        let answer = self.send(Method::PATCH, &path, Some(&body), "application/merge-patch+json").await?;
        change(&answer, &format!("writing the secret {}", object.name))
    }

    /// Deletes an object, where it is as it was read.
    pub async fn delete(&self, object: &Object) -> Result<Change, StoreError> {
        let body = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": { "uid": object.uid, "resourceVersion": object.resource_version },
        });
        let path = self.secrets(Some(&object.name));
        let answer = self.send(Method::DELETE, &path, Some(&body), "application/json").await?;
        change(&answer, &format!("deleting the secret {}", object.name))
    }

    /// Whether something may be done to an object ("Authorization Overview", `SelfSubjectAccessReview`).
    pub async fn may(&self, verb: &str, name: Option<&str>) -> Result<bool, StoreError> {
        let doing = "asking what may be done";
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": self.namespace, "verb": verb, "resource": "secrets", "name": name.unwrap_or_default(),
            }},
        });
        let path = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer = self.send(Method::POST, path, Some(&body), "application/json").await?;
        if !matches!(answer.status, 200 | 201) {
            return Err(refused(&answer, doing));
        }
        json_of(&answer, doing)?["status"]["allowed"].as_bool().ok_or_else(|| misunderstood(doing))
    }

    fn secrets(&self, name: Option<&str>) -> String {
        let all = format!("api/v1/namespaces/{}/secrets", self.namespace);
        name.map_or_else(|| all.clone(), |name| format!("{all}/{name}"))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, kind: &str) -> Result<Answer, StoreError> {
        self.http
            .send(|| {
                let url = self.base.join(path).map_err(|_| configuration("a request to Kubernetes cannot be built"))?;
                let mut request = reqwest::Request::new(method.clone(), url);
                if let Some(token) = self.token()? {
                    request.headers_mut().insert(AUTHORIZATION, token);
                }
                if let Some(body) = body {
                    let kind = HeaderValue::from_str(kind).map_err(|_| configuration("a header is not legal"))?;
                    request.headers_mut().insert(CONTENT_TYPE, kind);
                    *request.body_mut() = Some(body.to_string().into());
                }
                Ok(request)
            })
            .await
    }

    fn token(&self) -> Result<Option<HeaderValue>, StoreError> {
        let read;
        let token = match &self.identity {
            Identity::Connection => return Ok(None),
            Identity::Token(token) => token.expose(),
            Identity::TokenFile(path) => {
                read = crate::local::read_optional(path)?
                    .ok_or_else(|| configuration(format!("{} does not exist", path.display())))?;
                &read
            }
        };
        let mut header = Zeroizing::new(b"Bearer ".to_vec());
        header.extend_from_slice(token.trim_ascii());
        let mut value = HeaderValue::from_bytes(&header)
            .map_err(|_| configuration("the token for Kubernetes has characters that no token has"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Where the next page of a listing starts, as the server says it.
fn token(body: &Value) -> Option<String> {
    body["metadata"]["continue"].as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

fn url_query(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn change(answer: &Answer, doing: &str) -> Result<Change, StoreError> {
    match (answer.status, reason(answer).as_deref()) {
        (200..=202, _) => Ok(Change::Done),
        (409, _) | (404, Some("NotFound")) => Ok(Change::Refused),
        _ => Err(refused(answer, doing)),
    }
}

fn json_of(answer: &Answer, doing: &str) -> Result<Value, StoreError> {
    serde_json::from_slice(&answer.body).map_err(|_| misunderstood(doing))
}

fn misunderstood(doing: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupt, format!("Kubernetes's answer has not the form it should have ({doing})"))
}

/// The reason in a `Status` answer: a word. Its message can quote what was sent, and is not passed on.
fn reason(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let reason = body["reason"].as_str()?;
    reason.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| reason.to_owned())
}

fn refused(answer: &Answer, doing: &str) -> StoreError {
    let reason = reason(answer).unwrap_or_else(|| "no reason given".to_owned());
    let error = |kind| StoreError::new(kind, format!("Kubernetes answers {} ({doing}): {reason}", answer.status));
    match answer.status {
        401 => error(ErrorKind::Denied).advise("the login has ended: does `kubectl get secrets` work?"),
        403 => error(ErrorKind::Denied).advise("`keylift policy` prints the role that is needed"),
        404 => error(ErrorKind::Configuration).advise("is the namespace there?"),
        400..500 => error(ErrorKind::Rejected),
        _ => error(ErrorKind::Unavailable),
    }
}
