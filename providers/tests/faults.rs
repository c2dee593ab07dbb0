//! Every fault that a network has, between keylift and real servers: each write ends stored exactly once, with no second
//! version and nothing of anybody else's overwritten.

#![cfg(all(feature = "vault", feature = "aws"))]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keylift_providers::{
    ErrorKind, Expect, FingerprintKey, Receipt, Secret, Settings, Store, StoreError, WriteId, Written, open,
};
use support::contract::Contract;
use support::proxy::{FAULTS, Fault, Proxy};
use support::servers::{ROOT, Server, aws_vars, bao, moto};

/// A server with a proxy before it, the store that goes through the proxy, and how many versions an entry has.
struct Case {
    what: &'static str,
    server: Arc<Server>,
    proxy: Proxy,
    store: Box<dyn Store>,
    /// What the head of a request that creates an entry holds.
    create: &'static str,
    /// What the head of the request that makes an update current holds.
    update: &'static str,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    if let Some(server) = bao() {
        let proxy = Proxy::new(&server.authority);
        let vars = [("VAULT_ADDR", proxy.url()), ("VAULT_TOKEN", ROOT.to_owned())];
        let store = open("vault://secret/app", &Settings::with_vars("/nonexistent", vars)).expect("a store");
        let head = "POST /v1/secret/data/";
        cases.push(Case { what: "vault", server: Arc::new(server), proxy, store, create: head, update: head });
    }
    if let Some(server) = moto() {
        let proxy = Proxy::new(&server.authority);
        let store =
            open("aws-sm://app", &Settings::with_vars("/nonexistent", aws_vars(&proxy.url()))).expect("a store");
        let (create, update) = ("secretsmanager.CreateSecret", "secretsmanager.UpdateSecretVersionStage");
        cases.push(Case { what: "aws-sm", server: Arc::new(server), proxy, store, create, update });
    }
    cases
}

impl Case {
    fn contract(&self) -> Contract<'_> {
        Contract::new(&*self.store)
    }

    /// Creates an entry that holds its own name.
    async fn put(&self, name: &str) -> Result<Receipt, StoreError> {
        self.contract().put(name, name.as_bytes(), Expect::Absent).await
    }

    async fn versions(&self, name: &str) -> usize {
        let address = self.store.address(name).expect("a name");
        self.store.history(&address).await.expect("versions").len()
    }
}

#[tokio::test]
async fn a_create_survives_every_fault_and_is_known_as_ours() {
    for case in cases() {
        for (index, fault) in FAULTS.into_iter().enumerate() {
            let name = format!("CREATE_{index}");
            let context = format!("{} {fault:?}", case.what);
            case.proxy.script(case.create, &[fault, fault]);
            let receipt = case.contract().put(&name, b"value", Expect::Absent).await;
            let receipt = receipt.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_eq!(receipt.written, Written::Created, "{context}");
            assert_eq!(case.contract().get(&name).await.as_deref(), Some(&b"value"[..]), "{context}");
            assert_eq!(case.versions(&name).await, 1, "{context}");
            assert!(case.store.remove(&receipt).await.expect("an answer"), "{context}: it can be taken back");
        }
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_a_failing_one_only_where_that_is_harmless() {
    for case in cases() {
        for status in [412, 429, 502, 503, 504, 500] {
            let (name, context) = (format!("STATUS_{status}"), format!("{} {status}", case.what));
            // Vault cannot tell a write that it failed at from one that it cannot take: that would fail again and again.
            let again = status != 500 || case.what == "aws-sm";
            let seen = case.proxy.count(case.create, &[Fault::Status(status), Fault::Status(status)]);
            let answer = case.contract().put(&name, b"value", Expect::Absent).await;
            assert_eq!(seen.load(Ordering::SeqCst), if again { 3 } else { 1 }, "{context}");
            match answer {
                Ok(receipt) => assert_eq!((receipt.written, again), (Written::Created, true), "{context}"),
                Err(error) => assert_eq!((error.kind, again), (ErrorKind::Unavailable, false), "{context}: {error}"),
            }
            assert_eq!(case.versions(&name).await, usize::from(again), "{context}");
            // Reading is harmless.
            let read = if case.what == "vault" { "GET /v1/secret/data/" } else { "secretsmanager.GetSecretValue" };
            let seen = case.proxy.count(read, &[Fault::Status(status), Fault::Status(status)]);
            assert_eq!(case.contract().get(&name).await.as_deref(), again.then_some(&b"value"[..]), "{context}");
            assert_eq!(seen.load(Ordering::SeqCst), 3, "{context}");
        }
    }
}

#[tokio::test]
async fn fields_that_are_too_large_together_are_not_sent() {
    let Some(server) = bao() else { return };
    let proxy = Proxy::new(&server.authority);
    let vars = [("VAULT_ADDR", proxy.url()), ("VAULT_TOKEN", ROOT.to_owned())];
    let store = open("vault://secret/app", &Settings::with_vars("/nonexistent", vars)).expect("a store");
    let contract = Contract::new(&*store);
    let field = |name: &str| keylift_providers::Address {
        field: Some(name.to_owned()),
        ..store.address("LARGE").expect("a name")
    };
    let large = vec![b'x'; 700_000];
    contract.put_at(&field("one"), &large, Expect::Absent).await.expect("written");
    let first = store.read(&field("one")).await.expect("read").and_then(|entry| entry.version).expect("a version");
    let seen = proxy.count("POST /v1/secret/data/", &[]);
    let error = contract.put_at(&field("two"), &large, Expect::Version(first)).await.expect_err("too much together");
    assert_eq!((error.kind, seen.load(Ordering::SeqCst)), (ErrorKind::Rejected, 0), "{error}");
    assert!(!error.message.contains("xxx"));
}

#[tokio::test]
async fn an_update_survives_every_fault() {
    for case in cases() {
        for (index, fault) in FAULTS.into_iter().enumerate() {
            let name = format!("UPDATE_{index}");
            let context = format!("{} {fault:?}", case.what);
            case.proxy.script("nothing", &[]);
            let first = case.contract().put(&name, b"one", Expect::Absent).await.expect("written");
            case.proxy.script(case.update, &[fault, fault]);
            let expect = Expect::Version(first.version.expect("a version"));
            let receipt = case.contract().put(&name, b"two", expect).await;
            let receipt = receipt.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_eq!(receipt.written, Written::Updated, "{context}");
            assert_eq!(case.contract().get(&name).await.as_deref(), Some(&b"two"[..]), "{context}");
            assert_eq!(case.versions(&name).await, 2, "{context}");
        }
    }
}

#[tokio::test]
async fn what_somebody_else_wrote_is_not_taken_for_ours() {
    for case in cases() {
        // Equal, but there before: an answer that is lost now says nothing about it.
        case.contract().put("EQUAL", b"value", Expect::Absent).await.expect("written");
        // Version times are told to more than the second, the server's clock by the second.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        case.proxy.script(case.create, &[Fault::Reset, Fault::AnswerLost]);
        let address = case.store.address("EQUAL").expect("a name");
        let key = FingerprintKey::new([9; 32]);
        let secret = Secret::new("value");
        let id = WriteId::new(&key, "another run", &address, &secret);
        let receipt = case.store.write(&address, &secret, &Expect::Absent, &id).await.expect("equal");
        assert_eq!(receipt.written, Written::AlreadyEqual, "{}", case.what);
        for fault in FAULTS {
            case.proxy.script(case.create, &[fault]);
            let error = case.contract().put("EQUAL", b"other", Expect::Absent).await.expect_err("taken");
            assert_eq!(error.kind, ErrorKind::Conflict, "{} {fault:?}", case.what);
        }
        assert_eq!(case.contract().get("EQUAL").await.as_deref(), Some(&b"value"[..]), "{}", case.what);
        assert_eq!(case.versions("EQUAL").await, 1, "{}", case.what);
    }
}

/// Somebody else writes the entry `app/NAME`, past keylift and the proxy.
fn write_foreign(what: &str, server: &Server, name: &str, create: bool) {
    if what == "vault" {
        let body = r#"{"data": {"value": "foreign"}}"#;
        assert_eq!(server.vault("POST", &format!("secret/data/app/{name}"), body).0, 200);
    } else if create {
        server.secrets_manager(
            "CreateSecret",
            &serde_json::json!({"Name": format!("app/{name}"), "SecretString": "foreign"}),
        );
    } else {
        let body = serde_json::json!({"SecretId": format!("app/{name}"), "SecretString": "foreign"});
        server.secrets_manager("PutSecretValue", &body);
    }
}

#[tokio::test]
async fn a_write_that_somebody_else_gets_in_before_is_a_conflict() {
    for case in cases() {
        for create in [true, false] {
            let name = if create { "RACE_CREATE" } else { "RACE_UPDATE" };
            let mut expect = Expect::Absent;
            if !create {
                let first = case.contract().put(name, b"one", Expect::Absent).await.expect("written");
                expect = Expect::Version(first.version.expect("a version"));
            }
            let (what, server, done) = (case.what, Arc::clone(&case.server), AtomicBool::new(false));
            let head = if create { case.create } else { case.update };
            case.proxy.decide(move |seen| {
                if seen.head.contains(head) && !done.swap(true, Ordering::SeqCst) {
                    write_foreign(what, &server, name, create);
                }
                Fault::None
            });
            let error = case.contract().put(name, b"ours", expect).await.expect_err("too late");
            assert_eq!(error.kind, ErrorKind::Conflict, "{what} {name}: {error}");
            assert_eq!(case.contract().get(name).await.as_deref(), Some(&b"foreign"[..]), "{what} {name}");
        }
    }
}

#[tokio::test]
async fn a_storm_loses_nothing_and_doubles_nothing() {
    for case in cases() {
        case.contract().put("S_7", b"somebody else's", Expect::Absent).await.expect("written");
        case.proxy.storm(20_241, 35);
        let names: Vec<String> = (0..40).map(|n| format!("S_{n}")).collect();
        let writes = names.iter().map(|name| case.put(name));
        let receipts = futures_util::future::join_all(writes).await;
        let reads = names.iter().map(|name| async {
            let address = case.store.address(name).expect("a name");
            case.store.read(&address).await.expect("read").expect("there").secret
        });
        let values = futures_util::future::join_all(reads).await;
        assert!(case.proxy.broken() > 10, "{}: faults happened", case.what);
        case.proxy.script("nothing", &[]);
        for ((name, receipt), value) in names.iter().zip(receipts).zip(values) {
            let context = format!("{} {name}", case.what);
            if name == "S_7" {
                assert_eq!(receipt.expect_err("taken").kind, ErrorKind::Conflict, "{context}");
                assert_eq!(value.expose(), b"somebody else's", "{context}");
            } else {
                assert_eq!(receipt.unwrap_or_else(|error| panic!("{context}: {error}")).written, Written::Created);
                assert_eq!(value.expose(), name.as_bytes(), "{context}");
            }
            assert_eq!(case.versions(name).await, 1, "{context}");
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_told_as_busy() {
    let cases = cases();
    let busy = cases.iter().map(|case| async move {
        case.proxy.decide(|_| Fault::Unavailable);
        let error = case.contract().put("X", b"x", Expect::Absent).await.expect_err("never available");
        assert_eq!(error.kind, ErrorKind::Unavailable, "{}: {error}", case.what);
        assert!(error.advice.is_some());
    });
    futures_util::future::join_all(busy).await;
}
