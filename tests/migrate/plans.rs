//! Plans of migrations, comparing stores, and retiring the source.

use super::desk::{Desk, text};
use super::support::servers;

#[test]
fn a_plan_holds_no_value_and_what_changed_since_is_held_back() {
    let desk = Desk::local();
    desk.fill("age:from.age", &[("A", text("hunter-two")), ("B", text("two")), ("C", text("three"))]);
    desk.expect(&["migrate", "age:from.age", "files:to", "--out", "plan.yaml"], 0);
    assert!(!desk.dir.path().join("to").exists(), "planning writes nothing");
    let path = desk.dir.path().join("plan.yaml");
    let plan = std::fs::read_to_string(&path).expect("a plan");
    assert!(plan.contains(r#""action":"create""#) && !plan.contains("hunter-two"), "{plan}");
    // One line is taken out, one value changes, one is new.
    let cut: Vec<&str> = plan.lines().filter(|line| !line.contains(r#""from":"C""#)).collect();
    let cut = cut.join("\n") + "\n";
    std::fs::write(&path, cut).expect("written");
    std::fs::remove_file(desk.dir.path().join("from.age")).expect("removed");
    desk.fill("age:from.age", &[("A", text("hunter-two")), ("B", text("changed")), ("C", text("three"))]);
    let said = desk.expect(&["migrate", "apply", "plan.yaml"], 1);
    assert!(said.contains("B: it changed since") && said.contains("C: it is not in the plan"), "{said}");
    assert_eq!(desk.read("files:to", "A").as_deref(), Some("hunter-two"));
    assert_eq!((desk.read("files:to", "B"), desk.read("files:to", "C")), (None, None));
    desk.file("plan.yaml", "version: 1\nentrys: []\n");
    desk.expect(&["migrate", "apply", "plan.yaml"], 2);
}

#[test]
fn two_stores_are_compared_both_ways() {
    let desk = Desk::local();
    desk.fill("age:a.age", &[("SAME", text("one")), ("OTHER", text("hunter-two")), ("LEFT", text("x"))]);
    desk.fill("age:b.age", &[("SAME", text("one")), ("OTHER", text("three")), ("RIGHT", text("x"))]);
    let said = desk.expect(&["store", "diff", "age:a.age", "age:b.age"], 1);
    for line in ["only in age:a.age: LEFT", "only in age:b.age: RIGHT", "differs: OTHER", "1 equal, 1 differ"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    desk.fill("age:c.age", &[("SAME", text("one"))]);
    desk.fill("age:d.age", &[("SAME", text("one"))]);
    desk.expect(&["store", "diff", "age:c.age", "age:d.age", "--format", "json"], 0);
}

#[test]
fn the_source_is_retired_only_where_the_target_is_equal() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    desk.fill("vault://secret/old", &[("A", text("one")), ("B", text("two")), ("C", text("three"))]);
    desk.fill("age:new.age", &[("A", text("one")), ("B", text("two")), ("C", text("another"))]);
    let pair = ["migrate", "retire", "vault://secret/old", "age:new.age"];
    desk.expect(&[&pair[..], &["--yes"]].concat(), 2);
    let said = desk.expect(&[&pair[..], &["--yes", "--count", "3"]].concat(), 1);
    assert!(said.contains("3 is not 2: nothing was removed"), "{said}");
    assert!(desk.read("vault://secret/old", "A").is_some());
    let said = desk.expect(&[&pair[..], &["--yes", "--count", "2"]].concat(), 1);
    assert!(said.contains("2 retired") && said.contains("the target holds another value"), "{said}");
    let left = ["A", "B", "C"].map(|name| desk.read("vault://secret/old", name));
    assert_eq!(left, [None, None, Some("three".to_owned())]);
    // A file cannot take it back: refused.
    let said = desk.expect(&["migrate", "retire", "age:new.age", "vault://secret/old", "--yes", "--count", "1"], 2);
    assert!(said.contains("no way of removing"), "{said}");
}

/// Nothing to retire ends well and is told; so is an entry that has the prefix's name, which no listing below it has.
#[test]
fn what_is_not_looked_at_is_told() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let said = desk.expect(&["migrate", "retire", "vault://secret/empty", "age:new.age"], 0);
    assert!(said.contains("nothing is in vault://secret/empty"), "{said}");
    desk.fill("vault://secret/app", &[("A", text("one"))]);
    assert!(!desk.expect(&["migrate", "vault://secret/app", "age:new.age"], 0).contains("the entry `app` itself"));
    desk.fill("vault://secret", &[("app", text("its own"))]);
    for verb in [&["migrate"][..], &["migrate", "retire", "--dry-run"]] {
        let said = desk.expect(&[verb, &["vault://secret/app", "age:new.age"]].concat(), 0);
        assert!(said.contains("not the entry `app` itself") && !said.contains("nothing is in"), "{said}");
    }
}

#[test]
fn an_entry_is_not_retired_because_it_is_equal_to_itself() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    desk.fill("vault://secret/one", &[("A", text("one")), ("B", text("two"))]);
    let same = ["migrate", "retire", "vault://secret/one", "vault://secret/one?kv=2", "--yes", "--count", "2"];
    let said = desk.expect(&same, 1);
    assert!(said.contains("0 retired") && said.contains("this very entry"), "{said}");
    assert_eq!(desk.read("vault://secret/one", "A").as_deref(), Some("one"));
    // The same names and versions in another mount are other entries.
    assert_eq!(bao.vault("POST", "sys/mounts/other", r#"{"type": "kv", "options": {"version": "2"}}"#).0, 204);
    while bao.vault("GET", "other/config", "").0 != 200 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    desk.expect(&["migrate", "vault://secret/one", "vault://other/one"], 0);
    let said =
        desk.expect(&["migrate", "retire", "vault://secret/one", "vault://other/one", "--yes", "--count", "2"], 0);
    assert!(said.contains("2 retired"), "{said}");
}
