//! The commits of a history, each read once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::{ObjectId, Repository};

use super::{Failure, broken};

/// A commit.
pub(super) struct Commit {
    pub(super) id: ObjectId,
    /// None where the commit is not there, or damaged.
    pub(super) tree: Option<ObjectId>,
    /// When its author made it, in seconds since 1970.
    pub(super) time: Option<i64>,
}

/// All commits, oldest first: walked from the newest on by their committers' clocks, no parent before a child.
///
/// # Errors
/// The references cannot be listed.
pub(super) fn commits(repo: &Repository) -> Result<Vec<Commit>, Failure> {
    let mut next: Vec<ObjectId> = repo.head_id().ok().map(gix::Id::detach).into_iter().collect();
    let references = repo.references().map_err(|error| broken("the references", &error))?;
    let all = references.all().map_err(|error| broken("the references", &error))?;
    next.extend(all.filter_map(Result::ok).filter_map(|mut reference| Some(reference.peel_to_commit().ok()?.id)));
    next.sort_unstable();
    let mut seen: HashSet<ObjectId, gix::hashtable::hash::Builder> = HashSet::default();
    // The newest first, of the same second the one that was met first.
    let mut order: BinaryHeap<(i64, Reverse<usize>)> = BinaryHeap::new();
    let mut open: HashMap<usize, (Commit, Vec<ObjectId>)> = HashMap::new();
    let mut commits = Vec::new();
    loop {
        for id in next.drain(..) {
            // The edge of a damaged or partial clone is passed over: what is there is still walked.
            if seen.insert(id)
                && let Some((at, commit, parents)) = read(repo, id)
            {
                order.push((at, Reverse(seen.len())));
                open.insert(seen.len(), (commit, parents));
            }
        }
        let Some((commit, parents)) = order.pop().and_then(|(_, Reverse(number))| open.remove(&number)) else { break };
        commits.push(commit);
        next = parents;
    }
    commits.reverse();
    Ok(commits)
}

/// When a commit was made by its committer's clock, what it says, and its parents.
fn read(repo: &Repository, id: ObjectId) -> Option<(i64, Commit, Vec<ObjectId>)> {
    let commit = repo.find_commit(id).ok()?;
    let at = commit.time().map_or(0, |time| time.seconds);
    let time = commit.author().ok().and_then(|author| Some(author.time().ok()?.seconds));
    let tree = commit.tree_id().ok().map(gix::Id::detach);
    let parents = commit.parent_ids().map(gix::Id::detach).collect();
    Some((at, Commit { id, tree, time }, parents))
}
