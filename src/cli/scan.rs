//! `keylift scan`: what is hardcoded, values masked. `keylift plan`: what can be moved, and where to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Context;
use crate::model::plan::PLAN_FILE;
use crate::model::{Confidence, Exit, Failure, Finding, Lookup, Origin, Plan, Skipped, SourceFile};
use crate::render::findings::{self, Row, slashes};
use crate::rules::Engine;
use crate::steps::plan::{Scanned, Target, plan};
use crate::steps::scan::Collector;
use crate::steps::sources::{Sink, git};
use crate::steps::walk::{WalkOptions, stdin, walk};

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
    /// Only the lines that git's index adds
    #[arg(long, conflicts_with_all = ["since", "history"])]
    staged: bool,
    /// Only the lines that commits after a revision add
    #[arg(long, value_name = "REV", conflicts_with = "history")]
    since: Option<String>,
    /// Every version of every file that git has
    #[arg(long)]
    history: bool,
}

/// Scans what git hands over, and warns of what it could not read.
struct GitSink<'a>(Collector<'static>, &'a Context);

impl Sink for GitSink<'_> {
    fn file(&self, file: SourceFile) {
        self.0.add(&file);
    }

    fn notice(&self, notice: Skipped) {
        self.1.warn(&format!("not read: {}: {}", notice.path.display(), notice.reason));
    }
}

impl ScanArgs {
    /// What git has; none where no git source was asked for.
    fn git(&self, context: &Context) -> Option<Result<Vec<Finding>, Failure>> {
        let [folder] = self.paths.path.as_slice() else {
            return (self.staged || self.history || self.since.is_some())
                .then(|| Err(Failure::usage("git sources take one folder")));
        };
        let sink = GitSink(Collector::new(Engine::builtin(), self.paths.confidence.into()), context);
        let done = if self.staged {
            git::staged(folder, &sink)
        } else if let Some(revision) = &self.since {
            git::since(folder, revision, &sink)
        } else if self.history {
            git::history(folder, &|_| true, &sink)
        } else {
            return None;
        };
        Some(done.map(|()| earliest(sink.0.finish())))
    }
}

/// One finding for a value that many versions of a file hold: the one with the earliest commit.
fn earliest(found: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<(PathBuf, String, usize), Vec<usize>> = BTreeMap::new();
    let time = |finding: &Finding| match finding.origin {
        Origin::Git { time, .. } => time.unwrap_or(i64::MAX),
        _ => i64::MAX,
    };
    let in_head = |finding: &Finding| matches!(finding.origin, Origin::Git { in_head: true, .. });
    for finding in found {
        let places = known.entry((finding.path.clone(), finding.rule.clone(), finding.secret.len())).or_default();
        let Some(at) = places.iter().copied().find(|at| kept[*at].secret == finding.secret) else {
            places.push(kept.len());
            kept.push(finding);
            continue;
        };
        // Whether HEAD still has the value is told by any version of it.
        let still = in_head(&kept[at]) || in_head(&finding);
        if time(&finding) < time(&kept[at]) {
            kept[at] = finding;
        }
        if let Origin::Git { in_head, .. } = &mut kept[at].origin {
            *in_head = still;
        }
    }
    kept
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    paths: Paths,
    /// The store: `age:PATH`, `dotenv:PATH`, `vault://MOUNT/PREFIX`
    #[arg(long, value_name = "STORE")]
    to: String,
    /// Where to write the plan; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = PLAN_FILE)]
    out: PathBuf,
}

impl Paths {
    /// Findings with paths relative to `base`; without one, to the folder that was asked for.
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
    let found = if let Some(found) = args.git(context) {
        found?
    } else if args.paths.path == [PathBuf::from("-")] {
        let file = stdin(&args.stdin_path, WalkOptions::default().max_size)
            .map_err(|error| Failure::usage(format!("could not read standard input: {error}")))?;
        let collector = Collector::new(Engine::builtin(), args.paths.confidence.into());
        collector.add(&file);
        collector.finish()
    } else {
        args.paths.findings(context, if args.paths.path.len() == 1 { None } else { Some(here()?) })
    };
    let text = match args.format {
        Output::Text => findings::text(&found),
        format => {
            let key = context.fingerprint_key()?;
            let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
            let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
            let lines = lines.map_err(|error| Failure::usage(format!("could not write the findings: {error}")))?;
            match format {
                Output::Jsonl => lines.join("\n") + if lines.is_empty() { "" } else { "\n" },
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
    let store = context.store(&args.to)?;
    let here = here()?;
    let mut files: BTreeMap<String, Scanned> = BTreeMap::new();
    for finding in args.paths.findings(context, Some(here.clone())) {
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
    let to_stdout = args.out.as_os_str() == "-";
    let earlier = match Plan::read(&args.out) {
        Ok(plan) if plan.fingerprint_key == key.id() => {
            plan.moves.into_iter().map(|planned| (planned.fingerprint, planned.name)).collect()
        }
        _ => BTreeMap::new(),
    };
    let target = Target { store: &*store, lookup: Lookup::Env, key: &key, earlier, reserved: BTreeSet::new() };
    let files: Vec<Scanned> = files.into_values().collect();
    let mut plan = plan(&files, &target);
    plan.check().map_err(|error| Failure::usage(error).advise("run keylift in the folder that holds all the code"))?;
    if !to_stdout {
        plan.root = root_from(&args.out, &here);
    }
    if to_stdout {
        context.print(&plan.to_yaml()?)?;
    } else {
        plan.write(&args.out)?;
        context.print(&crate::render::plan::text(&plan))?;
        context.say(&format!("Written to {}: review it, then commit it.", args.out.display()));
    }
    Ok(if plan.moves.is_empty() && plan.refusals.is_empty() { Exit::Done } else { Exit::Left })
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::usage(format!("no working folder: {error}")))
}

/// The folder that a plan's paths are relative to, as seen from the plan file: `.` where it lies beside the code.
fn root_from(plan: &Path, here: &Path) -> PathBuf {
    let folder = plan.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), here.canonicalize()) {
        (Ok(folder), Ok(here)) if folder != here => here,
        _ => PathBuf::from("."),
    }
}
