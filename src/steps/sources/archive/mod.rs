//! Files inside archives: zip and its many names, tar, and what is compressed, one inside the other.
//!
//! An archive is hostile input. Nothing is unpacked to disk; what is read in all, how deep archives nest, how many members
//! they have and how large one may be is bounded, and whatever is left out is told. Members' names are only shown.

mod budget;
mod compressed;
mod kind;

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Sink;
use crate::model::{Origin, Skipped, SourceFile};
use budget::{Budget, Counted};
pub use kind::{Kind, named_like_an_archive};

/// What an archive may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Archives within archives.
    pub depth: usize,
    /// Members in all.
    pub members: usize,
    /// Bytes of a member that is scanned, or of a zip within another archive, which is held in memory.
    pub member: u64,
    /// Bytes that may come out for each byte of the archive…
    pub ratio: u64,
    /// …where more than so many come out…
    pub floor: u64,
    /// …and never more than so many, at all levels together.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 8, members: 1_000_000, member: 64 << 20, ratio: 100, floor: 256 << 20, total: 64 << 30 }
    }
}

/// Whether bytes begin as an archive or a compressed file does, or end as a zip.
pub fn is_archive(bytes: &[u8]) -> bool {
    Kind::of(bytes).is_some() || kind::ends_as_zip(bytes)
}

/// Yields every member of an archive that could be text, under the archive's path. `size` is the archive's own, in bytes.
///
/// What cannot be read (damaged, encrypted, larger than the limits) is a notice.
pub fn read<R: Read + Seek>(path: &Path, mut archive: R, size: u64, limits: &Limits, sink: &dyn Sink) {
    let budget = Budget::new(size, limits);
    let reader = Reader { path, limits, budget: &budget, sink };
    // The decoders are made for hostile input, but a panic in one must not end the whole scan.
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut head = Vec::new();
        archive.by_ref().take(kind::HEAD as u64).read_to_end(&mut head)?;
        archive.rewind()?;
        let kind = Kind::of(&head);
        if kind == Some(Kind::Zip) || kind.is_none() && ends_as_zip(&mut archive)? {
            reader.zip(archive, "", 1)
        } else {
            reader.stream(&mut archive, Place { prefix: "", name: &file_name(path) }, 0)
        }
    }));
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => reader.notice("", &told(&error)),
        Err(_) => reader.notice("", "the archive is damaged in a way that its decoder cannot handle"),
    }
}

/// Whether an archive ends as a zip does; it is read from its beginning afterwards.
fn ends_as_zip<R: Read + Seek>(archive: &mut R) -> io::Result<bool> {
    let length = archive.seek(SeekFrom::End(0))?;
    archive.seek(SeekFrom::Start(length.saturating_sub(kind::TAIL as u64)))?;
    let mut tail = Vec::new();
    archive.by_ref().take(kind::TAIL as u64).read_to_end(&mut tail)?;
    archive.rewind()?;
    Ok(kind::ends_as_zip(&tail))
}

struct Reader<'a> {
    path: &'a Path,
    limits: &'a Limits,
    budget: &'a Budget,
    sink: &'a dyn Sink,
}

/// Where a stream stands: what members in it are prefixed with, and its own name.
#[derive(Clone, Copy)]
struct Place<'a> {
    prefix: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn member(&self) -> String {
        format!("{}{}", self.prefix, self.name)
    }
}

impl Reader<'_> {
    fn notice(&self, member: &str, reason: &str) {
        let path = if member.is_empty() {
            self.path.to_path_buf()
        } else {
            PathBuf::from(format!("{}!/{member}", self.path.display()))
        };
        self.sink.notice(Skipped::new(path, reason));
    }

    /// Something of unknown kind: a tar, something compressed, a zip, or a file to scan. Depth 0 is the archive itself.
    fn stream(&self, input: &mut dyn Read, place: Place<'_>, depth: usize) -> io::Result<()> {
        let mut head = Vec::new();
        input.take(kind::HEAD as u64).read_to_end(&mut head)?;
        let kind = Kind::of(&head);
        let mut whole = Cursor::new(&head).chain(input);
        let Some(kind) = kind else { return self.file(&head, &mut whole, place, depth) };
        if depth > self.limits.depth {
            self.notice(&place.member(), &format!("archives nested more than {} deep", self.limits.depth));
            return Ok(());
        }
        let inside = if depth == 0 { String::new() } else { place.member() + "!/" };
        match kind {
            Kind::Zip => {
                let mut bytes = Vec::new();
                whole.take(self.limits.member + 1).read_to_end(&mut bytes)?;
                if bytes.len() as u64 > self.limits.member {
                    self.notice(&place.member(), &self.too_large());
                    return Ok(());
                }
                self.zip(Cursor::new(bytes), &inside, depth + 1)
            }
            Kind::Tar => self.tar(&mut whole, &inside, depth + 1),
            compressed => {
                let mut decoder = compressed::decoder(compressed, &mut whole)?;
                let mut counted = Counted::new(&mut *decoder, self.budget);
                let mut head = Vec::new();
                counted.by_ref().take(kind::HEAD as u64).read_to_end(&mut head)?;
                let mut inner = Cursor::new(&head).chain(counted);
                if Kind::of(&head) == Some(Kind::Tar) {
                    return self.tar(&mut inner, &inside, depth + 1);
                }
                let stem = kind::without_suffix(place.name);
                self.stream(&mut inner, Place { prefix: &inside, name: stem }, depth + 1)
            }
        }
    }

    fn tar(&self, input: &mut dyn Read, prefix: &str, depth: usize) -> io::Result<()> {
        let mut archive = tar::Archive::new(input);
        for entry in archive.entries()? {
            let mut entry = entry?;
            if self.sink.stopped() || !self.budget.member()? {
                return Ok(());
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = harmless_path(&String::from_utf8_lossy(&entry.path_bytes()));
            let place = Place { prefix, name: &name };
            if let Err(error) = self.stream(&mut entry, place, depth) {
                if self.budget.is_spent() {
                    return Err(error);
                }
                self.notice(&place.member(), &told(&error));
            }
        }
        Ok(())
    }

    fn zip<R: Read + Seek>(&self, archive: R, prefix: &str, depth: usize) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(archive).map_err(io::Error::from)?;
        for at in 0..archive.len() {
            if self.sink.stopped() || !self.budget.member()? {
                return Ok(());
            }
            let raw = archive.by_index_raw(at).map(|entry| {
                (String::from_utf8_lossy(entry.name_raw()).into_owned(), entry.is_file(), entry.encrypted())
            });
            let (name, is_file, encrypted) = match raw {
                Ok(found) => found,
                Err(error) => {
                    self.notice(&format!("{prefix}member {at}"), &told(&error.into()));
                    continue;
                }
            };
            let name = harmless_path(&name);
            let place = Place { prefix, name: &name };
            if !is_file {
                continue;
            }
            if encrypted {
                self.notice(&place.member(), "encrypted");
                continue;
            }
            let done = archive.by_index(at).map_err(io::Error::from).and_then(|entry| {
                let mut counted = Counted::new(entry, self.budget);
                self.stream(&mut counted, place, depth)
            });
            if let Err(error) = done {
                if self.budget.is_spent() {
                    return Err(error);
                }
                self.notice(&place.member(), &told(&error));
            }
        }
        Ok(())
    }

    /// A member to scan, unless its first bytes show that it is no text.
    fn file(&self, head: &[u8], whole: &mut dyn Read, place: Place<'_>, depth: usize) -> io::Result<()> {
        let utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
        let binary = !utf16 && memchr::memchr(0, head).is_some();
        let archive = depth > 0 && depth <= self.limits.depth && named_like_an_archive(Path::new(place.name));
        if head.is_empty() || binary && !archive {
            return Ok(());
        }
        let mut bytes = Vec::new();
        whole.take(self.limits.member + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > self.limits.member {
            self.notice(&place.member(), &self.too_large());
            return Ok(());
        }
        if archive && kind::ends_as_zip(&bytes) {
            return self.zip(Cursor::new(bytes), &(place.member() + "!/"), depth + 1);
        }
        if binary {
            return Ok(());
        }
        // The outermost file is no archive after all: it is scanned as what it is.
        let origin = if depth == 0 { Origin::Disk } else { Origin::Archive { member: place.member() } };
        self.sink.file(SourceFile { path: self.path.to_path_buf(), origin, bytes: Arc::new(bytes), only: Vec::new() });
        Ok(())
    }

    fn too_large(&self) -> String {
        format!("larger than {} MiB, the limit", self.limits.member >> 20)
    }
}

/// A member's name as it is shown: forward slashes, no leading ones, no `.` and `..`: nothing that points out of the
/// archive.
fn harmless_path(name: &str) -> String {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    if parts.is_empty() { "(no name)".to_owned() } else { parts.join("/") }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "archive".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// An error in one line.
fn told(error: &io::Error) -> String {
    let text = error.to_string();
    format!("cannot be read: {}", text.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
