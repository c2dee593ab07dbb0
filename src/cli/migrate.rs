//! `keylift migrate`: every secret of one store into another. `keylift policy`: what that needs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use keylift_providers::{Job, Store};

use super::input::here;
use super::{Context, Format};
use crate::model::{Exit, Failure};
use crate::pipeline::Silent;
use crate::pipeline::migrate::{self, Migration, OnConflict};
use crate::render::migration;

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    verb: Option<MigrateVerb>,
    #[command(flatten)]
    pair: Option<Pair>,
    /// What to do where the target holds another value
    #[arg(long, value_enum, default_value = "skip-if-equal")]
    on_conflict: OnConflictArg,
    /// Look, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
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
    /// Compare every value of a store with its place in another
    Verify {
        #[command(flatten)]
        pair: Pair,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Remove from the target what the latest migration made there
    Undo {
        #[command(flatten)]
        pair: Pair,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnConflictArg {
    /// Anything that is there already is a conflict
    Fail,
    /// An equal value is done already; another is a conflict
    SkipIfEqual,
    /// Replace another value, under the version that was seen
    Overwrite,
}

impl From<OnConflictArg> for OnConflict {
    fn from(asked: OnConflictArg) -> Self {
        match asked {
            OnConflictArg::Fail => Self::Fail,
            OnConflictArg::SkipIfEqual => Self::SkipIfEqual,
            OnConflictArg::Overwrite => Self::Overwrite,
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
        (Some(MigrateVerb::Verify { pair, format }), _) => verify(pair, *format, context),
        (Some(MigrateVerb::Undo { pair }), _) => undo(pair, context),
        (None, Some(pair)) => run(args, pair, context),
        (None, None) => Err(Failure::usage("migrate needs two stores").advise("`keylift migrate FROM TO`")),
    }
}

fn run(args: &MigrateArgs, pair: &Pair, context: &Context) -> Result<Exit, Failure> {
    let [from, to] = stores(pair, context)?;
    let key = context.fingerprint_key()?;
    let dir = dir(&*from, &*to, context)?;
    for notice in from.notices().into_iter().chain(to.notices()) {
        context.warn(&notice);
    }
    let migration = Migration {
        from: &*from,
        to: &*to,
        key: &key,
        on_conflict: args.on_conflict.into(),
        dry_run: args.dry_run,
        watch: &Silent,
    };
    let moved = context.wait(async {
        let done = migration.run(&dir).await;
        context.closed(from.close().await);
        context.closed(to.close().await);
        done
    })?;
    match args.format {
        Format::Text => context.print(&migration::moved(&moved, to.location(), args.dry_run))?,
        Format::Json => context.print(&migration::moved_json(&moved)?)?,
    }
    Ok(moved.exit())
}

fn verify(pair: &Pair, format: Format, context: &Context) -> Result<Exit, Failure> {
    let [from, to] = stores(pair, context)?;
    let compared = context.wait(async {
        let done = migrate::compare(&*from, &*to).await;
        context.closed(from.close().await);
        context.closed(to.close().await);
        done
    })?;
    match format {
        Format::Text => context.print(&migration::compared(&compared, from.location(), to.location()))?,
        Format::Json => context.print(&migration::compared_json(&compared)?)?,
    }
    let all = compared.different.is_empty() && compared.missing.is_empty() && compared.stays.is_empty();
    Ok(if all { Exit::Done } else { Exit::Left })
}

fn undo(pair: &Pair, context: &Context) -> Result<Exit, Failure> {
    let [from, to] = stores(pair, context)?;
    let dir = dir(&*from, &*to, context)?;
    let (removed, kept) = context.wait(async {
        let done = migrate::undo(&dir, &*to).await;
        context.closed(to.close().await);
        done
    })?;
    context.print(&format!("{removed} entries removed from {}, {kept} left as they are.\n", to.location()))?;
    Ok(Exit::Done)
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

fn stores(pair: &Pair, context: &Context) -> Result<[Box<dyn Store>; 2], Failure> {
    let here = here()?;
    Ok([context.store(&pair.from, &here)?, context.store(&pair.to, &here)?])
}

/// The journals of migrations between two stores. File stores with relative paths are told apart by the folder.
fn dir(from: &dyn Store, to: &dyn Store, context: &Context) -> Result<PathBuf, Failure> {
    let here = here()?;
    let key = context.fingerprint_key()?;
    let parts = [from.location().as_bytes(), to.location().as_bytes(), here.as_os_str().as_encoded_bytes()];
    let name = key.derive("migration", &parts)[..8].iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
    Ok(context.config_dir()?.join("migrations").join(name))
}
