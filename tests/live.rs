//! `keylift check --live`, against a local server: what is sent, to whom, and what is made of the answer.

#![cfg(feature = "live")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// A server that answers every request alike, and keeps what it was asked. It ends with the process.
fn server(answer: String) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|four| four == b"\r\n\r\n") {
                let count = stream.read(&mut buffer).unwrap_or(0);
                if count == 0 {
                    break;
                }
                request.extend_from_slice(&buffer[..count]);
            }
            kept.lock().expect("the list").push(String::from_utf8_lossy(&request).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, asked)
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

const TOKEN: &str = "acme_k3j9x0b7k3j9x0b7k3j9x0b7";

fn project(url: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let rules = format!(
        "rules:
  - id: acme-key
    name: Acme key
    kind: api-key
    pattern: '(acme_[a-z0-9]{{24}})\\b'
    keywords: [acme_]
    confidence: high
    severity: high
    live: {{method: GET, url: '{url}', headers: {{Authorization: 'Bearer {{{{value}}}}'}}, live: [200], dead: [401]}}
"
    );
    std::fs::write(dir.path().join("rules.yaml"), rules).expect("a file");
    std::fs::write(dir.path().join("a.py"), format!("K = '{TOKEN}'\nL = '{TOKEN}'\n")).expect("a file");
    dir
}

fn check(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["check", "a.py", "--rules", "rules.yaml"])
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join("config"))
        // A proxy would see the credential.
        .env("http_proxy", "http://127.0.0.1:9")
        .env("RUST_LOG", "trace")
        .output()
        .expect("keylift runs");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!text.contains(TOKEN), "the value is shown: {text}");
    (output.status.code(), text)
}

#[test]
fn each_credential_is_asked_about_once_and_only_on_demand() {
    for (line, word, exit) in
        [("200 OK", "live", 1), ("401 Unauthorized", "dead", 0), ("500 Oops", "unknown", 1), ("429 Slow", "unknown", 1)]
    {
        let (port, asked) = server(status(line));
        let dir = project(&format!("http://127.0.0.1:{port}/v1/me"));
        let (left, said) = check(dir.path(), &[]);
        assert!(left == Some(1) && said.contains("Nothing was sent"), "{said}");
        assert!(asked.lock().expect("the list").is_empty(), "nothing is sent unless asked");
        let (code, said) = check(dir.path(), &["--live"]);
        assert!(code == Some(exit) && said.contains(&format!("1 {word}")) && said.contains("and 1 more"), "{said}");
        let asked = asked.lock().expect("the list").clone();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].starts_with("GET /v1/me HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(asked[0].to_lowercase().contains(&format!("authorization: bearer {TOKEN}")), "{}", asked[0]);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, elsewhere_asked) = server(status("200 OK"));
    let (port, asked) = server(format!(
        "HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:{elsewhere}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    ));
    let dir = project(&format!("http://127.0.0.1:{port}/"));
    let (code, said) = check(dir.path(), &["--live", "--format", "jsonl"]);
    assert!(code == Some(1) && said.contains("\"answer\":\"unknown\"") && said.contains("not followed"), "{said}");
    assert_eq!(asked.lock().expect("the list").len(), 1);
    assert!(elsewhere_asked.lock().expect("the list").is_empty());
}

#[test]
fn plain_http_to_another_machine_and_a_closed_port_are_told() {
    let dir = project("http://api.example/v1/me");
    let (code, said) = check(dir.path(), &["--live"]);
    assert!(code == Some(1) && said.contains("not https"), "{said}");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let dir = project(&format!("http://127.0.0.1:{port}/{{{{value}}}}"));
    let (code, said) = check(dir.path(), &["--live"]);
    assert!(code == Some(1) && said.contains("cannot be reached"), "{said}");
}

#[test]
fn what_a_run_moved_is_asked_about_by_the_name_of_the_run() {
    let (port, asked) = server(status("200 OK"));
    let dir = project(&format!("http://127.0.0.1:{port}/v1/me"));
    let keylift = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
            .args(arguments)
            .current_dir(dir.path())
            .env("KEYLIFT_CONFIG_DIR", dir.path().join("config"))
            .output()
            .expect("keylift runs");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = keylift(&["fix", "a.py", "--rules", "rules.yaml", "--to", "age:secrets.age", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!std::fs::read_to_string(dir.path().join("a.py")).expect("readable").contains(TOKEN));
    let (_, status) = keylift(&["-q", "status", "--format", "json"]);
    let runs: serde_json::Value = serde_json::from_str(&status).expect("json");
    let id = runs.pointer("/0/run").and_then(|id| id.as_str()).expect("a run");
    let (code, said) = keylift(&["check", id, "--rules", "rules.yaml", "--live"]);
    assert!(code == Some(1) && said.contains("1 live") && said.contains("a.py:1"), "{said}");
    assert!(!said.contains(TOKEN), "the value is shown: {said}");
    let asked = asked.lock().expect("the list").clone();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].to_lowercase().contains(&format!("authorization: bearer {TOKEN}")));
}
