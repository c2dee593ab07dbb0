//! One rule's pattern, compiled when it is first needed.

use std::ops::Range;

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, Match};

use super::exempt::Exempts;
use super::rule::Rule;
use super::sketch::Sketch;

/// Up to so many bytes are looked through behind each of several keywords before a pattern is tried.
const SHORT: usize = 1024;

#[derive(Debug)]
pub(super) struct Matcher {
    regex: Regex,
    /// The group that is the value.
    group: usize,
    payload: Option<Regex>,
    pub(super) exempts: Option<Box<Exempts>>,
}

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(Regex::config().utf8_empty(false).hybrid_cache_capacity(1 << 19).nfa_size_limit(Some(16 << 20)))
        .build(pattern)
        .map_err(|error| error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string))
}

impl Matcher {
    pub(super) fn new(rule: &Rule) -> Result<Self, String> {
        let regex = compile(&rule.pattern)?;
        let groups = regex.group_info();
        let group = groups
            .to_index(regex_automata::PatternID::ZERO, "value")
            .unwrap_or_else(|| usize::from(groups.group_len(regex_automata::PatternID::ZERO) > 1));
        let payload = rule.checksum.as_ref().and_then(|sum| sum.payload.as_deref()).map(compile).transpose()?;
        Ok(Self { regex, group, payload, exempts: Exempts::of(rule)? })
    }

    /// Calls `each` with the value's span, and that of the whole match, for every match in a window.
    pub(super) fn find(&self, text: &[u8], window: Range<usize>, mut each: impl FnMut(Range<usize>, Range<usize>)) {
        let mut captures = self.regex.create_captures();
        let mut input = Input::new(text).range(window.clone());
        while input.start() <= window.end {
            if self.group == 0 {
                let Some(found) = self.regex.find(input.clone()) else { break };
                each(found.range(), found.range());
                input.set_start(next(&found));
            } else {
                self.regex.captures(input.clone(), &mut captures);
                let Some((span, whole)) = self.found(&captures) else { break };
                // The next value may begin with what ended this one (a quote, a blank).
                input.set_start(span.end.max(whole.start + 1));
                each(span, whole);
            }
        }
    }

    /// The value's span and that of the whole match, of a match that begins where a window does.
    pub(super) fn find_at(&self, text: &[u8], window: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let input = Input::new(text).range(window).anchored(Anchored::Yes);
        if self.group == 0 {
            let found = self.regex.find(input)?;
            return Some((found.range(), found.range()));
        }
        let mut captures = self.regex.create_captures();
        self.regex.captures(input, &mut captures);
        self.found(&captures)
    }

    /// The value's span, and that of the whole match. Without the group the alternative that matched has no value of its own.
    fn found(&self, captures: &Captures) -> Option<(Range<usize>, Range<usize>)> {
        let whole = captures.get_match()?.range();
        Some((captures.get_group(self.group).map_or(whole.clone(), |span| span.range()), whole))
    }

    /// The part of a value that its checksum is made of.
    pub(super) fn payload<'v>(&self, value: &'v [u8]) -> Option<&'v [u8]> {
        let regex = self.payload.as_ref()?;
        let mut captures = regex.create_captures();
        regex.captures(value, &mut captures);
        value.get(captures.get_group(1)?.range())
    }
}

fn next(found: &Match) -> usize {
    if found.is_empty() { found.end() + 1 } else { found.end() }
}

/// What a pattern finds that begins with keywords, in order of their places.
pub(super) fn begin_at(
    text: &[u8],
    keywords: &[(usize, Range<usize>)],
    sketch: &Sketch,
    matcher: &Matcher,
    tell: &mut impl FnMut(Range<usize>, Range<usize>),
) {
    let mut from = 0;
    for (_, keyword) in keywords {
        let window = keyword.start..(keyword.start + sketch.reach).min(text.len());
        // What stands in a value begins none; a window without end was looked at with the others.
        if window.start < from || sketch.reach <= SHORT && keywords.len() > 1 && !sketch.may_match(text, &window) {
            continue;
        }
        from = window.start + 1;
        if let Some((span, whole)) = matcher.find_at(text, window) {
            from = from.max(span.end);
            tell(span, whole);
        }
    }
}
