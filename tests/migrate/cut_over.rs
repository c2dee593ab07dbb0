//! A mass cut-over on the AWS emulator: everything is put aside and read back before anything changes for programs.

#![cfg(feature = "aws")]

use serde_json::{Value, json};

use super::desk::{Desk, text};
use super::support::servers::{self, Server};

const PAIR: [&str; 3] = ["migrate", "age:from.age", "aws-sm://app"];

fn desk(moto: &Server) -> Desk {
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env: servers::aws_vars(&moto.url()) };
    desk.fill_together("age:from.age", &[("A", text("new a")), ("B", text("new b")), ("NEW", text("new"))]);
    for name in ["A", "B"] {
        moto.secrets_manager("CreateSecret", &json!({"Name": format!("app/{name}"), "SecretString": "old"}));
    }
    desk
}

fn cut_over(desk: &Desk, exit: i32) -> String {
    desk.expect(&[&PAIR[..], &["--on-conflict", "overwrite", "--cut-over"]].concat(), exit)
}

/// The stages of an entry's versions, sorted.
fn stages(moto: &Server, name: &str) -> Vec<String> {
    let about = moto.secrets_manager("DescribeSecret", &json!({ "SecretId": format!("app/{name}") }));
    let versions = about["VersionIdsToStages"].as_object().cloned().unwrap_or_default();
    let mut stages: Vec<String> = versions
        .values()
        .flat_map(|all| all.as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    stages.sort();
    stages
}

fn waits(moto: &Server, name: &str) -> bool {
    stages(moto, name).iter().any(|stage| stage.starts_with("keylift-"))
}

#[test]
fn a_cut_over_replaces_all_and_is_taken_back() {
    let Some(moto) = servers::moto() else { return };
    let desk = desk(&moto);
    let said = cut_over(&desk, 0);
    assert!(said.contains("3 written") && said.contains("2 of them replaced"), "{said}");
    assert_eq!(desk.read(PAIR[2], "A").as_deref(), Some("new a"));
    assert_eq!(stages(&moto, "A"), ["AWSCURRENT", "AWSPREVIOUS"]);
    desk.expect(&["migrate", "verify", PAIR[1], PAIR[2]], 0);
    let said = desk.expect(&["migrate", "undo", PAIR[1], PAIR[2]], 0);
    assert!(said.starts_with("1 entries removed") && said.contains("2 given back, 0 left"), "{said}");
    let left = ["A", "B", "NEW"].map(|name| desk.read(PAIR[2], name));
    assert_eq!(left, [Some("old".to_owned()), Some("old".to_owned()), None]);
}

#[test]
fn nothing_is_made_current_where_anything_cannot_be_put_aside() {
    let Some(moto) = servers::moto() else { return };
    let desk = desk(&moto);
    // B is somebody else's: only what an earlier migration wrote may be replaced.
    moto.secrets_manager("DeleteSecret", &json!({"SecretId": "app/A", "ForceDeleteWithoutRecovery": true}));
    desk.overwrite("age:from.age", "B", "old");
    desk.expect(&PAIR, 0);
    desk.overwrite("age:from.age", "A", "newer a");
    desk.overwrite("age:from.age", "B", "newer b");
    let options = ["--on-conflict", "overwrite-if-owned", "--cut-over"];
    let said = desk.expect(&[&PAIR[..], &options].concat(), 4);
    assert!(said.contains("1 put aside and not made current") && said.contains("goes on"), "{said}");
    assert_eq!(desk.read(PAIR[2], "A").as_deref(), Some("new a"));
    assert!(waits(&moto, "A"));
    let said = desk.expect(&["migrate", "undo", PAIR[1], PAIR[2]], 0);
    assert!(said.contains("1 that waited beside others taken away"), "{said}");
    assert!(!waits(&moto, "A"));
    assert_eq!(desk.read(PAIR[2], "A").as_deref(), Some("new a"));
    // A target without such a place, and a migration that replaces nothing.
    desk.expect(&["migrate", PAIR[1], "age:to.age", "--on-conflict", "overwrite", "--cut-over"], 2);
    desk.expect(&[&PAIR[..], &["--cut-over"]].concat(), 2);
}

#[test]
fn a_cut_over_that_is_killed_goes_on_from_either_half() {
    let Some(moto) = servers::moto() else { return };
    let mut halves = (false, false);
    for number in 1..30 {
        for id in ["app/A", "app/B", "app/NEW"] {
            moto.secrets_manager("DeleteSecret", &json!({"SecretId": id, "ForceDeleteWithoutRecovery": true}));
        }
        let desk = desk(&moto);
        let mut command = desk.command(&[&PAIR[..], &["--on-conflict", "overwrite", "--cut-over"]].concat());
        let output = command.env("KEYLIFT_TEST_CRASH", format!("{number}:after")).output().expect("it runs");
        if output.status.code() != Some(137) {
            assert!(number > 2, "{}", String::from_utf8_lossy(&output.stderr));
            break;
        }
        let flipped = desk.read(PAIR[2], "A").as_deref() == Some("new a");
        halves = (halves.0 || (!flipped && waits(&moto, "A")), halves.1 || flipped);
        if number % 2 == 0 {
            // Taken back from here.
            desk.expect(&["migrate", "undo", PAIR[1], PAIR[2]], 0);
            let left = ["A", "B", "NEW"].map(|name| desk.read(PAIR[2], name));
            assert_eq!(left, [Some("old".to_owned()), Some("old".to_owned()), None], "after entry {number}");
            assert!(!waits(&moto, "A") && !waits(&moto, "B"), "after entry {number}");
        } else {
            let said = desk.expect(&["migrate", "resume"], 0);
            assert!(!said.contains("conflict:"), "{said}");
            desk.expect(&["migrate", "verify", PAIR[1], PAIR[2]], 0);
            let versions =
                moto.secrets_manager("ListSecretVersionIds", &json!({"SecretId": "app/A", "IncludeDeprecated": true}));
            assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(2), "after entry {number}");
            assert_eq!(stages(&moto, "A"), ["AWSCURRENT", "AWSPREVIOUS"]);
        }
    }
    assert!(halves.0 && halves.1, "a crash between the halves and one after the flip: {halves:?}");
}

#[test]
fn a_plan_without_some_of_the_lines_is_cut_over_without_them() {
    let Some(moto) = servers::moto() else { return };
    let desk = desk(&moto);
    desk.expect(&[&PAIR[..], &["--on-conflict", "overwrite", "--cut-over", "--out", "plan.yaml"]].concat(), 0);
    let path = desk.dir.path().join("plan.yaml");
    let plan = std::fs::read_to_string(&path).expect("a plan");
    assert!(plan.contains("cut-over: true"), "{plan}");
    let cut: Vec<&str> = plan.lines().filter(|line| !line.contains(r#""from":"B""#)).collect();
    std::fs::write(&path, cut.join("\n") + "\n").expect("written");
    let said = desk.expect(&["migrate", "apply", "plan.yaml"], 1);
    assert!(said.contains("2 written") && said.contains("B: it is not in the plan"), "{said}");
    let now = ["A", "B", "NEW"].map(|name| desk.read(PAIR[2], name).expect("there"));
    assert_eq!(now, ["new a", "old", "new"]);
}

/// An entry of which two fields change and one is new, and one is somebody else's.
fn fields(moto: &Server) -> Desk {
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env: servers::aws_vars(&moto.url()) };
    desk.fill_together("age:from.age", &[("A", text("new a")), ("D", text("new d")), ("NEW", text("new"))]);
    let old = json!({"A": "old a", "D": "old d", "keep": "k"}).to_string();
    moto.secrets_manager("DeleteSecret", &json!({"SecretId": "app/E", "ForceDeleteWithoutRecovery": true}));
    moto.secrets_manager("CreateSecret", &json!({"Name": "app/E", "SecretString": old}));
    desk.file("map.yaml", "version: 1\nrules:\n- {all: true, rename: 'E#${leaf}'}\n");
    desk
}

const INTO_ONE: [&str; 8] =
    ["migrate", "age:from.age", "aws-sm://app", "--map", "map.yaml", "--on-conflict", "overwrite", "--cut-over"];

fn of_entry(desk: &Desk) -> Value {
    serde_json::from_str(&desk.whole("aws-sm://app", "E").expect("there").0).expect("JSON")
}

#[test]
fn fields_that_a_map_sends_into_one_entry_become_current_together() {
    let Some(moto) = servers::moto() else { return };
    let desk = fields(&moto);
    let said = desk.expect(&INTO_ONE, 0);
    assert!(said.contains("3 written") && said.contains("2 of them replaced"), "{said}");
    assert_eq!(of_entry(&desk), json!({"A": "new a", "D": "new d", "NEW": "new", "keep": "k"}));
    let versions =
        moto.secrets_manager("ListSecretVersionIds", &json!({"SecretId": "app/E", "IncludeDeprecated": true}));
    assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(2), "one version has them all");
    assert_eq!(stages(&moto, "E"), ["AWSCURRENT", "AWSPREVIOUS"]);
    let said = desk.expect(&["migrate", "undo", PAIR[1], PAIR[2]], 0);
    assert!(said.contains("1 entries removed") && said.contains("2 given back, 0 left"), "{said}");
    assert_eq!(of_entry(&desk), json!({"A": "old a", "D": "old d", "keep": "k"}));
}

#[test]
fn fields_that_are_far_apart_in_the_source_become_current_together() {
    let Some(moto) = servers::moto() else { return };
    let desk = fields(&moto);
    let between: Vec<String> = (0..450).map(|number| format!("B{number:03}")).collect();
    desk.fill_together(
        "age:from.age",
        &between.iter().map(|name| (name.as_str(), text("skipped"))).collect::<Vec<_>>(),
    );
    let rules = "- {prefix: B, skip: true}\n- {all: true, rename: 'E#${leaf}'}\n";
    desk.file("map.yaml", &format!("version: 1\nrules:\n{rules}"));
    let said = desk.expect(&INTO_ONE, 0);
    assert!(said.contains("3 written") && said.contains("2 of them replaced"), "{said}");
    assert_eq!(of_entry(&desk), json!({"A": "new a", "D": "new d", "NEW": "new", "keep": "k"}));
    let versions =
        moto.secrets_manager("ListSecretVersionIds", &json!({"SecretId": "app/E", "IncludeDeprecated": true}));
    assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(2), "one version has them all");
    assert_eq!(stages(&moto, "E"), ["AWSCURRENT", "AWSPREVIOUS"]);
}

#[test]
fn fields_of_one_entry_wait_together_and_a_crash_loses_none() {
    let Some(moto) = servers::moto() else { return };
    let mut waited = false;
    for number in 1..30 {
        let desk = fields(&moto);
        let output = desk.command(&INTO_ONE).env("KEYLIFT_TEST_CRASH", format!("{number}:after")).output();
        let output = output.expect("it runs");
        if output.status.code() != Some(137) {
            assert!(number > 2, "{}", String::from_utf8_lossy(&output.stderr));
            break;
        }
        let now = of_entry(&desk);
        waited |= waits(&moto, "E") && now["A"] == "old a";
        let changed = ["A", "D", "NEW"].map(|field| now[field].as_str().is_some_and(|value| value.starts_with("new")));
        assert!(changed == [true; 3] || changed == [false; 3], "after entry {number}: {now}");
        if number % 2 == 0 {
            desk.expect(&["migrate", "undo", PAIR[1], PAIR[2]], 0);
            assert_eq!(of_entry(&desk), json!({"A": "old a", "D": "old d", "keep": "k"}), "after entry {number}");
        } else {
            let said = desk.expect(&["migrate", "resume"], 0);
            assert!(!said.contains("conflict:"), "{said}");
            let all = json!({"A": "new a", "D": "new d", "NEW": "new", "keep": "k"});
            assert_eq!(of_entry(&desk), all, "after entry {number}");
        }
    }
    assert!(waited, "a crash after the first half");
}
