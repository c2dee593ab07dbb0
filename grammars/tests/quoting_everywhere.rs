//! Random texts in the place of the values of every fixture: what a plan takes comes back byte for byte, in every language.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use keylift_grammars::{Parsed, Request, Style, apply, detect, undo};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;

/// What literals of some language write otherwise, and plain text.
const PIECES: [&str; 48] = [
    "a",
    "Z",
    "7",
    "x9",
    "-",
    "_",
    ".",
    "/",
    "+",
    "=",
    "@",
    ":",
    "!",
    "~",
    ",",
    " ",
    "é",
    "ü€",
    "\u{1f600}",
    "'",
    "\"",
    "`",
    "''",
    "\"\"",
    "\\\\",
    "\\'",
    "\\\"",
    "\\n",
    "\\t",
    "\\u0041",
    "\\x41",
    "\\101",
    "\\$",
    "$",
    "$$",
    "${",
    "{",
    "}",
    "{{",
    "}}",
    "#",
    "#{",
    "%",
    "%%",
    "&amp;",
    "&",
    "<",
    "\n",
];

/// How many texts are tried at each value.
const TRIES: usize = 5;

#[derive(Deserialize)]
struct Case {
    path: Option<String>,
    style: Option<Style>,
    store: Option<serde_yaml::Value>,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value {
    text: String,
    #[serde(default)]
    place: usize,
    name: Option<String>,
    refused: Option<String>,
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// The text of a fixture and its name.
fn before(case: &Path) -> Option<(PathBuf, String)> {
    let mut files = std::fs::read_dir(case).ok()?.flatten().map(|entry| entry.path());
    let file = files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("before")))?;
    Some((file.file_name()?.into(), std::fs::read_to_string(&file).ok()?))
}

/// Tries a text in the place of a fixture's value. Whether a plan would take it.
fn holds(path: &Path, text: &str, request: &Request) -> Option<bool> {
    let language = detect(path, text.as_bytes())?;
    let parsed = Parsed::at(language, path, text)?;
    let Ok(place) = parsed.place_with(&request.span, request.style) else { return Some(false) };
    let request = Request { name: place.fixed_name.unwrap_or_else(|| request.name.clone()), ..request.clone() };
    let requests = [request];
    let rewrite = parsed.rewrite(&requests);
    let Some(Ok(own)) = rewrite.outcomes.first() else { return Some(false) };
    let edits: Vec<_> = own.iter().cloned().chain(rewrite.shared).collect();
    let shown = || format!("{}: {:?} in\n{text}", path.display(), &text[requests[0].span.clone()]);
    let after = apply(text, &edits).unwrap_or_else(|| panic!("edits overlap: {}", shown()));
    let again = Parsed::at(language, path, &after).unwrap_or_else(|| panic!("it parses: {}", shown()));
    assert!(again.syntax_errors() <= parsed.syntax_errors(), "no new syntax error: {}\nin {after}", shown());
    let undos = parsed.undo(&requests, &edits).unwrap_or_else(|| panic!("it can be taken back: {}", shown()));
    assert_eq!(undo(&after, &undos, &[&place.value]).as_deref(), Ok(text), "the same bytes: {}", shown());
    Some(true)
}

#[test]
fn what_a_plan_takes_comes_back_in_every_language() {
    let texts = prop::collection::vec(prop::sample::select(&PIECES[..]), 1..12);
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let mut taken: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for language in folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("languages")) {
        let name = language.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        for folder in folders(&language.join("fixtures")) {
            let told = std::fs::read_to_string(folder.join("case.yaml")).expect("a case");
            let case: Case = serde_yaml::from_str(&told).expect("it is read");
            let Some((file, source)) = before(&folder) else { continue };
            // Where entries are named, which are there is another test's matter.
            if case.store.is_some() {
                continue;
            }
            let path = case.path.as_ref().map_or(file, PathBuf::from);
            for value in case.values.iter().filter(|value| value.refused.is_none()) {
                let place = source.match_indices(&value.text).nth(value.place.saturating_sub(1));
                let Some((start, old)) = place else { continue };
                for _ in 0..TRIES {
                    let new = texts.new_tree(&mut runner).expect("a text").current().concat();
                    let text = format!("{}{new}{}", &source[..start], &source[start + old.len()..]);
                    let request = Request {
                        span: start..start + new.len(),
                        name: value.name.clone().unwrap_or_else(|| "LIFTED".into()),
                        style: case.style.unwrap_or(Style::Env),
                    };
                    let count = taken.entry(name.clone()).or_default();
                    count.1 += 1;
                    count.0 += usize::from(holds(&path, &text, &request) == Some(true));
                }
            }
        }
    }
    let rare: Vec<_> = taken.iter().filter(|(_, (good, all))| *all >= 20 && good * 20 < *all).collect();
    assert!(rare.is_empty(), "hardly any text is taken in {rare:?}");
    assert!(taken.len() >= 45, "{} languages", taken.len());
}
