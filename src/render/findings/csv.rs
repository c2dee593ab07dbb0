//! Findings as comma-separated values (RFC 4180), for spreadsheets.

use std::fmt::Write as _;

use super::{Row, word};

const HEAD: &str = "path,line,column,end_line,end_column,start,end,rule,kind,confidence,severity,fingerprint,masked,name,\
                    language,env,commit,date,in_head,member\r\n";

/// A head and a line a finding.
pub fn csv(rows: &[Row<'_>]) -> String {
    let mut out = HEAD.to_owned();
    for row in rows {
        let kind = serde_json::to_value(row.kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default();
        let _ = write!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},",
            cell(&row.path),
            row.line,
            row.column,
            row.end_line,
            row.end_column,
            row.start,
            row.end,
            cell(row.rule),
            kind,
            word(row.confidence),
            word(row.severity),
            row.fingerprint,
            cell(&row.masked),
        );
        let rest = [row.name, row.language, row.env, row.commit, row.date.as_deref()];
        for text in rest {
            let _ = write!(out, "{},", cell(text.unwrap_or_default()));
        }
        let in_head = row.in_head.map_or("", |yes| if yes { "true" } else { "false" });
        let _ = write!(out, "{in_head},{}\r\n", cell(row.member.unwrap_or_default()));
    }
    out
}

/// A cell. What a spreadsheet would take for a formula gets an apostrophe in front: paths and names come from the scanned
/// code, which may be hostile.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use keylift_providers::FingerprintKey;

    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        assert_eq!(cell("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
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
