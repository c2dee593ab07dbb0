//! A folder with keylift in it, and what the tests of migrations do there again and again.

use std::process::{Command, Output};

use keylift_providers::{Expect, FingerprintKey, Secret, Settings, Store, WriteId, open};

use super::support::servers::{self, Server};

pub struct Desk {
    pub dir: tempfile::TempDir,
    pub env: Vec<(String, String)>,
}

impl Desk {
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
        command.args(arguments).current_dir(self.dir.path()).env("KEYLIFT_CONFIG_DIR", self.dir.path().join("config"));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("keylift runs");
        let text = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(!String::from_utf8_lossy(&text).contains("hunter-two"), "{arguments:?} shows a value");
        output
    }

    pub fn expect(&self, arguments: &[&str], exit: i32) -> String {
        let output = self.run(arguments);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
        text
    }

    pub fn store(&self, uri: &str) -> Box<dyn Store> {
        let settings = Settings::with_vars(self.dir.path().join("config"), self.env.clone()).in_dir(self.dir.path());
        open(uri, &settings).expect("a store")
    }

    /// Puts many values into a store, in one go.
    pub fn fill_together(&self, uri: &str, values: &[(&str, Vec<u8>)]) {
        let (store, key) = (self.store(uri), FingerprintKey::new([9; 32]));
        let addresses: Vec<_> = values.iter().map(|(name, _)| store.address(name).expect("a name")).collect();
        let secrets: Vec<_> = values.iter().map(|(_, value)| Secret::new(value.clone())).collect();
        let ids: Vec<_> = addresses
            .iter()
            .zip(&secrets)
            .map(|(address, secret)| WriteId::new(&key, "fill", address, secret))
            .collect();
        let writes: Vec<_> = addresses
            .iter()
            .zip(&secrets)
            .zip(&ids)
            .map(|((address, secret), id)| keylift_providers::Write { address, secret, expect: &Expect::Absent, id })
            .collect();
        wait(async { assert!(store.write_many(&writes).await.iter().all(Result::is_ok)) });
    }

    /// Puts values into a store, by hand.
    pub fn fill(&self, uri: &str, values: &[(&str, Vec<u8>)]) {
        let store = self.store(uri);
        wait(async {
            for (name, value) in values {
                let address = store.address(name).expect("a name");
                let secret = Secret::new(value.clone());
                let id = WriteId::new(&FingerprintKey::new([9; 32]), "fill", &address, &secret);
                store.write(&address, &secret, &Expect::Absent, &id).await.expect("written");
            }
        });
    }
}

pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
}

impl Desk {
    pub fn local() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder"), env: Vec::new() }
    }

    pub fn vault(bao: &Server) -> Self {
        let env = vec![("VAULT_ADDR".into(), bao.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())];
        Self { dir: tempfile::tempdir().expect("a folder"), env }
    }

    /// A value of a store, by the path that its listing shows.
    pub fn read(&self, uri: &str, name: &str) -> Option<String> {
        let store = self.store(uri);
        let address = store.address(name).expect("a name");
        let entry = wait(async { store.read(&address).await }).expect("readable");
        entry.map(|entry| entry.secret.expose_str().expect("text").to_owned())
    }

    /// Writes a value whatever is there, as somebody else would.
    pub fn overwrite(&self, uri: &str, name: &str, value: &str) {
        let store = self.store(uri);
        wait(async {
            let (address, secret) = (at(&*store, name), Secret::new(value));
            let id = WriteId::new(&FingerprintKey::new([9; 32]), value, &address, &secret);
            store.write(&address, &secret, &Expect::Anything, &id).await.expect("written");
        });
    }

    /// The whole of an entry with fields.
    pub fn whole(&self, uri: &str, name: &str) -> Option<(String, Option<String>)> {
        let store = self.store(uri);
        let address = keylift_providers::Address { field: None, ..store.address(name).expect("a name") };
        let entry = wait(async { store.read(&address).await }).expect("readable")?;
        Some((entry.secret.expose_str().expect("text").to_owned(), entry.version))
    }

    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).expect("written");
    }
}

/// The address of a name; `NAME#FIELD` is a field, `NAME#` the whole entry.
pub fn at(store: &dyn Store, name: &str) -> keylift_providers::Address {
    let (name, field) = name.split_once('#').map_or((name, None), |(name, field)| (name, Some(field)));
    let address = store.address(name).expect("a name");
    match field {
        None => address,
        Some(field) => {
            keylift_providers::Address { field: Some(field.to_owned()).filter(|field| !field.is_empty()), ..address }
        }
    }
}

pub fn text(value: &str) -> Vec<u8> {
    value.as_bytes().to_vec()
}
