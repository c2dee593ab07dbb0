//! Findings as a `JUnit` report, which most CI servers show: a failed test case for each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Row, word};
use crate::rules::Engine;

/// One suite a file; without findings one test that passed, because an empty report is an error to some readers.
pub fn junit(rows: &[Row<'_>], engine: &Engine) -> String {
    let mut suites: BTreeMap<String, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows {
        suites.entry(row.full_path()).or_default().push(row);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures) = (rows.len().max(1), rows.len());
    let _ = writeln!(out, "<testsuites name=\"keylift\" tests=\"{tests}\" failures=\"{failures}\">");
    if rows.is_empty() {
        out.push_str("  <testsuite name=\"keylift\" tests=\"1\" failures=\"0\">\n");
        out.push_str("    <testcase classname=\"keylift\" name=\"no hardcoded credentials\"/>\n  </testsuite>\n");
    }
    for (path, rows) in suites {
        let path = escape(&path);
        let count = rows.len();
        let _ = writeln!(out, "  <testsuite name=\"{path}\" tests=\"{count}\" failures=\"{count}\">");
        for row in rows {
            let title = engine.rule(row.rule).map_or(row.rule, |rule| &*rule.name);
            let name = row.name.map(|name| format!(" in {name}")).unwrap_or_default();
            let message = format!(
                "{title}{name}: {} ({} severity, {} confidence)",
                row.masked,
                word(row.severity),
                word(row.confidence)
            );
            let _ = writeln!(
                out,
                "    <testcase classname=\"{path}\" name=\"{} at {}:{}\" file=\"{path}\" line=\"{}\">\n      \
                 <failure type=\"{}\" message=\"{}\">{path}:{}:{}\nfingerprint {}</failure>\n    </testcase>",
                escape(row.rule),
                row.line,
                row.column,
                row.line,
                escape(row.rule),
                escape(&message),
                row.line,
                row.column,
                row.fingerprint,
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text for XML 1.0: markup escaped, characters that it cannot hold replaced.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use keylift_providers::FingerprintKey;

    use super::*;

    #[test]
    fn hostile_names_stay_inside_their_attributes() {
        // keylift:allow made up for a test
        let found = super::super::testing::found("a\"<&\u{1}.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
        let key = FingerprintKey::new([1; 32]);
        let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
        let text = junit(&rows, Engine::builtin());
        assert!(text.contains("classname=\"a&quot;&lt;&amp;\u{fffd}.py\""), "{text}");
        assert_eq!(text.matches("<failure ").count(), 1);
        assert!(!text.contains("4411x"));
    }

    #[test]
    fn no_findings_are_one_passed_test() {
        assert!(junit(&[], Engine::builtin()).contains("tests=\"1\" failures=\"0\""));
    }
}
