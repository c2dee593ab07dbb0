//! One move as a plan has it, with its sites; and what a plan leaves where it is.

use keylift_grammars::Creates;
use keylift_providers::{Address, Fingerprint};
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::model::finding::{Confidence, Kind, Severity};

/// How a moved value is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookup {
    /// From the process environment, or the config format's own interpolation.
    Env,
    /// From Vault, through a generated accessor.
    Vault,
    /// From AWS Secrets Manager, through a generated accessor.
    AwsSm,
    /// Not at all: the file becomes a template, rendered at start-up (`keylift inject`).
    Inject,
}

/// What a person decided about a move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Move it.
    #[default]
    Apply,
    /// Not this time.
    Later,
    /// It is no secret.
    FalsePositive,
}

/// One secret, its address, and all sites that hold it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedMove {
    /// The variable that is looked up: unique in the plan.
    pub name: String,
    /// Further variables that the code reads for this value already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What was decided.
    #[serde(default)]
    pub decision: Decision,
    /// Why, where it is a false positive or waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a person has looked at it in a review.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reviewed: bool,
    /// The value's fingerprint.
    pub fingerprint: Fingerprint,
    /// The fingerprint of the secret that this identifier goes with: it moves only where that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Fingerprint>,
    /// Where it will live.
    pub address: Address,
    /// How it is looked up, where that differs from the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
    /// The rule that found it first.
    pub rule: String,
    /// What kind of credential.
    pub kind: Kind,
    /// What its holder can do.
    pub severity: Severity,
    /// Every place that is rewritten.
    pub sites: Vec<PlannedSite>,
}

/// A finding placed in syntax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedSite {
    /// Path below the plan's root, with `/`.
    pub path: String,
    /// Line of the value, from 1.
    pub line: usize,
    /// Span of the value in the file's decoded text.
    pub span: (usize, usize),
    /// `string`, `part of an f-string`…
    pub shape: String,
    /// How it is looked up here, where that differs from the move's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookup>,
    /// `safe`, or `unsafe` where the edit changes more than where the value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
    /// The rule that found it.
    pub rule: String,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What a person must do beside the edit for the program to run as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
    /// What a service must be given before the file works: a secret of a CI service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creates: Option<Creates>,
}

/// Something that a service must be given before a file works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ToCreate<'a> {
    /// The file that refers to it.
    pub path: &'a str,
    /// What the service calls it.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The command that makes it.
    pub command: &'a str,
}

/// A finding that keylift will not rewrite by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Refused {
    /// Path below the plan's root, with `/`.
    pub path: String,
    /// Line of the value, from 1.
    pub line: usize,
    /// The value's fingerprint.
    pub fingerprint: Fingerprint,
    /// The rule that found it.
    pub rule: String,
    /// What its holder can do.
    pub severity: Severity,
    /// A stable word for the reason.
    pub code: String,
    /// Why not.
    pub reason: String,
    /// What a person should do.
    pub advice: String,
}

impl PlannedMove {
    /// How the value is looked up at a site.
    pub fn lookup_at(&self, site: &PlannedSite, plan: &Plan) -> Lookup {
        site.lookup.or(self.lookup).unwrap_or(plan.lookup)
    }

    /// Whether a program reads the value from its environment: not where it only goes into templates.
    pub fn is_read(&self, plan: &Plan) -> bool {
        self.sites.is_empty() || self.sites.iter().any(|site| self.lookup_at(site, plan) != Lookup::Inject)
    }

    /// All variables that hold the value.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.also.iter().map(String::as_str))
    }
}
