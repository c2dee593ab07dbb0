//! `keylift scan`: what is hardcoded, values masked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Context;
use crate::model::{Confidence, Exit, Failure, Finding, Origin, Skipped, SourceFile};
use crate::render::findings::{self, Row};
use crate::rules::Engine;
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

impl Paths {
    /// Findings with paths relative to `base`; without one, to the folder that was asked for.
    pub(super) fn findings(&self, context: &Context, base: Option<PathBuf>) -> Vec<Finding> {
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

pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::usage(format!("no working folder: {error}")))
}
