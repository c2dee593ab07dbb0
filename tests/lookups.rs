//! The bundled shop, moved into each store and looked up in each style; then its own test runs in a real Python.

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
            .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
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
