//! Older versions: carried where the target keeps any, else told before anything is written.

use keylift_providers::Address;

use super::desk::{Desk, at, wait};
use super::support::servers::{self, Server};

fn put(bao: &Server, path: &str, data: &str) {
    let (status, body) = bao.vault("POST", &format!("secret/data/{path}"), &format!(r#"{{"data": {data}}}"#));
    assert_eq!(status, 200, "{body}");
}

/// An entry with five versions, of which the second is deleted and two are alike; one of several fields; a plain one.
fn fill(bao: &Server, folder: &str) {
    for value in ["one", "two", "three", "three", "five"] {
        put(bao, &format!("{folder}/PLAIN"), &format!(r#"{{"value": "{value}"}}"#));
    }
    assert_eq!(bao.vault("POST", &format!("secret/delete/{folder}/PLAIN"), r#"{"versions": [2]}"#).0, 204);
    put(bao, &format!("{folder}/db"), r#"{"user": "u", "pass": "old"}"#);
    put(bao, &format!("{folder}/db"), r#"{"user": "u", "pass": "new", "host": "h"}"#);
    put(bao, &format!("{folder}/ONLY"), r#"{"value": "only"}"#);
}

/// The contents of an entry's versions, from the oldest on.
fn versions(desk: &Desk, uri: &str, name: &str) -> Vec<String> {
    let store = desk.store(uri);
    let whole = Address { field: None, ..at(&*store, name) };
    wait(async {
        let mut all = Vec::new();
        for version in store.history(&whole).await.expect("a history") {
            let one = Address { version: Some(version.id), ..whole.clone() };
            let entry = store.read(&one).await.expect("readable").expect("there");
            all.push(entry.secret.expose_str().expect("text").to_owned());
        }
        all
    })
}

fn value(text: &str) -> String {
    format!(r#"{{"value":"{text}"}}"#)
}

#[test]
fn versions_go_from_vault_to_vault_and_come_back() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    fill(&bao, "from");
    let (from, to) = ("vault://secret/from", "vault://secret/to");
    let said = desk.expect(&["migrate", from, to, "--history", "--dry-run"], 0);
    assert!(said.contains("PLAIN@2: it is deleted at the source"), "{said}");
    assert!(desk.whole(to, "PLAIN").is_none(), "nothing was written");
    let said = desk.expect(&["migrate", from, to, "--history"], 0);
    assert!(said.contains("3 written") && said.contains("3 older versions before them"), "{said}");
    assert_eq!(versions(&desk, to, "PLAIN"), ["one", "three", "five"].map(value));
    let fields = [r#"{"pass":"old","user":"u"}"#, r#"{"host":"h","pass":"new","user":"u"}"#];
    assert_eq!(versions(&desk, to, "db"), fields);
    assert_eq!(versions(&desk, to, "ONLY"), [value("only")]);
    desk.expect(&["migrate", "verify", from, to], 0);
    // Once more is no change, and nothing new to tell.
    let said = desk.expect(&["migrate", from, to, "--history", "--format", "json"], 0);
    assert!(said.contains(r#""lost_versions": 1"#), "{said}");
    assert_eq!(versions(&desk, to, "PLAIN").len(), 3);
    desk.expect(&["migrate", "undo", from, to], 0);
    let (again, to) = ("vault://secret/again", "vault://secret/again");
    desk.expect(&["migrate", from, again, "--history"], 0);
    let said = desk.expect(&["migrate", "undo", from, again], 0);
    assert!(said.starts_with("3 entries removed"), "{said}");
    let store = desk.store(to);
    assert!(wait(async { store.history(&at(&*store, "PLAIN#")).await }).expect("an answer").is_empty(), "all of it");
}

#[test]
fn what_the_target_does_not_keep_is_told_version_by_version() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    fill(&bao, "from");
    let said = desk.expect(&["migrate", "vault://secret/from", "files:to", "--history"], 0);
    for version in ["PLAIN@1", "PLAIN@2", "PLAIN@3", "PLAIN@4", "db@1"] {
        assert!(said.contains(&format!("not carried: vault://secret/from from/{version}: ")), "{version}: {said}");
    }
    // A mount that keeps two, and an entry that is there already.
    assert_eq!(bao.vault("POST", "sys/mounts/few", r#"{"type": "kv", "options": {"version": "2"}}"#).0, 204);
    while bao.vault("POST", "few/config", r#"{"max_versions": 2}"#).0 != 204 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    desk.overwrite("vault://few/to", "db", "theirs");
    let said = desk.expect(&["migrate", "vault://secret/from", "vault://few/to", "--history"], 4);
    assert!(said.contains("PLAIN@1: vault://few/to keeps 2 versions"), "{said}");
    assert!(said.contains("db@1: the target has an entry there already"), "{said}");
    assert_eq!(versions(&desk, "vault://few/to", "PLAIN"), ["three", "five"].map(value));
    // A map that takes entries apart has no entry for older versions.
    desk.file("map.yaml", "version: 1\nrules:\n- {exact: db, explode: 'DB_${key}'}\n");
    let pair = ["migrate", "vault://secret/from", "vault://secret/apart", "--history", "--map", "map.yaml"];
    let said = desk.expect(&pair, 0);
    assert!(said.contains("db@1: its entry does not go to an entry of its own"), "{said}");
    let plan = [&pair[..], &["--out", "plan.yaml"]].concat();
    desk.expect(&plan, 0);
    let plan = std::fs::read_to_string(desk.dir.path().join("plan.yaml")).expect("a plan");
    assert!(plan.contains("history: true") && plan.contains(r#""version":"1""#), "{plan}");
}

#[test]
fn a_crash_between_versions_is_gone_on_from_and_taken_back() {
    let Some(bao) = servers::bao() else { return };
    // What a crash after the intent leaves: the first version of three, written and not journalled.
    for (round, foreign) in [(1, false), (2, true), (3, false)] {
        let desk = Desk::vault(&bao);
        let (from, to) = (format!("vault://secret/from{round}"), format!("vault://secret/to{round}"));
        fill(&bao, &format!("from{round}"));
        let mut command = desk.command(&["migrate", &from, &to, "--history"]);
        let output = command.env("KEYLIFT_TEST_CRASH", "5:after").output().expect("it runs");
        assert_eq!(output.status.code(), Some(137), "{}", String::from_utf8_lossy(&output.stderr));
        put(&bao, &format!("to{round}/PLAIN"), &value(if foreign { "theirs" } else { "one" }));
        if round == 3 {
            let said = desk.expect(&["migrate", "undo", &from, &to], 0);
            assert!(said.starts_with("1 entries removed"), "{said}");
            assert!(desk.whole(&to, "PLAIN").is_none());
            continue;
        }
        desk.expect(&["migrate", "resume"], if foreign { 4 } else { 0 });
        let wanted = if foreign { vec![value("theirs")] } else { ["one", "three", "five"].map(value).to_vec() };
        assert_eq!(versions(&desk, &to, "PLAIN"), wanted);
    }
}

#[cfg(feature = "aws")]
#[test]
fn aws_keeps_the_version_before_and_gives_versions_back() {
    let (Some(bao), Some(moto)) = (servers::bao(), servers::moto()) else { return };
    let mut desk = Desk::vault(&bao);
    desk.env.extend(servers::aws_vars(&moto.url()));
    fill(&bao, "from");
    let said = desk.expect(&["migrate", "vault://secret/from", "aws-sm://app", "--history"], 0);
    assert!(said.contains("PLAIN@1: aws-sm://app keeps 2 versions"), "{said}");
    assert_eq!(versions(&desk, "aws-sm://app", "PLAIN"), ["three", "five"]);
    let about = moto.secrets_manager("DescribeSecret", &serde_json::json!({ "SecretId": "app/PLAIN" }));
    let mut stages: Vec<String> = about["VersionIdsToStages"]
        .as_object()
        .expect("versions")
        .values()
        .map(|stages| stages[0].as_str().expect("a stage").to_owned())
        .collect();
    stages.sort();
    assert_eq!(stages, ["AWSCURRENT", "AWSPREVIOUS"]);
    desk.expect(&["migrate", "aws-sm://app", "vault://secret/back", "--history"], 0);
    assert_eq!(versions(&desk, "vault://secret/back", "PLAIN"), ["three", "five"].map(value));
    assert_eq!(versions(&desk, "vault://secret/back", "db").len(), 2);
    let said = desk.expect(&["migrate", "undo", "vault://secret/from", "aws-sm://app"], 0);
    assert!(said.starts_with("3 entries removed"), "{said}");
    assert!(desk.whole("aws-sm://app", "PLAIN").is_none());
}

#[cfg(feature = "aws")]
#[test]
fn metadata_goes_along_as_far_as_the_target_takes_it_and_comes_back_with_undo() {
    let (Some(bao), Some(moto)) = (servers::bao(), servers::moto()) else { return };
    let mut desk = Desk::vault(&bao);
    desk.env.extend(servers::aws_vars(&moto.url()));
    for name in ["A", "B"] {
        put(&bao, &format!("from/{name}"), &value("new"));
        let metadata = r#"{"custom_metadata": {"owner": "team", "note": "not <for> tags"}}"#;
        assert_eq!(bao.vault("POST", &format!("secret/metadata/from/{name}"), metadata).0, 204);
    }
    let body = serde_json::json!({"Name": "app/A", "SecretString": "old", "Tags": [{"Key": "cost", "Value": "7"}]});
    moto.secrets_manager("CreateSecret", &body);
    let (from, to) = ("vault://secret/from", "aws-sm://app");
    let said = desk.expect(&["migrate", from, to, "--metadata", "--on-conflict", "overwrite", "--dry-run"], 0);
    assert!(said.contains("not carried: metadata `note` of 2") && !said.contains("`owner`"), "{said}");
    desk.expect(&["migrate", from, to, "--metadata", "--on-conflict", "overwrite"], 0);
    let metadata = |name: &str| {
        let store = desk.store(to);
        let all = wait(async { store.metadata(&at(&*store, name)).await }).expect("readable");
        all.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!((metadata("A"), metadata("B")), (vec!["cost=7".into(), "owner=team".into()], vec!["owner=team".into()]));
    desk.expect(&["migrate", "undo", from, to], 0);
    assert_eq!((metadata("A"), desk.read(to, "A").as_deref()), (vec!["cost=7".to_owned()], Some("old")));
    // From AWS, where metadata is asked for entry by entry, into an age file, which takes all of it.
    desk.expect(&["migrate", from, "age:to.age", "--metadata"], 0);
    let store = desk.store("age:to.age");
    let entry = wait(async { store.read(&at(&*store, "A")).await }).expect("readable").expect("there");
    assert_eq!(entry.metadata.len(), 2);
}

#[test]
fn the_least_policy_is_enough_for_a_migration_with_all_that_goes_along() {
    let Some(bao) = servers::bao() else { return };
    let mut desk = Desk::vault(&bao);
    fill(&bao, "from");
    put(&bao, "to/db", r#"{"user": "theirs"}"#);
    let metadata = r#"{"custom_metadata": {"owner": "team"}}"#;
    assert_eq!(bao.vault("POST", "secret/metadata/from/PLAIN", metadata).0, 204);
    let (from, to) = ("vault://secret/from", "vault://secret/to");
    let policies = [from, to].map(|store| desk.expect(&["policy", store, "--for", "migrator"], 0));
    let body = serde_json::json!({ "policy": policies.concat() }).to_string();
    assert_eq!(bao.vault("POST", "sys/policies/acl/migrator", &body).0, 204);
    let (status, body) =
        bao.vault("POST", "auth/token/create", r#"{"policies": ["migrator"], "no_default_policy": true}"#);
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let token = answer["auth"]["client_token"].as_str().expect("a token").to_owned();
    desk.env.retain(|(name, _)| name != "VAULT_TOKEN");
    desk.env.push(("VAULT_TOKEN".into(), token));
    let options = ["--history", "--metadata", "--on-conflict", "overwrite"];
    let said = desk.expect(&[&["migrate", from, to][..], &options].concat(), 0);
    assert!(said.contains("3 written") && said.contains("1 of them added fields"), "{said}");
    let said = desk.expect(&["migrate", "undo", from, to], 0);
    assert!(said.starts_with("2 entries removed") && said.contains("1 given back, 0 left"), "{said}");
    assert_eq!(desk.whole(to, "db").expect("there").0, r#"{"user":"theirs"}"#);
    desk.expect(&["migrate", from, to, "--on-conflict", "overwrite"], 0);
    desk.expect(&["migrate", "retire", from, to, "--yes", "--count", "3"], 0);
}

#[test]
fn metadata_that_a_crash_kept_back_goes_along_with_the_resume() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    put(&bao, "from/A", &value("one"));
    let metadata = r#"{"custom_metadata": {"owner": "team"}}"#;
    assert_eq!(bao.vault("POST", "secret/metadata/from/A", metadata).0, 204);
    let (from, to) = ("vault://secret/from", "vault://secret/to");
    // What a crash right after the write leaves: the intent in the journal, the value in the target, nothing beside it.
    let mut command = desk.command(&["migrate", from, to, "--metadata"]);
    let output = command.env("KEYLIFT_TEST_CRASH", "3:after").output().expect("it runs");
    assert_eq!(output.status.code(), Some(137), "{}", String::from_utf8_lossy(&output.stderr));
    put(&bao, "to/A", &value("one"));
    let said = desk.expect(&["migrate", "resume"], 0);
    assert!(said.contains("1 written"), "{said}");
    let store = desk.store(to);
    let metadata = wait(async { store.metadata(&at(&*store, "A")).await }).expect("readable");
    assert_eq!(metadata.get("owner").map(String::as_str), Some("team"));
}
