//! Reads the files to scan: folders and files, in parallel.

mod tracked;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{WalkBuilder, WalkState};

use crate::model::{Origin, Skipped, SourceFile};

/// How much of a file tells whether the rest is wanted, in bytes.
pub const HEAD: u64 = 8192;

/// What to read, and what not.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Findings' paths are relative to this folder where they lie in it. None: relative to the root they were found under.
    pub base: Option<PathBuf>,
    /// Respect .gitignore, .ignore and .keyliftignore. What git tracks is read although .gitignore leaves it out.
    pub respect_ignore: bool,
    /// Glob patterns of paths to leave out, as in .gitignore.
    pub exclude: Vec<String>,
    /// Larger files are skipped, and told in the report. In bytes.
    pub max_size: u64,
    /// Threads; 0 for one a core.
    pub threads: usize,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self { base: None, respect_ignore: true, exclude: Vec::new(), max_size: 64 << 20, threads: 0 }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct WalkReport {
    /// Files handed on.
    pub files: usize,
    /// Their bytes together.
    pub bytes: u64,
    /// What was not read, and why: never silent.
    pub skipped: Vec<Skipped>,
}

/// Reads every file under the roots and hands each to `each`, in no order, from several threads.
///
/// Hidden files are read, `.git` is not; symbolic links are not followed (a root may be one); special files are not opened.
/// A root that is a file is read whatever ignore files say. What could not be read is in the report.
pub fn walk(roots: &[PathBuf], options: &WalkOptions, each: impl Fn(SourceFile) + Sync) -> WalkReport {
    walk_but(roots, options, |_, _| false, |_| true, each)
}

/// The same, but for files that somebody claims to read themselves: `claim` is asked with each path, as it is opened and
/// as findings show it, before anything is read. Of a file larger than [`HEAD`] whose beginning is not `wanted` the rest
/// stays unread: it counts as read, but is not handed on.
pub fn walk_but(
    roots: &[PathBuf],
    options: &WalkOptions,
    claim: impl Fn(&Path, &Path) -> bool + Sync,
    wanted: impl Fn(&[u8]) -> bool + Sync,
    each: impl Fn(SourceFile) + Sync,
) -> WalkReport {
    let report = Mutex::new(WalkReport::default());
    let skip = |path: &Path, reason: String| {
        if let Ok(mut report) = report.lock() {
            report.skipped.push(Skipped { path: path.to_path_buf(), reason });
        }
    };
    let mut seen: Vec<PathBuf> = Vec::new();
    for root in roots {
        // The same folder given twice is read once.
        let real = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        let here = if root.is_file() { root.parent() } else { Some(root.as_path()) }.unwrap_or(Path::new(""));
        let tracked =
            if options.respect_ignore && root.is_dir() { tracked::though_ignored(root) } else { BTreeSet::new() };
        let missing = Mutex::new(tracked);
        let visit = |entry: Result<ignore::DirEntry, ignore::Error>| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = path_of(&error).unwrap_or(root);
                    skip(path, without_path(&error));
                    return;
                }
            };
            let is_file =
                entry.file_type().is_some_and(|kind| kind.is_file()) || entry.depth() == 0 && entry.path().is_file();
            if !is_file {
                return;
            }
            if let Ok(mut missing) = missing.lock() {
                missing.remove(entry.path());
            }
            let shown = name(entry.path(), here, options.base.as_deref());
            if claim(entry.path(), &shown) {
                if let Ok(mut report) = report.lock() {
                    report.files += 1;
                }
                return;
            }
            match read(entry.path(), options.max_size, &wanted) {
                Ok((bytes, length)) => {
                    if let Some(bytes) = bytes {
                        each(SourceFile::disk(shown, bytes));
                    }
                    if let Ok(mut report) = report.lock() {
                        report.files += 1;
                        report.bytes += length;
                    }
                }
                Err(error) => skip(entry.path(), error.to_string()),
            }
        };
        let run = |builder: Result<WalkBuilder, ignore::Error>| match builder {
            Ok(builder) => builder.build_parallel().run(|| {
                Box::new(|entry| {
                    visit(entry);
                    WalkState::Continue
                })
            }),
            Err(error) => skip(root, error.to_string()),
        };
        run(builder(root, options));
        let missing = missing.lock().map(|missing| missing.clone()).unwrap_or_default();
        if !missing.is_empty() {
            run(builder(root, options).map(|builder| only(builder, missing)));
        }
    }
    let mut report = report.into_inner().unwrap_or_default();
    report.skipped.sort();
    report
}

/// How many files [`walk`] would hand on or skip. It reads no file, so that it is far ahead of a walk at its side.
pub fn count(roots: &[PathBuf], options: &WalkOptions) -> usize {
    let counted = |root: &PathBuf| {
        let Ok(builder) = builder(root, options) else { return 0 };
        let is_file = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
        builder.build().filter_map(Result::ok).filter(is_file).count()
    };
    roots.iter().map(counted).sum()
}

/// Standard input as a file of the given name.
///
/// # Errors
/// Reading fails, or there is more than `max_size` bytes.
pub fn stdin(path: &Path, max_size: u64) -> io::Result<SourceFile> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(max_size.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_size {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {max_size} bytes")));
    }
    Ok(SourceFile { path: path.to_path_buf(), origin: Origin::Stdin, bytes: Arc::new(bytes), only: Vec::new() })
}

fn builder(root: &Path, options: &WalkOptions) -> Result<WalkBuilder, ignore::Error> {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(options.respect_ignore)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .threads(options.threads)
        .filter_entry(|entry| entry.file_name() != ".git" || entry.depth() == 0);
    if options.respect_ignore {
        builder.add_custom_ignore_filename(".keyliftignore");
    }
    if !options.exclude.is_empty() {
        let mut overrides = ignore::overrides::OverrideBuilder::new(root);
        for glob in &options.exclude {
            // An override that starts with `!` leaves out.
            overrides.add(&format!("!{glob}"))?;
        }
        builder.overrides(overrides.build()?);
    }
    Ok(builder)
}

/// A walk to some files alone, whatever .gitignore says of them.
fn only(mut builder: WalkBuilder, files: BTreeSet<PathBuf>) -> WalkBuilder {
    let folders: BTreeSet<PathBuf> =
        files.iter().flat_map(|file| file.ancestors().skip(1)).map(Path::to_path_buf).collect();
    builder.git_ignore(false).git_exclude(false).git_global(false).filter_entry(move |entry| {
        files.contains(entry.path()) || folders.contains(entry.path()) && entry.file_name() != ".git"
    });
    builder
}

/// A file's bytes, where its beginning is wanted, and its length.
fn read(path: &Path, max_size: u64, wanted: impl Fn(&[u8]) -> bool) -> io::Result<(Option<Vec<u8>>, u64)> {
    let mut file = fs::File::open(path)?;
    let size = file.metadata()?.len();
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {} MiB, the limit", max_size >> 20));
    let mut bytes = Vec::new();
    // What nobody wants may be as large as it likes.
    if size > HEAD {
        bytes.reserve_exact(usize::try_from(HEAD).unwrap_or_default());
        file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
        if !wanted(&bytes) {
            return Ok((None, size));
        }
    }
    if size > max_size {
        return Err(too_large());
    }
    // One byte more, so that the end is met without another allocation.
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_sub(bytes.len()) + 1);
    let left = max_size.saturating_add(1).saturating_sub(bytes.len() as u64);
    file.by_ref().take(left).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > max_size { Err(too_large()) } else { Ok((Some(bytes), length)) }
}

/// A path as findings show it.
fn name(path: &Path, root: &Path, base: Option<&Path>) -> PathBuf {
    let base = base.unwrap_or(root);
    let path = path.strip_prefix(base).unwrap_or(path);
    let path = path.strip_prefix("./").unwrap_or(path);
    if cfg!(windows) { PathBuf::from(path.to_string_lossy().replace('\\', "/")) } else { path.to_path_buf() }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn without_path(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => without_path(err),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(roots: &[PathBuf], options: &WalkOptions) -> (Vec<String>, WalkReport) {
        let found = Mutex::new(Vec::new());
        let report = walk(roots, options, |file| {
            found.lock().unwrap().push(file.path.to_string_lossy().into_owned());
        });
        let mut found = found.into_inner().unwrap();
        found.sort();
        (found, report)
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "build/\n"),
            (".env", "A=1"),
            ("src/app.py", "x"),
            ("build/out.js", "x"),
            (".git/config", "x"),
            ("big.txt", "0123456789"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn hidden_files_are_read_ignored_ones_and_git_are_not() {
        let dir = tree();
        let root = [dir.path().to_path_buf()];
        let (found, report) = names(&root, &WalkOptions { max_size: 9, ..WalkOptions::default() });
        assert_eq!(found, [".env", ".gitignore", "src/app.py"]);
        assert_eq!(report.files, 3);
        assert_eq!(report.skipped.len(), 1);
        assert!(report.skipped[0].path.ends_with("big.txt"));
        let (found, _) = names(&root, &WalkOptions { respect_ignore: false, ..WalkOptions::default() });
        assert_eq!(found, [".env", ".gitignore", "big.txt", "build/out.js", "src/app.py"]);
        let exclude = vec!["src/**".to_owned(), "*.txt".to_owned()];
        let (found, _) = names(&root, &WalkOptions { exclude, ..WalkOptions::default() });
        assert_eq!(found, [".env", ".gitignore"]);
    }

    #[test]
    fn of_a_large_file_whose_beginning_is_not_wanted_the_rest_stays_unread() {
        let dir = tempfile::tempdir().unwrap();
        let long = vec![b'a'; 20_000];
        for (name, bytes) in [("a", &long[..]), ("b", &[b"b", &long[..]].concat()), ("c", b"b")] {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let found = Mutex::new(Vec::new());
        let wanted = |head: &[u8]| !head.starts_with(b"b");
        // One that is not wanted is not too large.
        let options = WalkOptions { max_size: 20_000, ..WalkOptions::default() };
        let report = walk_but(
            &[dir.path().to_path_buf()],
            &options,
            |_, _| false,
            wanted,
            |file| {
                found.lock().unwrap().push((file.path.clone(), file.bytes.len()));
            },
        );
        let mut found = found.into_inner().unwrap();
        found.sort();
        assert_eq!(found, [(PathBuf::from("a"), 20_000), (PathBuf::from("c"), 1)]);
        assert_eq!((report.files, report.bytes, report.skipped.len()), (3, 40_002, 0));
    }

    #[test]
    fn a_file_is_named_after_the_base() {
        let dir = tree();
        let file = dir.path().join("build/out.js");
        let (found, _) = names(std::slice::from_ref(&file), &WalkOptions::default());
        assert_eq!(found, ["out.js"]);
        let base = Some(dir.path().to_path_buf());
        let (found, _) = names(&[file.clone(), file], &WalkOptions { base, ..WalkOptions::default() });
        assert_eq!(found, ["build/out.js"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_missing_roots_are_told() {
        let dir = tree();
        std::os::unix::fs::symlink(dir.path().join("src"), dir.path().join("link")).unwrap();
        let (found, _) = names(&[dir.path().to_path_buf()], &WalkOptions::default());
        assert!(!found.iter().any(|path| path.starts_with("link")));
        let (found, report) = names(&[dir.path().join("nowhere")], &WalkOptions::default());
        assert!(found.is_empty());
        assert_eq!(report.skipped.len(), 1);
    }
}
