//! Rule files of kingfisher: YAML with `rules`.

use serde::Deserialize;
use serde_yaml::Value;

use super::{Carried, Draft, slug};
use crate::model::Confidence;
use crate::rules::rule::RuleError;

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
    min_entropy: Option<f32>,
    confidence: Option<String>,
    visible: Option<bool>,
    references: Vec<String>,
    validation: Option<Value>,
    depends_on_rule: Option<Value>,
    pattern_requirements: Option<Value>,
}

pub(super) fn read(file: &str, text: &str) -> Result<Carried, RuleError> {
    let syntax = |message: String| RuleError::Syntax { file: file.to_owned(), message };
    let foreign: File = serde_yaml::from_str(text).map_err(|error| syntax(error.to_string()))?;
    let mut carried = Carried::default();
    for rule in foreign.rules {
        let id = slug(&rule.id);
        let mut note = |what: &str| carried.lost.push(format!("{id}: {what}"));
        if rule.validation.is_some() {
            note("its validation: `live` in a rule of keylift's own schema does it");
        }
        if rule.depends_on_rule.is_some() {
            note("the rule that it depends on");
        }
        if rule.pattern_requirements.is_some() {
            note("its pattern_requirements: what they turn down is reported");
        }
        let draft = Draft {
            tool: "kingfisher",
            id: rule.id,
            name: rule.name,
            // Kingfisher calls the group of the value TOKEN, and its engine takes comments.
            pattern: uncommented(rule.pattern.trim())
                .replace("(?P<TOKEN>", "(?P<value>")
                .replace("(?<TOKEN>", "(?P<value>"),
            entropy: rule.min_entropy,
            confidence: rule.confidence.as_deref().and_then(|word| match word.to_ascii_lowercase().as_str() {
                "low" => Some(Confidence::Low),
                "medium" => Some(Confidence::Medium),
                "high" => Some(Confidence::High),
                _ => None,
            }),
            identifier: rule.visible == Some(false),
            docs: rule.references,
            ..Draft::default()
        };
        match draft.finish() {
            Ok(rule) => {
                if rule.id != id {
                    carried
                        .lost
                        .push(format!("{id}: its id, which a rule of keylift has: here it starts with `kingfisher-`"));
                }
                carried.rules.push(rule);
            }
            Err(reason) => carried.lost.push(reason),
        }
    }
    Ok(carried)
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
