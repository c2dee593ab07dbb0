//! Rewritten -> Report: reads the rewritten files again and tells where a moved value still stands.

use std::collections::HashMap;
use std::path::Path;

use keylift_providers::{Fingerprint, FingerprintKey, Secret};
use rayon::prelude::*;

use crate::model::{Left, SourceFile, Text};
use crate::rules::Engine;
use crate::rules::find_value::Values;
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
    let telling: Vec<&Moved> = moved.iter().filter(|one| is_telling(one.secret.expose())).collect();
    let values = Values::new(telling.iter().map(|one| one.secret.expose()));
    let names: HashMap<&Fingerprint, &str> = moved.iter().map(|one| (&one.fingerprint, one.name.as_str())).collect();
    let known = Known { telling, values, names };
    let files: Result<Vec<Vec<Left>>, String> = paths.par_iter().map(|path| one(root, path, &known, key)).collect();
    let mut left: Vec<Left> = files?.into_iter().flatten().collect();
    left.sort();
    left.dedup();
    Ok(left)
}

/// The moved values, made ready for many files.
struct Known<'m> {
    telling: Vec<&'m Moved>,
    values: Values,
    names: HashMap<&'m Fingerprint, &'m str>,
}

fn one(root: &Path, path: &str, known: &Known<'_>, key: &FingerprintKey) -> Result<Vec<Left>, String> {
    let bytes = std::fs::read(root.join(path)).map_err(|error| format!("{path} could not be read again: {error}"))?;
    let Some(text) = Text::decode(&bytes) else { return Ok(Vec::new()) };
    let mut left = Vec::new();
    for (number, place) in known.values.find(text.text.as_bytes()) {
        let line = memchr::memchr_iter(b'\n', &text.text.as_bytes()[..place.span.start]).count() + 1;
        left.push(Left { path: path.to_owned(), line, name: known.telling[number].name.clone() });
    }
    for finding in Engine::builtin().scan(&SourceFile::disk(path, bytes)) {
        if let Some(name) = known.names.get(&key.fingerprint(&finding.secret)) {
            left.push(Left { path: path.to_owned(), line: finding.start.0, name: (*name).to_owned() });
        }
    }
    Ok(left)
}
