//! Findings for people and for programs.

use keylift_providers::{FingerprintKey, Secret};
use serde::Serialize;

use crate::model::{Confidence, Finding, Kind, Origin, Severity};

/// One finding in the documented schema. It has no value.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: usize,
    end: usize,
    rule: &'a str,
    kind: Kind,
    confidence: Confidence,
    severity: Severity,
    fingerprint: String,
    masked: String,
    name: Option<&'a str>,
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// The row of a finding.
    pub fn new(finding: &'a Finding, key: &FingerprintKey) -> Self {
        let (commit, member) = match &finding.origin {
            Origin::Git { commit, .. } => (commit.as_deref(), None),
            Origin::Archive { member } => (None, Some(member.as_str())),
            Origin::Disk | Origin::Stdin => (None, None),
        };
        Self {
            path: slashes(&finding.path),
            line: finding.start.0,
            column: finding.start.1,
            end_line: finding.end.0,
            end_column: finding.end.1,
            start: finding.bytes.start,
            end: finding.bytes.end,
            rule: &finding.rule,
            kind: finding.kind,
            confidence: finding.confidence,
            severity: finding.severity,
            fingerprint: key.fingerprint(&finding.secret).to_string(),
            masked: mask(&finding.secret),
            name: finding.name.as_deref(),
            language: finding.language.as_deref(),
            commit,
            member,
        }
    }
}

/// A path with `/` between its components, on every platform.
pub fn slashes(path: &std::path::Path) -> String {
    let shown = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { shown.into_owned() } else { shown.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// A secret as it may be shown: its first characters where it is long enough that they give nothing away (never more than
/// an eighth, four at most), else nothing at all. The length is not told.
pub fn mask(secret: &Secret) -> String {
    let shown = secret.expose_str().map_or(String::new(), |text| {
        let count = (text.chars().count() / 8).min(4);
        if count < 2 { String::new() } else { text.chars().take(count).filter(|c| !c.is_control()).collect() }
    });
    format!("{shown}********")
}

/// Findings as lines for people: place, rule, name, masked value; a summary last.
pub fn text(findings: &[Finding]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for finding in findings {
        let name = finding.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{}:{}:{}  {}{name} = {}  ({} severity, {} confidence)",
            slashes(&finding.path),
            finding.start.0,
            finding.start.1,
            finding.rule,
            mask(&finding.secret),
            word(finding.severity),
            word(finding.confidence),
        );
    }
    let _ = match findings.len() {
        0 => writeln!(out, "No hardcoded credentials found."),
        1 => writeln!(out, "\n1 hardcoded credential. `keylift plan --to STORE` shows how to move it."),
        many => writeln!(out, "\n{many} hardcoded credentials. `keylift plan --to STORE` shows how to move them."),
    };
    out
}

fn word(level: impl std::fmt::Debug) -> String {
    format!("{level:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_little_or_nothing() {
        assert_eq!(mask(&Secret::new("hunter2")), "********");
        assert_eq!(mask(&Secret::new("a".repeat(16))), "aa********");
        assert_eq!(mask(&Secret::new("b".repeat(400))), "bbbb********");
        assert_eq!(mask(&Secret::new(vec![0xff; 40])), "********");
    }
}
