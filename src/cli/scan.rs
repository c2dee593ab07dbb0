//! `keylift scan`: what is hardcoded, values masked. `keylift plan`: what can be moved, and where to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use keylift_providers::Settings;

use super::Context;
use crate::model::plan::PLAN_FILE;
use crate::model::{Confidence, Exit, Failure, Finding, Lookup, Origin, Plan, SourceFile};
use crate::render::findings::{self, Row, slashes};
use crate::rules::Engine;
use crate::steps::plan::{Scanned, Target, plan};
use crate::steps::scan::Collector;
use crate::steps::walk::{WalkOptions, walk};

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Low,
    Medium,
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
        }
    }
}

/// What to read.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files and folders; `-` for standard input
    #[arg(default_value = ".")]
    path: Vec<PathBuf>,
    /// Read ignored files as well
    #[arg(long)]
    no_ignore: bool,
    /// Least confidence of a finding
    #[arg(long, value_enum, default_value = "medium")]
    confidence: Level,
}

/// Options of `scan`.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    paths: Paths,
    /// How to print findings
    #[arg(long, value_enum, default_value = "text")]
    format: Output,
    /// The path that standard input is read as
    #[arg(long, value_name = "PATH", default_value = "stdin")]
    stdin_path: PathBuf,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    paths: Paths,
    /// The store: age:PATH, dotenv:PATH, vault://MOUNT/PREFIX
    #[arg(long, value_name = "STORE")]
    to: String,
    /// Where to write the plan; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = PLAN_FILE)]
    out: PathBuf,
}

impl Paths {
    fn findings(&self, context: &Context, base: Option<PathBuf>) -> Vec<Finding> {
        let options = WalkOptions { base, respect_ignore: !self.no_ignore, ..WalkOptions::default() };
        let collector = Collector::new(Engine::builtin(), self.confidence.into());
        let report = walk(&self.path, &options, |file| collector.add(&file));
        for skipped in &report.skipped {
            context.warn(&format!("not read: {}: {}", skipped.path.display(), skipped.reason));
        }
        collector.finish()
    }
}

/// Scans.
pub(super) fn scan(args: &ScanArgs, context: &Context) -> Result<Exit, Failure> {
    let found = if args.paths.path == [PathBuf::from("-")] {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::usage(format!("could not read standard input: {error}")))?;
        let file = SourceFile { origin: Origin::Stdin, ..SourceFile::disk(&args.stdin_path, bytes) };
        let collector = Collector::new(Engine::builtin(), args.paths.confidence.into());
        collector.add(&file);
        collector.finish()
    } else {
        args.paths.findings(context, None)
    };
    let text = match args.format {
        Output::Text => findings::text(&found),
        format => {
            let key = context.fingerprint_key()?;
            let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
            let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
            let lines = lines.map_err(|error| Failure::usage(format!("could not write the findings: {error}")))?;
            match format {
                Output::Jsonl => lines.iter().map(|line| format!("{line}\n")).collect(),
                _ => format!("[{}]\n", lines.join(",\n")),
            }
        }
    };
    context.print(&text)?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Left })
}

/// Plans.
pub(super) fn plan_verb(args: &PlanArgs, context: &Context) -> Result<Exit, Failure> {
    let key = context.fingerprint_key()?;
    let store = keylift_providers::open(&args.to, &Settings::from_env())?;
    let here = std::env::current_dir().map_err(|error| Failure::usage(format!("no working folder: {error}")))?;
    let mut files: BTreeMap<String, Scanned> = BTreeMap::new();
    for finding in args.paths.findings(context, Some(here)) {
        let path = slashes(&finding.path);
        if !files.contains_key(&path) {
            let bytes =
                std::fs::read(&finding.path).map_err(|error| Failure::file("could not read", &finding.path, &error))?;
            files.insert(path.clone(), Scanned { path: path.clone(), bytes, findings: Vec::new() });
        }
        if let Some(file) = files.get_mut(&path) {
            file.findings.push(finding);
        }
    }
    let to_stdout = args.out == PathBuf::from("-");
    let earlier = match Plan::read(&args.out) {
        Ok(plan) if plan.fingerprint_key == key.id() => {
            plan.moves.into_iter().map(|planned| (planned.fingerprint, planned.name)).collect()
        }
        _ => BTreeMap::new(),
    };
    let target = Target { store: &*store, lookup: Lookup::Env, key: &key, earlier, reserved: BTreeSet::new() };
    let files: Vec<Scanned> = files.into_values().collect();
    let plan = plan(&files, &target);
    plan.check().map_err(Failure::usage)?;
    if to_stdout {
        context.print(&plan.to_yaml()?)?;
    } else {
        plan.write(&args.out)?;
        context.print(&crate::render::plan::text(&plan))?;
        context.say(&format!("Written to {}: review it, then commit it.", args.out.display()));
    }
    Ok(if plan.moves.is_empty() && plan.refusals.is_empty() { Exit::Done } else { Exit::Left })
}
