//! SOPS files against the `sops` program itself: what keylift writes it reads, and what it writes keylift reads and edits.

#![cfg(feature = "sops")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use keylift_providers::{Expect, Secret, Settings, Store, open};
use serde_json::Value;
use support::contract::{Contract, awkward_values};

const FORMATS: [&str; 4] = ["a.yaml", "a.json", "a.env", "a.ini"];

struct Place {
    dir: tempfile::TempDir,
    sops: PathBuf,
}

impl Place {
    /// None where there is no `sops`.
    async fn new() -> Option<Self> {
        let Some(sops) = support::program("sops") else {
            support::skip("sops");
            return None;
        };
        let place = Self { dir: tempfile::tempdir().expect("a folder"), sops };
        Contract::new(&*place.store("seed.yaml")).put("SEED", b"x", Expect::Absent).await.expect("an identity is made");
        Some(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn store(&self, name: &str) -> Box<dyn Store> {
        let settings = Settings::with_vars(self.path("config"), [("", "")]).in_dir(self.dir.path());
        open(&format!("sops:{name}"), &settings).expect("a store")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file")
    }

    /// What the program prints.
    fn sops(&self, arguments: &[&str]) -> Vec<u8> {
        let identity = self.text("config/identity.txt");
        let identity = identity.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).expect("an identity");
        let seed = self.text("seed.yaml");
        let own = seed.lines().find_map(|line| line.trim().strip_prefix("recipient: ")).expect("a recipient");
        let mut command = Command::new(&self.sops);
        command.args(arguments).current_dir(self.dir.path()).env("HOME", self.dir.path());
        command.env("SOPS_AGE_KEY", identity).env("SOPS_AGE_RECIPIENTS", own).env("SOPS_DISABLE_VERSION_CHECK", "1");
        let output = command.output().expect("sops runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The whole document in the clear, which the program gives only where its authentication code fits.
    fn opened(&self, name: &str) -> Value {
        serde_json::from_slice(&self.sops(&["decrypt", "--output-type", "json", name])).expect("JSON")
    }
}

#[tokio::test]
async fn every_value_that_is_accepted_is_what_sops_decrypts() {
    let Some(place) = Place::new().await else { return };
    for name in FORMATS {
        let store = place.store(name);
        let mut kept = Vec::new();
        let quoted =
            ["\"quoted\"", "'single'", "`ticks`", "\"\"\"t\"\"\"", "\\", "a;b", "a#b`c", "[x]", "= b", "\"a\" b", "''"];
        let quoted = quoted.map(|value| ("quoted", value.as_bytes().to_vec()));
        for (index, (what, value)) in awkward_values().into_iter().chain(quoted).enumerate() {
            let at = format!("V{index}");
            if store.accepts(&store.address(&at).expect("a name"), &Secret::new(value.clone())).is_ok() {
                Contract::new(&*store).put(&at, &value, Expect::Absent).await.expect("written");
                kept.push((at, what, value));
            }
        }
        assert!(kept.len() > 20, "{name}: {}", kept.len());
        let opened = place.opened(name);
        let values = if name.ends_with("ini") { &opened["DEFAULT"] } else { &opened };
        for (at, what, value) in &kept {
            let found = values[at].as_str().unwrap_or_else(|| panic!("{name} {what}: {}", values[at]));
            assert!(found.as_bytes() == value, "{name}: {what} is another value for sops");
        }
        // What it prints in the file's own format, read by the next one, is what was stored.
        let plain = place.sops(&["decrypt", name]);
        let again = format!("again.{name}");
        fs::write(place.path(&again), plain).expect("written");
        place.sops(&["encrypt", "--in-place", &again]);
        let again = place.store(&again);
        let mut changed = Vec::new();
        for (at, what, value) in &kept {
            if Contract::new(&*again).get(at).await.as_ref() != Some(value) {
                changed.push(*what);
            }
        }
        assert!(changed.is_empty(), "{name}: changed when sops wrote it and read it again: {changed:?}");
    }
}

#[tokio::test]
async fn what_sops_encrypts_is_read_and_edited_in_place() {
    let Some(place) = Place::new().await else { return };
    let documents = [
        (
            "a.yaml",
            "# head\napp:\n    # about the password\n    password: one # tail\n    port: 5432\n    ratio: 1.50\n    big: \
             123456789012345678\n    flag: true\n    none: null\n    since: 2020-01-01\n    list:\n        - item\n        \
             - {deep: x}\nblock: |\n    one\n    two\n'quoted': \"q\"\nempty: \"\"\nname_unencrypted: caf\u{e9}\n",
            "app/password",
            &["app", "password"][..],
        ),
        (
            "a.json",
            "{\"app\": {\"password\": \"one\", \"n\": 1.5, \"t\": true, \"z\": null}, \"list\": [\"x\", 1], \"e\": \"\"}",
            "app/password",
            &["app", "password"],
        ),
        ("a.env", "# kept\nPASSWORD=one\n\nOTHER='two'\nLINES=a\\nb\n", "PASSWORD", &["PASSWORD"]),
        ("a.ini", "; kept\n[app]\npassword = one\nother = two ; not a comment\n", "app/password", &["app", "password"]),
    ];
    for (name, plain, at, way) in documents {
        fs::write(place.path(name), plain).expect("written");
        place.sops(&["encrypt", "--in-place", name]);
        let before = place.opened(name);
        let store = place.store(name);
        let contract = Contract::new(&*store);
        for address in store.list(None).await.expect("names").addresses {
            let parts = address.path.split('/').map(|part| format!("[\"{part}\"]")).collect::<Vec<_>>().concat();
            let shown = place.sops(&["decrypt", "--extract", &parts, name]);
            let read = store.read(&address).await.expect("readable").expect("there");
            // Dates are text to keylift and times to the program's output.
            if !address.path.ends_with("since") {
                let same = read.secret.expose() == shown.strip_suffix(b"\n").unwrap_or(&shown)
                    || read.secret.expose() == shown;
                assert!(same, "{name} {}: {}", address.path, String::from_utf8_lossy(&shown));
            }
        }
        contract.put(at, b"changed: 'twice'", Expect::Anything).await.expect("written");
        let mut expected = before.clone();
        *way.iter().fold(&mut expected, |inner, part| &mut inner[*part]) = Value::from("changed: 'twice'");
        assert_eq!(place.opened(name), expected, "{name}");
        // And back: the program changes what keylift wrote.
        let parts = way.iter().map(|part| format!("[\"{part}\"]")).collect::<Vec<_>>().concat();
        place.sops(&["set", name, &parts, "\"three\""]);
        assert_eq!(contract.get(at).await.as_deref(), Some(&b"three"[..]), "{name}");
        let made = contract.put("app_new", b"new", Expect::Absent).await.expect("added");
        place.opened(name);
        assert!(store.remove(&made).await.expect("removed"), "{name}");
        place.opened(name);
    }
}
