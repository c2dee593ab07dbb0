//! `keylift run -- COMMAND`: the command with the moved secrets in its environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use keylift_providers::{Address, Fingerprint, Secret};

use super::Context;
use super::project::{Project, is_in_force};
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Plan};

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The plan that names the secrets [default: keylift.plan.yaml, and the runs of this project]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Leave variables as they are that are set already
    #[arg(long)]
    preserve_env: bool,
    /// Run the command without secrets that the store does not have
    #[arg(long)]
    allow_missing: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What a variable should hold.
struct Wanted {
    address: Address,
    fingerprint: Option<Fingerprint>,
}

/// Runs the command in this process's place, so that signals and the exit code are the command's own.
pub(super) fn run(args: &RunArgs, context: &Context) -> Result<Exit, Failure> {
    let project = match &args.plan {
        Some(file) => Project::of_plan(file, &Plan::read(file)?, context)?,
        None => Project::around(context)?,
    };
    let wanted = wanted(args, &project)?;
    let mut stores: BTreeMap<&str, Vec<(&String, &Wanted)>> = BTreeMap::new();
    for (name, one) in &wanted {
        if args.preserve_env && std::env::var_os(name).is_some() {
            continue;
        }
        stores.entry(&one.address.store).or_default().push((name, one));
    }
    let mut values: Vec<(&String, Secret)> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
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
                None => missing.push(name),
                Some(entry) => {
                    if one.fingerprint.as_ref().is_some_and(|known| *known != project.key.fingerprint(&entry.secret)) {
                        context.say(&format!("{name}: the value was rotated since it was moved"));
                    }
                    values.push((name, entry.secret));
                }
            }
        }
    }
    if !missing.is_empty() && !args.allow_missing {
        return Err(Failure::new(Exit::Left, format!("the store has no value for {}", missing.join(", ")))
            .advise("apply the plan first, or say --allow-missing"));
    }
    start(&args.command, &values)
}

/// Variables and where their values are: from the plan, and from what this project's runs did.
fn wanted(args: &RunArgs, project: &Project) -> Result<BTreeMap<String, Wanted>, Failure> {
    let mut wanted = BTreeMap::new();
    let mut take = |plan: &Plan, made: &dyn Fn(&str) -> bool| {
        let known = plan.fingerprint_key == project.key.id();
        for planned in plan.approved().filter(|planned| made(&planned.name)) {
            for name in planned.variables() {
                let fingerprint = known.then(|| planned.fingerprint.clone());
                wanted.insert(name.to_owned(), Wanted { address: planned.address.clone(), fingerprint });
            }
        }
    };
    let runs = if args.plan.is_none() { project.runs.all()? } else { Vec::new() };
    let file = args.plan.clone().unwrap_or_else(|| project.root.join(PLAN_FILE));
    if args.plan.is_some() || (file.is_file() && runs.iter().all(|run| !is_in_force(run))) {
        take(&Plan::read(&file)?, &|_| true);
    }
    for run in runs.iter().filter(|run| is_in_force(run)) {
        if let Some(plan) = &run.plan {
            take(plan, &|name| run.verified.contains(name));
        }
    }
    if wanted.is_empty() {
        return Err(Failure::usage("nothing was moved in this project, and there is no plan")
            .advise("`keylift fix --to STORE` moves what is hardcoded; `--plan FILE` names a plan"));
    }
    Ok(wanted)
}

fn start(command: &[OsString], values: &[(&String, Secret)]) -> Result<Exit, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::usage("no command to run"));
    };
    let mut child = Command::new(program);
    child.args(arguments);
    for (name, secret) in values {
        if secret.expose().contains(&0) {
            return Err(Failure::usage(format!("the value of {name} holds a NUL, which no environment can carry"))
                .advise("have the program read it from the store, with the lookup `vault` or `aws-sm`"));
        }
        child.env(name, OsStr::from_bytes(secret.expose()));
    }
    let error = std::os::unix::process::CommandExt::exec(&mut child);
    Err(Failure::usage(format!("could not run {}: {error}", program.to_string_lossy())))
}
