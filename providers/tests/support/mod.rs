//! What the tests of stores share: the contract, servers on loopback, a proxy that breaks things. The tests of the
//! workspace's root take it in by `#[path]`.

#![allow(dead_code)] // Every test binary uses a part of it.

pub mod contract;
pub mod double;
pub mod proxy;
pub mod servers;

use std::path::PathBuf;

/// A program that tests need: in the folder `KEYLIFT_TEST_BIN`, in `.venv-test/bin` at the root of the repository, or on
/// the search path.
pub fn program(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("KEYLIFT_TEST_BIN").map(PathBuf::from);
    let local = root.ancestors().take(2).map(|folder| folder.join(".venv-test/bin")).collect::<Vec<_>>();
    let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    given.into_iter().chain(local).chain(path.unwrap_or_default()).map(|folder| folder.join(name)).find(|p| p.is_file())
}

/// Says that a test skips for want of a program; fails where servers are demanded (`CI=true`, or
/// `KEYLIFT_TEST_REQUIRE_SERVERS=1`).
#[allow(clippy::print_stderr, reason = "a test has no other way to say that it skips")]
pub fn skip(missing: &str) {
    let demanded = ["CI", "KEYLIFT_TEST_REQUIRE_SERVERS"]
        .iter()
        .any(|name| std::env::var(name).is_ok_and(|value| matches!(value.as_str(), "true" | "1")));
    assert!(!demanded, "{missing} is not here, and tests against servers are demanded");
    eprintln!("skipped: {missing} is not here");
}
