//! What is told of a candidate that counts: a finding, and the identifier that goes with it.

use std::ops::Range;

use keylift_providers::Secret;

use super::Engine;
use crate::model::{Encoded, Finding, Pair, SourceFile};
use crate::rules::generic::Candidate;
use crate::rules::rule::Rule;
use crate::rules::text::{Lines, View, allowed};
use crate::rules::tree::Tree;

/// Farthest that the identifier of a secret stands from it, in bytes.
const NEAR: usize = 2000;

impl Engine {
    /// Joins secrets with the identifiers that go with them: of the rule that theirs names the nearest, within the same
    /// scope before any other.
    pub(super) fn pair_up(&self, found: &mut [Finding], tree: &Tree<'_>) {
        for at in 0..found.len() {
            let rule = self.rule(&found[at].rule).and_then(|rule| rule.pair.as_ref());
            let Some(identifier) = rule.map(|pair| &*pair.identifier) else { continue };
            let own = &found[at].span;
            let gap = |other: &Finding| {
                other.span.start.saturating_sub(own.end).max(own.start.saturating_sub(other.span.end))
            };
            let near: Vec<&Finding> =
                found.iter().filter(|other| other.rule == identifier && gap(other) <= NEAR).collect();
            let scopes = |span: &Range<usize>| tree.literal_at(span).map(|(_, literal)| literal.scopes.clone());
            let apart = |other: &Finding| near.len() > 1 && scopes(&other.span) != scopes(own);
            let nearest = near.iter().min_by_key(|other| (apart(other), gap(other)));
            let pair = nearest.map(|other| Pair {
                rule: other.rule.clone(),
                span: other.span.clone(),
                bytes: other.bytes.clone(),
                start: other.start,
            });
            found[at].pair = pair;
        }
    }

    pub(super) fn finding(
        &self,
        candidate: Candidate,
        file: &SourceFile,
        view: &View<'_>,
        lines: &Lines<'_>,
    ) -> Option<Finding> {
        let rule = self.rule(&candidate.rule)?;
        let value = view.text().get(candidate.span.clone())?;
        let start = lines.position(candidate.span.start);
        if allowed(lines, start.0) {
            return None;
        }
        Some(Finding {
            path: file.path.clone(),
            origin: file.origin.clone(),
            bytes: view.to_bytes(&candidate.span),
            start,
            end: lines.position(candidate.span.end),
            rule: rule.id.to_string(),
            kind: rule.kind,
            confidence: candidate.confidence,
            severity: rule.severity,
            secret: Secret::new(value.as_bytes()),
            name: candidate.name,
            language: candidate.language.map(str::to_owned),
            env: env(rule, candidate.encoded.as_ref()),
            encoded: candidate.encoded,
            pair: None,
            again: false,
            span: candidate.span,
            snippet: None,
        })
    }
}

/// The variable that a rule proposes. What is not the credential itself is not called so.
fn env(rule: &Rule, encoded: Option<&Encoded>) -> Option<String> {
    if rule.env.is_empty() {
        return None;
    }
    Some(match encoded.and_then(|encoded| encoded.chain.split('+').next()) {
        Some("base64") => format!("{}_BASE64", rule.env),
        Some("hex") => format!("{}_HEX", rule.env),
        _ => rule.env.to_string(),
    })
}
