//! What every match of a pattern has, told from the pattern without compiling it: how long a match can be, and a run of
//! characters or a sign without which there is none. Most keywords stand where nothing else of the pattern does, and
//! looking for a run costs a hundredth of trying the pattern.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind, Literal};

use super::foreign::is_told;
use super::head;

/// Width of a window around a keyword where the pattern has no bound of its own, in bytes.
const UNBOUNDED: usize = 16 << 10;
/// Widest window, in bytes.
const WIDEST: usize = 64 << 10;
/// Shorter runs are in every text.
const SHORTEST: usize = 6;
/// How many runs are looked for.
const RUNS: usize = 2;

/// What is known of a pattern's matches.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Longest match, in bytes: how far around a keyword to look.
    pub(super) reach: usize,
    /// So many bytes of such kinds stand together in every match: those that text has most seldom.
    runs: Vec<(usize, Box<[bool; 256]>)>,
    /// What else stands in every match: signs alone, or several characters.
    literals: Vec<Finder<'static>>,
    /// Every match begins with one of the keywords.
    pub(super) begins: bool,
    /// Every match begins where a word begins or ends.
    bounded: bool,
    /// The bytes that matches are made of, where no blank is among them and a keyword is surely in every match: what a match
    /// is part of ends with the first other byte.
    alphabet: Option<Box<[bool; 256]>>,
}

/// At least so many bytes of a kind, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    /// A bit for each byte of the kind.
    kind: [u64; 4],
    least: usize,
}

impl Sketch {
    /// A sketch of a pattern with keywords, one of which every match has; what cannot be told is left open. None where the
    /// pattern is no regular expression.
    pub(super) fn of(pattern: &str, keywords: &[impl AsRef<str>]) -> Option<Self> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
        let reach = hir.properties().maximum_len().unwrap_or(UNBOUNDED).min(WIDEST);
        let mut runs = runs(&hir);
        runs.retain(|run| run.least >= SHORTEST);
        runs.sort_by(|a, b| b.rarity().total_cmp(&a.rarity()));
        runs.dedup();
        runs.truncate(RUNS);
        let table = |run: &Run| (run.least, Box::new(std::array::from_fn(|byte| run.has(byte))));
        let mut found = Vec::new();
        literals(&hir, &mut found);
        let literals = found.iter().map(|literal| Finder::new(literal).into_owned()).collect();
        let begins = head::begins_with(&hir, keywords);
        let bounded = begins && head::is_bounded(&hir);
        let sure = |run: &Run| !run.has(usize::from(b' ')) && (begins || is_told(&hir));
        let alphabet = whole(&hir).filter(sure).map(|run| table(&run).1);
        Some(Self { reach, runs: runs.iter().map(table).collect(), literals, begins, bounded, alphabet })
    }

    /// Whether a match may begin with the keyword at a place, or around it. False is certain.
    pub(super) fn may_stand(&self, text: &[u8], at: usize) -> bool {
        let word = |at: usize| text.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        !self.bounded || at.checked_sub(1).is_some_and(word) != word(at)
    }

    /// What of a window around keywords, from the first one to the last, a match may be made of.
    pub(super) fn narrowed(&self, text: &[u8], keywords: Range<usize>, window: Range<usize>) -> Range<usize> {
        let (Some(alphabet), Some(before), Some(behind)) =
            (&self.alphabet, text.get(window.start..keywords.start), text.get(keywords.end..window.end))
        else {
            return window;
        };
        let fits = |byte: &&u8| alphabet[usize::from(**byte)];
        let before = before.iter().rev().take_while(fits).count();
        keywords.start - before..keywords.end + behind.iter().take_while(fits).count()
    }

    /// Whether a part of a text may hold a match. False is certain.
    pub(super) fn may_match(&self, text: &[u8], window: &Range<usize>) -> bool {
        let Some(part) = text.get(window.clone()) else { return true };
        self.literals.iter().all(|literal| literal.find(part).is_some())
            && self.runs.iter().all(|(least, kind)| stands_in(kind, *least, part))
    }
}

impl Run {
    /// Nothing.
    const NONE: Self = Self { kind: [0; 4], least: 0 };

    fn has(&self, byte: usize) -> bool {
        self.kind[byte >> 6] >> (byte & 63) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.kind[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// The same, and bytes of another kind behind it.
    fn and(mut self, other: &Self) -> Self {
        self.least += other.least;
        self.kind.iter_mut().zip(other.kind).for_each(|(own, other)| *own |= other);
        self
    }

    /// Either of the two.
    fn or(self, other: &Self) -> Self {
        let least = self.least.min(other.least);
        Self { least, ..self.and(other) }
    }

    /// How seldom it is among the characters that there are, in natural units of information.
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn rarity(&self) -> f64 {
        let kind: u32 = self.kind.iter().map(|bits| bits.count_ones()).sum();
        self.least as f64 * (PRINTABLE / f64::from(kind.max(1))).ln()
    }
}

/// Steps over a text in strides: every run of the least length has a byte at the end of one.
fn stands_in(kind: &[bool; 256], least: usize, text: &[u8]) -> bool {
    let mut start = 0;
    while let Some(stride) = text.get(start..start + least) {
        match stride.iter().rposition(|byte| !kind[usize::from(*byte)]) {
            Some(gap) => start += gap + 1,
            None => return true,
        }
    }
    false
}

/// Characters that text is made of.
const PRINTABLE: f64 = 96.0;

/// Runs that every match has.
fn runs(hir: &Hir) -> Vec<Run> {
    if let Some(run) = whole(hir) {
        let parts = if let HirKind::Concat(parts) = hir.kind() { runs_of(parts) } else { Vec::new() };
        return parts.into_iter().chain([run]).collect();
    }
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => runs(&repetition.sub),
        HirKind::Capture(capture) => runs(&capture.sub),
        HirKind::Concat(parts) => runs_of(parts),
        HirKind::Alternation(ways) => {
            let rarest = |way: &Hir| runs(way).into_iter().max_by(|a, b| a.rarity().total_cmp(&b.rarity()));
            let mut ways = ways.iter().map(rarest);
            let Some(Some(first)) = ways.next() else { return Vec::new() };
            ways.try_fold(first, |all, way| Some(all.or(&way?))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Runs of parts that follow each other: those of each, and of each stretch of parts that are runs as a whole.
fn runs_of(parts: &[Hir]) -> Vec<Run> {
    let wholes: Vec<Option<Run>> = parts.iter().map(whole).collect();
    let mut found = Vec::new();
    for (start, part) in parts.iter().enumerate() {
        if wholes[start].is_none() {
            found.extend(runs(part));
        }
        let stretch = wholes[start..].iter().map_while(|run| *run);
        found.extend(stretch.scan(Run::NONE, |all, run| {
            *all = all.and(&run);
            Some(*all)
        }));
    }
    found
}

/// What a pattern matches as one run, where it is one: bytes of one kind or several, and nothing else.
fn whole(hir: &Hir) -> Option<Run> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Run::NONE),
        HirKind::Literal(Literal(bytes)) => {
            let mut run = Run { least: bytes.len(), ..Run::NONE };
            bytes.iter().for_each(|byte| run.add(*byte));
            Some(run)
        }
        HirKind::Class(class) => one_of(class),
        HirKind::Repetition(repetition) => {
            let run = whole(&repetition.sub)?;
            let least = run.least.checked_mul(usize::try_from(repetition.min).ok()?)?;
            Some(Run { least, ..run })
        }
        HirKind::Capture(capture) => whole(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(Run::NONE, |all, part| Some(all.and(&whole(part)?))),
        HirKind::Alternation(ways) => {
            let mut ways = ways.iter().map(whole);
            let first = ways.next()??;
            ways.try_fold(first, |all, way| Some(all.or(&way?)))
        }
    }
}

/// One of the bytes that a class has; none for what is more than one byte.
fn one_of(class: &Class) -> Option<Run> {
    let mut run = Run { least: 1, ..Run::NONE };
    match class {
        Class::Bytes(class) => {
            class.iter().for_each(|range| (range.start()..=range.end()).for_each(|byte| run.add(byte)));
        }
        Class::Unicode(class) if class.is_ascii() => {
            for range in class.iter() {
                (u8::try_from(range.start()).ok()?..=u8::try_from(range.end()).ok()?).for_each(|byte| run.add(byte));
            }
        }
        Class::Unicode(_) => return None,
    }
    Some(run)
}

/// The literals that every match has: of signs, which text has seldom, or of several characters.
fn literals(hir: &Hir, found: &mut Vec<Box<[u8]>>) {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) => {
            let telling = |byte: &u8| byte.is_ascii_punctuation() && !b"_-.,".contains(byte);
            if (bytes.len() > 2 || bytes.iter().all(telling)) && !found.contains(bytes) {
                found.push(bytes.clone());
            }
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => literals(&repetition.sub, found),
        HirKind::Capture(capture) => literals(&capture.sub, found),
        HirKind::Concat(parts) => parts.iter().for_each(|part| literals(part, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(pattern: &str, text: &str) -> bool {
        Sketch::of(pattern, &[""; 0]).unwrap().may_match(text.as_bytes(), &(0..text.len()))
    }

    #[test]
    fn a_text_without_the_run_or_the_sign_has_no_match() {
        let token = r"\btok[_-]([0-9a-f]{8})\b";
        assert!(may(token, "x tok_0123abcd y"));
        assert!(!may(token, "x tok_0123abc y and words of more letters"));
        assert!(may("(?:[a-f]{8}|[0-9]{6})", "123456"));
        assert!(!may("(?:[a-f]{8}|[0-9]{6})", "12345.abcde"));
        assert!(may("(?:[a-f]{8}|word)", "a word"), "not every way has a run");
        assert!(!may("://[^ ]{1,9}@", "http://host"));
        assert!(may("://[^ ]{1,9}@", "http://u@host"));
        assert!(may("(?:[a-f]{8})?x@?", "x"), "a part that may be left out says nothing");
        assert_eq!(Sketch::of("a[bc]{2,5}", &["a"]).unwrap().reach, 6);
        let groups = r"id[^\r\n]{0,9}?((?:[MNO][DTjz][A-E]){3}\.[0-9a-z]{8})";
        assert!(may(groups, "id MDANTBOjC.0123abcd"));
        assert!(!may(groups, "id MDANTBOx.0123abcd"), "several kinds are one run");
        assert!(may("(?:sk|pk)_live_[0-9a-z]{4}", "sk_live_0a0a"));
        assert!(!may("(?:sk|pk)_live_[0-9a-z]{4}", "sk_test_0a0a"), "a literal is missing");
    }

    #[test]
    fn what_begins_as_a_word_stands_where_one_begins() {
        let sketch = Sketch::of(r"\bab_[0-9]{3}", &["ab_"]).unwrap();
        assert!(sketch.begins && sketch.may_stand(b"ab_", 0) && sketch.may_stand(b"-ab_", 1));
        assert!(!sketch.may_stand(b"xab_", 1));
        let within = Sketch::of(r"\b[xy]ab_[0-9]{3}", &["ab_"]).unwrap();
        assert!(!within.begins && within.may_stand(b"xab_", 1));
    }

    #[test]
    fn a_window_ends_where_no_match_goes_on() {
        let narrowed = |pattern: &str, keyword: &str, text: &str| {
            let at = text.find(keyword).unwrap();
            let sketch = Sketch::of(pattern, &[keyword]).unwrap();
            text[sketch.narrowed(text.as_bytes(), at..at + keyword.len(), 0..text.len())].to_owned()
        };
        let url = "[a-z]+://[^ /]{1,9}@";
        assert_eq!(narrowed(url, "://", "see http://host/a and b"), "http://host/a");
        assert_eq!(narrowed(url, "://", "http://host"), "http://host");
        // Nothing ends it where blanks belong to matches, nor where the keyword may stand outside of them.
        assert_eq!(narrowed("key = [a-z]+", "key", "the key = x"), "the key = x");
        assert_eq!(narrowed("[a-z0-9]{8}", "acme", "the acme x"), "the acme x");
    }

    proptest::proptest! {
        /// Whatever a pattern matches with a keyword in it, the window around that keyword holds.
        #[test]
        fn no_match_is_narrowed_away(
            pattern in "(\\(?[ab]\\{[1-3]\\}|[abc]\\+|\\[a-c\\]|@){0,3}abc(\\(?[ab]\\{[1-3]\\}|[abc]\\+|\\[a-c\\]|@){0,3}",
            text in "[ab@c -]{0,40}abc[ab@c -]{0,20}",
        ) {
            if let (Ok(regex), Some(sketch)) =
                (regex_automata::meta::Regex::new(&pattern), Sketch::of(&pattern, &["abc"]))
            {
                for (at, word) in text.match_indices("abc") {
                    let window = sketch.narrowed(text.as_bytes(), at..at + word.len(), 0..text.len());
                    for found in regex.find_iter(&text).filter(|found| found.start() <= at && at + 3 <= found.end()) {
                        proptest::prop_assert!(window.start <= found.start() && found.end() <= window.end, "{pattern}");
                    }
                }
            }
        }

        /// Whatever a pattern matches, its sketch lets through.
        #[test]
        fn no_match_is_lost(pattern in "(\\(?[ab]\\{[1-9]\\}|[ab]\\+|\\[a-c\\]\\{6,8\\}|@|[ab]\\||\\(a\\|b@\\)){1,6}", text in "[ab@c]{0,40}") {
            if let Ok(regex) = regex_automata::meta::Regex::new(&pattern)
                && let Some(found) = regex.find(&text)
            {
                proptest::prop_assert!(may(&pattern, &text), "{pattern} {found:?}");
            }
        }

        /// Each rule's own examples pass its sketch.
        #[test]
        fn examples_pass(seed in 0_u64..1 << 40) {
            for rule in crate::rules::Engine::builtin().rules() {
                let sketch = Sketch::of(&rule.pattern, &rule.keywords).unwrap();
                for example in rule.examples.iter() {
                    let text = crate::rules::expand(example, seed).unwrap();
                    proptest::prop_assert!(sketch.may_match(text.as_bytes(), &(0..text.len())), "{}: {text}", rule.id);
                }
            }
        }
    }
}
