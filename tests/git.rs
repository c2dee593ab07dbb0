//! What `scan` reads from git: the index, the commits after a revision, the whole history.

use std::path::Path;
use std::process::Command;

fn git(dir: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=keylift", "-c", "user.email=keylift@localhost", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("git runs")
        .status;
    assert!(status.success(), "git {arguments:?}");
}

/// The names that a scan found, and its exit code.
fn scan(dir: &Path, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["scan", "--format", "json"])
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .output()
        .expect("keylift runs");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("scan prints json");
    let names = rows.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect();
    (names, output.status.code())
}

#[test]
fn each_git_source_finds_what_it_should_and_no_more() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    let write = |text: &str| std::fs::write(dir.join("app.py"), text).expect("app.py");
    git(dir, &["init", "-q"]);
    write("OLD_PASSWORD = 'Sun-rise.4411x'\n");
    git(dir, &["add", "."]);
    git(dir, &["commit", "-q", "-m", "one"]);
    write("# gone\nOLD_PASSWORD = 'Sun-rise.4411x'\n");
    git(dir, &["commit", "-q", "-a", "-m", "two"]);
    write("pass\n");
    git(dir, &["commit", "-q", "-a", "-m", "three"]);
    write("pass\nNEW_PASSWORD = 'Moon-set.8822y'\n");
    assert_eq!(scan(dir, &["--staged"]), (vec![], Some(0)), "nothing is staged");
    git(dir, &["add", "."]);
    assert_eq!(scan(dir, &["--staged"]), (vec!["NEW_PASSWORD".to_owned()], Some(1)));
    assert_eq!(scan(dir, &["--history"]), (vec!["OLD_PASSWORD".to_owned()], Some(1)), "one value in two versions");
    assert_eq!(scan(dir, &["--since", "HEAD"]), (vec![], Some(0)));
    git(dir, &["commit", "-q", "-m", "four"]);
    assert_eq!(scan(dir, &["--since", "HEAD~1"]), (vec!["NEW_PASSWORD".to_owned()], Some(1)));
}

#[test]
fn what_keyliftignore_leaves_out_is_left_out_of_git_as_well() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    git(dir, &["init", "-q"]);
    std::fs::create_dir(dir.join("planted")).expect("a folder");
    std::fs::write(dir.join("planted/a.py"), "A_PASSWORD = 'Sun-rise.4411x'\n").expect("a file");
    std::fs::write(dir.join("b.py"), "B_PASSWORD = 'Moon-set.8822y'\n").expect("a file");
    std::fs::write(dir.join(".keyliftignore"), "/planted/\n").expect("a file");
    git(dir, &["add", "."]);
    assert_eq!(scan(dir, &["--staged"]), (vec!["B_PASSWORD".to_owned()], Some(1)));
    assert_eq!(scan(dir, &["--staged", "--exclude", "*.py"]), (vec![], Some(0)));
    git(dir, &["commit", "-q", "-m", "one"]);
    assert_eq!(scan(dir, &["--history"]), (vec!["B_PASSWORD".to_owned()], Some(1)));
    assert_eq!(scan(dir, &[]), (vec!["B_PASSWORD".to_owned()], Some(1)));
    // Where no files are checked out, what the folder one stands in leaves out says nothing.
    let bare = tempfile::tempdir().expect("a temporary folder");
    let bare = bare.path().join("bare").to_string_lossy().into_owned();
    git(dir, &["clone", "-q", "--bare", ".", &bare]);
    let (mut names, _) = scan(dir, &["--history", &bare]);
    names.sort();
    assert_eq!(names, ["A_PASSWORD", "B_PASSWORD"]);
}

#[test]
fn what_git_tracks_is_read_although_it_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    let line = |name: &str| format!("{name}_PASSWORD=q7Gz0p{}\n", "Lw2x");
    std::fs::create_dir_all(dir.path().join("app/build")).unwrap();
    std::fs::write(dir.path().join("app/build/forced.env"), line("FORCED")).unwrap();
    std::fs::write(dir.path().join(".env"), line("TRACKED")).unwrap();
    std::fs::write(dir.path().join("left.env"), line("LEFT")).unwrap();
    std::fs::write(dir.path().join(".gitignore"), "*.env\n.env\nbuild/\n").unwrap();
    std::fs::write(dir.path().join(".keyliftignore"), "left.env\n").unwrap();
    git(dir.path(), &["add", "-f", ".env", "app/build/forced.env", "left.env", ".gitignore"]);
    std::fs::write(dir.path().join("local.env"), line("LOCAL")).unwrap();
    std::fs::write(dir.path().join("app/build/other.txt"), line("BUILT")).unwrap();
    assert_eq!(scan(dir.path(), &[]).0, ["TRACKED_PASSWORD", "FORCED_PASSWORD"]);
    assert_eq!(scan(dir.path(), &["app"]).0, ["FORCED_PASSWORD"]);
    assert_eq!(scan(dir.path(), &["app", "--exclude", "*.env"]).0, [""; 0]);
}

#[test]
fn archives_in_history_are_opened() {
    use std::io::Write as _;
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    git(dir, &["init", "-q"]);
    let mut archive = zip::ZipWriter::new(std::fs::File::create(dir.join("dist.zip")).expect("a file"));
    archive.start_file("shop/settings.py", zip::write::SimpleFileOptions::default()).expect("a member");
    archive.write_all(b"OLD_PASSWORD = 'Sun-rise.4411x'\n").expect("written");
    archive.finish().expect("finished");
    git(dir, &["add", "."]);
    assert_eq!(scan(dir, &["--staged"]), (vec!["OLD_PASSWORD".to_owned()], Some(1)));
    git(dir, &["commit", "-q", "-m", "one"]);
    git(dir, &["rm", "-q", "dist.zip"]);
    git(dir, &["commit", "-q", "-m", "two"]);
    assert_eq!(scan(dir, &["--history"]), (vec!["OLD_PASSWORD".to_owned()], Some(1)));
    assert_eq!(scan(dir, &["--history", "--no-archives"]), (vec![], Some(0)));
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["scan", "--history", "--format", "json"])
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .output()
        .expect("keylift runs");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("scan prints json");
    assert_eq!((&rows[0]["path"], &rows[0]["member"]), (&"dist.zip".into(), &"shop/settings.py".into()));
    assert!(rows[0]["commit"].is_string() && rows[0]["in_head"] == false, "{rows:?}");
}
