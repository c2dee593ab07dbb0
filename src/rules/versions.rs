//! What is quiet in one version of a file, so that the next one costs less: most versions differ in a few lines.

use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::RandomState;

/// How much before a line, and behind it, belongs to what the line says, in bytes.
const BEFORE: usize = 256;
pub(super) const BEHIND: usize = 768;
/// How far from a line stands what it may have given, in bytes.
const FAR: usize = 4096;

/// The lines with telling words that gave nothing, each with what is around it, in the versions of one file so far.
///
/// A line that stands the same, among the same lines, in another version is not looked at again, but for words whose values
/// may stand far from them. Versions have to come in
/// an order that is always the same, so that what is found is; the whole of each counts where its lines are new.
#[derive(Debug, Default)]
pub struct Quiet {
    /// Keyed hashes of the lines and their surroundings.
    lines: HashSet<u64, RandomState>,
    /// The version before, where it gave nothing at all, and no word of it reaches far.
    last: Option<Box<str>>,
}

impl Quiet {
    /// The lines of a text in which there may be something: all, or those near what differs from the version before.
    pub(super) fn changed(&self, text: &str) -> Range<usize> {
        let Some(last) = &self.last else { return 0..text.len() };
        let (old, new) = (last.as_bytes(), text.as_bytes());
        let shorter = old.len().min(new.len());
        let start = alike(old.iter().zip(new));
        let end = alike(old[start..].iter().rev().zip(new[start..].iter().rev())).min(shorter - start);
        let (first, last) = (start.saturating_sub(FAR), (new.len() - end + BEFORE).min(new.len()));
        let first = memchr::memrchr(b'\n', &new[..first]).map_or(0, |at| at + 1);
        let last = memchr::memchr(b'\n', &new[last..]).map_or(new.len(), |at| last + at + 1);
        first..last
    }

    /// The lines of the places, which are in order.
    pub(super) fn passages(&self, text: &str, places: &[usize]) -> Passages {
        let bytes = text.as_bytes();
        let mut passages: Vec<Passage> = Vec::new();
        let mut end = 0;
        for place in places {
            if *place < end {
                continue;
            }
            let start = memchr::memrchr(b'\n', &bytes[..*place]).map_or(0, |at| at + 1);
            end = memchr::memchr(b'\n', &bytes[*place..]).map_or(bytes.len(), |at| place + at + 1);
            let around = start.saturating_sub(BEFORE)..(end + BEHIND).min(bytes.len());
            let hash = self.lines.hasher().hash_one(&bytes[around]);
            passages.push(Passage { line: start..end, hash, is_new: !self.lines.contains(&hash) });
        }
        Passages(passages)
    }

    /// Remembers a version, and its lines that gave none of the values at the spans; `far` is whether it has words whose
    /// values may stand anywhere.
    pub(super) fn learn<'a>(
        &mut self,
        text: &str,
        passages: &Passages,
        far: bool,
        found: &(impl Iterator<Item = &'a Range<usize>> + Clone),
    ) {
        self.last = (!far && found.clone().next().is_none()).then(|| text.into());
        for passage in passages.0.iter().filter(|passage| passage.is_new) {
            let near = passage.line.start.saturating_sub(FAR)..passage.line.end + FAR;
            if !found.clone().any(|span| near.start < span.end && span.start < near.end) {
                self.lines.insert(passage.hash);
            }
        }
    }
}

/// How many pairs from the first are alike.
fn alike<'a>(mut pairs: impl ExactSizeIterator<Item = (&'a u8, &'a u8)>) -> usize {
    let all = pairs.len();
    pairs.position(|(a, b)| a != b).unwrap_or(all)
}

/// The lines of a version that have telling words, in order.
#[derive(Debug)]
pub(super) struct Passages(Vec<Passage>);

#[derive(Debug)]
struct Passage {
    line: Range<usize>,
    hash: u64,
    is_new: bool,
}

impl Passages {
    /// Whether the line of a place is to be looked at.
    pub(super) fn is_new(&self, place: usize) -> bool {
        let after = self.0.partition_point(|passage| passage.line.start <= place);
        after.checked_sub(1).is_none_or(|at| self.0[at].is_new)
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

    #[test]
    fn what_differs_is_looked_at_with_what_is_around_it() {
        let line = "a line of some length\n";
        let old = line.repeat(1000);
        let mut quiet = Quiet::default();
        assert_eq!(quiet.changed(&old), 0..old.len());
        quiet.learn(&old, &quiet.passages(&old, &[]), false, &std::iter::empty());
        let new = format!("{}new\n{}", &old[..line.len() * 500], &old[line.len() * 500..]);
        let part = quiet.changed(&new);
        assert!(part.start % line.len() == 0 && (line.len() * 500 - part.start).abs_diff(FAR) < line.len());
        assert!(part.end > line.len() * 500 + BEFORE && part.end < line.len() * 520);
        // What gave something is looked at as a whole.
        quiet.learn(&new, &quiet.passages(&new, &[]), false, &std::iter::once(&(3..8)));
        assert_eq!(quiet.changed(&old), 0..old.len());
    }

    #[test]
    fn a_line_is_looked_at_once_and_again_where_its_neighbours_change() {
        let text = "x = 1\npassword = ask()\ny = 2\n";
        let mut quiet = Quiet::default();
        let first = quiet.passages(text, &[6, 12]);
        assert!(first.is_new(6) && first.is_new(12));
        quiet.learn(text, &first, false, &std::iter::empty());
        assert!(!quiet.passages(text, &[6]).is_new(6));
        assert!(quiet.passages(&text.replace("y = 2", "y = 3"), &[6]).is_new(6));
        // A line near a finding is no quiet one.
        let mut loud = Quiet::default();
        loud.learn(text, &first, false, &std::iter::once(&(0..1)));
        assert!(loud.passages(text, &[6]).is_new(6));
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
        /// In all versions together the same values are found as without knowing of each other.
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
            let (mut apart, mut together) = (BTreeSet::new(), BTreeSet::new());
            for lines in &versions {
                let file = SourceFile::disk("a.conf", lines.iter().map(line).collect::<String>().into_bytes());
                apart.extend(values(&Engine::builtin().scan_for(&file, Confidence::Medium)));
                together.extend(values(&Engine::builtin().scan_version(&file, Confidence::Medium, &mut quiet)));
            }
            proptest::prop_assert_eq!(apart, together);
        }
    }
}
