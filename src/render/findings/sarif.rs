//! Findings as SARIF 2.1.0 (OASIS standard "Static Analysis Results Interchange Format"), which code hosts and editors read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Row;
use crate::model::{Confidence, Finding, Severity};
use crate::rules::{Engine, Rule};

/// One run: the rules that found something, and a result a finding.
pub fn sarif(findings: &[Finding], rows: &[Row<'_>], engine: &Engine) -> String {
    let mut numbers: BTreeMap<&str, usize> = rows.iter().map(|row| (row.rule, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(number, slot)| *slot = number);
    let rules: Vec<Value> = numbers.keys().map(|id| rule(id, engine.rule(id))).collect();
    let results: Vec<Value> =
        findings.iter().zip(rows).map(|(finding, row)| result(finding, row, numbers[row.rule], engine)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "keylift",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder that was scanned."}}},
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(id: &str, rule: Option<&Rule>) -> Value {
    let Some(rule) = rule else {
        return json!({"id": id});
    };
    let issuer = if rule.issuer.is_empty() { String::new() } else { format!(" ({})", rule.issuer) };
    let mut entry = json!({
        "id": id,
        "name": pascal(id),
        "shortDescription": {"text": format!("Hardcoded credential: {}", rule.name)},
        "fullDescription": {"text": full(rule, &issuer)},
        "help": {"text": help(rule, false), "markdown": help(rule, true)},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["security", "secret", "external/cwe/cwe-798"],
            "precision": precision(rule.confidence),
            "security-severity": score(rule.severity),
            "issuer": rule.issuer,
            "kind": rule.kind,
        },
    });
    let page = [&rule.rotation.page, &rule.url].into_iter().find(|url| url.starts_with("https://"));
    if let Some(page) = page {
        entry["helpUri"] = json!(page);
    }
    entry
}

fn full(rule: &Rule, issuer: &str) -> String {
    let risk = if rule.risk.is_empty() { "Whoever reads the code can use it." } else { &rule.risk };
    format!("{}{issuer}. {risk}", rule.name)
}

fn help(rule: &Rule, markdown: bool) -> String {
    let mut out = full(rule, "");
    out.push_str("\n\n");
    let keylift = if markdown { "`keylift plan --to STORE`" } else { "keylift plan --to STORE" };
    let _ = writeln!(out, "Move it out of the code ({keylift}), then replace it at its issuer:\n");
    for (number, step) in rule.rotation.steps.iter().enumerate() {
        let _ = writeln!(out, "{}. {step}", number + 1);
    }
    if !rule.rotation.page.is_empty() {
        let page = &rule.rotation.page;
        let _ = if markdown { writeln!(out, "\n<{page}>") } else { writeln!(out, "\n{page}") };
    }
    out
}

fn result(finding: &Finding, row: &Row<'_>, number: usize, engine: &Engine) -> Value {
    let title = engine.rule(row.rule).map_or(row.rule, |rule| &*rule.name);
    let named = row.name.map(|name| format!(" in {name}")).unwrap_or_default();
    let inside = row.member.map(|member| format!(", in the archive's member {member}")).unwrap_or_default();
    let mut region = json!({
        "startLine": row.line,
        "startColumn": row.column,
        "endLine": row.end_line,
        "endColumn": row.end_column,
        "byteOffset": row.start,
        "byteLength": row.end - row.start,
    });
    if let Some(snippet) = &finding.snippet {
        region["snippet"] = json!({"text": snippet.line});
    }
    let mut result = json!({
        "ruleId": row.rule,
        "ruleIndex": number,
        "level": level(row.severity),
        "message": {"text": format!("{title}{named}: {}{inside}", row.masked)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(&row.full_path()), "uriBaseId": "SRCROOT"},
                "region": region,
            },
        }],
        "partialFingerprints": {"keylift/v1": format!("{}:{}:{}", row.rule, row.fingerprint, uri(&row.full_path()))},
        "fingerprints": {"keyliftSecret/v1": row.fingerprint},
        "rank": rank(row.severity, row.confidence),
        "properties": {"confidence": row.confidence, "severity": row.severity, "kind": row.kind},
    });
    let extra = [("commit", row.commit), ("date", row.date.as_deref()), ("name", row.name), ("member", row.member)];
    for (key, value) in extra {
        if let Some(value) = value {
            result["properties"][key] = json!(value);
        }
    }
    result
}

/// A relative reference of RFC 3986: everything but unreserved characters, `/` and a few marks is percent-encoded.
fn uri(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// Code hosts sort by this number: over 9.0 is critical, 7.0 high, 4.0 medium ("SARIF support for code scanning").
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "low",
    }
}

fn rank(severity: Severity, confidence: Confidence) -> f64 {
    let severity = [20.0, 50.0, 75.0, 95.0][severity as usize];
    severity * [0.4, 0.8, 1.0][confidence as usize]
}

fn pascal(kebab: &str) -> String {
    kebab
        .split('-')
        .map(|word| {
            word.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use keylift_providers::FingerprintKey;

    use super::*;

    #[test]
    fn results_point_at_their_rules_and_show_no_value() {
        let found = super::super::testing::found(
            "my app.py",
            "A_PASSWORD = 'Sun-rise.4411x'\nu = 'postgres://a:Moon.set.8822y@db/x'\n",
        );
        let key = FingerprintKey::new([1; 32]);
        let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
        let text = sarif(&found, &rows, Engine::builtin());
        assert!(!text.contains("4411x") && !text.contains("8822y"));
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let run = &log["runs"][0];
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), 2);
        for result in results {
            let at = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
            assert_eq!(run["tool"]["driver"]["rules"][at]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "my%20app.py");
        }
    }

    #[test]
    fn no_finding_is_a_whole_log_all_the_same() {
        let log: Value = serde_json::from_str(&sarif(&[], &[], Engine::builtin())).expect("JSON");
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
