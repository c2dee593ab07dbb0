//! One HTTP client for the stores that are spoken to over plain HTTPS: explicit settings, bounded answers, retries with
//! full jitter, and no credential sent to another host.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::redirect;
use reqwest::{Certificate, Method, NoProxy, Proxy, Url};
use zeroize::Zeroizing;

use crate::retry::{Again, Fault, retry, seconds};
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The server's clock, to the second (the header `Date`).
    pub date: Option<String>,
    /// Where answers to earlier attempts were lost, so that one of them may have taken effect: how long ago the first of
    /// those began.
    pub doubt: Option<Duration>,
}

/// How the TLS of a client is set up.
#[derive(Default)]
pub(crate) struct Trust {
    /// PEM files that replace the system's certificate authorities; empty to keep those.
    pub ca_files: Vec<PathBuf>,
    /// More of them, already read.
    pub ca_pem: Vec<Vec<u8>>,
    /// Certificate and key, PEM.
    pub client_cert: Option<(PathBuf, PathBuf)>,
    /// Both in one, already read.
    pub client_pem: Option<Zeroizing<Vec<u8>>>,
    /// Turns verification off.
    pub insecure: bool,
}

/// A client for one server.
pub(crate) struct Client {
    http: reqwest::Client,
    host: String,
}

impl Client {
    pub fn new(base: &Url, trust: &Trust, proxy: Option<Proxy>, socket: Option<&Path>) -> Result<Self, StoreError> {
        // Fails where the program has installed its provider already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origin = base.origin();
        let same_origin = redirect::Policy::custom(move |attempt| {
            // The token is in a header of ours, which the client would carry to any host it is sent to.
            if attempt.url().origin() == origin && attempt.previous().len() < 4 {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let mut builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .redirect(same_origin)
            .referer(false)
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_mins(1))
            .user_agent(concat!("keylift/", env!("CARGO_PKG_VERSION")))
            .tls_danger_accept_invalid_certs(trust.insecure);
        if base.scheme() == "http" {
            // Spares loading the system's certificates, which nothing would be checked against.
            builder = builder.tls_certs_only(Vec::new());
        } else if !trust.ca_files.is_empty() || !trust.ca_pem.is_empty() {
            let mut roots = Vec::new();
            for pem in &trust.ca_pem {
                let given = || StoreError::new(ErrorKind::Configuration, "the authority given is not PEM");
                roots.extend(Certificate::from_pem_bundle(pem).map_err(|_| given())?);
            }
            for path in &trust.ca_files {
                let pem = pem(path)?;
                let certs = Certificate::from_pem_bundle(&pem).map_err(|_| not_pem(path, "certificates"))?;
                roots.extend(certs);
            }
            builder = builder.tls_certs_only(roots);
        }
        if let Some((cert, key)) = &trust.client_cert {
            let mut both = pem(cert)?;
            both.push(b'\n');
            both.extend(pem(key)?);
            let identity =
                reqwest::Identity::from_pem(&both).map_err(|_| not_pem(cert, "a certificate with its key"))?;
            builder = builder.identity(identity);
        }
        if let Some(both) = &trust.client_pem {
            let identity = reqwest::Identity::from_pem(both).map_err(|_| {
                StoreError::new(ErrorKind::Configuration, "the client certificate given is no certificate with its key")
            })?;
            builder = builder.identity(identity);
        }
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy);
        }
        #[cfg(unix)]
        if let Some(socket) = socket {
            builder = builder.unix_socket(socket);
        }
        #[cfg(not(unix))]
        if socket.is_some() {
            return Err(StoreError::new(ErrorKind::Configuration, "unix sockets need Unix"));
        }
        let http = builder.build().map_err(|_| {
            StoreError::new(ErrorKind::Configuration, "the HTTPS client cannot be set up with these certificates")
        })?;
        let host = match socket {
            Some(path) => path.display().to_string(),
            None => base.origin().ascii_serialization(),
        };
        Ok(Self { http, host })
    }

    /// Sends what `request` makes, and again as [`retry`] says: everything sent here is idempotent, by its nature or
    /// because it says which version it expects.
    pub async fn send<F>(&self, request: F) -> Result<Answer, StoreError>
    where
        F: Fn() -> Result<reqwest::Request, StoreError>,
    {
        let start = Instant::now();
        let fault = match self.once(request()?).await {
            Ok(answer) => return Ok(answer),
            Err(fault) if fault.again == Again::Never => return Err(fault.error),
            Err(fault) => fault,
        };
        // Aside, so that a request that is answered at once carries none of this around.
        Box::pin(self.send_again(fault, start, request)).await
    }

    /// Goes on after a first attempt that failed.
    async fn send_again<F>(&self, fault: Fault, start: Instant, request: F) -> Result<Answer, StoreError>
    where
        F: Fn() -> Result<reqwest::Request, StoreError>,
    {
        let lost = Mutex::new((fault.again == Again::Lost).then_some(start));
        let lost_since = || lost.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut first, request, lost_since) = (Some(fault), &request, &lost_since);
        let mut answer = retry(|| {
            let first = first.take();
            async move {
                if let Some(fault) = first {
                    return Err(fault);
                }
                let start = Instant::now();
                let outcome = match request() {
                    Ok(request) => self.once(request).await,
                    Err(error) => Err(Fault::last(error)),
                };
                if matches!(&outcome, Err(fault) if fault.again == Again::Lost) {
                    lost_since().get_or_insert(start);
                }
                outcome
            }
        })
        .await?;
        answer.doubt = lost_since().map(|start| start.elapsed());
        Ok(answer)
    }

    /// One attempt. Statuses that say that a server is busy are faults; others are answers.
    pub async fn once(&self, request: reqwest::Request) -> Result<Answer, Fault> {
        // Reading is idempotent whatever the server did; an entry that is too large fails with 500 again and again.
        let reads = *request.method() == Method::GET || request.method().as_str() == "LIST";
        let mut response = self.http.execute(request).await.map_err(|error| self.unreachable(&error))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let after = header("retry-after").and_then(seconds);
        let date = header("date").map(str::to_owned);
        if (300..400).contains(&status) {
            return Err(Fault::last(
                StoreError::new(ErrorKind::Unavailable, format!("{} redirects to another server", self.host))
                    .advise("give keylift that server's own address: credentials are not sent where a redirect points"),
            ));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Fault::last(StoreError::new(
                    ErrorKind::Corrupt,
                    format!("{} sent an answer of more than 64 MiB", self.host),
                )));
            }
            body.extend_from_slice(&chunk);
        }
        if matches!(status, 412 | 429 | 502..=504) {
            let what = match status {
                429 => "is asked too often (429)",
                503 => "is not available: sealed, standing by or overloaded (503)",
                _ => "is not available",
            };
            return Err(Fault {
                error: StoreError::new(ErrorKind::Unavailable, format!("{} {what}", self.host))
                    .advise("run the command again later: it goes on where it stopped"),
                again: if matches!(status, 412 | 429) { Again::Busy } else { Again::Lost },
                after,
            });
        }
        if status == 500 && reads {
            let error = StoreError::new(ErrorKind::Unavailable, format!("{} failed (500)", self.host));
            return Err(Fault { error, again: Again::Failed, after });
        }
        Ok(Answer { status, body, date, doubt: None })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        let host = &self.host;
        if certificate_refused(error) {
            let error = StoreError::new(ErrorKind::Unreachable, format!("the certificate of {host} is not trusted"))
                .advise("give the certificate authority (VAULT_CACERT for Vault, SSL_CERT_FILE for others)");
            return Fault::last(error);
        }
        let what = match error {
            error if error.is_timeout() => "does not answer in time",
            error if error.is_connect() => "cannot be reached",
            _ => "broke the connection off",
        };
        Fault {
            error: StoreError::new(ErrorKind::Unreachable, format!("{host} {what}"))
                .advise("is the address right, and the server running?"),
            again: if error.is_connect() { Again::NoConnection } else { Again::Lost },
            after: None,
        }
    }
}

/// Whether a failure comes of a certificate that is not trusted.
pub(crate) fn certificate_refused(error: &dyn std::error::Error) -> bool {
    let mut source = error.source();
    while let Some(mut inner) = source {
        // An I/O error hides what it wraps from `source`, and can wrap another one.
        while let Some(wrapped) = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            inner = wrapped;
        }
        if matches!(inner.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        source = inner.source();
    }
    false
}

/// Whether a URL stays on this machine.
pub(crate) fn loopback(url: &str) -> bool {
    let url = Url::parse(url);
    let host = url.as_ref().ok().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn pem(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|error| crate::local::failure(path, "read", &error))
}

fn not_pem(path: &Path, what: &str) -> StoreError {
    StoreError::new(ErrorKind::Configuration, format!("{} does not hold {what} in PEM", path.display()))
}

/// The proxy for a server, as the usual variables say it.
pub(crate) fn proxy(base: &Url, own: Option<&str>, settings: &Settings) -> Result<Option<Proxy>, StoreError> {
    let usual = match base.scheme() {
        "https" => settings.first_var(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
        // HTTP_PROXY in capitals can come from a request's `Proxy:` header in CGI programs; lower case cannot.
        _ => settings.var("http_proxy"),
    };
    let Some(url) = own.map(str::to_owned).or(usual) else { return Ok(None) };
    let proxy = Proxy::all(url)
        .map_err(|_| StoreError::new(ErrorKind::Configuration, "the proxy's address cannot be understood"))?;
    let spared = settings.first_var(&["NO_PROXY", "no_proxy"]).and_then(|list| NoProxy::from_string(&list));
    Ok(Some(proxy.no_proxy(if own.is_some() { None } else { spared })))
}
