//! The accessors that read from AWS Secrets Manager, in languages whose SDK no registry of the tests has: each is compiled
//! and run with a stand-in for the SDK (`sdks/`) against the emulator.

use std::path::Path;

use crate::lifting::{java_home, missing, run};
use crate::servers;
use crate::serving::cases::{
    C, CPP, CSHARP, Case, FISH, GROOVY, JAVA, KOTLIN, LUA, PHP, RUBY, RUST, SCALA, SHELL, ask, project,
};
use crate::serving::{program, skip};
use keylift_grammars::Style;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

fn aws(case: &Case<'_>) {
    aws_with(case, &[]);
}

/// …with further variables.
fn aws_with(case: &Case<'_>, more: &[(&str, String)]) {
    let folder = project(case, Style::AwsSecretsManager);
    if run(folder.path(), case.run[0], &["--version"], &[]).is_none() && !case.run[0].starts_with("./") {
        return missing(case.run[0]);
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks"), &folder.path().join("sdk"));
    let _ = std::fs::create_dir(folder.path().join("out"));
    for step in case.build {
        let Some((worked, text)) = run(folder.path(), step[0], &step[1..], &[]) else { return missing(step[0]) };
        if text.contains("error CS0006") {
            return missing("a library of mono");
        }
        assert!(worked, "{step:?}: {text}");
        assert!(!text.contains("warning"), "{step:?}: {text}");
    }
    let Some(server) = servers::moto() else { return };
    let given = servers::aws_vars(&server.url());
    let variables = given.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let variables: Vec<(&str, String)> = variables.chain(more.iter().cloned()).collect();
    let id = "shop/SHOP_PASSWORD";
    for (wrong, said) in [(&variables[..], "ResourceNotFoundException"), (more, "")] {
        let (worked, text) = ask(case, folder.path(), "", wrong, || ());
        assert!(!worked && text.contains(said) && !text.contains("let in"), "{text}");
    }
    let value = "h\u{fc}nter \"2x\" $\\ \u{1f511}";
    server.secrets_manager("CreateSecret", &serde_json::json!({ "Name": id, "SecretString": value }));
    let change = || {
        server.secrets_manager("PutSecretValue", &serde_json::json!({ "SecretId": id, "SecretString": "another" }));
    };
    let (worked, text) = ask(case, folder.path(), value, &variables, change);
    assert!(worked, "{text}");
    assert_eq!(text, format!("{value}\n{value}\nlet in\n"), "a secret is read once");
    let anew = ask(case, folder.path(), "", &variables, || ());
    assert_eq!(anew, (true, "another\nanother\n".into()), "and anew by a new process");
}

#[test]
fn ruby_reads_from_aws() {
    aws(&Case { run: &["ruby", "-w", "-I", "sdk", "main.rb"], ..RUBY });
}

#[test]
fn php_reads_from_aws() {
    aws(&Case { run: &["php", "-d", "auto_prepend_file=sdk/sdk.php", "main.php"], ..PHP });
}

const JAVA_SDK: [&str; 4] = [
    "sdk/java/software/amazon/awssdk/core/SdkBytes.java",
    "sdk/java/software/amazon/awssdk/services/secretsmanager/SecretsManagerClient.java",
    "sdk/java/software/amazon/awssdk/services/secretsmanager/model/GetSecretValueRequest.java",
    "sdk/java/software/amazon/awssdk/services/secretsmanager/model/GetSecretValueResponse.java",
];

#[test]
fn java_reads_from_aws() {
    let sdk = [&["javac", "-Xlint:-options", "--release", "8", "-d", "out"], &JAVA_SDK[..]].concat();
    let own = ["javac", "-Xlint:-options", "--release", "8", "-encoding", "UTF-8", "-cp", "out", "-d", "out"];
    let own = [&own[..], &["Main.java", "KeyliftSecrets.java"]].concat();
    aws(&Case { build: &[&sdk, &own], ..JAVA });
}

#[test]
fn kotlin_reads_from_aws() {
    let sdk = [&["javac", "-Xlint:-options", "--release", "8", "-d", "out"], &JAVA_SDK[..]].concat();
    let own =
        ["kotlinc", "-nowarn", "-cp", "out", "Main.kt", "KeyliftSecrets.kt", "-include-runtime", "-d", "main.jar"];
    aws(&Case { build: &[&sdk, &own], run: &["java", "-cp", "main.jar:out", "shop.web.MainKt"], ..KOTLIN });
}

#[test]
fn scala_reads_from_aws() {
    let sdk = [&["javac", "-Xlint:-options", "--release", "8", "-d", "out"], &JAVA_SDK[..]].concat();
    let own = ["scalac", "-deprecation", "-cp", "out", "-d", "out", "Main.scala", "KeyliftSecrets.scala"];
    aws(&Case { build: &[&sdk, &own], ..SCALA });
}

#[test]
fn groovy_reads_from_aws() {
    let Some(java) = java_home() else { return missing("java") };
    if run(Path::new("/"), "groovy", &["--version"], &[]).is_none() {
        return missing("groovy");
    }
    let sdk = [&["javac", "-Xlint:-options", "--release", "8", "-d", "out"], &JAVA_SDK[..]].concat();
    let case = Case { build: &[&sdk], run: &["groovy", "-cp", "out:.", "main.groovy"], ..GROOVY };
    aws_with(&case, &[("JAVA_HOME", java)]);
}

#[test]
fn rust_reads_from_aws() {
    let sdk = |file| ["rustc", "--edition", "2021", "--crate-type", "rlib", "-L", ".", file];
    let crates = ["tokio", "aws_config", "aws_sdk_secretsmanager"].map(|name| ["--extern", name]).concat();
    let own = [&["rustc", "--edition", "2021", "-D", "warnings", "-L", "."], &crates[..], &["main.rs"]].concat();
    let build: [&[&str]; 4] = [
        &sdk("sdk/rust/tokio.rs"),
        &sdk("sdk/rust/aws_config.rs"),
        &[&sdk("sdk/rust/aws_sdk_secretsmanager.rs")[..], &["--extern", "aws_config"]].concat(),
        &own,
    ];
    aws(&Case { build: &build, ..RUST });
}

#[test]
fn csharp_reads_from_aws() {
    let build = [CSHARP.build[0], &["sdk/Sdk.cs"]].concat();
    aws(&Case { build: &[&build], ..CSHARP });
}

/// Through `aws`.
#[test]
fn shells_and_programs_that_run_one_read_from_aws() {
    let Some(own) = program("aws") else { return skip("aws") };
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", own.parent().expect("a folder").display());
    for case in
        [Case { run: &["dash", "main.sh"], ..SHELL }, Case { run: &["bash", "main.sh"], ..SHELL }, FISH, LUA, C, CPP]
    {
        aws_with(&case, &[("PATH", path.clone())]);
    }
}
