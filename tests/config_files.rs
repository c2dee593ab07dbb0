//! One project with the same passwords in config files of many formats: planned, applied, run with the moved values, and
//! undone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

const FILES: &[(&str, &str)] = &[
    ("infra/main.tf", "resource \"db\" \"shop\" {\n  password = \"Tr0ub4dor-shop\"\n}\n"),
    ("infra/other.tf", "resource \"db\" \"copy\" {\n  password = \"Tr0ub4dor-shop\"\n}\n"),
    ("infra/variables.tf", "variable \"region\" {}\n"),
    ("infra/prod.tfvars", "api_token = \"kq8Zr2Lw9Xv4Bn7M\"\n"),
    (
        "compose.yaml",
        "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: Tr0ub4dor-shop\n      ADMIN_PASSWORD: ${ADMIN_PASSWORD:-C0rrect-horse7}\n",
    ),
    (".env", "DEBUG=1\nMAIL_PASSWORD=B4ttery-staple\n"),
    (
        "deploy/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      env:\n        - name: CACHE_PASSWORD\n          value: P0d-staple-9\n",
    ),
    ("config/app.json", "{\"password\": \"Json-staple-3\"}\n"),
];

fn keylift(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(arguments)
        .current_dir(root)
        .env("KEYLIFT_CONFIG_DIR", root.join("../config"))
        .env("HOME", root.join("../home"))
        .output()
        .expect("keylift runs")
}

fn say(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn read(root: &Path) -> BTreeMap<&'static str, String> {
    FILES.iter().map(|(path, _)| (*path, std::fs::read_to_string(root.join(path)).expect("a file"))).collect()
}

#[test]
fn the_same_secret_in_many_formats_is_one_move() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("project");
    for (path, text) in FILES {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    let before = read(&root);
    let planned = keylift(&root, &["plan", "--to", "age:../secrets.age"]);
    let plan = std::fs::read_to_string(root.join("keylift.plan.yaml")).unwrap_or_else(|_| panic!("{}", say(&planned)));
    assert!(plan.contains("- TF_VAR_") && plan.contains("todo: "), "{plan}");
    assert!(plan.contains("config/app.json") && plan.contains("JSON has no lookups"), "{plan}");
    let diff = say(&keylift(&root, &["diff"]));
    assert_eq!(diff.matches("+  sensitive = true").count(), 1, "{diff}");
    let applied = keylift(&root, &["apply", "--yes"]);
    assert!(say(&applied).contains("Left for you to do:\n") && say(&applied).contains("kubectl"), "{}", say(&applied));
    let after = read(&root);
    let declared =
        after["infra/main.tf"].matches("variable \"").count() + after["infra/other.tf"].matches("variable \"").count();
    assert_eq!(declared, 1, "{}{after:?}", say(&applied));
    assert!(after["infra/main.tf"].contains("password = var."), "{after:?}");
    assert!(after["infra/other.tf"].contains("password = var."), "{after:?}");
    assert!(
        after["compose.yaml"].contains("ADMIN_PASSWORD: ${ADMIN_PASSWORD:?ADMIN_PASSWORD is not set}"),
        "{after:?}"
    );
    assert!(after["deploy/web.yaml"].contains("valueFrom: {secretKeyRef: {name: keylift, key: "), "{after:?}");
    assert!(after[".env"].starts_with("DEBUG=1\n# MAIL_PASSWORD=${MAIL_PASSWORD:?}  # in the store"), "{after:?}");
    assert_eq!(after["config/app.json"], before["config/app.json"]);
    for value in ["Tr0ub4dor-shop", "C0rrect-horse7", "B4ttery-staple", "P0d-staple-9", "kq8Zr2Lw9Xv4Bn7M"] {
        let left: Vec<_> = after.iter().filter(|(_, text)| text.contains(value)).map(|(path, _)| path).collect();
        assert!(left.is_empty(), "a value is left in {left:?}");
    }
    let name = after["infra/main.tf"].split("var.").nth(1).and_then(|rest| rest.lines().next()).expect("a variable");
    let shown = format!("echo \"$TF_VAR_{name} $TF_VAR_api_token $MAIL_PASSWORD $ADMIN_PASSWORD\"");
    let ran = keylift(&root, &["run", "--", "sh", "-c", &shown]);
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout).trim(),
        "Tr0ub4dor-shop kq8Zr2Lw9Xv4Bn7M B4ttery-staple C0rrect-horse7",
        "{}",
        say(&ran)
    );
    let undone = keylift(&root, &["undo"]);
    assert_eq!(read(&root), before, "{}", say(&undone));
}

#[test]
fn one_variable_of_terraform_never_stands_for_two_values() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("project");
    let declared = "variable \"admin_password\" {\n  default = \"C0rrect-horse7\"\n}\n";
    for (path, text) in [
        ("hub/variables.tf", declared),
        ("hub/gateway.tf", "resource \"vpn_connection\" \"a\" {\n  shared_key = \"kq8Zr2Lw9Xv4Bn7M\"\n}\n"),
        ("spoke/main.tf", "resource \"vm\" \"a\" {\n  admin_password = \"B4ttery-staple\"\n}\n"),
    ] {
        std::fs::create_dir_all(root.join(path).parent().expect("a folder")).expect("folders");
        std::fs::write(root.join(path), text).expect("a file");
    }
    let planned = keylift(&root, &["plan", "--to", "age:../secrets.age"]);
    let applied = keylift(&root, &["apply", "--yes"]);
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("a file");
    assert!(read("hub/gateway.tf").contains("shared_key = var.shared_key"), "{}{}", say(&planned), say(&applied));
    let spoke = read("spoke/main.tf");
    let name = spoke.split("var.").nth(1).and_then(|rest| rest.lines().next()).expect("a variable");
    let shown = format!("echo \"$TF_VAR_admin_password $TF_VAR_shared_key $TF_VAR_{name}\"");
    let ran = keylift(&root, &["run", "--", "sh", "-c", &shown]);
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout).trim(),
        "C0rrect-horse7 kq8Zr2Lw9Xv4Bn7M B4ttery-staple",
        "{}",
        say(&ran)
    );
}

#[test]
fn what_ci_must_be_given_is_listed_a_file_at_a_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("project");
    let workflow = "on: push\njobs:\n  test:\n    env:\n      API_PASSWORD: C0rrect-horse7\n";
    let pipeline =
        "variables:\n  API_PASSWORD: C0rrect-horse7\n  MAIL_PASSWORD: B4ttery-staple\ntest:\n  script: [make]\n";
    for (path, text) in [(".github/workflows/ci.yml", workflow), (".gitlab-ci.yml", pipeline)] {
        std::fs::create_dir_all(root.join(path).parent().expect("a folder")).expect("folders");
        std::fs::write(root.join(path), text).expect("a file");
    }
    let planned = say(&keylift(&root, &["plan", "--to", "age:../secrets.age"]));
    let gh = "        GitHub Actions secret API_PASSWORD: keylift run -- sh -c 'printf %s \"$API_PASSWORD\" | gh secret set API_PASSWORD'\n";
    assert!(planned.contains(&format!("    .github/workflows/ci.yml\n{gh}    .gitlab-ci.yml\n")), "{planned}");
    let applied = keylift(&root, &["apply", "--yes", "--format", "json"]);
    let report: serde_json::Value =
        serde_json::from_slice(&applied.stdout).unwrap_or_else(|_| panic!("{}", say(&applied)));
    let create: Vec<_> =
        report["create"].as_array().expect("a list").iter().map(|one| (&one["path"], &one["name"])).collect();
    assert_eq!(create.len(), 3, "{report}");
    assert_eq!((create[2].0.as_str(), create[2].1.as_str()), (Some(".gitlab-ci.yml"), Some("MAIL_PASSWORD")));
    assert!(!report.to_string().contains("staple"), "{report}");
    // The pipeline's own entries would refer to themselves.
    let after = std::fs::read_to_string(root.join(".gitlab-ci.yml")).expect("the pipeline");
    assert!(after.contains("# MAIL_PASSWORD is a CI/CD variable of the project") && !after.contains("${"), "{after}");
    let undone = keylift(&root, &["undo"]);
    assert!(undone.status.success(), "{}", say(&undone));
    assert_eq!(std::fs::read_to_string(root.join(".gitlab-ci.yml")).expect("the pipeline"), pipeline);
}

#[test]
fn a_module_of_which_a_part_was_applied_is_resumed_and_undone() {
    let value = "Tr0ub4dor-shop";
    let files = [
        ("infra/a.tf", format!("resource \"db\" \"shop\" {{\n  password = \"{value}\"\n}}\n")),
        ("infra/b.tf", format!("resource \"db\" \"copy\" {{\n  password = \"{value}\"\n}}\n")),
        ("infra/main.tf", "resource \"mail\" \"x\" {\n  api_password = \"C0rrect-horse7\"\n}\n".to_owned()),
        ("infra/variables.tf", "variable \"api_password\" {\n  default = \"C0rrect-horse7\"\n}\n".to_owned()),
    ];
    let texts =
        |root: &Path| files.each_ref().map(|(path, _)| std::fs::read_to_string(root.join(path)).expect("a file"));
    let make = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("project");
        std::fs::create_dir_all(root.join("infra")).expect("a folder");
        for (path, text) in &files {
            std::fs::write(root.join(path), text).expect("a file");
        }
        let planned = keylift(&root, &["plan", "--to", "age:../secrets.age"]);
        assert!(root.join("keylift.plan.yaml").is_file(), "{}", say(&planned));
        (folder, root)
    };
    let (_whole, root) = make();
    let before = texts(&root);
    assert!(keylift(&root, &["apply", "--yes"]).status.success());
    let after = texts(&root);
    assert_eq!(after.join("").matches("sensitive").count(), 2, "one block a variable: {after:?}");
    let mut partly = 0;
    for number in 1.. {
        let crash = |root: &Path| {
            Command::new(env!("CARGO_BIN_EXE_keylift"))
                .args(["apply", "--yes"])
                .current_dir(root)
                .env("KEYLIFT_CONFIG_DIR", root.join("../config"))
                .env("KEYLIFT_TEST_CRASH", format!("{number}:after"))
                .output()
                .expect("keylift runs")
                .status
                .code()
        };
        let (_forwards, root) = make();
        if crash(&root) != Some(137) {
            break;
        }
        let now = texts(&root);
        if now == before || now == after {
            continue;
        }
        partly += 1;
        let resumed = keylift(&root, &["resume"]);
        assert!(resumed.status.success(), "{number}: {}", say(&resumed));
        assert_eq!(texts(&root), after, "resumed after {number}");
        let (_backwards, root) = make();
        assert_eq!(crash(&root), Some(137));
        let undone = keylift(&root, &["undo"]);
        assert!(undone.status.success(), "{number}: {}", say(&undone));
        assert_eq!(texts(&root), before, "undone after {number}");
    }
    assert!(partly >= 3, "{partly} stops with some files changed");
}
