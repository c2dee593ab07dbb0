//! The first look: every value is read once and judged before anything is written. What the target cannot hold is known
//! then, and no two values go to one place.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use keylift_providers::Address;

use super::log::{self, Known};
use super::plan::shown;
use super::{BATCH, Migration};
use crate::model::{Exit, Failure, Loss, Renamed};
use crate::steps::carry::{Carried, Route};

/// Names of which a clash is told in full.
const TOLD: usize = 10;

/// What the first look found. Who owns which place is kept as eight bytes each, so that a hundred thousand of them are a
/// few megabytes.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What cannot be carried.
    pub loss: Loss,
    /// One of the addresses that are written to.
    pub sample: Option<Address>,
    /// How many versions of an entry the target keeps.
    pub keeps: usize,
    owners: HashMap<u64, u64>,
    /// Entries that are written as a whole, and such that get fields: the two do not go together.
    whole: HashSet<u64>,
    fielded: HashSet<u64>,
}

impl Survey {
    /// Whether a value goes where the first look saw that nothing else goes.
    pub(super) fn owns(&self, migration: &Migration<'_>, one: &Carried) -> bool {
        self.owners.get(&migration.place(&one.to)) == Some(&log::short(migration.key, &one.from.to_string()))
    }
}

impl Migration<'_> {
    /// Looks at everything.
    ///
    /// # Errors
    /// Where two values go to one place, or the source is out of reach.
    pub(super) async fn survey(&self, route: &Route<'_>, known: &Known) -> Result<Survey, Failure> {
        let mut survey = Survey::default();
        let mut clashes = HashSet::new();
        survey.keeps = if self.asked.history { self.to.versions_kept().await? } else { 1 };
        self.watch.begin("reading", 0);
        let mut walk = self.walk(route, known);
        while let Some(reading) = walk.next().await? {
            survey.loss.skipped += reading.skipped;
            for from in &reading.passed {
                let Some((place, owner)) = known.finished(self.key, from) else { continue };
                if survey.owners.insert(place, owner).is_some_and(|other| other != owner) {
                    clashes.insert(place);
                }
                survey.loss.carried += 1;
            }
            for stays in reading.stays {
                survey.loss.stays.push(stays)?;
            }
            if self.asked.history {
                self.note_older(route, &reading.carried, &mut survey).await?;
            }
            for one in reading.carried {
                match self.claim(&one, route, &mut survey) {
                    Ok(()) => self.note(&one, &mut survey)?,
                    Err(place) => drop(clashes.insert(place)),
                }
            }
            self.watch.step(reading.entries);
            if self.watch.stopped() {
                break;
            }
        }
        if clashes.is_empty() { Ok(survey) } else { Err(self.clash(route, &clashes).await?) }
    }

    /// Takes a place for a value; the place where it is taken.
    fn claim(&self, one: &Carried, route: &Route<'_>, survey: &mut Survey) -> Result<(), u64> {
        let place = self.place(&one.to);
        match survey.owners.entry(place) {
            Slot::Occupied(_) => return Err(place),
            Slot::Vacant(free) => drop(free.insert(log::short(self.key, &one.from.to_string()))),
        }
        // Only a map sends a whole entry and a field to one place.
        if route.map().is_empty() {
            return Ok(());
        }
        let path = self.place(&Address { field: None, ..one.to.clone() });
        let (own, other) = if one.to.field.is_none() {
            (&mut survey.whole, &survey.fielded)
        } else {
            (&mut survey.fielded, &survey.whole)
        };
        own.insert(path);
        if other.contains(&path) { Err(path) } else { Ok(()) }
    }

    fn note(&self, one: &Carried, survey: &mut Survey) -> Result<(), Failure> {
        let loss = &mut survey.loss;
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
        survey.sample.get_or_insert_with(|| one.to.clone());
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
    async fn clash(&self, route: &Route<'_>, places: &HashSet<u64>) -> Result<Failure, Failure> {
        let mut names: HashMap<u64, Vec<String>> = HashMap::new();
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

    fn place(&self, to: &Address) -> u64 {
        log::place(self.key, to, !self.to.capabilities().case_sensitive)
    }
}
