//! The two stores of a migration, the folder of its journals, its map.

use std::path::{Path, PathBuf};

use keylift_providers::{FingerprintKey, Store};

use super::Pair;
use crate::cli::Context;
use crate::cli::input::here;
use crate::model::Failure;
use crate::pipeline::migrate::Backups;
use crate::steps::carry::Map;

/// What every verb about two stores works with.
pub(super) struct Desk {
    pub from: Box<dyn Store>,
    pub to: Box<dyn Store>,
    pub key: FingerprintKey,
    /// The journals of migrations between the two. File stores with relative paths are told apart by the folder.
    pub dir: PathBuf,
    pub here: PathBuf,
}

impl Desk {
    pub(super) fn new(pair: &Pair, context: &Context) -> Result<Self, Failure> {
        let here = here()?;
        let (from, to) = (context.store(&pair.from, &here)?, context.store(&pair.to, &here)?);
        for notice in from.notices().into_iter().chain(to.notices()) {
            context.warn(&notice);
        }
        let key = context.fingerprint_key()?;
        let parts = [from.location().as_bytes(), to.location().as_bytes(), here.as_os_str().as_encoded_bytes()];
        let name =
            key.derive("migration", &parts)[..8].iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
        let dir = context.config_dir()?.join("migrations").join(name);
        Ok(Self { from, to, key, dir, here })
    }

    /// Tells of an entry of the source that bears the name of its prefix, and does not go along. What may not be asked is
    /// not told.
    pub(super) async fn tell_beside(&self, context: &Context) {
        if let Ok(Some(path)) = self.from.beside().await {
            context.warn(&format!(
                "{}: only what is below `{path}` is looked at, not the entry `{path}` itself: name the folder above for that",
                self.from.location()
            ));
        }
    }

    pub(super) async fn close(&self, context: &Context) {
        context.closed(self.from.close().await);
        context.closed(self.to.close().await);
    }
}

impl Backups for Context {
    fn open(&self, path: &Path) -> Result<Box<dyn Store>, Failure> {
        let text = path.to_str().ok_or_else(|| Failure::usage("the configuration folder's name is not text"))?;
        self.store(&format!("age:{text}"), path.parent().unwrap_or(path))
    }
}

/// Reads a map from a file.
pub(super) fn read_map(path: Option<&Path>) -> Result<Map, Failure> {
    let Some(path) = path else { return Ok(Map::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("could not read the map", path, &error))?;
    Map::parse(&text).map_err(|error| {
        Failure::usage(format!("{}: {error}", path.display())).advise("docs/migrate.md describes maps")
    })
}
