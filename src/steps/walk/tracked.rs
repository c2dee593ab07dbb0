//! Files that git tracks although its rules of ignoring leave them out: they were added by force or before the rule, and
//! everybody who has the repository has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gix::index::entry::Mode;
use gix::worktree::stack::state::ignore::Source;

/// Such files in a folder, as paths that begin with it; none where it is in no repository, or git's own files cannot be
/// read.
pub(super) fn though_ignored(folder: &Path) -> BTreeSet<PathBuf> {
    find(folder).unwrap_or_default()
}

fn find(folder: &Path) -> Option<BTreeSet<PathBuf>> {
    let real = fs::canonicalize(folder).ok()?;
    let repo = gix::discover(&real).ok()?;
    let top = fs::canonicalize(repo.workdir()?).ok()?;
    let within = real.strip_prefix(&top).ok()?;
    let index = repo.index_or_empty().ok()?;
    let mut rules = repo.excludes(&index, None, Source::WorktreeThenIdMappingIfNotSkipped).ok()?;
    let mut found = BTreeSet::new();
    for entry in index.entries() {
        let path = entry.path(&index);
        let Ok(whole) = gix::path::from_bstr(path) else { continue };
        let Ok(inside) = whole.strip_prefix(within).map(Path::to_path_buf) else { continue };
        let file = entry.mode == Mode::FILE || entry.mode == Mode::FILE_EXECUTABLE;
        if file && rules.at_entry(path, Some(entry.mode)).is_ok_and(|rule| rule.is_excluded()) {
            found.insert(folder.join(inside));
        }
    }
    Some(found)
}
