//! Rules that users bring: YAML of keylift's own schema, and the rule files of other scanners as far as they carry over.

mod allowlist;
mod filter;
mod gitleaks;
mod kingfisher;
mod literals;

use literals::in_every_match;
pub(super) use literals::is_told;
mod requirements;

use std::borrow::Cow;

use super::builtin;
use super::matcher::Matcher;
use super::rule::{Exempt, Live, Pair, Rotation, Rule, RuleError, parse};
use crate::model::{Confidence, Kind, Severity};

/// Rules of a file, and what of it has no counterpart here.
#[derive(Debug, Default)]
pub struct Carried {
    /// The rules that work.
    pub rules: Vec<Rule>,
    /// What could not be carried over, one sentence each, with the rule's id where it is about one.
    pub lost: Vec<String>,
}

/// Gives the text of a file that a rule file names, or a reason why it cannot.
pub type Open<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a rule file: keylift's YAML, kingfisher's YAML, or the TOML of gitleaks and betterleaks, told apart by what is in
/// it.
///
/// # Errors
/// The file is none of these, or a rule of keylift's own schema is wrong: those are not left out silently.
pub fn read(file: &str, text: &str, open: Open<'_>) -> Result<Carried, RuleError> {
    let is_toml =
        std::path::Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if is_toml {
        return gitleaks::read(file, text, open);
    }
    let syntax = |message: String| RuleError::Syntax { file: file.to_owned(), message };
    let yaml: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| syntax(error.to_string()))?;
    let rules = yaml.get("rules").and_then(serde_yaml::Value::as_sequence);
    let rules = rules.ok_or_else(|| syntax("no list of `rules`".to_owned()))?;
    // Kingfisher's rules have no kind and no severity, keylift's always have both.
    let own = rules.iter().any(|rule| rule.get("kind").is_some() || rule.get("severity").is_some());
    if own || rules.is_empty() {
        return Ok(Carried { rules: parse(file, text)?, lost: Vec::new() });
    }
    kingfisher::read(file, text)
}

/// A foreign rule before it is known to work.
#[derive(Debug, Default)]
struct Draft {
    /// Whose rule it is.
    tool: &'static str,
    id: String,
    name: String,
    pattern: String,
    keywords: Vec<String>,
    entropy: Option<f32>,
    confidence: Option<Confidence>,
    identifier: bool,
    path: Option<String>,
    exempt: Vec<Exempt>,
    pair: Option<Pair>,
    live: Option<Live>,
    docs: Vec<String>,
}

impl Draft {
    /// The rule, or the reason why there is none.
    fn finish(self) -> Result<Rule, String> {
        let mut id = slug(&self.id);
        if id.is_empty() {
            return Err("a rule without an id".to_owned());
        }
        // It would take the place of one that knows more: checksum, rotation, the check at the issuer.
        if builtin::rules().binary_search_by(|known| (*known.id).cmp(&id)).is_ok() {
            id = format!("{}-{id}", self.tool);
        }
        // A keyword must be in every match; those that the pattern itself shows to be are sure, a tool's own may stand
        // elsewhere in the file.
        let sure = in_every_match(&self.pattern);
        let keywords = if sure.is_empty() { self.keywords } else { sure };
        let rule = Rule {
            name: Cow::Owned(if self.name.is_empty() { id.clone() } else { self.name }),
            issuer: Cow::Borrowed(""),
            url: Cow::Borrowed(""),
            kind: if self.identifier { Kind::Identifier } else { kind(&id) },
            pattern: Cow::Owned(self.pattern),
            keywords: keywords.into_iter().filter(|word| !word.is_empty()).map(Cow::Owned).collect(),
            entropy: self.entropy.filter(|entropy| *entropy > 0.0),
            checksum: None,
            path: self.path.map(Cow::Owned),
            exempt: Cow::Owned(self.exempt),
            confidence: self.confidence.unwrap_or(Confidence::Medium),
            severity: if self.identifier { Severity::Low } else { Severity::High },
            env: Cow::Owned(id.to_ascii_uppercase().replace('-', "_")),
            pair: self.pair,
            risk: Cow::Borrowed(""),
            rotation: Rotation::default(),
            docs: self.docs.into_iter().map(Cow::Owned).collect(),
            live: self.live,
            examples: Cow::Borrowed(&[]),
            counter_examples: Cow::Borrowed(&[]),
            id: Cow::Owned(id.clone()),
        };
        if let Err(error) = Matcher::new(&rule) {
            let line = error.lines().map(str::trim).rfind(|line| line.starts_with("error:"));
            let why = line.map_or(&*error, |line| line.trim_start_matches("error:").trim());
            return Err(format!("{id}: left out: its regular expression does not work here: {why}"));
        }
        if rule.keywords.is_empty() {
            return Err(format!(
                "{id}: left out: no text of three or more characters is in every match, so that nothing tells where to look"
            ));
        }
        Ok(rule)
    }
}

/// An id in kebab-case.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn kind(id: &str) -> Kind {
    let has = |word: &str| id.split('-').any(|part| part == word);
    if id.contains("private-key") {
        Kind::PrivateKey
    } else if has("jwt") {
        Kind::Jwt
    } else if has("webhook") {
        Kind::Webhook
    } else if has("password") || has("passwd") {
        Kind::Password
    } else if has("uri") || has("url") || has("dsn") {
        Kind::Dsn
    } else if has("token") || has("pat") {
        Kind::Token
    } else {
        Kind::ApiKey
    }
}

#[cfg(test)]
mod tests;
