//! The project that a verb works on: its root, its runs, its store.

use std::path::{Path, PathBuf};

use keylift_providers::{FingerprintKey, Store};

use super::Context;
use super::input::here;
use crate::journal::{Replay, Runs};
use crate::model::plan::PLAN_FILE;
use crate::model::{Failure, Phase, Plan};
use crate::pipeline::{Surroundings, Watch};

/// A project with everything that a run needs but the store's answers.
#[derive(Debug)]
pub(super) struct Project {
    /// The folder that paths are relative to.
    pub root: PathBuf,
    /// Its journals.
    pub runs: Runs,
    /// The key of the fingerprints.
    pub key: FingerprintKey,
}

impl Project {
    /// The project of a root.
    pub fn at(root: &Path, context: &Context) -> Result<Self, Failure> {
        let root = root.canonicalize().map_err(|error| Failure::file("could not find", root, &error))?;
        let key = context.fingerprint_key()?;
        let runs = Runs::new(&context.config_dir()?, &root, &key);
        Ok(Self { root, runs, key })
    }

    /// The project of a plan file.
    pub fn of_plan(file: &Path, plan: &Plan, context: &Context) -> Result<Self, Failure> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::at(&folder.join(&plan.root), context)
    }

    /// The project that the working folder is in: the nearest folder upwards that has runs or a plan.
    pub fn around(context: &Context) -> Result<Self, Failure> {
        let here = here()?;
        for folder in here.ancestors() {
            let project = Self::at(folder, context)?;
            if !project.runs.ids().is_empty() || folder.join(PLAN_FILE).is_file() {
                return Ok(project);
            }
        }
        Self::at(&here, context)
    }

    /// The run of a name; without one, the latest that `fits`.
    pub fn run(&self, id: Option<&str>, fits: impl Fn(&Replay) -> bool, what: &str) -> Result<Replay, Failure> {
        if let Some(id) = id {
            return self.runs.read(id);
        }
        self.runs.all()?.into_iter().rev().find(fits).ok_or_else(|| {
            Failure::usage(format!("there is no run to {what} in {}", self.root.display()))
                .advise("`keylift status` lists the runs; a run belongs to the folder that its plan is for")
        })
    }

    /// What a run works with.
    pub fn surroundings<'a>(&'a self, store: &'a dyn Store, watch: &'a dyn Watch) -> Surroundings<'a> {
        Surroundings { root: self.root.clone(), runs: &self.runs, key: &self.key, store, watch }
    }
}

/// Whether a run's changes are in the code.
pub(super) fn is_in_force(run: &Replay) -> bool {
    matches!(run.phase, Phase::Open | Phase::Done | Phase::Undoing) && !run.is_untouched()
}
