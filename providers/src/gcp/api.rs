//! Secret Manager's REST calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::auth::{Auth, configuration};
use crate::http::{Answer, Client, Trust, proxy};
use crate::pace::Pace;
use crate::rest::{Call, Outcome};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// The annotation that carries the token of the write that made a secret.
pub(super) const MARK: &str = "keylift-write";

/// The connection to one project.
pub(super) struct Api {
    http: Client,
    auth: Auth,
    base: Url,
    project: String,
    pace: Pace,
}

/// A refusal with the word on which callers decide (the `status` of a Google API error).
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: String,
    pub error: StoreError,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// The status that stands for an answer that was lost on its way.
pub(super) const LOST: &str = "LOST";

/// One version's content.
pub(super) struct Content {
    pub number: u64,
    pub secret: Secret,
}

impl Api {
    pub fn new(project: &str, endpoint: Option<&str>, settings: &Settings, pace: Pace) -> Result<Self, StoreError> {
        let base = Url::parse(endpoint.unwrap_or("https://secretmanager.googleapis.com"))
            .ok()
            .filter(|url| url.scheme() == "https" || crate::http::loopback(url.as_str()))
            .ok_or_else(|| configuration("?endpoint= takes an https:// URL"))?;
        let http = Client::new(&base, &Trust::default(), proxy(&base, None, settings)?, None)?;
        Ok(Self { http, auth: Auth::find(settings)?, base, project: project.to_owned(), pace })
    }

    /// What is kept about a secret beside its versions.
    pub async fn about(&self, id: &str) -> Result<Option<Value>, StoreError> {
        absent(self.call(Method::GET, &format!("secrets/{id}"), None, &format!("looking at {id}"), true).await)
    }

    /// A version's content, by number or the newest one.
    pub async fn access(&self, id: &str, version: &str) -> Result<Option<Content>, Refusal> {
        let doing = format!("reading {id}");
        let path = format!("secrets/{id}/versions/{version}:access");
        let mut answer = match self.call(Method::GET, &path, None, &doing, true).await {
            Ok(answer) => answer,
            Err(refusal) if refusal.status == "NOT_FOUND" => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let number = number(&answer);
        // A payload of no bytes is left out of the answer.
        let data = answer["payload"]["data"].take();
        let bytes = STANDARD.decode(data.as_str().unwrap_or_default());
        match (number, bytes) {
            (Some(number), Ok(bytes)) => Ok(Some(Content { number, secret: Secret::new(bytes) })),
            _ => Err(refusal("", misunderstood(&doing))),
        }
    }

    /// A page of a secret's versions, newest first.
    pub async fn versions(&self, id: &str, size: usize, from: Option<&str>) -> Result<Option<Value>, StoreError> {
        let mut query = vec![("pageSize", size.to_string())];
        query.extend(from.map(|from| ("pageToken", from.to_owned())));
        let path = format!("secrets/{id}/versions?{}", encode(&query));
        absent(self.call(Method::GET, &path, None, &format!("listing the versions of {id}"), true).await)
    }

    /// Makes a secret without a version.
    pub async fn create(&self, id: &str, token: &str) -> Result<(), Refusal> {
        let body = json!({ "replication": { "automatic": {} }, "annotations": { MARK: token } });
        let path = format!("secrets?{}", encode(&[("secretId", id.to_owned())]));
        self.call(Method::POST, &path, Some(&body), &format!("making {id}"), true).await.map(drop)
    }

    /// Adds a version and tells its number. Never twice: a lost answer is the refusal [`LOST`].
    pub async fn add(&self, id: &str, secret: &Secret) -> Result<u64, Refusal> {
        let doing = format!("writing {id}");
        let body = json!({ "payload": { "data": STANDARD.encode(secret.expose()) } });
        let answer = self.call(Method::POST, &format!("secrets/{id}:addVersion"), Some(&body), &doing, false).await?;
        number(&answer).ok_or_else(|| refusal("", misunderstood(&doing)))
    }

    /// Replaces a secret's annotations, where it is as it was read.
    pub async fn annotate(&self, id: &str, etag: &str, annotations: &Value) -> Result<(), Refusal> {
        let body = json!({ "annotations": annotations, "etag": etag });
        let path = format!("secrets/{id}?updateMask=annotations");
        self.call(Method::PATCH, &path, Some(&body), &format!("writing the annotations of {id}"), true).await.map(drop)
    }

    /// Deletes a secret with its versions, where it is as it was read.
    pub async fn delete(&self, id: &str, etag: &str) -> Result<(), Refusal> {
        let path = format!("secrets/{id}?{}", encode(&[("etag", etag.to_owned())]));
        self.call(Method::DELETE, &path, None, &format!("deleting {id}"), true).await.map(drop)
    }

    /// A page of the project's secrets whose names hold `part`.
    pub async fn list(&self, part: &str, from: Option<&str>) -> Result<Value, StoreError> {
        let mut query = vec![("pageSize", "250".to_owned())];
        if !part.is_empty() {
            query.push(("filter", format!("name:{part}")));
        }
        query.extend(from.map(|from| ("pageToken", from.to_owned())));
        let path = format!("secrets?{}", encode(&query));
        Ok(self.call(Method::GET, &path, None, "listing the secrets", true).await?)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        doing: &str,
        twice: bool,
    ) -> Result<Value, Refusal> {
        let url = format!("v1/projects/{}/{path}", self.project);
        let url = self.base.join(&url).map_err(|_| refusal("", configuration("a request cannot be built")))?;
        let call = Call { method, url, body, twice };
        match call.make(&self.http, &self.pace, || self.auth.header()).await {
            Ok(Outcome::Answered(answer)) => understood(&answer, doing),
            Ok(Outcome::Lost(error)) => Err(refusal(LOST, error)),
            Err(error) => Err(refusal("", error)),
        }
    }
}

fn refusal(status: &str, error: StoreError) -> Refusal {
    Refusal { status: status.to_owned(), error }
}

fn encode(pairs: &[(&str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn absent(answer: Result<Value, Refusal>) -> Result<Option<Value>, StoreError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.status == "NOT_FOUND" => Ok(None),
        Err(refusal) => Err(refusal.error),
    }
}

/// The number at the end of a version's resource name.
pub(super) fn number(version: &Value) -> Option<u64> {
    version["name"].as_str()?.rsplit('/').next()?.parse().ok()
}

fn understood(answer: &Answer, doing: &str) -> Result<Value, Refusal> {
    let body = serde_json::from_slice::<Value>(&answer.body);
    if (200..300).contains(&answer.status) {
        return body.map_err(|_| refusal("", misunderstood(doing)));
    }
    // The message can quote what was sent: only the word is passed on.
    let body = body.unwrap_or_default();
    let word = body["error"]["status"].as_str().unwrap_or_default();
    let word: String = word.chars().filter(|c| c.is_ascii_uppercase() || *c == '_').collect();
    let shown = if word.is_empty() { answer.status.to_string() } else { word.clone() };
    let error = |kind| StoreError::new(kind, format!("Google Secret Manager answers {shown} ({doing})"));
    let error = match (word.as_str(), answer.status) {
        ("UNAUTHENTICATED", _) | (_, 401) => error(ErrorKind::Denied)
            .advise("do the credentials still hold? `gcloud auth application-default login` makes new ones"),
        ("PERMISSION_DENIED", _) | (_, 403) => error(ErrorKind::Denied)
            .advise("`keylift policy` prints the role that is needed; is the API enabled in the project?"),
        ("ALREADY_EXISTS" | "ABORTED", _) => error(ErrorKind::Conflict),
        ("FAILED_PRECONDITION" | "INVALID_ARGUMENT" | "NOT_FOUND" | "OUT_OF_RANGE", _) => error(ErrorKind::Rejected),
        (_, 500..) => error(ErrorKind::Unavailable).advise("run the command again later: it goes on where it stopped"),
        _ => error(ErrorKind::Rejected),
    };
    Err(refusal(&word, error))
}

pub(super) fn misunderstood(doing: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupt, format!("Google's answer has not the form it should have ({doing})"))
}
