//! Holds rules against their own examples and counter-examples.

use std::fmt::Write as _;
use std::path::Path;

use super::files::{Rules, read};
use crate::cli::Context;
use crate::model::{Confidence, Exit, Failure, SourceFile};
use crate::render::findings::harmless;
use crate::rules::{Engine, Rule, expand};

/// Texts made of each example, because a rule may miss one in many.
const ROUNDS: u64 = 25;

pub(super) fn test(file: Option<&Path>, context: &Context) -> Result<Exit, Failure> {
    let (rules, engine) = match file {
        Some(file) => {
            let rules = read(file, context)?;
            let engine = Engine::with(rules.clone()).map_err(|error| Failure::usage(error.to_string()))?;
            (rules, Rules::Own(Box::new(engine)))
        }
        None => (Engine::builtin().rules().cloned().collect(), Rules::Builtin(Engine::builtin())),
    };
    let mut out = String::new();
    let (mut tested, mut bare, mut wrong) = (0, 0, 0);
    for rule in &rules {
        if rule.examples.is_empty() {
            bare += 1;
            let _ = writeln!(out, "{}: no examples", harmless(&rule.id));
            continue;
        }
        tested += 1;
        let faults = faults(rule, &engine);
        wrong += usize::from(!faults.is_empty());
        for fault in faults {
            let _ = writeln!(out, "{}: {}", harmless(&rule.id), harmless(&fault));
        }
    }
    let _ = writeln!(out, "{tested} rules tested, {wrong} wrong, {bare} without examples.");
    context.print(&out)?;
    Ok(if wrong > 0 { Exit::Left } else { Exit::Done })
}

/// What is wrong with a rule by its own examples. Templates are quoted, never what was made of them.
fn faults(rule: &Rule, engine: &Engine) -> Vec<String> {
    let mut faults = Vec::new();
    let hits = |template: &str, round: u64, least: Confidence| -> Result<usize, String> {
        let text = expand(template, round)?;
        let found = engine.scan(&SourceFile::disk("settings.txt", text.as_bytes()));
        Ok(found.iter().filter(|found| found.rule == *rule.id && found.confidence >= least).count())
    };
    for (kind, templates, least) in
        [("example", &rule.examples, Confidence::Low), ("counter-example", &rule.counter_examples, Confidence::Medium)]
    {
        for template in templates.iter() {
            let missed: Result<Vec<bool>, String> = (1..=ROUNDS)
                .map(|round| hits(template, round, least).map(|count| (count == 1) == (kind == "example")))
                .collect();
            match missed {
                Err(error) => faults.push(error),
                Ok(good) => {
                    let bad = good.iter().filter(|good| !**good).count();
                    // Randomness may make a value that the entropy turns down, once in a while.
                    if bad > 1 {
                        let what = if kind == "example" { "is not found" } else { "is found all the same" };
                        faults.push(format!("{kind} `{template}` {what}, {bad} times in {ROUNDS}"));
                    }
                }
            }
        }
    }
    faults
}
