//! `--history`: every blob that any branch or tag ever held, each once.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use gix::bstr::{BStr, BString};
use gix::odb::pack;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;
use gix::{ObjectId, Repository};

use super::{
    Failure, Origin, Sink, Skipped, SourceFile, blob, broken, head_files, in_parallel, join, open, root, to_path,
};

/// Yields every blob reachable from HEAD, branches, remote branches, tags and the stash, once, with the commit that
/// first held it. A blob that HEAD still has comes under HEAD's path for it, any other under the path it had first.
///
/// `keep` is asked for each path before its blob is read: what it turns down (a lock file, a picture) costs nothing.
///
/// First all trees are walked, oldest commit first, each tree object once; then the blobs are read in the order in which
/// they lie in the packs, which keeps the bases of their deltas at hand. Packs are memory-mapped, and what was read of them
/// stays resident as long as they are open: so they are opened anew every now and then.
///
/// # Errors
/// The folder is in no git repository, or its commits cannot be listed.
pub fn history(folder: &Path, keep: &(dyn Fn(&Path) -> bool + Sync), sink: &dyn Sink) -> Result<(), Failure> {
    let repo = open(folder, true)?;
    let commits = commits(&repo)?;
    let head: HashMap<ObjectId, BString> = head_files(&repo)?.into_iter().map(|(path, id)| (id, path)).collect();
    let mut found = Found::default();
    let mut walked = 0;
    let mut repo = repo;
    for (number, commit) in commits.iter().enumerate() {
        if sink.stopped() {
            return Ok(());
        }
        if found.seen.len() - walked > OBJECTS_A_MAP {
            walked = found.seen.len();
            repo = open(folder, true)?;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a repository with 4 billion commits fits no memory")]
        if let Err(error) = found.walk(&repo, commit.tree, number as u32) {
            sink.notice(Skipped::new(format!("commit {}", commit.id), root(&error)));
        }
    }
    let Found { folders, names, mut blobs, seen, .. } = found;
    drop(seen);
    blobs.retain(|found| head.contains_key(&found.id) || keep(&to_path(found.path(&folders, &names).as_ref())));
    blobs.shrink_to_fit();
    let ends = sort_by_place(&repo, &mut blobs);
    drop(repo);
    sink.expect(blobs.len());
    let read = |repo: &Repository, found: &Blob| {
        let in_head = head.get(&found.id);
        let path =
            in_head.map_or_else(|| to_path(found.path(&folders, &names).as_ref()), |path| to_path(path.as_ref()));
        if in_head.is_some() && !keep(&path) {
            return;
        }
        let commit = &commits[found.commit as usize];
        let Some(bytes) = blob(repo, found.id, &path, sink) else { return };
        let origin = Origin::Git {
            commit: Some(commit.id.to_string()),
            time: commit.time,
            in_head: in_head.is_some(),
            member: None,
        };
        sink.file(SourceFile { path, origin, bytes: Arc::from(bytes), only: Vec::new() });
    };
    let mut start = 0;
    for end in ends {
        if sink.stopped() {
            break;
        }
        in_parallel(open(folder, true)?, &blobs[start..end], sink, read);
        start = end;
    }
    Ok(())
}

/// Objects that are read before the packs are opened anew while trees are walked.
const OBJECTS_A_MAP: usize = 100_000;
/// How much of a pack is read before it is opened anew, in bytes.
const PACK_A_MAP: u64 = 48 << 20;
/// How many loose objects are read before everything is opened anew.
const LOOSE_A_MAP: usize = 50_000;

struct Commit {
    id: ObjectId,
    tree: ObjectId,
    time: Option<i64>,
}

/// All commits, oldest first.
fn commits(repo: &Repository) -> Result<Vec<Commit>, Failure> {
    let mut tips: Vec<ObjectId> = repo.head_id().ok().map(gix::Id::detach).into_iter().collect();
    let references = repo.references().map_err(|error| broken("the references", &error))?;
    let all = references.all().map_err(|error| broken("the references", &error))?;
    tips.extend(all.filter_map(Result::ok).filter_map(|mut reference| Some(reference.peel_to_commit().ok()?.id)));
    tips.sort_unstable();
    tips.dedup();
    let walk = repo
        .rev_walk(tips)
        .sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
        .all()
        .map_err(|error| broken("the commits", &error))?;
    let mut commits = Vec::new();
    for info in walk {
        // The edge of a damaged or partial clone: what is there is still walked.
        let Ok(info) = info else { continue };
        let Ok(commit) = repo.find_commit(info.id) else { continue };
        let Ok(tree) = commit.tree_id() else { continue };
        let time = commit.author().ok().and_then(|author| author.time().ok()).map(|time| time.seconds);
        commits.push(Commit { id: info.id, tree: tree.detach(), time });
    }
    commits.reverse();
    Ok(commits)
}

/// A blob and where it was met first. Names are kept in one buffer: half a million of them are usual.
struct Blob {
    id: ObjectId,
    commit: u32,
    folder: u32,
    name: (u32, u16),
}

impl Blob {
    fn path(&self, folders: &[BString], names: &[u8]) -> BString {
        let (start, len) = (self.name.0 as usize, self.name.1 as usize);
        let name: &BStr = names.get(start..start + len).unwrap_or_default().into();
        join(folders[self.folder as usize].as_ref(), name)
    }
}

#[derive(Default)]
struct Found {
    seen: HashSet<ObjectId, gix::hashtable::hash::Builder>,
    folders: Vec<BString>,
    folder_numbers: HashMap<BString, u32>,
    names: Vec<u8>,
    blobs: Vec<Blob>,
}

impl Found {
    #[allow(clippy::cast_possible_truncation, reason = "git's own formats bound the numbers of names and folders")]
    fn folder(&mut self, path: &BString) -> u32 {
        if let Some(number) = self.folder_numbers.get(path) {
            return *number;
        }
        let number = self.folders.len() as u32;
        self.folders.push(path.clone());
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
                    let name = (self.names.len() as u32, entry.filename().len() as u16);
                    self.names.extend_from_slice(entry.filename());
                    self.blobs.push(Blob { id: entry.object_id(), commit, folder, name });
                }
            }
        }
        outcome
    }
}

/// Sorts blobs by where they lie: pack, then offset within it; loose ones last. Returns the ends of stretches that are near
/// each other, the last one being the number of blobs.
fn sort_by_place(repo: &Repository, blobs: &mut Vec<Blob>) -> Vec<usize> {
    let packs: Vec<pack::index::File> = repo
        .objects
        .store_ref()
        .alternate_db_paths()
        .unwrap_or_default()
        .into_iter()
        .chain([repo.objects.store_ref().path().to_owned()])
        .filter_map(|objects| std::fs::read_dir(objects.join("pack")).ok())
        .flat_map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .filter_map(|path| pack::index::File::at(path, repo.object_hash()).ok())
        .collect();
    let mut placed: Vec<((usize, u64), Blob)> = std::mem::take(blobs)
        .into_iter()
        .map(|blob| {
            let in_pack = |(number, pack): (usize, &pack::index::File)| {
                Some((number, pack.pack_offset_at_index(pack.lookup(blob.id)?)))
            };
            (packs.iter().enumerate().find_map(in_pack).unwrap_or((usize::MAX, 0)), blob)
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    let mut ends = Vec::new();
    let mut start = 0;
    for (at, (place, _)) in placed.iter().enumerate() {
        let first = placed[start].0;
        if place.0 != first.0 || place.1 - first.1 > PACK_A_MAP || at - start >= LOOSE_A_MAP {
            ends.push(at);
            start = at;
        }
    }
    ends.push(placed.len());
    *blobs = placed.into_iter().map(|(_, blob)| blob).collect();
    ends
}
