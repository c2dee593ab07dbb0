//! Findings as workflow commands, which GitHub Actions shows beside the lines of a change ("Workflow commands for GitHub
//! Actions": `::error file=…,line=…::message`).

use std::fmt::Write as _;

use super::{Row, word};
use crate::model::Severity;
use crate::rules::Engine;

/// A line a finding.
pub fn github(rows: &[Row<'_>], engine: &Engine) -> String {
    let mut out = String::new();
    for row in rows {
        let command = match row.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "notice",
        };
        let rule = engine.rule(row.rule);
        let title = rule.map_or(row.rule, |rule| &*rule.name);
        let named = row.name.map(|name| format!(" in {name}")).unwrap_or_default();
        let inside = row.member.map(|member| format!(" (in {member})")).unwrap_or_default();
        let rotate = rule.filter(|rule| !rule.rotation.page.is_empty());
        let rotate = rotate.map(|rule| format!(" Rotate it: {}", rule.rotation.page)).unwrap_or_default();
        let message = format!(
            "Hardcoded credential{named}{inside}: {} ({} severity, {} confidence, rule {}).{rotate}",
            row.masked,
            word(row.severity),
            word(row.confidence),
            row.rule
        );
        // A column range is only understood on one line.
        let columns = if row.line == row.end_line {
            format!(",col={},endColumn={}", row.column, row.end_column)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "::{command} file={},line={},endLine={}{columns},title={}::{}",
            property(&row.path),
            row.line,
            row.end_line,
            property(title),
            data(&message),
        );
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use keylift_providers::FingerprintKey;

    use super::*;

    #[test]
    fn a_path_cannot_end_the_command() {
        // keylift:allow made up for a test
        let found = super::super::testing::found("a,b\n::error::x.py", "A_PASSWORD = 'Sun-rise.4411x'\n");
        let key = FingerprintKey::new([1; 32]);
        let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
        let text = github(&rows, Engine::builtin());
        assert!(text.contains(" file=a%2Cb%0A%3A%3Aerror%3A%3Ax.py,line=1,endLine=1,col=15,endColumn=29,"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
