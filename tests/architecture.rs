//! The arrows between rooms run downwards only, and what is deliberately absent stays absent.

use std::path::{Path, PathBuf};

/// Rooms of `src` by floor, from the roof down. A room imports from floors below its own.
const FLOORS: &[&[&str]] =
    &[&["cli"], &["pipeline", "session"], &["steps", "journal", "render"], &["rules"], &["model"], &["files"]];

/// Steps that lend words to others (ARCHITECTURE.md says which and why).
const LENDING: &[&str] = &["locate", "names", "plan", "approve", "spread", "unsaid", "sources", "walk", "whose"];

fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    fn gather(dir: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                gather(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                into.push((path, text));
            }
        }
    }
    let mut all = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(dir), &mut all);
    assert!(all.len() > 5, "{dir} has source files");
    all
}

fn room(path: &Path) -> Option<String> {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).ok()?;
    let first = below.components().next()?.as_os_str().to_string_lossy().into_owned();
    Some(first.trim_end_matches(".rs").to_owned())
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The part of a file before its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn rooms_import_from_below_alone() {
    for (path, text) in sources("src") {
        let Some(own) = room(&path).and_then(|room| Some((floor(&room)?, room))) else { continue };
        for part in code(&text).split("crate::").skip(1) {
            let other: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let Some(theirs) = floor(&other) else { continue };
            assert!(theirs > own.0 || other == own.1, "{} imports from {other}, which is not below it", path.display());
        }
    }
}

#[test]
fn steps_do_not_import_each_other_but_for_lent_words() {
    for (path, text) in sources("src/steps") {
        for part in code(&text)
            .split(['\n', '(', ' '])
            .filter_map(|line| line.strip_prefix("super::").or_else(|| line.strip_prefix("crate::steps::")))
        {
            let step: String = part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let below_steps = path.components().rev().nth(1).is_some_and(|parent| parent.as_os_str() == "steps");
            if below_steps && !step.is_empty() {
                assert!(LENDING.contains(&step.as_str()), "{} imports the step {step}", path.display());
            }
        }
    }
}

#[test]
fn providers_and_grammars_know_each_other_and_the_product_not() {
    for (folder, foreign) in
        [("providers/src", ["keylift_grammars", "keylift::"]), ("grammars/src", ["keylift_providers", "keylift::"])]
    {
        for (path, text) in sources(folder) {
            for name in foreign {
                assert!(!text.contains(name), "{} knows {name}", path.display());
            }
        }
    }
}

#[test]
fn only_the_roof_touches_the_terminal_and_the_environment() {
    for (path, text) in sources("src") {
        if room(&path).as_deref() == Some("cli") {
            continue;
        }
        for word in
            ["println!", "eprintln!", "std::env::args", "std::env::vars", "dialoguer::", "io::stdout", "io::stderr"]
        {
            assert!(!code(&text).contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn one_folder_alone_is_unsafe() {
    let all = ["src", "grammars/src", "providers/src"].into_iter().flat_map(sources);
    let with: Vec<_> = all.filter(|(_, text)| code(text).contains("unsafe ")).map(|(path, _)| path).collect();
    assert!(
        !with.is_empty() && with.iter().all(|path| path.parent().is_some_and(|folder| folder.ends_with("rules/wide"))),
        "{with:?}"
    );
}

#[test]
fn files_hold_one_idea() {
    for folder in ["src", "providers/src", "grammars/src"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= 360, "{} has {lines} lines: which second thing moved in?", path.display());
        }
    }
}
