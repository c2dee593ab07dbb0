//! `keylift rules`: what is looked for, what it means, and whether a rule file does what it says.

mod examples;
mod explain;
mod files;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use self::examples::test;
use self::explain::{explain, word};
pub(super) use self::files::{RuleFiles, Rules};
use super::Context;
use crate::model::{Exit, Failure};
use crate::render::findings::harmless;
use crate::rules::Engine;

/// Options of `rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the rules
    List {
        #[command(flatten)]
        files: RuleFiles,
        /// How to print them
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Explain a rule: what it finds, what somebody with it can do, how to rotate it
    Show {
        /// The rule's id, or a part of one
        id: String,
        #[command(flatten)]
        files: RuleFiles,
    },
    /// Hold rules against their own examples and counter-examples
    Test {
        /// A rule file; without one, the built-in rules
        file: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Runs `rules`.
pub(super) fn rules(args: &RulesArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.what {
        What::List { files, format } => {
            let engine = files.engine(context)?;
            list(&engine, *format, context)
        }
        What::Show { id, files } => {
            let engine = files.engine(context)?;
            show(id, &engine, context)
        }
        What::Test { file } => test(file.as_deref(), context),
    }
}

fn list(engine: &Engine, format: Form, context: &Context) -> Result<Exit, Failure> {
    let mut out = String::new();
    if format == Form::Json {
        let all: Vec<_> = engine
            .rules()
            .map(|rule| {
                json!({
                    "id": rule.id, "name": rule.name, "issuer": rule.issuer, "kind": rule.kind,
                    "severity": rule.severity, "confidence": rule.confidence, "env": rule.env,
                    "checksum": rule.checksum.is_some(), "live": rule.live.is_some(),
                })
            })
            .collect();
        out = serde_json::to_string_pretty(&all).unwrap_or_default() + "\n";
    } else {
        let width = engine.rules().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in engine.rules() {
            let severity = word(rule.severity);
            let _ = writeln!(out, "{:width$}  {severity:8}  {}", harmless(&rule.id), harmless(&rule.name));
        }
        let issuers: std::collections::BTreeSet<_> = engine.rules().map(|rule| &rule.issuer).collect();
        let _ = writeln!(out, "{} rules, {} issuers.", engine.rules().count(), issuers.len());
    }
    context.print(&out)?;
    Ok(Exit::Done)
}

fn show(id: &str, engine: &Engine, context: &Context) -> Result<Exit, Failure> {
    let Some(rule) = engine.rule(id) else {
        let close: Vec<&str> =
            engine.rules().map(|rule| &*rule.id).filter(|known| known.contains(id)).take(8).collect();
        let failure = Failure::usage(format!("there is no rule `{id}`"));
        return Err(match close.as_slice() {
            [] => failure.advise("`keylift rules list` lists them"),
            [only] => return show(only, engine, context),
            close => failure.advise(close.join(", ")),
        });
    };
    context.print(&explain(rule))?;
    Ok(Exit::Done)
}
