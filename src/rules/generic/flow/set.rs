//! What a variable is set to: a literal, or another variable that is followed in turn.

use std::ops::Range;

use super::{LONGEST, WRAPPERS, in_word, is_commented, variable};
use crate::rules::generic::calls;
use crate::rules::generic::lines::Reader;
use crate::rules::generic::names;

/// Places of a name that are looked at.
const PLACES: usize = 200;
/// Most settings of one variable.
const BRANCHES: usize = 4;

/// The literal that a variable was last set to before a place, else the first after it; of a variable with a telling name
/// all those before: the branches of a condition.
pub(super) fn literals(reader: &Reader<'_>, name: &str, before: usize, hops: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(reader.bytes, name).take(PLACES) {
        if at > before && !found.is_empty() {
            break;
        }
        let alone = at.checked_sub(1).is_none_or(|at| !in_word(reader.at(at)))
            && !in_word(reader.at(at + name.len()))
            && !is_commented(&reader.bytes[..at]);
        if let Some(set) = alone.then(|| value_of(reader, at, at + name.len())).flatten() {
            if names::classify(name).is_none() {
                found.clear();
            }
            found.push(set);
        }
    }
    let follow = |set| match set {
        Set::Literal(span) => vec![span],
        Set::Expression(start) => {
            let line = reader.text.get(start..(start + LONGEST).min(reader.bytes.len())).unwrap_or_default();
            let line = line.split([';', '\n']).next().unwrap_or_default();
            let other = variable(line).filter(|other| *other != name && hops > 1);
            other.map(|other| literals(reader, other, start, hops - 1)).unwrap_or_default()
        }
    };
    found.into_iter().rev().take(BRANCHES).flat_map(follow).collect()
}

fn is_encoding(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["utf", "ascii", "us-ascii", "latin", "iso-", "hex", "base64"].iter().any(|start| lower.starts_with(start))
}

/// What a variable is set to.
enum Set {
    Literal(Range<usize>),
    /// Where an expression starts.
    Expression(usize),
}

/// What is assigned to the name at a place.
fn value_of(reader: &Reader<'_>, start: usize, end: usize) -> Option<Set> {
    let quote = reader.at(end);
    let key = b"\"'".contains(&quote) && start.checked_sub(1).is_some_and(|at| reader.at(at) == quote);
    let mut at = reader.skip(if key { end + 1 } else { end }, b" \t");
    // `define('KEY', 'x')`
    let defined = key
        && reader
            .text
            .get(..start - 1)
            .and_then(|head| head.trim_end().strip_suffix('('))
            .is_some_and(|head| head.trim_end().ends_with("define"));
    match (reader.at(at), reader.at(at + 1)) {
        (b'=', b'=' | b'~') => return None,
        (b'=', b'>') | (b':', b'=') => at += 2,
        (b'=', _) => at += 1,
        (b',', _) if defined => at += 1,
        // `key: "x"` of an object, `key: String = "x"`.
        (b':', _) => {
            let colon = reader.skip(at + 1, b" \t");
            if let Some(span) = reader.quoted(colon) {
                return Some(Set::Literal(span));
            }
            let limit = (colon + 40).min(reader.bytes.len());
            let kind =
                (colon..limit).find(|at| !(in_word(reader.at(*at)) || b" <>[]?&'.".contains(&reader.at(*at))))?;
            if reader.at(kind) != b'=' || reader.at(kind + 1) == b'=' {
                return None;
            }
            at = kind + 1;
        }
        _ => return None,
    }
    let mut at = reader.skip(at, b" \t\r\n");
    let expression = at;
    // `[]byte("x")`, `Buffer.from("x")`
    for _ in 0..2 {
        if let Some(span) = reader.quoted(at) {
            // `key.getBytes("UTF-8")`
            if at > expression && is_encoding(reader.text.get(span.clone()).unwrap_or_default()) {
                break;
            }
            // `"x" + y` is no value of its own.
            let next = reader.at(reader.skip(span.end + 1, b" \t"));
            return (!b"+%?".contains(&next)).then_some(Set::Literal(span));
        }
        let open = (at..(at + 60).min(reader.bytes.len()))
            .find(|at| !(in_word(reader.at(*at)) || b".[]: ".contains(&reader.at(*at))));
        let Some(open) = open.filter(|open| reader.at(*open) == b'(') else { break };
        let callee = calls::plain(reader.text.get(at..open)?);
        let method = callee.rsplit('.').next().unwrap_or_default();
        if !(calls::passes_through(&callee) || WRAPPERS.contains(&method)) {
            break;
        }
        at = reader.skip(open + 1, b" \t\r\n");
    }
    Some(Set::Expression(expression))
}
