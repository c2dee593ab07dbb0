//! Two values never share a place of the store, also where the store does not tell their names apart.

#![cfg(feature = "azure")]

mod common;

use std::path::Path;
use std::process::Command;

fn keylift(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join("../config"))
        .output()
        .expect("keylift runs");
    (
        output.status.code(),
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat(),
    )
}

#[test]
fn names_that_differ_in_case_alone_get_places_of_their_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("app");
    std::fs::create_dir(&root).expect("a folder");
    let [one, two, _, _]: [String; 4] = common::planted().try_into().expect("four values");
    let code = format!(
        "import os\n\nONE = os.environ.get('db_password', '{one}')\nTWO = os.environ.get('DB_PASSWORD', '{two}')\n"
    );
    std::fs::write(root.join("app.py"), code).expect("written");
    let addresses = |store: &str| {
        let (_, plan) = keylift(&root, &["plan", "--to", store, "--out", "-"]);
        let paths = plan.lines().filter(|line| line.starts_with("    path: "));
        let mut paths: Vec<String> = paths.map(|line| line.trim_start_matches("    path: ").to_owned()).collect();
        paths.sort();
        assert!(plan.contains("name: db_password") && plan.contains("name: DB_PASSWORD"), "{plan}");
        paths
    };
    assert_eq!(addresses("age:../x.age"), ["DB_PASSWORD", "db_password"]);
    assert_eq!(addresses("azure-kv:my-vault"), ["db-password", "db-password-2"]);
    // A plan that was edited is stopped before anything is asked of the store.
    let (_, plan) = keylift(&root, &["plan", "--to", "azure-kv:my-vault", "--out", "-"]);
    let plan = plan.replace("path: db-password-2", "path: DB-PASSWORD");
    std::fs::write(root.join("edited.yaml"), &plan[plan.find("version:").expect("a plan")..]).expect("written");
    let (exit, said) = keylift(&root, &["apply", "edited.yaml", "--yes"]);
    assert_eq!(exit, Some(4), "{said}");
    assert!(said.contains("does not tell their names apart"), "{said}");
}
