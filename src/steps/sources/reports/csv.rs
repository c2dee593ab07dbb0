//! Tables: comma-separated values (RFC 4180) with a head, which gitleaks writes as well.

use serde_json::{Map, Value};

/// The rows of a table whose head has a column of this name, as objects; none where the text is no such table.
pub(super) fn rows(text: &str, column: &str) -> Option<Vec<Value>> {
    // JSON, which is a table of one line at best, need not be taken apart.
    if text.starts_with(['[', '{']) || !text.lines().next().is_some_and(|head| head.contains(column)) {
        return None;
    }
    let mut rows = cells(text).into_iter();
    let head = rows.next()?;
    if !head.iter().any(|name| name == column) {
        return None;
    }
    let object = |row: Vec<String>| -> Value {
        head.iter().cloned().zip(row.into_iter().map(Value::from)).collect::<Map<_, _>>().into()
    };
    Some(rows.map(object).collect())
}

fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                cell.push('"');
                rest.next();
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && rest.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
