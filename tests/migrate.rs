//! Secrets of every awkward kind go from store to store and come back unchanged, or are refused before a write; a
//! migration that is killed goes on where it stopped.

#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::process::{Command, Output};

use keylift_providers::{Expect, FingerprintKey, Secret, Settings, Store, WriteId, open};
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

struct Desk {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Desk {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
        command.args(arguments).current_dir(self.dir.path()).env("KEYLIFT_CONFIG_DIR", self.dir.path().join("config"));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("keylift runs");
        let text = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(!String::from_utf8_lossy(&text).contains("hunter-two"), "{arguments:?} shows a value");
        output
    }

    fn expect(&self, arguments: &[&str], exit: i32) -> String {
        let output = self.run(arguments);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
        text
    }

    fn store(&self, uri: &str) -> Box<dyn Store> {
        let settings = Settings::with_vars(self.dir.path().join("config"), self.env.clone()).in_dir(self.dir.path());
        open(uri, &settings).expect("a store")
    }

    /// Puts values into a store, by hand.
    fn fill(&self, uri: &str, values: &[(&str, Vec<u8>)]) {
        let store = self.store(uri);
        wait(async {
            for (name, value) in values {
                let address = store.address(name).expect("a name");
                let secret = Secret::new(value.clone());
                let id = WriteId::new(&FingerprintKey::new([9; 32]), "fill", &address, &secret);
                store.write(&address, &secret, &Expect::Absent, &id).await.expect("written");
            }
        });
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
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
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env: Vec::new() };
    desk.fill("age:from.age", &[("NUL", b"a\0b".to_vec()), ("FINE", b"fine".to_vec())]);
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env", "--dry-run"], 1);
    assert!(said.contains("stays: age:from.age NUL") && said.contains("1 would be written"), "{said}");
    assert!(!desk.dir.path().join(".env").exists());
    desk.expect(&["migrate", "age:from.age", "dotenv:.env"], 1);
    desk.expect(&["migrate", "verify", "age:from.age", "dotenv:.env"], 1);
}

#[test]
fn another_value_in_the_target_is_a_conflict_and_stays() {
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env: Vec::new() };
    desk.fill("age:from.age", &[("A", b"one".to_vec()), ("B", b"two".to_vec())]);
    desk.fill("age:to.age", &[("A", b"foreign".to_vec())]);
    desk.expect(&["migrate", "age:from.age", "age:to.age"], 4);
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
    let env = vec![("VAULT_ADDR".into(), bao.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())];
    let values: Vec<(String, Vec<u8>)> =
        (0..250).map(|n| (format!("S{n:03}"), format!("value {n}").into_bytes())).collect();
    let values: Vec<(&str, Vec<u8>)> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env };
    let store = desk.store("age:many.age");
    let key = FingerprintKey::new([9; 32]);
    let addresses: Vec<_> = values.iter().map(|(name, _)| store.address(name).expect("a name")).collect();
    let secrets: Vec<_> = values.iter().map(|(_, value)| Secret::new(value.clone())).collect();
    let ids: Vec<_> =
        addresses.iter().zip(&secrets).map(|(address, secret)| WriteId::new(&key, "fill", address, secret)).collect();
    let writes: Vec<_> = addresses
        .iter()
        .zip(&secrets)
        .zip(&ids)
        .map(|((address, secret), id)| keylift_providers::Write { address, secret, expect: &Expect::Absent, id })
        .collect();
    wait(async { assert!(store.write_many(&writes).await.iter().all(Result::is_ok)) });
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
