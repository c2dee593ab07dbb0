//! Rules from the command line: a user's own, another scanner's, and what `keylift rules` tells of them.

use std::path::Path;
use std::process::Command;

fn keylift(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".config"))
        .output()
        .expect("keylift runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const OWN: &str = "
issuer: Acme
rules:
  - id: acme-key
    name: Acme key
    kind: api-key
    pattern: 'acme_([a-z0-9]{24})\\b'
    keywords: [acme_]
    confidence: high
    severity: critical
    env: ACME_KEY
    risk: Opens everything.
    rotation: {page: 'https://acme.example/keys', steps: [Make a new one], overlap: true}
    examples: ['acme_{{alnum-lower:24}}']
    counter_examples: ['acme_{{alnum-lower:5}}']
";

#[test]
fn users_rules_find_and_are_explained_and_tested() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    std::fs::write(dir.join("own.yaml"), OWN).expect("a file");
    std::fs::write(dir.join("a.txt"), format!("x acme_{}\n", "k3j9".repeat(6))).expect("a file");
    assert_eq!(keylift(dir, &["scan", "a.txt"]).0, Some(0));
    let (exit, out, _) = keylift(dir, &["scan", "a.txt", "--rules", "own.yaml", "--format", "jsonl"]);
    assert!(exit == Some(1) && out.contains("\"rule\":\"acme-key\""), "{out}");
    let (_, out, _) = keylift(dir, &["rules", "show", "acme-key", "--rules", "own.yaml"]);
    for part in ["Opens everything.", "https://acme.example/keys", "Two can be valid at once", "Make a new one"] {
        assert!(out.contains(part), "{part} is in {out}");
    }
    assert_eq!(keylift(dir, &["rules", "test", "own.yaml"]).0, Some(0));
    std::fs::write(dir.join("bad.yaml"), OWN.replace("acme_{{alnum-lower:24}}", "acme_{{alnum-lower:7}}"))
        .expect("a file");
    let (exit, out, _) = keylift(dir, &["rules", "test", "bad.yaml"]);
    assert!(exit == Some(1) && out.contains("is not found"), "{out}");
    let (exit, _, said) = keylift(dir, &["scan", "--rules", "a.txt"]);
    assert_eq!(exit, Some(2), "{said}");
}

/// Examples are read as in a file of any name: in one of examples a database's password counts for less.
#[test]
fn a_rule_of_passwords_is_tested_where_these_count() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (exit, out, _) = keylift(dir, &["rules", "test", "src/rules/builtin/upstash.yaml"]);
    assert_eq!(exit, Some(0), "{out}");
}

#[test]
fn what_does_not_carry_over_is_listed() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    let toml = "[[rules]]\nid = 'acme'\nregex = 'acme-([0-9a-z]{20})'\n[[rules]]\nid = 'behind'\nregex = '(?<!x)abc[0-9]{9}'\n";
    std::fs::write(dir.join(".gitleaks.toml"), toml).expect("a file");
    std::fs::write(dir.join("a.txt"), format!("acme-{}\n", "k3j9x".repeat(4))).expect("a file");
    let (exit, out, said) = keylift(dir, &["scan", "a.txt", "--rules", ".gitleaks.toml", "--format", "jsonl"]);
    assert!(exit == Some(1) && out.contains("\"rule\":\"acme\""), "{out}");
    assert!(said.contains("not carried over: behind: left out"), "{said}");
}

/// Six rules that lose the same are told once; a folder is all its rule files.
#[test]
fn losses_are_summed_up_and_a_folder_is_its_rule_files() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    let rule = |n: usize| format!("[[rules]]\nid = 'acme-{n}'\nregex = 'acme{n}-([0-9a-z]{{20}})'\nvalidate = 'x'\n");
    std::fs::create_dir(dir.join("rules")).expect("a folder");
    std::fs::write(dir.join("rules/a.toml"), (1..=6).map(rule).collect::<String>()).expect("a file");
    std::fs::write(dir.join("rules/own.yaml"), OWN).expect("a file");
    std::fs::write(dir.join("rules/README.md"), "no rules").expect("a file");
    let (exit, out, said) = keylift(dir, &["rules", "list", "--rules", "rules"]);
    assert!(exit == Some(0) && out.contains("acme-6 ") && out.contains("acme-key "), "{out}");
    assert_eq!(said.matches("its validation").count(), 1, "{said}");
    assert!(said.contains("acme-1, acme-2, acme-3, acme-4 and 2 more rules: its validation"), "{said}");
    std::fs::create_dir(dir.join("none")).expect("a folder");
    let (exit, _, said) = keylift(dir, &["rules", "list", "--rules", "none"]);
    assert!(exit == Some(2) && said.contains("no rule files"), "{said}");
}

#[test]
fn the_builtin_rules_are_listed_and_explained() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (exit, out, _) = keylift(dir.path(), &["rules", "list"]);
    assert!(exit == Some(0) && out.contains("slack-bot-token "), "{out}");
    let (_, out, _) = keylift(dir.path(), &["rules", "list", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(all.as_array().is_some_and(|all| all.len() >= 300));
    let (exit, out, _) = keylift(dir.path(), &["rules", "show", "slack-bot-token"]);
    for part in ["What it is", "How far the damage reaches", "How to rotate it", "https://api.slack.com/apps"] {
        assert!(exit == Some(0) && out.contains(part), "{part} is in {out}");
    }
    let (exit, _, said) = keylift(dir.path(), &["rules", "show", "slack"]);
    assert!(exit == Some(2) && said.contains("slack-bot-token"), "{said}");
}
