//! The roof: the only place that knows arguments, environment, configuration files and the terminal. One verb a file.

mod apply;
mod baseline;
#[cfg(feature = "live")]
mod check;
mod context;
mod diff;
mod export;
mod hook;
mod inject;
mod input;
mod migrate;
mod output;
mod plan;
mod progress;
mod project;
mod rendered;
mod review;
mod rules;
mod run;
mod scan;
mod store;
mod undo;
mod values;

use clap::{CommandFactory, Parser, Subcommand};

use crate::model::{Exit, Failure};
pub use context::{Context, Format};

/// Lifts hardcoded credentials out of a codebase and into a secret store, and rewrites the code to look them up.
#[derive(Debug, Parser)]
#[command(name = "keylift", version, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    global: context::Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Find hardcoded credentials, values masked
    Scan(scan::ScanArgs),
    /// Write a plan: what will move where, and what will not, for review
    Plan(plan::PlanArgs),
    /// Decide on a plan's secrets one by one, guided
    Review(review::ReviewArgs),
    /// Show the edits that a plan stands for, secrets masked
    Diff(diff::DiffArgs),
    /// Store the secrets, read them back, rewrite the code, look again
    Apply(apply::ApplyArgs),
    /// Plan, show the diff, ask once, apply
    Fix(apply::FixArgs),
    /// Go on with a run that stopped on its way
    Resume(apply::ResumeArgs),
    /// Give every file back as it was before a run, byte for byte
    Undo(undo::UndoArgs),
    /// Tell what happened and what is left
    Status(undo::StatusArgs),
    /// Run a command with the moved secrets in its environment, from the store
    Run(run::RunArgs),
    /// Render a template: a file with references becomes one with values from the store
    Inject(inject::InjectArgs),
    /// Carry every secret of a store into another, each read back; verify and undo that
    Migrate(migrate::MigrateArgs),
    /// Print the least policy that the rewritten program, or keylift itself, needs on a store
    Policy(migrate::PolicyArgs),
    /// Print what a deployment needs so that the rewritten program finds its variables
    Export(export::ExportArgs),
    /// Look at a store: check, list, get, put
    Store(store::StoreArgs),
    /// Accept findings that are known, and keep the list of them short
    Baseline(baseline::BaselineArgs),
    /// Ask issuers whether the credentials that are found, or that a run moved, still work
    #[cfg(feature = "live")]
    Check(check::CheckArgs),
    /// Have git check what each commit adds
    Hook(hook::HookArgs),
    /// List, explain and test the rules
    Rules(rules::RulesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Wait for a command's end, and remove what was rendered for it
    #[command(hide = true)]
    Sweep(rendered::SweepArgs),
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// Runs the program: parses the arguments, runs the verb, reports a failure. Never panics, never prints a secret.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // Printing to a closed terminal fails; there is nobody left to tell.
            let _ = error.print();
            return exit;
        }
    };
    let context = Context::new(&arguments.global);
    match run(arguments.verb, &context) {
        Ok(exit) => exit,
        Err(failure) => {
            context.report(&failure);
            failure.exit
        }
    }
}

fn run(verb: Verb, context: &Context) -> Result<Exit, Failure> {
    match verb {
        Verb::Scan(args) => scan::scan(&args, context),
        Verb::Review(args) => review::review(&args, context),
        Verb::Diff(args) => diff::diff(&args, context),
        Verb::Plan(args) => plan::plan_verb(&args, context),
        Verb::Apply(args) => apply::apply(&args, context),
        Verb::Fix(args) => apply::fix(&args, context),
        Verb::Resume(args) => apply::resume(&args, context),
        Verb::Undo(args) => undo::undo(&args, context),
        Verb::Status(args) => undo::status(&args, context),
        Verb::Run(args) => run::run(&args, context),
        Verb::Inject(args) => inject::inject(&args, context),
        Verb::Sweep(args) => rendered::sweep(&args),
        Verb::Store(args) => store::store(&args, context),
        Verb::Baseline(args) => baseline::baseline(&args, context),
        #[cfg(feature = "live")]
        Verb::Check(args) => check::check(&args, context),
        Verb::Hook(args) => hook::hook(&args, context),
        Verb::Rules(args) => rules::rules(&args, context),
        Verb::Migrate(args) => migrate::migrate(&args, context),
        Verb::Export(args) => export::export_verb(&args, context),
        Verb::Policy(args) => migrate::policy(&args, context),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "keylift", &mut context.out());
            Ok(Exit::Done)
        }
        Verb::Man => context.written(|out| clap_mangen::Man::new(Arguments::command()).render(out)),
    }
}
