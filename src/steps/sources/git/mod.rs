//! Files out of a git repository, read with gix and never through a git process.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gix::bstr::{BStr, BString, ByteSlice};
use gix::diff::blob::{Algorithm, Diff, InternedInput};
use gix::{ObjectId, Repository, ThreadSafeRepository};

use super::Sink;
use crate::model::{Exit, Failure, Origin, Skipped, SourceFile};

mod commits;
mod history;
mod past;
mod staged;
mod trees;

pub use commits::since;
pub use history::history;
pub use staged::staged;

/// Blobs larger than this are left out with a notice: the memory of a scan must stay bounded.
pub const LARGEST_BLOB: usize = 48 << 20;

/// What the bases of git's delta chains may keep in memory, per thread, in bytes. From 1 to 64 MiB a history takes the same
/// time: the versions of a path are read one behind the other.
const DELTA_CACHE: usize = 4 << 20;

/// Opens the repository that a folder belongs to.
///
/// # Errors
/// The folder is in no repository, or git's own files cannot be read.
fn open(folder: &Path, bounded: bool) -> Result<Repository, Failure> {
    let mut overrides = vec![format!("core.deltaBaseCacheLimit={DELTA_CACHE}")];
    if bounded {
        overrides.push(format!("gitoxide.objects.allocLimit={LARGEST_BLOB}"));
    }
    let options = gix::open::Options::default().config_overrides(overrides);
    let mut repo =
        gix::discover_opts(folder, gix::discover::upwards::Options::default(), options).map_err(|error| {
            Failure::usage(format!("{} is not in a git repository: {}", folder.display(), root(&error)))
                .advise("run it inside the repository, or leave out the git options to scan the folder as it is")
        })?;
    repo.object_cache_size(None);
    Ok(repo)
}

/// A failure of git's own files.
fn broken(what: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Exit::Usage, format!("git repository: {what}: {}", root(error)))
        .advise("`git fsck` tells more about a damaged repository")
}

/// The innermost cause, on one line: gix wraps the useful sentence in several general ones.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string().lines().next().unwrap_or_default().to_owned()
}

/// What HEAD has: each blob by path.
fn head_files(repo: &Repository) -> Result<HashMap<BString, ObjectId>, Failure> {
    let mut files = HashMap::new();
    let Ok(commit) = repo.head_commit() else { return Ok(files) };
    let tree = commit.tree_id().map_err(|error| broken("HEAD", &error))?.detach();
    let mut open = vec![(tree, BString::default())];
    while let Some((id, folder)) = open.pop() {
        let tree = repo.find_tree(id).map_err(|error| broken("HEAD", &error))?;
        for entry in tree.iter().filter_map(Result::ok) {
            let path = join(folder.as_ref(), entry.filename());
            if entry.mode().is_tree() {
                open.push((entry.object_id(), path));
            } else if entry.mode().is_blob() {
                files.insert(path, entry.object_id());
            }
        }
    }
    Ok(files)
}

fn join(folder: &BStr, name: &BStr) -> BString {
    let mut path = BString::from(folder);
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

fn to_path(path: &BStr) -> PathBuf {
    path.to_path_lossy().into_owned()
}

/// The byte ranges of the lines that `new` has and `old` has not, adjacent lines joined.
fn added(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let mut offsets = Vec::with_capacity(input.after.len() + 1);
    let mut end = 0;
    offsets.push(0);
    offsets.extend(input.after.iter().map(|line| {
        end += input.interner[*line].len();
        end
    }));
    diff.hunks()
        .filter(|hunk| !hunk.after.is_empty())
        .filter_map(|hunk| Some(*offsets.get(hunk.after.start as usize)?..*offsets.get(hunk.after.end as usize)?))
        .collect()
}

/// A change of a file: what it was, if it was, and what it is.
struct Change {
    path: BString,
    old: Option<ObjectId>,
    new: ObjectId,
}

impl Change {
    /// Reads both sides and yields the new one, narrowed to the added lines.
    fn read(&self, repo: &Repository, origin: Origin, sink: &dyn Sink) {
        let path = to_path(self.path.as_ref());
        let Some(new) = blob(repo, self.new, &path, sink) else { return };
        let old = self.old.and_then(|id| repo.find_blob(id).ok().map(|mut blob| blob.take_data()));
        let only = match &old {
            // A binary file has no lines; whether it holds text is for the scanner to see.
            Some(old) if !is_binary(&new) => {
                let only = added(old, &new);
                if only.is_empty() {
                    return;
                }
                only
            }
            _ => Vec::new(),
        };
        sink.file(SourceFile { path, origin, bytes: Arc::new(new), only });
    }
}

/// Git's own test: a NUL in the first 8000 bytes.
fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].find_byte(0).is_some()
}

/// A blob's bytes, or a notice that says why not.
fn blob(repo: &Repository, id: ObjectId, path: &Path, sink: &dyn Sink) -> Option<Vec<u8>> {
    match repo.find_blob(id) {
        Ok(mut blob) => Some(blob.take_data()),
        Err(error) => {
            let size = repo.find_header(id).map_or(0, |header| header.size());
            sink.notice(Skipped::new(
                path,
                if size > LARGEST_BLOB as u64 {
                    format!("blob {id} has {size} bytes, more than the {LARGEST_BLOB} that are read")
                } else if error.is_not_found() {
                    format!("blob {id} is not in this clone (partial or shallow?)")
                } else {
                    format!("blob {id} cannot be read: {}", root(&error))
                },
            ));
            None
        }
    }
}

/// Runs `work` over the items of all stretches on every core, in order, some neighbours at once, so that what a thread has
/// cached serves the next item. Each stretch has its own handle on the repository, which is opened when a thread comes to it
/// and closed when the last one has gone on: no thread waits for another's long item. The threads are always the same:
/// patterns keep caches by thread.
///
/// # Errors
/// The repository cannot be opened.
fn in_parallel<T: Sync>(
    folder: &Path,
    stretches: &[Vec<T>],
    at_once: usize,
    sink: &dyn Sink,
    work: impl Fn(&Repository, &T) + Sync,
) -> Result<(), Failure> {
    let all: Vec<(usize, &[T])> = stretches
        .iter()
        .enumerate()
        .flat_map(|(number, stretch)| stretch.chunks(at_once).map(move |items| (number, items)))
        .collect();
    let opened: Vec<Mutex<Weak<ThreadSafeRepository>>> = stretches.iter().map(|_| Mutex::default()).collect();
    let open_for = |stretch: usize| -> Result<_, Failure> {
        let mut slot = opened[stretch].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(repo) = slot.upgrade() {
            return Ok(repo);
        }
        let repo = Arc::new(open(folder, true)?.into_sync());
        *slot = Arc::downgrade(&repo);
        Ok(repo)
    };
    let next = AtomicUsize::new(0);
    let run = || -> Result<(), Failure> {
        let mut at_hand: Option<(usize, Arc<ThreadSafeRepository>, Repository)> = None;
        while let Some((stretch, items)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if at_hand.as_ref().is_none_or(|(number, ..)| number != stretch) {
                // The old one goes first: two are never open for one thread.
                drop(at_hand.take());
                let shared = open_for(*stretch)?;
                let repo = shared.to_thread_local();
                at_hand = Some((*stretch, shared, repo));
            }
            let Some((.., repo)) = &at_hand else { continue };
            for item in *items {
                if sink.stopped() {
                    return Ok(());
                }
                work(repo, item);
            }
        }
        Ok(())
    };
    let threads = rayon::current_num_threads().min(all.len());
    let others: Vec<Mutex<Result<(), Failure>>> = (1..threads).map(|_| Mutex::new(Ok(()))).collect();
    let own = rayon::scope(|scope| {
        for outcome in &others {
            let run = &run;
            scope.spawn(move |_| *outcome.lock().unwrap_or_else(PoisonError::into_inner) = run());
        }
        run()
    });
    others
        .into_iter()
        .map(|outcome| outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
        .fold(own, Result::and)
}

#[cfg(test)]
mod tests;
