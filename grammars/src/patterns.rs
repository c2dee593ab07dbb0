//! Formats that are lists of lines: read by patterns instead of a grammar.
//!
//! The recipe's patterns are tried over the whole text, the earliest match first. Their groups say what they found:
//! `value` is a literal, `key` what it is bound to, `section` the name of what follows, `comment` a comment. Text that no
//! pattern matches counts as a syntax error, so that a rewrite cannot leave lines that the format does not have.

use std::collections::HashMap;
use std::ops::Range;

use crate::regexes::Regex;

use crate::facts::DefaultFact;
use crate::literal::{Binding, Literal, LiteralKind, Role};
use crate::loaded::Loaded;
use crate::piece::Piece;
use crate::recipe::PatternRule;
use crate::walk::Site;

/// A pattern ready for use.
pub(crate) struct Pattern {
    pub regex: Regex,
    pub rule: PatternRule,
}

/// What the patterns found in a text.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub literals: Vec<Literal>,
    pub sites: Vec<Site>,
    /// Stretches that no pattern explains.
    pub stray: usize,
    /// Every key, whatever it is bound to, where keys hide variables.
    pub keys: Vec<String>,
    /// Flags of the file.
    pub flags: Vec<String>,
}

/// Reads a text.
pub(crate) fn read(loaded: &Loaded, text: &str) -> Reading {
    let mut reading = Reading::default();
    if loaded.patterns.is_empty() {
        return reading;
    }
    let mut section: Option<String> = None;
    let mut state = String::new();
    let mut next: Vec<Option<Range<usize>>> = loaded.patterns.iter().map(|one| first(one, text, 0)).collect();
    let mut at = 0;
    loop {
        for (index, pattern) in loaded.patterns.iter().enumerate() {
            if next[index].as_ref().is_some_and(|range| range.start < at) {
                next[index] = first(pattern, text, at);
            }
        }
        let tried = |index: usize| {
            let within = &loaded.patterns[index].rule.within;
            within.is_empty() && state.is_empty() || within.contains(&state)
        };
        let here = next.iter().enumerate().filter(|(index, _)| tried(*index));
        let earliest = here.filter_map(|(index, range)| Some((range.as_ref()?.start, index))).min();
        let Some((start, index)) = earliest else { break };
        reading.stray += usize::from(!text[at..start].trim().is_empty());
        let pattern = &loaded.patterns[index];
        let end = next[index].as_ref().map_or(start, |range| range.end);
        if let Some(found) = pattern.regex.captures_at(text, start) {
            if let Some(name) = found.name("section") {
                section = Some(name.as_str().to_owned());
            }
            let key = found.name("key").filter(|_| loaded.recipe.keys_hide.is_some());
            reading.keys.extend(key.map(|key| key.as_str().to_owned()));
            for group in ["value", "comment"] {
                if let Some(value) = found.name(group).filter(|value| !value.is_empty()) {
                    reading.add(loaded, text, pattern, group, value.range(), &found, section.as_ref());
                }
            }
        }
        reading.flags.extend(pattern.rule.flag.clone());
        if let Some(then) = &pattern.rule.then {
            state.clone_from(then);
        }
        if end >= text.len() {
            at = text.len();
            break;
        }
        // A match of nothing is no progress.
        at = if end > start { end } else { start + text[start..].chars().next().map_or(1, char::len_utf8) };
    }
    reading.stray += usize::from(!text[at..].trim().is_empty());
    reading
}

/// Its first match from a place on.
fn first(pattern: &Pattern, text: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let range = pattern.regex.find_at(text, at)?.range();
        if pattern.rule.same.is_empty() {
            return Some(range);
        }
        let found = pattern.regex.captures_at(text, range.start)?;
        let mut texts = pattern.rule.same.iter().map(|name| found.name(name).map(|group| group.as_str()));
        let one = texts.next().flatten();
        if texts.all(|text| text == one) {
            return Some(range);
        }
        at = range.start + text[range.start..].chars().next().map_or(1, char::len_utf8);
        if at > text.len() {
            return None;
        }
    }
}

impl Reading {
    #[allow(clippy::too_many_arguments, reason = "one caller, which has them all at hand")]
    fn add(
        &mut self,
        loaded: &Loaded,
        text: &str,
        pattern: &Pattern,
        group: &str,
        span: Range<usize>,
        found: &regex::Captures<'_>,
        section: Option<&String>,
    ) {
        let kind = if group == "comment" { "comment" } else { &pattern.rule.kind };
        let Some(piece) = Piece::of_span(loaded, kind, &span, text) else { return };
        let form = &loaded.forms[piece.form].rule;
        let mut parts = Vec::new();
        piece.parts(&mut parts);
        let default = pattern.rule.default.as_ref().filter(|_| group == "value").map(|rule| {
            let groups = pattern.regex.capture_names();
            let mut captures: HashMap<String, Range<usize>> = groups
                .filter_map(|name| Some((if name == "key" { "variable" } else { name }.to_owned(), found.name(name)?)))
                .map(|(name, found)| (name, found.range()))
                .collect();
            if let Some(all) = found.get(0) {
                captures.entry("whole".into()).or_insert_with(|| all.range());
            }
            DefaultFact { rule: rule.clone(), captures, exact: false, pattern: 0 }
        });
        let constant = form.refuse.clone();
        let role = if form.kind == LiteralKind::Comment {
            Role::Prose
        } else if let Some(name) = &constant {
            Role::Constant {
                place: loaded.recipe.constants.get(name).map_or_else(|| name.clone(), |why| why.place.clone()),
            }
        } else if let Some(default) = &default {
            Role::Default { variable: loaded.variable(default, text) }
        } else {
            Role::Value
        };
        let bindings = found.name("key").filter(|_| group == "value").map(|key| Binding {
            name: key.as_str().to_owned(),
            span: key.range(),
            how: "key".into(),
            distance: 0,
        });
        self.literals.push(Literal {
            span,
            kind: form.kind,
            parts,
            role,
            bindings: bindings.into_iter().collect(),
            call: None,
            scopes: section.cloned().into_iter().collect(),
        });
        self.sites.push(Site {
            pieces: vec![piece],
            bare: true,
            broken: false,
            constant,
            mark: None,
            default,
            format: None,
            change: None,
            outer: found.name("outer").filter(|_| group == "value").map(|outer| outer.range()),
            entry: found.name("entry").filter(|_| group == "value").map(|entry| (entry.range(), false)),
        });
    }
}
