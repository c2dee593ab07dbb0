//! `--since REV`: what the commits after a revision added.

use std::collections::HashMap;
use std::path::Path;

use gix::bstr::BString;
use gix::object::tree::diff::ChangeDetached;
use gix::{ObjectId, Repository};

use super::{Change, Failure, Origin, Sink, broken, head_files, in_parallel, open, root};

/// Yields the added lines of every commit that HEAD has and `revision` has not (`revision..HEAD`), each against its
/// first parent; a merge yields only what differs from all of its parents. A value that one of these commits added and a
/// later one removed is found: it would be published all the same.
///
/// # Errors
/// The folder is in no git repository, or the revision is not known there.
pub fn since(folder: &Path, revision: &str, sink: &dyn Sink) -> Result<(), Failure> {
    let repo = open(folder, true)?;
    let hidden =
        repo.rev_parse_single(revision).and_then(|id| Ok(id.object()?.peel_to_commit()?.id)).map_err(|error| {
            Failure::usage(format!("revision {revision} is not known here: {}", root(&error))).advise(
                "in a shallow clone fetch more first: `git fetch --deepen=100`, or `fetch-depth: 0` in a CI checkout",
            )
        })?;
    let tip = repo.head_id().map_err(|error| broken("HEAD", &error))?.detach();
    let commits: Vec<ObjectId> = repo
        .rev_walk([tip])
        .with_hidden([hidden])
        .all()
        .map_err(|error| broken("the commits", &error))?
        .filter_map(|info| info.ok().map(|info| info.id))
        .collect();
    let head = head_files(&repo)?;
    sink.expect(commits.len());
    in_parallel(folder, &[commits], 64, sink, |repo, commit| {
        if let Err(error) = one(repo, *commit, &head, sink) {
            sink.notice(crate::model::Skipped::new(format!("commit {commit}"), root(&error)));
        }
    })
}

fn one(repo: &Repository, id: ObjectId, head: &HashMap<BString, ObjectId>, sink: &dyn Sink) -> gix::Result<()> {
    let commit = repo.find_commit(id)?;
    let time = commit.author().ok().and_then(|author| author.time().ok()).map(|time| time.seconds);
    let tree = commit.tree()?;
    let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
    // A parent beyond a shallow clone's edge is not there: everything in the commit counts as added.
    let mut parent_trees = parents.iter().filter_map(|id| repo.find_commit(*id).ok()?.tree().ok());
    let first = parent_trees.next();
    let others: Vec<_> = parent_trees.collect();
    let options = gix::diff::Options::default().with_rewrites(None);
    for change in repo.diff_tree_to_tree(first.as_ref(), Some(&tree), Some(options))? {
        let Some(change) = to_change(change) else { continue };
        let same = |other: &gix::Tree<'_>| {
            other
                .lookup_entry_by_path(super::to_path(change.path.as_ref()))
                .ok()
                .flatten()
                .map(|entry| entry.object_id())
                == Some(change.new)
        };
        if others.iter().any(same) {
            continue;
        }
        let in_head = head.get(&change.path) == Some(&change.new);
        change.read(repo, Origin::Git { commit: Some(id.to_string()), time, in_head, member: None }, sink);
    }
    Ok(())
}

fn to_change(change: ChangeDetached) -> Option<Change> {
    match change {
        ChangeDetached::Addition { location, entry_mode, id, .. } => {
            entry_mode.is_blob().then_some(Change { path: location, old: None, new: id })
        }
        ChangeDetached::Modification { location, previous_entry_mode, previous_id, entry_mode, id } => (entry_mode
            .is_blob()
            && previous_id != id)
            .then(|| Change { path: location, old: previous_entry_mode.is_blob().then_some(previous_id), new: id }),
        ChangeDetached::Deletion { .. } | ChangeDetached::Rewrite { .. } => None,
    }
}
