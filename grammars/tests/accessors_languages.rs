//! The accessors of languages other than Python: each is compiled with a rewritten program, and reads from a real Vault.

#[path = "../../providers/tests/support/servers.rs"]
#[allow(dead_code, reason = "the half that speaks to AWS is for other tests")]
mod servers;

#[path = "serving/cases.rs"]
mod cases;
mod lifting;
mod serving;

use std::path::Path;

use cases::{CSHARP, Case, FISH, GO, GROOVY, JAVA, KOTLIN, PHP, RUBY, SCALA, SHELL, ask, project};
use keylift_grammars::Style;
use lifting::{java_home, missing, run};
use serving::{program, skip};

fn vault(case: &Case<'_>) {
    vault_with(case, &[]);
}

/// …with further variables.
fn vault_with(case: &Case<'_>, more: &[(&str, String)]) {
    let folder = project(case, Style::Vault);
    let _ = std::fs::create_dir(folder.path().join("out"));
    if run(folder.path(), case.run[0], &["--version"], &[]).is_none() && !case.run[0].starts_with("./") {
        return missing(case.run[0]);
    }
    for step in case.build {
        let Some((worked, text)) = run(folder.path(), step[0], &step[1..], &[]) else { return missing(step[0]) };
        // A library that the toolchain comes without, in Debian's parts of mono.
        if text.contains("error CS0006") {
            return missing("a library of mono");
        }
        assert!(worked, "{step:?}: {text}");
        assert!(!text.contains("warning"), "{step:?}: {text}");
    }
    if program("bao").is_none() {
        return skip("bao");
    }
    let Some(server) = servers::bao() else { return };
    let variables = |token: &str| {
        let own = [("VAULT_ADDR", server.url()), ("VAULT_TOKEN", token.to_owned())];
        own.into_iter().chain(more.iter().cloned()).collect::<Vec<_>>()
    };
    let put = |path: &str, body: serde_json::Value| assert!(server.vault("POST", path, &body.to_string()).0 < 300);
    let versioned = "secret/data/shop/SHOP_PASSWORD";
    let root = variables(servers::ROOT);
    // Nothing there, no server, another's token, another field: it fails loudly, and lets nobody in.
    let fails = |variables: &[(&str, String)]| {
        let (worked, text) = ask(case, folder.path(), "", variables, || ());
        assert!(!worked && !text.contains("let in"), "{text}");
        assert!(text.contains("SHOP_PASSWORD") || text.contains("VAULT_ADDR"), "{text}");
    };
    fails(&root);
    fails(more);
    put(versioned, serde_json::json!({"data": {"another": "x"}}));
    fails(&root);
    let value = "h\u{fc}nter \"2x\" $\\ \u{1f511}";
    put(versioned, serde_json::json!({"data": {"first": [1, {"value": "no"}], "value": value, "last": true}}));
    fails(&variables("wrong"));
    let again = || put(versioned, serde_json::json!({"data": {"value": "another"}}));
    let (worked, text) = ask(case, folder.path(), value, &root, again);
    assert!(worked, "{text}");
    assert_eq!(text, format!("{value}\n{value}\nlet in\n"), "a secret is read once");
    assert_eq!(
        ask(case, folder.path(), "", &root, || ()),
        (true, "another\nanother\n".into()),
        "and anew by a new process"
    );
    // Without versions, from a token file.
    put("kv1/shop/SHOP_PASSWORD", serde_json::json!({"value": "plain"}));
    std::fs::write(folder.path().join(".vault-token"), servers::ROOT).expect("written");
    let mut plain =
        vec![("VAULT_ADDR", server.url()), ("KEYLIFT_VAULT_MOUNT", "kv1".into()), ("KEYLIFT_VAULT_KV", "1".into())];
    plain.extend(more.iter().cloned());
    if ["java", "scala", "groovy"].contains(&case.run[0]) {
        plain.push(("JAVA_TOOL_OPTIONS", format!("-Duser.home={}", folder.path().display())));
    }
    let (worked, text) = ask(case, folder.path(), "plain", &plain, || ());
    assert!(worked && text.starts_with("plain\nplain\nlet in\n"), "{text}");
}

#[test]
fn go_reads_from_vault() {
    vault(&GO);
}

/// Debian's SDK is older than `AWS_ENDPOINT_URL`: what can be told is that it compiles, and fails loudly.
#[test]
fn go_compiles_with_the_aws_sdk() {
    const SDK: &str = "/usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/service/secretsmanager";
    if !Path::new(SDK).is_dir() {
        return missing("Debian's golang-github-aws-aws-sdk-go-v2-dev");
    }
    let folder = project(&GO, Style::AwsSecretsManager);
    let old = [("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode")];
    for step in GO.build {
        let Some((worked, text)) = run(folder.path(), step[0], &step[1..], &old) else { return missing(step[0]) };
        assert!(worked, "{text}");
    }
    let offline = [("AWS_EC2_METADATA_DISABLED", "true".to_owned())];
    let (worked, text) = ask(&GO, folder.path(), "", &offline, || ());
    assert!(!worked && text.contains("the secret SHOP_PASSWORD could not be read"), "{text}");
    assert!(!text.contains("let in"), "{text}");
}

#[test]
fn java_reads_from_vault() {
    vault(&JAVA);
}

#[test]
fn kotlin_reads_from_vault() {
    vault(&KOTLIN);
}

#[test]
fn scala_reads_from_vault() {
    vault(&SCALA);
}

#[test]
fn groovy_reads_from_vault() {
    let Some(java) = java_home() else { return missing("java") };
    vault_with(&GROOVY, &[("JAVA_HOME", java)]);
}

#[test]
fn ruby_reads_from_vault() {
    vault(&RUBY);
}

#[test]
fn php_reads_from_vault() {
    vault(&PHP);
}

#[test]
fn csharp_reads_from_vault() {
    vault(&CSHARP);
}

/// Through `bao`, and where no such program is, through curl and jq.
#[test]
fn shells_read_from_vault() {
    let Some(bao) = program("bao") else { return skip("bao") };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("bao").exists());
    let without = std::env::join_paths(without).expect("a search path").to_string_lossy().into_owned();
    let with = format!("{}:{without}", bao.parent().expect("a folder").display());
    let dash = Case { run: &["dash", "main.sh"], ..SHELL };
    let bash = Case { run: &["bash", "main.sh"], ..SHELL };
    for (case, path) in [(&dash, &without), (&bash, &without), (&FISH, &without), (&bash, &with), (&FISH, &with)] {
        let needs = format!("command -v curl && command -v jq && command -v {}", case.run[0]);
        if run(Path::new("/"), "sh", &["-c", &needs], &[]).is_none_or(|(worked, _)| !worked) {
            missing("a shell, curl or jq");
            continue;
        }
        vault_with(case, &[("PATH", path.clone())]);
    }
}
