//! `--history`: every blob that any branch or tag ever held, each once.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use gix::bstr::BString;
use gix::odb::pack;
use gix::{ObjectId, Repository};

use super::past::{self, Commit};
use super::trees::{Blob, Found};
use super::{Failure, Origin, Sink, SourceFile, blob, head_files, in_parallel, open, to_path};
use crate::rules::Quiet;

/// Yields every blob reachable from HEAD or any reference (branches, tags, the stash, what a mirror has more), once, with the commit that
/// first held it. A blob that HEAD still has comes under HEAD's path for it, any other under the path it had first.
///
/// `keep` is asked for each path before its blob is read: what it turns down (a lock file, a picture) costs nothing.
///
/// First all trees are walked, each tree object about once. Then the blobs are read, path by path, each path from HEAD's
/// version to the oldest, the paths in the order in which they lie in the packs: so the bases of their deltas are at
/// hand, and what was quiet in one version is passed over in the next. Packs are memory-mapped, and what was read of them
/// stays resident as long as they are open: so they are opened anew every now and then.
///
/// # Errors
/// The folder is in no git repository, or its commits cannot be listed.
pub fn history(folder: &Path, keep: &(dyn Fn(&Path) -> bool + Sync), sink: &dyn Sink) -> Result<(), Failure> {
    let repo = open(folder, true)?;
    let commits = past::commits(&repo)?;
    let head: HashMap<ObjectId, BString> = head_files(&repo)?.into_iter().map(|(path, id)| (id, path)).collect();
    let (mut blobs, paths) = Found::walk_all(folder, &commits, sink)?.finish();
    let path_of = |found: &Blob| match head.get(&found.id) {
        Some(path) => to_path(path.as_ref()),
        None => to_path(paths.of(found).as_ref()),
    };
    blobs.retain(|found| keep(&path_of(found)));
    blobs.shrink_to_fit();
    let order = by_place(&repo, &mut blobs, |found| {
        (
            head.get(&found.id).map_or_else(|| paths.hash(found), |path| paths.hash_of(path)),
            head.contains_key(&found.id),
        )
    });
    drop(repo);
    sink.expect(blobs.len());
    let read = |repo: &Repository, versions: &Range<usize>| {
        let mut others = Quiet::default();
        for found in &blobs[versions.clone()] {
            if sink.stopped() {
                return;
            }
            let path = path_of(found);
            let commit: &Commit = &commits[found.commit as usize];
            let Some(bytes) = blob(repo, found.id, &path, sink) else { continue };
            let origin = Origin::Git {
                commit: Some(commit.id.to_string()),
                time: commit.time,
                in_head: head.contains_key(&found.id),
                member: None,
            };
            sink.version(SourceFile { path, origin, bytes: Arc::new(bytes), only: Vec::new() }, &mut others);
        }
    };
    in_parallel(folder, &order, PATHS_AT_ONCE, sink, read)
}

/// How many paths a thread takes at once.
const PATHS_AT_ONCE: usize = 4;

/// How much of a pack is read before it is opened anew, in bytes.
const PACK_A_MAP: u64 = 6 << 20;
/// How many blobs are read before everything is opened anew.
const BLOBS_A_MAP: usize = 4_000;

/// Sorts blobs by where they lie, those of one path together: pack, then offset of the first of them; loose ones last.
/// Within a path HEAD's version comes first, then from the newest to the oldest. `file` tells a blob's path, hashed, and
/// whether it is HEAD's.
///
/// Returns the versions of each path, in stretches of paths that are near each other.
fn by_place(repo: &Repository, blobs: &mut [Blob], file: impl Fn(&Blob) -> (u64, bool)) -> Vec<Vec<Range<usize>>> {
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
    let place = |blob: &Blob| {
        let in_pack = |(number, pack): (usize, &pack::index::File)| {
            Some((number, pack.pack_offset_at_index(pack.lookup(blob.id)?)))
        };
        packs.iter().enumerate().find_map(in_pack).unwrap_or((usize::MAX, 0))
    };
    let mut first: HashMap<u64, (usize, u64)> = HashMap::new();
    for blob in blobs.iter() {
        let place = place(blob);
        first.entry(file(blob).0).and_modify(|first| *first = place.min(*first)).or_insert(place);
    }
    blobs.sort_by_cached_key(|blob| {
        let (path, in_head) = file(blob);
        (first[&path], path, !in_head, Reverse(blob.commit))
    });
    let mut stretches: Vec<Vec<Range<usize>>> = Vec::new();
    let (mut start, mut from) = (0, (0, 0));
    for versions in blobs.chunk_by(|a, b| file(a).0 == file(b).0) {
        let place = first[&file(&versions[0]).0];
        let read: usize = stretches.last().map_or(0, |last| start - last.first().map_or(start, |first| first.start));
        match stretches.last_mut() {
            Some(last) if place.0 == from.0 && place.1 - from.1 <= PACK_A_MAP && read < BLOBS_A_MAP => {
                last.push(start..start + versions.len());
            }
            _ => {
                from = place;
                stretches.push(std::iter::once(start..start + versions.len()).collect());
            }
        }
        start += versions.len();
    }
    stretches
}
