use std::fs;

use proptest::prelude::*;

use super::*;
use crate::model::{Confidence, Kind};

const ONE: &str = "Sun-rise.4411x";
const TWO: &str = "kl_9f8e7d6c5b4a3f2e1d0c";

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(
        dir.path().join("src/app.py"),
        format!("# moved down\n\nDB_PASSWORD = '{ONE}'\nthing = '{TWO}'\nagain = '{TWO}'\n"),
    )
    .unwrap();
    dir
}

fn read(tool: Tool, report: &str) -> Imported {
    import(tool, report.as_bytes(), tree().path(), Engine::builtin()).unwrap()
}

/// Rule, line, and whether the value is the expected one.
fn placed(imported: &Imported) -> Vec<(String, usize, bool)> {
    let value = |finding: &Finding| [ONE, TWO].contains(&finding.secret.expose_str().unwrap_or_default());
    imported.findings.iter().map(|finding| (finding.rule.clone(), finding.start.0, value(finding))).collect()
}

fn told(imported: &Imported) -> Vec<String> {
    let all = imported.missing.iter().map(|missing| format!("{}: {}", missing.path.display(), missing.reason));
    all.inspect(|text| assert!(!text.contains(ONE) && !text.contains(TWO), "{text}")).collect()
}

#[test]
fn gitleaks_of_both_forms() {
    let report = format!(
        r#"[{{"RuleID":"generic-api-key","StartLine":2,"EndLine":2,"StartColumn":1,"Match":"thing = '{TWO}'","Secret":"{TWO}","File":"src/app.py","Commit":""}},
            {{"RuleID":"generic-api-key","StartLine":5,"EndLine":5,"Secret":"{TWO}","File":"src/app.py"}},
            {{"RuleID":"password","StartLine":1,"Secret":"{ONE}","File":"/builds/x/src/app.py"}},
            {{"RuleID":"gone","StartLine":7,"Secret":"no-longer-there","File":"src/app.py","Commit":"0123456789abcdef"}},
            {{"RuleID":"gone","StartLine":7,"Secret":"no-longer-there","File":"src/other.py"}}]"#
    );
    let imported = read(Tool::Gitleaks, &report);
    assert_eq!(
        placed(&imported),
        [
            ("generic-password".to_owned(), 3, true),
            ("gitleaks-generic-api-key".to_owned(), 4, true),
            ("gitleaks-generic-api-key".to_owned(), 5, true),
        ]
    );
    assert_eq!(
        told(&imported),
        [
            "src/app.py:7: the value is not in the file any more; it was in commit 0123456789",
            "src/other.py:7: no such file in the folder",
        ]
    );
    let old = format!(r#"{{"line":"x","lineNumber":4,"offender":"{TWO}","rule":"Some Rule","file":"src/app.py"}}"#);
    assert_eq!(placed(&read(Tool::Gitleaks, &old)), [("gitleaks-some-rule".to_owned(), 4, true)]);
}

#[test]
fn betterleaks_trufflehog_and_kingfisher() {
    let better = format!(
        r#"{{"finding":{{"rule_id":"generic","location":{{"path":"./src/app.py","start_line":4,"end_line":4}},"match":{{"value":"{TWO}"}}}}}}
{{"summary":{{"findings":1}}}}"#
    );
    assert_eq!(placed(&read(Tool::Betterleaks, &better)), [("betterleaks-generic".to_owned(), 4, true)]);
    let hog = format!(
        r#"{{"level":"info-0","msg":"running"}}
{{"SourceMetadata":{{"Data":{{"Git":{{"commit":"abc","file":"src/app.py","line":5}}}}}},"DetectorName":"Acme","Verified":true,"Raw":"{TWO}","RawV2":"{TWO}id","Redacted":""}}"#
    );
    let imported = read(Tool::Trufflehog, &hog);
    assert_eq!(placed(&imported), [("trufflehog-acme".to_owned(), 5, true)]);
    assert_eq!(imported.findings[0].confidence, Confidence::High, "the issuer said that it works");
    let fisher = format!(
        r#"{{"findings":[{{"rule":{{"name":"Acme Token","id":"kingfisher.acme.1"}},"finding":{{"snippet":"{TWO}","line":4,"column_start":9,"path":"src/app.py","validation":{{"status":"Not Attempted"}}}}}}]}}"#
    );
    let imported = read(Tool::Kingfisher, &fisher);
    assert_eq!(placed(&imported), [("kingfisher-kingfisher-acme-1".to_owned(), 4, true)]);
    assert_eq!(imported.findings[0].bytes.len(), TWO.len());
}

#[test]
fn detect_secrets_is_placed_by_hash() {
    let sha1 = |value: &str| {
        use sha1::Digest as _;
        use std::fmt::Write as _;
        sha1::Sha1::digest(value).iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    };
    let report = format!(
        r#"{{"version":"1.5.0","results":{{"src/app.py":[
            {{"type":"Secret Keyword","hashed_secret":"{}","line_number":3}},
            {{"type":"Base64 High Entropy String","hashed_secret":"{}","line_number":4}},
            {{"type":"Looked at","hashed_secret":"{}","line_number":4,"is_secret":false}},
            {{"type":"Hex","hashed_secret":"{}","line_number":5}}]}}}}"#,
        sha1(ONE),
        sha1(TWO),
        sha1(TWO),
        sha1("other")
    );
    let imported = read(Tool::DetectSecrets, &report);
    assert_eq!(
        placed(&imported),
        [("generic-password".to_owned(), 3, true), ("detect-secrets-base64-high-entropy-string".to_owned(), 4, true)]
    );
    assert_eq!(
        told(&imported),
        [
            "src/app.py:4: somebody audited it, and it is no secret",
            "src/app.py:5: the value of that hash is not on the line any more",
        ]
    );
}

#[test]
fn what_a_report_leaves_out_is_told_and_not_dropped() {
    let sarif = r#"{"version":"2.1.0","runs":[{"results":[
        {"ruleId":"nowhere","locations":[]},
        {"ruleId":"no-file","locations":[{"logicalLocations":[{"name":"x"}]}]},
        {"ruleId":"known","suppressions":[{"kind":"external"}],"locations":[{"physicalLocation":
            {"artifactLocation":{"uri":"src/app.py"},"region":{"startLine":4}}}]}]}]}"#;
    let imported = read(Tool::Sarif, sarif);
    assert_eq!(
        told(&imported),
        [
            "no-file: the report names no file",
            "nowhere: the report names no file",
            "src/app.py:4: the report says that it is suppressed",
        ]
    );
    let log = r#"{"level":"info-0","msg":"running source"}"#;
    let entry = format!(r#"{{"DetectorName":"Postgres","Raw":"{TWO}"}}"#);
    let imported = read(Tool::Trufflehog, &format!("{log}\n{entry}\n"));
    assert_eq!(told(&imported), ["Postgres: the report names no file"]);
    assert!(imported.findings.is_empty());
}

#[test]
fn sarif_goes_by_snippet_then_region_then_line() {
    let result = |line: usize, region: &str| {
        format!(
            r#"{{"ruleId":"secret/key","locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"src/a%70p.py"}},"region":{{"startLine":{line}{region}}}}}}}]}}"#
        )
    };
    let report = format!(
        r#"{{"version":"2.1.0","runs":[{{"results":[{},{},{},{}]}}]}}"#,
        result(4, &format!(r#","snippet":{{"text":"{TWO}"}}"#)),
        result(5, r#","startColumn":9,"endColumn":33"#),
        result(3, ""),
        result(1, "")
    );
    let imported = read(Tool::Sarif, &report);
    assert_eq!(
        placed(&imported),
        [
            ("generic-password".to_owned(), 3, true),
            ("sarif-secret-key".to_owned(), 4, true),
            ("sarif-secret-key".to_owned(), 5, true)
        ]
    );
    assert_eq!(imported.missing.len(), 1);
    assert_eq!(imported.findings[1].kind, Kind::ApiKey);
}

#[test]
fn gitleaks_as_a_table() {
    let report = format!(
        "RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,EndLine,StartColumn,EndColumn\r\n\
         acme,,src/app.py,,{TWO},\"a \"\"quoted\"\", match\nof two lines\",5,6,9,33\r\n\
         \"gone\",0123456789abcdef,src/app.py,,not-there-any-more,not-there-any-more,7,7,1,2\n"
    );
    let imported = read(Tool::Gitleaks, &report);
    assert_eq!(placed(&imported), [("gitleaks-acme".to_owned(), 5, true)]);
    assert_eq!(told(&imported), ["src/app.py:7: the value is not in the file any more; it was in commit 0123456789"]);
}

#[test]
fn every_part_of_a_trufflehog_credential_is_placed() {
    let dir = tempfile::tempdir().unwrap();
    let (id, secret) = ("user-4711", "kq8Zt2Vw9Xy4Lm7Np1Rs");
    fs::write(dir.path().join("a.py"), format!("account = '{id}'\nother = '{secret}'\nhost = 'example.org'\n"))
        .unwrap();
    let import = |rest: &str| {
        let report = format!(
            r#"{{"SourceMetadata":{{"Data":{{"Filesystem":{{"file":"a.py","line":1}}}}}},"DetectorName":"Acme","Raw":"{id}",{rest}}}"#
        );
        let imported = import(Tool::Trufflehog, report.as_bytes(), dir.path(), Engine::builtin()).unwrap();
        imported.findings.iter().map(|finding| finding.start.0).collect::<Vec<_>>()
    };
    let parts =
        format!(r#""RawV2":"{id}:{secret}","SecretParts":{{"id":"{id}","secret":"{secret}","host":"example.org"}}"#);
    assert_eq!(import(&parts), [1, 2], "the secret beside its identifier, and not the host");
    assert_eq!(
        import(&format!(r#""RawV2":"{id}{secret}","SecretParts":null"#)),
        [1],
        "nothing says that it is a secret"
    );
    fs::write(dir.path().join("a.py"), format!("account = '{id}'\nsecret_key = '{secret}'\n")).unwrap();
    assert_eq!(import(&format!(r#""RawV2":"{id}:{secret}""#)), [1, 2], "keylift finds it as well");
}

#[test]
fn sarif_names_files_in_many_ways() {
    let report = format!(
        r#"{{"version":"2.1.0","runs":[{{
            "tool":{{"driver":{{"name":"x","rules":[{{"id":"zero"}},{{"id":"one"}}]}}}},
            "originalUriBaseIds":{{"ROOT":{{"uri":"file:///elsewhere/work/"}},"PART":{{"uri":"src/","uriBaseId":"ROOT"}}}},
            "artifacts":[{{"location":{{"uri":"app.py","uriBaseId":"PART"}}}}],
            "results":[
              {{"ruleIndex":1,"locations":[{{"physicalLocation":{{"artifactLocation":{{"index":0}},"region":{{"startLine":5,"startColumn":10,"endColumn":32}}}}}}]}},
              {{"ruleId":"base","locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"app.py","uriBaseId":"PART"}},"region":{{"startLine":4,"snippet":{{"text":"{TWO}"}}}}}}}}]}},
              {{"ruleId":"line","suppressions":[{{"kind":"inSource","status":"rejected"}}],
                "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"file:///C:/ci/src/app.py"}},"region":{{"startLine":3}}}}}}]}},
              {{"ruleId":"fine","kind":"pass","locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"src/app.py"}},"region":{{"startLine":3}}}}}}]}}
            ]}}]}}"#
    );
    let imported = read(Tool::Sarif, &report);
    assert_eq!(
        placed(&imported),
        [
            ("generic-password".to_owned(), 3, true),
            ("sarif-base".to_owned(), 4, true),
            // The tool's last column counts the last character in.
            ("sarif-one".to_owned(), 5, true),
        ]
    );
    assert_eq!(told(&imported), ["src/app.py:3: the report says that it is no finding"]);
}

#[test]
fn a_masked_report_of_kingfisher_goes_by_its_columns() {
    let report = r#"{"findings":[{"rule":{"id":"kingfisher.acme.1"},"finding":{"snippet":"[REDACTED:1f]","line":4,"column_start":10,"column_end":32,"path":"./src/app.py"}}]}"#;
    assert_eq!(placed(&read(Tool::Kingfisher, report)), [("kingfisher-kingfisher-acme-1".to_owned(), 4, true)]);
}

#[test]
fn a_report_leads_nowhere_outside_the_folder() {
    let dir = tree();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.py"), format!("thing = '{TWO}'\n")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("x.py"), dir.path().join("link.py")).unwrap();
    for path in [&*outside.path().join("x.py").to_string_lossy(), "link.py", "../x.py", "/etc/passwd", "src"] {
        let report = format!(r#"[{{"RuleID":"r","StartLine":1,"Secret":"{TWO}","File":"{path}"}}]"#);
        let imported = import(Tool::Gitleaks, report.as_bytes(), dir.path(), Engine::builtin()).unwrap();
        assert!(imported.findings.is_empty() && imported.missing.len() == 1, "{path}");
    }
}

#[test]
fn what_is_no_report_is_told() {
    let dir = tree();
    for (tool, text) in [(Tool::Gitleaks, "not json"), (Tool::Sarif, "{}"), (Tool::DetectSecrets, "[1]")] {
        assert!(import(tool, text.as_bytes(), dir.path(), Engine::builtin()).is_err(), "{text}");
    }
    for (tool, text) in [(Tool::Gitleaks, "[]"), (Tool::Trufflehog, ""), (Tool::Gitleaks, "null")] {
        let imported = import(tool, text.as_bytes(), dir.path(), Engine::builtin());
        assert!(imported.is_ok_and(|imported| imported.findings.is_empty()), "{text}");
    }
}

/// Any JSON made of the words that reports use.
fn json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "findings",
        "results",
        "runs",
        "RuleID",
        "File",
        "path",
        "StartLine",
        "Secret",
        "Match",
        "finding",
        "location",
        "start_line",
        "SourceMetadata",
        "Data",
        "Git",
        "file",
        "line",
        "Raw",
        "rule",
        "id",
        "snippet",
        "line_number",
        "hashed_secret",
        "type",
        "locations",
        "physicalLocation",
        "artifactLocation",
        "uri",
        "region",
        "startLine",
        "startColumn",
        "endColumn",
        "src/app.py",
        "matches",
        "stringsFound",
        "match",
        "value",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..7_u64).prop_map(Value::from),
        words.clone().prop_map(Value::from),
        Just(Value::from("src/app.py")),
        Just(Value::from("%zz%4")),
        Just(Value::from(ONE)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(words.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const TOOLS: [Tool; 6] =
    [Tool::Gitleaks, Tool::Trufflehog, Tool::Kingfisher, Tool::Betterleaks, Tool::DetectSecrets, Tool::Sarif];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_json_does_no_harm(which in 0..6_usize, document in json()) {
        let dir = tree();
        if let Ok(imported) = import(TOOLS[which], document.to_string().as_bytes(), dir.path(), Engine::builtin()) {
            let text = fs::read_to_string(dir.path().join("src/app.py")).unwrap();
            for finding in imported.findings {
                prop_assert_eq!(text.get(finding.span.clone()).map(str::as_bytes), Some(finding.secret.expose()));
            }
        }
    }

    #[test]
    fn any_bytes_do_no_harm(which in 0..6_usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = import(TOOLS[which], &bytes, tree().path(), Engine::builtin());
    }
}
