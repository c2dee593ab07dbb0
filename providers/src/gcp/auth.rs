//! Access tokens for Google Cloud, from where its own programs take them ("How Application Default Credentials works").

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::bearer::{Bearer, Question, Token};
use crate::http::loopback;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// Where tokens come from, unless the credentials say otherwise.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Who is asking, and the token in use.
pub(super) struct Auth {
    source: Source,
    settings: Settings,
    bearer: Bearer,
}

enum Source {
    /// Given as it is (`CLOUDSDK_AUTH_ACCESS_TOKEN`, as gcloud has it).
    Token(Secret),
    /// "Using OAuth 2.0 for Server to Server Applications".
    ServiceAccount { email: String, key_id: Option<String>, key: Secret, uri: Url },
    /// What `gcloud auth application-default login` leaves behind.
    User { client_id: String, client_secret: Secret, refresh_token: Secret, uri: Url },
    /// The server beside a virtual machine or container ("About VM metadata").
    Metadata { host: String },
}

impl Auth {
    pub fn find(settings: &Settings) -> Result<Self, StoreError> {
        let source = if let Some(token) = settings.var("CLOUDSDK_AUTH_ACCESS_TOKEN") {
            Source::Token(Secret::new(token))
        } else if let Some(path) = settings.var("GOOGLE_APPLICATION_CREDENTIALS") {
            let path = PathBuf::from(path);
            Source::file(&path)?.ok_or_else(|| configuration(format!("{} does not exist", path.display())))?
        } else {
            let folder = settings.var("CLOUDSDK_CONFIG").map(PathBuf::from);
            let folder = folder.or_else(|| settings.home_dir().map(|home| home.join(".config/gcloud")));
            let file = folder.map(|folder| folder.join("application_default_credentials.json"));
            let known = file.as_deref().map(Source::file).transpose()?.flatten();
            let host = settings.var("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
            known.unwrap_or(Source::Metadata { host })
        };
        Ok(Self { source, settings: settings.clone(), bearer: Bearer::default() })
    }

    /// The header that says who is asking.
    pub async fn header(&self) -> Result<HeaderValue, StoreError> {
        self.bearer.header(self.fetch()).await
    }

    async fn fetch(&self) -> Result<Token, StoreError> {
        let ask = async |url: &Url, form: Option<&[(&str, &str)]>, headers| {
            Question { url: url.clone(), form, headers }.ask("Google's", &self.settings).await
        };
        let login = "do the credentials still hold? `gcloud auth application-default login` makes new ones";
        match &self.source {
            Source::Token(token) => Ok(Token { secret: token.duplicate(), lasts: None }),
            Source::ServiceAccount { email, key_id, key, uri } => {
                let assertion = assertion(email, key_id.as_deref(), key, uri)?;
                let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                let form = [("grant_type", grant), ("assertion", assertion.as_str())];
                ask(uri, Some(&form), HeaderMap::new()).await.map_err(|error| error.advise(login))
            }
            Source::User { client_id, client_secret, refresh_token, uri } => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id.as_str()),
                    ("client_secret", client_secret.expose_str().unwrap_or_default()),
                    ("refresh_token", refresh_token.expose_str().unwrap_or_default()),
                ];
                ask(uri, Some(&form), HeaderMap::new()).await.map_err(|error| error.advise(login))
            }
            Source::Metadata { host } => {
                let text = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
                let url = Url::parse(&text).map_err(|_| configuration("GCE_METADATA_HOST is not a host"))?;
                let mut headers = HeaderMap::new();
                headers.insert("metadata-flavor", HeaderValue::from_static("Google"));
                ask(&url, None, headers).await.map_err(|error| match error.kind {
                    ErrorKind::Unreachable => {
                        StoreError::new(ErrorKind::Denied, "there are no Google Cloud credentials").advise(
                            "run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or run \
                             where a service account is attached",
                        )
                    }
                    _ => error,
                })
            }
        }
    }
}

impl Source {
    fn file(path: &Path) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = crate::local::read_optional(path)? else { return Ok(None) };
        let shown = path.display();
        // The parser's message can quote the file: it is not passed on.
        let file: Value =
            serde_json::from_slice(&bytes).map_err(|_| configuration(format!("{shown} is not a credentials file")))?;
        let text = |name: &str| {
            let text = file[name].as_str().map(str::to_owned);
            text.ok_or_else(|| configuration(format!("{shown} has no {name}")))
        };
        let uri = Url::parse(file["token_uri"].as_str().unwrap_or(TOKEN_URI))
            .ok()
            .filter(|url| url.scheme() == "https" || loopback(url.as_str()))
            .ok_or_else(|| configuration(format!("{shown} names a token_uri that is not https://")))?;
        match file["type"].as_str() {
            Some("service_account") => Ok(Some(Self::ServiceAccount {
                email: text("client_email")?,
                key_id: file["private_key_id"].as_str().map(str::to_owned),
                key: Secret::new(text("private_key")?),
                uri,
            })),
            Some("authorized_user") => Ok(Some(Self::User {
                client_id: text("client_id")?,
                client_secret: Secret::new(text("client_secret")?),
                refresh_token: Secret::new(text("refresh_token")?),
                uri,
            })),
            _ => Err(configuration(format!("{shown} holds credentials of a kind that keylift does not know"))
                .advise("set CLOUDSDK_AUTH_ACCESS_TOKEN to what `gcloud auth print-access-token` prints")),
        }
    }
}

/// A signed claim to be a service account (RFC 7523).
fn assertion(email: &str, key_id: Option<&str>, key: &Secret, uri: &Url) -> Result<Zeroizing<String>, StoreError> {
    let bad = || configuration("the service account's private key is not a PKCS#8 key in PEM");
    let pem = key.expose_str().ok_or_else(bad)?;
    let text: Zeroizing<String> =
        Zeroizing::new(pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect());
    let der = Zeroizing::new(STANDARD.decode(text.as_bytes()).map_err(|_| bad())?);
    let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| bad())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = key_id {
        header["kid"] = Value::from(id);
    }
    let claims = json!({ "iss": email, "scope": SCOPE, "aud": uri.as_str(), "iat": now, "exp": now + 3600 });
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| bad())?;
    Ok(Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

pub(super) fn configuration(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Configuration, message)
}
