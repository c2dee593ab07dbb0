use std::path::Path;

use gix::objs::tree::EntryKind;

use super::*;
use crate::steps::sources::testing::Kept;

/// A repository made with gix alone.
struct Made {
    dir: tempfile::TempDir,
    repo: Repository,
}

impl Made {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        gix::init(dir.path()).unwrap();
        let options = gix::open::Options::isolated().config_overrides([
            "user.name=a",
            "user.email=a@example.com",
            "gitoxide.commit.authorDate=2024-05-06T07:08:09Z",
        ]);
        let repo = gix::open_opts(dir.path(), options).unwrap();
        Self { dir, repo }
    }

    /// Commits exactly these files to a branch; returns the commit.
    fn commit(&self, branch: &str, files: &[(&str, &str)], parents: &[ObjectId]) -> ObjectId {
        let mut tree = self.repo.empty_tree().edit().unwrap();
        for (path, text) in files {
            let id = self.repo.write_blob(text).unwrap();
            tree.upsert(*path, EntryKind::Blob, id).unwrap();
        }
        let tree = tree.write().unwrap();
        self.repo.commit(branch, "message", tree, parents.iter().copied()).unwrap().detach()
    }

    /// Makes the index hold exactly these files.
    fn stage(&self, files: &[(&str, &str)]) {
        let mut tree = self.repo.empty_tree().edit().unwrap();
        for (path, text) in files {
            let id = self.repo.write_blob(text).unwrap();
            tree.upsert(*path, EntryKind::Blob, id).unwrap();
        }
        let tree = tree.write().unwrap();
        let mut index = self.repo.index_from_tree(&tree).unwrap();
        index.write(gix::index::write::Options::default()).unwrap();
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn added_text(file: &SourceFile) -> String {
    let bytes = &file.bytes;
    if file.only.is_empty() {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    file.only
        .iter()
        .map(|range| String::from_utf8_lossy(&bytes[range.clone()]).into_owned())
        .collect::<Vec<_>>()
        .join("|")
}

#[test]
fn added_ranges_are_whole_lines_of_the_new_text() {
    let (old, new) = (b"a\nb\nc\n".as_slice(), b"a\nx\nb\nc\ny\nz".as_slice());
    let ranges = added(old, new);
    let texts: Vec<&[u8]> = ranges.into_iter().map(|range| &new[range]).collect();
    assert_eq!(texts, [b"x\n".as_slice(), b"y\nz"]);
    assert!(added(b"a\nb\n", b"b\n").is_empty());
}

#[test]
fn staged_yields_added_lines_of_the_index() {
    let made = Made::new();
    made.commit(
        "HEAD",
        &[("kept.py", "one\n"), ("edited.py", "one\ntwo\n"), ("gone.py", "gone\n"), ("cut.py", "a\nb\n")],
        &[],
    );
    made.stage(&[
        ("kept.py", "one\n"),
        ("edited.py", "one\nnew\ntwo\n"),
        ("moved.py", "gone\n"),
        ("fresh.py", "fresh\n"),
        ("cut.py", "a\n"),
    ]);
    std::fs::write(made.path().join("edited.py"), "work tree\n").unwrap();
    let kept = Kept::default();
    staged(made.path(), &kept).unwrap();
    let got: Vec<_> =
        kept.sorted().iter().map(|file| (file.path.to_str().unwrap().to_owned(), added_text(file))).collect();
    assert_eq!(got, [("edited.py".into(), "new\n".into()), ("fresh.py".into(), "fresh\n".to_owned())]);
}

#[test]
fn staged_works_before_the_first_commit() {
    let made = Made::new();
    made.stage(&[("a/b.py", "x\n")]);
    let kept = Kept::default();
    staged(made.path(), &kept).unwrap();
    assert_eq!(kept.sorted()[0].path, Path::new("a/b.py"));
}

#[test]
fn since_finds_what_was_added_and_removed_again() {
    let made = Made::new();
    let base = made.commit("HEAD", &[("a.py", "base\n")], &[]);
    let second = made.commit("HEAD", &[("a.py", "base\npassing\n")], &[base]);
    let third = made.commit("HEAD", &[("a.py", "base\n"), ("b.py", "stays\n")], &[second]);
    let side = made.commit("refs/heads/side", &[("a.py", "base\n"), ("side.py", "side\n")], &[base]);
    made.commit("HEAD", &[("a.py", "base\n"), ("b.py", "stays\n"), ("side.py", "side\n")], &[third, side]);
    let kept = Kept::default();
    since(made.path(), &base.to_string(), &kept).unwrap();
    let files = kept.sorted();
    let got: Vec<_> = files
        .iter()
        .map(|file| {
            let Origin::Git { commit, in_head, time, .. } = &file.origin else { panic!("not of git") };
            assert!(time.is_some());
            (added_text(file), commit.clone().unwrap(), *in_head)
        })
        .collect();
    assert_eq!(
        got,
        [
            ("passing\n".to_owned(), second.to_string(), false),
            ("stays\n".to_owned(), third.to_string(), true),
            ("side\n".to_owned(), side.to_string(), true),
        ]
    );
}

#[test]
fn an_unknown_revision_is_a_failure_with_advice() {
    let made = Made::new();
    made.commit("HEAD", &[("a.py", "base\n")], &[]);
    let failure = since(made.path(), "no-such-branch", &Kept::default()).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.advice.is_some());
}

#[test]
fn history_yields_each_blob_once_with_its_first_commit() {
    let made = Made::new();
    let first = made.commit("HEAD", &[("a.py", "one\n"), ("copy.py", "one\n"), ("dir/x.lock", "lock\n")], &[]);
    let second = made.commit("HEAD", &[("a.py", "two\n")], &[first]);
    made.commit("HEAD", &[("dir/renamed.py", "two\n")], &[second]);
    let side = made.commit("refs/heads/side", &[("s.py", "side\n")], &[first]);
    let kept = Kept::default();
    history(made.path(), &|path| path.extension().is_none_or(|extension| extension != "lock"), &kept).unwrap();
    let mut got: Vec<_> = kept
        .sorted()
        .iter()
        .map(|file| {
            let Origin::Git { commit, in_head, .. } = &file.origin else { panic!("not of git") };
            (added_text(file), file.path.to_str().unwrap().to_owned(), commit.clone().unwrap(), *in_head)
        })
        .collect();
    got.sort();
    assert_eq!(
        got,
        [
            ("one\n".to_owned(), "a.py".to_owned(), first.to_string(), false),
            ("side\n".to_owned(), "s.py".to_owned(), side.to_string(), false),
            ("two\n".to_owned(), "dir/renamed.py".to_owned(), second.to_string(), true),
        ]
    );
}

#[test]
fn outside_a_repository_there_is_advice() {
    let dir = tempfile::tempdir().unwrap();
    let failure = history(dir.path(), &|_| true, &Kept::default()).unwrap_err();
    assert!(failure.message.contains("not in a git repository"), "{}", failure.message);
}
