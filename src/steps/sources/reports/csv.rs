//! Tables: comma-separated values (RFC 4180) with a head, which gitleaks writes as well.

use csv::ReaderBuilder;
use serde_json::{Map, Value};

/// The rows of a table whose head has a column of this name, as objects; none where the text is no such table.
pub(super) fn rows(text: &str, column: &str) -> Option<Vec<Value>> {
    // JSON, which is a table of one line at best, need not be taken apart.
    if text.starts_with(['[', '{']) || !text.lines().next().is_some_and(|head| head.contains(column)) {
        return None;
    }
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let head = reader.headers().ok()?.clone();
    if !head.iter().any(|name| name == column) {
        return None;
    }
    let object = |row: csv::StringRecord| -> Value {
        head.iter().map(str::to_owned).zip(row.iter().map(Value::from)).collect::<Map<_, _>>().into()
    };
    Some(reader.records().filter_map(Result::ok).map(object).collect())
}
