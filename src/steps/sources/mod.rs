//! Where files come from, besides folders: git's index, commits and history.
//!
//! Every source hands its files one by one to a [`Sink`], so that millions of them stream. What a source leaves out it
//! says: a [`Skipped`] for each file that was not read, never silence.

use crate::model::{Skipped, SourceFile};
use crate::rules::Quiet;

pub mod archive;
pub mod git;
pub mod reports;

/// Takes what a source yields. Sources may call it from several threads at once.
pub trait Sink: Sync {
    /// A file to scan.
    fn file(&self, file: SourceFile);

    /// One of many versions of a file, with what is known of those before it. Versions come in an order that is always
    /// the same.
    fn version(&self, file: SourceFile, _others: &mut Quiet) {
        self.file(file);
    }

    /// Something that was not read, and why.
    fn notice(&self, notice: Skipped);

    /// How many files are still to come, where the source knows it before the first; for a progress bar.
    fn expect(&self, _files: usize) {}

    /// Whether whoever reads has heard enough; sources look at it between files.
    fn stopped(&self) -> bool {
        false
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A sink that keeps everything, for tests.

    use std::sync::Mutex;

    use super::Sink;
    use crate::model::{Skipped, SourceFile};

    #[derive(Default)]
    pub(crate) struct Kept {
        pub(crate) files: Mutex<Vec<SourceFile>>,
        pub(crate) notices: Mutex<Vec<Skipped>>,
    }

    impl Sink for Kept {
        fn file(&self, file: SourceFile) {
            self.files.lock().unwrap().push(file);
        }

        fn notice(&self, notice: Skipped) {
            self.notices.lock().unwrap().push(notice);
        }
    }

    impl Kept {
        /// The files in order of path, then of contents.
        pub(crate) fn sorted(self) -> Vec<SourceFile> {
            let mut files = self.files.into_inner().unwrap();
            files.sort_by(|a, b| (a.path(), &a.bytes).cmp(&(b.path(), &b.bytes)));
            files
        }
    }
}
