//! The way back: a rewritten file and the values from the store give the identical bytes.

use std::collections::BTreeMap;
use std::path::Path;

use keylift_providers::{FingerprintKey, Secret};

use super::plan::file_hash;
use crate::model::StagedFile;

/// How a file stands to what a run made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it was before the run.
    Before,
    /// As the run made it.
    After,
    /// Neither: somebody changed it since.
    Other,
}

/// How a file stands on disk.
pub fn state(root: &Path, file: &StagedFile, key: &FingerprintKey) -> State {
    match std::fs::read(root.join(&file.path)) {
        Ok(bytes) => {
            let hash = file_hash(key, &bytes);
            if hash == file.after {
                State::After
            } else if Some(&hash) == file.before.as_ref() {
                State::Before
            } else {
                State::Other
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.before.is_none() => State::Before,
        Err(_) => State::Other,
    }
}

/// What to do with a file to have it as it was.
#[derive(Debug)]
pub enum Back {
    /// Put these bytes into its place.
    Bytes(Vec<u8>),
    /// Remove it: the run made it.
    Remove,
}

/// Works out a file as it was. The values are by name of their moves.
///
/// # Errors
/// One sentence where the result would not be the very bytes that the run found.
pub fn back(
    root: &Path,
    file: &StagedFile,
    values: &BTreeMap<String, Secret>,
    key: &FingerprintKey,
) -> Result<Back, String> {
    if file.before.is_none() {
        return Ok(Back::Remove);
    }
    let path = &file.path;
    let bytes = std::fs::read(root.join(path)).map_err(|error| format!("{path} could not be read: {error}"))?;
    let mut wanted = Vec::new();
    for name in &file.values {
        wanted.push(values.get(name).ok_or_else(|| format!("{path} needs the value of {name}"))?.expose());
    }
    let before = file.original(&bytes, &wanted)?;
    if Some(file_hash(key, &before)) != file.before {
        return Err(format!("{path}: the values in the store do not give the original bytes"));
    }
    Ok(Back::Bytes(before))
}
