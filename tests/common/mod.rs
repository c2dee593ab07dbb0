//! A small project with planted values, and keylift run on it.

#![allow(dead_code)] // Every test binary uses a part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Values that must show up nowhere but in the code and the store. Assembled, so that none stands in this repository.
pub fn planted() -> Vec<String> {
    ["One!x", "Two?y", "Three z", "Four'q"].iter().map(|end| format!("Pl4nted-{end}")).collect()
}

/// A project below a folder of its own, with keylift's configuration beside it.
#[derive(Debug)]
pub struct Project {
    pub dir: TempDir,
    pub store: String,
    pub env: Vec<(String, String)>,
}

impl Project {
    /// Three modules with four values in different shapes; one of them stands in two files.
    pub fn new(store: &str, env: &[(String, String)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let root = dir.path().join("app");
        std::fs::create_dir_all(root.join("shop")).expect("a folder");
        let [one, two, three, four] = planted().try_into().expect("four values");
        let write = |path: &str, text: String| std::fs::write(root.join(path), text).expect("written");
        write("shop/__init__.py", String::new());
        write("shop/db.py", format!("\"\"\"The database.\"\"\"\n\nDB_PASSWORD = '{one}'\nAPI_SECRET = \"{two}\"\r\n"));
        write(
            "shop/mail.py",
            format!("import os\n\n\ndef login(password='{three}'):\n    return password\n\n\ndb_password = '{one}'\n"),
        );
        write("shop/auth.py", format!("def check(password):\n    return password == \"{four}\"\n"));
        write(
            "main.py",
            "from shop import auth, db, mail\n\nprint(repr([db.DB_PASSWORD, db.API_SECRET, mail.login(), mail.db_password, \
             auth.check(__import__('sys').argv[1])]))\n"
                .into(),
        );
        Self { dir, store: store.to_owned(), env: env.to_vec() }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("app")
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// keylift's command line, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
        command.args(arguments).current_dir(self.root()).env("KEYLIFT_CONFIG_DIR", self.config());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn keylift(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("keylift runs");
        clean(&arguments.join(" "), &output.stdout);
        clean(&arguments.join(" "), &output.stderr);
        output
    }

    /// Runs and checks the exit code.
    pub fn expect(&self, arguments: &[&str], exit: i32) -> String {
        let output = self.keylift(arguments);
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
        text
    }

    /// Every file of the project's code with its bytes; not the plan, and not a store that is a file in it.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        read_all(&self.root(), &mut files);
        files.retain(|path, _| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name != "keylift.plan.yaml" && !name.starts_with("secrets.age") && !name.ends_with(".pyc")
        });
        files
    }

    /// What the program prints, its variables from the store.
    pub fn program(&self) -> String {
        let output = self.keylift_raw(&["run", "--", "python3", "-B", "main.py", &planted()[3]]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keylift_raw(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("keylift runs")
    }

    /// No planted value in anything that keylift wrote, but for the store.
    pub fn assert_no_trace(&self) {
        let mut files = BTreeMap::new();
        read_all(&self.config(), &mut files);
        files.insert("plan".into(), std::fs::read(self.root().join("keylift.plan.yaml")).unwrap_or_default());
        for (path, bytes) in files {
            clean(&path.display().to_string(), &bytes);
        }
    }
}

/// What the program prints with the values in its code.
pub fn expected() -> String {
    let [one, two, three, _] = planted().try_into().expect("four values");
    format!("['{one}', '{two}', '{three}', '{one}', True]\n")
}

pub fn clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for planted in planted() {
        assert!(!text.contains(&planted), "{what} shows a planted value");
    }
}

fn read_all(dir: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "__pycache__") {
                read_all(&path, into);
            }
        } else {
            into.insert(path.clone(), std::fs::read(&path).expect("readable"));
        }
    }
}
