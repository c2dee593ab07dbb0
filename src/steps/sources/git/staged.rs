//! `--staged`: what the next commit would add.

use std::path::Path;

use super::{Change, Failure, ObjectId, Origin, Sink, broken, head_files, open};

/// Yields every file of the index that differs from HEAD, narrowed to the added lines. A file that was only moved
/// yields nothing.
///
/// The bytes are those of the index: what will be committed, not what lies in the working tree.
///
/// # Errors
/// The folder is in no git repository, or its index cannot be read.
pub fn staged(folder: &Path, sink: &dyn Sink) -> Result<(), Failure> {
    let repo = open(folder, false)?;
    let index = repo.index_or_empty().map_err(|error| broken("the index", &error))?;
    for change in changes(&repo, &index)? {
        if sink.stopped() {
            break;
        }
        change.read(&repo, Origin::Git { commit: None, time: None, in_head: false, member: None }, sink);
    }
    Ok(())
}

fn changes(repo: &gix::Repository, index: &gix::index::State) -> Result<Vec<Change>, Failure> {
    use gix::index::entry::{Flags, Mode, Stage};
    let mut head = head_files(repo)?;
    let mut changes = Vec::new();
    for entry in index.entries() {
        let path = entry.path(index);
        // Sides of an unsolved merge, submodules, links, and what `git add -N` only announced, are not in the commit.
        let text = entry.mode == Mode::FILE || entry.mode == Mode::FILE_EXECUTABLE;
        if entry.stage() != Stage::Unconflicted || !text || entry.flags.contains(Flags::INTENT_TO_ADD) {
            continue;
        }
        let old = head.remove(path);
        if old != Some(entry.id) {
            changes.push(Change { path: path.to_owned(), old, new: entry.id });
        }
    }
    pair_renames(&mut changes, head.into_values().collect());
    Ok(changes.into_iter().filter(|change| change.old != Some(change.new)).collect())
}

/// Matches added files with deleted ones of the very same contents: a move. (A file that was moved and edited in one
/// commit is scanned whole; that errs on the safe side.)
fn pair_renames(changes: &mut [Change], mut deleted: Vec<ObjectId>) {
    deleted.sort_unstable();
    for change in changes.iter_mut().filter(|change| change.old.is_none()) {
        if deleted.binary_search(&change.new).is_ok() {
            change.old = Some(change.new);
        }
    }
}
