//! The accessors of languages other than Python: each is compiled with a rewritten program, and reads from a real Vault.

use std::path::Path;

use crate::lifting::{java_home, missing, run};
use crate::servers;
use crate::serving::cases::{
    C, CPP, CSHARP, Case, FISH, GO, GROOVY, JAVA, KOTLIN, LUA, PHP, RUBY, SCALA, SHELL, ask, project,
};
use crate::serving::{program, skip};
use keylift_grammars::{Parsed, Request, Style, apply, language};

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

#[test]
fn lua_reads_from_vault() {
    vault(&LUA);
}

/// Memory that is used wrongly would end the program.
#[test]
fn c_reads_from_vault() {
    vault(&C);
    let step = [C.build[0], &["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]].concat();
    vault_with(&Case { build: &[&step], ..C }, &[("ASAN_OPTIONS", "detect_leaks=0".to_owned())]);
}

#[test]
fn cpp_reads_from_vault() {
    vault(&CPP);
}

/// What a server may say of JSON and never does, through a `curl` that says it.
#[test]
fn answers_are_read_to_the_letter() {
    let answers = [
        (
            r#"{"data":{"data":{"value":"a\ud83d\udd11\u00e9\u20ac\/\b\\u0041"}}}"#,
            Some("a\u{1f511}\u{e9}\u{20ac}/\u{8}\\u0041"),
        ),
        (r#" { "x" : [ "]" , {} ] , "data" : { "data" : { "va\"lue" : 1 , "value" : "b" } } } "#, Some("b")),
        (r#"{"value":"no","data":{"value":"no","data":{"other":{"value":"no"}}}}"#, None),
        (r#"{"data":{"data":{"value":"half\ud83d"}}}"#, None),
        (r#"{"data":{"data":{"value":"half\udd11"}}}"#, None),
        (r#"{"data":{"data":{"value":["no"]}}}"#, None),
        (r#"{"data":{"data":{"value":"cut"#, None),
        (r#"{"data":null}"#, None),
        ("", None),
    ];
    for case in [LUA, C, CPP] {
        let folder = project(&case, Style::Vault);
        let missed = |step: &&[&str]| run(folder.path(), step[0], &step[1..], &[]).is_none_or(|(worked, _)| !worked);
        if run(folder.path(), "sh", &["-c", "command -v lua5.4 gcc g++"], &[]).is_none_or(|(worked, _)| !worked)
            || case.build.iter().any(missed)
        {
            missing("lua5.4, gcc or g++");
            continue;
        }
        let programs = folder.path().join("bin");
        std::fs::create_dir(&programs).expect("made");
        let script = "#!/bin/sh\ncat >/dev/null\ncat \"$ANSWER\"\n";
        std::fs::write(programs.join("curl"), script).expect("written");
        assert!(run(folder.path(), "chmod", &["+x", "bin/curl"], &[]).is_some_and(|(worked, _)| worked));
        let answer = folder.path().join("answer");
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        let variables = [
            ("PATH", path),
            ("ANSWER", answer.display().to_string()),
            ("VAULT_ADDR", "http://vault".to_owned()),
            ("VAULT_TOKEN", "x".to_owned()),
        ];
        for (text, wanted) in answers {
            std::fs::write(&answer, text).expect("written");
            let (worked, said) = ask(&case, folder.path(), wanted.unwrap_or_default(), &variables, || ());
            assert!(worked == wanted.is_some(), "{} with {text}: {said}", case.language);
            match wanted {
                Some(value) => assert_eq!(said, format!("{value}\n{value}\nlet in\n"), "{}", case.language),
                None => assert!(said.contains("SHOP_PASSWORD") && !said.contains("let in"), "{said}"),
            }
        }
    }
}

/// No registry that the tests reach has PowerShell or a compiler of Swift: theirs are parsed, not run.
#[test]
fn what_cannot_be_run_here_is_parsed() {
    for (name, source) in [
        (
            "powershell",
            "param([string] $Password = 'hunter2x')\nif ($Password -eq \"hunter2x\") { \"let hunter2x in\" }\n",
        ),
        (
            "swift",
            "import Vapor\n\nlet password = \"hunter2x\"\nif given == \"hunter2x\" { print(\"let \\(password) in\") }\n",
        ),
    ] {
        let language = language(name).expect("it is linked");
        for style in [Style::Vault, Style::AwsSecretsManager] {
            let parsed = Parsed::new(language, source).expect("it parses");
            let request = |(start, _)| Request { span: start..start + 8, name: "SHOP_PASSWORD".to_owned(), style };
            let requests: Vec<Request> = source.match_indices("hunter2x").map(request).collect();
            let rewrite = parsed.rewrite(&requests);
            assert!(rewrite.outcomes.iter().all(Result::is_ok), "{:?}", rewrite.outcomes);
            let mut edits = rewrite.shared;
            edits.extend(rewrite.outcomes.into_iter().flatten().flatten());
            let accessor = rewrite.accessor.expect("the style has an accessor");
            for text in [accessor.text, apply(source, &edits).expect("no overlap")] {
                let errors = Parsed::new(language, &text).map(|parsed| parsed.syntax_errors());
                assert_eq!(errors, Some(0), "{text}");
            }
        }
    }
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
