//! The accessors of Rust: the one for Vault is part of this test and reads from a real one, as a program of its own; what was
//! rewritten to call an accessor is compiled and run with a stand-in for it.

#[path = "../languages/rust/accessor_vault.rs"]
mod keylift_secrets;

use std::process::Command;

use crate::lifting::{missing, run};
use crate::servers;
use crate::serving::{program, skip};
use keylift_grammars::{Parsed, Request, Style, apply, language};

/// What this program does as a child: prints the secret, has it changed, prints it again, and whether it is as told.
#[test]
#[ignore = "a part of the test below, run by it"]
#[allow(clippy::print_stdout, reason = "the other half reads it")]
fn reads_a_secret_twice() {
    println!("\n= {}", keylift_secrets::get("SHOP_PASSWORD"));
    if let Ok(file) = std::env::var("CHANGED") {
        std::fs::write(&file, "").expect("written");
        while std::path::Path::new(&file).exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
    println!("\n= {}", keylift_secrets::get("SHOP_PASSWORD"));
    assert_ne!(keylift_secrets::get("SHOP_PASSWORD"), "", "let in");
}

#[test]
fn rust_reads_from_vault() {
    if program("bao").is_none() {
        return skip("bao");
    }
    let Some(server) = servers::bao() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let flag = folder.path().join("changed");
    let start = |variables: &[(&str, String)]| {
        Command::new(std::env::current_exe().expect("this program"))
            .args(["--ignored", "--exact", "accessors_rust::reads_a_secret_twice", "--nocapture"])
            .env_clear()
            .env("HOME", folder.path())
            .env("KEYLIFT_VAULT_MOUNT", "secret")
            .env("KEYLIFT_VAULT_PREFIX", "shop/")
            .env("KEYLIFT_VAULT_KV", "2")
            .envs(variables.iter().cloned())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("it starts")
    };
    let finish = |child: std::process::Child| {
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let read = text.lines().filter_map(|line| line.strip_prefix("= ").map(str::to_owned)).collect::<Vec<_>>();
        (output.status.success(), read, text)
    };
    let put = |path: &str, body: serde_json::Value| assert!(server.vault("POST", path, &body.to_string()).0 < 300);
    let versioned = "secret/data/shop/SHOP_PASSWORD";
    let with = |token: &str| vec![("VAULT_ADDR", server.url()), ("VAULT_TOKEN", token.to_owned())];
    let root = with(servers::ROOT);
    let fails = |variables: &[(&str, String)], why: &str| {
        let (worked, read, text) = finish(start(variables));
        assert!(!worked && read.is_empty() && text.contains("SHOP_PASSWORD could not be read"), "{text}");
        assert!(text.contains(why), "{text}");
    };
    fails(&root, "the server answered 404");
    fails(&[], "VAULT_ADDR is not set");
    put(versioned, serde_json::json!({"data": {"another": "x"}}));
    fails(&root, "no text in the field");
    let value = "h\u{fc}nter \"2x\" $\\ \u{1f511}";
    // The accessor's field is filled in by a run; here it has the name of its mark.
    put(versioned, serde_json::json!({"data": {"@KEYLIFT_FIELD@": value, "last": true}}));
    fails(&with("wrong"), "the server answered 403");
    let mut waits = root.clone();
    waits.push(("CHANGED", flag.display().to_string()));
    let mut child = start(&waits);
    while !flag.exists() && child.try_wait().expect("it can be asked").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    put(versioned, serde_json::json!({"data": {"@KEYLIFT_FIELD@": "another"}}));
    let _ = std::fs::remove_file(&flag);
    let (worked, read, text) = finish(child);
    assert!(worked, "{text}");
    assert_eq!(read, [value, value], "a secret is read once: {text}");
    assert_eq!(finish(start(&root)).1, ["another", "another"], "and anew by a new process");
    // Without versions, from a token file.
    put("kv1/shop/SHOP_PASSWORD", serde_json::json!({"@KEYLIFT_FIELD@": "plain"}));
    std::fs::write(folder.path().join(".vault-token"), format!("{}\n", servers::ROOT)).expect("written");
    let plain =
        [("VAULT_ADDR", server.url() + "/"), ("KEYLIFT_VAULT_MOUNT", "kv1".into()), ("KEYLIFT_VAULT_KV", "1".into())];
    assert_eq!(finish(start(&plain)).1, ["plain", "plain"]);
}

const SOURCE: &str = "#![allow(dead_code)]
//! A shop.

use std::fmt;

const PASSWORD: &str = \"hunter2x\";

struct Shop {
    password: String,
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, \"{}\", self.password)
    }
}

mod inner {
    pub(crate) fn password() -> String {
        \"hunter2x\".to_string()
    }

    pub(crate) mod deeper {
        static DEEPER: &str = \"hunter2x\";
        pub(crate) fn same(given: &str) -> bool {
            given == DEEPER && given == \"hunter2x\"
        }
    }
}

fn main() {
    let shop = Shop { password: String::from(\"hunter2x\") };
    println!(\"{} {} {}\", shop, PASSWORD, inner::password());
    if inner::deeper::same(&std::env::args().nth(1).unwrap_or_default()) {
        println!(\"let in\");
    }
}
";

/// The rewritten program, twice: what the first rewrite brought in is used by the second.
#[test]
fn what_calls_the_accessor_compiles_in_every_module() {
    for style in [Style::Vault, Style::AwsSecretsManager] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = SOURCE.to_owned();
        while let Some(start) = text.find("hunter2x") {
            let parsed = Parsed::new(language("rust").expect("it is linked"), &text).expect("it parses");
            let request = Request { span: start..start + 8, name: "SHOP_PASSWORD".to_owned(), style };
            let rewrite = parsed.rewrite(&[request]);
            let mut edits = rewrite.shared;
            edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("it can be lifted")));
            let accessor = rewrite.accessor.expect("the style has an accessor");
            assert_eq!(accessor.name, "keylift_secrets/mod.rs");
            text = apply(&text, &edits).expect("no overlap");
        }
        assert_eq!(text.matches("mod keylift_secrets;").count(), 1, "{text}");
        std::fs::create_dir(folder.path().join("keylift_secrets")).expect("made");
        let stand_in = "//! In the place of the accessor.\n\n/// The variable of that name.\npub fn get(name: &str) -> String {\n    \
                        std::env::var(name).unwrap_or_else(|_| panic!(\"the secret {name} could not be read\"))\n}\n";
        std::fs::write(folder.path().join("keylift_secrets/mod.rs"), stand_in).expect("written");
        std::fs::write(folder.path().join("shop.rs"), &text).expect("written");
        let build = ["--edition", "2021", "-D", "warnings", "-o", "shop", "shop.rs"];
        let Some((worked, said)) = run(folder.path(), "rustc", &build, &[]) else { return missing("rustc") };
        assert!(worked, "{said}\n{text}");
        let shop = folder.path().join("shop").display().to_string();
        let ran = run(folder.path(), &shop, &["s3cret"], &[("SHOP_PASSWORD", "s3cret")]).expect("it runs");
        assert_eq!(ran, (true, "s3cret s3cret s3cret\nlet in\n".to_owned()));
        let (worked, said) = run(folder.path(), &shop, &[""], &[]).expect("it runs");
        assert!(!worked && said.contains("SHOP_PASSWORD could not be read") && !said.contains("let in"), "{said}");
    }
}
