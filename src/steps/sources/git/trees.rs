//! The trees of a history: which blobs there are, and where each was first.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use gix::bstr::{BStr, BString};
use gix::{ObjectId, Repository};

use super::past::Commit;
use super::{Failure, Sink, Skipped, join, open, root};

/// Objects that a thread reads before the packs, whose pages stay in memory as long as they are open, are opened anew.
const OBJECTS_A_MAP: usize = 20_000;

/// A blob and where it was met first. Names are kept in one buffer: half a million of them are usual.
pub(super) struct Blob {
    pub(super) id: ObjectId,
    /// The number of the commit that first held it, from the oldest.
    pub(super) commit: u32,
    folder: u32,
    name: (u32, u16),
}

/// The names of folders and files.
#[derive(Default)]
pub(super) struct Paths {
    folders: Vec<BString>,
    names: Vec<u8>,
    hasher: RandomState,
}

impl Paths {
    /// The path that a blob had first.
    pub(super) fn of(&self, blob: &Blob) -> BString {
        join(self.folders[blob.folder as usize].as_ref(), self.name(blob))
    }

    fn name(&self, blob: &Blob) -> &BStr {
        let (start, len) = (blob.name.0 as usize, blob.name.1 as usize);
        self.names.get(start..start + len).unwrap_or_default().into()
    }

    /// A keyed hash of the path that a blob had first.
    pub(super) fn hash(&self, blob: &Blob) -> u64 {
        self.hash_of(&self.of(blob))
    }

    /// A keyed hash of a path.
    pub(super) fn hash_of(&self, path: &BString) -> u64 {
        self.hasher.hash_one(path)
    }
}

/// What was found in the trees of some commits.
#[derive(Default)]
pub(super) struct Found {
    seen: HashSet<ObjectId, gix::hashtable::hash::Builder>,
    paths: Paths,
    folder_numbers: HashMap<BString, u32>,
    blobs: Vec<Blob>,
}

/// The commits that one thread walks, and what it found in them.
struct Part<'a> {
    commits: &'a [Commit],
    /// The number of the first.
    first: usize,
    /// How many of them were walked.
    walked: usize,
    found: Found,
}

impl Part<'_> {
    /// Walks on for a while.
    fn walk(&mut self, repo: &Repository, sink: &dyn Sink) {
        let before = self.found.seen.len();
        for commit in &self.commits[self.walked..] {
            if sink.stopped() || self.found.seen.len() - before > OBJECTS_A_MAP {
                return;
            }
            #[allow(clippy::cast_possible_truncation, reason = "a repository with 4 billion commits fits no memory")]
            let number = (self.first + self.walked) as u32;
            self.walked += 1;
            let Some(tree) = commit.tree else { continue };
            if let Err(error) = self.found.walk(repo, tree, number) {
                sink.notice(Skipped::new(format!("commit {}", commit.id), root(&error)));
            }
        }
    }
}

impl Found {
    /// Walks the trees of commits, given from the oldest to the newest, on every core: each walks a stretch of them, so
    /// that it meets few trees that another meets. Commits that cannot be read are told of.
    ///
    /// # Errors
    /// The repository cannot be opened.
    pub(super) fn walk_all(folder: &Path, commits: &[Commit], sink: &dyn Sink) -> Result<Self, Failure> {
        let stretch = commits.len().div_ceil(rayon::current_num_threads()).max(1);
        let mut parts: Vec<Part<'_>> = commits
            .chunks(stretch)
            .enumerate()
            .map(|(number, commits)| Part { commits, first: number * stretch, walked: 0, found: Self::default() })
            .collect();
        while !sink.stopped() && parts.iter().any(|part| part.walked < part.commits.len()) {
            let repo = open(folder, true)?.into_sync();
            std::thread::scope(|scope| {
                for part in &mut parts {
                    let repo = &repo;
                    scope.spawn(move || part.walk(&repo.to_thread_local(), sink));
                }
            });
        }
        let mut found = Self::default();
        for part in parts {
            found.absorb(part.found);
        }
        Ok(found)
    }

    /// All blobs, and their paths.
    pub(super) fn finish(self) -> (Vec<Blob>, Paths) {
        (self.blobs, self.paths)
    }

    /// Adds what later commits have.
    #[allow(clippy::cast_possible_truncation, reason = "names past 4 GiB in all are cut")]
    fn absorb(&mut self, later: Self) {
        if self.seen.is_empty() {
            *self = later;
            return;
        }
        let mut folders = HashMap::new();
        for mut blob in later.blobs {
            if !self.seen.insert(blob.id) {
                continue;
            }
            let folder = &later.paths.folders[blob.folder as usize];
            blob.folder = *folders.entry(blob.folder).or_insert_with(|| self.folder(folder));
            let name = later.paths.names.get(blob.name.0 as usize..).unwrap_or_default();
            let name = name.get(..usize::from(blob.name.1)).unwrap_or_default();
            blob.name.0 = self.paths.names.len() as u32;
            self.paths.names.extend_from_slice(name);
            self.blobs.push(blob);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "git's own formats bound the numbers of names and folders")]
    fn folder(&mut self, path: &BString) -> u32 {
        if let Some(number) = self.folder_numbers.get(path) {
            return *number;
        }
        let number = self.paths.folders.len() as u32;
        self.paths.folders.push(path.clone());
        self.folder_numbers.insert(path.clone(), number);
        number
    }

    #[allow(clippy::cast_possible_truncation, reason = "names past 4 GiB in all, or 64 KiB each, are cut")]
    fn walk(&mut self, repo: &Repository, tree: ObjectId, commit: u32) -> gix::Result<()> {
        let mut open = vec![(tree, BString::default())];
        let mut outcome = Ok(());
        while let Some((id, path)) = open.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            let tree = match repo.find_tree(id) {
                Ok(tree) => tree,
                Err(error) => {
                    outcome = Err(error);
                    continue;
                }
            };
            let folder = self.folder(&path);
            for entry in tree.iter().filter_map(Result::ok) {
                let mode = entry.mode();
                if mode.is_tree() {
                    if !self.seen.contains(entry.oid()) {
                        open.push((entry.object_id(), join(path.as_ref(), entry.filename())));
                    }
                } else if mode.is_blob() && self.seen.insert(entry.object_id()) {
                    let name = (self.paths.names.len() as u32, entry.filename().len() as u16);
                    self.paths.names.extend_from_slice(entry.filename());
                    self.blobs.push(Blob { id: entry.object_id(), commit, folder, name });
                }
            }
        }
        outcome
    }
}
