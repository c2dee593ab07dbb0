//! The formats of `scan`, on real output: the documented schema, the structure that SARIF readers need, and no value.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const PLANTED: [&str; 3] = ["Pl4nted-One!x", "Pl4nted.Two-y", "Pl4nted!Three-z"];

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let source = format!(
        "DB_PASSWORD = '{}'\nurl = 'postgresql://shop:{}@db/shop'\nADMIN_PASSWORD = '{}'\n",
        PLANTED[0], PLANTED[1], PLANTED[0]
    );
    std::fs::create_dir(dir.path().join("a folder")).expect("a folder");
    std::fs::write(dir.path().join("a folder/ä,b.py"), source).expect("a file");
    std::fs::write(dir.path().join("x.env"), format!("API_PASSWORD={}\n", PLANTED[2])).expect("a file");
    dir
}

fn scan(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_keylift"))
        .arg("scan")
        .args(arguments)
        .current_dir(dir)
        .env("KEYLIFT_CONFIG_DIR", dir.join(".git/config-of-keylift"))
        .output()
        .expect("keylift runs");
    assert!(output.status.code() == Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for planted in PLANTED {
        assert!(!text.contains(planted), "{arguments:?} shows a planted value");
    }
    text
}

fn valid(schema: &Path, document: &Value) {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let index = compiler.compile(schema.to_str().expect("a path"), &mut schemas).expect("the schema compiles");
    if let Err(error) = schemas.validate(document, index) {
        panic!("{error:#}");
    }
}

#[test]
fn every_finding_is_as_the_schema_says() {
    let dir = project();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.schema.json");
    let lines = scan(dir.path(), &["--format", "jsonl"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 4, "{lines}");
    for row in &rows {
        valid(&schema, row);
        // The span in bytes and the place in lines and columns say the same.
        let text = std::fs::read_to_string(dir.path().join(row["path"].as_str().expect("a path"))).expect("the file");
        let number = |key: &str| usize::try_from(row[key].as_u64().expect("a number")).expect("small");
        let value = &text[number("start")..number("end")];
        assert!(PLANTED.contains(&value), "the span is not the value's");
        let line = text.lines().nth(number("line") - 1).expect("the line");
        let there: String = line.chars().skip(number("column") - 1).take(value.chars().count()).collect();
        assert_eq!(there, value);
        assert_eq!(number("end_column") - number("column"), value.chars().count());
    }
    let array: Vec<Value> = serde_json::from_str(&scan(dir.path(), &["--format", "json"])).expect("JSON");
    assert_eq!(array, rows);
    let fingerprints: std::collections::BTreeSet<_> = rows.iter().map(|row| row["fingerprint"].to_string()).collect();
    assert_eq!(fingerprints.len(), 3, "equal values have equal fingerprints");
}

#[test]
fn sarif_has_what_its_readers_need() {
    let dir = project();
    let log: Value = serde_json::from_str(&scan(dir.path(), &["--format", "sarif"])).expect("JSON");
    // The OASIS schema is not ours to carry; whoever has it can have the output held against it.
    if let Some(schema) = std::env::var_os("KEYLIFT_TEST_SARIF_SCHEMA") {
        valid(Path::new(&schema), &log);
    }
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            assert!(rule.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{text}");
        }
        let score: f64 = rule["properties"]["security-severity"].as_str().expect("a score").parse().expect("a number");
        assert!((0.0..=10.0).contains(&score));
        assert!(
            ["error", "warning", "note"].contains(&rule["defaultConfiguration"]["level"].as_str().expect("a level"))
        );
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 4);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!result["partialFingerprints"].as_object().expect("fingerprints").is_empty());
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.is_ascii() && !uri.contains(' ') && !uri.starts_with('/'), "{uri}");
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(
            region["startLine"].as_u64() >= Some(1) && region["endColumn"].as_u64() > region["startColumn"].as_u64()
        );
    }
}

/// The types that were made from the schema know every property, and what it may be.
#[test]
#[allow(clippy::print_stderr, reason = "a test says that it skips")]
fn sarif_is_of_the_types_of_its_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("KEYLIFT_TEST_BIN").map_or_else(|| root.join(".venv-test/bin"), Into::into);
    let types = folder.join("../lib/node_modules/@types/sarif/index.d.ts");
    if !types.exists() || !folder.join("tsc").exists() {
        eprintln!("skipped: tsc and @types/sarif are not installed");
        return;
    }
    let dir = project();
    let log = scan(dir.path(), &["--format", "sarif"]);
    let check = |log: &str| {
        let work = tempfile::tempdir().expect("a temporary folder");
        let code = format!("import type {{ Log }} from 'sarif';\nexport const log: Log = {log};\n");
        std::fs::write(work.path().join("log.ts"), code).expect("the code is written");
        let options = serde_json::json!({
            "compilerOptions": {"strict": true, "noEmit": true, "types": [], "paths": {"sarif": [types]}},
            "files": ["log.ts"],
        });
        std::fs::write(work.path().join("tsconfig.json"), options.to_string()).expect("the options are written");
        let output = Command::new(folder.join("tsc")).arg("-p").arg(work.path()).output().expect("tsc runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (fits, said) = check(&log);
    assert!(fits, "{said}");
    assert!(!check(&log.replacen("\"ruleId\"", "\"ruleid\"", 1)).0, "a wrong name is told");
}

#[test]
fn the_other_formats_have_every_finding() {
    let dir = project();
    assert_eq!(scan(dir.path(), &["--format", "csv"]).lines().count(), 5);
    assert_eq!(scan(dir.path(), &["--format", "junit"]).matches("<failure ").count(), 4);
    let github = scan(dir.path(), &["--format", "github"]);
    assert_eq!(github.lines().filter(|line| line.starts_with("::error file=")).count(), 4, "{github}");
    let text = scan(dir.path(), &["--format", "text"]);
    assert!(text.contains("3 hardcoded credentials in 4 places") && text.contains("in 2 places"), "{text}");
}
