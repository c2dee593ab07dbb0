//! What a match of a rule's pattern is worth.

use std::ops::Range;

use super::{Engine, RULE};
use crate::model::{Confidence, Kind, SourceFile};
use crate::rules::described;
use crate::rules::generic::{self, Candidate};
use crate::rules::matcher::Matcher;
use crate::rules::rule::Rule;
use crate::rules::tree::Tree;
use crate::rules::{checksum, value};

impl Engine {
    /// Passwords that people chose count for little in comments and documentation: examples stand there.
    pub(super) fn quieten(&self, candidates: &mut [Candidate], tree: &Tree<'_>, least: Confidence) {
        for candidate in candidates.iter_mut().filter(|found| found.rank >= RULE && found.confidence >= least) {
            let chosen = self.rule(&candidate.rule).is_some_and(|rule| matches!(rule.kind, Kind::Dsn | Kind::Password));
            let value = tree.text().get(candidate.span.clone()).unwrap_or_default();
            if chosen && value::look(value) < value::Look::Random && tree.is_prose(&candidate.span) {
                candidate.confidence = Confidence::Low;
                candidate.certain = false;
            }
        }
    }

    /// What a match of a rule's pattern is worth; none where it is no credential.
    pub(super) fn judge(
        &self,
        number: usize,
        matcher: &Matcher,
        text: &str,
        span: Range<usize>,
        whole: Range<usize>,
        file: &SourceFile,
    ) -> Option<Candidate> {
        let rule = &*self.rules[number];
        // A span within a character comes from a pattern over bytes: no value.
        let value = text.get(span.clone()).filter(|value| !value.is_empty())?;
        if rule.entropy.is_some_and(|least| value::entropy(value.as_bytes()) < least) {
            return None;
        }
        if matcher.exempts.as_ref().is_some_and(|exempts| exempts.pass_over(text, &whole, value, file)) {
            return None;
        }
        let mut confidence = rule.confidence;
        let proof = rule.checksum.as_ref().and_then(|sum| checksum::passes(sum, matcher, value.as_bytes()));
        if proof == Some(false) {
            confidence = Confidence::Low;
        }
        if value::is_documentation_key(value)
            || (proof.is_none() && (value::is_alphabet(value) || stands_in(rule, value)))
        {
            confidence = Confidence::Low;
        }
        if described::is_described(rule, text, &span) {
            confidence = Confidence::Low;
        }
        // A well-formed JWT proves nothing about who signed it; people choose the passwords in connection strings.
        let proven_token = proof == Some(true) && rule.kind != Kind::Jwt;
        let chosen = matches!(rule.kind, Kind::Dsn | Kind::Password | Kind::PrivateKey | Kind::Identifier);
        if !proven_token && generic::quiet_place(file.path()) && (chosen || confidence < Confidence::High) {
            confidence = Confidence::Low;
        }
        // An issuer's own format says more than the connection string or the envelope that it stands in.
        let own = match rule.kind {
            _ if rule.url.ends_with("rfc-editor.org") => 0,
            Kind::Dsn | Kind::Identifier => 1,
            Kind::Password => 2,
            // The value itself says whose it is, not a name beside it.
            _ if rule.keywords.iter().any(|word| value.contains(&**word)) => 4,
            _ => 3,
        };
        let rank = RULE + own + u8::from(proven_token);
        let certain = confidence > Confidence::Low || rule.confidence == Confidence::Low;
        let (rule, extent) = (rule.id.clone(), span.start - whole.start);
        Some(Candidate { span, rule, name: None, confidence, rank, certain, extent, encoded: None, language: None })
    }
}

/// A placeholder. What a key's file says about the key beside it (`Comment: example`) makes none of it.
fn stands_in(rule: &Rule, value: &str) -> bool {
    if rule.kind == Kind::PrivateKey { value.contains("xxxx") } else { value::is_placeholder(value) }
}
