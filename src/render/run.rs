//! What a run came to, and what runs there were, for people and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use keylift_providers::{Address, Written};
use serde::Serialize;

use crate::model::{Failure, Held, Left, Phase, Plan, Report, Summary, ToCreate, Undone};

/// The report of an apply or resume.
pub fn report(report: &Report, plan: &Plan) -> String {
    let mut out = String::new();
    for (name, address, written) in &report.moved {
        let how = match written {
            Written::Created => "stored, read back",
            Written::Updated => "stored as a new version, read back",
            Written::AlreadyEqual => "was there already, read back",
        };
        let _ = writeln!(out, "  {name} -> {address}  {how}");
    }
    if !report.held.is_empty() {
        out.push_str("\nHeld back:\n");
        for held in &report.held {
            let _ = writeln!(out, "  {}  {}", held.name, held.reason);
            let _ = writeln!(out, "      {}", held.advice);
        }
    }
    if !report.left.is_empty() {
        out.push_str("\nMoved values that still stand in the code:\n");
        for left in &report.left {
            let _ = writeln!(out, "  {}:{}  {}", left.path, left.line, left.name);
        }
    }
    let todo = todo(report, plan);
    if !todo.is_empty() {
        out.push_str("\nLeft for you to do:\n");
        for text in todo {
            let _ = writeln!(out, "  - {text}");
        }
    }
    out.push_str(&super::plan::creates(&creates(report, plan)));
    let (moved, files) = (report.moved.len(), report.files.len());
    let _ = writeln!(out, "\n{} in {}, {} changed.", count(moved, "secret"), plan.store, count(files, "file"));
    if report.refused > 0 {
        let _ = writeln!(out, "{} not rewritten: the plan says why.", places(report.refused));
    }
    if moved > 0 {
        let _ = writeln!(
            out,
            "\nThe old values still work until they are rotated: they were in the code, and are in its history."
        );
        let _ = writeln!(
            out,
            "Run the program with `keylift run -- COMMAND`; `keylift undo {}` takes this back.",
            report.run
        );
    }
    out
}

/// What the moved secrets ask a person to do beside the edits, each once.
fn todo<'a>(report: &Report, plan: &'a Plan) -> BTreeSet<&'a str> {
    let moved = |name: &str| report.moved.iter().any(|(moved, _, _)| moved == name);
    let sites = plan.moves.iter().filter(|planned| moved(&planned.name)).flat_map(|planned| &planned.sites);
    sites.filter_map(|site| site.todo.as_deref()).collect()
}

/// What services must be given for the moved secrets.
fn creates<'a>(report: &Report, plan: &'a Plan) -> Vec<ToCreate<'a>> {
    let moved = |name: &str| report.moved.iter().any(|(moved, _, _)| moved == name);
    Plan::creates(plan.moves.iter().filter(|planned| moved(&planned.name)))
}

/// The report of an undo.
pub fn undone(undone: &Undone, purge: bool) -> String {
    let mut out = String::new();
    for reason in undone.conflicts.values() {
        let _ = writeln!(out, "  not given back: {reason}");
    }
    for (name, reason) in &undone.kept {
        let _ = writeln!(out, "  {name} stays in the store: {reason}");
    }
    let _ = writeln!(out, "{} as before run {}.", count(undone.restored.len(), "file"), undone.run);
    if purge {
        let _ = writeln!(out, "{} removed from the store.", count(undone.removed.len(), "entry"));
    } else {
        out.push_str("The values stay in the store; `--purge` removes those that the run made.\n");
    }
    if !undone.conflicts.is_empty() {
        out.push_str("Put changed files back by hand, then undo again; or close the run with `--skip-changed`.\n");
    }
    out
}

/// All runs of a project.
pub fn status(runs: &[Summary]) -> String {
    if runs.is_empty() {
        return "No run yet. `keylift plan --to STORE` begins.\n".into();
    }
    let mut out = String::new();
    for run in runs {
        let _ = writeln!(out, "{}  {}  {}", run.run, time(run.began), phase(run));
        let (secrets, files) = (count(run.verified.len(), "secret"), count(run.files.len(), "file"));
        let _ = writeln!(out, "    {secrets} in {}, {files}", run.store);
        if let Some(failed) = run.message.as_ref().filter(|_| run.phase == Phase::Open) {
            let _ = writeln!(out, "    it said: {failed}");
        }
        for held in &run.held {
            let _ = writeln!(out, "    held back: {}  {}", held.name, held.reason);
        }
        for left in &run.left {
            let _ = writeln!(out, "    still in the code: {}:{}  {}", left.path, left.line, left.name);
        }
    }
    if let Some(open) = runs.iter().rev().find(|run| run.phase == Phase::Open && !run.untouched) {
        let _ = writeln!(out, "\n`keylift resume {0}` finishes it, `keylift undo {0}` takes it back.", open.run);
    }
    out
}

fn phase(run: &Summary) -> &'static str {
    match run.phase {
        Phase::Open if run.untouched => "stopped before anything was changed",
        Phase::Open => "stopped on its way",
        Phase::Done => "done",
        Phase::Undoing => "undo stopped on its way",
        Phase::Undone => "undone",
    }
}

fn time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |time| time.to_string())
}

fn count(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {what}s"),
    }
}

fn places(number: usize) -> String {
    if number == 1 { "1 place was".into() } else { format!("{number} places were") }
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    address: &'a Address,
    written: Written,
}

#[derive(Serialize)]
struct ReportRow<'a> {
    run: &'a str,
    moved: Vec<Made<'a>>,
    held: &'a [Held],
    files: &'a [String],
    left: &'a [Left],
    create: Vec<ToCreate<'a>>,
    refused: usize,
}

/// The report of an apply or resume as JSON. `create` is what services must be given before the files work.
pub fn report_json(report: &Report, plan: &Plan) -> Result<String, Failure> {
    let moved = report.moved.iter().map(|(name, address, written)| Made { name, address, written: *written }).collect();
    json(&ReportRow {
        run: &report.run,
        moved,
        held: &report.held,
        files: &report.files,
        left: &report.left,
        create: creates(report, plan),
        refused: report.refused,
    })
}

#[derive(Serialize)]
struct UndoneRow<'a> {
    run: &'a str,
    restored: &'a [String],
    conflicts: &'a std::collections::BTreeMap<String, String>,
    removed: &'a [String],
    kept: Vec<Kept<'a>>,
}

#[derive(Serialize)]
struct Kept<'a> {
    name: &'a str,
    reason: &'a str,
}

/// The report of an undo as JSON.
pub fn undone_json(undone: &Undone) -> Result<String, Failure> {
    json(&UndoneRow {
        run: &undone.run,
        restored: &undone.restored,
        conflicts: &undone.conflicts,
        removed: &undone.removed,
        kept: undone.kept.iter().map(|(name, reason)| Kept { name, reason }).collect(),
    })
}

#[derive(Serialize)]
struct RunRow<'a> {
    run: &'a str,
    began: String,
    state: &'static str,
    store: &'a str,
    verified: &'a [String],
    held: &'a [Held],
    left: &'a [Left],
    files: &'a [String],
    message: Option<&'a str>,
}

/// All runs of a project as JSON.
pub fn status_json(runs: &[Summary]) -> Result<String, Failure> {
    let rows: Vec<RunRow<'_>> = runs
        .iter()
        .map(|run| RunRow {
            run: &run.run,
            began: time(run.began),
            state: match run.phase {
                Phase::Open => "open",
                Phase::Done => "done",
                Phase::Undoing => "undoing",
                Phase::Undone => "undone",
            },
            store: &run.store,
            verified: &run.verified,
            held: &run.held,
            left: &run.left,
            files: &run.files,
            message: run.message.as_deref(),
        })
        .collect();
    json(&rows)
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| format!("{text}\n"))
        .map_err(|error| Failure::usage(format!("could not write the report: {error}")))
}
