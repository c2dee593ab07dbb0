//! The modules that a lookup in Vault or AWS adds to a Python project, run by a real Python against real servers.

use std::path::Path;
use std::process::Command;

use crate::servers;
use crate::serving::{program, skip};
use keylift_grammars::{Parsed, Request, Style, apply, language};

/// A rewritten program and the accessor beside it. The program waits between two reads of the same secret.
struct Project {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

const SOURCE: &str = "import sys\n\n\ndef password():\n    return 'hunter2x'\n\n\nprint(password())\nsys.stdout.flush()\nsys.stdin.readline()\nprint(password())\n";

impl Project {
    fn new(style: Style, fill: &[(&str, &str)], variables: Vec<(String, String)>) -> Self {
        let parsed = Parsed::new(language("python").expect("python is linked"), SOURCE).expect("it parses");
        let start = SOURCE.find("hunter2x").expect("it is there");
        let rewrite = parsed.rewrite(&[Request { span: start..start + 8, name: "SHOP_PASSWORD".to_owned(), style }]);
        let mut edits = rewrite.shared;
        edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("it can be lifted")));
        let accessor = rewrite.accessor.expect("the style has an accessor");
        let folder = tempfile::tempdir().expect("a folder");
        let text = fill.iter().fold(accessor.text, |text, (from, to)| text.replace(from, to));
        assert!(!text.contains("@KEYLIFT"), "every place is filled: {text}");
        std::fs::write(folder.path().join(accessor.name), text).expect("written");
        std::fs::write(folder.path().join("main.py"), apply(SOURCE, &edits).expect("no overlap")).expect("written");
        Self { folder, variables }
    }

    /// Runs it; `between` happens after the first read. Answers whether it worked, and what it printed.
    fn run(&self, python: &Path, between: impl FnOnce()) -> (bool, String) {
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        use std::process::Stdio;
        let mut child = Command::new(python)
            .arg("main.py")
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut text = String::new();
        out.read_line(&mut text).expect("readable");
        between();
        let _ = child.stdin.take().expect("a pipe").write_all(b"\n");
        out.read_to_string(&mut text).expect("readable");
        let mut errors = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("readable");
        (child.wait().expect("it ends").success(), text + &errors)
    }
}

fn vault(version: &str, mount: &str, path: &str) {
    let Some(server) = servers::bao() else { return };
    let Some(python) = program("python") else { return skip("python") };
    let fill = [
        ("@KEYLIFT_MOUNT@", mount),
        ("@KEYLIFT_PREFIX@", "shop/"),
        ("@KEYLIFT_FIELD@", "value"),
        ("@KEYLIFT_KV@", version),
    ];
    let variables = vec![("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())];
    let project = Project::new(Style::Vault, &fill, variables);
    let missing = project.run(&python, || ());
    assert!(!missing.0 && missing.1.contains("InvalidPath"), "nothing there fails loudly: {}", missing.1);
    let put = |value: &str| {
        let data = serde_json::json!({ "value": value });
        let body = if version == "2" { serde_json::json!({ "data": data }) } else { data };
        assert!(server.vault("POST", path, &body.to_string()).0 < 300);
    };
    let value = "h\u{fc}nter \"2x\" $\\";
    put(value);
    let (worked, text) = project.run(&python, || put("another"));
    assert!(worked, "{text}");
    assert_eq!(text, format!("{value}\n{value}\n"), "a secret is read once");
    put("another");
    let anew = project.run(&python, || ());
    assert_eq!(anew, (true, "another\nanother\n".to_owned()), "a new process reads anew");
    let stranger = Project {
        variables: vec![("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), "wrong".into())],
        ..project
    };
    let denied = stranger.run(&python, || ());
    assert!(!denied.0 && denied.1.contains("Forbidden") && !denied.1.contains("another"), "{}", denied.1);
}

#[test]
fn vault_with_versions_is_looked_up() {
    vault("2", "secret", "secret/data/shop/SHOP_PASSWORD");
}

#[test]
fn vault_without_versions_is_looked_up() {
    vault("1", "kv1", "kv1/shop/SHOP_PASSWORD");
}

#[test]
fn aws_secrets_manager_is_looked_up() {
    let Some(server) = servers::moto() else { return };
    let Some(python) = program("python") else { return skip("python") };
    let mut variables = servers::aws_vars(&server.url());
    variables.push(("AWS_DEFAULT_REGION".into(), "eu-central-1".into()));
    let project = Project::new(Style::AwsSecretsManager, &[("@KEYLIFT_PREFIX@", "shop/")], variables);
    let missing = project.run(&python, || ());
    assert!(!missing.0 && missing.1.contains("ResourceNotFoundException"), "nothing there fails loudly: {}", missing.1);
    let value = "h\u{fc}nter \"2x\" $\\";
    server.secrets_manager("CreateSecret", &serde_json::json!({ "Name": "shop/SHOP_PASSWORD", "SecretString": value }));
    let change = |value: &str| {
        let body = serde_json::json!({ "SecretId": "shop/SHOP_PASSWORD", "SecretString": value });
        server.secrets_manager("PutSecretValue", &body);
    };
    let (worked, text) = project.run(&python, || change("another"));
    assert!(worked, "{text}");
    assert_eq!(text, format!("{value}\n{value}\n"), "a secret is read once");
    assert_eq!(project.run(&python, || ()), (true, "another\nanother\n".to_owned()), "a new process reads anew");
}

/// The packages of npm that tests need: beside the folder of programs, as `npm install --global --prefix` puts them.
fn packages() -> Option<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|root| root.join(".venv-test/bin"));
    let given = std::env::var_os("KEYLIFT_TEST_BIN").map(std::path::PathBuf::from);
    let folders = given.into_iter().chain(root).filter_map(|bin| Some(bin.parent()?.join("lib/node_modules")));
    folders.chain(std::env::var_os("NODE_PATH").map(Into::into)).find(|folder| folder.join(SDK).is_dir())
}

const SDK: &str = "@aws-sdk/client-secrets-manager";

#[test]
fn javascript_reads_from_aws_secrets_manager() {
    let Some(packages) = packages() else { return crate::lifting::missing(SDK) };
    let Some(server) = servers::moto() else { return };
    let source = "'use strict'\nconst password = 'hunter2x'\nconsole.log(password, process.argv[2] === 'hunter2x' ? 'let in' : 'kept out')\n";
    let parsed = Parsed::new(language("javascript").expect("it is linked"), source).expect("it parses");
    let requests: Vec<Request> = source
        .match_indices("hunter2x")
        .map(|(start, text)| Request {
            span: start..start + text.len(),
            name: "SHOP_PASSWORD".to_owned(),
            style: Style::AwsSecretsManager,
        })
        .collect();
    let rewrite = parsed.rewrite(&requests);
    let mut edits = rewrite.shared;
    edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("it can be lifted")));
    let accessor = rewrite.accessor.expect("the style has an accessor");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(&accessor.name, &accessor.text.replace("@KEYLIFT_PREFIX@", "shop/"));
    write("main.js", &apply(source, &edits).expect("no overlap"));
    std::os::unix::fs::symlink(packages, folder.path().join("node_modules")).expect("linked");
    let variables = servers::aws_vars(&server.url());
    let run = |argument: &str| {
        let all: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        crate::lifting::run(folder.path(), "node", &["main.js", argument], &all).expect("node is there")
    };
    let (worked, text) = run("undefined");
    assert!(!worked && text.contains("SHOP_PASSWORD could not be read: ResourceNotFoundException"), "{text}");
    let value = "h\u{fc}nter \"2x\" $\\";
    server.secrets_manager("CreateSecret", &serde_json::json!({ "Name": "shop/SHOP_PASSWORD", "SecretString": value }));
    assert_eq!(run(value), (true, format!("{value} let in\n")));
    assert_eq!(run(""), (true, format!("{value} kept out\n")));
}
