//! `keylift hook`: git asks before a commit, beside the hooks that are there.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn run(program: &str, dir: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .env("HOME", dir.join(".git"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("it runs")
}

fn git(dir: &Path, arguments: &[&str]) -> Output {
    let who = ["-c", "user.name=keylift", "-c", "user.email=keylift@localhost", "-c", "commit.gpgsign=false"];
    run("git", dir, &[&who[..], arguments].concat())
}

fn hook(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(env!("CARGO_BIN_EXE_keylift"), dir, &[&["hook"], arguments].concat());
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

/// Whether git commits a file with this text.
fn commits(dir: &Path, text: &str) -> (bool, String) {
    write(&dir.join("app.py"), text, 0o644);
    git(dir, &["add", "app.py"]);
    let output = git(dir, &["commit", "-q", "-m", "x"]);
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    assert!(git(dir.path(), &["init", "-q"]).status.success());
    dir
}

const SECRET: &str = "DB_PASSWORD = 'Sun-rise.4411x'\n";

#[test]
fn a_commit_that_adds_a_credential_is_stopped() {
    let dir = repository();
    let dir = dir.path();
    assert_eq!(hook(dir, &["install"]).0, Some(0));
    let (done, said) = commits(dir, SECRET);
    assert!(!done && said.contains("DB_PASSWORD") && !said.contains("Sun-rise"), "{said}");
    assert!(commits(dir, "x = 1\n").0);
    assert!(hook(dir, &["install"]).1.contains("already"));
    assert_eq!(hook(dir, &["uninstall"]).0, Some(0));
    assert!(!dir.join(".git/hooks/pre-commit").exists());
    assert!(commits(dir, SECRET).0);
}

#[test]
fn hooks_that_are_there_still_run() {
    for (shebang, body) in [("#!/bin/sh\n", "touch ran\nexit 0\n"), ("#!/usr/bin/env python3\n", "open('ran', 'w')\n")]
    {
        let dir = repository();
        let dir = dir.path();
        let path = dir.join(".git/hooks/pre-commit");
        let text = format!("{shebang}{body}");
        write(&path, &text, 0o755);
        assert_eq!(hook(dir, &["install"]).0, Some(0));
        let (done, said) = commits(dir, SECRET);
        assert!(!done && said.contains("keylift stopped this commit"), "{said}");
        assert!(!dir.join("ran").exists());
        let (done, said) = commits(dir, "x = 1\n");
        assert!(done && dir.join("ran").exists(), "{said}");
        hook(dir, &["uninstall"]);
        assert_eq!(std::fs::read_to_string(&path).expect("the hook"), text);
        let mode = std::fs::metadata(&path).expect("the hook").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

#[test]
fn hooks_path_is_honoured() {
    let dir = repository();
    let dir = dir.path();
    git(dir, &["config", "core.hooksPath", "tools/hooks"]);
    std::fs::create_dir_all(dir.join("tools/hooks")).expect("a folder");
    assert_eq!(hook(dir, &["install"]).0, Some(0));
    assert!(dir.join("tools/hooks/pre-commit").exists());
    assert!(!commits(dir, SECRET).0);
    // A folder that other repositories use is not changed unasked.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    git(dir, &["config", "core.hooksPath", elsewhere.path().to_str().expect("a path")]);
    let (exit, said) = hook(dir, &["install"]);
    assert!(exit == Some(2) && said.contains("--shared"), "{said}");
    assert_eq!(hook(dir, &["install", "--shared"]).0, Some(0));
    assert!(elsewhere.path().join("pre-commit").exists());
}

#[test]
fn the_pre_commit_frameworks_file_is_used_where_it_is_there() {
    let dir = repository();
    let dir = dir.path();
    let before = "repos:\n- repo: local\n  hooks:\n  - {id: x, name: x, entry: 'true', language: system}\n";
    write(&dir.join(".pre-commit-config.yaml"), before, 0o644);
    assert!(hook(dir, &["install"]).1.contains("pre-commit install"));
    let after = std::fs::read_to_string(dir.join(".pre-commit-config.yaml")).expect("the file");
    assert!(after.contains("keylift scan --staged") && after.contains("{id: x, name: x"), "{after}");
    assert!(!dir.join(".git/hooks/pre-commit").exists());
    hook(dir, &["uninstall"]);
    assert_eq!(std::fs::read_to_string(dir.join(".pre-commit-config.yaml")).expect("the file"), before);
    assert_eq!(hook(&std::env::temp_dir(), &["install"]).0, Some(2), "outside a repository");
}

#[test]
fn the_files_that_others_read_are_well_formed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| -> serde_yaml::Value {
        serde_yaml::from_str(&std::fs::read_to_string(root.join(path)).expect("the file")).expect("YAML")
    };
    let hooks = read(".pre-commit-hooks.yaml");
    for hook in hooks.as_sequence().expect("a list") {
        for key in ["id", "name", "entry", "language"] {
            assert!(hook[key].is_string(), "{key}");
        }
        assert_eq!(hook["pass_filenames"], serde_yaml::Value::Bool(false));
    }
    let action = read("action.yml");
    assert_eq!(action["runs"]["using"], serde_yaml::Value::from("composite"));
    for step in action["runs"]["steps"].as_sequence().expect("steps") {
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "text from outside would become part of the script: {script}");
        let checked = Command::new("bash").args(["-n", "-c", script]).status().expect("bash");
        assert!(checked.success(), "{script}");
    }
    assert!(read("templates/keylift.gitlab-ci.yml")["keylift"]["script"].is_sequence());
}
