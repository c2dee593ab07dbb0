//! Programs, moved into each store and looked up in each style, then run: the bundled shop with its own test in a real
//! Python, and small ones in JavaScript and Go.

mod common;
#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::servers;

struct Shop {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// A program of one file that is given its secrets as arguments, and works where it has the same.
struct Program {
    file: &'static str,
    source: &'static str,
    /// Other files that it needs, with their texts.
    beside: &'static [(&'static str, &'static str)],
    run: &'static [&'static str],
}

const JAVASCRIPT: Program = Program {
    file: "shop.js",
    source: "'use strict'
const assert = require('assert')

const dbPassword = '@ONE@'
const url = `postgresql://shop:@ONE@@${process.env.DB_HOST || 'db'}/shop`

function allowed (apiToken) {
  return apiToken === '@TWO@'
}

const [one, two] = process.argv.slice(2)
assert.strictEqual(dbPassword, one)
assert.strictEqual(url, `postgresql://shop:${one}@db/shop`)
assert(allowed(two) && !allowed('') && !allowed(undefined))
console.log('it works')
",
    beside: &[],
    run: &["node", "shop.js"],
};
const GO: Program = Program {
    file: "main.go",
    source: "package main

import (
\t\"fmt\"
\t\"os\"
)

const dbPassword = \"@ONE@\"

var url = \"postgresql://shop:@ONE@@db/shop\"

func allowed(apiToken string) bool {
\treturn apiToken == \"@TWO@\"
}

func main() {
\tone, two := os.Args[1], os.Args[2]
\tif dbPassword != one || url != \"postgresql://shop:\"+one+\"@db/shop\" || !allowed(two) || allowed(\"\") {
\t\tos.Exit(3)
\t}
\tfmt.Println(\"it works\")
}
",
    beside: &[("go.mod", "module shop\n\ngo 1.19\n")],
    run: &["go", "run", "."],
};

impl Shop {
    fn new(env: Vec<(String, String)>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let shop = dir.path().join("shop");
        std::fs::create_dir(&shop).expect("a folder");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flask-shop");
        for entry in std::fs::read_dir(example).expect("the example").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "py") {
                std::fs::copy(entry.path(), shop.join(entry.file_name())).expect("copied");
            }
        }
        Self { dir, env }
    }

    /// A program with its secrets.
    fn of(program: &Program, env: Vec<(String, String)>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let shop = dir.path().join("shop");
        std::fs::create_dir(&shop).expect("a folder");
        let [one, two] = Self::secrets();
        let source = program.source.replace("@ONE@", &one).replace("@TWO@", &two);
        for (name, text) in program.beside.iter().chain([&(program.file, source.as_str())]) {
            std::fs::write(shop.join(name), text).expect("written");
        }
        Self { dir, env }
    }

    /// Made up here, so that nothing in this file looks like a credential.
    fn secrets() -> [String; 2] {
        [["Kx93-", "qLmw2", "Rt8"].concat(), ["tk_9vQ2", "mZ71", "xLw04"].concat()]
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("shop")
    }

    fn output(&self, command: &mut Command) -> Output {
        command
            .current_dir(self.root())
            .env("KEYLIFT_CONFIG_DIR", self.dir.path().join("config"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("it runs")
    }

    fn keylift(&self, arguments: &[&str]) -> String {
        let output = self.output(Command::new(env!("CARGO_BIN_EXE_keylift")).args(arguments));
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    }

    fn texts(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all: Vec<_> = std::fs::read_dir(self.root())
            .expect("the shop")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension().is_some_and(|extension| ["py", "js", "go"].iter().any(|ours| extension == *ours))
            })
            .map(|path| (path.clone(), std::fs::read(path).expect("readable")))
            .collect();
        all.sort();
        all
    }

    /// The shop's own test; `keylift run` sets the environment where the code looks there.
    fn test(&self, python: &Path, through_keylift: bool) {
        let mut command = if through_keylift {
            let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
            command.args(["run", "--"]).arg(python);
            command
        } else {
            Command::new(python)
        };
        let output = self.output(command.args(["-m", "unittest", "-v"]));
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("Ran 3 tests") && !text.contains("skipped"), "{text}");
    }
}

fn road(env: Vec<(String, String)>, store: &str, lookup: &str) {
    let Some(python) = support::program("python") else {
        support::skip("python");
        return;
    };
    let shop = Shop::new(env);
    let before = shop.texts();
    shop.test(&python, false);
    shop.keylift(&["fix", "--to", store, "--lookup", lookup, "--yes"]);
    assert_ne!(shop.texts(), before);
    shop.test(&python, lookup == "env");
    if lookup == "env" {
        // Without the variables nothing runs, and nothing is let in.
        let output = shop.output(Command::new(&python).args(["-m", "unittest"]));
        assert!(!output.status.success());
    }
    shop.keylift(&["undo", "--purge"]);
    assert_eq!(shop.texts(), before);
    shop.test(&python, false);
    assert_eq!(shop.keylift(&["store", "list", store]).trim(), "");
}

/// As [`road`], for a program that is given what it should have.
fn program(program: &Program, env: Vec<(String, String)>, store: &str, lookup: &str) {
    if Command::new(program.run[0]).arg("version").output().is_err() {
        #[allow(clippy::print_stderr, reason = "a test has no other way to say that it skips")]
        {
            // A language is no server: who has none of it still runs the rest.
            eprintln!("skipped: {} is not here", program.run[0]);
        }
        return;
    }
    let shop = Shop::of(program, env);
    let run = |through_keylift: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
        command.args(["run", "--"]);
        let mut own = Command::new(program.run[0]);
        let command = if through_keylift { command.arg(program.run[0]) } else { &mut own };
        shop.output(command.args(&program.run[1..]).args(Shop::secrets()))
    };
    let works = |output: &Output| {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.contains("it works"), "{text}");
    };
    let before = shop.texts();
    works(&run(false));
    shop.keylift(&["fix", "--to", store, "--lookup", lookup, "--yes"]);
    let after = shop.texts();
    for secret in Shop::secrets() {
        let left = after.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&secret));
        assert!(!left, "nothing is left in the code");
    }
    works(&run(lookup == "env"));
    if lookup == "env" {
        let output = run(false);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains("is not set"), "it fails loudly: {error}");
    }
    shop.keylift(&["undo", "--purge"]);
    assert_eq!(shop.texts(), before);
    works(&run(false));
    assert_eq!(shop.keylift(&["store", "list", store]).trim(), "");
}

#[test]
fn javascript_runs_from_an_encrypted_file_and_from_vault() {
    program(&JAVASCRIPT, Vec::new(), "age:shop.age", "env");
    let Some(server) = servers::bao() else { return };
    program(&JAVASCRIPT, vault(&server), "vault://secret/script", "vault");
}

#[test]
fn go_runs_from_an_encrypted_file_and_from_vault() {
    program(&GO, Vec::new(), "age:shop.age", "env");
    let Some(server) = servers::bao() else { return };
    program(&GO, vault(&server), "vault://secret/binary", "vault");
}

fn vault(server: &servers::Server) -> Vec<(String, String)> {
    vec![("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())]
}

#[test]
fn the_shop_runs_from_an_encrypted_file() {
    road(Vec::new(), "age:shop.age", "env");
}

#[test]
fn the_shop_runs_from_vault_with_versions() {
    let Some(server) = servers::bao() else { return };
    road(vault(&server), "vault://secret/shop", "env");
    road(vault(&server), "vault://secret/shop/direct", "vault");
}

#[test]
fn the_shop_runs_from_vault_without_versions() {
    let Some(server) = servers::bao() else { return };
    road(vault(&server), "vault://kv1/shop", "env");
    road(vault(&server), "vault://kv1/direct", "vault");
}

#[cfg(feature = "aws")]
#[test]
fn the_shop_runs_from_aws_secrets_manager() {
    let Some(server) = servers::moto() else { return };
    let mut env = servers::aws_vars(&server.url());
    // boto3 reads its own name of the region.
    env.push(("AWS_DEFAULT_REGION".into(), "eu-central-1".into()));
    road(env.clone(), "aws-sm://shop", "env");
    road(env, "aws-sm://direct", "aws-sm");
}
