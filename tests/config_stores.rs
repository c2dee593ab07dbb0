//! Config files that name a store's entries themselves, with real stores: the store has what the program would have read,
//! and undo gives the files back.

#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::Command;

use support::servers;

/// A folder with config files, and keylift run in it.
struct Folder {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Folder {
    fn new(env: Vec<(String, String)>, files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = dir.path().join("app").join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            std::fs::write(path, text).expect("written");
        }
        Self { dir, env }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("app")
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).expect("a file")
    }

    fn keylift(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
            .args(arguments)
            .current_dir(self.root())
            .env("KEYLIFT_CONFIG_DIR", self.dir.path().join("config"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("keylift runs");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    /// Plans with these options and applies; answers what was said.
    fn apply(&self, options: &[&str]) -> String {
        let (_, planned) = self.keylift(&[&["plan"], options].concat());
        let (fine, applied) = self.keylift(&["apply", "--yes"]);
        assert!(fine, "{planned}\n{applied}");
        applied
    }

    /// Takes everything back and compares.
    fn undo(&self, files: &[(&str, &str)]) {
        let (fine, undone) = self.keylift(&["undo", "--purge"]);
        assert!(fine, "{undone}");
        for (path, text) in files {
            assert_eq!(self.read(path), *text);
        }
    }
}

fn vault(server: &servers::Server) -> Vec<(String, String)> {
    vec![("VAULT_ADDR".into(), server.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())]
}

#[test]
fn kubernetes_secrets_become_external_secrets() {
    let Some(server) = servers::bao() else { return };
    // keylift:allow base64 of an example
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop-db\ndata:\n  username: YWRtaW4=\n  password: aHVudGVyMmFiYyFx\n";
    let files = [("k8s/secret.yaml", secret)];
    let folder = Folder::new(vault(&server), &files);
    let said = folder.apply(&["--to", "vault://secret/shop", "--secret-store", "ClusterSecretStore/vault"]);
    assert!(said.contains("a ClusterSecretStore named vault for this store"), "{said}");
    let after = folder.read("k8s/secret.yaml");
    assert!(after.contains("kind: ClusterSecretStore\n    name: vault\n"), "{after}");
    assert!(after.contains("key: shop/SHOP_DB_PASSWORD\n        property: value"), "{after}");
    assert!(after.contains("username: '{{ \"YWRtaW4=\" | b64dec }}'") && !after.contains("aHVudGVy"), "{after}");
    let (status, kept) = server.vault("GET", "secret/data/shop/SHOP_DB_PASSWORD", "");
    // keylift:allow an example
    assert!(status == 200 && kept.contains("\"hunter2abc!q\""), "{kept}");
    folder.undo(&files);
}

#[test]
fn a_store_that_the_operator_does_not_read_leaves_the_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: kX9wQ2vLr7\n"; // keylift:allow an example
    let folder = Folder::new(Vec::new(), &[("secret.yaml", secret)]);
    let (_, planned) = folder.keylift(&["plan", "--to", "age:../s.age"]);
    assert!(planned.contains("where the plan's store is one that the External Secrets Operator reads"), "{planned}");
}
