//! The contract against a real OpenBao, and what is particular to Vault.

#![cfg(feature = "vault")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keylift_providers::{Address, Entry, ErrorKind, Expect, Job, Settings, Store, StoreError, Written, open};
use support::contract::Contract;
use support::double::Double;
use support::servers::{ROOT, Server, bao};

fn store(server: &Server, uri: &str, vars: &[(&str, &str)]) -> Box<dyn Store> {
    let url = server.url();
    let config = std::env::temp_dir().join(format!("keylift-test-{}", std::process::id()));
    let all = [("VAULT_ADDR", url.as_str())].into_iter().chain(vars.iter().copied());
    open(uri, &Settings::with_vars(config, all)).expect("a store")
}

fn root(server: &Server, uri: &str) -> Box<dyn Store> {
    store(server, uri, &[("VAULT_TOKEN", ROOT)])
}

#[tokio::test]
async fn both_engines_keep_the_contract() {
    let Some(server) = bao() else { return };
    Contract::new(&*root(&server, "vault://secret/team/shop")).check().await;
    Contract::new(&*root(&server, "vault://kv1/team/shop")).check().await;
    Contract::new(&*root(&server, "vault://secret")).put("TOP", b"x", Expect::Absent).await.expect("no prefix needed");
}

#[tokio::test]
async fn a_deleted_entry_can_be_written_again() {
    let Some(server) = bao() else { return };
    let store = root(&server, "vault://secret/app");
    let contract = Contract::new(&*store);
    contract.put("GONE", b"one", Expect::Absent).await.expect("written");
    assert_eq!(server.vault("DELETE", "secret/data/app/GONE", "").0, 204);
    assert_eq!(contract.get("GONE").await, None);
    let receipt = contract.put("GONE", b"two", Expect::Absent).await.expect("deleted is absent");
    assert_eq!((receipt.written, receipt.version.as_deref()), (Written::Created, Some("2")));
    assert!(store.remove(&receipt).await.expect("removed"));
    assert_eq!(store.history(&receipt.address).await.expect("versions").len(), 2, "the history is not ours to remove");
}

#[tokio::test]
async fn an_entry_and_what_is_below_it_live_side_by_side() {
    let Some(server) = bao() else { return };
    for uri in ["vault://secret/app", "vault://kv1/app"] {
        let store = root(&server, uri);
        let contract = Contract::new(&*store);
        for name in ["A", "A/B", "A/B/C"] {
            contract.put(name, name.as_bytes(), Expect::Absent).await.expect("written");
        }
        // A page a folder.
        let (mut listed, mut from) = (Vec::new(), None);
        loop {
            let page = store.list(from).await.expect("names");
            listed.extend(page.addresses);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let mut paths: Vec<&str> = listed.iter().map(|address| address.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["app/A", "app/A/B", "app/A/B/C"], "{uri}");
        for name in ["A", "A/B", "A/B/C"] {
            assert_eq!(contract.get(name).await.as_deref(), Some(name.as_bytes()), "{uri}");
        }
    }
}

#[tokio::test]
async fn other_fields_of_an_entry_stay() {
    let Some(server) = bao() else { return };
    server.vault("POST", "secret/data/app/DB", r#"{"data": {"user": "shop", "port": 5432, "old": true}}"#);
    let store = root(&server, "vault://secret/app");
    let contract = Contract::new(&*store);
    let receipt = contract.put("DB", b"pw", Expect::Absent).await.expect("a free field");
    assert_eq!(receipt.version.as_deref(), Some("2"));
    let (_, body) = server.vault("GET", "secret/data/app/DB", "");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["data"]["data"], serde_json::json!({"user": "shop", "port": 5432, "old": true, "value": "pw"}));
    let whole = Address { field: None, ..receipt.address.clone() };
    let entry = store.read(&whole).await.expect("read").expect("an entry");
    assert_eq!(entry.secret.expose_str(), Some(r#"{"old":true,"port":5432,"user":"shop","value":"pw"}"#));
    assert_eq!(store.read_fields(&whole).await.expect("fields").len(), 4);
    assert!(store.remove(&receipt).await.expect("removed"));
    assert_eq!(store.read_fields(&whole).await.expect("fields").len(), 3);
    server.vault("POST", "secret/data/app/NUM", r#"{"data": {"n": 12345678901234567890}}"#);
    let error = contract.put("NUM", b"pw", Expect::Absent).await.expect_err("the number would change");
    assert_eq!(error.kind, ErrorKind::Rejected);
}

#[tokio::test]
async fn preflight_asks_for_both_rights() {
    let Some(server) = bao() else { return };
    let token = |policy: &str| {
        let body = serde_json::json!({ "policy": policy }).to_string();
        assert!(server.vault("POST", "sys/policies/acl/p", &body).0 < 300);
        let (_, body) = server.vault("POST", "auth/token/create", r#"{"policies": ["p"]}"#);
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        body["auth"]["client_token"].as_str().expect("a token").to_owned()
    };
    let write_only = token(r#"path "secret/data/app/*" { capabilities = ["create", "update"] }"#);
    let store_of = |token: &str| store(&server, "vault://secret/app", &[("VAULT_TOKEN", token)]);
    let blind = store_of(&write_only);
    let error = blind.preflight(&[blind.address("A").unwrap()]).await.expect_err("not readable");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("read") && !error.message.contains("create"), "{error}");
    let policy = blind.policy(Job::Migrator).expect("a policy");
    Contract::new(&*store_of(&token(&policy.text))).check().await;
    let reader = store_of(&token(&blind.policy(Job::App).expect("a policy").text));
    assert!(Contract::new(&*reader).get("FIRST").await.is_some(), "the app's policy reads");
    let error = Contract::new(&*reader).put("NEW", b"x", Expect::Absent).await.expect_err("and does not write");
    assert_eq!(error.kind, ErrorKind::Denied);
    let error = store_of("no-such-token").preflight(&[]).await.expect_err("a dead token");
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn approle_logs_in_with_a_wrapped_secret_id_and_revokes_its_token() {
    let Some(server) = bao() else { return };
    server.vault("POST", "sys/auth/approle", r#"{"type": "approle"}"#);
    let policy = root(&server, "vault://secret/app").policy(Job::Migrator).expect("a policy").text;
    server.vault("POST", "sys/policies/acl/p", &serde_json::json!({ "policy": policy }).to_string());
    server.vault("POST", "auth/approle/role/r", r#"{"token_policies": ["p"], "token_ttl": "60s"}"#);
    let field = |answer: (u16, String), at: &str| {
        let body: serde_json::Value = serde_json::from_str(&answer.1).expect("JSON");
        body.pointer(at).and_then(|value| value.as_str()).expect("a field").to_owned()
    };
    let role_id = field(server.vault("GET", "auth/approle/role/r/role-id", ""), "/data/role_id");
    let headers = format!("X-Vault-Token: {ROOT}\r\nX-Vault-Wrap-TTL: 60\r\n");
    let wrapped = server.request("POST", "/v1/auth/approle/role/r/secret-id", &headers, "{}");
    let wrapped = field(wrapped, "/wrap_info/token");
    let vars = [("VAULT_ROLE_ID", role_id.as_str()), ("VAULT_WRAPPED_SECRET_ID", wrapped.as_str())];
    let logged_in = store(&server, "vault://secret/app", &vars);
    Contract::new(&*logged_in).put("A", b"x", Expect::Absent).await.expect("written");
    logged_in.keep_alive().await.expect("renewed: less than five minutes are left");
    let tokens = || server.vault("LIST", "auth/token/accessors", "").1.matches('"').count();
    let before = tokens();
    logged_in.close().await.expect("revoked");
    assert!(tokens() < before, "the token is gone");
    let error = store(&server, "vault://secret/app", &vars).preflight(&[]).await.expect_err("unwrapped once");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("wrapped"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let vars = [("VAULT_ADDR", "http://127.0.0.1:9"), ("VAULT_TOKEN", "t")];
    let store = open("vault://secret/app", &Settings::with_vars("/nonexistent", vars)).expect("offline");
    let error = store.preflight(&[]).await.expect_err("nobody listens");
    assert_eq!(error.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_mount_that_is_not_there_is_not_taken_for_an_empty_one() {
    let Some(server) = bao() else { return };
    let store = root(&server, "vault://nowhere/app?kv=2");
    let address = store.address("A").expect("a name");
    assert_eq!(store.read(&address).await.expect_err("no mount").kind, ErrorKind::Configuration);
    assert_eq!(store.list(None).await.expect_err("no mount").kind, ErrorKind::Configuration);
    let empty = root(&server, "vault://secret/nothing/here");
    assert!(empty.list(None).await.expect("an empty folder").addresses.is_empty());
}

#[tokio::test]
async fn many_empty_addresses_are_told_from_taken_ones_by_listing_them() {
    let Some(server) = bao() else { return };
    let proxy = support::proxy::Proxy::new(&server.authority);
    let vars = |token: &str| [("VAULT_ADDR", proxy.url()), ("VAULT_TOKEN", token.to_owned())];
    let open =
        |token: &str| open("vault://secret/many", &Settings::with_vars("/nonexistent", vars(token))).expect("a store");
    let store = open(ROOT);
    for name in ["N000", "N007", "N050", "N099", "folder/N001"] {
        Contract::new(&*store).put(name, name.as_bytes(), Expect::Absent).await.expect("written");
    }
    server.vault("DELETE", "secret/data/many/N050", "");
    let names = (0..120).map(|number| format!("N{number:03}")).chain(["folder".into(), "folder/N001".into()]);
    let addresses: Vec<Address> = names.map(|name| store.address(&name).expect("a name")).collect();
    let there = |found: Vec<Result<Option<Entry>, _>>| -> Vec<Option<String>> {
        let text = |entry: Entry| entry.secret.expose_str().expect("text").to_owned();
        found.into_iter().map(|found: Result<_, StoreError>| found.expect("an answer").map(text)).collect()
    };
    let reads = proxy.count("GET /v1/secret/data/", &[]);
    let probed = there(store.probe_many(&addresses).await);
    // The first of a folder, those that are there, and the two outside of it.
    assert!(reads.load(Ordering::SeqCst) <= 7, "{}", reads.load(Ordering::SeqCst));
    assert_eq!(probed.iter().flatten().count(), 4, "one is deleted");
    assert_eq!(probed, there(store.read_many(&addresses).await), "as reading them one by one tells");
    // Without the right to list, each is read.
    let policy = serde_json::json!({ "policy": r#"path "secret/data/many/*" { capabilities = ["create", "read"] }"# });
    assert!(server.vault("POST", "sys/policies/acl/blind", &policy.to_string()).0 < 300);
    let (_, body) = server.vault("POST", "auth/token/create", r#"{"policies": ["blind"]}"#);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let blind = open(body["auth"]["client_token"].as_str().expect("a token"));
    assert_eq!(there(blind.probe_many(&addresses).await), probed);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_were_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&now), Arc::clone(&most));
    let double = Double::new(move |_| {
        let (now, most) = &counted;
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        (404, serde_json::json!({"errors": []}))
    });
    let vars = [("VAULT_ADDR", double.url()), ("VAULT_TOKEN", ROOT.into()), ("KEYLIFT_REQUESTS_AT_ONCE", "4".into())];
    let store = open("vault://secret/x?kv=2", &Settings::with_vars("/nonexistent", vars)).expect("a store");
    let addresses: Vec<Address> = (0..12).map(|number| store.address(&format!("S{number}")).expect("a name")).collect();
    // What is read back goes along with what is written meanwhile.
    let (one, other) = futures_util::future::join(store.read_many(&addresses), store.read_many(&addresses)).await;
    assert!(one.into_iter().chain(other).all(|answer| answer.expect("an answer").is_none()));
    assert_eq!(most.load(Ordering::SeqCst), 4);
}
