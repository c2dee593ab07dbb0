//! What other versions of a file have told already, so that the next one costs less: most versions differ in a few lines.

mod same;

use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;

use self::same::{Same, alike, alike_at_end, around, line_at};
use super::generic::Candidate;
use super::tree::{Detected, HEAD};

/// How much before a line, and behind it, belongs to what the line says, in bytes.
const BEFORE: usize = 256;
pub(super) const BEHIND: usize = 768;
/// How far from a line stands what it may have given, in bytes.
const FAR: usize = 4096;

/// The lines with telling words that gave nothing, each with what is around it, in the versions of one file so far, and what
/// the version before gave.
///
/// A line that stands the same, among the same lines, in another version is not looked at again, but for words whose values
/// may stand far from them; what was found stays found as long as what is around it stays. Versions have to come in
/// an order that is always the same, so that what is found is; the whole of each counts where its lines are new.
#[derive(Debug, Default)]
pub struct Quiet {
    /// Keyed hashes of the lines and their surroundings.
    lines: HashSet<u64, RandomState>,
    /// Those of lines near what was found, as long as all of it has stayed.
    loud: HashSet<u64, RandomState>,
    /// The version before, unless some word of it reaches far.
    last: Option<Last>,
}

/// A version, and what it gave.
struct Last {
    text: Held,
    language: Option<Detected>,
    found: Vec<Candidate>,
}

/// A text that is kept: the file's own bytes from some on, or a copy of what they say.
pub(super) struct Held {
    bytes: Arc<Vec<u8>>,
    from: usize,
}

impl Held {
    /// A text that a file's bytes, shared, have from a place on.
    pub(super) fn own(bytes: &Arc<Vec<u8>>, from: usize) -> Self {
        Self { bytes: bytes.clone(), from }
    }

    pub(super) fn copy(text: &str) -> Self {
        Self { bytes: Arc::new(text.as_bytes().to_vec()), from: 0 }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }
}

/// What is known of a version before it is looked at.
#[derive(Debug)]
pub(super) struct Start {
    /// The lines in which there may be something new: all, or those near what differs from the version before.
    pub(super) part: Range<usize>,
    /// All that the version before gave, where it stands in this one; none where some of it is not the same any more.
    pub(super) found: Option<Vec<Candidate>>,
    /// What it is written in, where that was asked for and its head is the same.
    pub(super) language: Option<Detected>,
}

impl Start {
    /// Nothing is known of a text.
    pub(super) fn anew(text: &str) -> Self {
        Self { part: 0..text.len(), found: None, language: None }
    }
}

impl std::fmt::Debug for Last {
    /// Without the text: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Last({} bytes, {} found)", self.text.bytes().len(), self.found.len())
    }
}

impl Quiet {
    /// What the version before tells of a text.
    pub(super) fn start(&self, text: &str) -> Start {
        let Some(last) = &self.last else { return Start::anew(text) };
        let (old, new) = (last.text.bytes(), text.as_bytes());
        let before = alike(old, new);
        let shorter = old.len().min(new.len());
        let behind = alike_at_end(&old[before..], &new[before..]).min(shorter - before);
        let same = Same { old, new, before, behind };
        let same_head = before >= HEAD || before == old.len() && before == new.len();
        let language = last.language.filter(|_| same_head);
        let Some(found) = last.found.iter().map(|known| same.again(known)).collect() else {
            return Start { language, ..Start::anew(text) };
        };
        let (first, last) = (before.saturating_sub(FAR), (new.len() - behind + BEFORE).min(new.len()));
        let first = memchr::memrchr(b'\n', &new[..first]).map_or(0, |at| at + 1);
        let last = memchr::memchr(b'\n', &new[last..]).map_or(new.len(), |at| last + at + 1);
        Start { part: first..last, found: Some(found), language }
    }

    /// The lines of the places, which are in order. `stayed` is whether all that was found before has stayed.
    pub(super) fn passages(&self, text: &str, places: &[usize], stayed: bool) -> Passages {
        let bytes = text.as_bytes();
        let mut passages: Vec<Passage> = Vec::new();
        let mut end = 0;
        for place in places {
            if *place < end {
                continue;
            }
            let line = line_at(bytes, *place..*place);
            end = line.end;
            let hash = self.lines.hasher().hash_one(&bytes[around(bytes, &line)]);
            let is_known = self.lines.contains(&hash) || stayed && self.loud.contains(&hash);
            passages.push(Passage { line, hash, is_new: !is_known });
        }
        Passages { lines: passages, stayed }
    }

    /// Remembers a version, what was found in it, and its lines that gave none of that; `far` is whether it has words whose
    /// values may stand anywhere.
    pub(super) fn learn(
        &mut self,
        text: Held,
        language: Option<Detected>,
        passages: &Passages,
        far: bool,
        found: Vec<Candidate>,
    ) {
        if !passages.stayed {
            self.loud.clear();
        }
        for passage in passages.lines.iter().filter(|passage| passage.is_new) {
            let near = passage.line.start.saturating_sub(FAR)..passage.line.end + FAR;
            let is_near = |known: &Candidate| near.start < known.span.end && known.span.start < near.end;
            let lines = if found.iter().any(is_near) { &mut self.loud } else { &mut self.lines };
            lines.insert(passage.hash);
        }
        self.last = (!far).then_some(Last { text, language, found });
    }
}

/// The lines of a version that have telling words, in order.
#[derive(Debug)]
pub(super) struct Passages {
    lines: Vec<Passage>,
    stayed: bool,
}

#[derive(Debug)]
struct Passage {
    line: Range<usize>,
    hash: u64,
    is_new: bool,
}

impl Passages {
    /// Whether the line of a place is to be looked at.
    pub(super) fn is_new(&self, place: usize) -> bool {
        let after = self.lines.partition_point(|passage| passage.line.start <= place);
        after.checked_sub(1).is_none_or(|at| self.lines[at].is_new)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{Confidence, SourceFile};
    use crate::rules::Engine;

    fn values(findings: &[crate::model::Finding]) -> BTreeSet<Vec<u8>> {
        findings.iter().map(|finding| finding.secret.expose().to_vec()).collect()
    }

    fn known(span: Range<usize>) -> Candidate {
        let rule = std::borrow::Cow::Borrowed("generic-password");
        Candidate {
            span,
            rule,
            name: None,
            confidence: Confidence::Medium,
            rank: 1,
            certain: true,
            extent: 0,
            encoded: None,
            language: None,
        }
    }

    #[test]
    fn what_was_found_stays_as_long_as_what_is_around_it() {
        let filler = "a line of some length\n".repeat(200);
        let old = format!("{filler}password = 'Gz1kL0w-vT9'\n{filler}"); // keylift:allow made up
        let at = old.find("Gz").unwrap();
        let again = |new: &str| {
            let mut quiet = Quiet::default();
            quiet.learn(Held::copy(&old), None, &quiet.passages(&old, &[], false), false, vec![known(at..at + 11)]);
            let found = quiet.start(new).found?;
            Some(found.into_iter().map(|known| new[known.span].to_owned()).collect::<Vec<_>>())
        };
        let value = Some(vec!["Gz1kL0w-vT9".to_owned()]);
        assert_eq!(again(&old), value);
        assert_eq!(again(&format!("{old}more\n")), value);
        assert_eq!(again(&format!("more\n{old}")), value);
        assert_eq!(again(&format!("more\n{old}more\n")), value);
        assert_eq!(again(&old.replace("kL0", "kL1")), None);
        assert_eq!(again(&old.replace("password =", "x =")), None);
        assert_eq!(again(&filler), None);
    }

    #[test]
    fn what_differs_is_looked_at_with_what_is_around_it() {
        let line = "a line of some length\n";
        let old = line.repeat(1000);
        let mut quiet = Quiet::default();
        assert_eq!(quiet.start(&old).part, 0..old.len());
        quiet.learn(Held::copy(&old), None, &quiet.passages(&old, &[], false), false, Vec::new());
        let new = format!("{}new\n{}", &old[..line.len() * 500], &old[line.len() * 500..]);
        let part = quiet.start(&new).part;
        assert!(part.start % line.len() == 0 && (line.len() * 500 - part.start).abs_diff(FAR) < line.len());
        assert!(part.end > line.len() * 500 + BEFORE && part.end < line.len() * 520);
        // What may stand far from its word is looked for in the whole.
        quiet.learn(Held::copy(&new), None, &quiet.passages(&new, &[], false), true, Vec::new());
        assert_eq!(quiet.start(&old).part, 0..old.len());
    }

    #[test]
    fn a_line_is_looked_at_once_and_again_where_its_neighbours_change() {
        let text = "x = 1\npassword = ask()\ny = 2\n";
        let mut quiet = Quiet::default();
        let first = quiet.passages(text, &[6, 12], false);
        assert!(first.is_new(6) && first.is_new(12));
        quiet.learn(Held::copy(text), None, &first, false, Vec::new());
        assert!(!quiet.passages(text, &[6], false).is_new(6));
        assert!(quiet.passages(&text.replace("y = 2", "y = 3"), &[6], false).is_new(6));
        // A line near a finding is no quiet one, unless the finding has stayed.
        let mut loud = Quiet::default();
        loud.learn(Held::copy(text), None, &loud.passages(text, &[6, 12], false), false, vec![known(0..1)]);
        assert!(loud.passages(text, &[6], false).is_new(6));
        assert!(!loud.passages(text, &[6], true).is_new(6));
        loud.learn(Held::copy(text), None, &loud.passages(text, &[], false), false, Vec::new());
        assert!(loud.passages(text, &[6], true).is_new(6), "it stayed no longer");
    }

    #[test]
    fn a_version_is_written_in_what_its_own_head_says() {
        // keylift:allow made up for a test
        let version = |head: &str| SourceFile::disk("tool", format!("{head}\npassword='Gz1kL0w-vT9'\n").into_bytes());
        let versions = [version("#!/bin/sh"), version("#!/usr/bin/env python3"), version("#!/usr/bin/env python3\n")];
        let mut quiet = Quiet::default();
        for file in &versions {
            let languages = |found: Vec<crate::model::Finding>| -> Vec<_> {
                found.into_iter().map(|finding| finding.language).collect()
            };
            let alone = languages(Engine::builtin().scan_for(file, Confidence::Medium));
            assert!(alone.len() == 1 && alone[0].is_some());
            assert_eq!(languages(Engine::builtin().scan_version(file, Confidence::Medium, &mut quiet)), alone);
        }
    }

    #[test]
    fn what_a_call_is_given_may_have_stood_far_from_it() {
        let filler = "# nothing of interest on this line\n".repeat(400);
        let version = |set: &str| {
            let text = format!(
                "import jwt\n{set}\n{filler}\ndef f(a):\n    return jwt.encode(a, signer, algorithm='HS256')\n"
            );
            SourceFile::disk("a.py", text.into_bytes())
        };
        // keylift:allow made up for a test
        let versions = [version("signer = os.environ['SIGNER']"), version("signer = 'goliath-lighthouse7'")];
        let mut quiet = Quiet::default();
        let scan = |file| values(&Engine::builtin().scan_version(file, Confidence::Medium, &mut quiet));
        let found: Vec<_> = versions.iter().map(scan).collect();
        assert_eq!((found[0].len(), found[1].len()), (0, 1));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        /// In each version, and so in all together, the same values are found as without knowing of the others.
        #[test]
        fn no_value_is_lost(versions in proptest::collection::vec(proptest::collection::vec(0_usize..40, 0..60), 1..8)) {
            let line = |number: &usize| match number % 8 {
                0 => format!("password = 'Gz{number}kL0w-vT9'\n"), // keylift:allow made up
                1 => format!("token_{number} = os.environ['TOKEN_{number}']\n"),
                2 => format!("def secret_{number}(key):\n    return key[{number}]\n\n"),
                3 => format!("connect('db', passwd='wQ8{number}xmB!z')\n"), // keylift:allow made up
                4 => "# the password is asked for\n".to_owned(),
                5 => format!("{}\n", "filler ".repeat(200)),
                6 => format!("auth = login(user_{number}, password)\n"),
                _ => format!("value_{number} = {number}\n"),
            };
            let mut quiet = Quiet::default();
            for lines in &versions {
                let file = SourceFile::disk("a.conf", lines.iter().map(line).collect::<String>().into_bytes());
                let (alone, knowing) = (
                    values(&Engine::builtin().scan_for(&file, Confidence::Medium)),
                    values(&Engine::builtin().scan_version(&file, Confidence::Medium, &mut quiet)),
                );
                proptest::prop_assert_eq!(alone, knowing);
            }
        }
    }
}
