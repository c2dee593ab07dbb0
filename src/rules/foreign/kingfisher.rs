//! Rule files of kingfisher: YAML with `rules`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml::Value;

use super::requirements::Requirements;
use super::{Carried, Draft, slug};
use crate::model::{Confidence, Kind};
use crate::rules::exempt;
use crate::rules::rule::{Live, Pair, RuleError, Str};

#[derive(Debug, Deserialize)]
struct File {
    rules: Vec<ForeignRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ForeignRule {
    id: String,
    name: String,
    pattern: String,
    path: Option<String>,
    min_entropy: Option<f32>,
    confidence: Option<String>,
    visible: Option<bool>,
    references: Vec<String>,
    validation: Option<Value>,
    revocation: Option<Value>,
    depends_on_rule: Option<Vec<Option<Needed>>>,
    pattern_requirements: Option<Requirements>,
    betterleaks_filter: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Needed {
    rule_id: String,
}

pub(super) fn read(file: &str, text: &str) -> Result<Carried, RuleError> {
    let syntax = |message: String| RuleError::Syntax { file: file.to_owned(), message };
    let foreign: File = serde_yaml::from_str(text).map_err(|error| syntax(error.to_string()))?;
    let mut carried = Carried::default();
    // What rules are called there and here, and what they depend on.
    let mut names: BTreeMap<String, Str> = BTreeMap::new();
    let mut needs: Vec<(Str, Vec<String>)> = Vec::new();
    for mut rule in foreign.rules {
        let id = slug(&rule.id);
        let foreign_id = rule.id.clone();
        let needed = rule.depends_on_rule.take().into_iter().flatten().flatten().map(|needed| needed.rule_id);
        let needed: Vec<String> = needed.collect();
        let draft = draft(rule, &mut |what| carried.lost.push(format!("{id}: {what}")));
        match draft.finish() {
            Ok(rule) => {
                if rule.id != id {
                    carried
                        .lost
                        .push(format!("{id}: its id, which a rule of keylift has: here it starts with `kingfisher-`"));
                }
                names.insert(foreign_id, rule.id.clone());
                needs.push((rule.id.clone(), needed));
                carried.rules.push(rule);
            }
            Err(reason) => carried.lost.push(reason),
        }
    }
    pair_up(&mut carried, &names, needs);
    Ok(carried)
}

/// A rule that depends on one that is no secret by itself belongs to it.
fn pair_up(carried: &mut Carried, names: &BTreeMap<String, Str>, needs: Vec<(Str, Vec<String>)>) {
    for (id, needed) in needs.into_iter().filter(|(_, needed)| !needed.is_empty()) {
        let half = match needed.as_slice() {
            [one] => names
                .get(one)
                .filter(|name| carried.rules.iter().any(|other| other.id == **name && other.kind == Kind::Identifier)),
            _ => None,
        };
        match (half.cloned(), carried.rules.iter_mut().find(|rule| rule.id == id)) {
            (Some(identifier), Some(rule)) => rule.pair = Some(Pair { identifier }),
            _ => carried.lost.push(format!(
                "{id}: what it depends on: `pair` takes one rule of the same file that finds no secret (`visible: false`)"
            )),
        }
    }
}

/// A rule as it is drawn up here. Tells what it loses.
fn draft(rule: ForeignRule, lost: &mut dyn FnMut(&str)) -> Draft {
    // Kingfisher calls the group of the value TOKEN, and its engine takes comments.
    let pattern =
        uncommented(rule.pattern.trim()).replace("(?P<TOKEN>", "(?P<value>").replace("(?<TOKEN>", "(?P<value>");
    let live = rule.validation.as_ref().and_then(live);
    if rule.validation.is_some() && live.is_none() {
        lost(
            "its validation: a check here is one request whose answer's status tells, with the value in it and no more",
        );
    }
    if rule.revocation.is_some() {
        lost("its revocation");
    }
    if rule.betterleaks_filter.is_some() {
        lost("its filter expression");
    }
    let path = rule.path.filter(|path| {
        let usable = exempt::is_usable(path);
        if !usable {
            lost("its path, which does not work here: the rule is applied to every file");
        }
        usable
    });
    let exempt = rule.pattern_requirements.map(|needed| needed.exempt(&pattern, lost)).unwrap_or_default();
    Draft {
        tool: "kingfisher",
        id: rule.id,
        name: rule.name,
        pattern,
        entropy: rule.min_entropy,
        confidence: rule.confidence.as_deref().and_then(|word| match word.to_ascii_lowercase().as_str() {
            "low" => Some(Confidence::Low),
            "medium" => Some(Confidence::Medium),
            "high" => Some(Confidence::High),
            _ => None,
        }),
        identifier: rule.visible == Some(false),
        docs: rule.references,
        path,
        exempt,
        live,
        ..Draft::default()
    }
}

/// The check at the issuer, where it is one request that the status of the answer decides.
fn live(validation: &Value) -> Option<Live> {
    if validation.get("type")?.as_str()? != "Http" {
        return None;
    }
    let request = validation.get("content")?.get("request")?;
    let owned = |text: String| -> Str { Cow::Owned(text) };
    let mut statuses: Vec<u16> = Vec::new();
    for matcher in request.get("response_matcher")?.as_sequence()? {
        if matcher.get("report_response").is_some() {
            continue;
        }
        let denies = matcher.get("negative").and_then(Value::as_bool).unwrap_or_default();
        if denies || matcher.get("type")?.as_str()? != "StatusMatch" || !statuses.is_empty() {
            return None;
        }
        let status = matcher.get("status")?.as_sequence()?.iter();
        statuses = status.map(|code| code.as_u64().and_then(|code| u16::try_from(code).ok())).collect::<Option<_>>()?;
    }
    let templated = |text: &str| {
        let text = text.replace("{{ TOKEN }}", "{{value}}").replace("{{TOKEN}}", "{{value}}");
        // Anything else needs what keylift does not work out.
        let plain = text.replace("{{value}}", "");
        (!plain.contains("{{") && !plain.contains("{%")).then_some(text)
    };
    let headers = match request.get("headers") {
        None => Vec::new(),
        Some(headers) => {
            let one = |(name, text): (&Value, &Value)| {
                Some((owned(name.as_str()?.to_owned()), owned(templated(text.as_str()?)?)))
            };
            headers.as_mapping()?.iter().map(one).collect::<Option<_>>()?
        }
    };
    let body = match request.get("body") {
        None | Some(Value::Null) => None,
        Some(body) => Some(owned(templated(body.as_str()?)?)),
    };
    if statuses.is_empty() || request.get("multipart").is_some_and(|parts| !parts.is_null()) {
        return None;
    }
    let dead = if statuses.contains(&401) { Vec::new() } else { vec![401] };
    Some(Live {
        method: owned(request.get("method")?.as_str()?.to_owned()),
        url: owned(templated(request.get("url")?.as_str()?)?),
        headers: headers.into(),
        body,
        live: statuses.into(),
        dead: dead.into(),
    })
}

/// A pattern without `(?# … )`.
fn uncommented(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("(?#") {
        let Some((_, after)) = after.split_once(')') else { break };
        out.push_str(before);
        rest = after;
    }
    out + rest
}
