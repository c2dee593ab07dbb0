//! Access tokens: kept until shortly before their end, and asked of token servers. Stores that take them in a header share
//! it.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::http::{Client, Trust, proxy};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// How long before its end a token is asked for anew.
const SOON: Duration = Duration::from_mins(5);

/// A token, and how long it lasts where that is known.
pub(crate) struct Token {
    pub secret: Secret,
    pub lasts: Option<Duration>,
}

/// The token in use.
#[derive(Default)]
pub(crate) struct Bearer(Mutex<Option<(HeaderValue, Option<Instant>)>>);

impl Bearer {
    /// The header with the token in use; with a new one where there is none, or it ends soon.
    pub async fn header<F>(&self, fetch: F) -> Result<HeaderValue, StoreError>
    where
        F: Future<Output = Result<Token, StoreError>>,
    {
        let mut slot = self.0.lock().await;
        let now = Instant::now();
        if let Some((header, _)) = slot.as_ref().filter(|(_, end)| end.is_none_or(|end| end > now + SOON)) {
            return Ok(header.clone());
        }
        let token = fetch.await?;
        let mut bytes = Zeroizing::new(b"Bearer ".to_vec());
        bytes.extend_from_slice(token.secret.expose().trim_ascii());
        let mut header = HeaderValue::from_bytes(&bytes).map_err(|_| {
            StoreError::new(ErrorKind::Denied, "the login gave a token with characters that no token has")
        })?;
        header.set_sensitive(true);
        let end = token.lasts.and_then(|lasts| now.checked_add(lasts));
        *slot = Some((header.clone(), end));
        Ok(header)
    }
}

/// What a token server or the server beside a machine is asked.
pub(crate) struct Question<'a> {
    /// Where.
    pub url: Url,
    /// A form to send; none to get.
    pub form: Option<&'a [(&'a str, &'a str)]>,
    /// Headers.
    pub headers: HeaderMap,
}

impl Question<'_> {
    /// Asks, and takes `access_token` and `expires_in` from the answer (RFC 6749, section 5.1). `whose` server it is
    /// stands in errors. None where the server says no such thing, with its status.
    pub async fn ask(&self, whose: &str, settings: &Settings) -> Result<Token, StoreError> {
        // A server beside the machine is not behind a proxy.
        let proxy = if self.form.is_some() { proxy(&self.url, None, settings)? } else { None };
        let client = Client::new(&self.url, &Trust::default(), proxy, None)?;
        let body = self.form.map(encode);
        let answer = client
            .send(|| {
                let method = if body.is_some() { Method::POST } else { Method::GET };
                let mut request = reqwest::Request::new(method, self.url.clone());
                request.headers_mut().extend(self.headers.clone());
                if let Some(body) = &body {
                    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
                    request.headers_mut().insert(CONTENT_TYPE, kind);
                    *request.body_mut() = Some(body.as_bytes().to_vec().into());
                }
                Ok(request)
            })
            .await?;
        let denied = |what: String| StoreError::new(ErrorKind::Denied, format!("{whose} token server {what}"));
        if answer.status != 200 {
            return Err(denied(format!("answers {} to the credentials", answer.status)));
        }
        let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = answer["access_token"].as_str().ok_or_else(|| denied("gave no access token".to_owned()))?;
        // Servers beside machines write the number as text.
        let lasts = &answer["expires_in"];
        let lasts = lasts.as_u64().or_else(|| lasts.as_str()?.parse().ok()).unwrap_or(0);
        Ok(Token { secret: Secret::new(token), lasts: Some(Duration::from_secs(lasts)) })
    }
}

/// A form (`application/x-www-form-urlencoded`).
fn encode(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    Zeroizing::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}
