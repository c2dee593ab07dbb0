//! Credentials that stand encoded: found, moved as the program needs them, given back.

#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keylift::rules::{Engine, expand};

fn token(rule: &str, example: usize, seed: u64) -> String {
    let rule = Engine::builtin().rule(rule).expect("a rule");
    expand(&rule.examples[example], seed).expect("a template")
}

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("KEYLIFT_CONFIG_DIR", folder.parent().expect("a parent").join("config"))
        .output()
        .expect("it runs")
}

fn keylift(folder: &Path, arguments: &[&str]) -> String {
    let output = run(env!("CARGO_BIN_EXE_keylift"), folder, arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {text}");
    text
}

#[test]
fn an_encoded_credential_moves_as_it_stands_and_the_program_means_the_same() {
    let Some(_) = support::program("python3") else {
        support::skip("python3");
        return;
    };
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("app");
    std::fs::create_dir(&root).expect("a folder");
    let github = token("github-pat", 0, 1);
    let other = token("github-pat", 0, 2);
    let third = token("github-pat", 0, 3);
    let plain = STANDARD.encode(&github);
    let url = URL_SAFE_NO_PAD.encode(format!("{{\"user\": \"me\", \"t\": \"{other}\"}}"));
    let escaped = third.replacen('_', "\\x5f", 1).replacen('g', "\\u0067", 1);
    let hex: String = third.bytes().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
    let code = format!(
        "import base64, json\n\nA = base64.b64decode('{plain}').decode()\nB = \
         json.loads(base64.urlsafe_b64decode('{url}' + '==='))\nC = \"{escaped}\"\nD = \
         bytes.fromhex('{hex}')\nprint(A, B, C, D)\n"
    );
    std::fs::write(root.join("main.py"), &code).expect("written");
    let expected = run("python3", &root, &["-B", "main.py"]).stdout;
    assert!(String::from_utf8_lossy(&expected).contains(&github));

    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&keylift(&root, &["-q", "scan", ".", "--format", "json"])).expect("json");
    let encodings: Vec<&str> = rows.iter().filter_map(|row| row["encoding"].as_str()).collect();
    assert_eq!(encodings, ["base64", "base64", "escaped", "hex"], "{rows:?}");
    assert!(rows.iter().all(|row| row["rule"] == "github-pat"), "{rows:?}");
    for (row, value) in rows.iter().zip([&plain, &url, &escaped, &hex]) {
        let place = |key: &str| usize::try_from(row[key].as_u64().expect("a number")).expect("small");
        assert_eq!(&code[place("start")..place("end")], value);
    }
    assert!(keylift(&root, &["scan"]).contains("high confidence, base64"));

    keylift(&root, &["fix", "--to", "age:../secrets.age", "--yes"]);
    let after = std::fs::read_to_string(root.join("main.py")).expect("readable");
    for value in [&plain, &url, &escaped, &hex] {
        assert!(!after.contains(value.as_str()), "{after}");
    }
    let output = run(env!("CARGO_BIN_EXE_keylift"), &root, &["run", "--", "python3", "-B", "main.py"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected), "{after}");
    keylift(&root, &["undo"]);
    assert_eq!(std::fs::read_to_string(root.join("main.py")).expect("readable"), code);
}

#[test]
fn a_kubernetes_secret_is_found_and_left_with_advice() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("app");
    std::fs::create_dir(&root).expect("a folder");
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ci\ntype: Opaque\ndata:\n  url: {}\n",
        STANDARD.encode(token("github-pat", 0, 4))
    );
    std::fs::write(root.join("secret.yaml"), &text).expect("written");
    let found = keylift(&root, &["-q", "scan", "--format", "jsonl"]);
    assert!(found.contains("\"rule\":\"github-pat\"") && found.contains("\"encoding\":\"base64\""), "{found}");
    let plan = keylift(&root, &["plan", "--to", "age:../secrets.age", "--out", "-"]);
    assert!(plan.contains("code: secret-manifest") && plan.contains("moves: []"), "{plan}");
}
