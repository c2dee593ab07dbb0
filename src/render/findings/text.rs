//! Findings for people: one block a secret, the gravest first, then what to do next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use console::Style;

use super::{harmless, mask, slashes, word};
use crate::model::{Finding, Origin, Severity};
use crate::rules::{Engine, Rule};

/// Places of one secret that are shown with their line; further ones are listed.
const SHOWN: usize = 4;
/// Places of one secret that are listed; further ones are counted.
const LISTED: usize = 20;

/// Blocks of text, coloured where asked for.
pub fn text(findings: &[Finding], engine: &Engine, color: bool) -> String {
    if findings.is_empty() {
        return "No hardcoded credentials found.\n".to_owned();
    }
    let mut out = String::new();
    let groups = groups(findings);
    // What a rule says is told once, with its first secret.
    let mut told = BTreeSet::new();
    for group in &groups {
        block(&mut out, group, engine, color);
        let rule = group.iter().max_by_key(|finding| (finding.severity, finding.confidence));
        if let Some(rule) = rule.and_then(|finding| engine.rule(&finding.rule)).filter(|rule| told.insert(&rule.id)) {
            advice(&mut out, rule);
        }
        out.push('\n');
    }
    summary(&mut out, findings, &groups);
    out
}

/// Equal secrets together; the gravest and surest first.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut by_value: BTreeMap<&[u8], Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_value.entry(finding.secret.expose()).or_default().push(finding);
    }
    let mut groups: Vec<Vec<&Finding>> = by_value.into_values().collect();
    let rank = |group: &[&Finding]| group.iter().map(|finding| (finding.severity, finding.confidence)).max();
    // Never by value: an order that depends on it would tell something.
    groups.sort_by(|a, b| {
        rank(b).cmp(&rank(a)).then_with(|| (&a[0].path, a[0].span.start).cmp(&(&b[0].path, b[0].span.start)))
    });
    groups
}

fn block(out: &mut String, group: &[&Finding], engine: &Engine, color: bool) {
    let paint = |style: Style, text: &str| style.force_styling(color).apply_to(text).to_string();
    let Some(first) = group.iter().max_by_key(|finding| (finding.severity, finding.confidence)) else { return };
    let rule = engine.rule(&first.rule);
    let name = rule.map_or(&*first.rule, |rule| &*rule.name);
    let style = match first.severity {
        Severity::Critical => Style::new().red().bold(),
        Severity::High => Style::new().red(),
        Severity::Medium => Style::new().yellow(),
        Severity::Low => Style::new().cyan(),
    };
    let places = if group.len() == 1 { String::new() } else { format!("  in {} places", group.len()) };
    let _ = writeln!(
        out,
        "{}  {}  {}  {}{places}",
        paint(style.clone(), &word(first.severity)),
        paint(Style::new().bold(), name),
        harmless(&mask(&first.secret)),
        paint(Style::new().dim(), &format!("[{}]", first.rule)),
    );
    for (number, finding) in group.iter().take(LISTED).enumerate() {
        let _ = writeln!(
            out,
            "  {}:{}:{}{}  {}{}",
            harmless(&slashes(&finding.path)),
            finding.start.0,
            finding.start.1,
            finding.member().map(|member| format!("  in {}", harmless(member))).unwrap_or_default(),
            finding.name.as_deref().map(|name| format!("{}, ", harmless(name))).unwrap_or_default(),
            format_args!("{} confidence{}{}", word(finding.confidence), encoding(finding), from_git(finding)),
        );
        if let Some(pair) = &finding.pair {
            let name = engine.rule(&pair.rule).map_or(&*pair.rule, |rule| &*rule.name);
            let _ = writeln!(out, "    goes with the {name} at line {}", pair.start.0);
        }
        if let Some(snippet) = finding.snippet.as_ref().filter(|_| number < SHOWN) {
            let number = finding.start.0.to_string();
            let gap = " ".repeat(number.len());
            let lead: String = snippet.line.chars().take(snippet.caret.0).collect();
            let caret = format!("{}{}", " ".repeat(console::measure_text_width(&lead)), "^".repeat(snippet.caret.1));
            let bar = paint(Style::new().blue(), "|");
            let _ = writeln!(out, "    {} {bar} {}", paint(Style::new().blue(), &number), snippet.line);
            let _ = writeln!(out, "    {gap} {bar} {}", paint(style.clone(), &caret));
        }
    }
    if group.len() > LISTED {
        let _ = writeln!(out, "  and {} more places (`--format jsonl` lists all)", group.len() - LISTED);
    }
}

fn advice(out: &mut String, rule: &Rule) {
    if !rule.risk.is_empty() {
        let _ = writeln!(out, "  risk:   {}", rule.risk);
    }
    if !rule.rotation.page.is_empty() {
        let _ = writeln!(out, "  rotate: {}", rule.rotation.page);
    }
}

fn encoding(finding: &Finding) -> String {
    finding.encoded.as_ref().map(|encoded| format!(", {}", encoded.chain.replace('+', " of "))).unwrap_or_default()
}

fn from_git(finding: &Finding) -> String {
    let Origin::Git { commit: Some(commit), time, in_head, .. } = &finding.origin else { return String::new() };
    let short = commit.get(..10).unwrap_or(commit);
    let date = time.map(|time| super::date_time(time)[..10].to_owned()).unwrap_or_default();
    format!(", commit {short} {date}, {}", if *in_head { "still in HEAD" } else { "no longer in HEAD" })
}

fn summary(out: &mut String, findings: &[Finding], groups: &[Vec<&Finding>]) {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut levels: BTreeMap<Severity, usize> = BTreeMap::new();
    for group in groups {
        if let Some(worst) = group.iter().map(|finding| finding.severity).max() {
            *levels.entry(worst).or_default() += 1;
        }
    }
    let levels: Vec<String> = levels.iter().rev().map(|(level, count)| format!("{count} {}", word(level))).collect();
    let _ = writeln!(
        out,
        "{} in {}: {}.",
        plural(groups.len(), "hardcoded credential"),
        plural(findings.len(), "place"),
        levels.join(", ")
    );
    let any = |test: fn(&Origin) -> bool| findings.iter().any(|finding| test(&finding.origin));
    out.push_str("What to do next:\n");
    if any(|origin| matches!(origin, Origin::Disk)) {
        out.push_str("  keylift plan --to STORE           shows how to move them into a store\n");
    }
    if any(|origin| matches!(origin, Origin::Git { commit: Some(_), .. })) {
        out.push_str("  rotate them at their issuer       git keeps what was ever committed\n");
    }
    if any(|origin| matches!(origin, Origin::Archive { .. })) {
        out.push_str("  leave the files out of the archive, and rotate what was published in it\n");
    }
    out.push_str("  keylift rules show RULE           what it opens, and how to rotate it\n");
    out.push_str("  keylift baseline add --reason WHY accepts what is known; so does a comment `keylift:allow WHY`\n");
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn equal_secrets_are_one_block_with_carets() {
        let all =
            // keylift:allow made up for a test
            found("a.py", "A_PASSWORD = 'Sun-rise.4411x'\nB_PASSWORD = 'Sun-rise.4411x'\nC_PASSWORD = 'Moon.9'\n");
        let shown = text(&all, Engine::builtin(), false);
        assert_eq!(shown.matches("in 2 places").count(), 1, "{shown}");
        assert!(shown.contains("2 hardcoded credentials in 3 places"), "{shown}");
        assert!(shown.contains("    1 | A_PASSWORD = '********'\n      |               ^^^^^^^^\n"), "{shown}");
        assert!(!shown.contains("Sun-rise") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn nothing_found_is_said() {
        assert_eq!(text(&[], Engine::builtin(), true), "No hardcoded credentials found.\n");
    }
}
