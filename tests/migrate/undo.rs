//! Taking migrations back: fields that share an entry, writes of others in between, and crashes.

use super::desk::{Desk, at, text, wait};
use super::support::servers;

const MAP: &str = "version: 1\nrules:\n- {all: true, rename: 'app#${name|lower}'}\n";

fn names<'a>(values: &[(&'a str, &str)]) -> Vec<(&'a str, Vec<u8>)> {
    values.iter().map(|(name, value)| (*name, text(value))).collect()
}

#[test]
fn replaced_fields_of_one_entry_are_given_back_and_others_stay() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let to = "vault://secret/fields";
    for (name, value) in [("app#a", "old a"), ("app#b", "old b"), ("app#c", "old c"), ("app#other", "theirs")] {
        desk.overwrite(to, name, value);
    }
    desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b"), ("C", "new c"), ("D", "new d")]));
    desk.file("map.yaml", MAP);
    let pair = ["migrate", "age:from.age", to, "--map", "map.yaml", "--on-conflict", "overwrite"];
    let said = desk.expect(&pair, 0);
    assert!(said.contains("4 written") && said.contains("3 of them replaced"), "{said}");
    // Somebody else changes one of the fields, and one beside.
    desk.overwrite(to, "app#b", "foreign");
    desk.overwrite(to, "app#more", "foreign");
    let said = desk.expect(&["migrate", "undo", "age:from.age", to], 0);
    assert!(said.starts_with("1 entries removed") && said.contains("2 given back, 1 left"), "{said}");
    let (whole, _) = desk.whole(to, "app").expect("there");
    assert_eq!(whole, r#"{"a":"old a","b":"foreign","c":"old c","more":"foreign","other":"theirs"}"#);
}

#[test]
fn a_value_that_somebody_wrote_once_more_is_theirs() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let to = "vault://secret/meant";
    desk.overwrite(to, "ONE", "old");
    desk.fill("age:from.age", &[("ONE", text("new"))]);
    desk.expect(&["migrate", "age:from.age", to, "--on-conflict", "overwrite"], 0);
    let body = r#"{"data": {"value": "new"}}"#;
    assert_eq!(bao.vault("POST", "secret/data/meant/ONE", body).0, 200);
    let said = desk.expect(&["migrate", "undo", "age:from.age", to], 0);
    assert!(said.contains("1 left as they are"), "{said}");
    assert_eq!(desk.read(to, "ONE").as_deref(), Some("new"));
}

#[test]
fn an_entry_made_of_fields_goes_with_its_history() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let to = "vault://secret/made";
    desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b"), ("C", "new c")]));
    desk.file("map.yaml", MAP);
    desk.expect(&["migrate", "age:from.age", to, "--map", "map.yaml"], 0);
    let said = desk.expect(&["migrate", "undo", "age:from.age", to], 0);
    assert!(said.starts_with("3 entries removed"), "{said}");
    let store = desk.store(to);
    assert!(wait(async { store.history(&at(&*store, "app#")).await }).expect("an answer").is_empty());
}

#[test]
fn a_migration_that_found_all_there_does_not_hide_the_one_before() {
    let desk = Desk::local();
    desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b")]));
    desk.expect(&["migrate", "age:from.age", "age:to.age"], 0);
    assert!(desk.expect(&["migrate", "age:from.age", "age:to.age"], 0).contains("2 equal there already"));
    assert!(desk.expect(&["migrate", "undo", "age:from.age", "age:to.age"], 0).starts_with("2 entries removed"));
    let said = desk.expect(&["migrate", "undo", "age:from.age", "age:to.age"], 0);
    assert!(said.starts_with("note: ") && said.contains("undone already"), "{said}");
}

#[test]
fn an_undo_that_stopped_on_its_way_tells_what_it_had_done() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let to = "vault://secret/twice";
    desk.overwrite(to, "B", "old b");
    desk.overwrite(to, "C", "old c");
    desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b"), ("C", "new c"), ("D", "new d")]));
    desk.expect(&["migrate", "age:from.age", to, "--on-conflict", "overwrite"], 0);
    desk.overwrite(to, "C", "foreign");
    // Everything was taken back, and a crash came before that was written down.
    let output = desk.command(&["migrate", "undo", "age:from.age", to]).env("KEYLIFT_TEST_CRASH", "1:before").output();
    assert_eq!(output.expect("it runs").status.code(), Some(137));
    let said = desk.expect(&["migrate", "undo", "age:from.age", to], 0);
    assert!(said.starts_with("0 entries removed") && said.contains("3 undone before, 1 left as they are"), "{said}");
    assert!(desk.expect(&["migrate", "undo", "age:from.age", to], 0).contains("undone already"));
}

#[cfg(feature = "aws")]
#[test]
fn fields_of_a_secret_are_given_back_in_aws() {
    let Some(moto) = servers::moto() else { return };
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env: servers::aws_vars(&moto.url()) };
    let to = "aws-sm://fields";
    desk.overwrite(to, "app", r#"{"a":"old a","b":"old b","other":"theirs"}"#);
    desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b"), ("D", "new d")]));
    desk.file("map.yaml", MAP);
    desk.expect(&["migrate", "age:from.age", to, "--map", "map.yaml", "--on-conflict", "overwrite"], 0);
    let said = desk.expect(&["migrate", "undo", "age:from.age", to], 0);
    assert!(said.starts_with("1 entries removed") && said.contains("2 given back, 0 left"), "{said}");
    assert_eq!(desk.whole(to, "app").expect("there").0, r#"{"a":"old a","b":"old b","other":"theirs"}"#);
}

#[test]
fn what_a_crash_left_is_taken_back_without_going_on_first() {
    let Some(bao) = servers::bao() else { return };
    for number in [1, 2, 3, 4, 5] {
        let desk = Desk::vault(&bao);
        let to = format!("vault://secret/crash{number}");
        desk.overwrite(&to, "B", "old");
        desk.fill_together("age:from.age", &names(&[("A", "new a"), ("B", "new b"), ("C", "new c")]));
        let mut command = desk.command(&["migrate", "age:from.age", &to, "--on-conflict", "overwrite"]);
        let output = command.env("KEYLIFT_TEST_CRASH", format!("{number}:after")).output().expect("it runs");
        if output.status.code() == Some(137) {
            desk.expect(&["migrate", "undo", "age:from.age", &to], 0);
            let left = ["A", "B", "C"].map(|name| desk.read(&to, name));
            assert_eq!(left, [None, Some("old".to_owned()), None], "after entry {number}");
        }
    }
}
