//! Exports, read by the programs that they are for: YAML, JSON and HCL readers, shells, systemd, OpenBao's agent.

#![allow(clippy::unwrap_used)] // Helpers of tests.

mod common;
#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::Project;
use serde_json::{Value, json};
use support::servers;

/// A project with a plan for a store. Nothing is asked: planning is offline.
fn planned(store: &str) -> Project {
    let project = Project::new(store, &[("VAULT_ADDR".into(), "https://vault.example:8200".into())]);
    project.expect(&["plan", "--to", store, "."], 1);
    project
}

fn names(project: &Project) -> Vec<String> {
    let text = std::fs::read_to_string(project.root().join("keylift.plan.yaml")).unwrap();
    let mut names: Vec<String> =
        text.lines().filter_map(|line| Some(line.strip_prefix("- name: ")?.to_owned())).collect();
    names.sort();
    assert_eq!(names.len(), 4, "{text}");
    names
}

fn exported(project: &Project, arguments: &[&str]) -> String {
    let output = project.keylift(&[&["export"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs Python on a text, and gives what it prints as JSON.
fn python(script: &str, text: &str) -> Option<Value> {
    let Some(python) = support::program("python") else {
        support::skip("python");
        return None;
    };
    let module = script.rsplit_once("import ").map_or("", |(_, names)| names.split(';').next().unwrap_or_default());
    let module = module.lines().next().unwrap_or_default();
    if !Command::new(&python).args(["-c", &format!("import {module}")]).output().unwrap().status.success() {
        support::skip(&format!("one of Python's modules {module}"));
        return None;
    }
    Some(serde_json::from_slice(&piped(Command::new(python).args(["-c", script]), text)).unwrap())
}

fn piped(command: &mut Command, text: &str) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const YAML: &str = "import sys, json, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";

#[test]
fn an_external_secret_names_every_variable() {
    let stores = [
        ("vault://secret/shop", "shop/NAME", json!("value")),
        ("aws-sm://shop?region=eu-central-1", "shop/NAME", Value::Null),
        ("aws-ssm://shop", "/shop/NAME", Value::Null),
        ("gcp-sm://project/shop", "shop-NAME", Value::Null),
        ("k8s://web/shop", "shop", json!("NAME")),
    ];
    for (store, key, property) in stores {
        let project = planned(store);
        let text = exported(&project, &["--as", "external-secret", "--name", "shop", "--namespace", "web"]);
        let Some(read) = python(YAML, &text) else { return };
        assert_eq!((&read["apiVersion"], &read["kind"]), (&json!("external-secrets.io/v1"), &json!("ExternalSecret")));
        assert_eq!(read["metadata"], json!({ "name": "shop", "namespace": "web" }));
        let data = read["spec"]["data"].as_array().unwrap();
        for (entry, name) in data.iter().zip(names(&project)) {
            assert_eq!(entry["secretKey"], json!(name));
            assert_eq!(entry["remoteRef"]["key"], json!(key.replace("NAME", &name)), "{store}");
            let property = property.as_str().map_or(Value::Null, |text| json!(text.replace("NAME", &name)));
            assert_eq!(entry["remoteRef"].get("property").cloned().unwrap_or_default(), property, "{store}");
        }
        assert_eq!(data.len(), 4);
        // What the comment says about the SecretStore is YAML as well.
        let store = text.lines().filter_map(|line| line.strip_prefix("#   ")).collect::<Vec<_>>().join("\n");
        let store = store.split("envFrom:").next().unwrap();
        assert_eq!(python(YAML, store).unwrap()["kind"], json!("SecretStore"), "{store}");
    }
}

#[test]
fn a_kubernetes_secret_is_filled_through_a_pipe() {
    let project = planned("age:secrets.age");
    project.expect(&["apply", "--yes"], 0);
    let script = project.dir.path().join("secret.sh");
    exported(&project, &["--as", "k8s-secret", "--name", "shop", "--out", script.to_str().unwrap()]);
    common::clean("the script", &std::fs::read(&script).unwrap());
    // Stands for `kubectl`: keeps what it is given.
    let bin = project.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    executable(&bin.join("kubectl"), "#!/bin/sh\necho \"$@\" >\"$OUT.arguments\"\ncat >\"$OUT\"\n");
    let out = project.dir.path().join("applied");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let script = script.to_str().unwrap();
    let run = |env: &[(&str, &str)], arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("PATH", &path).env("OUT", &out).envs(env.iter().copied()).output().unwrap()
    };
    let output = run(&[], &["run", "--", "sh", script, "--context", "test"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let arguments = std::fs::read_to_string(project.dir.path().join("applied.arguments")).unwrap();
    assert_eq!(arguments, "apply --server-side --field-manager=keylift --context test -f -\n");
    let manifest = std::fs::read_to_string(&out).unwrap();
    let decode = "import sys, json, yaml, base64\nd = yaml.safe_load(sys.stdin)\nd['data'] = {k: \
                  base64.b64decode(v).decode() for k, v in d['data'].items()}\nprint(json.dumps(d))";
    let Some(read) = python(decode, &manifest) else { return };
    assert_eq!((&read["kind"], &read["metadata"]), (&json!("Secret"), &json!({ "name": "shop" })));
    let mut values: Vec<&str> = read["data"].as_object().unwrap().values().filter_map(Value::as_str).collect();
    values.sort_unstable();
    let mut expected = common::planted();
    expected.sort();
    assert_eq!(values, expected);
    // A real kubectl takes it as an object.
    if let Some(kubectl) = support::program("kubectl") {
        let label = ["label", "--local", "-f", "-", "-o", "jsonpath={.metadata.name}", "a=b"];
        assert_eq!(piped(Command::new(kubectl).args(label), &manifest), b"shop");
    }
    // With one variable missing nothing is applied.
    std::fs::remove_file(&out).unwrap();
    let mut command = Command::new("sh");
    command.arg(script).env_clear().env("PATH", &path).env("OUT", &out);
    assert!(!command.output().unwrap().status.success());
    assert!(!out.exists());
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_deployment_reads_secrets_that_are_there() {
    let project = planned("k8s://web/shop");
    let Some(read) = python(YAML, &exported(&project, &["--as", "k8s-secret", "--name", "web"])) else { return };
    let container = &read["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["name"], json!("web"));
    let name = &names(&project)[0];
    let expected = json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": "shop", "key": name } } });
    assert_eq!(container["env"][0], expected);
    assert_eq!(container["env"].as_array().unwrap().len(), 4);
}

#[test]
fn an_agent_starts_the_program_with_its_variables() {
    let Some(server) = servers::bao() else { return };
    let bao = support::program("bao").unwrap();
    for store in ["vault://secret/shop", "vault://kv1/shop?kv=1"] {
        let env = [("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())];
        let project = Project::new(store, &env);
        project.expect(&["plan", "--to", store, "."], 1);
        project.expect(&["apply", "--yes"], 0);
        let config = exported(&project, &["--as", "vault-agent"]);
        let out = project.dir.path().join("environment");
        let token = project.dir.path().join("token");
        std::fs::write(&token, servers::ROOT).unwrap();
        // The two things that are left to the reader.
        let login = format!(
            "auto_auth {{\n  method \"token_file\" {{\n    config = {{\n      token_file_path = \"{}\"\n    }}\n  }}\n}}\n",
            token.display()
        );
        let names = names(&project);
        let program =
            format!("import os, json; json.dump([os.environ[n] for n in {names:?}], open('{}', 'w'))", out.display());
        let command = serde_json::to_string(&["python3", "-c", &program]).unwrap();
        let config = config.replace("[\"./app\"]", &command) + &login;
        let file = project.dir.path().join("agent.hcl");
        std::fs::write(&file, config).unwrap();
        let output = Command::new("timeout")
            .args(["60"])
            .arg(&bao)
            .args(["agent", &format!("-config={}", file.display())])
            .env("VAULT_ADDR", server.url())
            .env("HOME", project.dir.path())
            .output()
            .unwrap();
        let log = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(&out).unwrap_or_else(|_| panic!("the program ran: {log}"));
        let mut values: Vec<String> = serde_json::from_str(&text).unwrap();
        values.sort();
        let mut expected = common::planted();
        expected.sort();
        assert_eq!(values, expected);
    }
}

#[test]
fn ecs_and_dotenv_name_the_variables() {
    let project = planned("aws-sm://shop?region=eu-central-1");
    let text = exported(&project, &["--as", "ecs", "--account", "123456789012"]);
    let read: Value = serde_json::from_str(&text).unwrap();
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/";
    let expected: Vec<Value> =
        names(&project).iter().map(|name| json!({ "name": name, "valueFrom": format!("{arn}{name}") })).collect();
    assert_eq!(read, json!({ "secrets": expected }));
    let text = exported(&project, &["--as", "dotenv-example"]);
    let script = "import sys, json, dotenv; print(json.dumps(sorted(dotenv.dotenv_values(stream=sys.stdin))))";
    let Some(read) = python(script, &text) else { return };
    assert_eq!(read, json!(names(&project)));
}

#[test]
fn workflows_are_yaml_and_their_scripts_run() {
    for (store, expected) in [
        ("vault://secret/shop", "secret/data/shop/NAME value | NAME ;"),
        ("aws-sm://shop", "NAME, shop/NAME"),
        ("gcp-sm://project/shop", "NAME:project/shop-NAME"),
    ] {
        let project = planned(store);
        let Some(read) = python(YAML, &exported(&project, &["--as", "github-actions"])) else { return };
        let step = read["steps"].as_array().unwrap().last().unwrap();
        let with = &step["with"];
        let lines = with["secrets"].as_str().or(with["secret-ids"].as_str()).unwrap().lines();
        let names = names(&project);
        for (line, name) in lines.zip(&names) {
            assert_eq!(line, expected.replace("NAME", name));
        }
    }
    let project = planned("age:secrets.age");
    let Some(read) = python(YAML, &exported(&project, &["--as", "github-actions"])) else { return };
    let name = &names(&project)[0];
    assert_eq!(read["env"][name], json!(format!("${{{{ secrets.{name} }}}}")));
}

#[test]
fn a_workflow_masks_what_it_reads() {
    let (Some(bash), Some(_)) = (support::program("bash"), support::program("jq")) else {
        support::skip("bash and jq");
        return;
    };
    let project = planned("aws-ssm://shop");
    let Some(read) = python(YAML, &exported(&project, &["--as", "github-actions"])) else { return };
    let script = read["steps"].as_array().unwrap().last().unwrap()["run"].as_str().unwrap().to_owned();
    let bin = project.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    // Stands for `aws`: a value of several lines with what workflow commands unescape.
    executable(&bin.join("aws"), "#!/bin/sh\nprintf '{\"Parameter\": {\"Value\": \"one%%\\\\ntwo\"}}'\n");
    let file = project.dir.path().join("github-env");
    let output = Command::new(bash)
        .args(["-c", &script])
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
        .env("GITHUB_ENV", &file)
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(log.lines().take(2).collect::<Vec<_>>(), ["::add-mask::one%25", "::add-mask::two"]);
    let env = std::fs::read_to_string(&file).unwrap();
    let (first, rest) = env.split_once('\n').unwrap();
    let (name, end) = first.split_once("<<").unwrap();
    assert_eq!(name, names(&project)[0]);
    assert!(rest.starts_with(&format!("one%\ntwo\n{end}\n")), "{env}");
}

#[test]
fn terraform_is_hcl() {
    let stores = [
        ("vault://secret/shop", "vault_kv_secret_v2"),
        ("vault://kv/shop?kv=1", "vault_kv_secret"),
        ("aws-sm://shop", "aws_secretsmanager_secret_version"),
        ("aws-ssm://shop", "aws_ssm_parameter"),
        ("gcp-sm://project/shop", "google_secret_manager_secret_version"),
        ("k8s://web/shop", "kubernetes_secret_v1"),
    ];
    for (store, kind) in stores {
        let project = planned(store);
        let text = exported(&project, &["--as", "terraform"]);
        let count = if store.starts_with("k8s") { 1 } else { 4 };
        assert_eq!(text.matches(&format!("data \"{kind}\" ")).count(), count, "{text}");
        let script = "import sys, json, hcl2; print(json.dumps(hcl2.load(sys.stdin)))";
        let Some(read) = python(script, &text) else { return };
        assert_eq!(read["data"].as_array().unwrap().len(), count, "{read}");
        let environment = read["locals"][0]["environment"].to_string();
        assert!(names(&project).iter().all(|name| environment.contains(name.as_str())), "{environment}");
        if let Some(terraform) = support::program("terraform") {
            // Reads it, and would change nothing in it.
            let formatted = piped(Command::new(terraform).args(["fmt", "-"]), &text);
            assert_eq!(String::from_utf8_lossy(&formatted), text);
        }
    }
}

#[test]
fn a_service_finds_its_variables() {
    let project = Project::new("files:/x", &[]);
    let folder = project.dir.path().join("100% secret");
    let store = format!("files:{}", folder.display());
    project.expect(&["plan", "--to", &store, "."], 1);
    project.expect(&["apply", "--yes"], 0);
    let text = exported(&project, &["--as", "systemd", "--name", "shop"]);
    verified(&project, &text);
    // What the shell of the service does, with the folder that systemd would give it.
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=/bin/sh -c '")).unwrap();
    let shell = start.trim_end_matches('\'').replace("$$", "$").replace("%%", "%");
    let program = "python3 -c 'import os, json; print(json.dumps(dict(os.environ)))'";
    let shell = shell.replace("/usr/local/bin/shop", program);
    let output = Command::new("sh").args(["-c", &shell]).env("CREDENTIALS_DIRECTORY", &folder).output().unwrap();
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in names(&project) {
        let held = std::fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(read[&name], json!(held));
    }
    let project = planned("age:secrets.age");
    let text = exported(&project, &["--as", "systemd", "--name", "shop"]);
    let plan = project.root().canonicalize().unwrap().join("keylift.plan.yaml");
    assert!(text.contains(&format!("run --plan \"{}\" -- /usr/local/bin/shop", plan.display())), "{text}");
    verified(&project, &text);
    let project = planned("dotenv:.env");
    let text = exported(&project, &["--as", "systemd"]);
    let file = project.root().canonicalize().unwrap().join(".env");
    assert!(text.contains(&format!("EnvironmentFile={}\n", file.display())), "{text}");
    verified(&project, &text);
}

/// systemd's own reader has nothing to say about a service with this drop-in.
fn verified(project: &Project, text: &str) {
    let Some(analyze) = support::program("systemd-analyze") else {
        #[allow(clippy::print_stderr, reason = "a test has no other way to say that it skips")]
        {
            eprintln!("not checked by systemd-analyze, which is not here");
        }
        return;
    };
    let unit = project.dir.path().join("shop.service");
    let own = text.replace("/usr/local/bin/keylift", "/bin/echo").replace("/usr/local/bin/shop", "/bin/echo");
    let own = if own.contains("ExecStart=") { own } else { format!("{own}ExecStart=/bin/echo\n") };
    std::fs::write(&unit, format!("[Unit]\nDescription=Shop\n{}", own.replace("ExecStart=\n", ""))).unwrap();
    let output = Command::new(analyze).args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("shop.service"), "{said}\n{text}");
}

#[test]
fn a_store_gives_names_as_well() {
    let project = Project::new("dotenv:.env", &[]);
    std::fs::write(project.root().join(".env"), "B=2\nA=1\n").unwrap();
    assert!(exported(&project, &["dotenv:.env", "--as", "dotenv-example"]).ends_with("\nA=\nB=\n"));
    let said = project.expect(&["export", "dotenv:.env", "--as", "external-secret"], 2);
    assert!(said.contains("keylift migrate"), "{said}");
    let said = project.expect(&["export", "dotenv:none", "--as", "ecs"], 2);
    assert!(said.contains("nothing to export"), "{said}");
    let Some(server) = servers::bao() else { return };
    let env = [("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())];
    let project = Project::new("vault://secret/shop", &env);
    for (path, fields) in
        [("shop/DB", json!({ "user": "u", "pass-word": "p" })), ("shop/api/KEY", json!({ "value": "k" }))]
    {
        let body = json!({ "data": fields }).to_string();
        assert!(server.vault("POST", &format!("secret/data/{path}"), &body).0 < 300);
    }
    let text = exported(&project, &["vault://secret/shop", "--as", "github-actions"]);
    for line in [
        "secret/data/shop/DB \"pass-word\" | DB_PASS_WORD ;",
        "secret/data/shop/DB user | DB_USER ;",
        "secret/data/shop/api/KEY value | API_KEY ;",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
