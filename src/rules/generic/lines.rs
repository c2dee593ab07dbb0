//! A reading of the line around a telling word, by hand, since it runs on every file: names, operators and quotes are much
//! alike in all languages. What files without a grammar are read by.

use std::ops::Range;
use std::path::Path;

use super::calls;
use super::judge::{How, judge};
use super::{Candidate, names, place};
use crate::model::Confidence;
use crate::rules::value::{Look, is_counted, look};

/// Reads names at the places that the automaton points out.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) path: &'a Path,
    pub(super) language: Option<&'a str>,
    /// Values stand without quotes.
    pub(super) bare: bool,
    until: usize,
    found: Vec<Candidate>,
}

/// Elements whose text is the value of what their attribute names.
pub(super) const PROPERTIES: [&str; 5] =
    ["<property name=\"", "<prop key=\"", "<param name=\"", "<parameter name=\"", "<entry key=\""];

/// What texts of an Android app begin with: most are labels.
pub(super) const STRING: &str = "<string name=\"";

/// Whether the text of an app is more than a label: `Forgot password?`, `Password`.
pub(super) fn is_no_label(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    text.len() >= 6
        && !has(u8::is_ascii_whitespace)
        && (has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) || look(text) == Look::Random)
}

/// Longest value that is read from a line, in bytes: tokens of sessions have a thousand and more.
pub(super) const LONGEST: usize = 4096;

/// Parts of a path that are read on each side of a name.
const STEPS: usize = 4;

/// How much of a line before a place is read, in bytes: a line may be all of a file.
const HEAD: usize = 1024;

/// What stands before a place on its line, or of a long line the last part.
pub(super) fn head(bytes: &[u8], at: usize) -> &[u8] {
    let near = bytes.get(at.saturating_sub(HEAD)..at).unwrap_or_default();
    &near[memchr::memrchr(b'\n', near).map_or(0, |line| line + 1)..]
}

/// The same of a text.
pub(super) fn head_of(text: &str, at: usize) -> &str {
    let from = at - head(text.as_bytes(), at).len();
    text.get(text.ceil_char_boundary(from)..at).unwrap_or_default()
}

/// Methods that compare, and those that give the text of what they are called on.
pub(super) const COMPARISONS: [&str; 4] = [".equals(", ".equalsIgnoreCase(", ".contentEquals(", ".compareTo("];
const METHODS: [&str; 7] = [".equals", ".contentEquals", ".compareTo", ".getText", ".getValue", ".toString", ".trim"];

/// Functions that compare what is secret in constant time.
pub(super) const CONSTANT: [&[u8]; 6] = [
    b"compare_digest",
    b"ConstantTimeCompare",
    b"hash_equals",
    b"timingSafeEqual",
    b"secure_compare",
    b"FixedTimeEquals",
];

/// The first argument of the call of a function that compares in constant time, at the end of a text: `given.password` of
/// `compare_digest(given.password, `.
pub(super) fn first_compared(before: &str) -> Option<&str> {
    let bytes = before.as_bytes();
    let low = bytes.len().saturating_sub(120);
    let low = memchr::memrchr(b'\n', &bytes[low..]).map_or(low, |at| low + at + 1);
    // Most lines have no bracket before a name.
    let mut brackets = memchr::memrchr_iter(b'(', &bytes[low..]).map(|at| low + at);
    let open = brackets.find(|open| CONSTANT.iter().any(|callee| bytes[low..*open].ends_with(callee)))?;
    before.get(open + 1..).filter(|argument| !argument.contains(['"', '\'', ';']))
}

/// The field whose text is compared, at the end of a text: `password` of `password.text! == `.
pub(super) fn field_compared(before: &str) -> Option<&str> {
    let word =
        |text: &str| text.len() - text.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let before = before.trim_end_matches(['=', '!', '?', ' ']);
    let (head, property) = before.split_at_checked(word(before))?;
    let head = head.strip_suffix('.').filter(|_| names::is_typed(property))?;
    head.get(word(head)..).filter(|name| !name.is_empty())
}

/// What a chain of methods begins with whose last compares, at the end of a text: `pwd.getText().toString().equals(`.
pub(super) fn receiver(before: &str) -> Option<&str> {
    let chain = COMPARISONS.iter().find_map(|method| before.trim_end().strip_suffix(method))?;
    let start = chain.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.()".contains(c))).map_or(0, |at| at + 1);
    let chain = chain.get(start..)?;
    let method = METHODS.iter().filter_map(|method| chain.find(method)).min()?;
    chain.get(..method)?.rsplit(['.', '(']).next().filter(|name| !name.is_empty())
}

pub(super) fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

impl<'a> Reader<'a> {
    /// A reader of a text; values without quotes are read where the path, or the caller, says so.
    pub(super) fn new(text: &'a str, path: &'a Path, language: Option<&'a str>) -> Self {
        let bare = place::bare_values(path);
        Self { text, bytes: text.as_bytes(), path, language, bare, until: 0, found: Vec::new() }
    }

    pub(super) fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn skip(&self, mut at: usize, set: &[u8]) -> usize {
        while set.contains(&self.at(at)) && at < self.bytes.len() {
            at += 1;
        }
        at
    }

    /// The name that a telling word is part of.
    pub(super) fn name(&self, hit: &Range<usize>) -> Option<(&'a str, Range<usize>)> {
        let low = hit.start.saturating_sub(80);
        let start = (low..hit.start).rev().find(|at| !in_name(self.at(*at))).map_or(low, |at| at + 1);
        // What stands behind the name may be part of what was looked for: `pdo(`.
        let last = hit.clone().rev().find(|at| in_name(self.at(*at))).map_or(hit.end, |at| at + 1);
        let high = (hit.end + 80).min(self.bytes.len());
        let end = (last..high).find(|at| !in_name(self.at(*at))).unwrap_or(high);
        let name = self.text.get(start..end)?;
        // `password.equals("x")`, `password.getText().toString().equals("x")`: the methods are no part of the name.
        let method = memchr::memchr_iter(b'.', name.as_bytes())
            .find(|at| METHODS.iter().any(|method| name.as_bytes()[*at..].starts_with(method.as_bytes())))
            .filter(|at| *at > 0);
        let end = method.map_or(end, |at| start + at);
        let name = self.text.get(start..end)?;
        Some((name.trim_matches(['.', '-']), start..end))
    }

    /// Where the whole name stands that a name is a part of: `JWT::encode` around `JWT`; in PHP `Twilio\Rest\Client`;
    /// `auth().basic`.
    pub(super) fn path(&self, name: &Range<usize>) -> Range<usize> {
        let mut place = name.clone();
        let marks: &[&[u8]] = if self.language == Some("php") { &[b"::", b"\\"] } else { &[b"::", b"()."] };
        let behind =
            |at: usize| marks.iter().find(|mark| self.bytes.get(at..).is_some_and(|rest| rest.starts_with(mark)));
        let before =
            |at: usize| marks.iter().find(|mark| self.bytes.get(..at).is_some_and(|head| head.ends_with(mark)));
        // No name of the table has more parts; a chain of calls may be all of a text.
        for _ in 0..STEPS {
            let Some(mark) = behind(place.end) else { break };
            let start = place.end + mark.len();
            let end = (start..self.bytes.len()).find(|at| !in_name(self.at(*at))).unwrap_or(self.bytes.len());
            if end == start {
                break;
            }
            place.end = end;
        }
        for _ in 0..STEPS {
            let Some(mark) = before(place.start) else { break };
            let end = place.start - mark.len();
            place.start = (0..end).rev().find(|at| !in_name(self.at(*at))).map_or(0, |at| at + 1);
            if place.start == end {
                break;
            }
        }
        place
    }

    /// A telling word stands here.
    pub(super) fn hit(&mut self, hit: &Range<usize>) {
        if hit.start < self.until {
            return;
        }
        let Some((name, place)) = self.name(hit) else { return };
        self.until = place.end;
        if self.call(&self.path(&place)) {
            return;
        }
        let Some(class) = names::classify(name) else { return };
        let Some((span, quoted, how)) = self.value(place.start, place.end) else { return };
        let Some(value) = self.text.get(span.clone()) else { return };
        if let Some(mut confidence) = judge(class, name, value, quoted, how) {
            if class == names::Class::Token && self.is_query(place.start) && self.opens_one_file(place.start) {
                confidence = Confidence::Low;
            }
            self.push(span, class.rule(), Some(name), confidence);
        }
    }

    /// Whether a query says until when it is good, or what it opens: the token before a place opens one file.
    fn opens_one_file(&self, start: usize) -> bool {
        let head = self.text.get(start.saturating_sub(200)..start).unwrap_or_default();
        let query = head.rfind('?').and_then(|at| head.get(at + 1..)).unwrap_or_default();
        query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
            ["e", "exp", "expires", "expire", "deadline"].contains(&name.to_ascii_lowercase().as_str())
                && value.len() >= 9
                && value.bytes().all(|byte| byte.is_ascii_digit())
                || name == "alt" && value == "media"
        })
    }

    /// Whether a place stands in a bundle.
    pub(super) fn is_bundled(&self, at: usize) -> bool {
        place::is_bundled(self.path, self.text, at)
    }

    /// How many were found.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// What stands in comments counts for less: people write examples there.
    pub(super) fn weaken_since(&mut self, count: usize) {
        for candidate in self.found.iter_mut().skip(count) {
            candidate.confidence = match candidate.confidence {
                Confidence::High => Confidence::Medium,
                _ => Confidence::Low,
            };
        }
    }

    /// Drops those found since that are not wanted.
    pub(super) fn keep_since(&mut self, count: usize, wanted: impl Fn(&Range<usize>) -> bool) {
        let late = self.found.split_off(count.min(self.found.len()));
        self.found.extend(late.into_iter().filter(|candidate| wanted(&candidate.span)));
    }

    /// Something was found.
    pub(super) fn push(&mut self, span: Range<usize>, rule: &'static str, name: Option<&str>, confidence: Confidence) {
        // Nobody makes a random value up for a sample.
        let value = self.text.get(span.clone()).unwrap_or_default();
        let made = confidence == Confidence::High
            || confidence == Confidence::Medium && value.len() >= 32 && look(value) == Look::Random;
        let sampled = made && place::is_sample_environment(self.path) && !is_counted(value);
        let confidence = if place::quiet_place(self.path) && !sampled { Confidence::Low } else { confidence };
        let name = name.map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
        self.found.push(Candidate::plain(span, rule, name, confidence));
    }

    /// A literal passed to a function that takes a secret.
    fn call(&mut self, place: &Range<usize>) -> bool {
        let end = place.end;
        let Some(name) = self.text.get(place.clone()).filter(|name| self.at(end) == b'(' && calls::may_be(name)) else {
            return false;
        };
        let Some(known) = calls::find(&calls::plain(name), self.language).next() else { return false };
        let Some(position) = known.argument else { return false };
        let mut at = self.skip(end + 1, b" \t\r\n");
        for _ in 0..position {
            if let Some(literal) = self.quoted(at) {
                at = literal.end + 1;
            }
            let limit = (at + 200).min(self.bytes.len());
            let Some(comma) = (at..limit).find(|at| b",)".contains(&self.at(*at))) else { return true };
            at = self.skip(comma + 1, b" \t\r\n");
        }
        if let Some(span) = self.quoted(at)
            && let Some(value) = self.text.get(span.clone())
            && known.takes(value)
            && known.then.is_none_or(|then| self.text.get(span.end + 1..).is_some_and(|rest| rest.starts_with(then)))
            && let Some(confidence) = judge(known.class, name, value, true, How::Passed)
        {
            self.push(span, known.class.rule(), None, confidence);
        }
        true
    }

    /// The inside of a string literal that begins here, prefixes such as `b` allowed.
    pub(super) fn quoted(&self, mut at: usize) -> Option<Range<usize>> {
        let prefix = at;
        while at - prefix < 2 && b"bBrRuU@".contains(&self.at(at)) {
            at += 1;
        }
        let quote = self.at(at);
        if !b"\"'`".contains(&quote) {
            return None;
        }
        let start = at + 1;
        let mut at = start;
        let limit = (start + LONGEST).min(self.bytes.len());
        while let Some(found) = self.bytes.get(at..limit).and_then(|rest| memchr::memchr3(quote, b'\\', b'\n', rest)) {
            at += found;
            match self.at(at) {
                b'\\' => at += 2,
                b'\n' => return None,
                _ => return (at > start).then_some(start..at),
            }
        }
        None
    }

    /// What was read.
    pub(super) fn finish(self) -> Vec<Candidate> {
        self.found
    }
}
