//! The contract against a hand-written double of Azure Key Vault: no emulator is to be had.

#![cfg(feature = "azure")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use keylift_providers::{Address, ErrorKind, Expect, Settings, Store, StoreError, Written, open};
use serde_json::{Value, json};
use support::contract::Contract;
use support::double::{Double, Request};
use support::proxy::{FAULTS, Fault, Proxy};

/// One secret: its name as it was first written, its versions, the newest last.
#[derive(Clone, Default)]
struct Secret {
    name: String,
    versions: Vec<Value>,
}

/// The secrets of a vault, with the rules of the API that matter here.
#[derive(Default)]
struct Vault {
    live: BTreeMap<String, Secret>,
    deleted: BTreeMap<String, Secret>,
    count: u64,
    protected: bool,
}

fn error(status: u16, code: &str, inner: &str) -> (u16, Value) {
    let mut error = json!({"code": code, "message": "Invalid value: \"quoted\""});
    if !inner.is_empty() {
        error["innererror"] = json!({ "code": inner });
    }
    (status, json!({ "error": error }))
}

/// What lists say of a version.
fn item(version: &Value) -> Value {
    let mut item = version.clone();
    item.as_object_mut().expect("an object").remove("value");
    item
}

impl Vault {
    fn set(&mut self, name: &str, body: &Value) -> Value {
        self.count += 1;
        let secret = self.live.entry(name.to_lowercase()).or_default();
        if secret.name.is_empty() {
            name.clone_into(&mut secret.name);
        }
        let id = format!("https://v.example/secrets/{}/{:032x}", secret.name, self.count.wrapping_mul(0x9e37_79b9));
        let mut version =
            json!({"id": id, "value": body["value"], "attributes": {"enabled": true, "created": 1_700_000_000}});
        for key in ["tags", "contentType"] {
            if !body[key].is_null() {
                version[key] = body[key].clone();
            }
        }
        secret.versions.push(version.clone());
        version
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        if request.header("authorization") != Some("Bearer of-the-test") {
            return error(401, "Unauthorized", "");
        }
        assert_eq!(request.query("api-version"), Some("7.4"));
        let parts: Vec<&str> = request.path().trim_matches('/').split('/').collect();
        let method = request.method.as_str();
        match (method, parts.as_slice()) {
            ("GET", ["secrets"]) => self.list(request),
            ("PUT", ["secrets", name]) => {
                if self.deleted.contains_key(&name.to_lowercase()) {
                    return error(409, "Conflict", "ObjectIsDeletedButRecoverable");
                }
                (200, self.set(name, &request.json()))
            }
            (_, ["deletedsecrets", name, rest @ ..]) => self.deleted(method, &name.to_lowercase(), rest),
            (_, ["secrets", name, rest @ ..]) => {
                let Some(secret) = self.live.get_mut(&name.to_lowercase()) else {
                    return error(404, "SecretNotFound", "");
                };
                match (method, rest) {
                    ("GET", ["versions"]) => {
                        // In no order that means anything.
                        let mut all: Vec<Value> = secret.versions.iter().map(item).collect();
                        all.sort_by_key(|version| version["id"].as_str().map(str::to_owned));
                        (200, json!({ "value": all, "nextLink": null }))
                    }
                    ("GET", []) => Self::read(secret.versions.last()),
                    ("GET", [version]) => Self::read(secret.versions.iter().find(|one| ends(one, version))),
                    ("PATCH", [version]) => {
                        let one = secret.versions.iter_mut().find(|one| ends(one, version)).expect("there");
                        one["tags"] = request.json()["tags"].clone();
                        one["contentType"] = request.json()["contentType"].clone();
                        (200, item(one))
                    }
                    ("DELETE", []) => {
                        let secret = self.live.remove(&name.to_lowercase()).expect("there");
                        let answer = item(secret.versions.last().expect("a version"));
                        self.deleted.insert(name.to_lowercase(), secret);
                        (200, answer)
                    }
                    _ => error(400, "BadParameter", ""),
                }
            }
            _ => error(400, "BadParameter", ""),
        }
    }

    fn read(version: Option<&Value>) -> (u16, Value) {
        match version {
            None => error(404, "SecretNotFound", ""),
            Some(version) if version["attributes"]["enabled"] == false => error(403, "Forbidden", "SecretDisabled"),
            Some(version) => (200, version.clone()),
        }
    }

    fn deleted(&mut self, method: &str, name: &str, rest: &[&str]) -> (u16, Value) {
        let Some(secret) = self.deleted.get(name).cloned() else { return error(404, "SecretNotFound", "") };
        let current = item(secret.versions.last().expect("a version"));
        match (method, rest) {
            ("GET", []) => (200, current),
            ("POST", ["recover"]) => {
                self.deleted.remove(name);
                self.live.insert(name.to_owned(), secret);
                (200, current)
            }
            ("DELETE", []) if self.protected => error(403, "Forbidden", ""),
            ("DELETE", []) => {
                self.deleted.remove(name);
                (204, Value::Null)
            }
            _ => error(400, "BadParameter", ""),
        }
    }

    /// Ten names a page, whatever is asked for; the next page is a whole URL.
    fn list(&self, request: &Request) -> (u16, Value) {
        let from: usize = request.query("$skiptoken").and_then(|text| text.parse().ok()).unwrap_or(0);
        let page: Vec<Value> = self
            .live
            .values()
            .skip(from)
            .take(10)
            .map(|secret| json!({"id": format!("https://v.example/secrets/{}", secret.name), "attributes": {}}))
            .collect();
        let next = (self.live.len() > from + 10)
            .then(|| format!("https://v.example:443/secrets?api-version=7.4&$skiptoken={}&maxresults=25", from + 10));
        (200, json!({ "value": page, "nextLink": next }))
    }
}

fn ends(version: &Value, id: &str) -> bool {
    version["id"].as_str().is_some_and(|text| text.ends_with(&format!("/{id}")))
}

fn vault() -> (Arc<Mutex<Vault>>, Double) {
    let vault = Arc::new(Mutex::new(Vault::default()));
    let shared = Arc::clone(&vault);
    (vault, Double::new(move |request| shared.lock().expect("a lock").answer(request)))
}

fn with(url: &str, vars: &[(&str, &str)]) -> Result<Box<dyn Store>, StoreError> {
    open(
        &format!("azure-kv:test-vault/shop?endpoint={url}"),
        &Settings::with_vars("/nonexistent", vars.iter().copied()),
    )
}

fn store(url: &str) -> Box<dyn Store> {
    with(url, &[("AZURE_ACCESS_TOKEN", "of-the-test")]).expect("a store")
}

#[tokio::test]
async fn key_vault_keeps_the_contract() {
    let (vault, double) = vault();
    Contract::new(&*store(&double.url())).check().await;
    let vault = vault.lock().expect("a lock");
    assert!(vault.live.keys().all(|name| name.starts_with("shop-")));
    assert!(vault.deleted.is_empty(), "what was taken back left its name free");
}

#[tokio::test]
async fn every_fault_leaves_one_version_and_ours_is_known() {
    let (vault, double) = vault();
    let proxy = Proxy::new(&double.authority);
    let store = store(&proxy.url());
    let contract = Contract::new(&*store);
    for (index, fault) in FAULTS.into_iter().enumerate() {
        let name = format!("N_{index}");
        proxy.script("PUT", &[fault, fault]);
        let receipt = contract.put(&name, b"one", Expect::Absent).await.expect("made");
        assert_eq!(receipt.written, Written::Created, "{fault:?}");
        proxy.script("PUT", &[fault]);
        let expect = Expect::Version(receipt.version.clone().expect("a version"));
        let second = contract.put(&name, b"two", expect).await.expect("updated");
        assert_eq!(second.written, Written::Updated, "{fault:?}");
        let history = store.history(&receipt.address).await.expect("versions");
        assert_eq!(history.len(), 2, "{fault:?}");
        assert!(history[1].current && Some(&history[1].id) == second.version.as_ref());
        let pinned = Address { version: receipt.version, ..receipt.address };
        assert_eq!(store.read(&pinned).await.expect("read").expect("there").secret.expose(), b"one");
    }
    let made = contract.put("RACE", b"one", Expect::Absent).await.expect("made");
    let done = AtomicBool::new(false);
    let shared = Arc::clone(&vault);
    proxy.decide(move |seen| {
        if seen.head.starts_with("PUT") && !done.swap(true, Ordering::SeqCst) {
            shared.lock().expect("a lock").set("shop-race", &json!({"value": "foreign"}));
        }
        Fault::None
    });
    let expect = Expect::Version(made.version.expect("a version"));
    let error = contract.put("RACE", b"ours", expect).await.expect_err("too late");
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(contract.get("RACE").await.as_deref(), Some(&b"foreign"[..]));
    // Somebody writes just before a deletion: it is taken back.
    let made = contract.put("GONE", b"one", Expect::Absent).await.expect("made");
    let done = AtomicBool::new(false);
    proxy.decide(move |seen| {
        if seen.head.starts_with("DELETE") && !done.swap(true, Ordering::SeqCst) {
            vault.lock().expect("a lock").set("shop-gone", &json!({"value": "foreign"}));
        }
        Fault::None
    });
    assert!(!store.remove(&made).await.expect("an answer"));
    assert_eq!(contract.get("GONE").await.as_deref(), Some(&b"foreign"[..]));
}

#[tokio::test]
async fn deleted_and_disabled_names_have_a_way_out() {
    let (vault, double) = vault();
    let store = store(&double.url());
    let contract = Contract::new(&*store);
    vault.lock().expect("a lock").protected = true;
    let made = contract.put("A", b"one", Expect::Absent).await.expect("made");
    assert!(store.remove(&made).await.expect("removed"), "though the vault keeps its name");
    let error = contract.put("A", b"two", Expect::Absent).await.expect_err("the name is taken");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.advice.expect("advice").contains("az keyvault secret recover"));
    let disabled = json!({"name": "", "versions": [{"id": "https://v.example/secrets/shop-off/1",
                          "value": "x", "attributes": {"enabled": false, "created": 1}}]});
    let versions = disabled["versions"].as_array().expect("a list").clone();
    let secret = Secret { name: "shop-off".to_owned(), versions };
    vault.lock().expect("a lock").live.insert("shop-off".to_owned(), secret);
    assert_eq!(contract.get("OFF").await, None);
    let error = contract.put("OFF", b"x", Expect::Absent).await.expect_err("disabled");
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn tags_are_carried_to_the_next_version() {
    let (vault, double) = vault();
    let body = json!({"value": "one", "tags": {"team": "shop"}, "contentType": "text/plain"});
    vault.lock().expect("a lock").set("Shop-Mixed-Case", &body);
    let store = store(&double.url());
    let contract = Contract::new(&*store);
    let listed = store.list(None).await.expect("names").addresses;
    assert_eq!(listed, [store.address("MIXED_CASE").expect("a name")]);
    let metadata: BTreeMap<String, String> =
        [("content-type", "text/plain"), ("team", "shop")].map(|(key, value)| (key.into(), value.into())).into();
    let receipt = contract.put("MIXED_CASE", b"two", Expect::Anything).await.expect("written");
    assert_eq!(store.metadata(&receipt.address).await.expect("read"), metadata);
    let metadata = [("team".to_owned(), "other".to_owned())].into();
    store.set_metadata(&receipt.address, &metadata).await.expect("written");
    assert_eq!(store.metadata(&receipt.address).await.expect("read"), metadata);
    let again = contract.put("MIXED_CASE", b"two", Expect::Anything).await.expect("a replay");
    assert_eq!((again.version, again.written), (receipt.version, Written::Updated), "our own mark is kept beside");
}

#[tokio::test]
async fn each_kind_of_login_gets_its_token() {
    let (_vault, double) = vault();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("federated");
    std::fs::write(&file, "of-the-cluster\n").expect("written");
    let server = Double::new(move |request| {
        counter.fetch_add(1, Ordering::SeqCst);
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let form = |name: &str| form.get(name).map(String::as_str);
        let scoped = form("scope") == Some("https://vault.azure.net/.default") && form("client_id") == Some("me");
        let resource = request.query("resource") == Some("https%3A%2F%2Fvault.azure.net");
        let good = match request.path() {
            "/tenant/oauth2/v2.0/token" => {
                scoped && (form("client_secret") == Some("s") || form("client_assertion") == Some("of-the-cluster"))
            }
            "/app" => resource && request.header("x-identity-header") == Some("h"),
            "/metadata/identity/oauth2/token" => resource && request.header("metadata") == Some("true"),
            _ => false,
        };
        if good {
            // Servers beside machines write the number as text.
            (200, json!({"access_token": "of-the-test", "expires_in": "3600"}))
        } else {
            (400, json!({"error": "invalid_client"}))
        }
    });
    let (url, app) = (server.url(), format!("{}/app", server.url()));
    let file = file.display().to_string();
    let principal = [("AZURE_TENANT_ID", "tenant"), ("AZURE_CLIENT_ID", "me"), ("AZURE_AUTHORITY_HOST", url.as_str())];
    let logins = [
        [&principal[..], &[("AZURE_CLIENT_SECRET", "s")]].concat(),
        [&principal[..], &[("AZURE_FEDERATED_TOKEN_FILE", file.as_str())]].concat(),
        vec![("IDENTITY_ENDPOINT", app.as_str()), ("IDENTITY_HEADER", "h")],
        vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", url.as_str())],
    ];
    for (index, vars) in logins.iter().enumerate() {
        count.store(0, Ordering::SeqCst);
        let store = with(&double.url(), vars).expect("a store");
        Contract::new(&*store).put(&format!("A_{index}"), b"x", Expect::Absent).await.expect("written");
        assert_eq!(count.load(Ordering::SeqCst), 1, "one token for all");
    }
    let store = with(&double.url(), &[&principal[..], &[("AZURE_CLIENT_SECRET", "wr0ng")]].concat()).expect("a store");
    let error = store.preflight(&[]).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(!format!("{error:?}").contains("wr0ng"));
}

#[tokio::test]
async fn versions_of_one_second_keep_their_order() {
    let (_vault, double) = vault();
    let store = store(&double.url());
    let contract = Contract::new(&*store);
    let mut made = Vec::new();
    let mut expect = Expect::Absent;
    for number in 0..12 {
        let receipt = contract.put("MANY", format!("value {number}").as_bytes(), expect).await.expect("written");
        made.push(receipt.version.clone().expect("a version"));
        expect = Expect::Version(receipt.version.expect("a version"));
    }
    let history = store.history(&store.address("MANY").expect("a name")).await.expect("versions");
    assert_eq!(history.into_iter().map(|version| version.id).collect::<Vec<_>>(), made);
}
