//! store -> verify -> rewrite -> rescan -> report, journalled; and the same road from wherever a crash stopped.

mod run;

use self::run::Run;
use super::{Options, Surroundings};
use crate::journal::{Entry, JOURNAL_VERSION, Replay};
use crate::model::{Exit, Failure, Phase, Plan, Report};
use crate::steps::approve::{self, Scope};

/// Runs a plan from its beginning.
///
/// # Errors
/// Where nothing was changed: the plan does not fit, the store is out of reach or an address is taken. Where something
/// was done, the report tells what was not.
pub async fn apply(plan: &Plan, options: Options, at: &Surroundings<'_>) -> Result<Report, Failure> {
    check_key(plan, at)?;
    plan.check_places(!at.store.capabilities().case_sensitive)
        .map_err(|what| Failure::new(Exit::Conflict, what).advise("give one of them another address in the plan"))?;
    let lock = at.runs.lock()?;
    for open in at.runs.all()?.iter().rev().filter(|run| matches!(run.phase, Phase::Open | Phase::Undoing)) {
        if !open.is_untouched() {
            return Err(unfinished(open));
        }
        // It stopped before its first effect (no store, a wrong token): there is nothing to go on with.
        at.runs.open(&open.id, &lock)?.1.append(&[Entry::Undone])?;
    }
    let approval = approve::approve(plan, &at.root, at.key, scope(options));
    if approval.approved.is_empty() && approval.held.is_empty() {
        return Err(Failure::new(Exit::Done, "the plan approves nothing: there is nothing to move"));
    }
    let (id, mut journal) = at.runs.begin(&lock)?;
    let started = Entry::Started { version: JOURNAL_VERSION, root: at.root.clone(), plan: Box::new(plan.clone()) };
    journal.append(&[started])?;
    let mut run = Run { id, plan, options, at, journal, before: None, receipts: Vec::new(), held: Vec::new() };
    let done = run.begin(approval).await;
    run.told(done)
}

/// Goes on with a run that stopped on its way.
///
/// # Errors
/// As [`apply`].
pub async fn resume(id: &str, options: Options, at: &Surroundings<'_>) -> Result<Report, Failure> {
    let lock = at.runs.lock()?;
    let (replay, journal) = at.runs.open(id, &lock)?;
    let Some(plan) = replay.plan.clone() else {
        return Err(
            Failure::usage(format!("run {id} stopped before it began: nothing was done")).advise("run `keylift apply`")
        );
    };
    match replay.phase {
        Phase::Open => {}
        Phase::Done => return Err(Failure::new(Exit::Done, format!("run {id} is done: nothing is left to resume"))),
        Phase::Undoing | Phase::Undone => {
            return Err(Failure::usage(format!("run {id} was undone"))
                .advise(format!("`keylift undo {id}` finishes the undo; `keylift apply` runs the plan again")));
        }
    }
    check_key(&plan, at)?;
    let receipts = replay.receipts.clone().into_iter().collect();
    let before = Some(&replay);
    let mut run = Run { id: id.to_owned(), plan: &plan, options, at, journal, before, receipts, held: Vec::new() };
    let done = if replay.staged.is_some() {
        run.held.clone_from(&replay.held);
        run.go_on(&replay).await
    } else {
        let approval = approve::approve(&plan, &at.root, at.key, scope(options));
        run.begin(approval).await
    };
    run.told(done)
}

fn scope(options: Options) -> Scope<'static> {
    Scope { only_safe: options.only_safe, ..Scope::default() }
}

fn check_key(plan: &Plan, at: &Surroundings<'_>) -> Result<(), Failure> {
    if plan.fingerprint_key == at.key.id() {
        return Ok(());
    }
    Err(Failure::usage("the plan was made with another fingerprint key")
        .advise("plan again, or take over the key file of whoever made the plan"))
}

fn unfinished(run: &Replay) -> Failure {
    let id = &run.id;
    let advice = match run.phase {
        Phase::Undoing => format!("`keylift undo {id}` finishes it"),
        _ => format!("`keylift resume {id}` finishes it, `keylift undo {id}` takes it back"),
    };
    Failure::new(Exit::Partly, format!("run {id} stopped on its way")).advise(advice)
}
