//! Planted values appear in nothing that a verb prints or writes, failing paths included.

use std::path::Path;
use std::process::{Command, Output};

const PLANTED: &[&str] = &["Pl4nted-One!x", "Pl4nted-Two?y", "Pl4nted.Three#z"];

fn keylift(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join("config"))
        .output()
        .expect("keylift runs")
}

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let source = format!(
        "DB_PASSWORD = '{}'\nurl = 'postgresql://shop:{}@db/shop'\n\n\ndef check(password):\n    return password == '{}'\n",
        PLANTED[0], "Pl4ntedInUrl77", PLANTED[1]
    );
    std::fs::write(dir.path().join("app.py"), source).expect("app.py");
    std::fs::write(dir.path().join("answers.yaml"), "answers:\n- {answer: accept}\n").expect("answers");
    std::fs::write(dir.path().join("notes.unknown"), format!("password = \"{}\"\n", PLANTED[2])).expect("notes");
    dir
}

fn clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for planted in PLANTED.iter().chain(&["Pl4ntedInUrl77"]) {
        assert!(!text.contains(planted), "{what} shows a planted value");
    }
}

#[test]
fn no_verb_shows_a_value() {
    let dir = project();
    let verbs: &[(&[&str], i32)] = &[
        (&["scan"], 1),
        (&["scan", "--format", "json"], 1),
        (&["scan", "--format", "sarif"], 1),
        (&["scan", "--format", "csv"], 1),
        (&["scan", "--format", "junit"], 1),
        (&["scan", "--format", "github"], 1),
        (&["--color", "always", "scan"], 1),
        (&["check"], 1),
        (&["scan", "--format", "jsonl", "--confidence", "low"], 1),
        (&["plan", "app.py", "notes.unknown", "--to", "age:secrets.age"], 1),
        (&["plan", "app.py", "--to", "age:secrets.age", "--out", "-"], 1),
        (&["scan", "--format", "sarif"], 1),
        (&["scan", "--format", "csv"], 1),
        (&["scan", "--format", "junit"], 1),
        (&["scan", "--format", "github"], 1),
        (&["diff"], 1),
        (&["fix", "app.py", "--to", "age:secrets.age"], 2),
        (&["fix", "app.py", "--to", "age:secrets.age", "--dry-run", "--format", "json"], 1),
        (&["review", "--answers", "answers.yaml"], 0),
        (&["review", "--answers", "missing.yaml"], 2),
        (&["apply", "--yes", "--format", "json"], 0),
        (&["status", "--format", "json"], 0),
        (&["status"], 0),
        (&["store", "check", "age:secrets.age"], 0),
        (&["store", "list", "age:secrets.age"], 0),
        (&["store", "get", "age:secrets.age", "DB_PASSWORD"], 0),
        (&["store", "get", "age:secrets.age", "DB_PASSWORD", "--reveal"], 2),
        (&["store", "get", "age:secrets.age", "NOWHERE"], 1),
        (&["run", "--", "true"], 0),
        (&["run", "--", "./nowhere"], 2),
        (&["resume"], 2),
        (&["undo", "20000101-000000"], 2),
        (&["undo", "--purge", "--format", "json"], 0),
        (&["undo"], 2),
        (&["--color", "always", "diff"], 1),
        (&["plan", "--to", "nowhere:x"], 2),
        (&["diff", "missing.yaml"], 2),
    ];
    for (arguments, exit) in verbs {
        let output = keylift(dir.path(), arguments);
        let what = arguments.join(" ");
        clean(&what, &output.stdout);
        clean(&what, &output.stderr);
        assert_eq!(output.status.code(), Some(*exit), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let plan = std::fs::read(dir.path().join("keylift.plan.yaml")).expect("the plan was written");
    clean("the plan", &plan);
    let text = String::from_utf8_lossy(&plan);
    for name in ["DB_PASSWORD", "URL_PASSWORD"] {
        assert!(text.contains(&format!("name: {name}")), "{name} is in {text}");
    }
}

#[test]
fn planning_changes_no_source_and_a_changed_file_is_a_conflict() {
    let dir = project();
    let source = std::fs::read(dir.path().join("app.py")).expect("app.py");
    keylift(dir.path(), &["plan", "app.py", "--to", "age:secrets.age"]);
    let diff = keylift(dir.path(), &["diff"]);
    assert!(String::from_utf8_lossy(&diff.stdout).contains("+import os\n"));
    assert_eq!(std::fs::read(dir.path().join("app.py")).expect("app.py"), source);
    assert!(!dir.path().join("secrets.age").exists(), "planning writes nothing to the store");
    std::fs::write(dir.path().join("app.py"), [b"# new\n", source.as_slice()].concat()).expect("app.py");
    assert_eq!(keylift(dir.path(), &["diff"]).status.code(), Some(4));
}

#[test]
fn a_diff_masks_what_waits_in_the_lines_around_an_edit() {
    let dir = project();
    let source = format!("DB_PASSWORD = '{}'\nother_password = '{}'\n", PLANTED[0], PLANTED[1]);
    std::fs::write(dir.path().join("app.py"), source).expect("app.py");
    keylift(dir.path(), &["plan", "app.py", "--to", "age:secrets.age"]);
    let plan = std::fs::read_to_string(dir.path().join("keylift.plan.yaml")).expect("the plan");
    let later = plan.replacen("decision: apply", "decision: later", 1);
    assert_ne!(later, plan, "something was planned");
    std::fs::write(dir.path().join("keylift.plan.yaml"), later).expect("the plan");
    let output = keylift(dir.path(), &["diff"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("+other_password = os.environ["), "the other one moves");
    clean("the diff", &output.stdout);
}

#[test]
fn a_plan_written_elsewhere_still_finds_its_files() {
    let (dir, other) = (project(), tempfile::tempdir().expect("a temporary folder"));
    let out = other.path().join("plan.yaml");
    let out = out.to_str().expect("a path in UTF-8");
    assert_eq!(
        keylift(dir.path(), &["plan", "app.py", "--to", "age:secrets.age", "--out", out]).status.code(),
        Some(1)
    );
    let diff = keylift(dir.path(), &["diff", out]);
    assert!(String::from_utf8_lossy(&diff.stdout).contains("+import os"), "{}", String::from_utf8_lossy(&diff.stderr));
}

#[test]
fn a_key_that_spells_a_value_names_nothing() {
    let dir = project();
    let source =
        format!("db_password = '{0}'\nseen = {{'{0} of the shop': {{'token': '{1}'}}}}\n", PLANTED[0], PLANTED[1]);
    std::fs::write(dir.path().join("app.py"), source).expect("app.py");
    let texts = format!("{{\"set {0}\": \"now {0}\", \"{0}\": {{\"password\": \"{1}\"}}}}\n", PLANTED[0], PLANTED[1]);
    std::fs::write(dir.path().join("en.json"), texts).expect("en.json");
    for arguments in [
        &["plan", "app.py", "en.json", "--to", "age:secrets.age"][..],
        &["plan", "app.py", "en.json", "--to", "age:secrets.age", "--out", "-"],
        &["scan", "--confidence", "low", "--format", "json"],
        &["diff"],
    ] {
        let output = keylift(dir.path(), arguments);
        clean(&arguments.join(" "), &output.stdout);
        clean(&arguments.join(" "), &output.stderr);
    }
    let plan = std::fs::read(dir.path().join("keylift.plan.yaml")).expect("the plan was written");
    clean("the plan", &plan);
    let text = String::from_utf8_lossy(&plan);
    assert!(text.contains("path: en.json") && text.contains("code: not-rewritten"), "{text}");
    assert!(!text.contains("PL4NTED"), "{text}");
}
