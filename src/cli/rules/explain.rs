//! What a rule means: what it finds, how far the damage reaches, how to rotate it.

use std::fmt::Write as _;

use crate::model::{Confidence, Kind, Severity};
use crate::rules::Rule;

pub(super) fn explain(rule: &Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  [{}]\n", rule.name, rule.id);
    if !rule.issuer.is_empty() {
        let _ = writeln!(out, "Issued by   {} {}", rule.issuer, rule.url);
    }
    let _ = writeln!(out, "Severity    {}: {}", word(rule.severity), reach(rule.severity));
    let _ = writeln!(out, "Confidence  {}: {}", word(rule.confidence), sure(rule.confidence));
    if !rule.env.is_empty() {
        let _ = writeln!(out, "Variable    {}", rule.env);
    }
    let _ = writeln!(out, "\nWhat it is\n  {}", what(rule.kind));
    if !rule.risk.is_empty() {
        let _ = writeln!(out, "\nWhat somebody who reads the code can do with it\n  {}", rule.risk);
    }
    let _ = writeln!(
        out,
        "\nHow far the damage reaches\n  {}\n  Whoever can read the repository, a fork of it, a backup, a build log or a published package has it, and git\n  keeps it after it was deleted. Moving it into a store ends that for the next value, not for this one: rotate it.",
        spread(rule.severity)
    );
    if !rule.rotation.steps.is_empty() || !rule.rotation.page.is_empty() {
        let _ = writeln!(out, "\nHow to rotate it");
        for (number, step) in rule.rotation.steps.iter().enumerate() {
            let _ = writeln!(out, "  {}. {step}", number + 1);
        }
        if !rule.rotation.page.is_empty() {
            let _ = writeln!(out, "  Page: {}", rule.rotation.page);
        }
        if let Some(api) = &rule.rotation.api {
            let _ = writeln!(out, "  API:  {api}");
        }
        out.push_str(if rule.rotation.overlap {
            "  Two can be valid at once: make the new one, roll it out, then revoke the old one. Nothing stops in between.\n"
        } else {
            "  The old one ends when the new one begins: have the roll-out ready, and expect a short interruption.\n"
        });
    }
    let _ = writeln!(out, "\nHow it is found");
    if rule.pattern.is_empty() {
        let _ = writeln!(out, "  By what the value is bound to, passed to or compared with");
    } else {
        let _ = writeln!(out, "  Near one of: {}", rule.keywords.join(", "));
        let _ = writeln!(out, "  Pattern:     {}", rule.pattern.trim());
    }
    if let Some(entropy) = rule.entropy {
        let _ = writeln!(out, "  Entropy:     at least {entropy} bits a character");
    }
    if let Some(path) = &rule.path {
        let _ = writeln!(out, "  In files:    whose path matches {path}");
    }
    if !rule.exempt.is_empty() {
        let _ = writeln!(out, "  But not:     where one of {} exemptions holds", rule.exempt.len());
    }
    if let Some(checksum) = &rule.checksum {
        let _ = writeln!(out, "  Checksum:    {} (checked offline)", checksum.kind);
    }
    if let Some(pair) = &rule.pair {
        let _ = writeln!(out, "  Belongs to:  {}", pair.identifier);
    }
    if let Some(live) = &rule.live {
        let _ =
            writeln!(out, "  Live check:  {} {} (`keylift check --live`, never unless asked)", live.method, live.url);
    }
    if !rule.docs.is_empty() {
        let _ = writeln!(out, "\nSources");
        for page in rule.docs.iter() {
            let _ = writeln!(out, "  {page}");
        }
    }
    out
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::ApiKey => "A key that the issuer gives to a program. Whoever sends it is taken for that program.",
        Kind::Token => "A token that stands for a sign-in or a grant. Whoever sends it needs no password.",
        Kind::Password => "A password. Whoever knows it signs in as its owner, and where else it was used.",
        Kind::Dsn => "A connection string: where a server is, and the user and password that open it.",
        Kind::PrivateKey => "A private key: it proves who somebody is, or decrypts what was meant for them.",
        Kind::Webhook => "A URL that is itself the credential: whoever knows it can send to it.",
        Kind::Jwt => "A JSON Web Token: a signed statement of who somebody is and what they may do, until it expires.",
        Kind::Identifier => "An identifier that belongs to a secret. Alone it opens nothing.",
    }
}

fn reach(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "identifies, opens nothing by itself",
        Severity::Medium => "limited reach",
        Severity::High => "reads or changes customers' data",
        Severity::Critical => "takes over accounts, money, source or infrastructure",
    }
}

fn spread(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Not far: with the secret it belongs to, as far as that.",
        Severity::Medium => {
            "To what the one service does with this key: its quota, its messages, its data of this use."
        }
        Severity::High => "To the data behind it: reading, copying, changing, for as long as it is valid.",
        Severity::Critical => {
            "To everything its owner can reach: new credentials can be made with it that outlive it, so that replacing\n  it is not enough. Look for what was created while it was exposed."
        }
    }
}

fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "more likely none; shown with --confidence low",
        Confidence::Medium => "somebody should look",
        Confidence::High => "a credential as far as can be told without asking the issuer",
    }
}

pub(super) fn word(level: impl std::fmt::Debug) -> String {
    format!("{level:?}").to_lowercase()
}
