//! The contract against the AWS emulator, and what is particular to Secrets Manager.

#![cfg(feature = "aws")]

mod support;

use keylift_providers::{Address, ErrorKind, Expect, Settings, Store, Written, open};
use support::contract::Contract;
use support::servers::{Server, aws_vars, moto};

fn store(server: &Server, uri: &str) -> Box<dyn Store> {
    open(uri, &Settings::with_vars("/nonexistent", aws_vars(&server.url()))).expect("a store")
}

#[tokio::test]
async fn secrets_manager_keeps_the_contract() {
    let Some(server) = moto() else { return };
    Contract::new(&*store(&server, "aws-sm://team/shop")).check().await;
    Contract::new(&*store(&server, "aws-sm://")).put("TOP", b"x", Expect::Absent).await.expect("no prefix needed");
}

#[tokio::test]
async fn a_name_scheduled_for_deletion_has_its_own_way_out() {
    let Some(server) = moto() else { return };
    let store = store(&server, "aws-sm://app");
    let contract = Contract::new(&*store);
    contract.put("GONE", b"one", Expect::Absent).await.expect("written");
    server.secrets_manager("DeleteSecret", &serde_json::json!({"SecretId": "app/GONE", "RecoveryWindowInDays": 7}));
    let error = contract.put("GONE", b"two", Expect::Absent).await.expect_err("the name is taken");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.advice.expect("a way out").contains("restore-secret"), "{}", error.message);
    let error = store.preflight(&[contract.address("GONE")]).await.expect_err("known before the first write");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(store.list(None).await.expect("a page").addresses.is_empty());
    server.secrets_manager("RestoreSecret", &serde_json::json!({"SecretId": "app/GONE"}));
    assert_eq!(contract.get("GONE").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn fields_of_a_json_secret_live_side_by_side() {
    let Some(server) = moto() else { return };
    let text = r#"{"user": "shop", "port": 12345678901234567890, "n": {"x": 1.0}}"#;
    server.secrets_manager("CreateSecret", &serde_json::json!({"Name": "app/DB", "SecretString": text}));
    let store = store(&server, "aws-sm://app");
    let contract = Contract::new(&*store);
    let whole = contract.address("DB");
    let at = |field: &str| Address { field: Some(field.to_owned()), ..whole.clone() };
    let receipt = contract.put_at(&at("pw"), b"secret", Expect::Absent).await.expect("a free field");
    assert_eq!(receipt.written, Written::Created);
    let again = contract.put_at(&at("pw"), b"secret", Expect::Absent).await.expect("a replay");
    assert_eq!(again, receipt, "a replay is told from an equal value");
    let error = contract.put_at(&at("user"), b"other", Expect::Absent).await.expect_err("a taken field");
    assert_eq!(error.kind, ErrorKind::Conflict);
    let now = store.read(&whole).await.expect("read").expect("there").secret;
    let expected = r#"{"user":"shop","port":12345678901234567890,"n":{"x": 1.0},"pw":"secret"}"#;
    assert_eq!(now.expose_str(), Some(expected));
    let port = store.read(&at("port")).await.expect("read").expect("there").secret;
    assert_eq!(port.expose_str(), Some("12345678901234567890"));
    assert!(store.remove(&receipt).await.expect("removed"));
    assert!(store.read(&at("pw")).await.expect("read").is_none());
    assert!(store.read(&at("user")).await.expect("read").is_some(), "other fields stay");
    contract.put("PLAIN", b"not json", Expect::Absent).await.expect("written");
    let plain = Address { field: Some("pw".to_owned()), ..contract.address("PLAIN") };
    let error = contract.put_at(&plain, b"x", Expect::Absent).await.expect_err("no object");
    assert_eq!(error.kind, ErrorKind::Rejected);
    let alone = Address { field: Some("a".to_owned()), ..contract.address("NEW") };
    let made = contract.put_at(&alone, b"1", Expect::Absent).await.expect("an entry of one field");
    assert_eq!(contract.get("NEW").await.as_deref(), Some(&br#"{"a":"1"}"#[..]));
    assert!(store.remove(&made).await.expect("removed"));
    assert!(store.read(&contract.address("NEW")).await.expect("read").is_none(), "nothing of anybody else was in it");
}

#[tokio::test]
async fn an_update_leaves_one_new_version_and_no_stage_of_its_own() {
    let Some(server) = moto() else { return };
    let store = store(&server, "aws-sm://app");
    let contract = Contract::new(&*store);
    let first = contract.put("KEY", b"one", Expect::Absent).await.expect("written");
    let before = first.version.clone().expect("a version");
    let second = contract.put("KEY", b"two", Expect::Version(before.clone())).await.expect("updated");
    let about = server.secrets_manager("DescribeSecret", &serde_json::json!({"SecretId": "app/KEY"}));
    let stages = about["VersionIdsToStages"].as_object().expect("stages");
    assert_eq!(stages.len(), 2);
    assert_eq!(stages[second.version.as_deref().expect("a version")], serde_json::json!(["AWSCURRENT"]));
    assert_eq!(stages[&before], serde_json::json!(["AWSPREVIOUS"]));
    let history = store.history(&second.address).await.expect("versions");
    assert_eq!(history.len(), 2);
    assert_eq!(history.iter().filter(|version| version.current).count(), 1);
    let pinned = Address { version: Some(before.clone()), ..first.address.clone() };
    let old = store.read(&pinned).await.expect("read").expect("an older version");
    assert_eq!(old.secret.expose(), b"one");
    // Back to the first value: the version of that write is there already, and becomes the current one again.
    let back = contract.put("KEY", b"one", Expect::Version(second.version.expect("a version"))).await.expect("back");
    assert_eq!(back.version.as_deref(), Some(before.as_str()));
    assert_eq!(contract.get("KEY").await.as_deref(), Some(&b"one"[..]));
    // Somebody else's version is in between: what was created is not all that is there any more.
    assert!(!store.remove(&first).await.expect("an answer"));
    assert_eq!(contract.get("KEY").await.as_deref(), Some(&b"one"[..]));
}

#[tokio::test]
async fn tags_and_description_are_carried_as_metadata() {
    let Some(server) = moto() else { return };
    let tags = serde_json::json!([{"Key": "team", "Value": "shop"}, {"Key": "old", "Value": "x"}]);
    let body = serde_json::json!({"Name": "app/A", "SecretString": "x", "Description": "of the shop", "Tags": tags});
    server.secrets_manager("CreateSecret", &body);
    let store = store(&server, "aws-sm://app");
    let address = store.address("A").expect("a name");
    let mut metadata = store.metadata(&address).await.expect("metadata");
    let pairs: Vec<_> = metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("description", "of the shop"), ("old", "x"), ("team", "shop")]);
    metadata.remove("old");
    metadata.insert("description".to_owned(), "changed".to_owned());
    metadata.insert("stage".to_owned(), "prod".to_owned());
    store.set_metadata(&address, &metadata).await.expect("written");
    assert_eq!(store.metadata(&address).await.expect("metadata"), metadata);
}

#[tokio::test]
async fn an_entry_without_a_value_is_filled_and_not_taken_for_ours() {
    let Some(server) = moto() else { return };
    server.secrets_manager("CreateSecret", &serde_json::json!({"Name": "app/SHELL"}));
    let store = store(&server, "aws-sm://app");
    let contract = Contract::new(&*store);
    assert_eq!(contract.get("SHELL").await, None);
    let receipt = contract.put("SHELL", b"value", Expect::Absent).await.expect("filled");
    assert_eq!(receipt.written, Written::Updated, "the entry was there before");
    assert_eq!(contract.get("SHELL").await.as_deref(), Some(&b"value"[..]));
    assert!(!store.remove(&receipt).await.expect("an answer"));
}

#[tokio::test]
async fn many_are_read_with_partial_errors() {
    let Some(server) = moto() else { return };
    let store = store(&server, "aws-sm://app");
    let contract = Contract::new(&*store);
    for name in ["A", "B", "GONE"] {
        contract.put(name, name.as_bytes(), Expect::Absent).await.expect("written");
        assert!(contract.get(name).await.is_some());
    }
    server.secrets_manager("DeleteSecret", &serde_json::json!({"SecretId": "app/GONE", "RecoveryWindowInDays": 7}));
    let names = ["A", "NEVER", "GONE", "B", "A"];
    let addresses: Vec<Address> = names.iter().map(|name| contract.address(name)).collect();
    let answers = store.read_many(&addresses).await;
    let shown: Vec<String> = answers
        .iter()
        .map(|answer| match answer {
            Ok(Some(entry)) => entry.secret.expose_str().expect("text").to_owned(),
            Ok(None) => "none".to_owned(),
            Err(error) => format!("{:?}", error.kind),
        })
        .collect();
    assert_eq!(shown, ["A", "none", "Conflict", "B", "A"]);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_told() {
    let store = open("aws-sm://app", &Settings::with_vars("/nonexistent", aws_vars("http://127.0.0.1:9")));
    let error = store.expect("offline").preflight(&[]).await.expect_err("nobody listens");
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}
