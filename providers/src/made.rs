//! Which files keylift made itself: with its last entry such a file goes, where one that was there before stays, empty.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::local::{create_private, failure, private_dir};
use crate::secret::{FingerprintKey, hex};
use crate::settings::Settings;
use crate::store::StoreError;

/// Marks in keylift's own folder, one for each file.
pub(crate) struct Made {
    dir: PathBuf,
}

impl Made {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { dir: settings.config_dir().join("made") }
    }

    /// To be called right before a file is written: one that is not there is about to be made, one that is empty is
    /// somebody's.
    pub(crate) fn note(&self, path: &Path) -> Result<(), StoreError> {
        match fs::metadata(path) {
            Ok(about) if about.len() == 0 => self.forget(path),
            Ok(_) => Ok(()),
            Err(_) => {
                private_dir(&self.dir)?;
                create_private(&self.mark(path), b"").map(drop)
            }
        }
    }

    /// Whether keylift made a file.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.mark(path).exists()
    }

    pub(crate) fn forget(&self, path: &Path) -> Result<(), StoreError> {
        match fs::remove_file(self.mark(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failure(&self.dir, "write in", &error)),
            _ => Ok(()),
        }
    }

    fn mark(&self, path: &Path) -> PathBuf {
        // A path is no secret: this only makes a short name of it.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = FingerprintKey::new([0; FingerprintKey::LEN]).derive("made", &[path.as_os_str().as_encoded_bytes()]);
        self.dir.join(hex(&name[..16]))
    }
}
