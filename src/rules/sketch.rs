//! What every match of a pattern has, told from the pattern without compiling it: how long a match can be, and a run of
//! characters or a sign without which there is none. Most keywords stand where nothing else of the pattern does, and
//! looking for a run costs a hundredth of trying the pattern.

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind, Literal};

/// Width of a window around a keyword where the pattern has no bound of its own, in bytes.
const UNBOUNDED: usize = 16 << 10;
/// Widest window, in bytes.
const WIDEST: usize = 64 << 10;
/// Shorter runs are in every text.
const SHORTEST: usize = 6;

/// What is known of a pattern's matches.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Longest match, in bytes: how far around a keyword to look.
    pub(super) reach: usize,
    /// So many bytes of such a kind stand together in every match.
    run: Option<Run>,
    /// What else stands in every match: signs alone, which text has seldom.
    signs: Vec<Box<[u8]>>,
}

/// At least so many bytes of a kind, one behind the other.
#[derive(Clone, Debug)]
struct Run {
    kind: Box<[bool; 256]>,
    least: usize,
}

impl Sketch {
    /// A sketch of a pattern; what cannot be told is left open. None where the pattern is no regular expression.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok()?;
        let reach = hir.properties().maximum_len().unwrap_or(UNBOUNDED).min(WIDEST);
        let run = run(&hir).filter(|run| run.least >= SHORTEST);
        let mut found = Vec::new();
        signs(&hir, &mut found);
        Some(Self { reach, run, signs: found })
    }

    /// Whether a part of a text may hold a match. False is certain.
    pub(super) fn may_match(&self, text: &[u8], window: &Range<usize>) -> bool {
        let Some(part) = text.get(window.clone()) else { return true };
        self.signs.iter().all(|sign| memchr::memmem::find(part, sign).is_some())
            && self.run.as_ref().is_none_or(|run| run.stands_in(part))
    }
}

impl Run {
    /// Steps over the text in strides: every run of the least length has a byte at the end of one.
    fn stands_in(&self, text: &[u8]) -> bool {
        let mut start = 0;
        while let Some(stride) = text.get(start..start + self.least) {
            match stride.iter().rposition(|byte| !self.kind[usize::from(*byte)]) {
                Some(gap) => start += gap + 1,
                None => return true,
            }
        }
        false
    }

    fn or(mut self, other: &Self) -> Self {
        self.least = self.least.min(other.least);
        self.kind.iter_mut().zip(other.kind.iter()).for_each(|(own, other)| *own |= other);
        self
    }
}

/// The longest run that every match has.
fn run(hir: &Hir) -> Option<Run> {
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => match kind(&repetition.sub) {
            Some(kind) => Some(Run { kind, least: usize::try_from(repetition.min).ok()? }),
            None => run(&repetition.sub),
        },
        HirKind::Capture(capture) => run(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(run).max_by_key(|run| run.least),
        HirKind::Alternation(ways) => {
            let mut ways = ways.iter().map(run);
            let first = ways.next()??;
            ways.try_fold(first, |all, way| Some(all.or(&way?)))
        }
        _ => None,
    }
}

/// Which bytes a class has; none for what is more than one byte.
fn kind(hir: &Hir) -> Option<Box<[bool; 256]>> {
    let mut kind = Box::new([false; 256]);
    let mut add = |start: u8, end: u8| (start..=end).for_each(|byte| kind[usize::from(byte)] = true);
    match hir.kind() {
        HirKind::Capture(capture) => return self::kind(&capture.sub),
        HirKind::Class(Class::Bytes(class)) => class.iter().for_each(|range| add(range.start(), range.end())),
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => {
            for range in class.iter() {
                add(u8::try_from(range.start()).ok()?, u8::try_from(range.end()).ok()?);
            }
        }
        _ => return None,
    }
    Some(kind)
}

/// The literals of signs that every match has.
fn signs(hir: &Hir, found: &mut Vec<Box<[u8]>>) {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) => {
            let telling = |byte: &u8| byte.is_ascii_punctuation() && !b"_-.,".contains(byte);
            if bytes.iter().all(telling) && !found.contains(bytes) {
                found.push(bytes.clone());
            }
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => signs(&repetition.sub, found),
        HirKind::Capture(capture) => signs(&capture.sub, found),
        HirKind::Concat(parts) => parts.iter().for_each(|part| signs(part, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(pattern: &str, text: &str) -> bool {
        Sketch::of(pattern).unwrap().may_match(text.as_bytes(), &(0..text.len()))
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
        assert_eq!(Sketch::of("a[bc]{2,5}").unwrap().reach, 6);
    }

    proptest::proptest! {
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
                let sketch = Sketch::of(&rule.pattern).unwrap();
                for example in rule.examples.iter() {
                    let text = crate::rules::expand(example, seed).unwrap();
                    proptest::prop_assert!(sketch.may_match(text.as_bytes(), &(0..text.len())), "{}: {text}", rule.id);
                }
            }
        }
    }
}
