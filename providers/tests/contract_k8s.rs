//! The contract against a hand-written double of the Kubernetes API: no API server is to be had in a test.

#![cfg(feature = "k8s")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use keylift_providers::{ErrorKind, Expect, Job, Settings, Store, Written, open};
use serde_json::{Value, json};
use support::contract::Contract;
use support::double::{Double, Request};
use support::proxy::{FAULTS, Fault, Proxy};

/// The Secret objects of the namespace `shop`, with the rules of the API that matter here.
#[derive(Default)]
struct Cluster {
    objects: BTreeMap<String, Value>,
    clock: u64,
    may_create: bool,
    /// Tokens of listings that end, each with what is answered beside the refusal.
    ended: BTreeMap<String, Value>,
}

fn status(code: u16, reason: &str) -> (u16, Value) {
    (code, json!({"kind": "Status", "status": "Failure", "reason": reason, "message": "Invalid value: \"quoted\""}))
}

impl Cluster {
    fn stamp(&mut self, object: &mut Value) {
        self.clock += 1;
        object["metadata"]["resourceVersion"] = Value::from(self.clock.to_string());
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        if request.header("authorization") != Some("Bearer of-the-test") {
            return status(401, "Unauthorized");
        }
        if request.path() == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" {
            let asked = &request.json()["spec"]["resourceAttributes"];
            let right = asked["resource"] == "secrets" && asked["namespace"] == "shop";
            return (201, json!({"status": {"allowed": right && (asked["verb"] != "create" || self.may_create)}}));
        }
        let Some(rest) = request.path().strip_prefix("/api/v1/namespaces/shop/secrets") else {
            return status(404, "NotFound");
        };
        let name = rest.trim_start_matches('/').to_owned();
        match (request.method.as_str(), name.as_str()) {
            ("GET", "") => {
                // Two objects a page, whatever limit is asked for.
                let token = request.query("continue").unwrap_or_default();
                if let Some(beside) = self.ended.remove(token) {
                    let (_, mut body) = status(410, "Expired");
                    body["metadata"] = beside;
                    return (410, body);
                }
                let from = token.trim_start_matches("late-").parse().unwrap_or(0);
                let items: Vec<&Value> = self.objects.values().skip(from).take(2).collect();
                let more = self.objects.len() > from + 2;
                let next = if more { (from + 2).to_string() } else { String::new() };
                (200, json!({"metadata": {"continue": next}, "items": items}))
            }
            ("GET", name) => {
                self.objects.get(name).map_or_else(|| status(404, "NotFound"), |found| (200, found.clone()))
            }
            ("POST", "") => {
                let mut object = request.json();
                let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
                if self.objects.contains_key(&name) {
                    return status(409, "AlreadyExists");
                }
                self.stamp(&mut object);
                object["metadata"]["uid"] = Value::from(format!("uid-{}", self.clock));
                self.objects.insert(name, object.clone());
                (201, object)
            }
            ("PATCH", name) => {
                assert_eq!(request.header("content-type"), Some("application/merge-patch+json"));
                let Some(mut object) = self.objects.get(name).cloned() else { return status(404, "NotFound") };
                let patch = request.json();
                if patch["metadata"]["resourceVersion"] != object["metadata"]["resourceVersion"] {
                    return status(409, "Conflict");
                }
                merge(&mut object, &patch);
                self.stamp(&mut object);
                self.objects.insert(name.to_owned(), object.clone());
                (200, object)
            }
            ("DELETE", name) => {
                let Some(object) = self.objects.get(name) else { return status(404, "NotFound") };
                let expected = &request.json()["preconditions"];
                if expected["resourceVersion"] != object["metadata"]["resourceVersion"]
                    || expected["uid"] != object["metadata"]["uid"]
                {
                    return status(409, "Conflict");
                }
                self.objects.remove(name);
                (200, json!({"kind": "Status", "status": "Success"}))
            }
            _ => status(405, "MethodNotAllowed"),
        }
    }
}

/// JSON merge patch (RFC 7386).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        match (value, target.as_object_mut().expect("an object")) {
            (Value::Null, target) => drop(target.remove(name)),
            (value, target) => merge(target.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

fn cluster() -> (Arc<Mutex<Cluster>>, Double) {
    let cluster = Arc::new(Mutex::new(Cluster { may_create: true, ..Cluster::default() }));
    let shared = Arc::clone(&cluster);
    (cluster, Double::new(move |request| shared.lock().expect("a lock").answer(request)))
}

fn store(dir: &Path, url: &str, uri: &str) -> Box<dyn Store> {
    let config = json!({
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "of-the-test"}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    });
    let path = dir.join("kubeconfig");
    std::fs::write(&path, config.to_string()).expect("written");
    let vars = [("KUBECONFIG", path.display().to_string())];
    open(uri, &Settings::with_vars(dir.join("keylift"), vars)).expect("a store")
}

#[tokio::test]
async fn one_object_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a folder");
    let (cluster, double) = cluster();
    Contract::new(&*store(dir.path(), &double.url(), "k8s://shop/app")).check().await;
    assert_eq!(cluster.lock().expect("a lock").objects.len(), 1, "all in one object");
}

#[tokio::test]
async fn other_keys_and_other_peoples_objects_stay() {
    let dir = tempfile::tempdir().expect("a folder");
    let (cluster, double) = cluster();
    let object = |name: &str, kind: &str| {
        let about = json!({"name": name, "resourceVersion": "1", "uid": name, "annotations": {"team": "shop"}});
        json!({"metadata": about, "type": kind, "data": {"user": "c2hvcA=="}})
    };
    for (name, kind) in [("app", "Opaque"), ("cert", "kubernetes.io/tls"), ("more", "Opaque"), ("zoo", "Opaque")] {
        cluster.lock().expect("a lock").objects.insert(name.to_owned(), object(name, kind));
    }
    let store = store(dir.path(), &double.url(), "k8s://shop");
    let contract = Contract::new(&*store);
    let receipt = contract.put("app/DB", b"pw", Expect::Absent).await.expect("a free key");
    assert_eq!(receipt.written, Written::Created);
    let now = cluster.lock().expect("a lock").objects["app"].clone();
    assert_eq!((&now["data"]["user"], &now["metadata"]["annotations"]["team"]), (&json!("c2hvcA=="), &json!("shop")));
    let mut listed = Vec::new();
    let mut from = None;
    loop {
        let page = store.list(from).await.expect("a page");
        listed.extend(page.addresses.into_iter().map(|address| address.path));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(listed, ["app/DB", "app/user", "more/user", "zoo/user"], "without what is not Opaque");
    let error = contract.put("cert/DB", b"pw", Expect::Absent).await.expect_err("not for people");
    assert_eq!(error.kind, ErrorKind::Rejected);
    assert!(store.remove(&receipt).await.expect("removed"));
    assert_eq!(cluster.lock().expect("a lock").objects["app"]["data"], json!({"user": "c2hvcA=="}));
    let made = contract.put("new/ONLY", b"x", Expect::Absent).await.expect("made");
    assert!(store.remove(&made).await.expect("removed"));
    assert!(!cluster.lock().expect("a lock").objects.contains_key("new"), "an object of our own goes when it is empty");
}

#[tokio::test]
async fn a_listing_whose_token_ends_goes_on_and_tells_nothing_twice() {
    let dir = tempfile::tempdir().expect("a folder");
    for ended in [
        // The server gives a token for what follows; it gives none; the one that it gave ends as well.
        vec![("2".to_owned(), json!({"continue": "late-2"}))],
        vec![("4".to_owned(), json!({}))],
        vec![("2".to_owned(), json!({"continue": "late-2"})), ("late-2".to_owned(), json!({"continue": "late-3"}))],
        vec![("2".to_owned(), json!({"continue": "late-2"})), ("4".to_owned(), Value::Null)],
    ] {
        let (cluster, double) = cluster();
        let store = store(dir.path(), &double.url(), "k8s://shop");
        let names: Vec<String> = (0..7).map(|number| format!("n{number}/KEY")).collect();
        for name in &names {
            Contract::new(&*store).put(name, b"x", Expect::Absent).await.expect("made");
        }
        cluster.lock().expect("a lock").ended = ended.iter().cloned().collect();
        let (mut listed, mut from) = (Vec::new(), None);
        loop {
            let page = store.list(from).await.expect("a page");
            listed.extend(page.addresses.into_iter().map(|address| address.path));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        assert!(cluster.lock().expect("a lock").ended.is_empty(), "{ended:?}");
        assert_eq!(listed, names, "{ended:?}");
    }
}

#[tokio::test]
async fn rights_are_asked_for_and_refusals_quote_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let (cluster, double) = cluster();
    cluster.lock().expect("a lock").may_create = false;
    let shop = store(dir.path(), &double.url(), "k8s://shop/app");
    let error = shop.preflight(&[shop.address("A").expect("a name")]).await.expect_err("may not create");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(shop.policy(Job::Migrator).expect("a policy").text.contains("resourceNames: [app]"));
    let other = store(dir.path(), &double.url(), "k8s://elsewhere");
    let error = other.list(None).await.expect_err("no such namespace");
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(!error.message.contains("quoted"), "{error}");
}

#[tokio::test]
async fn every_fault_leaves_one_write() {
    let dir = tempfile::tempdir().expect("a folder");
    let (cluster, double) = cluster();
    let proxy = Proxy::new(&double.authority);
    let store = store(dir.path(), &proxy.url(), "k8s://shop/app");
    let contract = Contract::new(&*store);
    for (index, fault) in FAULTS.into_iter().enumerate() {
        let name = format!("F_{index}");
        let head = if index == 0 { "POST /api/" } else { "PATCH /api/" };
        proxy.script(head, &[fault]);
        let receipt = contract.put(&name, b"one", Expect::Absent).await.expect("made");
        assert_eq!(receipt.written, Written::Created, "{fault:?}");
        assert_eq!(contract.get(&name).await.as_deref(), Some(&b"one"[..]), "{fault:?}");
    }
    assert_eq!(cluster.lock().expect("a lock").clock, FAULTS.len() as u64, "one change for each write");
    // Somebody else changes the object between reading and writing: the key of theirs stays.
    let other = Arc::clone(&cluster);
    let done = std::sync::atomic::AtomicBool::new(false);
    proxy.decide(move |seen| {
        if seen.head.contains("PATCH /api/") && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let mut cluster = other.lock().expect("a lock");
            let mut object = cluster.objects["app"].clone();
            object["data"]["THEIRS"] = json!("eA==");
            cluster.stamp(&mut object);
            cluster.objects.insert("app".to_owned(), object);
        }
        Fault::None
    });
    contract.put("LATE", b"x", Expect::Absent).await.expect("a free key");
    assert_eq!(contract.get("THEIRS").await.as_deref(), Some(&b"x"[..]));
}
