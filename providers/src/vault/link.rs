//! The way to the server: vaultrs's requests (and the few it lacks) over keylift's own HTTP client.
//!
//! vaultrs's client is not used: it follows redirects with the token, drops `Retry-After`, never retries, and panics on
//! a token with a line end in it.

use std::sync::RwLock;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue};
use rustify::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::config::{Config, configuration};
use crate::http::{Answer, Client, Trust, proxy};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// An endpoint that vaultrs does not have.
pub(super) struct Call {
    pub method: RequestMethod,
    pub path: String,
    pub query: Option<String>,
    pub body: Option<Value>,
}

impl Call {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: RequestMethod::GET, path: path.into(), query: None, body: None }
    }

    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: RequestMethod::POST, path: path.into(), query: None, body: Some(body) }
    }
}

impl Endpoint for Call {
    type Response = Value;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.clone()
    }

    fn method(&self) -> RequestMethod {
        self.method.clone()
    }

    fn query(&self) -> Result<Option<String>, rustify::errors::ClientError> {
        Ok(self.query.clone())
    }

    fn body(&self) -> Result<Option<Vec<u8>>, rustify::errors::ClientError> {
        Ok(self.body.as_ref().map(|body| body.to_string().into_bytes()))
    }
}

/// The connection, with the token in use.
pub(super) struct Link {
    http: Client,
    base: Url,
    headers: HeaderMap,
    token: RwLock<Option<HeaderValue>>,
    /// Requests that may be under way, whatever they are part of: reading back goes on beside writing.
    room: Semaphore,
}

impl Link {
    pub fn new(config: &Config, settings: &Settings, at_once: usize) -> Result<Self, StoreError> {
        let mut ca_files = config.ca_files.clone();
        if let Some(dir) = config.ca_dir.as_ref().filter(|_| ca_files.is_empty()) {
            let entries = std::fs::read_dir(dir).map_err(|error| crate::local::failure(dir, "read", &error))?;
            ca_files.extend(entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file()));
            ca_files.sort();
        }
        let client_cert = config.client_cert.clone();
        let trust = Trust { ca_files, client_cert, insecure: !config.verify, ..Trust::default() };
        let proxy = match config.socket {
            Some(_) => None,
            None => proxy(&config.base, config.proxy.as_deref(), settings)?,
        };
        let mut headers = HeaderMap::new();
        headers.insert("x-vault-request", HeaderValue::from_static("true"));
        if let Some(namespace) = &config.namespace {
            let value = HeaderValue::from_str(namespace);
            headers.insert("x-vault-namespace", value.map_err(|_| configuration("the namespace is not a legal one"))?);
        }
        Ok(Self {
            http: Client::new(&config.base, &trust, proxy, config.socket.as_deref())?,
            base: config.base.clone(),
            headers,
            token: RwLock::new(None),
            room: Semaphore::new(at_once),
        })
    }

    /// Uses this token from now on.
    pub fn use_token(&self, token: Option<&Secret>) -> Result<(), StoreError> {
        let value = token
            .map(|token| {
                let mut value = HeaderValue::from_bytes(token.expose().trim_ascii())
                    .map_err(|_| configuration("the Vault token has characters that no token has"))?;
                value.set_sensitive(true);
                Ok::<_, StoreError>(value)
            })
            .transpose()?;
        *self.token.write().unwrap_or_else(std::sync::PoisonError::into_inner) = value;
        Ok(())
    }

    /// The answer to a request, whatever its status.
    pub async fn answer<E: Endpoint>(&self, endpoint: &E) -> Result<Answer, StoreError> {
        // It is never closed.
        let _room = self.room.acquire().await.ok();
        self.http.send(|| self.request(endpoint, true)).await
    }

    fn request<E: Endpoint>(&self, endpoint: &E, known: bool) -> Result<reqwest::Request, StoreError> {
        // Built here and not by the library, which parses the server's address anew for each request. Its errors can hold
        // the request: they are not passed on.
        let refused = || configuration("a request to Vault cannot be built");
        let mut url = self.base.clone();
        // Paths of some of vaultrs's requests begin with a slash, which would become an empty segment.
        let path = endpoint.path();
        url.path_segments_mut()
            .map_err(|()| refused())?
            .pop_if_empty()
            .extend(path.strip_prefix('/').unwrap_or(&path).split('/'));
        if let Some(query) = endpoint.query().map_err(|_| refused())?.filter(|query| !query.is_empty()) {
            url.set_query(Some(&query));
        }
        let mut request = reqwest::Request::new(endpoint.method().into(), url);
        *request.body_mut() = endpoint.body().map_err(|_| refused())?.filter(|body| !body.is_empty()).map(Into::into);
        *request.headers_mut() = self.headers.clone();
        if let Some(token) = &*self.token.read().unwrap_or_else(std::sync::PoisonError::into_inner)
            && known
        {
            request.headers_mut().insert("x-vault-token", token.clone());
        }
        Ok(request)
    }

    /// The JSON of a successful answer to a login. It goes without the token in use, which others go on using meanwhile.
    pub async fn log_in<E: Endpoint>(&self, endpoint: &E, doing: &str) -> Result<Value, StoreError> {
        success(&self.http.send(|| self.request(endpoint, false)).await?, doing)
    }

    /// The JSON of a successful answer (null where it is empty); an error for any other.
    pub async fn ask<E: Endpoint>(&self, endpoint: &E, doing: &str) -> Result<Value, StoreError> {
        success(&self.answer(endpoint).await?, doing)
    }
}

fn success(answer: &Answer, doing: &str) -> Result<Value, StoreError> {
    if (200..300).contains(&answer.status) { json(answer, doing) } else { Err(refused(answer, doing)) }
}

pub(super) fn json(answer: &Answer, doing: &str) -> Result<Value, StoreError> {
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    // The parser's message can quote the answer: it is not passed on.
    serde_json::from_slice(&answer.body)
        .map_err(|_| StoreError::new(ErrorKind::Corrupt, format!("Vault's answer is not JSON ({doing})")))
}

/// An answer that is no success, as an error. Only the server's own `errors` are quoted, and they name no values.
pub(super) fn refused(answer: &Answer, doing: &str) -> StoreError {
    let said = serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| {
        let errors: Vec<String> =
            body.get("errors")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    });
    let said: String =
        said.unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    let status = answer.status;
    let message = match said.trim() {
        "" => format!("Vault answers {status} ({doing})"),
        said => format!("Vault answers {status} ({doing}): {said}"),
    };
    match status {
        401 | 403 => StoreError::new(ErrorKind::Denied, message).advise(
            "check the token (vault token lookup) and its policy (keylift policy prints the one that is needed)",
        ),
        404 => StoreError::new(ErrorKind::Configuration, message).advise("is the mount's name right?"),
        413 => StoreError::new(ErrorKind::Rejected, message).advise("the value is larger than the server takes"),
        400 => StoreError::new(ErrorKind::Rejected, message),
        _ => StoreError::new(ErrorKind::Unavailable, message),
    }
}
