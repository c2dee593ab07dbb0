//! Names and the values behind them: from the plan, and from what this project's runs did.

use std::collections::BTreeMap;
use std::path::Path;

use keylift_providers::{Address, Fingerprint, Secret};

use super::Context;
use super::project::{Project, is_in_force};
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Plan};

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Where its value is.
    pub address: Address,
    /// Which value was moved there.
    pub fingerprint: Option<Fingerprint>,
    /// Whether a program reads it from its environment: not where it only goes into templates.
    pub read: bool,
}

/// Every name of a plan file; without one, of the project's runs, or of its plan where none is in force.
pub(super) fn named(plan: Option<&Path>, project: &Project) -> Result<BTreeMap<String, Wanted>, Failure> {
    let mut wanted = BTreeMap::new();
    let mut take = |plan: &Plan, made: &dyn Fn(&str) -> bool| {
        let known = plan.fingerprint_key == project.key.id();
        for planned in plan.approved().filter(|planned| made(&planned.name)) {
            for name in planned.variables() {
                let fingerprint = known.then(|| planned.fingerprint.clone());
                let read = planned.is_read(plan);
                wanted.insert(name.to_owned(), Wanted { address: planned.address.clone(), fingerprint, read });
            }
        }
    };
    let runs = if plan.is_none() { project.runs.all()? } else { Vec::new() };
    let file = plan.map_or_else(|| project.root.join(PLAN_FILE), Path::to_owned);
    if plan.is_some() || (file.is_file() && runs.iter().all(|run| !is_in_force(run))) {
        take(&Plan::read(&file)?, &|_| true);
    }
    for run in runs.iter().filter(|run| is_in_force(run)) {
        if let Some(plan) = &run.plan {
            take(plan, &|name| run.verified.contains(name));
        }
    }
    Ok(wanted)
}

/// That nothing is known by name.
pub(super) fn nothing_moved() -> Failure {
    Failure::usage("nothing was moved in this project, and there is no plan")
        .advise("`keylift fix --to STORE` moves what is hardcoded; `--plan FILE` names a plan")
}

/// Values by what was asked for, and what the stores do not have.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// What was found.
    pub found: BTreeMap<String, Secret>,
    /// What was not.
    pub missing: Vec<String>,
}

/// Reads from the stores, each asked once.
pub(super) fn read(wanted: &BTreeMap<String, Wanted>, project: &Project, context: &Context) -> Result<Values, Failure> {
    let mut stores: BTreeMap<&str, Vec<(&String, &Wanted)>> = BTreeMap::new();
    for (name, one) in wanted {
        stores.entry(&one.address.store).or_default().push((name, one));
    }
    let mut values = Values::default();
    for (uri, wanted) in stores {
        let store = context.store(uri, &project.root)?;
        let addresses: Vec<Address> = wanted.iter().map(|(_, one)| one.address.clone()).collect();
        let entries = context.wait(async {
            let entries = store.read_many(&addresses).await;
            context.closed(store.close().await);
            Ok(entries)
        })?;
        for ((name, one), entry) in wanted.into_iter().zip(entries) {
            match entry? {
                None => values.missing.push(name.clone()),
                Some(entry) => {
                    if one.fingerprint.as_ref().is_some_and(|known| *known != project.key.fingerprint(&entry.secret)) {
                        context.say(&format!("{name}: the value was rotated since it was moved"));
                    }
                    values.found.insert(name.clone(), entry.secret);
                }
            }
        }
    }
    Ok(values)
}

/// That the stores lack values.
pub(super) fn missing(names: &[String]) -> Failure {
    Failure::new(Exit::Left, format!("the store has no value for {}", names.join(", ")))
}
