//! The first look: every value is read once and judged before anything is written. What the target cannot hold is known
//! then, and no two values go to one place.

use std::collections::{HashMap, HashSet};

use keylift_providers::{Address, FingerprintKey};

use super::batch::Prepared;
use super::log::{self, Known};
use super::plan::shown;
use super::table::Table;
use super::{BATCH, Migration};
use crate::model::{Exit, Failure, Loss, Migrated, Renamed};
use crate::steps::carry::{Carried, Route};

/// Names of which a clash is told in full.
const TOLD: usize = 10;

/// What the first look found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What cannot be carried.
    pub loss: Loss,
    /// One of the addresses that are written to.
    pub sample: Option<Address>,
    /// How many versions of an entry the target keeps.
    pub keeps: usize,
    /// It was an earlier process that looked: what it told is told again as it is met.
    pub before: bool,
    /// Who owns which place.
    owners: Table,
    /// Entries that are written as a whole, and such that get fields: the two do not go together.
    entries: Table,
    /// Which of the source's entries go to an entry of the target.
    members: Table,
    /// Entries of the target that several of the source go to.
    shared: HashSet<u128>,
}

impl Survey {
    /// Of a migration whose first look an earlier process had.
    pub(super) fn before() -> Self {
        Self { before: true, keeps: 1, ..Self::default() }
    }

    /// Whether a value goes where the first look saw that nothing else goes.
    pub(super) fn owns(&self, migration: &Migration<'_>, one: &Carried) -> bool {
        self.before || self.owners.get(migration.place(&one.to)) == Some(owner(migration.key, &one.from))
    }

    /// Whether several entries of the source go to one of the target anywhere.
    pub(super) fn shares(&self) -> bool {
        !self.shared.is_empty()
    }

    /// Whether several entries of the source go to an entry of the target, which tells names apart by case or `folds` it.
    pub(super) fn is_shared(&self, key: &FingerprintKey, to: &Address, folds: bool) -> bool {
        self.shares() && self.shared.contains(&log::place(key, &Address { field: None, ..to.clone() }, folds))
    }
}

impl Migration<'_> {
    /// Looks at everything.
    ///
    /// # Errors
    /// Where two values go to one place, or the source is out of reach.
    pub(super) async fn survey(&self, route: &Route<'_>, known: &Known) -> Result<Survey, Failure> {
        let keeps = if self.asked.history { self.to.versions_kept().await? } else { 1 };
        let mut survey = Survey { keeps, ..Survey::default() };
        self.watch.begin("reading", 0);
        let mut walk = self.walk(route, known);
        while let Some(reading) = walk.next().await? {
            survey.loss.skipped += reading.skipped;
            for from in &reading.passed {
                let Some((place, owner)) = known.finished(self.key, from) else { continue };
                survey.owners.put(place, owner)?;
                survey.loss.carried += 1;
            }
            for stays in reading.stays {
                survey.loss.stays.push(stays)?;
            }
            if self.asked.history {
                self.note_older(route, &reading.carried, &mut survey).await?;
            }
            for one in reading.carried {
                self.claim(&one, route, &mut survey)?;
                self.note(&one, &mut survey.loss)?;
                survey.sample.get_or_insert_with(|| one.to.clone());
            }
            self.watch.step(reading.entries);
            if self.watch.stopped() {
                break;
            }
        }
        let mut clashes: HashSet<u128> = survey.owners.seal()?.into_iter().collect();
        clashes.extend(survey.entries.seal()?);
        survey.shared = survey.members.seal()?.into_iter().collect();
        survey.members = Table::default();
        if clashes.is_empty() { Ok(survey) } else { Err(self.clash(route, &clashes).await?) }
    }

    /// Takes a place for a value.
    fn claim(&self, one: &Carried, route: &Route<'_>, survey: &mut Survey) -> Result<(), Failure> {
        survey.owners.put(self.place(&one.to), owner(self.key, &one.from))?;
        // Only a map sends a whole entry and a field to one place.
        if !route.map().is_empty() {
            let path = self.place(&Address { field: None, ..one.to.clone() });
            survey.entries.put(path, one.to.field.is_some().into())?;
            let from = Address { field: None, ..one.from.clone() };
            survey.members.put(path, owner(self.key, &from))?;
        }
        Ok(())
    }

    /// What a first look tells of a batch, where an earlier process had it.
    pub(super) fn note_all(&self, prepared: &mut Prepared, moved: &mut Migrated) -> Result<(), Failure> {
        moved.loss.skipped += prepared.skipped;
        prepared.stays.drain(..).try_for_each(|stays| moved.loss.stays.push(stays))?;
        prepared.open.iter().try_for_each(|one| self.note(one, &mut moved.loss))
    }

    fn note(&self, one: &Carried, loss: &mut Loss) -> Result<(), Failure> {
        loss.carried += 1;
        if one.renamed {
            loss.renamed.push(Renamed { from: one.from.clone(), to: one.to.clone() })?;
        }
        let lost = if self.asked.metadata {
            self.to.metadata_lost(&one.metadata)
        } else {
            one.metadata.keys().cloned().collect()
        };
        for key in lost {
            *loss.metadata.entry(key).or_default() += 1;
        }
        Ok(())
    }

    /// Which older versions do not go along.
    async fn note_older(&self, route: &Route<'_>, all: &[Carried], survey: &mut Survey) -> Result<(), Failure> {
        for (one, mut older) in all.iter().zip(self.older(route, all.iter(), survey.keeps).await?) {
            if older.values.len() > 1 && !self.has_room(&older).await? {
                older.without_room(&one.from, "the target has an entry there already");
            }
            older.lost.into_iter().try_for_each(|lost| survey.loss.older.push(lost))?;
        }
        Ok(())
    }

    /// Looks once more for the names behind the places that more than one value goes to.
    async fn clash(&self, route: &Route<'_>, places: &HashSet<u128>) -> Result<Failure, Failure> {
        let mut names: HashMap<u128, Vec<String>> = HashMap::new();
        let mut walk = route.walk(BATCH, false);
        while let Some(reading) = walk.next().await? {
            for one in reading.carried {
                let path = self.place(&Address { field: None, ..one.to.clone() });
                let place = [self.place(&one.to), path].into_iter().find(|place| places.contains(place));
                if let Some(place) = place
                    && (names.len() < TOLD || names.contains_key(&place))
                {
                    names.entry(place).or_default().push(format!("{} -> {}", shown(&one.from), shown(&one.to)));
                }
            }
        }
        let mut told: Vec<String> = names.into_values().map(|all| all.join(" and ")).collect();
        told.sort_unstable();
        let more = places.len().saturating_sub(told.len());
        let more = if more > 0 { format!("; and {more} more places") } else { String::new() };
        let message = format!("several values go to one place, and nothing was written: {}{more}", told.join("; "));
        Ok(Failure::new(Exit::Conflict, message)
            .advise("give each a name of its own with --map, or rename one in the source"))
    }

    fn place(&self, to: &Address) -> u128 {
        log::place(self.key, to, !self.to.capabilities().case_sensitive)
    }
}

/// Who takes a place.
fn owner(key: &FingerprintKey, from: &Address) -> u128 {
    log::digest(key, &from.to_string())
}
