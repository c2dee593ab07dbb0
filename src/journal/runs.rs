//! Where journals live: one folder for each project, one file for each run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use keylift_providers::FingerprintKey;

use super::log::Journal;
use super::replay::Replay;
use crate::model::{Exit, Failure};

/// The journals of one project.
#[derive(Debug)]
pub struct Runs {
    dir: PathBuf,
}

/// Keeps two runs on one project apart. The lock ends with the process, however that ends.
#[derive(Debug)]
#[must_use = "the lock holds as long as this value lives"]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of a folder of journals, which is made where it is missing, for this user alone.
    ///
    /// # Errors
    /// Where another keylift has it.
    pub fn take(dir: &Path) -> Result<Self, Failure> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|error| Failure::file("could not make the folder", dir, &error))?;
        let path = dir.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Failure::file("could not make the lock", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(fs::TryLockError::WouldBlock) => {
                Err(Failure::new(Exit::Conflict, "another keylift is at work on the same")
                    .advise("wait until it is done, or stop it; then try again"))
            }
            Err(fs::TryLockError::Error(error)) => Err(Failure::file("could not lock", &path, &error)),
        }
    }
}

const EXTENSION: &str = "jsonl";

impl Runs {
    /// The journals of the project at `root`, below the configuration folder.
    pub fn new(config_dir: &Path, root: &Path, key: &FingerprintKey) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = key.derive("runs", &[root.as_os_str().as_encoded_bytes()]);
        let name = name[..8].iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
        Self { dir: config_dir.join("runs").join(name) }
    }

    /// Takes the project's lock.
    ///
    /// # Errors
    /// Where another keylift works on the project.
    pub fn lock(&self) -> Result<RunLock, Failure> {
        RunLock::take(&self.dir)
    }

    /// Begins a run: its name, and its empty journal.
    pub fn begin(&self, _lock: &RunLock) -> Result<(String, Journal), Failure> {
        // Names sort by time; two runs within a second take the next second's.
        let mut time = jiff::Timestamp::now();
        loop {
            let id = time.strftime("%Y%m%d-%H%M%S").to_string();
            if !self.path(&id).exists() && self.ids().last().is_none_or(|last| *last < id) {
                return Ok((id.clone(), Journal::create(&self.path(&id))?));
            }
            time = time.saturating_add(jiff::SignedDuration::from_secs(1)).unwrap_or(jiff::Timestamp::MAX);
            if time == jiff::Timestamp::MAX {
                return Err(Failure::usage("the clock is at its end"));
            }
        }
    }

    /// The names of all runs, oldest first.
    pub fn ids(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let mut ids: Vec<String> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
            .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
            .collect();
        ids.sort();
        ids
    }

    /// What a run did, without changing its journal.
    pub fn read(&self, id: &str) -> Result<Replay, Failure> {
        Replay::of(id, Journal::read(&self.known(id)?)?)
    }

    /// Every run that can be read, oldest first.
    pub fn all(&self) -> Result<Vec<Replay>, Failure> {
        // A crash before the first entry was whole leaves an empty journal: nothing was done, nothing is to be told.
        let ids = self.ids().into_iter();
        ids.map(|id| self.read(&id)).filter(|read| read.as_ref().map_or(true, |run| !run.is_empty())).collect()
    }

    /// Opens a run for going on with it.
    pub fn open(&self, id: &str, _lock: &RunLock) -> Result<(Replay, Journal), Failure> {
        let (journal, entries) = Journal::open(&self.known(id)?)?;
        Ok((Replay::of(id, entries)?, journal))
    }

    fn known(&self, id: &str) -> Result<PathBuf, Failure> {
        let path = self.path(id);
        if self.ids().iter().any(|known| known == id) {
            return Ok(path);
        }
        Err(Failure::usage(format!("there is no run {id} in this project")).advise("`keylift status` lists the runs"))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id).with_extension(EXTENSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_are_kept_apart_and_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let runs = Runs::new(dir.path(), dir.path(), &FingerprintKey::new([1; 32]));
        let lock = runs.lock().unwrap();
        assert_eq!(runs.lock().unwrap_err().exit, Exit::Conflict);
        let (first, _) = runs.begin(&lock).unwrap();
        let (second, _) = runs.begin(&lock).unwrap();
        assert_eq!(runs.ids(), [first, second]);
        drop(lock);
        assert!(runs.lock().is_ok());
        assert!(runs.read("../../etc/passwd").is_err());
    }
}
