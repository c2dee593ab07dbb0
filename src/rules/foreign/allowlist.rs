//! Allowlists of gitleaks and betterleaks, as exemptions.

use std::borrow::Cow;

use serde::Deserialize;

use crate::rules::exempt;
use crate::rules::rule::{Exempt, Str, Target};

/// `[allowlist]`, `[[allowlists]]`, and the same of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Allowlist {
    condition: String,
    commits: Vec<String>,
    paths: Vec<String>,
    regex_target: String,
    regexes: Vec<String>,
    #[serde(alias = "stopWords")]
    stopwords: Vec<String>,
    /// Of a list that stands outside of rules: those that it is for; all of them where it names none.
    pub(super) target_rules: Vec<String>,
}

/// One list in the older form, several in the newer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Allowlists {
    One(Box<Allowlist>),
    Many(Vec<Allowlist>),
}

impl Default for Allowlists {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Allowlists {
    pub(super) fn into_vec(self) -> Vec<Allowlist> {
        match self {
            Self::One(list) => vec![*list],
            Self::Many(lists) => lists,
        }
    }
}

impl Allowlist {
    /// The exemption, where something of the list has a meaning here; tells what has none.
    pub(super) fn exempt(&self, lost: &mut dyn FnMut(&str)) -> Option<Exempt> {
        let all = match self.condition.to_ascii_uppercase().as_str() {
            "" | "OR" | "||" => false,
            "AND" | "&&" => true,
            _ => {
                lost("an allowlist: its condition is neither `and` nor `or`");
                return None;
            }
        };
        let target = match self.regex_target.as_str() {
            "" | "secret" => Target::Secret,
            "match" => Target::Match,
            "line" => Target::Line,
            _ => {
                lost("an allowlist: its regexTarget is none of `secret`, `match` and `line`");
                return None;
            }
        };
        let mut whole = true;
        if !self.commits.is_empty() {
            whole = false;
            lost("the commits of an allowlist: a version of a file is looked at here, not what a commit adds to it");
        }
        let mut usable = |patterns: &[String]| -> Vec<Str> {
            let (good, bad): (Vec<_>, Vec<_>) = patterns.iter().cloned().partition(|one| exempt::is_usable(one));
            if !bad.is_empty() {
                whole = false;
                lost("an expression of an allowlist: it does not work here");
            }
            good.into_iter().map(Cow::Owned).collect()
        };
        let (regexes, paths) = (usable(&self.regexes), usable(&self.paths));
        let stopwords: Vec<Str> =
            self.stopwords.iter().filter(|word| !word.is_empty()).cloned().map(Cow::Owned).collect();
        // With one of its conditions gone, a list that asks for all of them would hold too often.
        if all && !whole || regexes.is_empty() && paths.is_empty() && stopwords.is_empty() {
            return None;
        }
        Some(Exempt { regexes: regexes.into(), target, stopwords: stopwords.into(), paths: paths.into(), all })
    }
}
