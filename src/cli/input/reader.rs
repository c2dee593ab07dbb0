//! Scans what sources hand over, and what archives among it hold.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;
use std::sync::Mutex;

use ignore::gitignore::Gitignore;

use super::earliest::Earliest;
use crate::cli::Context;
use crate::cli::progress::Progress;
use crate::model::{Confidence, Origin, Skipped, SourceFile};
use crate::render::findings::harmless;
use crate::rules::{Engine, Quiet};
use crate::steps::scan::{Collector, Decorate};
use crate::steps::sources::Sink;
use crate::steps::sources::archive::{self, Limits};

/// Scans what sources hand over, counts it, and warns of what could not be read.
pub(super) struct Reader<'a> {
    pub(super) engine: &'a Engine,
    pub(super) least: Confidence,
    pub(super) decorate: Option<Decorate>,
    /// What is found in files, archives and standard input.
    pub(super) collector: Collector<'a>,
    /// What is found in git.
    pub(super) versions: Mutex<Earliest>,
    /// What `.keyliftignore` and `--exclude` leave out of what git has; the walk does so by itself.
    pub(super) left_out: Gitignore,
    pub(super) archives: bool,
    pub(super) context: &'a Context,
    pub(super) progress: Progress,
}

impl Sink for Reader<'_> {
    fn file(&self, file: SourceFile) {
        if matches!(file.origin, Origin::Git { .. }) && self.leaves_out(&file.path) {
            return;
        }
        self.scan(&file, None);
        self.progress.step();
    }

    fn version(&self, file: SourceFile, others: &mut Quiet) {
        if !self.leaves_out(&file.path) {
            self.scan(&file, Some(others));
            self.progress.step();
        }
    }

    fn notice(&self, notice: Skipped) {
        let text = format!("not read: {}: {}", harmless(&notice.path.to_string_lossy()), notice.reason);
        self.progress.say(|| self.context.warn(&text));
    }

    fn expect(&self, files: usize) {
        self.progress.expect(files);
    }
}

impl Reader<'_> {
    pub(super) fn leaves_out(&self, path: &Path) -> bool {
        !self.left_out.is_empty() && self.left_out.matched_path_or_any_parents(path, false).is_ignore()
    }

    /// Scans a file, or what is in it where it is an archive.
    fn scan(&self, file: &SourceFile, others: Option<&mut Quiet>) {
        if self.archives && !matches!(file.origin, Origin::Archive { .. }) && archive::is_archive(&file.bytes) {
            let size = file.bytes.len() as u64;
            let members = Members { reader: self, origin: &file.origin };
            archive::read(&file.path, Cursor::new(file.bytes.as_slice()), size, &Limits::default(), &members);
        } else if matches!(file.origin, Origin::Git { .. }) {
            self.commit(file, others);
        } else {
            self.collector.add(file);
        }
    }

    /// Scans a file of a commit or the index.
    fn commit(&self, file: &SourceFile, others: Option<&mut Quiet>) {
        let one = self.new_collector();
        match others {
            Some(others) => one.add_version(file, others),
            None => one.add(file),
        }
        if let Ok(mut versions) = self.versions.lock() {
            one.finish().into_iter().for_each(|finding| versions.add(finding));
        }
    }

    fn new_collector(&self) -> Collector<'_> {
        Collector::new(self.engine, self.least).decorated(self.decorate)
    }

    /// Reads a file piece by piece where its name is that of an archive; false leaves it to others.
    pub(super) fn claim(&self, path: &Path, shown: &Path) -> bool {
        if !self.archives || !archive::named_like_an_archive(path) {
            return false;
        }
        // What cannot be opened is left to the walk, which tells why.
        let Ok(file) = File::open(path) else { return false };
        let Ok(size) = file.metadata().map(|metadata| metadata.len()) else { return false };
        let members = Members { reader: self, origin: &Origin::Disk };
        archive::read(shown, BufReader::new(file), size, &Limits::default(), &members);
        self.progress.step();
        true
    }
}

/// Members of an archive count as one file on the bar.
struct Members<'a, 'b> {
    reader: &'a Reader<'b>,
    /// Where the archive came from.
    origin: &'a Origin,
}

impl Sink for Members<'_, '_> {
    fn file(&self, mut file: SourceFile) {
        match (self.origin, &file.origin) {
            (Origin::Git { commit, time, in_head, .. }, Origin::Archive { member }) => {
                let (commit, member) = (commit.clone(), Some(member.clone()));
                file.origin = Origin::Git { commit, time: *time, in_head: *in_head, member };
                self.reader.commit(&file, None);
            }
            _ => self.reader.collector.add(&file),
        }
    }

    fn notice(&self, notice: Skipped) {
        self.reader.notice(notice);
    }
}
