//! Secrets from `HashiCorp` Vault or `OpenBao`, each read once.
//!
//! Made by keylift. Needs the crates `ureq` (version 3) and `serde_json`. Address, token and namespace come from
//! `VAULT_ADDR`, `VAULT_TOKEN` (or `~/.vault-token`) and `VAULT_NAMESPACE`, a private authority's certificate from
//! `VAULT_CACERT`. A secret that cannot be read panics: there is no default.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// The secret of that name, as text.
pub fn get(name: &str) -> String {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = known.get(name) {
        return value.clone();
    }
    let value = read(name).unwrap_or_else(|why| panic!("the secret {name} could not be read: {why}"));
    known.insert(name.to_owned(), value.clone());
    value
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn read(name: &str) -> Result<String, Box<dyn Error>> {
    let address = setting("VAULT_ADDR").ok_or("VAULT_ADDR is not set")?;
    let token = if let Some(token) = setting("VAULT_TOKEN") {
        token
    } else {
        let home = setting("HOME").or_else(|| setting("USERPROFILE")).unwrap_or_default();
        let file = std::path::Path::new(&home).join(".vault-token");
        std::fs::read_to_string(file).map_err(|_| "VAULT_TOKEN is not set")?.trim().to_owned()
    };
    let versions = setting("KEYLIFT_VAULT_KV").unwrap_or_else(|| "@KEYLIFT_KV@".to_owned()) != "1";
    let mount = setting("KEYLIFT_VAULT_MOUNT").unwrap_or_else(|| "@KEYLIFT_MOUNT@".to_owned());
    let prefix = setting("KEYLIFT_VAULT_PREFIX").unwrap_or_else(|| "@KEYLIFT_PREFIX@".to_owned());
    let path = [mount.as_str(), if versions { "data" } else { "" }, &prefix, name].join("/");
    let mut target = format!("{}/v1", address.trim_end_matches('/'));
    for part in path.split('/').filter(|part| !part.is_empty()) {
        target.push('/');
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                target.push(char::from(byte));
            } else {
                write!(target, "%{byte:02X}")?;
            }
        }
    }
    // The token is for this server alone: no redirects.
    let mut settings = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .max_redirects(0)
        .http_status_as_error(false);
    if let Some(file) = setting("VAULT_CACERT") {
        let text = std::fs::read(file)?;
        let mut authorities = Vec::new();
        for item in ureq::tls::parse_pem(&text) {
            if let ureq::tls::PemItem::Certificate(certificate) = item? {
                authorities.push(certificate);
            }
        }
        let roots = ureq::tls::RootCerts::new_with_certs(&authorities);
        settings = settings.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
    }
    let agent: ureq::Agent = settings.build().into();
    let mut request = agent.get(&target).header("X-Vault-Token", &token).header("X-Vault-Request", "true");
    if let Some(namespace) = setting("VAULT_NAMESPACE") {
        request = request.header("X-Vault-Namespace", &namespace);
    }
    let mut answer = request.call()?;
    if answer.status() != 200 {
        return Err(format!("the server answered {}", answer.status().as_u16()).into());
    }
    let body: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
    let data = if versions { &body["data"]["data"] } else { &body["data"] };
    let value = data["@KEYLIFT_FIELD@"].as_str();
    Ok(value.ok_or("the answer has no text in the field @KEYLIFT_FIELD@")?.to_owned())
}
