//! The contract against a hand-written double of Google Secret Manager: no emulator is to be had.

#![cfg(feature = "gcp")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keylift_providers::{Address, ErrorKind, Expect, Settings, Store, Written, open};
use serde_json::{Value, json};
use support::contract::Contract;
use support::double::{Double, Request};
use support::proxy::{FAULTS, Fault, Proxy};

const SECRETS: &str = "/v1/projects/test-project/secrets";

/// The secrets of a project, with the rules of the API that matter here.
#[derive(Default)]
struct Project {
    secrets: BTreeMap<String, Value>,
    clock: u64,
}

fn error(code: u16, status: &str) -> (u16, Value) {
    (code, json!({"error": {"code": code, "status": status, "message": "Invalid value: \"quoted\""}}))
}

fn version(id: &str, number: usize) -> Value {
    json!({"name": format!("projects/1/secrets/{id}/versions/{}", number + 1), "state": "ENABLED",
           "createTime": "2026-01-02T03:04:05Z"})
}

impl Project {
    fn touch(&mut self, id: &str) {
        self.clock += 1;
        let etag = format!("\"{}\"", self.clock);
        self.secrets.get_mut(id).expect("there")["etag"] = Value::from(etag);
    }

    fn add(&mut self, id: &str, data: Value) -> (u16, Value) {
        let Some(secret) = self.secrets.get_mut(id) else { return error(404, "NOT_FOUND") };
        let versions = secret["test_versions"].as_array_mut().expect("a list");
        versions.push(data);
        (200, version(id, versions.len() - 1))
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        if request.header("authorization") != Some("Bearer of-the-test") {
            return error(401, "UNAUTHENTICATED");
        }
        let Some(rest) = request.path().strip_prefix(SECRETS) else { return error(403, "PERMISSION_DENIED") };
        let rest = rest.trim_start_matches('/');
        let (id, tail) = rest.split_once('/').unwrap_or((rest, ""));
        let (id, verb) = id.split_once(':').unwrap_or((id, ""));
        let method = request.method.as_str();
        if id.is_empty() {
            return if method == "POST" { self.create(request) } else { self.list(request) };
        }
        if verb == "addVersion" {
            return self.add(id, request.json()["payload"]["data"].clone());
        }
        let Some(secret) = self.secrets.get(id).cloned() else { return error(404, "NOT_FOUND") };
        let data = secret["test_versions"].as_array().expect("a list");
        if tail == "versions" {
            let size: usize = request.query("pageSize").and_then(|text| text.parse().ok()).expect("a size");
            let all: Vec<Value> = (0..data.len()).rev().take(size).map(|number| version(id, number)).collect();
            return (200, json!({ "versions": all }));
        }
        if let Some(wanted) = tail.strip_prefix("versions/").and_then(|tail| tail.strip_suffix(":access")) {
            let number = if wanted == "latest" { data.len() } else { wanted.parse().unwrap_or(0) };
            let Some(found) = number.checked_sub(1).and_then(|at| data.get(at)) else { return error(404, "NOT_FOUND") };
            return (200, json!({"name": version(id, number - 1)["name"], "payload": {"data": found}}));
        }
        match method {
            "GET" => (200, secret),
            "PATCH" => {
                if request.json()["etag"] != secret["etag"] {
                    return error(400, "FAILED_PRECONDITION");
                }
                assert_eq!(request.query("updateMask"), Some("annotations"));
                self.secrets.get_mut(id).expect("there")["annotations"] = request.json()["annotations"].clone();
                self.touch(id);
                (200, self.secrets[id].clone())
            }
            "DELETE" => {
                let etag = secret["etag"].as_str().expect("a tag").replace('"', "%22");
                if request.query("etag") != Some(&etag) {
                    return error(400, "FAILED_PRECONDITION");
                }
                self.secrets.remove(id);
                (200, json!({}))
            }
            _ => error(400, "INVALID_ARGUMENT"),
        }
    }

    fn create(&mut self, request: &Request) -> (u16, Value) {
        let id = request.query("secretId").expect("an id").to_owned();
        if self.secrets.contains_key(&id) {
            return error(409, "ALREADY_EXISTS");
        }
        let mut secret = request.json();
        assert!(secret["replication"]["automatic"].is_object());
        secret["name"] = Value::from(format!("projects/1/secrets/{id}"));
        secret["test_versions"] = json!([]);
        self.secrets.insert(id.clone(), secret);
        self.touch(&id);
        (200, self.secrets[&id].clone())
    }

    /// Ten names a page, whatever is asked for.
    fn list(&self, request: &Request) -> (u16, Value) {
        let from: usize = request.query("pageToken").and_then(|text| text.parse().ok()).unwrap_or(0);
        let secrets: Vec<&Value> = self.secrets.values().skip(from).take(10).collect();
        let next = if self.secrets.len() > from + 10 { (from + 10).to_string() } else { String::new() };
        (200, json!({ "secrets": secrets, "nextPageToken": next }))
    }
}

fn project() -> (Arc<Mutex<Project>>, Double) {
    let project = Arc::new(Mutex::new(Project::default()));
    let shared = Arc::clone(&project);
    (project, Double::new(move |request| shared.lock().expect("a lock").answer(request)))
}

fn store(url: &str) -> Box<dyn Store> {
    let uri = format!("gcp-sm://test-project/shop?endpoint={url}");
    open(
        &uri,
        &Settings::with_vars(
            "/nonexistent",
            [("CLOUDSDK_AUTH_ACCESS_TOKEN", "of-the-test"), ("KEYLIFT_WRITES_A_SECOND", "400")],
        ),
    )
    .expect("a store")
}

#[tokio::test]
async fn secret_manager_keeps_the_contract() {
    let (project, double) = project();
    Contract::new(&*store(&double.url())).check().await;
    assert!(
        project.lock().expect("a lock").secrets.keys().all(|id| id.starts_with("shop-")),
        "and the probe made none"
    );
}

#[tokio::test]
async fn every_fault_leaves_one_version_and_ours_is_known() {
    let (project, double) = project();
    let proxy = Proxy::new(&double.authority);
    let store = store(&proxy.url());
    let contract = Contract::new(&*store);
    for (index, fault) in FAULTS.into_iter().enumerate() {
        for (kind, head) in [("C", "secretId="), ("V", ":addVersion")] {
            let name = format!("{kind}_{index}");
            proxy.script(head, &[fault, fault]);
            let receipt = contract.put(&name, b"one", Expect::Absent).await.expect("made");
            assert_eq!(receipt.written, Written::Created, "{kind} {fault:?}");
            proxy.script(":addVersion", &[fault]);
            let second = contract.put(&name, b"two", Expect::Version("1".to_owned())).await.expect("updated");
            assert_eq!((second.version.as_deref(), second.written), (Some("2"), Written::Updated), "{kind} {fault:?}");
            assert_eq!(store.history(&receipt.address).await.expect("versions").len(), 2, "{kind} {fault:?}");
        }
    }
    contract.put("RACE", b"one", Expect::Absent).await.expect("made");
    let done = AtomicBool::new(false);
    proxy.decide(move |seen| {
        if seen.head.contains(":addVersion") && !done.swap(true, Ordering::SeqCst) {
            project.lock().expect("a lock").add("shop-RACE", Value::from(STANDARD.encode("foreign")));
        }
        Fault::None
    });
    let error = contract.put("RACE", b"ours", Expect::Version("1".to_owned())).await.expect_err("too late");
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(contract.get("RACE").await.as_deref(), Some(&b"foreign"[..]));
}

#[tokio::test]
async fn annotations_and_shells_of_others_are_kept() {
    let (project, double) = project();
    let shell = json!({"name": "projects/1/secrets/shop-SHELL", "test_versions": [], "etag": "\"x\"",
                       "annotations": {"team": "shop"}});
    project.lock().expect("a lock").secrets.insert("shop-SHELL".to_owned(), shell);
    let store = store(&double.url());
    let contract = Contract::new(&*store);
    let receipt = contract.put("SHELL", b"value", Expect::Absent).await.expect("filled");
    assert_eq!(receipt.written, Written::Updated, "the secret was there before");
    let made = contract.put("OURS", b"value", Expect::Absent).await.expect("made");
    let metadata = [("team".to_owned(), "shop".to_owned())].into();
    assert_eq!(store.metadata(&receipt.address).await.expect("read"), metadata);
    store.set_metadata(&made.address, &metadata).await.expect("written");
    assert_eq!(store.metadata(&made.address).await.expect("read"), metadata);
    let again = contract.put("OURS", b"value", Expect::Absent).await.expect("a replay");
    assert_eq!(again.written, Written::Created, "our own mark is kept beside");
    let pinned = Address { version: Some("1".to_owned()), ..made.address.clone() };
    assert!(store.read(&pinned).await.expect("read").is_some());
}

fn with_file(dir: &Path, endpoint: &str, file: &Value) -> Box<dyn Store> {
    let path = dir.join("credentials.json");
    std::fs::write(&path, file.to_string()).expect("written");
    let vars = [("GOOGLE_APPLICATION_CREDENTIALS", path.display().to_string())];
    open(&format!("gcp-sm://test-project?endpoint={endpoint}"), &Settings::with_vars(dir, vars)).expect("a store")
}

/// A token server that takes what `good` approves of, and counts.
fn tokens(good: impl Fn(&BTreeMap<String, String>) -> bool + Send + Sync + 'static) -> (Arc<AtomicUsize>, Double) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let double = Double::new(move |request| {
        counter.fetch_add(1, Ordering::SeqCst);
        let form = url::form_urlencoded::parse(&request.body).into_owned().collect();
        if good(&form) {
            (200, json!({"access_token": "of-the-test", "expires_in": 3600, "token_type": "Bearer"}))
        } else {
            (400, json!({"error": "invalid_grant"}))
        }
    });
    (count, double)
}

#[tokio::test]
async fn a_user_is_known_by_a_refresh_token() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_project, double) = project();
    let (count, server) = tokens(|form| form["grant_type"] == "refresh_token" && form["refresh_token"] == "r-1");
    let file = |refresh: &str| {
        json!({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": refresh,
               "token_uri": format!("{}/token", server.url())})
    };
    let store = with_file(dir.path(), &double.url(), &file("r-1"));
    for name in ["A", "B"] {
        Contract::new(&*store).put(name, b"x", Expect::Absent).await.expect("written");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1, "one token for all");
    let error = with_file(dir.path(), &double.url(), &file("r-2")).preflight(&[]).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(!format!("{error:?}").contains("r-2"));
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let made =
        Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        support::skip("openssl");
        return;
    };
    let pem = String::from_utf8(made.stdout).expect("PEM");
    let der: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let pair = ring::rsa::KeyPair::from_pkcs8(&STANDARD.decode(der).expect("base64")).expect("a key");
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let (count, server) = tokens(move |form| {
        let (signed, signature) = form["assertion"].rsplit_once('.').expect("three parts");
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).expect("claims")).expect("base64");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, &public);
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
        claims["iss"] == "keylift@test" && key.verify(signed.as_bytes(), &signature).is_ok()
    });
    let (_project, double) = project();
    let file = json!({"type": "service_account", "client_email": "keylift@test", "private_key": pem,
                      "private_key_id": "1", "token_uri": server.url()});
    let store = with_file(dir.path(), &double.url(), &file);
    Contract::new(&*store).put("A", b"x", Expect::Absent).await.expect("written");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
