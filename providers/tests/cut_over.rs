//! Updates of many entries at once: a mass cut-over in two halves on the AWS emulator, and several fields of one entry.

#![cfg(all(feature = "vault", feature = "aws"))]

mod support;

use keylift_providers::{
    Address, ErrorKind, Expect, FingerprintKey, Receipt, Secret, Settings, Store, StoreError, Write, WriteId, Written,
    open,
};
use serde_json::{Value, json};
use support::contract::Contract;
use support::servers::{ROOT, Server, aws_vars, bao, moto};

fn aws(server: &Server) -> Box<dyn Store> {
    open("aws-sm://app", &Settings::with_vars("/nonexistent", aws_vars(&server.url()))).expect("a store")
}

/// New values for what is there.
struct Updates {
    addresses: Vec<Address>,
    secrets: Vec<Secret>,
    expects: Vec<Expect>,
    ids: Vec<WriteId>,
}

impl Updates {
    async fn of(store: &dyn Store, addresses: Vec<Address>) -> Self {
        let mut expects = Vec::new();
        for address in &addresses {
            let found = store.read(address).await.expect("read");
            expects.push(found.and_then(|entry| entry.version).map_or(Expect::Absent, Expect::Version));
        }
        let secrets: Vec<Secret> = (0..addresses.len()).map(|n| Secret::new(format!("new {n}"))).collect();
        let key = FingerprintKey::new([9; 32]);
        let ids = addresses.iter().zip(&secrets).map(|(at, secret)| WriteId::new(&key, "run", at, secret)).collect();
        Self { addresses, secrets, expects, ids }
    }

    async fn named(store: &dyn Store, names: &[&str]) -> Self {
        Self::of(store, names.iter().map(|name| store.address(name).expect("a name")).collect()).await
    }

    fn writes(&self) -> Vec<Write<'_>> {
        let write = |n: usize| Write {
            address: &self.addresses[n],
            secret: &self.secrets[n],
            expect: &self.expects[n],
            id: &self.ids[n],
        };
        (0..self.addresses.len()).map(write).collect()
    }
}

/// The stages of an entry's versions, sorted.
fn stages(server: &Server, name: &str) -> Vec<String> {
    let about = server.secrets_manager("DescribeSecret", &json!({ "SecretId": format!("app/{name}") }));
    let versions = about["VersionIdsToStages"].as_object().cloned().unwrap_or_default();
    let all = versions.values().flat_map(|stages| stages.as_array().into_iter().flatten());
    let mut stages: Vec<String> = all.filter_map(Value::as_str).map(str::to_owned).collect();
    stages.sort();
    stages
}

fn outcome(answers: &[Result<Receipt, StoreError>]) -> Vec<Result<Written, ErrorKind>> {
    answers.iter().map(|answer| answer.as_ref().map(|got| got.written).map_err(|error| error.kind)).collect()
}

#[tokio::test]
async fn nothing_changes_for_programs_before_the_flip() {
    let Some(server) = moto() else { return };
    let store = aws(&server);
    let contract = Contract::new(&*store);
    for name in ["A", "B", "EQUAL"] {
        contract.put(name, b"old", Expect::Absent).await.expect("written");
    }
    let updates = Updates::named(&*store, &["A", "NEW", "B"]).await;
    for _ in 0..2 {
        assert!(store.stage_many(&updates.writes()).await.iter().all(Result::is_ok));
        for name in ["A", "B"] {
            assert_eq!(contract.get(name).await.as_deref(), Some(&b"old"[..]));
            assert!(stages(&server, name).iter().any(|stage| stage.starts_with("keylift-")));
        }
        assert_eq!(contract.get("NEW").await, None);
    }
    // The second half may be another process.
    let other = aws(&server);
    let flipped = other.flip_many(&updates.writes()).await;
    assert_eq!(outcome(&flipped), [Ok(Written::Updated), Ok(Written::Created), Ok(Written::Updated)]);
    let again = other.flip_many(&updates.writes()).await;
    assert_eq!(outcome(&again), outcome(&flipped), "a replay");
    for (n, name) in ["A", "NEW", "B"].into_iter().enumerate() {
        assert_eq!(contract.get(name).await.as_deref(), Some(format!("new {n}").as_bytes()));
        let history = store.history(&updates.addresses[n]).await.expect("versions");
        assert_eq!(history.len(), if name == "NEW" { 1 } else { 2 }, "{name}");
    }
    assert_eq!(stages(&server, "A"), ["AWSCURRENT", "AWSPREVIOUS"], "no stage of keylift's is left");
}

#[tokio::test]
async fn what_somebody_else_changed_between_the_halves_stays() {
    let Some(server) = moto() else { return };
    let store = aws(&server);
    let contract = Contract::new(&*store);
    for name in ["A", "B", "C"] {
        contract.put(name, b"old", Expect::Absent).await.expect("written");
    }
    let updates = Updates::named(&*store, &["A", "B", "C"]).await;
    server.secrets_manager("PutSecretValue", &json!({"SecretId": "app/C", "SecretString": "foreign"}));
    let staged = store.stage_many(&updates.writes()).await;
    let kinds: Vec<_> =
        staged.iter().map(|answer| answer.as_ref().map(Option::is_some).map_err(|error| error.kind)).collect();
    assert_eq!(kinds, [Ok(true), Ok(true), Err(ErrorKind::Conflict)], "a conflict is known before anything changes");
    server.secrets_manager("PutSecretValue", &json!({"SecretId": "app/A", "SecretString": "foreign"}));
    let flipped = outcome(&store.flip_many(&updates.writes()).await);
    assert_eq!(flipped, [Err(ErrorKind::Conflict), Ok(Written::Updated), Err(ErrorKind::Conflict)]);
    for name in ["A", "C"] {
        assert_eq!(contract.get(name).await.as_deref(), Some(&b"foreign"[..]), "{name}");
        assert_eq!(stages(&server, name), ["AWSCURRENT", "AWSPREVIOUS"], "{name}");
    }
}

#[tokio::test]
async fn what_was_staged_can_be_taken_away() {
    let Some(server) = moto() else { return };
    let store = aws(&server);
    let contract = Contract::new(&*store);
    contract.put("A", b"old", Expect::Absent).await.expect("written");
    let updates = Updates::named(&*store, &["A"]).await;
    let staged = store.stage_many(&updates.writes()).await.remove(0).expect("staged").expect("a version put aside");
    assert_eq!(stages(&server, "A").len(), 2);
    for _ in 0..2 {
        store.unstage_many(std::slice::from_ref(&staged)).await.expect("taken away");
    }
    assert_eq!(stages(&server, "A"), ["AWSCURRENT"]);
    assert_eq!(contract.get("A").await.as_deref(), Some(&b"old"[..]));
    // Staged once more, it is the same version.
    assert!(store.stage_many(&updates.writes()).await[0].is_ok());
    assert_eq!(outcome(&store.flip_many(&updates.writes()).await), [Ok(Written::Updated)]);
    assert_eq!(contract.get("A").await.as_deref(), Some(&b"new 0"[..]));
}

#[tokio::test]
async fn fields_are_flipped_with_what_is_beside_them() {
    let Some(server) = moto() else { return };
    for name in ["ONE", "TWO"] {
        let body = json!({"Name": format!("app/{name}"), "SecretString": r#"{"a": "1", "b": "2", "n": 1.0}"#});
        server.secrets_manager("CreateSecret", &body);
    }
    let store = aws(&server);
    let at = |name: &str, field: &str| {
        let address = store.address(name).expect("a name");
        Address { field: Some(field.to_owned()), ..address }
    };
    let updates = Updates::of(&*store, vec![at("ONE", "a"), at("TWO", "a"), at("TWO", "b")]).await;
    assert!(store.stage_many(&updates.writes()).await.iter().all(Result::is_ok));
    let whole = |name: &'static str| async {
        let entry = store.read(&store.address(name).expect("a name")).await.expect("read").expect("there");
        entry.secret.expose_str().expect("text").to_owned()
    };
    assert!(whole("ONE").await.contains(r#""1""#));
    assert_eq!(outcome(&store.flip_many(&updates.writes()).await), [Ok(Written::Updated); 3]);
    assert_eq!(whole("ONE").await, r#"{"a":"new 0","b":"2","n":1.0}"#);
    assert_eq!(whole("TWO").await, r#"{"a":"new 1","b":"new 2","n":1.0}"#);
    assert_eq!(stages(&server, "ONE"), ["AWSCURRENT", "AWSPREVIOUS"]);
}

#[tokio::test]
async fn fields_of_one_entry_seen_at_one_version_are_all_updated() {
    let Some(server) = bao() else { return };
    assert_eq!(server.vault("POST", "secret/data/app/DB", r#"{"data": {"a": "1", "b": "2", "c": "3"}}"#).0, 200);
    let vars = [("VAULT_ADDR", server.url()), ("VAULT_TOKEN", ROOT.to_owned())];
    let store = open("vault://secret/app", &Settings::with_vars("/nonexistent", vars)).expect("a store");
    let at = |field: &str| Address { field: Some(field.to_owned()), ..store.address("DB").expect("a name") };
    let updates = Updates::of(&*store, vec![at("a"), at("b"), at("a")]).await;
    let answers = outcome(&store.write_many(&updates.writes()).await);
    // The third would undo the first.
    assert_eq!(answers, [Ok(Written::Updated), Ok(Written::Updated), Err(ErrorKind::Conflict)]);
    let body = server.vault("GET", "secret/data/app/DB", "").1;
    let data: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(data["data"]["data"], json!({"a": "new 0", "b": "new 1", "c": "3"}));
    assert_eq!(data["data"]["metadata"]["version"], 3);
}
