//! From one store to another: look at everything once, then a batch at a time: probe, write under a condition, read back,
//! compare, journalled. Several batches are in the flow at a time (`flow.rs`).

mod backup;
mod batch;
mod compare;
mod cut;
mod flow;
mod log;
mod older;
mod plan;
mod retire;
mod survey;
mod table;
mod undo;
mod write;

use std::path::Path;

use keylift_providers::{FingerprintKey, Store, StoreError};
use serde::{Deserialize, Serialize};

use self::batch::{Decided, Prepared};
use self::flow::Tally;
use self::log::{Known, Log};
use self::survey::Survey;
use super::Watch;
use crate::model::{Failure, Loss, Migrated};
use crate::steps::carry::{Map, Route, Walk};

pub use self::backup::Backups;
pub use self::compare::{Wanted, compare};
pub use self::log::{Open, Step, open};
pub use self::plan::{Action, Approved, Writer};
pub use self::retire::{Proven, RetireStep, Retiring};
pub use self::undo::{Undoing, undo};

/// Values written and read back between two syncs of the journal.
const BATCH: usize = 200;
/// Requests of a kind that a store has no call for several of: more than eight gain nothing on the measured servers.
const AT_ONCE: usize = 8;

/// What is done where the target holds another value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// Anything that is there already is a conflict, equal or not.
    Fail,
    /// An equal value is done already; another is a conflict.
    #[default]
    SkipIfEqual,
    /// A value that an earlier migration between these stores wrote is replaced; another is a conflict.
    OverwriteIfOwned,
    /// Another value is replaced, under the version that was seen.
    Overwrite,
    /// Fields that the target's entry lacks are added; one that differs is a conflict.
    MergeKeys,
}

impl OnConflict {
    /// Whether a value that is there may be replaced.
    fn replaces(self) -> bool {
        matches!(self, Self::OverwriteIfOwned | Self::Overwrite | Self::MergeKeys)
    }
}

/// What the user asked for, kept in the journal so that the way on is the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // Independent options, each asked on its own.
pub struct Asked {
    /// What is done where the target holds another value.
    pub on_conflict: OnConflict,
    /// Replace values in a store that cannot make a write conditional.
    #[serde(default)]
    pub force: bool,
    /// Carry what stores keep beside values.
    #[serde(default)]
    pub metadata: bool,
    /// Carry older versions.
    #[serde(default)]
    pub history: bool,
    /// Put all new values beside the ones that programs read before any of them becomes the current one.
    #[serde(default)]
    pub cut_over: bool,
    /// The map, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<serde_yaml::Value>,
    /// Which plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

impl Asked {
    /// Whether the same goes to the same places, so that what is done already is done for both.
    fn carries_what(&self, other: &Self) -> bool {
        (&self.map, &self.plan, self.metadata, self.history) == (&other.map, &other.plan, other.metadata, other.history)
    }
}

/// What a migration works with.
#[derive(Debug)]
pub struct Migration<'a> {
    /// The source. Nothing is ever written to it.
    pub from: &'a dyn Store,
    /// The target.
    pub to: &'a dyn Store,
    /// The key of fingerprints and write identities.
    pub key: &'a FingerprintKey,
    /// The map that `asked` holds as text.
    pub map: &'a Map,
    /// The plan that is carried out; everything goes where there is none.
    pub plan: Option<&'a Approved>,
    /// What the user asked for.
    pub asked: Asked,
    /// The folder that relative paths of file stores are below.
    pub root: &'a Path,
    /// Opens the files in which replaced values are kept.
    pub backups: &'a dyn Backups,
    /// Look, and write nothing.
    pub dry_run: bool,
    /// Told what happens.
    pub watch: &'a dyn Watch,
}

impl Migration<'_> {
    /// Carries every value over. A migration between the same two stores that stopped on its way goes on where it was.
    ///
    /// # Errors
    /// Where two values would go to one place, a store is out of reach, or the target cannot refuse a racing write and
    /// the user did not insist. What was done by then stays done, and the next call goes on.
    pub async fn run(&self, dir: &Path) -> Result<Migrated, Failure> {
        self.go(dir, None).await
    }

    /// Looks at everything and writes the plan of it; writes nothing to the target.
    ///
    /// # Errors
    /// As [`Migration::run`], and where the plan cannot be written.
    pub async fn write_plan(&self, dir: &Path, out: Writer) -> Result<Migrated, Failure> {
        self.go(dir, Some(out)).await
    }

    async fn go(&self, dir: &Path, out: Option<Writer>) -> Result<Migrated, Failure> {
        let route = Route::new(self.from, self.to, self.map)?;
        self.check_apart()?;
        self.from.preflight(&[]).await?;
        self.to.preflight(&[]).await?;
        self.check_force()?;
        self.check_staging()?;
        let lock = if self.dry_run { None } else { Some(crate::journal::RunLock::take(dir)?) };
        let mut known = if self.dry_run { Known::default() } else { Known::read(dir, self)? };
        let mut survey = if self.is_looked_at(&known) { Survey::before() } else { self.survey(&route, &known).await? };
        self.watch.surveyed(&survey.loss);
        if self.watch.stopped() {
            return Ok(Migrated { loss: survey.loss, stopped: true, ..Migrated::default() });
        }
        if let Some(sample) = survey.sample.as_ref().filter(|_| !self.dry_run) {
            batch::may_write(self.to, sample).await?;
        }
        let mut log = match lock {
            Some(lock) => Log::open(dir, lock, self, &mut known)?,
            None => Log::look(dir, self, &mut known)?,
        };
        if let Some(mut out) = out {
            out.head(self, &survey.loss)?;
            log.out = Some(out);
        }
        log.note(&[Step::Surveyed])?;
        let moved = Tally::new(Migrated { loss: std::mem::take(&mut survey.loss), ..Migrated::default() });
        let told = if self.asked.cut_over && log.writes() {
            self.cut_over(&route, &survey, &mut log, &known, &moved).await
        } else {
            self.carry(&route, &survey, &mut log, &known, &moved).await
        };
        told.map_err(|failure| {
            if self.dry_run {
                failure
            } else {
                failure.advise("say the same command again: it goes on where it stopped")
            }
        })?;
        let mut moved = moved.into_inner();
        moved.gone = self.plan.filter(|_| !moved.stopped).map_or(0, Approved::unseen);
        if let Some(out) = log.out.take().filter(|_| !moved.stopped) {
            out.finish()?;
        }
        if moved.failed.is_empty() && !moved.stopped && !moved.withheld {
            log.done().await?;
        }
        Ok(moved)
    }

    async fn carry(
        &self,
        route: &Route<'_>,
        survey: &Survey,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<(), Failure> {
        self.watch.begin(if self.dry_run { "looking" } else { "moving" }, moved.get().loss.carried);
        if self.asked.on_conflict.replaces() && survey.shares() {
            // Fields of one entry share its version: what these writes make is what the next ones have to expect.
            self.carry_in_turn(route, survey, log, known, moved).await
        } else {
            self.carry_at_once(route, survey, log, known, moved).await
        }
    }

    /// Walks over the source, past what is done.
    fn walk<'w>(&'w self, route: &'w Route<'w>, known: &'w Known) -> Walk<'w> {
        let walk = route.walk(BATCH, self.asked.metadata);
        // A map can send several entries to one, of which each has to be seen.
        let (key, plain) = (self.key, route.map().is_empty());
        walk.past(move |from| plain && known.finished(key, from).is_some())
    }

    /// The next batch, with its intents in the journal.
    async fn next(
        &self,
        walk: &mut Walk<'_>,
        survey: &Survey,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<Option<Decided>, Failure> {
        match self.prepare(walk, survey, known).await? {
            Some(mut prepared) => {
                if survey.before {
                    self.note_all(&mut prepared, &mut moved.get())?;
                }
                self.decide(walk.route(), survey.keeps, prepared, log, known, moved).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Reads a batch of the source, and what the target holds in its place.
    async fn prepare(
        &self,
        walk: &mut Walk<'_>,
        survey: &Survey,
        known: &Known,
    ) -> Result<Option<Prepared>, StoreError> {
        let Some(reading) = walk.next().await? else { return Ok(None) };
        self.to.keep_alive().await?;
        if let Some(plan) = self.plan {
            plan.pass(reading.passed.len());
        }
        let mut prepared = Prepared::new(reading);
        prepared.hold_back(|one| {
            if let Some(plan) = self.plan {
                plan.allows(one, self.key)?;
            }
            if survey.owns(self, one) {
                return Ok(());
            }
            let advice = "say the command again: it looks at everything first".to_owned();
            Err(("it came after the first look at the source".to_owned(), advice))
        });
        prepared.leave_out(|one| known.is_verified(self.key, one));
        prepared.probe(self.to).await;
        Ok(Some(prepared))
    }

    /// Whether an earlier process of this migration looked at everything, so that this one need not: what came to the source
    /// since is met on the way, and can replace nothing in the target.
    fn is_looked_at(&self, known: &Known) -> bool {
        let plain = self.asked.map.is_none() && self.plan.is_none() && !self.asked.history;
        known.surveyed && plain && !self.asked.on_conflict.replaces()
    }

    /// What is written within the source would be carried once more by the next migration. A map can leave it out.
    fn check_apart(&self) -> Result<(), Failure> {
        let place = |location: &str| {
            let (path, query) = location.split_once('?').unwrap_or((location, ""));
            (path.to_owned(), query.to_owned())
        };
        let ((from, its), (to, others)) = (place(self.from.location()), place(self.to.location()));
        let within = to.strip_prefix(&from).is_some_and(|rest| rest.starts_with('/') || from.ends_with('/'));
        if !within || its != others || !self.map.is_empty() {
            return Ok(());
        }
        let message = format!("{to} lies within {from}: what is written there would be of the source the next time");
        Err(Failure::usage(message).advise("choose a target beside the source, or leave that part out with --map"))
    }

    /// A cut-over needs a target with a place beside its values, and something to do there.
    fn check_staging(&self) -> Result<(), Failure> {
        if !self.asked.cut_over {
            return Ok(());
        }
        if !self.to.capabilities().staging {
            let message = format!("{} has no place where new values could wait", self.to.location());
            return Err(Failure::usage(message).advise("leave --cut-over out: AWS Secrets Manager has such a place"));
        }
        if !self.asked.on_conflict.replaces() {
            return Err(Failure::usage("--cut-over replaces values, and nothing says that it may")
                .advise("add --on-conflict overwrite, or overwrite-if-owned"));
        }
        Ok(())
    }

    /// A store that cannot refuse a write which races with another is overwritten only where the user insists.
    fn check_force(&self) -> Result<(), Failure> {
        if !self.asked.on_conflict.replaces() || self.asked.force || self.to.capabilities().compare_and_swap {
            return Ok(());
        }
        let message = format!("{} cannot refuse a write that races with another one", self.to.location());
        Err(Failure::usage(message).advise(
            "stop every other writer, then add --force: what is replaced is kept, encrypted, beside the journal, and \
             `keylift migrate undo` puts it back",
        ))
    }
}

/// Looks at everything the source holds: what goes, and what cannot.
///
/// # Errors
/// As [`Migration::run`], but for what concerns writing.
pub async fn loss(migration: &Migration<'_>) -> Result<Loss, Failure> {
    let route = Route::new(migration.from, migration.to, migration.map)?;
    Ok(migration.survey(&route, &Known::default()).await?.loss)
}
