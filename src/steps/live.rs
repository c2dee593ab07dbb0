//! Asks an issuer whether a credential still works: only when a person asked for it, only the rule's own host, once.

use std::net::IpAddr;
use std::time::Duration;

use keylift_providers::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url, redirect};

use crate::rules::Live;

/// How long an issuer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// What a rule writes where the credential goes.
const VALUE: &str = "{{value}}";

/// What the issuer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It works.
    Live,
    /// It does not.
    Dead,
    /// Nobody can tell; the reason is one sentence without the value.
    Unknown(String),
}

/// The host that a rule asks.
///
/// # Errors
/// The rule's URL is not HTTPS (plain HTTP is for this machine alone), or the credential would decide on the host.
pub fn host(live: &Live) -> Result<String, String> {
    let with = |value: &str| Url::parse(&live.url.replace(VALUE, value)).map_err(|_| "its URL is none".to_owned());
    let (one, other) = (with("a")?, with("b")?);
    if one.origin() != other.origin() {
        return Err("the credential stands in the host of its URL".to_owned());
    }
    let host = one.host_str().ok_or("its URL has no host")?.to_owned();
    let here = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match one.scheme() {
        "https" => Ok(host),
        "http" if here => Ok(host),
        _ => Err("its URL is not https".to_owned()),
    }
}

/// Sends the rule's request with the credential in it. Redirects are not followed, the answer's body is not read, and
/// nothing of the exchange is logged.
pub async fn ask(live: &Live, secret: &Secret) -> Answer {
    match send(live, secret).await {
        Ok(status) if live.live.contains(&status) => Answer::Live,
        Ok(status) if live.dead.contains(&status) => Answer::Dead,
        Ok(429) => Answer::Unknown("the issuer is asked too often (429)".to_owned()),
        Ok(status @ 300..=399) => {
            Answer::Unknown(format!("the issuer points elsewhere ({status}), which is not followed"))
        }
        Ok(status) => Answer::Unknown(format!("the issuer answered {status}, which the rule does not know")),
        Err(reason) => Answer::Unknown(reason),
    }
}

async fn send(live: &Live, secret: &Secret) -> Result<u16, String> {
    let host = host(live)?;
    let value = secret.expose_str().ok_or("the value is no text")?;
    let url = Url::parse(&live.url.replace(VALUE, &percent(value))).map_err(|_| "the value does not fit a URL")?;
    if url.host_str() != Some(&host) {
        return Err("the credential stands in the host of its URL".to_owned());
    }
    let mut headers = HeaderMap::new();
    for (name, template) in live.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "the rule has a header of no name")?;
        let text = template.replace(VALUE, value);
        if text.contains("{{") {
            return Err("the rule needs more than the value".to_owned());
        }
        let mut text = HeaderValue::from_str(&text).map_err(|_| "the value does not fit a header")?;
        text.set_sensitive(true);
        headers.insert(name, text);
    }
    let json = headers.get("content-type").is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
    let method = Method::from_bytes(live.method.as_bytes()).map_err(|_| "the rule has no method")?;
    let mut request = client(&url)?.request(method, url).headers(headers);
    if let Some(body) = &live.body {
        let value = if json { serde_json::to_string(value).unwrap_or_default() } else { percent(value) };
        let value = if json { value.trim_matches('"') } else { &value };
        request = request.body(body.replace(VALUE, value));
    }
    // The error has the URL in it, which may have the credential: only its kind is told.
    request.send().await.map(|response| response.status().as_u16()).map_err(|error| {
        let what = match &error {
            error if error.is_timeout() => "does not answer in time",
            error if error.is_connect() => "cannot be reached",
            _ => "broke the connection off",
        };
        format!("{host} {what}")
    })
}

fn client(url: &Url) -> Result<reqwest::Client, String> {
    // Fails where the program has installed its provider already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .tls_backend_rustls()
        .redirect(redirect::Policy::none())
        .referer(false)
        .timeout(PATIENCE)
        .user_agent(concat!("keylift/", env!("CARGO_PKG_VERSION")));
    if url.scheme() == "http" {
        // This machine is not reached through a proxy.
        builder = builder.no_proxy().tls_certs_only(Vec::new());
    }
    builder.build().map_err(|_| "the HTTPS client cannot be set up".to_owned())
}

/// The value for a path, a query or a form. A colon may stand in all three, and issuers expect it as it is.
fn percent(value: &str) -> String {
    use std::fmt::Write as _;
    value.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Engine;

    fn live(url: &'static str) -> Live {
        Live {
            method: "GET".into(),
            url: url.into(),
            headers: vec![].into(),
            body: None,
            live: vec![200].into(),
            dead: vec![401].into(),
        }
    }

    #[test]
    fn every_builtin_check_goes_to_one_host_over_https() {
        let mut count = 0;
        for rule in Engine::builtin().rules() {
            let Some(live) = &rule.live else { continue };
            assert!(host(live).is_ok() && live.url.starts_with("https://"), "{}", rule.id);
            assert!(!live.live.is_empty(), "{}", rule.id);
            let anywhere =
                std::iter::once(&live.url).chain(live.headers.iter().map(|(_, text)| text)).chain(&live.body);
            assert!(anywhere.into_iter().any(|text| text.contains(VALUE)), "{}", rule.id);
            count += 1;
        }
        assert!(count >= 50, "{count} rules have a live check");
    }

    #[test]
    fn the_credential_does_not_choose_the_host_and_plain_http_stays_here() {
        for url in
            ["https://{{value}}.example/x", "https://{{value}}/x", "http://api.example/", "ftp://127.0.0.1/", "x"]
        {
            assert!(host(&live(url)).is_err(), "{url}");
        }
        assert_eq!(host(&live("http://127.0.0.1:8200/{{value}}")).as_deref(), Ok("127.0.0.1"));
        assert_eq!(host(&live("https://api.example/bot{{value}}")).as_deref(), Ok("api.example"));
    }
}
