//! `keylift check --live`: whether credentials that stand in the code still work.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use keylift_providers::Secret;
use serde_json::json;
use tokio::task::JoinSet;

use super::Context;
use super::input::{Paths, here};
use super::project::Project;
use crate::model::plan::{PlannedMove, PlannedSite};
use crate::model::{Exit, Failure, Finding, Origin, SourceFile};
use crate::render::findings::{harmless, mask, slashes};
use crate::rules::{Engine, Live};
use crate::steps::live::{Answer, ask, host};

/// Credentials that are asked about at a time.
const AT_ONCE: usize = 8;

/// Options of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    paths: Paths,
    /// Send each credential to its issuer, and to nobody else; without this nothing is sent
    #[arg(long)]
    live: bool,
    /// How to print the answers
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Jsonl,
}

/// One credential, where it stands, and how its issuer is asked.
struct Case<'a> {
    finding: &'a Finding,
    places: usize,
    how: Result<(&'a Live, String), String>,
}

/// Runs `check`.
pub(super) fn check(args: &CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let engine = args.paths.engine(context)?;
    let found = match args.paths.no_path() {
        Some(name) => of_run(name, &engine, context)?,
        None => None,
    };
    let found = match found {
        Some(found) => found,
        None => args.paths.unjudged(context, &here()?)?,
    };
    let cases = cases(&found, &engine);
    if !args.live {
        context.print(&would_ask(&cases))?;
        return Ok(if cases.is_empty() { Exit::Done } else { Exit::Left });
    }
    let mut hosts: Vec<&str> =
        cases.iter().filter_map(|case| case.how.as_ref().ok()).map(|(_, host)| &**host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    if !hosts.is_empty() {
        context.say(&format!("Asking {}: each credential goes to its own issuer alone.", hosts.join(", ")));
    }
    let answers = context.wait(answers(&cases))?;
    let mut out = String::new();
    for (case, answer) in cases.iter().zip(&answers) {
        line(&mut out, case, answer, args.format, context)?;
    }
    if args.format == Form::Text {
        let count = |test: fn(&Answer) -> bool| answers.iter().filter(|answer| test(answer)).count();
        let _ = writeln!(
            out,
            "{} live, {} dead, {} unknown.",
            count(|answer| *answer == Answer::Live),
            count(|answer| *answer == Answer::Dead),
            count(|answer| matches!(answer, Answer::Unknown(_))),
        );
    }
    context.print(&out)?;
    // What is not known to be dead may work.
    Ok(if answers.iter().all(|answer| *answer == Answer::Dead) { Exit::Done } else { Exit::Left })
}

/// The values that a run moved, read from its store, at the places where they stood; none where no run has that name.
fn of_run(name: &str, engine: &Engine, context: &Context) -> Result<Option<Vec<Finding>>, Failure> {
    let project = Project::around(context)?;
    if !project.runs.ids().iter().any(|id| id == name) {
        return Ok(None);
    }
    let run = project.runs.read(name)?;
    let Some(plan) = &run.plan else { return Ok(Some(Vec::new())) };
    let store = context.store(&plan.store, &project.root)?;
    let moves: Vec<&PlannedMove> =
        plan.moves.iter().filter(|planned| run.receipts.contains_key(&planned.name)).collect();
    let addresses: Vec<_> = moves.iter().map(|planned| run.receipts[&planned.name].address.clone()).collect();
    let entries = context.wait(async {
        let entries = store.read_many(&addresses).await;
        context.closed(store.close().await);
        Ok(entries)
    })?;
    let mut found = Vec::new();
    for (planned, entry) in moves.into_iter().zip(entries) {
        match entry? {
            Some(entry) => found.extend(planned.sites.first().map(|site| moved(planned, site, entry.secret, engine))),
            None => context.warn(&format!("{} is no longer in the store", planned.name)),
        }
    }
    Ok(Some(found))
}

/// A moved value as a finding at the first of its places.
fn moved(planned: &PlannedMove, site: &PlannedSite, secret: Secret, engine: &Engine) -> Finding {
    // What was moved encoded is asked about decoded.
    let again = engine.scan(&SourceFile::disk(&site.path, secret.expose()));
    let encoded = again.into_iter().filter(|found| found.rule == planned.rule).find_map(|found| found.encoded);
    Finding {
        path: PathBuf::from(&site.path),
        origin: Origin::Disk,
        span: site.span.0..site.span.1,
        bytes: site.span.0..site.span.1,
        start: (site.line, 1),
        end: (site.line, 1),
        rule: planned.rule.clone(),
        kind: planned.kind,
        confidence: site.confidence,
        severity: planned.severity,
        secret,
        name: Some(planned.name.clone()),
        language: None,
        env: None,
        encoded,
        pair: None,
        again: false,
        snippet: None,
    }
}

/// Equal credentials of one rule are asked about once.
fn cases<'a>(found: &'a [Finding], engine: &'a Engine) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    for finding in found {
        if let Some(case) =
            cases.iter_mut().find(|case| case.finding.rule == finding.rule && case.finding.secret == finding.secret)
        {
            case.places += 1;
            continue;
        }
        let live = engine.rule(&finding.rule).and_then(|rule| rule.live.as_ref());
        let how = live.ok_or_else(|| "no check is known for this rule".to_owned());
        cases.push(Case { finding, places: 1, how: how.and_then(|live| Ok((live, host(live)?))) });
    }
    cases
}

async fn answers(cases: &[Case<'_>]) -> Result<Vec<Answer>, Failure> {
    let mut answers: Vec<Answer> = Vec::with_capacity(cases.len());
    for some in cases.chunks(AT_ONCE) {
        let start = answers.len();
        let mut waiting: JoinSet<(usize, Answer)> = JoinSet::new();
        for (number, case) in some.iter().enumerate() {
            let answer = match &case.how {
                Err(reason) => Answer::Unknown(reason.clone()),
                Ok((live, _)) => {
                    let secret = case.finding.encoded.as_ref().map_or(&case.finding.secret, |encoded| &encoded.plain);
                    let (live, secret): (Live, Secret) = ((*live).clone(), secret.duplicate());
                    waiting.spawn(async move { (number, ask(&live, &secret).await) });
                    Answer::Unknown("no answer".to_owned())
                }
            };
            answers.push(answer);
        }
        while let Some(done) = waiting.join_next().await {
            if let Ok((number, answer)) = done {
                answers[start + number] = answer;
            }
        }
    }
    Ok(answers)
}

fn would_ask(cases: &[Case<'_>]) -> String {
    let mut out = String::new();
    for case in cases {
        let how = match &case.how {
            Ok((live, host)) => format!("would ask {host} ({})", live.method),
            Err(reason) => reason.clone(),
        };
        let _ = writeln!(out, "{}  {}: {how}", place(case), case.finding.rule);
    }
    out.push_str("Nothing was sent. `--live` sends each credential to its own issuer.\n");
    out
}

fn place(case: &Case<'_>) -> String {
    let more = if case.places > 1 { format!(" and {} more", case.places - 1) } else { String::new() };
    let finding = case.finding;
    format!("{}:{}:{}{more}", harmless(&slashes(&finding.path)), finding.start.0, finding.start.1)
}

fn line(out: &mut String, case: &Case<'_>, answer: &Answer, format: Form, context: &Context) -> Result<(), Failure> {
    let (word, reason) = match answer {
        Answer::Live => ("live", None),
        Answer::Dead => ("dead", None),
        Answer::Unknown(reason) => ("unknown", Some(reason)),
    };
    let finding = case.finding;
    let masked = mask(&finding.secret);
    if format == Form::Text {
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let _ = writeln!(out, "{word:7}  {}  {}  {}{reason}", place(case), finding.rule, harmless(&masked));
    } else {
        let row = json!({
            "path": slashes(&finding.path), "line": finding.start.0, "column": finding.start.1, "rule": finding.rule,
            "fingerprint": context.fingerprint_key()?.fingerprint(&finding.secret).as_str(), "masked": masked,
            "places": case.places, "host": case.how.as_ref().ok().map(|(_, host)| host), "answer": word, "reason": reason,
        });
        let _ = writeln!(out, "{row}");
    }
    Ok(())
}
