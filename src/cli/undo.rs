//! `keylift undo` and `keylift status`: backwards, and what happened.

use clap::Args;

use super::project::{Project, is_in_force};
use super::{Context, Format};
use crate::journal::Replay;
use crate::model::{Exit, Failure, Phase, Summary};
use crate::pipeline::{self, Silent, UndoOptions};
use crate::render;

/// Options of `undo`.
#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// The run; the latest whose changes are in the code where none is given
    run: Option<String>,
    /// Remove from the store what the run made there, and nothing else
    #[arg(long)]
    purge: bool,
    /// Leave files as they are that somebody changed since, and close the run
    #[arg(long)]
    skip_changed: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Takes a run back.
pub(super) fn undo(args: &UndoArgs, context: &Context) -> Result<Exit, Failure> {
    let project = Project::around(context)?;
    let run = project.run(args.run.as_deref(), is_in_force, "undo")?;
    let Some(plan) = &run.plan else {
        return Err(Failure::usage(format!("run {} stopped before it began: nothing was done", run.id)));
    };
    let store = context.store(&plan.store, &project.root)?;
    let at = project.surroundings(&*store, &Silent);
    let options = UndoOptions { purge: args.purge, skip_changed: args.skip_changed };
    let undone = context.wait(async {
        let done = pipeline::undo(&run.id, options, &at).await;
        context.closed(store.close().await);
        done
    })?;
    match args.format {
        Format::Text => context.print(&render::run::undone(&undone, args.purge))?,
        Format::Json => context.print(&render::run::undone_json(&undone)?)?,
    }
    Ok(undone.exit())
}

/// Tells what happened in the project.
pub(super) fn status(args: &StatusArgs, context: &Context) -> Result<Exit, Failure> {
    let project = Project::around(context)?;
    let runs: Vec<Summary> = project.runs.all()?.iter().map(Replay::summary).collect();
    match args.format {
        Format::Text => context.print(&render::run::status(&runs))?,
        Format::Json => context.print(&render::run::status_json(&runs)?)?,
    }
    let open = runs.iter().any(|run| matches!(run.phase, Phase::Open | Phase::Undoing) && !run.untouched);
    let left = runs.iter().any(|run| run.phase == Phase::Done && !(run.held.is_empty() && run.left.is_empty()));
    Ok(match (open, left) {
        (true, _) => Exit::Partly,
        (false, true) => Exit::Left,
        (false, false) => Exit::Done,
    })
}
