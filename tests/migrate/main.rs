//! Secrets of every awkward kind go from store to store and come back unchanged, or are refused before a write; a
//! migration that is killed goes on where it stopped.

#[path = "../../providers/tests/support/mod.rs"]
mod support;

mod conflicts;
mod cut_over;
mod desk;
mod history;
mod maps;
mod pairs;
mod plans;
mod undo;

use desk::{Desk, wait};
use keylift_providers::Secret;
use support::servers;

/// Values that some store or reader treats in a way of its own.
fn awkward() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("PLAIN", b"hunter-two".to_vec()),
        ("SPACES", b"  around it  ".to_vec()),
        ("LINES", b"one\r\ntwo\n".to_vec()),
        ("EMOJI", "gr\u{fc}n \u{1f511}".as_bytes().to_vec()),
        ("JSON", br#"{"a": 1.0, "b": 12345678901234567890}"#.to_vec()),
        ("PEM", b"-----BEGIN X-----\nAAAA\n-----END X-----\n".to_vec()),
        ("DOLLAR", b"${HOME} $(id) `id`".to_vec()),
        ("QUOTES", br#"a"b'c\d"#.to_vec()),
        ("LARGE", vec![b'x'; 65_536]),
    ]
}

#[cfg(feature = "aws")]
#[test]
fn every_kind_of_value_goes_round() {
    let (Some(bao), Some(moto)) = (servers::bao(), servers::moto()) else { return };
    let mut env = servers::aws_vars(&moto.url());
    env.extend([("VAULT_ADDR".into(), bao.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())]);
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env };
    desk.fill("age:first.age", &awkward());
    let count = awkward().len();
    let road =
        ["age:first.age", "vault://secret/round", "aws-sm://round", "vault://kv1/round", "files:round", "age:last.age"];
    for pair in road.windows(2) {
        let said = desk.expect(&["migrate", pair[0], pair[1]], 0);
        assert!(said.contains(&format!("{count} written and read back")), "{said}");
        assert!(desk.expect(&["migrate", "verify", pair[0], pair[1]], 0).contains(&format!("{count} of")));
    }
    let last = desk.store("age:last.age");
    wait(async {
        for (name, value) in awkward() {
            let address = last.address(name).expect("a name");
            let entry = last.read(&address).await.expect("readable").expect("there");
            assert!(entry.secret == Secret::new(value), "{name} came back changed");
        }
    });
    // Once more is no change.
    assert!(
        desk.expect(&["migrate", road[0], road[1]], 0)
            .contains(&format!("0 written and read back to {}, {count} equal", road[1]))
    );
}

#[test]
fn what_cannot_be_held_stays_and_is_told_before_a_write() {
    let desk = Desk::local();
    desk.fill("age:from.age", &[("NUL", b"a\0b".to_vec()), ("FINE", b"fine".to_vec())]);
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env", "--dry-run"], 1);
    assert!(said.contains("stays: age:from.age NUL") && said.contains("1 would be written"), "{said}");
    assert!(!desk.dir.path().join(".env").exists());
    desk.expect(&["migrate", "age:from.age", "dotenv:.env"], 1);
    desk.expect(&["migrate", "verify", "age:from.age", "dotenv:.env"], 1);
}

#[test]
fn another_value_in_the_target_is_a_conflict_and_stays() {
    let desk = Desk::local();
    desk.fill("age:from.age", &[("A", b"one".to_vec()), ("B", b"two".to_vec())]);
    desk.fill("age:to.age", &[("A", b"foreign".to_vec())]);
    assert!(desk.expect(&["migrate", "age:from.age", "age:to.age"], 4).contains("`--on-conflict` says"));
    let to = desk.store("age:to.age");
    let read = |name: &str| wait(async { to.read(&to.address(name).expect("a name")).await.expect("readable") });
    assert!(read("A").is_some_and(|entry| entry.secret == Secret::new("foreign")));
    assert!(read("B").is_some());
    desk.expect(&["migrate", "age:from.age", "age:to.age", "--on-conflict", "overwrite"], 0);
    assert!(read("A").is_some_and(|entry| entry.secret == Secret::new("one")));
}

#[test]
fn a_killed_migration_goes_on_and_writes_nothing_twice() {
    let Some(bao) = servers::bao() else { return };
    let values: Vec<(String, Vec<u8>)> =
        (0..250).map(|n| (format!("S{n:03}"), format!("value {n}").into_bytes())).collect();
    let values: Vec<(&str, Vec<u8>)> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let desk = Desk::vault(&bao);
    desk.fill_together("age:many.age", &values);
    // Each process is killed further on; the journal's entries count from its own start.
    for number in [1, 2, 60, 101, 150, 102, 103, 250, 3] {
        let output = desk
            .command(&["migrate", "age:many.age", "vault://secret/many"])
            .env("KEYLIFT_TEST_CRASH", format!("{number}:after"))
            .output()
            .expect("keylift runs");
        if output.status.code() != Some(137) {
            break;
        }
    }
    desk.expect(&["migrate", "age:many.age", "vault://secret/many"], 0);
    assert!(desk.expect(&["migrate", "verify", "age:many.age", "vault://secret/many"], 0).starts_with("250 of"));
    let target = desk.store("vault://secret/many");
    wait(async {
        for (name, _) in &values {
            let history = target.history(&target.address(name).expect("a name")).await.expect("a history");
            assert_eq!(history.len(), 1, "{name} was written more than once");
        }
    });
    let said = desk.expect(&["migrate", "undo", "age:many.age", "vault://secret/many"], 0);
    assert!(said.starts_with("250 entries removed"), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let values: Vec<(String, Vec<u8>)> =
        (0..1500).map(|n| (format!("S{n:04}"), format!("v{n}").into_bytes())).collect();
    let values: Vec<(&str, Vec<u8>)> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    desk.fill_together("age:many.age", &values);
    let mut child = desk
        .command(&["migrate", "age:many.age", "vault://secret/stopped"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("keylift runs");
    let target = desk.store("vault://secret/stopped");
    let first = target.address("S0000").expect("a name");
    while wait(async { target.read(&first).await }).expect("readable").is_none() {
        assert!(child.try_wait().expect("a state").is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("keylift migrate resume"), "{said}");
    let said = desk.expect(&["migrate", "resume"], 0);
    assert!(!said.contains(" 0 done before"), "{said}");
    assert!(desk.expect(&["migrate", "verify", "age:many.age", "vault://secret/stopped"], 0).starts_with("1500 of"));
    assert!(desk.expect(&["migrate", "resume"], 0).contains("no migration stopped"));
}

#[test]
fn what_was_looked_at_before_a_crash_is_not_looked_at_again() {
    let Some(bao) = servers::bao() else { return };
    let mut desk = Desk::vault(&bao);
    let values: Vec<(String, Vec<u8>)> = (0..40).map(|n| (format!("S{n:02}"), vec![b'v'; n + 1])).collect();
    let mut values: Vec<(&str, Vec<u8>)> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    values.push(("NUL", vec![b'v', 0]));
    desk.fill_together("vault://secret/seen", &values);
    let pair = ["vault://secret/seen", "dotenv:.env"];
    let mut command = desk.command(&["migrate", pair[0], pair[1]]);
    let output = command.env("KEYLIFT_TEST_CRASH", "5:after").output().expect("it runs");
    assert_eq!(output.status.code(), Some(137), "{}", String::from_utf8_lossy(&output.stderr));
    let proxy = support::proxy::Proxy::new(&bao.authority);
    desk.env[0].1 = proxy.url();
    let reads = proxy.count("GET /v1/secret/data/seen/", &[]);
    let said = desk.expect(&["migrate", "resume"], 1);
    assert_eq!(reads.load(std::sync::atomic::Ordering::SeqCst), 41, "each once: {said}");
    // What cannot be carried is told by every process.
    assert!(said.contains("40 written") && said.contains("stays: vault://secret/seen seen/NUL"), "{said}");
    assert!(desk.expect(&["migrate", "verify", pair[0], pair[1]], 1).contains("40 of"));
}

#[test]
fn a_source_that_holds_nothing_is_told_and_proves_nothing() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let pair = ["vault://secret/no-such", "age:to.age"];
    assert!(desk.expect(&["migrate", pair[0], pair[1]], 0).contains("nothing is in vault://secret/no-such"));
    assert!(desk.expect(&["migrate", "verify", pair[0], pair[1]], 1).contains("nothing is in vault://secret/no-such"));
}

#[test]
fn an_entry_whose_name_cannot_be_asked_for_keeps_nothing_else_back() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let from = "vault://secret/odd";
    desk.fill(from, &[("FINE", b"fine".to_vec())]);
    assert_eq!(bao.vault("POST", "secret/data/odd/h%23sh", r#"{"data": {"value": "x"}}"#).0, 200);
    let said = desk.expect(&["migrate", from, "age:to.age"], 1);
    assert!(said.contains("1 written") && said.contains("leave it out with a map"), "{said}");
    let said = desk.expect(&["export", from, "--as", "dotenv-example"], 1);
    assert!(said.contains("FINE=") && said.contains("left out: vault://secret/odd odd/h#sh"), "{said}");
}
