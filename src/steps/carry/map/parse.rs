//! Reads the rules of a map, and says what was probably meant.

use std::collections::BTreeSet;

use regex_automata::meta::Regex;
use serde_yaml::{Mapping, Value};

use super::mistake::Mistake;
use super::{Action, Matcher, Rule};
use crate::steps::carry::template::{Template, Wrong};

const MATCHERS: &[&str] = &["exact", "prefix", "regex", "all"];
const ACTIONS: &[&str] = &["rename", "skip", "explode", "gather"];
const RULE: &[&str] = &["exact", "prefix", "regex", "all", "rename", "skip", "explode", "gather", "key"];

pub(super) fn rule(value: &Value) -> Result<Rule, Mistake> {
    let fields = mapping(value, "a rule")?;
    keys(fields, RULE)?;
    let matcher = match (one_of(fields, MATCHERS)?, fields) {
        ("exact", fields) => Matcher::Exact(text(fields, "exact")?.to_owned()),
        ("prefix", fields) => Matcher::Prefix(text(fields, "prefix")?.to_owned()),
        ("regex", fields) => pattern(text(fields, "regex")?)?,
        (_, fields) => truth(fields, "all").map(|()| Matcher::All)?,
    };
    let mut known = matcher.names();
    known.extend(["name".to_owned(), "leaf".to_owned()]);
    let action = one_of(fields, ACTIONS)?;
    if action != "gather" && fields.contains_key("key") {
        return Err(Mistake::Stray("key"));
    }
    let action = match action {
        "rename" => Action::Rename(template(text(fields, "rename")?, &known)?),
        "skip" => truth(fields, "skip").map(|()| Action::Skip)?,
        "explode" => {
            known.push("key".to_owned());
            let text = text(fields, "explode")?;
            let template = template(text, &known)?;
            if !template.uses("key") {
                return Err(Mistake::NoKey(text.to_owned()));
            }
            Action::Explode(template)
        }
        _ => {
            if !fields.contains_key("key") {
                return Err(Mistake::Missing("key"));
            }
            let into = template(text(fields, "gather")?, &known)?;
            Action::Gather { into, key: template(text(fields, "key")?, &known)? }
        }
    };
    Ok(Rule { matcher, action })
}

/// A pattern is held against the whole name: half a name is no name.
fn pattern(text: &str) -> Result<Matcher, Mistake> {
    let regex = Regex::new(&format!("^(?:{text})$")).map_err(|error| {
        // The innermost message says what is wrong; the outer ones only that something is.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Mistake::Regex(cause.to_string().lines().last().unwrap_or_default().trim().to_owned())
    })?;
    let mut groups = Vec::new();
    for (index, name) in regex.group_info().pattern_names(regex_automata::PatternID::ZERO).enumerate().skip(1) {
        groups.push((index, index.to_string()));
        groups.extend(name.map(|name| (index, name.to_owned())));
    }
    Ok(Matcher::Pattern(regex, groups))
}

fn template(text: &str, known: &[String]) -> Result<Template, Mistake> {
    Template::parse(text, known).map_err(|wrong| match wrong {
        Wrong::Dollar => Mistake::Template(text.to_owned()),
        Wrong::Variable(word) => {
            let nearest = nearest(&word, known.iter().map(String::as_str));
            Mistake::Unknown { word: format!("${{{word}}}"), nearest: nearest.map(|name| format!("${{{name}}}")) }
        }
        Wrong::Case(word) => {
            let nearest = nearest(&word, ["upper", "lower"].into_iter());
            Mistake::Unknown { word: format!("|{word}"), nearest: nearest.map(|name| format!("|{name}")) }
        }
    })
}

pub(super) fn mapping<'a>(value: &'a Value, what: &str) -> Result<&'a Mapping, Mistake> {
    value.as_mapping().ok_or_else(|| Mistake::Type { key: what.to_owned(), wanted: "a mapping" })
}

pub(super) fn keys(fields: &Mapping, known: &[&str]) -> Result<(), Mistake> {
    for key in fields.keys() {
        let Some(word) = key.as_str() else {
            return Err(Mistake::Type { key: "a key".to_owned(), wanted: "a word" });
        };
        if !known.contains(&word) {
            let nearest = nearest(word, known.iter().copied());
            return Err(Mistake::Unknown { word: word.to_owned(), nearest: nearest.map(str::to_owned) });
        }
    }
    Ok(())
}

fn one_of(fields: &Mapping, keys: &'static [&'static str]) -> Result<&'static str, Mistake> {
    let there: BTreeSet<&'static str> = keys.iter().copied().filter(|key| fields.contains_key(*key)).collect();
    match there.first() {
        Some(key) if there.len() == 1 => Ok(key),
        _ => Err(Mistake::OneOf(keys)),
    }
}

fn text<'a>(fields: &'a Mapping, key: &str) -> Result<&'a str, Mistake> {
    let wrong = || Mistake::Type { key: key.to_owned(), wanted: "text" };
    fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty() || key == "prefix").ok_or_else(wrong)
}

fn truth(fields: &Mapping, key: &str) -> Result<(), Mistake> {
    match fields.get(key).and_then(Value::as_bool) {
        Some(true) => Ok(()),
        _ => Err(Mistake::Type { key: key.to_owned(), wanted: "`true`" }),
    }
}

pub(super) fn word<'a>(fields: &'a Mapping, key: &str, words: &[&str]) -> Result<Option<&'a str>, Mistake> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let word = value.as_str().ok_or_else(|| Mistake::Type { key: key.to_owned(), wanted: "a word" })?;
    if words.contains(&word) {
        return Ok(Some(word));
    }
    let nearest = nearest(word, words.iter().copied()).map(str::to_owned);
    Err(Mistake::Unknown { word: word.to_owned(), nearest })
}

/// The word that was probably meant.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alias = match word {
        "match" | "equals" => "exact",
        "to" | "name" | "target" => "rename",
        "pattern" | "regexp" => "regex",
        "drop" | "ignore" => "skip",
        "split" => "explode",
        "join" | "merge" => "gather",
        _ => word,
    };
    let far = |one: &str| similar::TextDiff::from_chars(alias, one).ratio();
    let best = known.map(|one| (far(one), one)).max_by(|left, right| left.0.total_cmp(&right.0))?;
    (best.0 >= 0.5).then_some(best.1)
}
