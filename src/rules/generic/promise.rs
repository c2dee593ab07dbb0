//! Whether a file is worth parsing, told from the lines around its telling words: parsing takes a hundred times as long as
//! looking for words.

use std::ops::Range;

use super::around::may_sign;
use super::documentation::LazyDocumentation;
use super::judge::{How, judge};
use super::lines::{Reader, in_name};
use super::{calls, names, parameters};
use crate::model::Confidence;
use crate::rules::value::{Look, look};

/// How far behind a name a literal may stand for a file to be worth parsing, in bytes.
const NEAR: usize = 200;

impl<'a> Reader<'a> {
    /// The telling words that make a file worth parsing: behind them stands a literal that may be their value. All of
    /// them, or the first.
    pub(super) fn promising(
        &self,
        hits: &[Range<usize>],
        least: Confidence,
        documentation: &LazyDocumentation<'_>,
        all: bool,
    ) -> Vec<Range<usize>> {
        let mut until = 0;
        let promising = hits.iter().filter(|hit| {
            if hit.start < until {
                return false;
            }
            let Some((name, place)) = self.name(hit) else { return false };
            until = place.end;
            let calls = self.calls(name, place.end);
            let promising = if calls {
                memchr::memchr3(b'"', b'\'', b'`', self.near(place.end)).is_some()
            } else {
                self.may_name(name, &place, least)
            };
            // In a bundle only what is beyond doubt counts.
            let promising = promising
                && (least >= Confidence::High
                    || !self.is_bundled(place.start)
                    || if calls {
                        self.is_random_near(place.end)
                    } else {
                        self.may_name(name, &place, Confidence::High)
                    });
            // Whether it stands in documentation is asked last: that reads the whole file.
            promising && !documentation.read().is_some_and(|read| read.holds(hit.start))
        });
        promising.take(if all { usize::MAX } else { 1 }).cloned().collect()
    }

    /// Whether a telling word is part of a telling name, or of a function's that takes a secret.
    pub(super) fn tells(&self, hit: &Range<usize>) -> bool {
        self.name(hit).is_some_and(|(name, place)| names::classify(name).is_some() || self.calls(name, place.end))
    }

    /// Whether a function that takes a secret is called. What is assigned or compared is no function.
    fn calls(&self, name: &str, end: usize) -> bool {
        if !calls::may_be(name) {
            return false;
        }
        let set = matches!(self.at(self.skip(end, b" \t")), b'=' | b',' | b';' | b')' | b']' | b'}');
        !set && calls::find(&calls::plain(name), self.language).next().is_some()
    }

    /// Whether behind a name stands a literal that may be its value, at least as sure as `least`.
    fn may_name(&self, name: &str, place: &Range<usize>, least: Confidence) -> bool {
        let Some(class) = names::classify(name) else { return false };
        // `name: DB_PASSWORD`, its value on another line.
        let ends = matches!(self.at(self.skip(place.end, b" \t\r\"'")), b'\n' | 0);
        if self.bare && class != names::Class::Weak && ends {
            return true;
        }
        let good = |span: Range<usize>, quoted: bool, how: How| {
            let Some(value) = self.text.get(span) else { return false };
            judge(class, name, value, quoted, how).is_some_and(|c| c >= least)
                || least <= Confidence::Medium && may_sign(class, name, value)
        };
        let own = matches!(class, names::Class::Password | names::Class::Secret);
        if own && self.language.is_some() && parameters::is_given_literals(self.text, place.clone()) {
            return true;
        }
        let listed = self.before(place) == Some(b'[') && self.at(self.skip(place.end + 1, b" \t")) == b',';
        let how = if listed { How::Pair } else { How::Bound };
        if self.value(place.start, place.end).is_some_and(|(span, quoted, how)| good(span, quoted, how))
            || self.literals_after(place).any(|span| good(span, true, how))
        {
            return true;
        }
        // The other half of a pair on lines of its own: `name: …`, `value: …`.
        let half = memchr::memmem::find(self.near(place.end), b"value:").filter(|_| self.bare);
        half.is_some_and(|found| {
            let at = self.skip(place.end + found + b"value:".len(), b" \t");
            self.bare_value(place.start, at, How::Bound).is_some_and(|(span, quoted, how)| good(span, quoted, how))
        })
    }

    /// The string literals behind a name that may be its value, as far as its statement goes: over lines where a bracket
    /// or an operator leaves it open. None where what follows the name is no operator: a word of a sentence.
    fn literals_after(&self, name: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let end = name.end;
        let own = b"\"'`".contains(&self.at(end));
        let mut at = end + usize::from(own);
        let limit = (end + NEAR).min(self.bytes.len());
        let first = self.at(self.skip(at, b" \t"));
        // `storePassword "x"`: where functions are called without brackets.
        let commands = self.language.is_some_and(|language| ["groovy", "ruby"].contains(&language));
        let stops: &[u8] = if commands && !own { b"\r\n_$@#.;}`" } else { b"\r\n_$@#.;}\"'`" };
        if first.is_ascii_alphanumeric() || stops.contains(&first) || first >= 0x80 {
            at = limit;
        }
        // A comma ends the value, but for the one behind the name itself, where that is the first argument, an option, the
        // first of two, or a value itself: `get("password", "x")`, `["--password", "x"]`, `["password", "x"]`,
        // `{name: "password", value: "x"}`. In other lists a name stands among names.
        let leads = match self.before(name) {
            Some(b'(' | b':' | b'=') => true,
            Some(b'[') => self.is_pair(self.skip(end + 1, b" \t")),
            _ => self.at(name.start) == b'-',
        };
        let mut commas = usize::from(first == b',' && own && leads);
        let (mut depth, mut last) = (0_i32, b'=');
        // The depth at which something with a name of its own begins: `"password": {"required": ["x"]}`.
        let mut other = None;
        std::iter::from_fn(move || {
            while at < limit {
                let byte = self.at(at);
                match byte {
                    b'"' | b'\'' | b'`' if !self.is_apostrophe(at) => {
                        if let Some(span) = self.quoted(at) {
                            let before = last;
                            let start = at;
                            at = span.end + 1;
                            last = byte;
                            if other.is_none() && self.may_be_value(end, start, &span, depth, before) {
                                return Some(span);
                            }
                            continue;
                        }
                    }
                    b'(' | b'[' | b'{' => {
                        if other.is_none() && depth >= 1 && b":=".contains(&last) && !self.names_value(at, last) {
                            other = Some(depth);
                        }
                        depth += 1;
                    }
                    b')' | b']' | b'}' => {
                        depth -= 1;
                        other = other.filter(|begins| *begins < depth);
                    }
                    b'\n' if depth < 0 => break,
                    b'\n' if depth == 0 && !b"=(,[{|+&:?\\>".contains(&last) && !self.opens_body(at, last) => break,
                    b',' if depth <= 0 && commas == 0 => break,
                    b',' if depth <= 0 => commas -= 1,
                    b';' if depth <= 0 => break,
                    _ => {}
                }
                if depth < -1 {
                    break;
                }
                if !b" \t\r\n".contains(&byte) {
                    last = byte;
                }
                at += 1;
            }
            None
        })
    }

    /// `function password()`, its body on the next line.
    fn opens_body(&self, at: usize, last: u8) -> bool {
        last == b')' && self.at(self.skip(at, b" \t\r\n")) == b'{'
    }

    /// What stands before a name in quotes.
    fn before(&self, name: &Range<usize>) -> Option<u8> {
        self.bytes[..name.start.saturating_sub(1)].trim_ascii_end().last().copied()
    }

    /// Behind the comma at a place one literal stands, and the list ends.
    fn is_pair(&self, comma: usize) -> bool {
        let second = self.quoted(self.skip(comma + 1, b" \t\r\n"));
        second.is_some_and(|span| matches!(self.at(self.skip(span.end + 1, b" \t\r\n")), b']'))
    }

    /// Within a word: `don't`.
    fn is_apostrophe(&self, at: usize) -> bool {
        let letter = |at: Option<usize>| at.is_some_and(|at| self.at(at).is_ascii_alphabetic());
        self.at(at) == b'\'' && letter(at.checked_sub(1)) && letter(at.checked_sub(2)) && letter(Some(at + 1))
    }

    /// What stands before a place, its operator left out, names a value: `"value": …`.
    fn names_value(&self, at: usize, operator: u8) -> bool {
        let head = self.bytes.get(..at).unwrap_or_default().trim_ascii_end();
        let head = head.strip_suffix(&[operator]).unwrap_or(head).trim_ascii_end();
        let word = head.iter().rev().take_while(|byte| in_name(**byte) || b"\"'".contains(byte)).count();
        let word = self.text.get(head.len() - word..head.len()).unwrap_or_default();
        names::is_value(word.trim_matches(['"', '\'']))
    }

    /// Whether a literal behind a name is no key, no name of something else, not what something else is compared with, and
    /// has no name of its own; `before` is what stands before it.
    fn may_be_value(&self, end: usize, start: usize, span: &Range<usize>, depth: i32, before: u8) -> bool {
        let after = self.at(self.skip(span.end + 1, b" \t"));
        if after == b':' && before != b'=' || before == b'[' && after == b']' {
            return false;
        }
        let between = self.bytes.get(end..start).unwrap_or_default().trim_ascii_end();
        let words = between.iter().any(u8::is_ascii_alphanumeric);
        let compared = [&b"=="[..], b"!="].iter().any(|operator| between.ends_with(operator));
        if compared && words
            || self.bytes.get(span.end + 1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"=="))
        {
            return false;
        }
        let inside = depth >= 1;
        let own_name = inside || words && between.contains(&b'\n');
        if own_name && !compared && b"=:".contains(&before) {
            return self.names_value(start, before);
        }
        let value = self.text.get(span.clone()).unwrap_or_default();
        // Code between two strings.
        let code = [");", "){", "===", "&&", "||", "=>", "</"].iter().any(|sign| value.contains(sign));
        // `params.get("password")`: a name, looked up.
        let looked_up = inside && names::classify(value).is_some() && !value.bytes().any(|byte| byte.is_ascii_digit());
        !code && !looked_up
    }

    /// Whether a literal close behind a place is random.
    fn is_random_near(&self, from: usize) -> bool {
        let mut at = from;
        let limit = (from + NEAR).min(self.bytes.len());
        while let Some(quote) = self.bytes.get(at..limit).and_then(|near| memchr::memchr3(b'"', b'\'', b'`', near)) {
            let Some(span) = self.quoted(at + quote) else {
                at += quote + 1;
                continue;
            };
            if self.text.get(span.clone()).is_some_and(|value| look(value) == Look::Random) {
                return true;
            }
            at = span.end + 1;
        }
        false
    }

    fn near(&self, from: usize) -> &'a [u8] {
        self.bytes.get(from..(from + NEAR).min(self.bytes.len())).unwrap_or_default()
    }
}
