//! What each tool calls the parts of a finding.

use keylift_providers::Secret;
use serde_json::Value;

use super::{Entry, Tool};

/// Adds a document's entries. False where the document has nothing of what the tool writes.
pub(super) fn read(tool: Tool, document: &Value, entries: &mut Vec<Entry>) -> bool {
    match tool {
        Tool::DetectSecrets => detect_secrets(document, entries),
        Tool::Sarif => super::sarif::read(document, entries),
        Tool::Gitleaks | Tool::Betterleaks | Tool::Trufflehog | Tool::Kingfisher => {
            let list = ["findings", "leaks", "results", "matches"].iter().find_map(|key| get(document, &[key]));
            let items: Vec<&Value> = match list.unwrap_or(document) {
                Value::Array(items) => items.iter().collect(),
                one => vec![one],
            };
            let before = entries.len();
            for item in &items {
                match tool {
                    Tool::Trufflehog => trufflehog(item, entries),
                    Tool::Kingfisher => kingfisher(item, entries),
                    _ => gitleaks(item, entries),
                }
            }
            // trufflehog's log lines, and a summary after the findings, are documents of their own.
            items.is_empty() || entries.len() > before || matches!(document, Value::Object(_))
        }
    }
}

/// gitleaks 8: `RuleID`, `File`, `StartLine`, `Secret`, `Match`. 7: `rule`, `file`, `lineNumber`, `offender`, `line`.
/// betterleaks: the same, or `finding` with `rule_id`, `location` and `match`.
fn gitleaks(item: &Value, entries: &mut Vec<Entry>) {
    let item = get(item, &["finding"]).unwrap_or(item);
    let place = get(item, &["location"]).unwrap_or(item);
    let line = number(place, &["StartLine", "start_line", "lineNumber", "line"]);
    entries.push(Entry {
        path: text(place, &["File", "path"]).or_else(|| attribute(item, "path")).unwrap_or_default().to_owned(),
        line,
        end_line: number(place, &["EndLine", "end_line"]).max(line),
        column: number(place, &["StartColumn", "start_column"]),
        end_column: 0,
        rule: text(item, &["RuleID", "rule_id", "rule"]).unwrap_or_default().to_owned(),
        values: secrets([
            text(item, &["Secret", "offender"]),
            get(item, &["match", "value"]).and_then(Value::as_str),
            text(item, &["Match"]),
        ]),
        commit: text(item, &["Commit", "commit"]).map(str::to_owned),
        verified: text(item, &["ValidationStatus", "validation_status"]).is_some_and(|status| status == "valid"),
        ..Entry::default()
    });
}

fn attribute<'a>(item: &'a Value, key: &str) -> Option<&'a str> {
    get(item, &["Attributes", key]).and_then(Value::as_str)
}

/// trufflehog 3: `SourceMetadata.Data.KIND` with `file` and `line`, `DetectorName`, `Raw`, `RawV2`. 2: `path`, `reason`,
/// `stringsFound`.
fn trufflehog(item: &Value, entries: &mut Vec<Entry>) {
    if let Some(found) = get(item, &["stringsFound"]).and_then(Value::as_array) {
        for value in found.iter().filter_map(Value::as_str) {
            entries.push(Entry {
                path: text(item, &["path"]).unwrap_or_default().to_owned(),
                rule: text(item, &["reason"]).unwrap_or_default().to_owned(),
                values: secrets([Some(value), None, None]),
                commit: text(item, &["commitHash", "commit"]).map(str::to_owned),
                ..Entry::default()
            });
        }
        return;
    }
    let data = get(item, &["SourceMetadata", "Data"]).and_then(Value::as_object);
    let place = data.and_then(|data| data.values().find(|kind| kind.is_object()));
    // Its log lines and summaries are documents of their own.
    if place.is_none() && text(item, &["DetectorName", "Raw"]).is_none() {
        return;
    }
    let place = place.unwrap_or(&Value::Null);
    let line = number(place, &["line"]);
    let entry = |values: Vec<Secret>| Entry {
        path: text(place, &["file", "path"]).unwrap_or_default().to_owned(),
        line,
        end_line: line,
        rule: text(item, &["DetectorName", "DetectorType"]).unwrap_or_default().to_owned(),
        values,
        commit: text(place, &["commit"]).map(str::to_owned),
        verified: get(item, &["Verified"]).and_then(Value::as_bool).unwrap_or(false),
        ..Entry::default()
    };
    // `Raw` is one part of a credential, of AWS and Twilio the identifier; `RawV2` is all parts run together.
    let (raw, all) = (text(item, &["Raw"]), text(item, &["RawV2"]));
    entries.push(entry(secrets([raw, all])));
    let parts = get(item, &["SecretParts"]).and_then(Value::as_object);
    let named = parts.into_iter().flatten().filter(|(name, _)| is_secret(name)).filter_map(|(_, part)| part.as_str());
    entries.extend(named.filter(|part| Some(*part) != raw).map(|part| entry(secrets([Some(part)]))));
    let rest = all.zip(raw).and_then(|(all, raw)| all.strip_prefix(raw).or_else(|| all.strip_suffix(raw)));
    let rest = rest.map(|rest| rest.trim_matches([':', ';', '|', ',', ' '])).filter(|rest| rest.len() >= 8);
    if let Some(rest) = rest.filter(|_| parts.is_none_or(serde_json::Map::is_empty)) {
        entries.push(Entry { only_own: true, ..entry(secrets([Some(rest)])) });
    }
}

/// Whether a named part of a credential is its secret, not whose it is or where it is good for.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has(&["key", "secret", "token", "pass", "pat", "connection_string", "credential"]) && !ends(&["id", "name", "type"])
}

/// kingfisher: `rule` with `id`, `finding` with `path`, `line`, `column_start` and `snippet`. Nosey Parker: `rule_name`,
/// `provenance`, `location.source_span` and `snippet.matching`, or `groups`.
fn kingfisher(item: &Value, entries: &mut Vec<Entry>) {
    if let Some(matches) = get(item, &["matches"]).and_then(Value::as_array) {
        return matches.iter().for_each(|one| kingfisher(one, entries));
    }
    let finding = get(item, &["finding"]).unwrap_or(item);
    let rule = get(item, &["rule"]).and_then(|rule| rule.as_str().or_else(|| text(rule, &["id", "name"])));
    let provenance = get(finding, &["provenance"]).and_then(Value::as_array).and_then(|list| list.first());
    let span = get(finding, &["location", "source_span"]);
    let line = span.map_or_else(|| number(finding, &["line"]), |span| deep_number(span, &["start", "line"]));
    let matching = get(finding, &["snippet"]);
    let matching = matching.and_then(|snippet| snippet.as_str().or_else(|| text(snippet, &["matching"])));
    let validation = get(finding, &["validation", "status"]).and_then(Value::as_str).unwrap_or_default();
    entries.push(Entry {
        path: text(finding, &["path"])
            .or_else(|| provenance.and_then(|one| text(one, &["path"])))
            .unwrap_or_default()
            .to_owned(),
        line,
        end_line: span.map_or(0, |span| deep_number(span, &["end", "line"])).max(line),
        column: number(finding, &["column_start"]),
        end_column: number(finding, &["column_end"]),
        rule: rule.or_else(|| text(finding, &["rule_name"])).unwrap_or_default().to_owned(),
        values: secrets([matching, None, None]),
        commit: get(finding, &["git_metadata", "commit", "id"]).and_then(Value::as_str).map(str::to_owned),
        verified: validation.eq_ignore_ascii_case("active credential"),
        ..Entry::default()
    });
}

/// detect-secrets: `results` has a list for each file, with `type`, `line_number` and the SHA-1 of the value.
fn detect_secrets(document: &Value, entries: &mut Vec<Entry>) -> bool {
    let Some(results) = get(document, &["results"]).and_then(Value::as_object) else { return false };
    for (path, items) in results {
        for item in items.as_array().into_iter().flatten() {
            let audited = get(item, &["is_secret"]).and_then(Value::as_bool);
            let line = number(item, &["line_number"]);
            entries.push(Entry {
                path: path.clone(),
                line,
                end_line: line,
                rule: text(item, &["type"]).unwrap_or_default().to_owned(),
                sha1: text(item, &["hashed_secret"]).map(str::to_ascii_lowercase),
                verified: get(item, &["is_verified"]).and_then(Value::as_bool).unwrap_or(false),
                dismissed: (audited == Some(false)).then_some("somebody audited it, and it is no secret"),
                ..Entry::default()
            });
        }
    }
    true
}

/// Texts that could be the value. What a tool has masked is none.
pub(super) fn secrets<const N: usize>(texts: [Option<&str>; N]) -> Vec<Secret> {
    let masked = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("redacted") || text.contains("***") || text.contains("[...]") || text.chars().all(|c| c == '*')
    };
    texts.into_iter().flatten().filter(|text| !text.is_empty() && !masked(text)).map(Secret::new).collect()
}

/// A value down a path of keys; keys are compared without regard to case.
pub(super) fn get<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| {
        let object = value.as_object()?;
        object
            .get(*key)
            .or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, found)| found))
    })
}

/// The first text under one of the keys.
pub(super) fn text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| get(value, &[key]).and_then(Value::as_str)).filter(|text| !text.is_empty())
}

/// The first number under one of the keys, also where it is written as text; 0 where there is none.
pub(super) fn number(value: &Value, keys: &[&str]) -> usize {
    keys.iter().map(|key| deep_number(value, &[key])).find(|number| *number > 0).unwrap_or(0)
}

fn deep_number(value: &Value, keys: &[&str]) -> usize {
    let Some(found) = get(value, keys) else { return 0 };
    let number = found.as_u64().or_else(|| found.as_str().and_then(|text| text.trim().parse().ok()));
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}
