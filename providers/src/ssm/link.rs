//! Parameter Store's calls over plain HTTPS, signed: of a service with 140 operations nine are needed, and compiling all
//! of its SDK for them is not worth the minutes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::aws::call::{Code, Refusal, code_of, known};
use crate::aws::connect::configuration;
use crate::http::{Answer, Client, Trust, proxy};
use crate::pace::Pace;
use crate::retry::{Again, Fault, retry};
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// How long before their end credentials are asked for anew.
const SOON: Duration = Duration::from_mins(5);

/// The connection to Parameter Store of one region of one account.
pub(super) struct Link {
    config: SdkConfig,
    http: Client,
    url: Url,
    region: String,
    credentials: Mutex<Option<Arc<Credentials>>>,
    pub pace: Pace,
}

impl Link {
    pub fn new(config: SdkConfig, settings: &Settings, pace: Pace) -> Result<Self, StoreError> {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        // The partitions that have other domains ("AWS Systems Manager endpoints and quotas").
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let fips = if config.use_fips() == Some(true) { "-fips" } else { "" };
        let endpoint = match config.endpoint_url() {
            Some(url) => url.to_owned(),
            None => format!("https://ssm{fips}.{region}.{domain}"),
        };
        let url = Url::parse(&endpoint).map_err(|_| configuration("the AWS endpoint is not a URL"))?;
        let ca_files = settings.first_var(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"]).map(Into::into).into_iter().collect();
        let trust = Trust { ca_files, ..Trust::default() };
        let http = Client::new(&url, &trust, proxy(&url, None, settings)?, None)?;
        Ok(Self { config, http, url, region, credentials: Mutex::new(None), pace })
    }

    /// A call that can be repeated: reading, or writing what must not be there yet.
    pub async fn call(&self, action: &str, body: &Value, doing: &str) -> Result<Value, Refusal> {
        self.repeat(action, body, doing, true).await
    }

    /// A call that must not be repeated once its answer is lost. That it was is [`Code::Lost`].
    pub async fn call_once(&self, action: &str, body: &Value, doing: &str) -> Result<Value, Refusal> {
        self.repeat(action, body, doing, false).await
    }

    async fn repeat(&self, action: &str, body: &Value, doing: &str, twice: bool) -> Result<Value, Refusal> {
        let writes = !action.starts_with("Get") && !action.starts_with("List");
        let pace = writes.then_some(&self.pace);
        let outcome = retry(|| async {
            let turn = match pace {
                Some(pace) => Some(pace.turn().await),
                None => None,
            };
            match self.attempt(action, body, doing).await {
                Ok(answer) => {
                    if let Some(pace) = pace {
                        pace.went_through();
                    }
                    Ok(Ok(answer))
                }
                Err((code, fault)) => {
                    if let Some((pace, turn)) = pace.zip(turn).filter(|_| fault.again == Again::Busy) {
                        pace.slow_down(turn);
                    }
                    match fault.again {
                        Again::Never => Ok(Err(Refusal { code, error: fault.error })),
                        Again::Lost | Again::Failed if !twice => {
                            Ok(Err(Refusal { code: Code::Lost, error: fault.error }))
                        }
                        _ => Err(fault),
                    }
                }
            }
        })
        .await;
        outcome.unwrap_or_else(|error| Err(Refusal { code: Code::Other, error }))
    }

    async fn attempt(&self, action: &str, body: &Value, doing: &str) -> Result<Value, (Code, Fault)> {
        let last = |error| (Code::Other, Fault::last(error));
        let credentials = self.credentials().await.map_err(|error| (Code::Denied, Fault::last(error)))?;
        let request = self.request(action, body, &credentials).map_err(last)?;
        let Answer { status, body, .. } = self.http.once(request).await.map_err(|fault| (Code::Other, fault))?;
        let answer = serde_json::from_slice::<Value>(&body);
        match (status, answer) {
            (200, Ok(answer)) => Ok(answer),
            (200, Err(_)) => {
                Err(last(StoreError::new(ErrorKind::Corrupt, format!("AWS's answer is not JSON ({doing})"))))
            }
            (_, answer) => {
                let answer = answer.unwrap_or_default();
                let (code, error, again) = known(code_of(&answer), status, doing);
                Err((code, Fault { error, again, after: None }))
            }
        }
    }

    async fn credentials(&self) -> Result<Arc<Credentials>, StoreError> {
        let known = || self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |credentials: &Credentials| {
            credentials.expiry().is_none_or(|end| end > SystemTime::now().checked_add(SOON).unwrap_or(end))
        };
        if let Some(credentials) = known().as_ref().filter(|credentials| fresh(credentials)) {
            return Ok(Arc::clone(credentials));
        }
        let none = || crate::aws::call::no_credentials();
        let provider = self.config.credentials_provider().ok_or_else(none)?;
        let credentials = Arc::new(provider.provide_credentials().await.map_err(|_| none())?);
        *known() = Some(Arc::clone(&credentials));
        Ok(credentials)
    }

    /// A request of the protocol "AWS JSON 1.1", signed with signature version 4.
    fn request(&self, action: &str, body: &Value, credentials: &Credentials) -> Result<reqwest::Request, StoreError> {
        let cannot = || configuration("a request to AWS cannot be built");
        let body = body.to_string().into_bytes();
        let identity = credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ssm")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| cannot())?
            .into();
        let target = format!("AmazonSSM.{action}");
        let host = match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(cannot()),
        };
        let headers = [("content-type", "application/x-amz-json-1.1"), ("host", &host), ("x-amz-target", &target)];
        let signable = SignableRequest::new("POST", self.url.as_str(), headers.into_iter(), SignableBody::Bytes(&body));
        let (instructions, _) = sign(signable.map_err(|_| cannot())?, &params).map_err(|_| cannot())?.into_parts();
        let mut request = reqwest::Request::new(Method::POST, self.url.clone());
        let (signature, _) = instructions.into_parts();
        let all = headers.iter().filter(|(name, _)| *name != "host").map(|(name, value)| (*name, *value, false));
        let signed = signature.iter().map(|header| (header.name(), header.value(), header.sensitive()));
        for (name, value, sensitive) in all.chain(signed) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| cannot())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| cannot())?;
            value.set_sensitive(sensitive);
            request.headers_mut().insert(name, value);
        }
        *request.body_mut() = Some(body.into());
        Ok(request)
    }
}
