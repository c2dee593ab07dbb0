//! Real servers on loopback, each on a free port with a home of its own; they end when they are dropped.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running server.
pub struct Server {
    child: Child,
    _home: TempDir,
    /// `host:port`.
    pub authority: String,
}

impl Server {
    /// The server's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// One plain HTTP request, for what tests set up behind keylift's back. Answers status and body.
    pub fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.authority).expect("the server listens");
        let authority = &self.authority;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {authority}\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port, which no other test of this program is given: until its server listens, it would look free to them too.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        if GIVEN.lock().expect("no test panics here").insert(port) {
            return port;
        }
    }
}

fn start(program: &str, arguments: impl Fn(u16) -> Vec<String>, ready: &str) -> Option<Server> {
    let Some(path) = super::program(program) else {
        super::skip(program);
        return None;
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        let home = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let child = Command::new(&path)
            .args(arguments(port))
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut server = Server { child, _home: home, authority: format!("127.0.0.1:{port}") };
        // One whose port somebody else took ends, and another one is started.
        while Instant::now() < deadline && matches!(server.child.try_wait(), Ok(None)) {
            if TcpStream::connect(&server.authority).is_ok() && server.request("GET", ready, "", "").0 == 200 {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    panic!("{program} does not get ready");
}

/// The root token of [`bao`].
pub const ROOT: &str = "root-of-the-test-server";

/// OpenBao in memory, with KV v2 at `secret/` and KV v1 at `kv1/`.
pub fn bao() -> Option<Server> {
    let arguments = |port| {
        let listen = format!("-dev-listen-address=127.0.0.1:{port}");
        ["server", "-dev", "-dev-no-store-token", &format!("-dev-root-token-id={ROOT}"), &listen]
            .map(String::from)
            .into()
    };
    let server = start("bao", arguments, "/v1/sys/health")?;
    // The listener is up a moment before the mounts are.
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.vault("GET", "secret/config", "").0 != 200 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let made = server.vault("POST", "sys/mounts/kv1", r#"{"type": "kv", "options": {"version": "1"}}"#);
    assert!(made.0 < 300, "{made:?}");
    Some(server)
}

impl Server {
    /// A request to Vault's API with the root token.
    pub fn vault(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.request(method, &format!("/v1/{path}"), &format!("X-Vault-Token: {ROOT}\r\n"), body)
    }
}

impl Server {
    /// A call to Secrets Manager with made-up credentials.
    pub fn secrets_manager(&self, action: &str, body: &serde_json::Value) -> serde_json::Value {
        self.aws("secretsmanager", &format!("secretsmanager.{action}"), body)
    }

    /// A call to a service of AWS that takes JSON.
    pub fn aws(&self, service: &str, target: &str, body: &serde_json::Value) -> serde_json::Value {
        let headers = format!(
            "X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\n"
        );
        let (status, body) = self.request("POST", "/", &headers, &body.to_string());
        assert_eq!(status, 200, "{target}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}

/// The AWS emulator.
pub fn moto() -> Option<Server> {
    start(
        "moto_server",
        |port| vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()],
        "/moto-api/data.json",
    )
}

/// The variables that make a store talk to [`moto`]. The credentials are made up.
pub fn aws_vars(endpoint: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
