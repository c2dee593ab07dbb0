//! The baseline from the command line: what is accepted, and when it alerts again.

use std::path::Path;
use std::process::{Command, Output};

fn keylift(dir: &Path, arguments: &[&str], key: u8) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .env("KEYLIFT_FINGERPRINT_KEY", format!("{key:02x}").repeat(32))
        .output()
        .expect("keylift runs")
}

fn scan(dir: &Path, arguments: &[&str], key: u8) -> (usize, Option<i32>, String) {
    let arguments: Vec<&str> = ["scan", "--format", "jsonl"].iter().chain(arguments).copied().collect();
    let output = keylift(dir, &arguments, key);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (String::from_utf8_lossy(&output.stdout).lines().count(), output.status.code(), stderr)
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

#[test]
fn accepted_findings_are_quiet_until_something_changes() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    std::fs::create_dir(dir.join(".git")).expect(".git");
    write(dir, "src/app.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
    assert_eq!(scan(dir, &[], 1).0, 1);
    let added = keylift(dir, &["baseline", "add", "--reason", "known", "--owner", "us", "--until", "2999-12-31"], 1);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let file = std::fs::read_to_string(dir.join("keylift.baseline.yaml")).expect("the baseline");
    assert!(file.contains("path: src/app.py") && !file.contains("Sun-rise"), "{file}");

    let (count, exit, said) = scan(dir, &[], 1);
    assert_eq!((count, exit), (0, Some(0)), "{said}");
    assert!(said.contains("1 findings are accepted"), "{said}");
    // The same from a folder below, for a file, and under a path given from elsewhere.
    assert_eq!(scan(dir, &["src"], 1).0, 0);
    assert_eq!(scan(dir, &["src/app.py"], 1).0, 0);
    assert_eq!(scan(&dir.join("src"), &[], 1).0, 0);
    assert_eq!(scan(dir, &["src", "keylift.baseline.yaml"], 1).0, 0);
    assert_eq!(scan(dir, &["--no-baseline"], 1).0, 1);
    let check = keylift(dir, &["baseline", "check"], 1);
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stdout));

    // Another key accepts nothing, and says so, unless the file lets it go by place.
    let (count, exit, said) = scan(dir, &[], 2);
    assert_eq!((count, exit), (1, Some(1)));
    assert!(said.contains("nothing is accepted"), "{said}");
    write(dir, "keylift.baseline.yaml", &file.replace("without-key: report", "without-key: place"));
    assert_eq!(scan(dir, &[], 2).0, 0);
    assert_eq!(keylift(dir, &["baseline", "check"], 2).status.code(), Some(2), "checking needs the key");

    write(dir, "src/app.py", "A_PASSWORD = 'Sun-rise.4411y'\n");
    assert_eq!(scan(dir, &[], 1).0, 1, "a changed value alerts");
    assert_eq!(keylift(dir, &["baseline", "check"], 1).status.code(), Some(1), "the old one is not found any more");
    keylift(dir, &["baseline", "prune"], 1);
    let pruned = std::fs::read_to_string(dir.join("keylift.baseline.yaml")).expect("the baseline");
    assert!(!pruned.contains("src/app.py"), "{pruned}");
    write(dir, "src/app.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
    write(dir, "keylift.baseline.yaml", &file.replace("2999-12-31", "2020-01-31"));
    let (count, _, said) = scan(dir, &[], 1);
    assert!(count == 1 && said.contains("accepted until 2020-01-31"), "an expired entry alerts: {said}");
}

#[test]
fn a_reason_is_needed_and_a_damaged_file_is_told() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write(dir.path(), "app.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
    assert_eq!(keylift(dir.path(), &["baseline", "add"], 1).status.code(), Some(2));
    assert_eq!(keylift(dir.path(), &["baseline", "add", "--reason", " "], 1).status.code(), Some(2));
    let add = ["baseline", "add", "--reason", "x", "--until", "2031-02-30"];
    assert_eq!(keylift(dir.path(), &add, 1).status.code(), Some(2));
    write(dir.path(), "keylift.baseline.yaml", "version: 1\nfingerprint-key: x\naccepted: [{path: 3}]\n");
    let (_, exit, said) = scan(dir.path(), &[], 1);
    assert!(exit == Some(2) && said.contains("line 3"), "{said}");
}
