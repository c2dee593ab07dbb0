//! The log file: append-only, private, synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::model::Failure;

/// A run's log, open for appending. Its entries are those of a remediation, or of a migration.
#[derive(Debug)]
pub struct Journal<E = Entry> {
    file: File,
    path: PathBuf,
    appended: u32,
    entries: PhantomData<fn(E)>,
}

#[derive(Serialize, Deserialize)]
struct Line<E> {
    /// Seconds since 1970.
    at: u64,
    #[serde(flatten)]
    entry: E,
}

impl<E: Serialize + DeserializeOwned + Clone> Journal<E> {
    /// Makes a new log. Fails where one of that name exists.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let made = options().create_new(true).open(path).and_then(|file| {
            crate::files::sync_dir(path.parent().unwrap_or(Path::new(".")))?;
            Ok(file)
        });
        let file = made.map_err(|error| Failure::file("could not make the journal", path, &error))?;
        Ok(Self { file, path: path.to_owned(), appended: 0, entries: PhantomData })
    }

    /// Opens a log, gives its entries with their times, and takes off a last line that a crash tore.
    pub fn open(path: &Path) -> Result<(Self, Vec<(u64, E)>), Failure> {
        let unreadable = |error: io::Error| Failure::file("could not read the journal", path, &error);
        let mut file = options().open(path).map_err(unreadable)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unreadable)?;
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(unreadable)?;
        }
        file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        Ok((Self { file, path: path.to_owned(), appended: 0, entries: PhantomData }, entries(&text[..whole], path)?))
    }

    /// Opens a log as [`Journal::open`] does, and hands its entries over one by one instead of holding them all.
    pub fn open_each(path: &Path, mut each: impl FnMut(E)) -> Result<Self, Failure> {
        let unreadable = |error: io::Error| Failure::file("could not read the journal", path, &error);
        let mut entries = Self::stream(path)?;
        for entry in entries.by_ref() {
            each(entry?);
        }
        let mut file = options().open(path).map_err(unreadable)?;
        if entries.whole < file.metadata().map_err(unreadable)?.len() {
            file.set_len(entries.whole).and_then(|()| file.sync_all()).map_err(unreadable)?;
        }
        file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        Ok(Self { file, path: path.to_owned(), appended: 0, entries: PhantomData })
    }

    /// The entries of a log one by one, without touching it; a torn last line does not count.
    pub fn stream(path: &Path) -> Result<Entries<E>, Failure> {
        let file = File::open(path).map_err(|error| Failure::file("could not read the journal", path, &error))?;
        Ok(Entries { reader: BufReader::new(file), path: path.to_owned(), number: 0, whole: 0, kind: PhantomData })
    }

    /// Reads a log without touching it; a torn last line does not count.
    pub fn read(path: &Path) -> Result<Vec<(u64, E)>, Failure> {
        let text =
            fs::read_to_string(path).map_err(|error| Failure::file("could not read the journal", path, &error))?;
        entries(&text[..text.rfind('\n').map_or(0, |at| at + 1)], path)
    }

    /// Adds entries and makes them last: on return, a crash of the machine does not lose them.
    pub fn append(&mut self, entries: &[E]) -> Result<(), Failure> {
        if entries.is_empty() {
            return Ok(());
        }
        self.write(entries)?;
        self.file.sync_data().map_err(|error| Failure::file("could not write the journal", &self.path, &error))
    }

    /// What makes everything last that was added so far: for another thread, where this one has better things to do than
    /// to wait for a disk. Whoever calls this must not go on to an effect before it has returned.
    pub fn syncer(&self) -> Result<impl FnOnce() -> Result<(), Failure> + Send + use<E>, Failure> {
        let (file, path) = (self.file.try_clone(), self.path.clone());
        let file = file.map_err(|error| Failure::file("could not write the journal", &self.path, &error))?;
        Ok(move || file.sync_data().map_err(|error| Failure::file("could not write the journal", &path, &error)))
    }

    /// Adds entries that only save work after a crash, and lets the system write them when it likes.
    pub fn note(&mut self, entries: &[E]) -> Result<(), Failure> {
        self.write(entries)
    }

    fn write(&mut self, entries: &[E]) -> Result<(), Failure> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        // Handed over to the system at once: a migration appends hundreds.
        let mut text = Vec::new();
        for entry in entries {
            let start = text.len();
            serde_json::to_writer(&mut text, &Line { at, entry })
                .map_err(|error| Failure::usage(format!("could not write the journal: {error}")))?;
            text.push(b'\n');
            self.appended += 1;
            crash::point(self.appended, &mut self.file, &text, start);
        }
        self.file.write_all(&text).map_err(|error| Failure::file("could not write the journal", &self.path, &error))
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The entries of a log, read as they are asked for.
#[derive(Debug)]
pub struct Entries<E> {
    reader: BufReader<File>,
    path: PathBuf,
    number: usize,
    /// Length of the lines that were read.
    whole: u64,
    kind: PhantomData<fn() -> E>,
}

impl<E: DeserializeOwned> Iterator for Entries<E> {
    type Item = Result<E, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Err(error) => return Some(Err(Failure::file("could not read the journal", &self.path, &error))),
            Ok(read) if line.ends_with(b"\n") => self.whole += read as u64,
            Ok(_) => return None,
        }
        self.number += 1;
        Some(entry::<E>(&line, self.number, &self.path).map(|line| line.entry))
    }
}

fn entry<E: DeserializeOwned>(line: &[u8], number: usize, path: &Path) -> Result<Line<E>, Failure> {
    serde_json::from_slice(line).map_err(|error| {
        Failure::usage(format!("{}, line {number}: not a journal entry: {error}", path.display()))
            .advise("the journal was changed or damaged; the files' state can be compared with git")
    })
}

fn entries<E: DeserializeOwned>(text: &str, path: &Path) -> Result<Vec<(u64, E)>, Failure> {
    let parse =
        |(number, line): (usize, &str)| entry(line.as_bytes(), number + 1, path).map(|line| (line.at, line.entry));
    text.lines().enumerate().map(parse).collect()
}

/// Stops the process at a journal entry, as `kill -9` would: what crash tests set in debug builds.
///
/// `KEYLIFT_TEST_CRASH` is `N:before`, `N:torn` (half of the line is written) or `N:after`, for the Nth entry that this
/// process appends.
mod crash {
    use std::fs::File;

    #[cfg(debug_assertions)]
    fn wanted() -> Option<(u32, String)> {
        let wanted = std::env::var("KEYLIFT_TEST_CRASH").ok()?;
        let (number, how) = wanted.split_once(':')?;
        Some((number.parse().ok()?, how.to_owned()))
    }

    /// `text` ends with the line of entry `number`, which begins at `start`.
    #[cfg(debug_assertions)]
    pub(super) fn point(number: u32, file: &mut File, text: &[u8], start: usize) {
        use std::io::Write as _;
        let Some((_, how)) = wanted().filter(|(at, _)| *at == number) else { return };
        let length = match how.as_str() {
            "before" => start,
            "torn" => start + (text.len() - start) / 2,
            "after" => text.len(),
            _ => return,
        };
        let _ = file.write_all(&text[..length]);
        std::process::exit(137)
    }

    #[cfg(not(debug_assertions))]
    pub(super) fn point(_number: u32, _file: &mut File, _text: &[u8], _start: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_and_a_torn_line_is_taken_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.jsonl");
        let mut journal: Journal = Journal::create(&path).unwrap();
        journal.append(&[Entry::Preflighted { present: Vec::new() }, Entry::Verified { name: "A".into() }]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":1,\"event\":\"do").unwrap();
        assert_eq!(Journal::<Entry>::read(&path).unwrap().len(), 2);
        let (mut journal, found): (Journal, _) = Journal::open(&path).unwrap();
        assert_eq!(found.len(), 2);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":1,\"event\":\"do").unwrap();
        let mut one_by_one = Vec::new();
        Journal::open_each(&path, |entry: Entry| one_by_one.push(entry)).unwrap();
        assert_eq!(one_by_one, found.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>());
        journal.append(&[Entry::Done]).unwrap();
        let found: Vec<Entry> = Journal::read(&path).unwrap().into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(
            found,
            [Entry::Preflighted { present: Vec::new() }, Entry::Verified { name: "A".into() }, Entry::Done]
        );
    }

    #[test]
    fn a_damaged_line_is_told_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.jsonl");
        fs::write(&path, "{\"at\":1,\"event\":\"done\"}\nnonsense\n").unwrap();
        assert!(Journal::<Entry>::read(&path).unwrap_err().message.contains("line 2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_journal_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.jsonl");
        Journal::<Entry>::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Journal::<Entry>::create(&path).is_err(), "two runs never share a journal");
    }
}
