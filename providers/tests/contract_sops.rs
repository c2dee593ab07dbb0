//! The contract on SOPS files, and the format itself against a second implementation (`support/sops.py`), which shares no
//! library with keylift. The `sops` program is used as well where it is on the search path.

#![cfg(feature = "sops")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keylift_providers::{ErrorKind, Expect, Settings, Store, open};
use serde_json::{Value, json};
use support::contract::Contract;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn store(&self, name: &str) -> Box<dyn Store> {
        self.with(name, &[("", "")]).expect("a store")
    }

    fn with(&self, name: &str, vars: &[(&str, &str)]) -> Result<Box<dyn Store>, keylift_providers::StoreError> {
        let settings = Settings::with_vars(self.path("config"), vars.iter().copied()).in_dir(self.dir.path());
        open(&format!("sops:{name}"), &settings)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file")
    }

    /// keylift's own identity.
    fn identity(&self) -> String {
        let text = self.text("config/identity.txt");
        text.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).expect("an identity").to_owned()
    }

    /// A document with values of every kind, encrypted by the other implementation.
    async fn filled(&self, name: &str, template: &str) -> Option<String> {
        Contract::new(&*self.store("seed.yaml")).put("SEED", b"x", Expect::Absent).await.expect("written");
        let (identity, seed) = (self.identity(), self.text("seed.yaml"));
        let answer = python(&json!({"do": "fill", "identity": identity, "seed": seed, "text": template}))?;
        let text = answer["text"].as_str().expect("a text").to_owned();
        fs::write(self.path(name), &text).expect("written");
        Some(text)
    }

    /// Every value, as the other implementation reads it; it has to find the document whole.
    fn opened(&self, name: &str) -> Option<Value> {
        let format = name.rsplit('.').next().expect("an ending");
        let request = json!({"do": "open", "identity": self.identity(), "format": format, "text": self.text(name)});
        let answer = python(&request)?;
        assert_eq!(answer["whole"], json!(true), "the authentication code fits: {name}");
        if let Some(sops) = support::program("sops") {
            let mut command = Command::new(sops);
            command.arg("decrypt").arg(self.path(name)).env("SOPS_AGE_KEY", self.identity());
            let output = command.output().expect("sops runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Some(answer["values"].clone())
    }
}

fn python(request: &Value) -> Option<Value> {
    let modules = ["-c", "import yaml, cryptography"];
    let found = support::program("python").filter(|python| {
        Command::new(python).args(modules).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    });
    let Some(python) = found else {
        support::skip("python with PyYAML and cryptography");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/sops.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("a pipe").write_all(request.to_string().as_bytes()).expect("sent");
    let output = child.wait_with_output().expect("an answer");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[tokio::test]
async fn sops_files_keep_the_contract() {
    for name in ["team/secrets.yaml", "secrets.json", "secrets.enc.env", "secrets.ini"] {
        let place = Place::new();
        Contract::new(&*place.store(name)).check().await;
        let Some(values) = place.opened(name) else { continue };
        let first = if name.ends_with("ini") { "DEFAULT/FIRST" } else { "FIRST" };
        assert_eq!(values[first], json!("value one"), "{name}");
    }
}

/// What SOPS keeps in a YAML document.
const OWN: &str = "sops:\n    age:\n        - recipient: age1x\n          enc: |\n            <<age @            >>\n    \
                   lastmodified: \"2026-01-02T03:04:05Z\"\n    mac: <<mac>>\n    version: 3.9.0\n";

#[tokio::test]
async fn a_change_touches_its_own_place_alone() {
    let place = Place::new();
    let template = "# head\napp:\n    # about the password\n    password: <<enc app:password:|str|one>> # tail\n    port: \
                    <<enc app:port:|int|5432>>\n    flag: <<enc app:flag:|bool|True>>\n    list:\n        - <<enc \
                    app:list:|str|item>>\n    none: null\nempty: \"\"\nratio_unencrypted: <<clear \
                    1.50|1.5>>\nname_unencrypted: <<clear 'caf\u{e9}'|caf\u{e9}>>\n'quoted': \"<<enc \
                    quoted:|str|q>>\" # after\n";
    let Some(before) = place.filled("app.yaml", &format!("{template}{OWN}")).await else { return };
    let store = place.store("app.yaml");
    let contract = Contract::new(&*store);
    let listed: Vec<String> =
        store.list(None).await.expect("names").addresses.into_iter().map(|address| address.path).collect();
    assert_eq!(listed, ["app/flag", "app/password", "app/port", "empty", "quoted"]);
    for (name, value) in [("app/password", "one"), ("app/port", "5432"), ("app/flag", "true"), ("empty", "")] {
        assert_eq!(contract.get(name).await.as_deref(), Some(value.as_bytes()), "{name}");
    }
    let made = contract.put("app/new", b"new", Expect::Absent).await.expect("below what is there");
    contract.put("other/deep/new", b"deep", Expect::Absent).await.expect("with what is above it");
    contract.put("quoted", b"r", Expect::Anything).await.expect("in its quotes");
    contract.put("app/password", b"two", Expect::Anything).await.expect("beside its comment");
    let text = place.text("app.yaml");
    // Line by line: all lines of before are there, but for the value, the code and the time.
    let lines: Vec<&str> = text.lines().collect();
    let gone: Vec<&str> = before.lines().filter(|line| !lines.contains(line)).collect();
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert!(gone[1].starts_with("'quoted': \"ENC["), "{gone:?}");
    assert!(text.contains("type:str] # tail\n") && text.contains("type:str]\" # after\n"), "comments stay: {text}");
    let values = place.opened("app.yaml").expect("python was here before");
    let expected = [
        ("app/new", "new"),
        ("other/deep/new", "deep"),
        ("quoted", "r"),
        ("app/list", "item"),
        ("app/password", "two"),
    ];
    for (name, value) in expected {
        assert_eq!(values[name], json!(value), "{name}");
    }
    for (name, kind) in [
        ("app/list", ErrorKind::Conflict),
        ("app", ErrorKind::Conflict),
        ("app/none/x", ErrorKind::Conflict),
        ("x_unencrypted", ErrorKind::Rejected),
    ] {
        let error = contract.put(name, b"x", Expect::Absent).await.expect_err("not a place for a secret");
        assert_eq!(error.kind, kind, "{name}: {error}");
    }
    let deep = contract.put("other/deep/new", b"deep", Expect::Absent).await.expect("there");
    assert!(!store.remove(&deep).await.expect("an answer"), "found equal is not created");
    assert!(store.remove(&made).await.expect("removed"));
    assert!(!place.text("app.yaml").contains("new:") || place.text("app.yaml").matches("new:").count() == 1);
    place.opened("app.yaml");
}

#[tokio::test]
async fn every_format_is_edited_in_place() {
    let json = "{\n\t\"a\": {\"b\": \"<<enc a:b:|str|one>>\", \"n\": \"<<enc a:n:|float|1.5>>\"},\n\t\"c\": [\"<<enc \
                c:|str|x>>\"],\n\t\"sops\": {\"age\": [{\"enc\": \"<<age \\n>>\"}], \"lastmodified\": \
                \"2026-01-02T03:04:05Z\", \"mac\": \"<<mac>>\", \"version\": \"3.9.0\"}\n}\n";
    let env = "# kept\nA=<<enc A:|str|one>>\n\nsops_age__list_0__map_enc=<<age \\n>>\nsops_lastmodified=2026-01-02T03:04:05Z\nsops_mac=<<mac>>\nsops_version=3.9.0\n";
    let ini = "; kept\n[a]\nb       = <<enc a:b:|str|one>>\nother_unencrypted = <<clear x|x>>\n\n[sops]\nage__list_0__map_enc \
               = <<age \\n>>\nlastmodified = 2026-01-02T03:04:05Z\nmac = <<mac>>\nversion = 3.9.0\n";
    for (file, template, name, new) in
        [("a.json", json, "a/b", "a/z"), ("b.env", env, "A", "Z"), ("c.ini", ini, "a/b", "q/z")]
    {
        let place = Place::new();
        let Some(before) = place.filled(file, template).await else { return };
        let store = place.store(file);
        let contract = Contract::new(&*store);
        let receipt = contract.put(name, b"one", Expect::Absent).await.expect("an equal value");
        assert_eq!(place.text(file), before, "{file}: nothing to do, nothing done");
        let version = receipt.version.expect("a version");
        contract.put(name, b"two", Expect::Version(version)).await.expect("the expected version");
        let made = contract.put(new, b"new", Expect::Absent).await.expect("added");
        let values = place.opened(file).expect("python was here before");
        assert_eq!((&values[name], &values[new]), (&json!("two"), &json!("new")), "{file}");
        assert!(store.remove(&made).await.expect("removed"), "{file}");
        let after = place.text(file);
        let changed = before.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
        assert_eq!(before.lines().count(), after.lines().count(), "{file}: {after}");
        assert!(changed <= 3, "{file}: {after}");
        place.opened(file);
    }
}

#[tokio::test]
async fn a_file_of_ones_own_goes_with_its_last_value() {
    let place = Place::new();
    let store = place.store("new.yaml");
    let receipt = Contract::new(&*store).put("A", b"x", Expect::Absent).await.expect("written");
    assert!(store.remove(&receipt).await.expect("removed"));
    assert!(!place.path("new.yaml").exists());
}

#[tokio::test]
async fn what_was_changed_by_hand_is_refused() {
    let place = Place::new();
    let store = place.store("a.yaml");
    let contract = Contract::new(&*store);
    contract.put("A", b"s3cret-value", Expect::Absent).await.expect("written");
    contract.put("B", b"other", Expect::Absent).await.expect("written");
    let good = place.text("a.yaml");
    let line = good.lines().find(|line| line.starts_with("B:")).expect("an entry").to_owned();
    let mac = good.lines().find(|line| line.starts_with("    mac:")).expect("a code").to_owned();
    for (what, bad) in [
        ("a line taken out", good.replace(&format!("{line}\n"), "")),
        ("a value under another name", good.replace("B:", "C:")),
        ("a clear value added", format!("x_unencrypted: y\n{good}")),
        ("no code", good.replace(&format!("{mac}\n"), "")),
        ("two documents", format!("{good}---\na: b\n")),
        ("rules by comments", good.replace("unencrypted_suffix", "encrypted_comment_regex")),
    ] {
        fs::write(place.path("a.yaml"), &bad).expect("written");
        let error = contract.put("C", b"s3cret-value", Expect::Absent).await.expect_err(what);
        assert_eq!(error.kind, ErrorKind::Corrupt, "{what}: {error}");
        assert!(!error.message.contains("s3cret") && error.advice.is_some());
        assert_eq!(place.text("a.yaml"), bad, "{what}: not touched");
    }
    fs::write(place.path("a.yaml"), "A: plain\n").expect("written");
    assert_eq!(contract.put("C", b"x", Expect::Absent).await.expect_err("plain").kind, ErrorKind::Configuration);
    fs::write(place.path("a.yaml"), good).expect("written");
    let stranger = Place::new();
    fs::copy(place.path("a.yaml"), stranger.path("a.yaml")).expect("copied");
    Contract::new(&*stranger.store("own.yaml")).put("A", b"x", Expect::Absent).await.expect("an identity is made");
    let address = stranger.store("a.yaml").address("A").expect("a name");
    assert_eq!(stranger.store("a.yaml").read(&address).await.expect_err("sealed").kind, ErrorKind::Denied);
    assert!(place.with("a.txt", &[("", "")]).is_err());
    for name in ["sops", "sops/x", "sops_mac", "a b", "a:b"] {
        assert!(store.address(name).is_err(), "{name}");
    }
    for (file, name) in [("a.env", "a-b"), ("a.env", "1A"), ("a.ini", "a/b/c"), ("a.ini", "DEFAULT/x")] {
        assert!(place.store(file).address(name).is_err(), "{file} {name}");
    }
}

#[tokio::test]
async fn a_new_file_follows_the_rules_that_sops_follows() {
    let place = Place::new();
    Contract::new(&*place.store("own.yaml")).put("A", b"x", Expect::Absent).await.expect("an identity is made");
    let recipients = place.text("own.yaml");
    let own =
        recipients.lines().find_map(|line| line.trim().strip_prefix("recipient: ")).expect("a recipient").to_owned();
    let other = Place::new();
    Contract::new(&*other.store("own.yaml")).put("A", b"x", Expect::Absent).await.expect("another identity");
    let text = other.text("own.yaml");
    let theirs = text.lines().find_map(|line| line.trim().strip_prefix("recipient: ")).expect("a recipient").to_owned();
    let rules = format!(
        "creation_rules:\n  - path_regex: ^prod/.*\\.yaml$\n    encrypted_regex: ^(data|stringData)$\n    \
         mac_only_encrypted: true\n    age: >-\n      {own},\n      {theirs}\n  - path_regex: kms\n    kms: arn\n  - age: \
         {theirs}\n"
    );
    fs::write(place.path(".sops.yaml"), rules).expect("written");
    let store = place.store("prod/a.yaml");
    let contract = Contract::new(&*store);
    contract.put("data/PASSWORD", b"x", Expect::Absent).await.expect("written");
    let error = contract.put("PASSWORD", b"x", Expect::Absent).await.expect_err("in the clear");
    assert_eq!(error.kind, ErrorKind::Rejected);
    let text = place.text("prod/a.yaml");
    assert!(text.contains(&own) && text.contains(&theirs) && text.contains("mac_only_encrypted: true"), "{text}");
    if let Some(values) = place.opened("prod/a.yaml") {
        assert_eq!(values, json!({"data/PASSWORD": "x"}));
    }
    // The other one reads it as well.
    fs::copy(place.path("prod/a.yaml"), other.path("b.yaml")).expect("copied");
    assert_eq!(Contract::new(&*other.store("b.yaml")).get("data/PASSWORD").await.as_deref(), Some(&b"x"[..]));
    for (file, kind) in [("kms.yaml", ErrorKind::Configuration), ("theirs.yaml", ErrorKind::Denied)] {
        let error = Contract::new(&*place.store(file)).put("A", b"x", Expect::Absent).await.expect_err(file);
        assert_eq!(error.kind, kind, "{error}");
        assert!(!place.path(file).exists());
    }
    let both = format!("{own},{theirs}");
    let store = place.with("env.json", &[("SOPS_AGE_RECIPIENTS", both.as_str())]).expect("a store");
    Contract::new(&*store).put("A", b"x", Expect::Absent).await.expect("written");
    // Keys where SOPS looks for them.
    let identity = place.identity();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let settings =
        Settings::with_vars(elsewhere.path(), [("SOPS_AGE_KEY", identity.as_str())]).in_dir(place.dir.path());
    let store = open("sops:env.json", &settings).expect("a store");
    assert_eq!(Contract::new(&*store).get("A").await.as_deref(), Some(&b"x"[..]));
    let file = elsewhere.path().join("keys.txt");
    fs::write(&file, format!("# a comment\n{identity}\n")).expect("written");
    let vars = [("SOPS_AGE_KEY_FILE", file.display().to_string())];
    let store =
        open("sops:env.json", &Settings::with_vars(elsewhere.path(), vars).in_dir(place.dir.path())).expect("a store");
    assert_eq!(Contract::new(&*store).get("A").await.as_deref(), Some(&b"x"[..]));
}
