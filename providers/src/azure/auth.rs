//! Access tokens for Azure, from where its own libraries take them ("Credential chains in the Azure Identity client
//! library").

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::bearer::{Bearer, Question, Token};
use crate::http::loopback;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// Where tokens come from, unless the settings say otherwise (the public cloud).
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// The server beside a virtual machine ("Azure Instance Metadata Service").
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who is asking, and the token in use.
pub(super) struct Auth {
    source: Source,
    /// For what the token is: `https://vault.azure.net`.
    resource: String,
    settings: Settings,
    bearer: Bearer,
}

enum Source {
    /// Given as it is.
    Token(Secret),
    /// A service principal with a secret.
    Client { url: Url, client: String, secret: Secret },
    /// Workload identity: the file holds a token of the cluster, which is changed now and then.
    Federated { url: Url, client: String, file: PathBuf },
    /// The server beside an app of App Service or a container.
    App { url: Url, header: Secret },
    /// `az login` was here.
    Program,
    /// The server beside a virtual machine.
    Machine { url: Url },
}

impl Auth {
    pub fn find(resource: &str, settings: &Settings) -> Result<Self, StoreError> {
        let client = settings.var("AZURE_CLIENT_ID");
        let authority = settings.var("AZURE_AUTHORITY_HOST").unwrap_or_else(|| AUTHORITY.to_owned());
        let token_url = |tenant: &str| {
            let legal = tenant.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
            Url::parse(&format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/')))
                .ok()
                .filter(|url| legal && (url.scheme() == "https" || loopback(url.as_str())))
                .ok_or_else(|| configuration("AZURE_TENANT_ID or AZURE_AUTHORITY_HOST is not what it should be"))
        };
        let principal = settings.var("AZURE_TENANT_ID").zip(client.clone());
        let secret = settings.var("AZURE_CLIENT_SECRET");
        let file = settings.var("AZURE_FEDERATED_TOKEN_FILE");
        let source = match (settings.var("AZURE_ACCESS_TOKEN"), principal, secret, file) {
            (Some(token), ..) => Source::Token(Secret::new(token)),
            (None, Some((tenant, client)), Some(secret), _) => {
                Source::Client { url: token_url(&tenant)?, client, secret: Secret::new(secret) }
            }
            (None, Some((tenant, client)), None, Some(file)) => {
                Source::Federated { url: token_url(&tenant)?, client, file: file.into() }
            }
            _ => Self::beside(resource, client.as_deref(), settings)?,
        };
        Ok(Self { source, resource: resource.to_owned(), settings: settings.clone(), bearer: Bearer::default() })
    }

    /// What the machine has.
    fn beside(resource: &str, client: Option<&str>, settings: &Settings) -> Result<Source, StoreError> {
        let asking = |text: &str, version: &str| {
            let mut url = Url::parse(text).map_err(|_| configuration("IDENTITY_ENDPOINT is not a URL"))?;
            url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", resource);
            if let Some(client) = client {
                url.query_pairs_mut().append_pair("client_id", client);
            }
            Ok::<_, StoreError>(url)
        };
        if let (Some(endpoint), Some(header)) = (settings.var("IDENTITY_ENDPOINT"), settings.var("IDENTITY_HEADER")) {
            return Ok(Source::App { url: asking(&endpoint, "2019-08-01")?, header: Secret::new(header) });
        }
        let folder = settings.var("AZURE_CONFIG_DIR").map(PathBuf::from);
        let folder = folder.or_else(|| settings.home_dir().map(|home| home.join(".azure")));
        if folder.is_some_and(|folder| folder.join("azureProfile.json").is_file()) {
            return Ok(Source::Program);
        }
        let endpoint = settings
            .var("AZURE_POD_IDENTITY_AUTHORITY_HOST")
            .map(|host| format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/')));
        Ok(Source::Machine { url: asking(endpoint.as_deref().unwrap_or(METADATA), "2018-02-01")? })
    }

    /// The header that says who is asking.
    pub async fn header(&self) -> Result<HeaderValue, StoreError> {
        self.bearer.header(self.fetch()).await
    }

    async fn fetch(&self) -> Result<Token, StoreError> {
        let scope = format!("{}/.default", self.resource);
        let login = "do the credentials still hold? `az login` makes new ones";
        match &self.source {
            Source::Token(token) => Ok(Token { secret: token.duplicate(), lasts: None }),
            Source::Client { url, client, secret } => {
                let secret = secret.expose_str().unwrap_or_default();
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_id", client),
                    ("client_secret", secret),
                    ("scope", &scope),
                ];
                self.ask(url, Some(&form), HeaderMap::new()).await.map_err(|error| error.advise(login))
            }
            Source::Federated { url, client, file } => {
                let bytes = crate::local::read_optional(file)?
                    .ok_or_else(|| configuration(format!("{} does not exist", file.display())))?;
                let assertion = std::str::from_utf8(&bytes).unwrap_or_default().trim();
                let form = [
                    ("grant_type", "client_credentials"),
                    ("client_id", client),
                    ("client_assertion_type", ASSERTION),
                    ("client_assertion", assertion),
                    ("scope", &scope),
                ];
                self.ask(url, Some(&form), HeaderMap::new()).await
            }
            Source::App { url, header } => {
                let mut value = HeaderValue::from_bytes(header.expose())
                    .map_err(|_| configuration("IDENTITY_HEADER is not a header"))?;
                value.set_sensitive(true);
                self.ask(url, None, [("x-identity-header", value)].into_iter().map(named).collect()).await
            }
            Source::Machine { url } => {
                let headers = [("metadata", HeaderValue::from_static("true"))].into_iter().map(named).collect();
                self.ask(url, None, headers).await.map_err(|error| match error.kind {
                    ErrorKind::Unreachable => {
                        StoreError::new(ErrorKind::Denied, "there are no Azure credentials").advise(
                            "run `az login`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where a \
                             managed identity is assigned",
                        )
                    }
                    _ => error,
                })
            }
            Source::Program => self.program().await,
        }
    }

    async fn ask(&self, url: &Url, form: Option<&[(&str, &str)]>, headers: HeaderMap) -> Result<Token, StoreError> {
        Question { url: url.clone(), form, headers }.ask("Microsoft's", &self.settings).await
    }

    async fn program(&self) -> Result<Token, StoreError> {
        let denied = |what: &str| {
            StoreError::new(ErrorKind::Denied, format!("`az account get-access-token` {what}")).advise("run `az login`")
        };
        let output = tokio::process::Command::new("az")
            .args(["account", "get-access-token", "--output", "json", "--resource", &self.resource])
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(Duration::from_mins(1), output).await;
        let output = output.map_err(|_| denied("does not end"))?.map_err(|_| denied("cannot be run"))?;
        let bytes = zeroize::Zeroizing::new(output.stdout);
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match (output.status.success(), answer["accessToken"].as_str()) {
            // Its end is written in local time; `az` gives a token that lasts, and is asked again before long.
            (true, Some(token)) => Ok(Token { secret: Secret::new(token), lasts: Some(Duration::from_mins(15)) }),
            _ => Err(denied("gives no token")),
        }
    }
}

fn named((name, value): (&'static str, HeaderValue)) -> (reqwest::header::HeaderName, HeaderValue) {
    (reqwest::header::HeaderName::from_static(name), value)
}

pub(super) fn configuration(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Configuration, message)
}
