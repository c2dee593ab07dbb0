//! Key Vault's REST calls for secrets ("Secrets", API version 7.4).

use std::collections::BTreeMap;

use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::auth::{Auth, configuration};
use crate::http::{Answer, Client, Trust, proxy};
use crate::pace::Pace;
use crate::rest::{Call, Outcome};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

const VERSION: &str = "7.4";
/// The tag that carries the token of the write that made a version, and after a slash which version of its secret that was.
pub(super) const MARK: &str = "keylift-write";
/// Tags on one secret ("About Azure Key Vault secrets").
pub(super) const MOST_TAGS: usize = 15;

/// The connection to one vault.
pub(super) struct Api {
    http: Client,
    auth: Auth,
    base: Url,
    pace: Pace,
}

/// A refusal with the words on which callers decide: the code of the error, and that inside it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: String,
    pub inner: String,
    pub error: StoreError,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// The code that stands for an answer that was lost on its way.
pub(super) const LOST: &str = "Lost";

/// One version; `kind` is its content type.
pub(super) struct Content {
    pub version: String,
    pub secret: Secret,
    pub tags: BTreeMap<String, String>,
    pub kind: Option<String>,
}

impl Api {
    pub fn new(vault: &str, endpoint: Option<&str>, settings: &Settings, pace: Pace) -> Result<Self, StoreError> {
        let usual = format!("https://{vault}.vault.azure.net");
        let base = Url::parse(endpoint.unwrap_or(&usual))
            .ok()
            .filter(|url| url.scheme() == "https" || crate::http::loopback(url.as_str()))
            .ok_or_else(|| configuration("?endpoint= takes an https:// URL"))?;
        // A token is for the cloud that the vault is in: everything of the host after the vault's own name.
        let cloud = base.host_str().and_then(|host| host.split_once('.')).map(|(_, cloud)| cloud);
        let resource = match cloud.filter(|cloud| cloud.starts_with("vault.")) {
            Some(cloud) => format!("https://{cloud}"),
            None => "https://vault.azure.net".to_owned(),
        };
        let http = Client::new(&base, &Trust::default(), proxy(&base, None, settings)?, None)?;
        Ok(Self { http, auth: Auth::find(&resource, settings)?, base, pace })
    }

    /// A version, or the current one.
    pub async fn get(&self, name: &str, version: Option<&str>) -> Result<Option<Content>, Refusal> {
        let doing = format!("reading {name}");
        let path = format!("secrets/{name}/{}", version.unwrap_or_default());
        let mut answer = match self.call(Method::GET, &path, None, &doing, true).await {
            Ok(answer) => answer,
            Err(refusal) if refusal.code == "SecretNotFound" => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let version = last(&answer).ok_or_else(|| misunderstood(&doing))?;
        let Value::String(value) = answer["value"].take() else { return Err(misunderstood(&doing)) };
        let kind = answer["contentType"].as_str().map(str::to_owned);
        Ok(Some(Content { version, secret: Secret::new(value), tags: tags(&answer), kind }))
    }

    /// Every version, in no order: what is kept about each, without the values.
    pub async fn versions(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        let doing = format!("listing the versions of {name}");
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let (page, next) = self.page(&format!("secrets/{name}/versions"), from.as_deref(), &doing).await?;
            all.extend(page);
            from = next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }

    /// A page of the vault's secrets.
    pub async fn list(&self, from: Option<&str>) -> Result<(Vec<Value>, Option<String>), Refusal> {
        self.page("secrets", from, "listing the secrets").await
    }

    async fn page(&self, path: &str, from: Option<&str>, doing: &str) -> Result<(Vec<Value>, Option<String>), Refusal> {
        let more = from.map(|token| format!("&$skiptoken={token}")).unwrap_or_default();
        let path = format!("{path}?maxresults=25{more}");
        let mut answer = self.call(Method::GET, &path, None, doing, true).await?;
        // The next page is named by a whole URL: its token alone is taken, so that no other host is asked.
        let next = answer["nextLink"].as_str().and_then(|link| Url::parse(link).ok());
        let next = next.and_then(|link| {
            let query = link
                .query()?
                .split('&')
                .find_map(|pair| pair.strip_prefix("$skiptoken=").or_else(|| pair.strip_prefix("%24skiptoken=")));
            query.map(str::to_owned)
        });
        match answer["value"].take() {
            Value::Array(page) => Ok((page, next)),
            _ => Ok((Vec::new(), next)),
        }
    }

    /// Adds a version and tells its name. Never twice: a lost answer is the refusal [`LOST`].
    pub async fn set(
        &self,
        name: &str,
        secret: &Secret,
        tags: &BTreeMap<String, String>,
        content_type: Option<&str>,
    ) -> Result<String, Refusal> {
        let doing = format!("writing {name}");
        let mut body = json!({ "value": secret.expose_str(), "tags": tags });
        if let Some(content_type) = content_type {
            body["contentType"] = content_type.into();
        }
        let answer = self.call(Method::PUT, &format!("secrets/{name}"), Some(&body), &doing, false).await?;
        last(&answer).ok_or_else(|| misunderstood(&doing))
    }

    /// Replaces what is kept beside a version.
    pub async fn update(
        &self,
        name: &str,
        version: &str,
        tags: &BTreeMap<String, String>,
        content_type: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut body = Map::from_iter([("tags".to_owned(), json!(tags))]);
        body.insert("contentType".to_owned(), content_type.unwrap_or_default().into());
        let path = format!("secrets/{name}/{version}");
        let body = Value::Object(body);
        self.call(Method::PATCH, &path, Some(&body), &format!("writing the tags of {name}"), true).await.map(drop)
    }

    /// Deletes a secret, which keeps its name until it is purged or recovered. Tells the version that was current; none
    /// where the vault does not keep deleted secrets, or the answer was lost.
    pub async fn delete(&self, name: &str) -> Result<Option<String>, Refusal> {
        let answer =
            self.call(Method::DELETE, &format!("secrets/{name}"), None, &format!("deleting {name}"), false).await?;
        Ok(last(&answer))
    }

    /// The version that was current when a secret was deleted.
    pub async fn deleted(&self, name: &str) -> Result<Option<String>, Refusal> {
        let path = format!("deletedsecrets/{name}");
        match self.call(Method::GET, &path, None, &format!("looking at the deleted {name}"), true).await {
            Ok(answer) => Ok(last(&answer)),
            Err(refusal) if refusal.code == "SecretNotFound" => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Takes a deletion back.
    pub async fn recover(&self, name: &str) -> Result<(), Refusal> {
        let path = format!("deletedsecrets/{name}/recover");
        self.call(Method::POST, &path, None, &format!("recovering {name}"), true).await.map(drop)
    }

    /// Frees the name of a deleted secret.
    pub async fn purge(&self, name: &str) -> Result<(), Refusal> {
        let path = format!("deletedsecrets/{name}");
        self.call(Method::DELETE, &path, None, &format!("purging {name}"), true).await.map(drop)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        doing: &str,
        twice: bool,
    ) -> Result<Value, Refusal> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = self.base.join(&format!("{path}{separator}api-version={VERSION}"));
        let url = url.map_err(|_| refusal("", configuration("a request cannot be built")))?;
        let call = Call { method, url, body, twice };
        match call.make(&self.http, &self.pace, || self.auth.header()).await {
            Ok(Outcome::Answered(answer)) => understood(&answer, doing),
            Ok(Outcome::Lost(error)) => Err(refusal(LOST, error)),
            Err(error) => Err(refusal("", error)),
        }
    }
}

fn refusal(code: &str, error: StoreError) -> Refusal {
    Refusal { code: code.to_owned(), inner: String::new(), error }
}

/// The version at the end of an identifier (`https://VAULT/secrets/NAME/VERSION`).
pub(super) fn last(bundle: &Value) -> Option<String> {
    let part = bundle["id"].as_str()?.rsplit('/').next()?;
    (!part.is_empty()).then(|| part.to_owned())
}

/// The tags of a version.
pub(super) fn tags(bundle: &Value) -> BTreeMap<String, String> {
    let pairs = bundle["tags"].as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// What keylift wrote about a version that it made: the token of the write, and the number of the version.
pub(super) fn mark(bundle: &Value) -> Option<(String, u64)> {
    let mark = tags(bundle).remove(MARK)?;
    let (token, number) = mark.split_once('/').unwrap_or((&mark, ""));
    Some((token.to_owned(), number.parse().unwrap_or_default()))
}

fn understood(answer: &Answer, doing: &str) -> Result<Value, Refusal> {
    if answer.status == 204 {
        return Ok(Value::Null);
    }
    let body = serde_json::from_slice::<Value>(&answer.body);
    if (200..300).contains(&answer.status) {
        return body.map_err(|_| misunderstood(doing));
    }
    // The message can quote what was sent: only the words are passed on.
    let body = body.unwrap_or_default();
    let word = |value: &Value| -> String {
        value.as_str().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).take(60).collect()
    };
    let (code, inner) = (word(&body["error"]["code"]), word(&body["error"]["innererror"]["code"]));
    let shown = if code.is_empty() { answer.status.to_string() } else { code.clone() };
    let error = |kind| StoreError::new(kind, format!("Azure Key Vault answers {shown} ({doing})"));
    let error = match (code.as_str(), answer.status) {
        ("Unauthorized", _) | (_, 401) => {
            error(ErrorKind::Denied).advise("do the credentials still hold? `az login` makes new ones")
        }
        ("Forbidden", _) | (_, 403) => error(ErrorKind::Denied)
            .advise("`keylift policy` prints the roles that are needed; is the vault's firewall open for this machine?"),
        ("Conflict", _) | (_, 409) => match inner.as_str() {
            "ObjectIsDeletedButRecoverable" => error(ErrorKind::Conflict).advise(
                "a deleted secret keeps its name: `az keyvault secret recover` brings it back, `az keyvault secret purge` \
                 frees the name",
            ),
            _ => error(ErrorKind::Conflict).advise("the name is being deleted or recovered just now: run it again later"),
        },
        (_, 500..) => error(ErrorKind::Unavailable).advise("run the command again later: it goes on where it stopped"),
        _ => error(ErrorKind::Rejected),
    };
    Err(Refusal { code, inner, error })
}

fn misunderstood(doing: &str) -> Refusal {
    let what = format!("Key Vault's answer has not the form it should have ({doing})");
    refusal("", StoreError::new(ErrorKind::Corrupt, what))
}
