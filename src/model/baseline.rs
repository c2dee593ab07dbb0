//! The baseline: findings that people know of and accept, in a file that they review and commit. It holds keyed
//! fingerprints, never values, and nothing that changes without a decision: no line numbers, no times.

use std::path::Path;

use keylift_providers::{Fingerprint, FingerprintKey};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::finding::Finding;

/// The file's name where none is given.
pub const BASELINE_FILE: &str = "keylift.baseline.yaml";

/// Version of the format that this build writes and reads.
const VERSION: u32 = 1;

const HEADING: &str = "\
# Hardcoded credentials that are known and accepted. `keylift scan` does not report them; anything else, a changed value
# and an entry past its `until` included, it does. Sorted; no line numbers. Made by `keylift baseline add`.
# The fingerprints are keyed: docs/baseline.md tells how a team shares the key, and what `without-key` means.
";

/// What a scan does that lacks the key of the fingerprints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutKey {
    /// It accepts nothing: every finding is reported.
    #[default]
    Report,
    /// It goes by path and rule, at most as many findings as there are entries. A changed value goes unnoticed there.
    Place,
}

/// Accepted findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Baseline {
    /// Version of the format.
    version: u32,
    /// Which key made the fingerprints.
    pub fingerprint_key: String,
    /// What a scan without that key does.
    #[serde(default)]
    pub without_key: WithoutKey,
    /// The entries, in order of path, rule and fingerprint.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Accepted {
    /// Path below the baseline's folder, with `/`; `!/` before a path within an archive.
    pub path: String,
    /// The rule that found it.
    pub rule: String,
    /// The value's fingerprint.
    pub fingerprint: Fingerprint,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it is accepted, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What a baseline makes of findings.
#[derive(Debug, Default)]
pub struct Judged {
    /// Findings that it does not accept.
    pub open: Vec<Finding>,
    /// How many it accepts.
    pub accepted: usize,
    /// Entries whose day is over; what they stood for is among the open ones.
    pub expired: Vec<Accepted>,
    /// Entries that nothing was found for.
    pub unused: Vec<Accepted>,
    /// The key was not there, and the values were not compared.
    pub keyless: bool,
}

impl Baseline {
    /// An empty one.
    pub fn new(key: &FingerprintKey) -> Self {
        Self { version: VERSION, fingerprint_key: key.id(), without_key: WithoutKey::Report, accepted: Vec::new() }
    }

    /// Reads a baseline file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::file("could not read the baseline", path, &error))?;
        Self::parse(&text).map_err(|message| Failure::usage(format!("{}: {message}", path.display())))
    }

    /// Reads a baseline's text. The error names line and column, or the entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut baseline: Self = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        if baseline.version != VERSION {
            return Err(format!("this baseline has version {}, this keylift reads {VERSION}", baseline.version));
        }
        for entry in &baseline.accepted {
            if entry.reason.trim().is_empty() {
                return Err(format!("{}: an entry without a reason", entry.path));
            }
            if let Some(until) = entry.until.as_ref().filter(|until| !is_day(until)) {
                return Err(format!("{}: until `{until}` is not a day such as 2031-12-31", entry.path));
            }
        }
        baseline.sort();
        Ok(baseline)
    }

    /// The file's text.
    pub fn to_yaml(&self) -> Result<String, Failure> {
        let body = serde_yaml::to_string(self)
            .map_err(|error| Failure::usage(format!("could not write the baseline: {error}")))?;
        Ok(format!("{HEADING}{body}"))
    }

    /// Writes the baseline in one step.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = self.to_yaml()?;
        crate::files::write_whole(path, text.as_bytes()).map_err(|error| Failure::file("could not write", path, &error))
    }

    /// Adds an entry, in the place of one for the same value.
    pub fn accept(&mut self, entry: Accepted) {
        let same = |known: &Accepted| {
            (&known.path, &known.rule, &known.fingerprint) == (&entry.path, &entry.rule, &entry.fingerprint)
        };
        self.accepted.retain(|known| !same(known));
        self.accepted.push(entry);
        self.sort();
    }

    fn sort(&mut self) {
        self.accepted.sort();
        self.accepted.dedup();
    }

    /// Tells accepted findings from others. `path_of` gives a finding's path as this baseline has it; `today` is a day as
    /// entries have it.
    pub fn judge(
        &self,
        findings: Vec<Finding>,
        key: &FingerprintKey,
        today: &str,
        path_of: impl Fn(&Finding) -> String,
    ) -> Judged {
        let keyless = self.fingerprint_key != key.id();
        let mut judged = Judged { keyless, ..Judged::default() };
        let mut used = vec![false; self.accepted.len()];
        let mut overdue = vec![false; self.accepted.len()];
        for finding in findings {
            let path = path_of(&finding);
            let fingerprint = key.fingerprint(&finding.secret);
            let start = self.accepted.partition_point(|entry| entry.path < path);
            let here = self.accepted[start..].iter().take_while(|entry| entry.path == path).enumerate();
            let mut found = None;
            for (at, entry) in here {
                let at = start + at;
                let same = if keyless {
                    // Each entry stands for one value, and without the key nobody can tell which.
                    self.without_key == WithoutKey::Place && !used[at]
                } else {
                    entry.fingerprint == fingerprint
                };
                if entry.rule == finding.rule && same {
                    let over = entry.until.as_deref().is_some_and(|until| until < today);
                    used[at] = true;
                    overdue[at] |= over;
                    found = Some(over);
                    break;
                }
            }
            if found == Some(false) {
                judged.accepted += 1;
            } else {
                judged.open.push(finding);
            }
        }
        let entries = |marked: &[bool], mark: bool| -> Vec<Accepted> {
            self.accepted.iter().zip(marked).filter(|(_, is)| **is == mark).map(|(entry, _)| entry.clone()).collect()
        };
        judged.expired = entries(&overdue, true);
        if !keyless {
            judged.unused = entries(&used, false);
        }
        judged
    }
}

/// Whether a text is a day of the calendar as ISO 8601 writes it.
pub fn is_day(text: &str) -> bool {
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let digits = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let (Some(year), Some(month), Some(day)) = (number(text.get(..4)), number(text.get(5..7)), number(text.get(8..)))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    digits && (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::model::SourceFile;
    use crate::rules::Engine;

    fn found(text: &str) -> Vec<Finding> {
        Engine::builtin().scan(&SourceFile::disk("a.py", text.as_bytes()))
    }

    fn path_of(finding: &Finding) -> String {
        finding.path.to_string_lossy().into_owned()
    }

    fn accepting(text: &str, key: &FingerprintKey, until: Option<&str>) -> Baseline {
        let mut baseline = Baseline::new(key);
        for finding in found(text) {
            baseline.accept(Accepted {
                path: path_of(&finding),
                rule: finding.rule.clone(),
                fingerprint: key.fingerprint(&finding.secret),
                reason: "known".into(),
                owner: None,
                until: until.map(str::to_owned),
            });
        }
        baseline
    }

    // keylift:allow made up for a test
    const ONE: &str = "A_PASSWORD = 'Sun-rise.4411x'\n";

    #[test]
    fn what_is_accepted_stays_so_when_its_line_moves_and_alerts_when_its_value_changes() {
        let key = FingerprintKey::new([1; 32]);
        let baseline = accepting(ONE, &key, None);
        let judge = |text: &str| baseline.judge(found(text), &key, "2030-01-01", path_of);
        let moved = judge(&format!("# new\n\n{ONE}"));
        assert_eq!((moved.accepted, moved.open.len()), (1, 0));
        // keylift:allow made up for a test
        let changed = judge("A_PASSWORD = 'Sun-rise.4411y'\n");
        assert_eq!((changed.accepted, changed.open.len(), changed.unused.len()), (0, 1, 1));
        let mut elsewhere = found(ONE);
        elsewhere[0].path = PathBuf::from("b.py");
        assert_eq!(baseline.judge(elsewhere, &key, "2030-01-01", path_of).open.len(), 1);
    }

    #[test]
    fn an_entry_holds_through_its_last_day() {
        let key = FingerprintKey::new([1; 32]);
        let baseline = accepting(ONE, &key, Some("2030-06-30"));
        assert_eq!(baseline.judge(found(ONE), &key, "2030-06-30", path_of).accepted, 1);
        let after = baseline.judge(found(ONE), &key, "2030-07-01", path_of);
        assert_eq!((after.open.len(), after.expired.len()), (1, 1));
    }

    #[test]
    fn without_the_key_nothing_is_accepted_unless_the_file_says_so() {
        let (key, other) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));
        let mut baseline = accepting(ONE, &key, None);
        let judged = baseline.judge(found(ONE), &other, "2030-01-01", path_of);
        assert!(judged.keyless && judged.accepted == 0 && judged.open.len() == 1 && judged.unused.is_empty());
        baseline.without_key = WithoutKey::Place;
        // keylift:allow made up for a test
        let two = format!("{ONE}B_PASSWORD = 'Moon.set.8822y'\n");
        let judged = baseline.judge(found(&two), &other, "2030-01-01", path_of);
        assert_eq!((judged.accepted, judged.open.len()), (1, 1), "one entry accepts one finding");
    }

    #[test]
    fn the_file_is_sorted_and_comes_back() {
        let key = FingerprintKey::new([1; 32]);
        // keylift:allow made up for a test
        let two = accepting(&format!("{ONE}B_PASSWORD = 'Moon.set.8822y'\n"), &key, None);
        let mut turned = two.clone();
        turned.accepted.reverse();
        let text = turned.to_yaml().unwrap();
        assert_eq!(Baseline::parse(&text).unwrap(), two);
        assert!(!text.contains("line") || !text.contains("line:"), "{text}");
        assert!(Baseline::parse(&text.replace("reason: known", "reason: ' '")).is_err());
    }

    #[test]
    fn days_are_days_of_the_calendar() {
        for day in ["2028-02-29", "2030-12-31"] {
            assert!(is_day(day), "{day}");
        }
        for day in ["2030-02-29", "2030-13-01", "2030-1-01", "tomorrow", "2030-00-10", "+030-01-01", "2030-01-01 "] {
            assert!(!is_day(day), "{day}");
        }
    }
}
