//! `keylift migrate`: every secret of one store into another. `keylift policy`: what that needs.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use keylift_providers::{FingerprintKey, Job, Store};

use super::input::here;
use super::progress::Follower;
use super::{Context, Format};
use crate::model::{Exit, Failure, Migrated};
use crate::pipeline::migrate::{self, Asked, Backups, Migration, OnConflict, Undoing, Wanted};
use crate::render::migration;
use crate::steps::carry::{Map, Route};

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
    /// How to print the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Args)]
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
    /// Take the latest migration back: what it made goes, what it replaced comes back
    Undo {
        #[command(flatten)]
        pair: Pair,
        /// How to print the report
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
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
            verify(pair, map.as_deref(), *merged, *format, context)
        }
        (Some(MigrateVerb::Undo { pair, format }), _) => undo(pair, *format, context),
        (None, Some(pair)) => {
            let map = read_map(args.how.map.as_deref())?;
            let asked = Asked {
                on_conflict: args.how.on_conflict.into(),
                force: args.how.force,
                metadata: args.how.metadata,
                map: map.source().cloned(),
            };
            run(pair, &map, asked, args.dry_run, args.format, context)
        }
        (None, None) => Err(Failure::usage("migrate needs two stores").advise("`keylift migrate FROM TO`")),
    }
}

fn run(
    pair: &Pair,
    map: &Map,
    asked: Asked,
    dry_run: bool,
    format: Format,
    context: &Context,
) -> Result<Exit, Failure> {
    let desk = Desk::new(pair, context)?;
    let watch = Follower::new(context);
    let moved = watch.wait(async {
        let migration = Migration {
            from: &*desk.from,
            to: &*desk.to,
            key: &desk.key,
            map,
            asked,
            root: &desk.here,
            backups: context,
            dry_run,
            watch: &watch,
        };
        let done = migration.run(&desk.dir).await;
        desk.close(context).await;
        done
    })?;
    tell(&moved, &desk, dry_run, format, context)
}

fn tell(moved: &Migrated, desk: &Desk, dry_run: bool, format: Format, context: &Context) -> Result<Exit, Failure> {
    let mut out = context.out();
    match format {
        Format::Text => migration::moved(moved, desk.to.location(), dry_run, &mut out)?,
        Format::Json => migration::moved_json(moved, &mut out)?,
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
    let map = match &open.asked.map {
        Some(source) => Map::of(source).map_err(|error| Failure::usage(format!("the journal's map: {error}")))?,
        None => Map::default(),
    };
    run(&Pair { from: open.from, to: open.to }, &map, open.asked, false, format, context)
}

fn verify(pair: &Pair, map: Option<&Path>, merged: bool, format: Format, context: &Context) -> Result<Exit, Failure> {
    let (desk, map) = (Desk::new(pair, context)?, read_map(map)?);
    let watch = Follower::new(context);
    let compared = watch.wait(async {
        let done = async {
            let route = Route::new(&*desk.from, &*desk.to, &map)?;
            migrate::compare(&route, &desk.key, Wanted { extra: false, merged }, &watch).await
        };
        let done = done.await;
        desk.close(context).await;
        done
    })?;
    let mut out = context.out();
    match format {
        Format::Text => migration::compared(&compared, desk.from.location(), desk.to.location(), &mut out)?,
        Format::Json => migration::compared_json(&compared, &mut out)?,
    }
    Ok(if compared.all() { Exit::Done } else { Exit::Left })
}

fn undo(pair: &Pair, format: Format, context: &Context) -> Result<Exit, Failure> {
    let desk = Desk::new(pair, context)?;
    let watch = Follower::new(context);
    let back = watch.wait(async {
        let at = Undoing { dir: &desk.dir, to: &*desk.to, key: &desk.key, backups: context, watch: &watch };
        let done = migrate::undo(&at).await;
        context.closed(desk.to.close().await);
        done
    })?;
    match format {
        Format::Text => {
            let restored = if back.restored > 0 { format!(", {} given back", back.restored) } else { String::new() };
            let to = desk.to.location();
            context.print(&format!(
                "{} entries removed from {to}{restored}, {} left as they are.\n",
                back.removed, back.kept
            ))?;
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(&back)
                .map_err(|error| Failure::usage(format!("could not write the report: {error}")))?;
            context.print(&format!("{text}\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// What every verb about two stores works with.
struct Desk {
    from: Box<dyn Store>,
    to: Box<dyn Store>,
    key: FingerprintKey,
    /// The journals of migrations between the two. File stores with relative paths are told apart by the folder.
    dir: PathBuf,
    here: PathBuf,
}

impl Desk {
    fn new(pair: &Pair, context: &Context) -> Result<Self, Failure> {
        let here = here()?;
        let (from, to) = (context.store(&pair.from, &here)?, context.store(&pair.to, &here)?);
        for notice in from.notices().into_iter().chain(to.notices()) {
            context.warn(&notice);
        }
        let key = context.fingerprint_key()?;
        let parts = [from.location().as_bytes(), to.location().as_bytes(), here.as_os_str().as_encoded_bytes()];
        let name =
            key.derive("migration", &parts)[..8].iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
        let dir = context.config_dir()?.join("migrations").join(name);
        Ok(Self { from, to, key, dir, here })
    }

    async fn close(&self, context: &Context) {
        context.closed(self.from.close().await);
        context.closed(self.to.close().await);
    }
}

impl Backups for Context {
    fn open(&self, path: &Path) -> Result<Box<dyn Store>, Failure> {
        let text = path.to_str().ok_or_else(|| Failure::usage("the configuration folder's name is not text"))?;
        self.store(&format!("age:{text}"), path.parent().unwrap_or(path))
    }
}

/// Reads a map from a file.
fn read_map(path: Option<&Path>) -> Result<Map, Failure> {
    let Some(path) = path else { return Ok(Map::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file("could not read the map", path, &error))?;
    Map::parse(&text).map_err(|error| {
        Failure::usage(format!("{}: {error}", path.display())).advise("docs/migrate.md describes maps")
    })
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
