//! Rewritten -> Report: reads the rewritten files again and tells where a moved value still stands.

use std::path::Path;

use keylift_providers::{Fingerprint, FingerprintKey, Secret};
use rayon::prelude::*;

use crate::model::{Left, SourceFile, Text};
use crate::rules::{Engine, find_value};
use crate::steps::spread::is_telling;

/// A moved value, for looking where it still stands.
#[derive(Debug)]
pub struct Moved {
    /// The move's name.
    pub name: String,
    /// The value's fingerprint.
    pub fingerprint: Fingerprint,
    /// The value.
    pub secret: Secret,
}

/// Where moved values still stand in files, in any spelling. A value that could be a word counts where a rule finds it.
///
/// # Errors
/// A path that could not be read, with the reason.
pub fn rescan(root: &Path, paths: &[&str], moved: &[Moved], key: &FingerprintKey) -> Result<Vec<Left>, String> {
    let files: Result<Vec<Vec<Left>>, String> = paths.par_iter().map(|path| one(root, path, moved, key)).collect();
    let mut left: Vec<Left> = files?.into_iter().flatten().collect();
    left.sort();
    left.dedup();
    Ok(left)
}

fn one(root: &Path, path: &str, moved: &[Moved], key: &FingerprintKey) -> Result<Vec<Left>, String> {
    let bytes = std::fs::read(root.join(path)).map_err(|error| format!("{path} could not be read again: {error}"))?;
    let Some(text) = Text::decode(&bytes) else { return Ok(Vec::new()) };
    let mut left = Vec::new();
    for one in moved.iter().filter(|one| is_telling(one.secret.expose())) {
        for place in find_value(text.text.as_bytes(), one.secret.expose()) {
            let line = memchr::memchr_iter(b'\n', &text.text.as_bytes()[..place.span.start]).count() + 1;
            left.push(Left { path: path.to_owned(), line, name: one.name.clone() });
        }
    }
    for finding in Engine::builtin().scan(&SourceFile::disk(path, bytes)) {
        let fingerprint = key.fingerprint(&finding.secret);
        if let Some(one) = moved.iter().find(|one| one.fingerprint == fingerprint) {
            left.push(Left { path: path.to_owned(), line: finding.start.0, name: one.name.clone() });
        }
    }
    Ok(left)
}
