//! Turns `src/rules/builtin/*.yaml` into Rust statics, so that a start of the program parses nothing.
//!
//! A rule that cannot be read is left out with a warning here, and fails a test there (`tests/rules.rs`): a slip in one data
//! file must not stop everybody's build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

fn main() {
    let folder = Path::new("src/rules/builtin");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    files.sort();
    let mut rules = Vec::new();
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        match std::fs::read_to_string(path).map_err(|e| e.to_string()).and_then(|text| read(&text)) {
            Ok(found) => rules.extend(found),
            Err(error) => println!("cargo::warning={}: left out: {error}", path.display()),
        }
    }
    rules.sort();
    rules.dedup_by(|a, b| a.0 == b.0);
    let mut out = String::from("static RULES: &[Rule] = &[\n");
    for (_, code) in &rules {
        out.push_str(code);
        out.push_str(",\n");
    }
    out.push_str("];\n");
    let target = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("builtin_rules.rs");
    std::fs::write(&target, out).expect("the output folder can be written");
    calls(Path::new("src/rules/calls.yaml"));
}

/// The table of functions that are handed a secret.
fn calls(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
    let text = std::fs::read_to_string(path).expect("the table of calls can be read");
    let table: Value = serde_yaml::from_str(&text).expect("the table of calls is YAML");
    let list = table.get("calls").and_then(Value::as_sequence).expect("a list of calls");
    let mut gates = std::collections::BTreeSet::new();
    let mut out = String::from("static CALLS: &[Callee] = &[\n");
    for entry in list {
        let call = text_of(entry, "call").expect("`call`");
        let languages: Vec<String> = entry
            .get("languages")
            .and_then(Value::as_sequence)
            .into_iter()
            .flatten()
            .map(|language| format!("{:?}", language.as_str().expect("a language")))
            .collect();
        let class = pascal(&text_of(entry, "class").expect("`class`"));
        let _ = writeln!(
            out,
            "Callee {{ call: {call:?}, languages: &[{}], argument: {:?}, keyword: {:?}, alone: {}, vague: {}, then: {:?}, class: Class::{class} }},",
            languages.join(", "),
            entry.get("argument").and_then(Value::as_u64),
            text_of(entry, "keyword"),
            entry.get("alone").and_then(Value::as_bool).unwrap_or_default(),
            entry.get("vague").and_then(Value::as_bool).unwrap_or_default(),
            text_of(entry, "then"),
        );
        let longest = || call.split('.').max_by_key(|part| part.len()).unwrap_or_default().to_owned();
        gates.insert(text_of(entry, "gate").unwrap_or_else(longest).to_lowercase());
    }
    let _ = write!(out, "];\nstatic GATES: &[&str] = &{:?};\n", gates.iter().collect::<Vec<_>>());
    let target = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("calls.rs");
    std::fs::write(&target, out).expect("the output folder can be written");
}

type Read<T> = Result<T, String>;

fn read(text: &str) -> Read<Vec<(String, String)>> {
    let file: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let issuer = text_of(&file, "issuer").unwrap_or_default();
    let url = text_of(&file, "url").unwrap_or_default();
    let rules = file.get("rules").and_then(Value::as_sequence).ok_or("no `rules`")?;
    rules.iter().map(|rule| code(rule, &issuer, &url)).collect()
}

/// One rule as a Rust expression, with its id.
fn code(rule: &Value, issuer: &str, url: &str) -> Read<(String, String)> {
    let id = text_of(rule, "id").ok_or("a rule without `id`")?;
    let need = |key: &str| text_of(rule, key).ok_or_else(|| format!("{id}: no `{key}`"));
    let mut out = String::from("Rule {");
    let mut field = |name: &str, value: String| {
        let _ = write!(out, " {name}: {value},");
    };
    field("id", borrowed(&id));
    field("name", borrowed(&need("name")?));
    field("issuer", borrowed(&text_of(rule, "issuer").unwrap_or_else(|| issuer.to_owned())));
    field("url", borrowed(&text_of(rule, "url").unwrap_or_else(|| url.to_owned())));
    field("kind", format!("Kind::{}", pascal(&need("kind")?)));
    field("pattern", borrowed(&text_of(rule, "pattern").unwrap_or_default()));
    field("keywords", strings(rule, "keywords"));
    field("entropy", rule.get("entropy").and_then(Value::as_f64).map_or("None".into(), |n| format!("Some({n:?})")));
    field("checksum", rule.get("checksum").map_or("None".into(), checksum));
    field("path", optional(rule, "path"));
    field("exempt", exempt(rule));
    field("confidence", format!("Confidence::{}", pascal(&need("confidence")?)));
    field("severity", format!("Severity::{}", pascal(&need("severity")?)));
    field("env", borrowed(&text_of(rule, "env").unwrap_or_default()));
    let pair = rule.get("pair").and_then(|pair| text_of(pair, "identifier"));
    field("pair", pair.map_or("None".into(), |id| format!("Some(Pair {{ identifier: {} }})", borrowed(&id))));
    field("risk", borrowed(&text_of(rule, "risk").unwrap_or_default()));
    field("rotation", rotation(rule.get("rotation").unwrap_or(&Value::Null)));
    field("docs", strings(rule, "docs"));
    field("live", rule.get("live").map_or("None".into(), live));
    field("examples", strings(rule, "examples"));
    field("counter_examples", strings(rule, "counter_examples"));
    out.push_str(" }");
    Ok((id, out))
}

fn checksum(value: &Value) -> String {
    format!(
        "Some(Checksum {{ kind: {}, payload: {}, digits: {:?} }})",
        borrowed(&text_of(value, "type").unwrap_or_default()),
        optional(value, "payload"),
        value.get("digits").and_then(Value::as_u64),
    )
}

fn exempt(rule: &Value) -> String {
    let list = rule.get("exempt").and_then(Value::as_sequence).into_iter().flatten();
    let one = |value: &Value| {
        format!(
            "Exempt {{ regexes: {}, target: Target::{}, stopwords: {}, paths: {}, all: {} }}",
            strings(value, "regexes"),
            pascal(&text_of(value, "target").unwrap_or_else(|| "secret".to_owned())),
            strings(value, "stopwords"),
            strings(value, "paths"),
            value.get("all").and_then(Value::as_bool).unwrap_or_default(),
        )
    };
    format!("Borrowed(&[{}])", list.map(one).collect::<Vec<_>>().join(", "))
}

fn rotation(value: &Value) -> String {
    format!(
        "Rotation {{ page: {}, steps: {}, api: {}, overlap: {} }}",
        borrowed(&text_of(value, "page").unwrap_or_default()),
        strings(value, "steps"),
        optional(value, "api"),
        value.get("overlap").and_then(Value::as_bool).unwrap_or(false),
    )
}

fn live(value: &Value) -> String {
    let headers: Vec<String> = value
        .get("headers")
        .and_then(Value::as_mapping)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some(format!("({}, {})", borrowed(key.as_str()?), borrowed(value.as_str()?))))
        .collect();
    let codes = |key: &str| {
        let list = value.get(key).and_then(Value::as_sequence).into_iter().flatten();
        let list: Vec<String> = list.filter_map(Value::as_u64).map(|code| code.to_string()).collect();
        format!("Borrowed(&[{}])", list.join(", "))
    };
    format!(
        "Some(Live {{ method: {}, url: {}, headers: Borrowed(&[{}]), body: {}, live: {}, dead: {} }})",
        borrowed(&text_of(value, "method").unwrap_or_default()),
        borrowed(&text_of(value, "url").unwrap_or_default()),
        headers.join(", "),
        optional(value, "body"),
        codes("live"),
        codes("dead"),
    )
}

fn text_of(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn borrowed(text: &str) -> String {
    format!("Borrowed({text:?})")
}

fn optional(value: &Value, key: &str) -> String {
    text_of(value, key).map_or("None".into(), |text| format!("Some({})", borrowed(&text)))
}

/// A list of strings. Numbers and booleans that YAML read into a list of strings are written back as such.
fn strings(value: &Value, key: &str) -> String {
    let list = value.get(key).and_then(Value::as_sequence).into_iter().flatten();
    let list: Vec<String> = list.filter_map(|item| item.as_str().map(borrowed)).collect();
    format!("Borrowed(&[{}])", list.join(", "))
}

fn pascal(kebab: &str) -> String {
    kebab.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
