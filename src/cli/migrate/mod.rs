//! `keylift migrate`: every secret of one store into another. `keylift policy`: what that needs.

mod checks;
mod desk;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use keylift_providers::Job;

use self::desk::{Desk, read_map};
use super::input::here;
use super::progress::Follower;
use super::{Context, Format};
use crate::model::{Exit, Failure, Migrated};
use crate::pipeline::migrate::{self, Approved, Asked, Migration, OnConflict, Writer};
use crate::render::migration;
use crate::steps::carry::Map;

pub(super) use self::checks::diff;

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    verb: Option<MigrateVerb>,
    #[command(flatten)]
    pair: Option<Pair>,
    #[command(flatten)]
    how: How,
    /// Look, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Look, and write a plan for `keylift migrate apply`: fingerprints, never values
    #[arg(long, value_name = "PLAN.yaml")]
    out: Option<PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // Independent options, each asked on its own.
struct How {
    /// What to do where the target holds another value
    #[arg(long, value_enum, default_value = "skip-if-equal")]
    on_conflict: OnConflictArg,
    /// Replace values in a store that cannot refuse a racing write; what is replaced is kept, encrypted
    #[arg(long)]
    force: bool,
    /// Carry what the stores keep beside values: tags, custom metadata, descriptions
    #[arg(long)]
    metadata: bool,
    /// Carry older versions, where the target keeps any; what does not go along is told first
    #[arg(long)]
    history: bool,
    /// Put all new values beside the ones that programs read, and only once all of them are there make each the current
    /// one (AWS Secrets Manager)
    #[arg(long)]
    cut_over: bool,
    /// Rename, leave out, take apart or gather entries
    #[arg(long, value_name = "RULES.yaml")]
    map: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Pair {
    /// The store that secrets are read from; nothing is written to it
    from: String,
    /// The store that they go to
    to: String,
}

#[derive(Debug, Subcommand)]
enum MigrateVerb {
    /// Carry out a plan that `migrate --out` wrote; what changed at the source since is held back
    Apply {
        /// The plan
        plan: PathBuf,
        /// Look, and write nothing
        #[arg(long)]
        dry_run: bool,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Go on with a migration that stopped on its way
    Resume {
        /// The stores, where more than one migration stopped
        #[arg(num_args = 2, value_names = ["FROM", "TO"])]
        pair: Vec<String>,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Compare every value of a store with its place in another
    Verify {
        #[command(flatten)]
        pair: Pair,
        /// The map that the migration was made with
        #[arg(long, value_name = "RULES.yaml")]
        map: Option<PathBuf>,
        /// A target that holds further fields of a JSON object counts as equal
        #[arg(long)]
        merged: bool,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Remove at the source what is proven to be in the target: a later step, asked about and journalled
    Retire(RetireArgs),
    /// Take the latest migration back: what it made goes, what it replaced comes back
    Undo {
        #[command(flatten)]
        pair: Pair,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

#[derive(Debug, Args)]
struct RetireArgs {
    #[command(flatten)]
    pair: Pair,
    /// The map that the migration was made with
    #[arg(long, value_name = "RULES.yaml")]
    map: Option<PathBuf>,
    /// A target that holds further fields of a JSON object counts as equal
    #[arg(long)]
    merged: bool,
    /// Look, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; needs --count
    #[arg(long, short)]
    yes: bool,
    /// How many entries may go; another number of equal ones, and nothing goes
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnConflictArg {
    /// Anything that is there already is a conflict
    Fail,
    /// An equal value is done already; another is a conflict
    SkipIfEqual,
    /// Replace what an earlier migration between these stores wrote; another value is a conflict
    OverwriteIfOwned,
    /// Replace another value, under the version that was seen
    Overwrite,
    /// Add the fields that the target's entry lacks; one that differs is a conflict
    MergeKeys,
}

impl From<OnConflictArg> for OnConflict {
    fn from(asked: OnConflictArg) -> Self {
        match asked {
            OnConflictArg::Fail => Self::Fail,
            OnConflictArg::SkipIfEqual => Self::SkipIfEqual,
            OnConflictArg::OverwriteIfOwned => Self::OverwriteIfOwned,
            OnConflictArg::Overwrite => Self::Overwrite,
            OnConflictArg::MergeKeys => Self::MergeKeys,
        }
    }
}

/// Options of `policy`.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// The store
    store: String,
    /// Who it is for: keylift itself, or the rewritten program
    #[arg(long = "for", value_enum, default_value = "app")]
    job: JobArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum JobArg {
    Migrator,
    App,
}

/// Migrates, or compares.
pub(super) fn migrate(args: &MigrateArgs, context: &Context) -> Result<Exit, Failure> {
    match (&args.verb, &args.pair) {
        (Some(MigrateVerb::Resume { pair, format }), _) => resume(pair, *format, context),
        (Some(MigrateVerb::Verify { pair, map, merged, format }), _) => {
            checks::verify(pair, map.as_deref(), *merged, *format, context)
        }
        (Some(MigrateVerb::Apply { plan, dry_run, format }), _) => {
            let plan = Approved::read(plan, &context.fingerprint_key()?)?;
            apply(&plan, *dry_run, *format, context)
        }
        (Some(MigrateVerb::Retire(args)), _) => checks::retire(args, context),
        (Some(MigrateVerb::Undo { pair, format }), _) => checks::undo(pair, *format, context),
        (None, Some(pair)) => {
            let map = read_map(args.how.map.as_deref())?;
            let asked = Asked {
                on_conflict: args.how.on_conflict.into(),
                force: args.how.force,
                metadata: args.how.metadata,
                history: args.how.history,
                cut_over: args.how.cut_over,
                map: map.source().cloned(),
                plan: None,
            };
            let out = args.out.as_deref().map(Writer::new).transpose()?;
            let task = Task { map: &map, asked, plan: None, dry_run: args.dry_run || out.is_some(), out };
            run(pair, task, args.format, context)
        }
        (None, None) => Err(Failure::usage("migrate needs two stores").advise("`keylift migrate FROM TO`")),
    }
}

/// What is to be carried, and how.
struct Task<'a> {
    map: &'a Map,
    asked: Asked,
    plan: Option<&'a Approved>,
    dry_run: bool,
    out: Option<Writer>,
}

fn run(pair: &Pair, task: Task<'_>, format: Format, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::new(pair, context)?;
    let watch = Follower::new(context);
    let Task { map, asked, plan, dry_run, out } = task;
    let moved = watch.wait(async {
        desk.tell_beside(context).await;
        let migration = Migration {
            from: &*desk.from,
            to: &*desk.to,
            key: &desk.key,
            map,
            plan,
            asked,
            root: &desk.here,
            backups: context,
            dry_run,
            watch: &watch,
        };
        let done = match out {
            Some(out) => migration.write_plan(&desk.dir, out).await,
            None => migration.run(&desk.dir).await,
        };
        desk.close(context).await;
        done
    })?;
    tell(&moved, &desk, dry_run, format, context)
}

fn apply(plan: &Approved, dry_run: bool, format: Format, context: &Context) -> Result<Exit, Failure> {
    let map = map_of(&plan.asked)?;
    let pair = Pair { from: plan.from.clone(), to: plan.to.clone() };
    let task = Task { map: &map, asked: plan.asked.clone(), plan: Some(plan), dry_run, out: None };
    run(&pair, task, format, context)
}

/// The map that stands in a plan or a journal.
fn map_of(asked: &Asked) -> Result<Map, Failure> {
    match &asked.map {
        Some(source) => Map::of(source).map_err(|error| Failure::usage(format!("the map: {error}"))),
        None => Ok(Map::default()),
    }
}

fn tell(moved: &Migrated, desk: &Desk, dry_run: bool, format: Format, context: &Context) -> Result<Exit, Failure> {
    let mut out = context.out();
    match format {
        Format::Text => migration::moved(moved, desk.to.location(), dry_run, &mut out)?,
        Format::Json => migration::moved_json(moved, &mut out)?,
    }
    if !moved.conflicts.is_empty() && !moved.withheld {
        context
            .say("What is in conflict was left as it is: look at it, then `--on-conflict` says what may be replaced.");
    }
    if moved.is_empty() {
        context.warn(&format!("nothing is in {}: is its name right?", desk.from.location()));
    }
    if moved.withheld {
        let (from, to) = (desk.from.location(), desk.to.location());
        context.say(&format!(
            "{} new values wait beside those that programs read; none was made current. Mend what is told above, then \
             `keylift migrate resume {from} {to}` goes on; `keylift migrate undo {from} {to}` takes them away again.",
            moved.staged
        ));
    }
    if moved.stopped {
        let (from, to) = (desk.from.location(), desk.to.location());
        context.say(&format!("Stopped. `keylift migrate resume {from} {to}` goes on where it was."));
    }
    Ok(moved.exit())
}

fn resume(pair: &[String], format: Format, context: &Context) -> Result<Exit, Failure> {
    let here = here()?;
    let locations = match pair {
        [from, to] => {
            let [from, to] = [context.store(from, &here)?, context.store(to, &here)?];
            Some((from.location().to_owned(), to.location().to_owned()))
        }
        _ => None,
    };
    let pair = locations.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
    let open = migrate::open(&context.config_dir()?.join("migrations"), &here, pair)?;
    if let Some(plan) = &open.plan {
        return apply(&Approved::read(plan, &context.fingerprint_key()?)?, false, format, context);
    }
    let map = map_of(&open.asked)?;
    let task = Task { map: &map, asked: open.asked, plan: None, dry_run: false, out: None };
    run(&Pair { from: open.from, to: open.to }, task, format, context)
}

/// Prints the least policy for a job on a store.
pub(super) fn policy(args: &PolicyArgs, context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&args.store, &here()?)?;
    let job = match args.job {
        JobArg::Migrator => Job::Migrator,
        JobArg::App => Job::App,
    };
    let policy = store.policy(job).ok_or_else(|| {
        Failure::usage(format!("{} has no policies of its own", store.location()))
            .advise("its files' permissions are what keeps it")
    })?;
    context.print(&format!("{}\n", policy.text.trim_end()))?;
    Ok(Exit::Done)
}
