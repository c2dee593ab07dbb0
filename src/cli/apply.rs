//! `keylift apply`, `fix`, `resume`: store, read back, rewrite, rescan.

use std::path::{Path, PathBuf};

use clap::Args;

use super::plan::{Planning, make};
use super::project::Project;
use super::{Context, Format, diff};
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Phase, Plan, Report};
use crate::pipeline::{self, Options, Silent};
use crate::render;

/// How far to go.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct How {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave moves out that have an edit which is not safe
    #[arg(long)]
    only_safe: bool,
    /// Do not add the variables to `.env.example`
    #[arg(long)]
    no_env_example: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl How {
    fn options(&self) -> Options {
        Options { only_safe: self.only_safe, no_example: self.no_env_example }
    }
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// The plan
    #[arg(default_value = PLAN_FILE)]
    plan: PathBuf,
    #[command(flatten)]
    how: How,
}

/// Options of `fix`.
#[derive(Debug, Args)]
pub(super) struct FixArgs {
    #[command(flatten)]
    planning: Planning,
    /// Where to write the plan
    #[arg(long, value_name = "FILE", default_value = PLAN_FILE)]
    out: PathBuf,
    #[command(flatten)]
    how: How,
}

/// Options of `resume`.
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The run; the latest that stopped on its way where none is given
    run: Option<String>,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Applies a plan.
pub(super) fn apply(args: &ApplyArgs, context: &Context) -> Result<Exit, Failure> {
    let plan = Plan::read(&args.plan)?;
    run(&plan, &args.plan, &args.how, context)
}

/// Plans, shows the diff, asks once, applies.
pub(super) fn fix(args: &FixArgs, context: &Context) -> Result<Exit, Failure> {
    let plan = make(&args.planning, &args.out, context)?;
    if !args.how.dry_run {
        plan.write(&args.out)?;
    }
    if plan.approved().next().is_none() {
        match args.how.format {
            Format::Text => context.print(&render::plan::text(&plan))?,
            Format::Json => {
                let report = Report { refused: plan.refusals.len(), ..Report::default() };
                context.print(&render::run::report_json(&report, &plan)?)?;
            }
        }
        return Ok(if plan.refusals.is_empty() && plan.moves.is_empty() { Exit::Done } else { Exit::Left });
    }
    run(&plan, &args.out, &args.how, context)
}

fn run(plan: &Plan, file: &Path, how: &How, context: &Context) -> Result<Exit, Failure> {
    let project = Project::of_plan(file, plan, context)?;
    let store = context.store(&plan.store, &project.root)?;
    let text = how.format == Format::Text;
    let shown = diff::shown(plan, &project.root, &project.key, context)?;
    if text {
        context.print(&shown.text)?;
        context.print(&render::plan::summary(plan))?;
    }
    for path in &shown.changed {
        context.warn(&format!("{path} changed since the plan was made: the moves in it are held back"));
    }
    for notice in store.notices().into_iter().chain(git_notice(&project.root)) {
        context.warn(&notice);
    }
    if how.dry_run {
        return Ok(if plan.approved().next().is_some() { Exit::Left } else { Exit::Done });
    }
    if !how.yes {
        if !context.interactive {
            return Err(Failure::usage("nobody is there to answer: standard input or output is no terminal")
                .advise("look at `keylift diff`, then say `--yes`"));
        }
        let moves = plan.approved().count();
        let question = format!("Store {moves} secrets in {} and rewrite {} files?", plan.store, shown.files);
        if !context.confirm(&question)? {
            context.say("Nothing was done.");
            return Ok(Exit::Left);
        }
    }
    let at = project.surroundings(&*store, &Silent);
    let report = context.wait(async {
        let done = pipeline::apply(plan, how.options(), &at).await;
        context.closed(store.close().await);
        done
    })?;
    tell(&report, how.format, plan, context)
}

/// Goes on with a run.
pub(super) fn resume(args: &ResumeArgs, context: &Context) -> Result<Exit, Failure> {
    let project = Project::around(context)?;
    let run = project.run(args.run.as_deref(), |run| run.phase == Phase::Open && !run.is_untouched(), "resume")?;
    let Some(plan) = &run.plan else {
        return Err(Failure::usage(format!("run {} stopped before it began: nothing was done", run.id)));
    };
    let store = context.store(&plan.store, &project.root)?;
    let at = project.surroundings(&*store, &Silent);
    let report = context.wait(async {
        let done = pipeline::resume(&run.id, Options::default(), &at).await;
        context.closed(store.close().await);
        done
    })?;
    tell(&report, args.format, plan, context)
}

fn tell(report: &Report, format: Format, plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    match format {
        Format::Text => context.print(&render::run::report(report, plan))?,
        Format::Json => context.print(&render::run::report_json(report, plan)?)?,
    }
    Ok(report.exit())
}

/// Changes that are not committed would be mixed with keylift's own: the user is told, nothing is forced.
fn git_notice(root: &Path) -> Option<String> {
    let repository = gix::discover(root).ok()?;
    repository
        .is_dirty()
        .ok()?
        .then(|| "the git tree has changes that are not committed: keylift's edits will stand among them".to_owned())
}
