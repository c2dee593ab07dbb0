//! What the syntax tree says about literals: their names, the calls they are passed to, what they are compared with.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use keylift_grammars::{Literal, LiteralKind, Parsed, Part, Role};

use super::around::may_do_without_quotes;
use super::judge::{How, judge};
use super::lines::Reader;
use super::names::{self, Class};
use crate::model::Confidence;
use crate::rules::tree::Tree;

/// Lists of more values than this under one name are word lists.
const WORD_LIST: usize = 3;

/// Reads the literals of a file; `hits` are the places of telling words, for what stands inside of literals and comments.
pub(super) fn read(parsed: &Parsed, tree: &Tree<'_>, hits: &[Range<usize>], lines: &mut Reader<'_>) {
    let literals = parsed.literals();
    let reading = Reading {
        text: tree.text(),
        language: tree.language().unwrap_or_default(),
        literals,
        parameters: RefCell::default(),
    };
    let damaged = parsed.syntax_errors() > 0;
    let mut known = Vec::new();
    for (at, literal) in literals.iter().enumerate() {
        let Some((span, value)) = whole_value(literal) else {
            if let Some((span, meaning, confidence)) = reading.default_in_template(at, lines) {
                lines.push(span, meaning.class.rule(), Some(&meaning.name), confidence);
            }
            continue;
        };
        let Some(meaning) = reading.meaning(at) else { continue };
        known.push(literal.span.start);
        if reading.tagged(literal) || Reading::is_sealed(literal) {
            continue;
        }
        // `--env PASSWORD=$x`: the name, and what a variable says.
        if value.strip_suffix('=') == Some(meaning.name.as_str()) {
            continue;
        }
        // `PREFIX + "password"`, `"language=" + name`: what is put together of names is a name, or a query.
        let part = names::classify(&value).is_some() || value.ends_with(['=', '&', '?', '/', ':', '_', '-']);
        if part && reading.is_joined(literal) {
            continue;
        }
        let (span, value) = behind_name(span, value, &meaning.name, literal);
        let (span, value) = before_comment(span, value, literal);
        let (span, value) = behind_arrow(span, value, literal);
        let Some((span, value)) = reading.directive(span, value, &meaning.name, literal) else { continue };
        if literal.kind == LiteralKind::Number && !(meaning.class == Class::Password && value.len() >= 4) {
            continue;
        }
        let quoted = !matches!(literal.kind, LiteralKind::Bare | LiteralKind::Number);
        let quoted = quoted && !may_do_without_quotes(reading.language, meaning.class, &meaning.name, &value);
        let judged = judge(meaning.class, &meaning.name, &value, quoted, meaning.how);
        let judged = judged.or_else(|| reading.signing_key(&meaning, &value));
        let judged = judged.max(reading.cipher_key(&meaning, &value)).max(reading.key_of_bytes(literal, &meaning));
        let judged = judged
            .max(reading.stands_in(literal, &meaning, judged))
            .max(reading.lets_in(literal, &meaning, judged))
            .max(reading.session_key(literal, &meaning, judged));
        if let Some(mut confidence) = judged.max(reading.signing_setting(literal, &meaning, &value)) {
            // A list of words under one name is a word list.
            if confidence < Confidence::High
                && meaning.how != How::Passed
                && reading.listed(literal, &meaning.name) > WORD_LIST
                || reading.names_arguments(at, &meaning, &value)
                || reading.lists_names(literal, &meaning, &value)
                || confidence < Confidence::High && reading.maps_names(at, &value)
            {
                confidence = Confidence::Low;
            }
            // Of a function that takes a secret, all words tell: `hmac.new`.
            let whole = matches!(meaning.how, How::Passed).then(|| meaning.name.replace('.', "_"));
            lines.push(span, meaning.class.rule(), Some(whole.as_ref().unwrap_or(&meaning.name)), confidence);
        }
    }
    // What stands inside of comments and strings, and what the tree does not name.
    for hit in hits {
        let before = lines.count();
        match tree.literal_at(hit) {
            Some((_, literal)) if matches!(literal.kind, LiteralKind::Doc) || tree.is_documentation(literal) => {}
            Some((_, literal)) => {
                lines.hit(hit);
                let whole = literal.span.clone();
                lines.keep_since(before, |span| whole.start <= span.start && span.end <= whole.end);
                if literal.kind == LiteralKind::Comment {
                    lines.weaken_since(before);
                }
            }
            None => {
                lines.hit(hit);
                lines.keep_since(before, |span| match tree.literal_at(span) {
                    None => damaged || parsed.is_template_text(span),
                    Some((_, literal)) => {
                        let bound = known.binary_search(&literal.span.start).is_ok();
                        literal.role != Role::Key && !bound && (damaged || unknown(literal))
                    }
                });
            }
        }
    }
}

/// `PASSWORD=x` as one scalar: the value begins behind the name.
fn behind_name(span: Range<usize>, value: String, name: &str, literal: &Literal) -> (Range<usize>, String) {
    let rest = value.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).filter(|rest| !rest.is_empty());
    match rest {
        Some(rest) if literal.parts.len() == 1 && span.len() == value.len() => {
            (span.end - rest.len()..span.end, rest.to_owned())
        }
        // The name may be a part of its own: `--password='x'`.
        Some(rest) => match part_at(literal, value.len() - rest.len()) {
            Some(start) => (start..span.end, rest.to_owned()),
            None => (span, value),
        },
        None => (span, value),
    }
}

/// Where the part starts whose text begins at a place of the literal's text.
fn part_at(literal: &Literal, place: usize) -> Option<usize> {
    let mut passed = 0;
    for part in &literal.parts {
        let Part::Text { span, text } = part else { return None };
        if passed == place {
            return Some(span.start);
        }
        passed += text.len();
    }
    None
}

/// `x # a remark`: formats without such remarks take it for the value, people do not.
fn before_comment(span: Range<usize>, mut value: String, literal: &Literal) -> (Range<usize>, String) {
    let mark = value.find(" #").or_else(|| value.find(" ;"));
    match mark {
        Some(at) if literal.kind == LiteralKind::Bare && span.len() == value.len() => {
            value.truncate(value[..at].trim_end().len());
            (span.start..span.start + value.len(), value)
        }
        _ => (span, value),
    }
}

/// `password => "x"` of Logstash's settings, which are read as others of their kind: a quoted value behind `>`.
fn behind_arrow(span: Range<usize>, value: String, literal: &Literal) -> (Range<usize>, String) {
    let inner = value.strip_prefix('>').map(str::trim_start).and_then(|rest| {
        let inner = rest.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
        (!inner.contains(['"', '\''])).then_some(inner)
    });
    match inner {
        Some(inner) if literal.kind == LiteralKind::Bare && span.len() == value.len() => {
            let end = span.end - 1;
            (end - inner.len()..end, inner.to_owned())
        }
        _ => (span, value),
    }
}

/// The tree tells nothing about a literal: neither a name nor a call.
fn unknown(literal: &Literal) -> bool {
    literal.bindings.is_empty() && literal.call.is_none() && literal.role == Role::Value
}

/// A literal's text with its span, quotes left out, where it is one value: no holes.
fn whole_value(literal: &Literal) -> Option<(Range<usize>, String)> {
    if literal.role == Role::Key
        || literal.role == Role::Prose
        || matches!(literal.kind, LiteralKind::Comment | LiteralKind::Doc)
    {
        return None;
    }
    let mut span: Option<Range<usize>> = None;
    let mut value = String::new();
    for part in &literal.parts {
        let Part::Text { span: at, text } = part else { return None };
        value.push_str(text);
        span = Some(span.map_or_else(|| at.clone(), |all| all.start..at.end));
    }
    if literal.kind == LiteralKind::Number && value.is_empty() {
        return None;
    }
    span.filter(|_| !value.is_empty()).map(|span| (span, value))
}

/// What a literal is.
pub(super) struct Meaning {
    pub(super) class: Class,
    pub(super) name: String,
    pub(super) how: How,
}

/// A file's literals, with what is around them.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) language: &'a str,
    pub(super) literals: &'a [Literal],
    /// What functions of this file call their parameters, by the function's name.
    pub(super) parameters: RefCell<HashMap<String, Vec<String>>>,
}

impl Reading<'_> {
    /// `name value;`: the statement of a configuration ends where the sign stands. One that ends in `_pass` says where
    /// requests go (nginx).
    fn directive(
        &self,
        span: Range<usize>,
        mut value: String,
        name: &str,
        literal: &Literal,
    ) -> Option<(Range<usize>, String)> {
        let apart = self.text.get(..span.start).is_some_and(|head| {
            head.strip_suffix([' ', '\t']).is_some_and(|head| head.trim_end_matches([' ', '\t']).ends_with(name))
        });
        if literal.kind != LiteralKind::Bare || span.len() != value.len() || !apart || !value.ends_with(';') {
            return Some((span, value));
        }
        value.pop();
        (!name.ends_with("_pass")).then(|| (span.start..span.start + value.len(), value))
    }

    /// Joined to something else by a sign: `PREFIX + "x"`, `$prefix . 'x'`.
    fn is_joined(&self, literal: &Literal) -> bool {
        let signs = [" + ", " . ", " .. "];
        let before =
            self.text.get(..literal.span.start).is_some_and(|head| signs.iter().any(|sign| head.ends_with(sign)));
        before || self.text.get(literal.span.end..).is_some_and(|tail| signs.iter().any(|sign| tail.starts_with(sign)))
    }

    /// `password: "{{ db_password | default('x') }}"`: what stands where a variable is not set.
    fn default_in_template(&self, at: usize, lines: &Reader<'_>) -> Option<(Range<usize>, Meaning, Confidence)> {
        let literal = &self.literals[at];
        let [Part::Hole { span, .. }] = literal.parts.as_slice() else { return None };
        let inner = lines.default_of_template(span)?;
        let meaning = self.meaning(at).filter(|meaning| matches!(meaning.class, Class::Password | Class::Secret))?;
        let confidence = judge(meaning.class, &meaning.name, self.text.get(inner.clone())?, true, How::Bound)?;
        Some((inner, meaning, confidence))
    }
}
