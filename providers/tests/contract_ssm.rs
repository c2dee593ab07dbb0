//! The contract against the AWS emulator, and what is particular to Parameter Store.

#![cfg(feature = "aws")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keylift_providers::{Address, ErrorKind, Expect, Secret, Settings, Store, Written, open};
use serde_json::json;
use support::contract::Contract;
use support::proxy::{FAULTS, Fault, Proxy};
use support::servers::{Server, aws_vars, moto};

fn store(url: &str, uri: &str) -> Box<dyn Store> {
    let mut vars = aws_vars(url);
    // The emulator takes more than the ten a second of the real one.
    vars.push(("KEYLIFT_WRITES_A_SECOND".to_owned(), "400".to_owned()));
    open(uri, &Settings::with_vars("/nonexistent", vars)).expect("a store")
}

fn ssm(server: &Server, action: &str, body: &serde_json::Value) -> serde_json::Value {
    server.aws("ssm", &format!("AmazonSSM.{action}"), body)
}

#[tokio::test]
async fn parameter_store_keeps_the_contract() {
    let Some(server) = moto() else { return };
    Contract::new(&*store(&server.url(), "aws-ssm://team/shop")).check().await;
    Contract::new(&*store(&server.url(), "aws-ssm://")).put("TOP", b"x", Expect::Absent).await.expect("no path needed");
}

#[tokio::test]
async fn values_are_encrypted_and_large_ones_need_a_tier() {
    let Some(server) = moto() else { return };
    let plain = store(&server.url(), "aws-ssm://app");
    Contract::new(&*plain).put("A", b"value", Expect::Absent).await.expect("written");
    let about = ssm(&server, "GetParameter", &json!({"Name": "/app/A", "WithDecryption": true}));
    assert_eq!(about["Parameter"]["Type"], "SecureString");
    let large = "x".repeat(8192);
    let error = Contract::new(&*plain).put("B", large.as_bytes(), Expect::Absent).await.expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Rejected);
    let tiered = store(&server.url(), "aws-ssm://app?tier=intelligent");
    Contract::new(&*tiered).put("B", large.as_bytes(), Expect::Absent).await.expect("written");
    let error =
        Contract::new(&*tiered).put("C", (large + "x").as_bytes(), Expect::Absent).await.expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Rejected);
}

#[tokio::test]
async fn names_come_ten_a_page_and_in_levels() {
    let Some(server) = moto() else { return };
    let proxy = Proxy::new(&server.authority);
    let store = store(&proxy.url(), "aws-ssm://app");
    let contract = Contract::new(&*store);
    for n in 0..21 {
        contract.put(&format!("level_{}/N_{n}", n % 3), b"x", Expect::Absent).await.expect("written");
    }
    ssm(&server, "PutParameter", &json!({"Name": "/apple/OTHER", "Value": "x", "Type": "String"}));
    let (mut listed, mut pages, mut from) = (Vec::new(), 0, None);
    loop {
        let page = store.list(from).await.expect("a page");
        assert!(page.addresses.len() <= 10, "AWS refuses to give more");
        listed.extend(page.addresses);
        pages += 1;
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    listed.sort();
    listed.dedup();
    assert_eq!((listed.len(), pages), (21, 3), "each once, and nothing of a path that begins the same");
}

#[tokio::test]
async fn versions_and_tags_are_kept() {
    let Some(server) = moto() else { return };
    ssm(&server, "PutParameter", &json!({"Name": "/app/OLD", "Value": "one", "Type": "String"}));
    let store = store(&server.url(), "aws-ssm://app");
    let contract = Contract::new(&*store);
    let receipt = contract.put("OLD", b"two", Expect::Version("1".to_owned())).await.expect("updated");
    assert_eq!((receipt.written, receipt.version.as_deref()), (Written::Updated, Some("2")));
    let pinned = Address { version: Some("1".to_owned()), ..receipt.address.clone() };
    assert_eq!(store.read(&pinned).await.expect("read").expect("there").secret, Secret::new("one"));
    let history = store.history(&receipt.address).await.expect("versions");
    assert_eq!(history.iter().map(|version| version.current).collect::<Vec<_>>(), [false, true]);
    let metadata = [("team".to_owned(), "shop".to_owned())].into();
    store.set_metadata(&receipt.address, &metadata).await.expect("written");
    assert_eq!(store.metadata(&receipt.address).await.expect("read"), metadata);
    store.set_metadata(&receipt.address, &[].into()).await.expect("taken away");
    assert!(store.metadata(&receipt.address).await.expect("read").is_empty());
}

#[tokio::test]
async fn every_fault_leaves_one_version() {
    let Some(server) = moto() else { return };
    let proxy = Proxy::new(&server.authority);
    let store = store(&proxy.url(), "aws-ssm://app");
    let contract = Contract::new(&*store);
    for (index, fault) in FAULTS.into_iter().enumerate() {
        let name = format!("F_{index}");
        proxy.script("AmazonSSM.PutParameter", &[fault, fault]);
        let receipt = contract.put(&name, b"one", Expect::Absent).await.expect("made");
        assert_eq!(receipt.written, Written::Created, "{fault:?}");
        proxy.script("AmazonSSM.PutParameter", &[fault, fault]);
        let receipt = contract.put(&name, b"two", Expect::Version("1".to_owned())).await.expect("updated");
        assert_eq!(receipt.version.as_deref(), Some("2"), "{fault:?}");
        assert_eq!(contract.get(&name).await.as_deref(), Some(&b"two"[..]), "{fault:?}");
        assert_eq!(store.history(&receipt.address).await.expect("versions").len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_value_written_at_the_same_moment_stands() {
    let Some(server) = moto() else { return };
    let server = Arc::new(server);
    let proxy = Proxy::new(&server.authority);
    let store = store(&proxy.url(), "aws-ssm://app");
    let contract = Contract::new(&*store);
    contract.put("RACE", b"one", Expect::Absent).await.expect("made");
    let (other, done) = (Arc::clone(&server), AtomicBool::new(false));
    proxy.decide(move |seen| {
        if seen.head.contains("AmazonSSM.PutParameter") && !done.swap(true, Ordering::SeqCst) {
            ssm(&other, "PutParameter", &json!({"Name": "/app/RACE", "Value": "foreign", "Overwrite": true}));
        }
        Fault::None
    });
    let error = contract.put("RACE", b"ours", Expect::Version("1".to_owned())).await.expect_err("too late");
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(contract.get("RACE").await.as_deref(), Some(&b"foreign"[..]));
}
