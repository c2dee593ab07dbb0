//! The contract on stores that need nothing but a disk, and what is particular to them.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use keylift_providers::{ErrorKind, Expect, Secret, Settings, Store, open};
use support::contract::{Contract, awkward_values};

fn settings(dir: &Path) -> Settings {
    Settings::with_vars(dir.join("config"), [("", "")]).in_dir(dir)
}

fn store(uri: &str, dir: &Path) -> Box<dyn Store> {
    open(uri, &settings(dir)).expect("a store")
}

#[tokio::test]
async fn age_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a folder");
    Contract::new(&*store("age:team/secrets.age", dir.path())).check().await;
}

#[tokio::test]
async fn dotenv_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a folder");
    Contract::new(&*store("dotenv:.env", dir.path())).check().await;
}

#[tokio::test]
async fn a_folder_of_files_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a folder");
    Contract::new(&*store("files:run/secrets", dir.path())).check().await;
}

#[tokio::test]
async fn a_folder_of_files_is_private_and_exact() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("files:secrets/", dir.path());
    assert_eq!(store.location(), "files:secrets");
    Contract::new(&*store).put("TOKEN", b"line\n", Expect::Absent).await.expect("written");
    assert_eq!(fs::read(dir.path().join("secrets/TOKEN")).expect("the file"), b"line\n");
    assert!(store.notices().is_empty(), "private, and no repository");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| fs::metadata(dir.path().join(path)).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode("secrets"), mode("secrets/TOKEN")), (0o700, 0o600));
        // As Kubernetes mounts a secret: every key is a link into a folder that is swapped as a whole.
        fs::create_dir(dir.path().join("secrets/..2026")).expect("made");
        fs::write(dir.path().join("secrets/..2026/KEY"), "mounted").expect("written");
        std::os::unix::fs::symlink("..2026", dir.path().join("secrets/..data")).expect("linked");
        std::os::unix::fs::symlink("..data/KEY", dir.path().join("secrets/KEY")).expect("linked");
        assert_eq!(Contract::new(&*store).get("KEY").await.as_deref(), Some(&b"mounted"[..]));
        fs::create_dir(dir.path().join("secrets/folder")).expect("made");
        let listed: Vec<String> =
            store.list(None).await.expect("names").addresses.into_iter().map(|address| address.path).collect();
        assert_eq!(listed, ["KEY", "TOKEN"]);
        let error = Contract::new(&*store).put("folder", b"x", Expect::Absent).await.expect_err("not a file");
        assert_eq!(error.kind, ErrorKind::Configuration);
        fs::set_permissions(dir.path().join("secrets"), fs::Permissions::from_mode(0o755)).expect("chmod");
        assert_eq!(store.notices().len(), 1);
    }
    for name in [".hidden", "a.tmp", "a/b", "a b"] {
        assert!(store.address(name).is_err(), "{name}");
    }
}

fn exec_store(dir: &Path, program: &str) -> Result<Box<dyn Store>, keylift_providers::StoreError> {
    let settings = Settings::with_vars(dir.join("config"), [("KEYLIFT_ALLOW_EXEC", program)]).in_dir(dir);
    let file = dir.join("secrets.json");
    open(&format!("exec:{program} {}", file.display()), &settings)
}

#[tokio::test]
async fn the_example_of_an_exec_store_keeps_the_contract() {
    if support::program("python3").is_none() || cfg!(windows) {
        support::skip("python3");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/exec-store/json_store.py");
    let store = exec_store(dir.path(), &example.display().to_string()).expect("allowed");
    Contract::new(&*store).check().await;
    assert!(store.capabilities().compare_and_swap, "the program said so");
    assert_eq!(Contract::new(&*store).get("FIRST").await.as_deref(), Some(&b"value one"[..]), "it starts again");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_misbehaves_is_told_and_quotes_no_value() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    let hello = r#"read x; echo '{"protocol": 1}';"#;
    let cases = [
        ("exit 0", ErrorKind::Unreachable),
        ("read x; echo hello", ErrorKind::Unreachable),
        (r#"read x; echo '{"protocol": 2}'"#, ErrorKind::Configuration),
        (&format!("{hello} read x; echo '{{\"found\": 1}}'"), ErrorKind::Corrupt),
        (&format!("{hello} read x; echo '{{\"error\": {{\"kind\": \"denied\"}}}}'"), ErrorKind::Denied),
        (
            &format!(
                "{hello} read x; echo '{{\"found\": false}}'; read x; echo '{{\"error\": {{\"kind\": \"rejected\", \
                 \"message\": \"no s3cret-value here\"}}}}'"
            ),
            ErrorKind::Rejected,
        ),
    ];
    for (index, (script, kind)) in cases.into_iter().enumerate() {
        let program = dir.path().join(format!("p{index}"));
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("chmod");
        let store = exec_store(dir.path(), &program.display().to_string()).expect("allowed");
        let error = Contract::new(&*store).put("A", b"s3cret-value", Expect::Absent).await.expect_err("misbehaves");
        assert_eq!(error.kind, kind, "{script}: {error}");
        assert!(!format!("{error:?}").contains("s3cret-value"), "{error:?}");
    }
}

#[tokio::test]
async fn an_age_file_shows_nothing_and_is_private() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("age:s.age", dir.path());
    Contract::new(&*store).put("TOKEN", b"correct horse", Expect::Absent).await.expect("written");
    assert_eq!(store.notices().len(), 1, "a new identity is told");
    let file = fs::read(dir.path().join("s.age")).expect("the file");
    assert!(file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    assert_eq!(names, ["config", "s.age", "s.age.recipients"], "no temporary file stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| fs::metadata(dir.path().join(path)).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode("s.age"), mode("config/identity.txt"), mode("config")), (0o600, 0o600, 0o700));
        fs::set_permissions(dir.path().join("config/identity.txt"), fs::Permissions::from_mode(0o644)).expect("chmod");
        let error = store.list(None).await.expect_err("a shared identity is refused");
        assert_eq!(error.kind, ErrorKind::Denied);
    }
}

#[tokio::test]
async fn a_team_shares_an_age_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let person = |name: &str| Settings::with_vars(dir.path().join(name), [("", "")]).in_dir(dir.path());
    let (ada, bob) = (open("age:s.age", &person("ada")).unwrap(), open("age:s.age", &person("bob")).unwrap());
    Contract::new(&*ada).put("SHARED", b"for both", Expect::Absent).await.expect("written");
    let error = bob.preflight(&[]).await.expect_err("bob is no recipient");
    assert_eq!(error.kind, ErrorKind::Denied);
    let advice = error.advice.expect("advice");
    let recipient = advice.split_whitespace().find(|word| word.starts_with("age1")).expect("his recipient is told");
    let file = dir.path().join("s.age.recipients");
    let text = fs::read_to_string(&file).expect("recipients");
    fs::write(&file, format!("{text}{recipient} # Bob\n")).expect("added");
    assert_eq!(bob.read(&bob.address("SHARED").unwrap()).await.expect_err("not yet").kind, ErrorKind::Denied);
    Contract::new(&*ada).put("OTHER", b"x", Expect::Absent).await.expect("sealed for both");
    assert_eq!(Contract::new(&*bob).get("SHARED").await.as_deref(), Some(&b"for both"[..]));
    fs::remove_file(&file).expect("removed");
    let error = Contract::new(&*ada).put("THIRD", b"x", Expect::Absent).await.expect_err("nobody is locked out");
    assert_eq!(error.kind, ErrorKind::Configuration);
}

#[tokio::test]
async fn a_damaged_age_file_is_left_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("age:s.age", dir.path());
    Contract::new(&*store).put("TOKEN", b"value", Expect::Absent).await.expect("written");
    let path = dir.path().join("s.age");
    let mut bytes = fs::read(&path).expect("the file");
    let middle = bytes.len() * 3 / 4;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).expect("damaged");
    let error = Contract::new(&*store).put("OTHER", b"value", Expect::Absent).await.expect_err("damaged");
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
    assert_eq!(fs::read(&path).expect("the file"), bytes);
}

#[tokio::test]
async fn a_binary_age_file_stays_binary() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("age:s.age", dir.path());
    Contract::new(&*store).put("TOKEN", b"value", Expect::Absent).await.expect("written");
    let path = dir.path().join("s.age");
    let armored = fs::read(&path).expect("the file");
    let mut binary = Vec::new();
    std::io::Read::read_to_end(&mut age::armor::ArmoredReader::new(&armored[..]), &mut binary).expect("armor");
    fs::write(&path, binary).expect("written");
    Contract::new(&*store).put("OTHER", b"value", Expect::Absent).await.expect("written");
    assert!(fs::read(&path).expect("the file").starts_with(b"age-encryption.org/v1"));
}

#[tokio::test]
async fn a_dotenv_file_keeps_what_is_not_ours() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(".env");
    let before = "# settings\r\n\r\nexport DEBUG = 1   # why\r\nODD LINE\r\nNAME='x'";
    fs::write(&path, before).expect("written");
    let store = store("dotenv:.env", dir.path());
    let receipt = Contract::new(&*store).put("TOKEN", b"a b", Expect::Absent).await.expect("written");
    assert_eq!(fs::read_to_string(&path).expect("the file"), format!("{before}\r\nTOKEN='a b'\r\n"));
    assert!(store.remove(&receipt).await.expect("removed"));
    assert_eq!(fs::read_to_string(&path).expect("the file"), format!("{before}\r\n"));
}

#[tokio::test]
async fn a_dotenv_file_that_was_empty_before_is_empty_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(".env");
    for there in [false, true, false] {
        if there {
            fs::write(&path, "").expect("written");
        }
        let store = store("dotenv:.env", dir.path());
        let first = Contract::new(&*store).put("A", b"1", Expect::Absent).await.expect("written");
        let second = Contract::new(&*store).put("B", b"2", Expect::Absent).await.expect("written");
        for receipt in [first, second] {
            assert!(path.exists());
            assert!(store.remove(&receipt).await.expect("removed"));
        }
        assert_eq!(fs::read(&path).ok(), there.then(Vec::new), "there before: {there}");
        let _ = fs::remove_file(&path);
    }
}

#[tokio::test]
async fn git_would_commit_the_dotenv_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("dotenv:.env", dir.path());
    Contract::new(&*store).put("TOKEN", b"ab", Expect::Absent).await.expect("written");
    assert!(store.notices().is_empty(), "no repository, no notice");
    let made = Command::new("git").args(["init", "--quiet"]).current_dir(dir.path()).status();
    if !made.is_ok_and(|status| status.success()) {
        support::skip("git");
        return;
    }
    assert!(store.notices()[0].contains(".gitignore"));
    fs::write(dir.path().join(".gitignore"), ".env\n").expect("written");
    assert!(store.notices().is_empty());
}

/// Every value that the dotenv store accepts, read by the programs it was quoted for.
#[tokio::test]
async fn shell_and_python_read_a_dotenv_file_alike() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = store("dotenv:.env", dir.path());
    let contract = Contract::new(&*store);
    let mut expected = Vec::new();
    let more = ["p@$$w0rd!&*(){}[]|;<>?~^", "a\\b", "~/x", "#start", "=", "a=b", "tab\there", "$HOME", "!x", "%s"];
    let all = awkward_values().into_iter().map(|(_, value)| value).chain(more.map(|text| text.as_bytes().to_vec()));
    for (index, value) in all.enumerate() {
        let name = format!("V{index}");
        if store.accepts(&contract.address(&name), &Secret::new(value.clone())).is_ok() {
            contract.put(&name, &value, Expect::Absent).await.expect("written");
            expected.push((name, value));
        }
    }
    assert!(expected.len() > 20, "most values can be written");
    for (name, value) in &expected {
        let script = format!("set -a; . ./.env; printf '%s' \"${name}\"");
        let shell = Command::new("sh").arg("-c").arg(script).current_dir(dir.path()).output().expect("a shell");
        assert!(shell.stdout == *value, "a shell reads {name} as {:?}", String::from_utf8_lossy(&shell.stdout));
    }
    let Some(python) = support::program("python3").filter(|python| {
        Command::new(python).args(["-c", "import dotenv"]).output().is_ok_and(|output| output.status.success())
    }) else {
        support::skip("python-dotenv");
        return;
    };
    let script = "import dotenv,json;print(json.dumps(dotenv.dotenv_values('.env')))";
    let output = Command::new(python).args(["-c", script]).current_dir(dir.path()).output().expect("python");
    let read: std::collections::HashMap<String, String> = serde_json::from_slice(&output.stdout).expect("JSON");
    for (name, value) in &expected {
        assert!(read[name].as_bytes() == value, "python-dotenv reads {name} as {:?}", read[name]);
    }
}
