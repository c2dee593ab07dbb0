//! What the tests of config formats share: lifting values out of a file, judging by a Python reader, random values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use keylift_grammars::{Parsed, Request, Style, apply, detect, undo};
use serde_yaml::{Mapping, Value};

use super::lifting::missing;

/// What was lifted out of a file.
pub struct Lifted {
    /// The new text.
    pub after: String,
    /// What the store holds, by name.
    pub stored: BTreeMap<String, String>,
}

/// Lifts the first place of each `(value as it stands, name)`, or answers the refusal's code. A value that the code looks
/// up already keeps its name.
pub fn lift(path: &str, source: &str, values: &[(&str, &str)]) -> Result<Lifted, String> {
    let language = detect(Path::new(path), source.as_bytes()).expect("the file is of a known kind");
    let parsed = Parsed::at(language, Path::new(path), source).expect("it parses");
    let mut stored = BTreeMap::new();
    let mut requests = Vec::new();
    for (value, name) in values {
        let start = source.find(value).expect("the value stands in the source");
        let span = start..start + value.len();
        let place = parsed.place(&span).map_err(|refusal| refusal.code)?;
        let name = place.fixed_name.unwrap_or_else(|| (*name).to_owned());
        stored.insert(name.clone(), String::from_utf8(place.value).expect("a value is text"));
        requests.push(Request { span, name, style: Style::Env });
    }
    let rewrite = parsed.rewrite(&requests);
    let mut edits = rewrite.shared;
    for outcome in rewrite.outcomes {
        edits.extend(outcome.map_err(|refusal| refusal.code)?);
    }
    let after = apply(source, &edits).expect("edits do not overlap");
    let undos = parsed.undo(&requests, &edits).expect("every edit can be taken back");
    let held: Vec<&[u8]> = requests.iter().map(|request| stored[&request.name].as_bytes()).collect();
    assert_eq!(undo(&after, &undos, &held).as_deref(), Ok(source), "undo gives back the identical text");
    Ok(Lifted { after, stored })
}

/// Where a Python may be, best first.
pub fn pythons() -> Vec<PathBuf> {
    let folder = std::env::var_os("KEYLIFT_TEST_BIN").map(PathBuf::from);
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv-test/bin");
    let mut candidates = vec![local.join("python"), PathBuf::from("python3")];
    candidates.splice(0..0, folder.map(|folder| folder.join("python")));
    candidates
}

/// A Python that has `PyYAML` and python-dotenv.
pub fn python() -> Option<PathBuf> {
    pythons().into_iter().find(|python| {
        Command::new(python).args(["-c", "import yaml, dotenv"]).output().is_ok_and(|output| output.status.success())
    })
}

/// Runs a script over JSON; it prints what is wrong, or nothing.
pub fn judge(script: &str, input: &Value) {
    let Some(python) = python() else { return missing("a Python with PyYAML and python-dotenv") };
    judge_with(&python, script, input);
}

/// As [`judge`], by a Python that is known to have what the script imports.
pub fn judge_with(python: &Path, script: &str, input: &Value) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("input.yaml");
    std::fs::write(&file, serde_yaml::to_string(input).expect("it can be written")).expect("it is written");
    let output = Command::new(python).args(["-c", script]).arg(&file).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim() == "done", "{said}");
}

pub fn entry(dialect: &str, before: &str, lifted: &Lifted) -> Value {
    let mut map = Mapping::new();
    map.insert("dialect".into(), dialect.into());
    map.insert("before".into(), before.into());
    map.insert("after".into(), lifted.after.as_str().into());
    let env = lifted.stored.iter().map(|(name, value)| (Value::from(name.as_str()), Value::from(value.as_str())));
    map.insert("env".into(), Value::Mapping(env.collect()));
    Value::Mapping(map)
}

/// A small generator of numbers, so that a failure comes again.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }

    /// A text that config formats have trouble with.
    pub fn value(&mut self) -> String {
        const LETTERS: [char; 36] = [
            'a', 'b', 'Z', '0', '7', ' ', ':', '#', '\'', '"', '\\', '{', '}', '[', ']', '$', '&', '*', '!', '|', '>',
            '%', '@', '`', ',', '-', '=', '?', '/', '.', '_', 'é', '漢', '😀', '~', '+',
        ];
        let length = 1 + self.roll(12);
        let text: String = (0..length).map(|_| LETTERS[self.roll(LETTERS.len())]).collect();
        format!("v{text}z")
    }
}
