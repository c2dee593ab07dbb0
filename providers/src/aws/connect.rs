//! From settings to a connection: region, endpoint, credentials, certificates, proxy. Stores on AWS share it.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider, SharedHttpClient, retry::RetryConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};

use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// Which account and region, as the options of a store's URI say it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// What the URI says after the scheme, without options.
    pub path: String,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub endpoint: Option<String>,
    /// Options that only one store has.
    pub more: Vec<(String, String)>,
}

impl Target {
    /// From what follows `SCHEME://`: a path and options. `own` names the options that this store has besides.
    pub fn parse(rest: &str, scheme: &str, own: &[&str]) -> Result<Self, StoreError> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut target = Self { path: path.trim_matches('/').to_owned(), ..Self::default() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || value.contains('@') {
                return Err(configuration(format!("the option ?{name}= of a {scheme}:// store has no usable value")));
            }
            let value = value.to_owned();
            match name {
                "region" => target.region = Some(value),
                "profile" => target.profile = Some(value),
                "endpoint" => target.endpoint = Some(value),
                name if own.contains(&name) => target.more.push((name.to_owned(), value)),
                _ => {
                    let known = ["region", "profile", "endpoint"].iter().chain(own).copied().collect::<Vec<_>>();
                    return Err(configuration(format!("a {scheme}:// store has no option {name}"))
                        .advise(format!("it has {}", known.join(", "))));
                }
            }
        }
        if target.path.contains([':', '@', '#', '%']) {
            return Err(configuration(format!("{scheme}:// takes the beginning of names, not an ARN or a URL"))
                .advise(format!("for instance {scheme}://shop/production?region=eu-central-1")));
        }
        Ok(target)
    }

    /// The SDK's configuration. Where the settings hold a key, they are all of it; else the SDK's own chain looks at
    /// profiles, SSO, containers and instances (and at this process's variables).
    pub async fn configuration(&self, service: &str, settings: &Settings) -> Result<SdkConfig, StoreError> {
        let region = self.region.clone().or_else(|| settings.first_var(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let region = region.map(Region::new);
        let specific = format!("AWS_ENDPOINT_URL_{service}");
        let ignored = settings.var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| truth(&text));
        let configured = || settings.first_var(&[&specific, "AWS_ENDPOINT_URL"]).filter(|_| !ignored);
        let endpoint = self.endpoint.clone().or_else(configured);
        let profile = self.profile.clone().or_else(|| settings.var("AWS_PROFILE"));
        let http = client(settings)?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(10))
            .operation_attempt_timeout(Duration::from_mins(1))
            .build();
        // A profile that the URI names goes before a key in the environment, as `--profile` of the AWS program does.
        let credentials = if self.profile.is_some() { None } else { key(settings)? };
        if let (Some(credentials), Some(region)) = (&credentials, &region) {
            let mut config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(region.clone())
                .credentials_provider(credentials.clone())
                .http_client(http)
                // The policy of keylift's own retries is in one place.
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts)
                .use_fips(settings.var("AWS_USE_FIPS_ENDPOINT").is_some_and(|text| truth(&text)))
                .use_dual_stack(settings.var("AWS_USE_DUALSTACK_ENDPOINT").is_some_and(|text| truth(&text)));
            config.set_endpoint_url(endpoint);
            return Ok(config.build());
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(region) = region {
            loader = loader.region(region);
        }
        if let Some(credentials) = credentials {
            loader = loader.credentials_provider(credentials);
        }
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(configuration("no AWS region is set")
                .advise("set AWS_REGION, give the profile a region, or add ?region=… to the store's URI"));
        }
        Ok(config)
    }
}

pub(crate) fn configuration(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Configuration, message)
}

fn truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// The key that the settings hold.
fn key(settings: &Settings) -> Result<Option<SharedCredentialsProvider>, StoreError> {
    let Some(id) = settings.var("AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = settings.var("AWS_SECRET_ACCESS_KEY").ok_or_else(|| {
        configuration("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
            .advise("set both, or neither to use a profile or a role")
    })?;
    let session = settings.var("AWS_SESSION_TOKEN");
    Ok(Some(SharedCredentialsProvider::new(Credentials::new(id, secret, session, None, "keylift settings"))))
}

/// An HTTP client with rustls on ring, the certificates of `AWS_CA_BUNDLE`, and the usual proxy variables.
fn client(settings: &Settings) -> Result<SharedHttpClient, StoreError> {
    let mut context = TlsContext::builder();
    if let Some(path) = settings.first_var(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"]) {
        let path = std::path::PathBuf::from(path);
        let pem = std::fs::read(&path).map_err(|error| crate::local::failure(&path, "read", &error))?;
        // The SDK takes damaged certificates for a reason to panic.
        let whole = reqwest::Certificate::from_pem_bundle(&pem).is_ok_and(|certificates| !certificates.is_empty());
        if !whole {
            return Err(configuration(format!("{} does not hold certificates in PEM", path.display())));
        }
        context = context.with_trust_store(TrustStore::empty().with_pem_certificate(pem));
    }
    let context = context.build().map_err(|_| configuration("the HTTPS client cannot be set up"))?;
    let tls = Provider::Rustls(CryptoMode::Ring);
    let Some(proxy) = proxy(settings)? else {
        return Ok(Builder::new().tls_provider(tls).tls_context(context).build_https());
    };
    Ok(Builder::new().build_with_connector_fn(move |timeouts, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(timeouts.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.set_proxy_config(Some(proxy.clone()));
        builder.tls_provider(tls.clone()).tls_context(context.clone()).build()
    }))
}

fn proxy(settings: &Settings) -> Result<Option<ProxyConfig>, StoreError> {
    let Some(url) = settings.first_var(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else {
        return Ok(None);
    };
    // The error quotes the address, which can hold a password.
    let proxy = ProxyConfig::all(url).map_err(|_| configuration("the proxy's address cannot be understood"))?;
    Ok(Some(match settings.first_var(&["NO_PROXY", "no_proxy"]) {
        Some(spared) => proxy.no_proxy(spared),
        None => proxy,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_path_and_options() {
        let target = Target::parse("/shop/prod/?region=eu-west-1&kms=a", "aws-sm", &["kms"]).unwrap();
        assert_eq!((target.path.as_str(), target.region.as_deref()), ("shop/prod", Some("eu-west-1")));
        assert_eq!(target.more, [("kms".to_owned(), "a".to_owned())]);
        for bad in ["a?region=", "a?nope=1", "arn:aws:x", "u:p@h", "a?endpoint=http://u:p@h", "a#b", "a%2Fb"] {
            assert!(Target::parse(bad, "aws-sm", &[]).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn settings_with_a_key_are_all_of_the_configuration() {
        let vars = [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("AWS_REGION", "eu-north-1"),
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_SSM", "http://special"),
        ];
        let settings = Settings::with_vars("/c", vars);
        let of = |service: &'static str| {
            let settings = settings.clone();
            async move { Target::default().configuration(service, &settings).await.unwrap() }
        };
        assert_eq!(of("SSM").await.endpoint_url(), Some("http://special"));
        let config = of("SECRETS_MANAGER").await;
        assert_eq!(config.endpoint_url(), Some("http://general"));
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-north-1"));
        let half = Settings::with_vars("/c", [("AWS_ACCESS_KEY_ID", "id")]);
        let error = Target::default().configuration("SSM", &half).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Configuration);
    }
}
