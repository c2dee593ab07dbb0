//! SARIF 2.1.0, as scanners and code hosts write it.

use serde_json::Value;

use super::Entry;
use super::formats::{get, number, secrets, text};

/// Bases that refer to each other end here.
const DEEPEST_BASE: usize = 8;

/// Adds a document's entries. False where it is no SARIF.
pub(super) fn read(document: &Value, entries: &mut Vec<Entry>) -> bool {
    let Some(runs) = get(document, &["runs"]).and_then(Value::as_array) else { return false };
    for run in runs {
        let results = get(run, &["results"]).and_then(Value::as_array);
        for result in results.into_iter().flatten() {
            read_result(run, result, entries);
        }
    }
    true
}

fn read_result(run: &Value, result: &Value, entries: &mut Vec<Entry>) {
    let rule = rule(run, result).unwrap_or_default();
    let dismissed = dismissed(result);
    let locations = get(result, &["locations"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if locations.is_empty() {
        entries.push(Entry { rule: rule.to_owned(), ..Entry::default() });
    }
    for location in locations {
        let place = get(location, &["physicalLocation"]).unwrap_or(&Value::Null);
        let region = get(place, &["region"]).unwrap_or(&Value::Null);
        let line = number(region, &["startLine"]);
        entries.push(Entry {
            path: get(place, &["artifactLocation"]).map(|file| path(run, file)).unwrap_or_default(),
            line,
            end_line: number(region, &["endLine"]).max(line),
            // Where only the end is given, the region starts with its line.
            column: number(region, &["startColumn"]).max(1),
            end_column: number(region, &["endColumn"]),
            rule: rule.to_owned(),
            values: secrets([get(region, &["snippet", "text"]).and_then(Value::as_str)]),
            commit: get(result, &["partialFingerprints", "commitSha"]).and_then(Value::as_str).map(str::to_owned),
            dismissed,
            ..Entry::default()
        });
    }
}

/// The rule's id; some tools give its number in the tool's list alone.
fn rule<'a>(run: &'a Value, result: &'a Value) -> Option<&'a str> {
    let named = text(result, &["ruleId"]).or_else(|| get(result, &["rule", "id"]).and_then(Value::as_str));
    let index = || {
        let index = get(result, &["ruleIndex"]).or_else(|| get(result, &["rule", "index"]))?;
        let rules = get(run, &["tool", "driver", "rules"])?;
        text(rules.get(usize::try_from(index.as_u64()?).ok()?)?, &["id"])
    };
    named.or_else(index)
}

/// Why a result says of itself that it is none.
fn dismissed(result: &Value) -> Option<&'static str> {
    let suppressions = get(result, &["suppressions"]).and_then(Value::as_array);
    // One that is under review or was rejected suppresses nothing.
    let open = |one: &Value| text(one, &["status"]).is_some_and(|status| status != "accepted");
    if suppressions.is_some_and(|all| !all.is_empty() && !all.iter().any(open)) {
        return Some("the report says that it is suppressed");
    }
    match (text(result, &["kind"]), text(result, &["baselineState"])) {
        (Some("pass" | "notApplicable"), _) => Some("the report says that it is no finding"),
        (_, Some("absent")) => Some("the report says that it is gone"),
        _ => None,
    }
}

/// The path of a file: its reference, or its number in the list of files, behind the folder that it is relative to.
fn path(run: &Value, file: &Value) -> String {
    let file = text(file, &["uri"]).map(|_| file).or_else(|| {
        let index = usize::try_from(get(file, &["index"])?.as_u64()?).ok()?;
        get(run, &["artifacts"])?.get(index).and_then(|artifact| get(artifact, &["location"]))
    });
    let Some(mut file) = file else { return String::new() };
    let mut path = path_of_uri(text(file, &["uri"]).unwrap_or_default());
    for _ in 0..DEEPEST_BASE {
        let base = text(file, &["uriBaseId"]).and_then(|id| get(run, &["originalUriBaseIds", id]));
        let Some(base) = base.filter(|_| !path.starts_with('/')) else { break };
        let folder = path_of_uri(text(base, &["uri"]).unwrap_or_default());
        path = match folder.trim_end_matches('/') {
            "" if folder.is_empty() => path,
            folder => format!("{folder}/{path}"),
        };
        file = base;
    }
    path
}

/// The path of a `file:` URI or relative reference, percent-decoded.
fn path_of_uri(uri: &str) -> String {
    let rest = uri.strip_prefix("file://").or_else(|| uri.strip_prefix("file:")).unwrap_or(uri);
    let mut bytes = Vec::with_capacity(rest.len());
    let mut from = rest.as_bytes();
    while let Some((byte, rest)) = from.split_first() {
        let decoded = rest.get(..2).filter(|_| *byte == b'%').and_then(|two| std::str::from_utf8(two).ok());
        if let Some(decoded) = decoded.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            bytes.push(decoded);
            from = &rest[2..];
        } else {
            bytes.push(*byte);
            from = rest;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
