//! Findings as comma-separated values (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::{Row, word};

const HEAD: [&str; 20] = [
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "start",
    "end",
    "rule",
    "kind",
    "confidence",
    "severity",
    "fingerprint",
    "masked",
    "name",
    "language",
    "env",
    "commit",
    "date",
    "in_head",
    "member",
];

/// A head and a line a finding.
pub fn csv(rows: &[Row<'_>]) -> String {
    let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    // What is written into memory arrives.
    let _ = out.write_record(HEAD);
    for row in rows {
        let kind = serde_json::to_value(row.kind).ok();
        let numbers = [row.line, row.column, row.end_line, row.end_column, row.start, row.end];
        let texts = [
            cell(row.rule),
            kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().into(),
            word(row.confidence).into(),
            word(row.severity).into(),
            cell(&row.fingerprint),
            cell(&row.masked),
        ];
        let rest = [row.name, row.language, row.env, row.commit, row.date.as_deref()];
        let in_head = row.in_head.map_or("", |yes| if yes { "true" } else { "false" });
        let record = std::iter::once(cell(&row.path))
            .chain(numbers.map(|number| number.to_string().into()))
            .chain(texts)
            .chain(rest.map(|text| cell(text.unwrap_or_default())))
            .chain([in_head.into(), cell(row.member.unwrap_or_default())]);
        let _ = out.write_record(record.map(Cow::into_owned));
    }
    out.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A cell. What a spreadsheet would take for a formula gets an apostrophe in front: paths and names come from the scanned
/// code, which may be hostile.
fn cell(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use keylift_providers::FingerprintKey;

    use super::*;

    #[test]
    fn formulas_are_disarmed() {
        assert_eq!(cell("a,\"b\"\n"), "a,\"b\"\n");
        assert_eq!(cell("=cmd()"), "'=cmd()");
    }

    #[test]
    fn every_line_has_as_many_cells_as_the_head() {
        // keylift:allow made up for a test
        let found = super::super::testing::found("a.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
        let key = FingerprintKey::new([1; 32]);
        let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
        let text = csv(&rows);
        let counts: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(counts, [20, 20], "{text}");
        assert!(!text.contains("4411x"));
    }
}
