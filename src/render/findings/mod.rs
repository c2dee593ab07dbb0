//! Findings for people and for programs. No output holds a value: masks and keyed fingerprints only.

mod csv;
mod github;
mod junit;
mod sarif;
mod snippet;
mod text;

use keylift_providers::{FingerprintKey, Secret};
use serde::Serialize;

use crate::model::{Confidence, Finding, Kind, Origin, Severity};

pub use csv::csv;
pub use github::github;
pub use junit::junit;
pub use sarif::sarif;
pub use snippet::{mask_line, snippets};
pub use text::text;

/// One finding in the documented schema (`docs/findings.md`). It has no value.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// Path of the file, with `/` between components.
    pub path: String,
    /// Line of the value's first character, from 1.
    pub line: usize,
    /// Its column, from 1, in characters.
    pub column: usize,
    /// Line of the value's end.
    pub end_line: usize,
    /// Column of the value's end, exclusive.
    pub end_column: usize,
    /// First byte of the value in the file.
    pub start: usize,
    /// End of the value in the file, exclusive.
    pub end: usize,
    /// The rule's id.
    pub rule: &'a str,
    /// What kind of credential.
    pub kind: Kind,
    /// How sure.
    pub confidence: Confidence,
    /// What its holder can do.
    pub severity: Severity,
    /// Keyed fingerprint of the value.
    pub fingerprint: String,
    /// What may be shown of the value.
    pub masked: String,
    /// What the code calls it.
    pub name: Option<&'a str>,
    /// Language that the file is written in.
    pub language: Option<&'a str>,
    /// The environment variable that the rule proposes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<&'a str>,
    /// How the credential stands encoded in the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'a str>,
    /// The identifier that goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<PairRow<'a>>,
    /// The commit that first held it, where it comes from git's history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<&'a str>,
    /// Its author's date, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Whether HEAD still has the value at this path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_head: Option<bool>,
    /// Path within an archive; nested archives are joined by `!/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<&'a str>,
}

/// The identifier that goes with a finding, by its place in the same file.
#[derive(Debug, Serialize)]
pub struct PairRow<'a> {
    /// The identifier's rule.
    pub rule: &'a str,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1, in characters.
    pub column: usize,
    /// Its first byte in the file.
    pub start: usize,
    /// Its end in the file, exclusive.
    pub end: usize,
}

impl<'a> Row<'a> {
    /// The row of a finding.
    pub fn new(finding: &'a Finding, key: &FingerprintKey) -> Self {
        let (commit, time, in_head) = match &finding.origin {
            Origin::Git { commit, time, in_head, .. } => (commit.as_deref(), *time, commit.as_ref().map(|_| *in_head)),
            Origin::Archive { .. } | Origin::Disk | Origin::Stdin => (None, None, None),
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
            env: finding.env.as_deref(),
            pair: finding.pair.as_ref().map(|pair| PairRow {
                rule: &pair.rule,
                line: pair.start.0,
                column: pair.start.1,
                start: pair.bytes.start,
                end: pair.bytes.end,
            }),
            encoding: finding.encoded.as_ref().map(|encoded| encoded.chain.as_str()),
            commit,
            date: time.map(date_time),
            in_head,
            member: finding.member(),
        }
    }

    /// The path, and for a member of an archive the path within it after `!/`.
    pub fn full_path(&self) -> String {
        self.member.map_or_else(|| self.path.clone(), |member| format!("{}!/{member}", self.path))
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

/// A level in lower case.
fn word(level: impl std::fmt::Debug) -> String {
    format!("{level:?}").to_lowercase()
}

/// Text from a scanned file or path, made harmless for a terminal: control characters and those that turn the direction of
/// writing become `\u{fffd}`, a tab a space.
pub fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() || turns(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Seconds since 1970 as RFC 3339 in UTC (days to date after the proleptic Gregorian calendar).
fn date_time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Year, month and day of a number of days since 1970-01-01.
pub fn date(days: i64) -> (i64, i64, i64) {
    // Counted from 1 March of year 0, so that the leap day is the last of a year.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
pub(crate) mod testing {
    //! Findings for tests of outputs.

    use std::path::Path;

    use crate::model::{Finding, SourceFile};
    use crate::rules::Engine;

    /// What the built-in rules find in a text, with snippets.
    pub(crate) fn found(path: &str, text: &str) -> Vec<Finding> {
        let file = SourceFile::disk(Path::new(path), text.as_bytes());
        let mut found = Engine::builtin().scan(&file);
        super::snippets(&file, &mut found);
        found
    }
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

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(date_time(0), "1970-01-01T00:00:00Z");
        assert_eq!(date_time(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(date_time(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(date_time(1_714_979_289), "2024-05-06T07:08:09Z");
        assert_eq!(date_time(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn terminal_escapes_are_taken_out() {
        assert_eq!(harmless("a\u{1b}[31m\tb\u{202e}"), "a\u{fffd}[31m b\u{fffd}");
    }
}
