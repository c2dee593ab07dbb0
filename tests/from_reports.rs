//! Another scanner's report, from the command line into a scan and a plan.

use std::path::Path;
use std::process::Command;

fn keylift(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join("config"))
        .output()
        .expect("keylift runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const VALUE: &str = "kl_9f8e7d6c5b4a3f2e1d0c";

#[test]
fn a_report_becomes_findings_and_moves() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    std::fs::create_dir(dir.join("src")).expect("a folder");
    std::fs::write(dir.join("src/app.py"), format!("import os\n\nthing = '{VALUE}'\n")).expect("a file");
    let report = format!(
        r#"[{{"RuleID":"acme","StartLine":1,"Secret":"{VALUE}","File":"src/app.py"}},
            {{"RuleID":"acme","StartLine":9,"Secret":"gone-value-1","File":"src/app.py"}}]"#
    );
    std::fs::write(dir.join("report.json"), report).expect("a file");
    let (exit, out, said) = keylift(dir, &["scan", "--from", "gitleaks", "report.json"]);
    assert!(exit == Some(1) && out.contains("src/app.py:3:10") && out.contains("[gitleaks-acme]"), "{out}");
    assert!(said.contains("not found again: src/app.py:9") && !said.contains("gone-value-1"), "{said}");
    assert!(!out.contains(VALUE), "{out}");
    let (exit, out, _) =
        keylift(dir, &["plan", "--to", "age:x.age", "--from", "gitleaks", "report.json", "src", "--out", "-"]);
    assert!(exit == Some(1) && out.contains("path: src/app.py") && out.contains("rule: gitleaks-acme"), "{out}");
    let (exit, _, said) = keylift(dir, &["scan", "--from", "nosuch", "report.json"]);
    assert!(exit == Some(2) && said.contains("sarif for any other"), "{said}");
    let (exit, _, said) = keylift(dir, &["scan", "--from", "gitleaks", "src/app.py"]);
    assert!(exit == Some(2) && said.contains("not JSON"), "{said}");
}
