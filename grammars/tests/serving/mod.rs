//! What tests against real servers share: where programs are, and saying that one is not.

pub mod cases;

use std::path::{Path, PathBuf};

/// A program that the servers need: in the folder `KEYLIFT_TEST_BIN`, in `.venv-test/bin`, or on the search path.
pub fn program(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|root| root.join(".venv-test/bin"));
    let given = std::env::var_os("KEYLIFT_TEST_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let folders = given.into_iter().chain(root).chain(path.unwrap_or_default());
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

pub fn skip(missing: &str) {
    let demanded = ["CI", "KEYLIFT_TEST_REQUIRE_SERVERS"]
        .iter()
        .any(|name| std::env::var(name).is_ok_and(|value| matches!(value.as_str(), "true" | "1")));
    assert!(!demanded, "{missing} is not here, and tests against servers are demanded");
    eprintln!("skipped: {missing} is not here");
}
