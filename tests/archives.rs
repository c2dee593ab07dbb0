//! Archives from the command line: as an argument, inside the tree, in an image.

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn wheel(text: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("shop/settings.py", zip::write::SimpleFileOptions::default()).expect("a member");
    writer.write_all(text.as_bytes()).expect("its text");
    writer.finish().expect("a zip").into_inner()
}

fn scan(dir: &Path, arguments: &[&str]) -> (Vec<Value>, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["scan", "--format", "json"])
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .output()
        .expect("keylift runs");
    (serde_json::from_slice(&output.stdout).expect("json"), output.status.code())
}

#[test]
fn a_package_is_checked_before_it_is_published() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path();
    let value = "Sun-rise.4411x";
    let text = format!("# é\nA_PASSWORD = '{value}'\n");
    std::fs::create_dir(dir.join("dist")).expect("a folder");
    std::fs::write(dir.join("dist/shop-1.0.whl"), wheel(&text)).expect("a wheel");
    for arguments in [&["dist/shop-1.0.whl"][..], &["."], &["dist", "dist/shop-1.0.whl"]] {
        let (rows, exit) = scan(dir, arguments);
        assert_eq!(exit, Some(1));
        let row = &rows[0];
        assert_eq!((&row["member"], &row["line"], &row["column"]), (&"shop/settings.py".into(), &2.into(), &15.into()));
        assert!(row["path"].as_str().expect("a path").ends_with("shop-1.0.whl"), "{row}");
        let start = usize::try_from(row["start"].as_u64().expect("a number")).expect("small");
        assert_eq!(text.get(start..start + value.len()), Some(value), "offsets are those of the member");
    }
    assert_eq!(scan(dir, &["--no-archives"]).1, Some(0));
    // A plan tells what it cannot rewrite.
    let plan = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .args(["plan", "--to", "age:x.age", "--out", "-"])
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .output()
        .expect("keylift runs");
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.contains("code: binary") && !plan.contains(value), "{plan}");
}
