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
    assert!(!folder.root().join(".env.example").exists(), "nothing reads a variable");
    let (status, kept) = server.vault("GET", "secret/data/shop/SHOP_DB_PASSWORD", "");
    // keylift:allow an example
    assert!(status == 200 && kept.contains("\"hunter2abc!q\""), "{kept}");
    folder.undo(&files);
}

const TERRAFORM: &str = "resource \"db\" \"shop\" {\n  password = \"Tr0ub4dor-shop\"\n}\n";
const COPY: &str = "resource \"db\" \"copy\" {\n  password = \"Tr0ub4dor-shop\"\n}\n";
const ANSIBLE: &str = "db_password: Tr0ub4dor-shop\nmail_password: B4ttery-staple\n";

#[test]
fn terraform_and_ansible_read_vault_themselves() {
    let Some(server) = servers::bao() else { return };
    let files = [("infra/a.tf", TERRAFORM), ("infra/b.tf", COPY), ("group_vars/all.yml", ANSIBLE)];
    let folder = Folder::new(vault(&server), &files);
    folder.apply(&["--to", "vault://secret/shop", "--lookup", "vault"]);
    let (first, second, vars) =
        (folder.read("infra/a.tf"), folder.read("infra/b.tf"), folder.read("group_vars/all.yml"));
    let block =
        "data \"vault_kv_secret_v2\" \"db_password\" {\n  mount = \"secret\"\n  name  = \"shop/DB_PASSWORD\"\n}\n";
    assert!(first.ends_with(block) && !second.contains("data \"vault"), "{first}{second}");
    let lookup = "password = data.vault_kv_secret_v2.db_password.data[\"value\"]";
    assert!(first.contains(lookup) && second.contains(lookup), "{first}{second}");
    let read = "vault_kv2_get', 'shop/MAIL_PASSWORD', engine_mount_point='secret')['secret']['value'] }}";
    assert!(vars.contains(read), "{vars}");
    for (name, value) in [("DB_PASSWORD", "Tr0ub4dor-shop"), ("MAIL_PASSWORD", "B4ttery-staple")] {
        let (_, kept) = server.vault("GET", &format!("secret/data/shop/{name}"), "");
        assert!(kept.contains(&format!("\"value\":\"{value}\"")), "{kept}");
    }
    folder.undo(&files);
}

#[test]
fn a_mount_without_versions_is_named_as_one() {
    let Some(server) = servers::bao() else { return };
    let files = [("infra/a.tf", TERRAFORM)];
    let folder = Folder::new(vault(&server), &files);
    folder.keylift(&["plan", "--to", "vault://kv1/shop", "--lookup", "vault"]);
    let (_, said) = folder.keylift(&["apply", "--yes"]);
    assert!(said.contains("KV version 1") && said.contains("vault://kv1/shop?kv=1"), "{said}");
    assert_eq!(folder.read("infra/a.tf"), TERRAFORM);
    folder.apply(&["--to", "vault://kv1/shop?kv=1", "--lookup", "vault"]);
    let after = folder.read("infra/a.tf");
    assert!(after.contains("path = \"kv1/shop/"), "{after}");
    folder.undo(&files);
}

#[cfg(feature = "aws")]
#[test]
fn templates_and_services_read_secrets_manager_themselves() {
    let Some(server) = servers::moto() else { return };
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    \
                    Properties:\n      MasterUserPassword: Tr0ub4dor-shop\n";
    let service = "service: shop\nprovider:\n  name: aws\n  environment:\n    DB_PASSWORD: Tr0ub4dor-shop\n";
    let files = [("template.yaml", template), ("api/serverless.yml", service), ("main.tf", TERRAFORM)];
    let folder = Folder::new(servers::aws_vars(&server.url()), &files);
    folder.apply(&["--to", "aws-sm://shop", "--lookup", "aws-sm"]);
    let after = files.map(|(path, _)| folder.read(path)).join("\n");
    for wanted in [
        "\"{{resolve:secretsmanager:shop/DB_PASSWORD}}\"",
        "raw):/aws/reference/secretsmanager/shop/DB_PASSWORD}",
        "data.aws_secretsmanager_secret_version.db_password.secret_string",
    ] {
        assert!(after.contains(wanted), "{after}");
    }
    folder.undo(&files);
}

#[test]
fn a_store_that_the_operator_does_not_read_leaves_the_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: kX9wQ2vLr7\n"; // keylift:allow an example
    let folder = Folder::new(Vec::new(), &[("secret.yaml", secret)]);
    let (_, planned) = folder.keylift(&["plan", "--to", "age:../s.age"]);
    assert!(planned.contains("where the plan's store is one that the External Secrets Operator reads"), "{planned}");
}

#[test]
fn compose_files_give_services_secrets_where_that_is_asked_for() {
    let compose =
        "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: kept-Safe.4411x\n";
    let files = [("compose.yaml", compose)];
    let folder = Folder::new(Vec::new(), &files);
    let said = folder.apply(&["--to", "age:shop.age", "--compose-secrets"]);
    assert!(said.contains("Docker Compose 2.6"), "{said}");
    let after = folder.read("compose.yaml");
    assert!(after.contains("POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password\n"), "{after}");
    assert!(after.contains("    secrets:\n      - postgres_password\n"), "{after}");
    assert!(after.ends_with("\nsecrets:\n  postgres_password:\n    environment: POSTGRES_PASSWORD\n"), "{after}");
    assert_eq!(folder.read("keylift.plan.yaml").matches("compose-secrets: true\n").count(), 1);
    assert!(folder.read(".env.example").contains("POSTGRES_PASSWORD="));
    folder.undo(&files);
}

/// Cargo takes each file of `src/bin` for a program, so that the accessor has a folder of its own.
#[test]
fn an_accessor_with_a_folder_of_its_own_comes_and_goes() {
    let Some(server) = servers::bao() else { return };
    let program = "fn main() {\n    let password = \"kept-Safe.4411x\";\n    println!(\"{}\", password.len());\n}\n";
    let files = [("src/bin/tool.rs", program)];
    let folder = Folder::new(vault(&server), &files);
    let said = folder.apply(&["--to", "vault://secret/shop", "--lookup", "vault"]);
    assert!(said.contains("cargo add ureq serde_json"), "{said}");
    let after = folder.read("src/bin/tool.rs");
    assert!(after.starts_with("#[path = \"keylift_secrets/mod.rs\"]\nmod keylift_secrets;\n\nfn main"), "{after}");
    assert!(after.contains("keylift_secrets::get(\"MAIN_PASSWORD\")"), "{after}");
    assert!(folder.read("src/bin/keylift_secrets/mod.rs").contains("\"shop/\""));
    folder.undo(&files);
    assert!(!folder.root().join("src/bin/keylift_secrets").exists(), "nothing is left");
}
