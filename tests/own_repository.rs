//! keylift's own repository has no hardcoded credentials: what looks like one says why it is none.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn scan(arguments: &[&str]) -> Vec<Value> {
    let config = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["scan", "--no-baseline", "--format", "json"])
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env("KEYLIFT_CONFIG_DIR", config.path())
        .output()
        .expect("keylift runs");
    serde_json::from_slice(&output.stdout).expect("json")
}

#[test]
fn the_repository_is_clean() {
    let found: Vec<String> =
        scan(&["."]).iter().map(|row| format!("{}:{} {}", row["path"], row["line"], row["rule"])).collect();
    assert!(
        found.is_empty(),
        "put a comment `keylift:allow WHY` above a made-up value, or test fixtures into a folder of tests: {found:#?}"
    );
}

#[test]
fn rule_files_hold_templates_and_no_tokens() {
    // Their prose and field names look like passwords under telling names; no format of an issuer may be in them.
    let found = scan(&["src/rules/builtin", "--no-ignore"]);
    let tokens: Vec<&Value> =
        found.iter().filter(|row| !row["rule"].as_str().is_some_and(|rule| rule.starts_with("generic-"))).collect();
    assert!(tokens.is_empty(), "{tokens:#?}");
}
