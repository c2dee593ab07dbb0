//! `keylift plan`: what can be moved, and where to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Context;
use super::input::{Paths, here};
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Lookup, Plan, StoreRef};
use crate::render::findings::slashes;
use crate::steps::plan::{Scanned, Target, plan};

/// What to plan, and for which store.
#[derive(Debug, Args)]
pub(super) struct Planning {
    #[command(flatten)]
    paths: Paths,
    /// The store: `age:PATH`, `dotenv:PATH`, `vault://MOUNT/PREFIX`, `aws-sm://PREFIX`
    #[arg(long, value_name = "STORE")]
    to: String,
    /// How the code looks values up: in its environment, or in the store through a small generated module
    #[arg(long, value_enum, default_value = "env")]
    lookup: LookupArg,
    /// Files in which nothing can be looked up (JSON, TOML, INI, XML…) become templates for `keylift inject`
    #[arg(long)]
    inject: bool,
    /// The External Secrets Operator's object for the store, `[Cluster]SecretStore/NAME`, that the manifests made of Kubernetes Secrets refer to (`SecretStore/keylift` unless told)
    #[arg(long, value_name = "[KIND/]NAME")]
    secret_store: Option<StoreRef>,
    /// In docker compose files, variables that their image reads from a file as well become `secrets` of the service
    #[arg(long)]
    compose_secrets: bool,
    /// What of a connection URL with a password inside moves: the password alone, or the whole URL
    #[arg(long, value_enum, default_value = "password")]
    url: UrlArg,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    planning: Planning,
    /// Where to write the plan; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = PLAN_FILE)]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum UrlArg {
    Password,
    Whole,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LookupArg {
    Env,
    Vault,
    AwsSm,
}

impl From<LookupArg> for Lookup {
    fn from(lookup: LookupArg) -> Self {
        match lookup {
            LookupArg::Env => Self::Env,
            LookupArg::Vault => Self::Vault,
            LookupArg::AwsSm => Self::AwsSm,
        }
    }
}

/// Plans.
pub(super) fn plan_verb(args: &PlanArgs, context: &Context) -> Result<Exit, Failure> {
    let to_stdout = args.out.as_os_str() == "-";
    let plan = make(&args.planning, &args.out, context)?;
    if to_stdout {
        context.print(&plan.to_yaml()?)?;
    } else {
        plan.write(&args.out)?;
        context.print(&crate::render::plan::text(&plan))?;
        context.say(&format!("Written to {}: review it, then commit it.", args.out.display()));
    }
    Ok(if plan.moves.is_empty() && plan.refusals.is_empty() { Exit::Done } else { Exit::Left })
}

/// Makes a plan that is going to be written to `out`; names and decisions of a plan that is there already are kept.
pub(super) fn make(planning: &Planning, out: &Path, context: &Context) -> Result<Plan, Failure> {
    let key = context.fingerprint_key()?;
    let here = here()?;
    let store = context.store(&planning.to, &here)?;
    let mut files: BTreeMap<String, Scanned> = BTreeMap::new();
    let found = planning.paths.findings(context, &here)?;
    let (reserved, spread) = planning.paths.surroundings(&found, here.clone());
    for finding in found.into_iter().chain(spread) {
        let path = slashes(&finding.path);
        if !files.contains_key(&path) {
            let bytes =
                std::fs::read(&finding.path).map_err(|error| Failure::file("could not read", &finding.path, &error))?;
            files.insert(path.clone(), Scanned { path: path.clone(), bytes, findings: Vec::new() });
        }
        if let Some(file) = files.get_mut(&path) {
            file.findings.push(finding);
        }
    }
    let earlier = Plan::read(out).ok().filter(|plan| plan.fingerprint_key == key.id());
    let names = earlier.iter().flat_map(|plan| &plan.moves).map(|one| (one.fingerprint.clone(), one.name.clone()));
    let target = Target {
        store: &*store,
        lookup: planning.lookup.into(),
        key: &key,
        earlier: names.collect(),
        whole_urls: planning.url == UrlArg::Whole,
        inject: planning.inject,
        secret_store: planning.secret_store.clone().or_else(|| earlier.as_ref()?.secret_store.clone()),
        compose_secrets: planning.compose_secrets,
        reserved,
    };
    let mut files: Vec<Scanned> = files.into_values().collect();
    for file in &mut files {
        crate::steps::scan::sort(&mut file.findings);
    }
    let mut plan = plan(&files, &target);
    if let Some(earlier) = &earlier {
        plan.keep_decisions(earlier);
    }
    plan.check().map_err(|error| Failure::usage(error).advise("run keylift in the folder that holds all the code"))?;
    if out.as_os_str() != "-" {
        plan.root = root_from(out, &here);
    }
    Ok(plan)
}

/// The folder that a plan's paths are relative to, as seen from the plan file: `.` where it lies beside the code.
fn root_from(plan: &Path, here: &Path) -> PathBuf {
    let folder = plan.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), here.canonicalize()) {
        (Ok(folder), Ok(here)) if folder != here => here,
        _ => PathBuf::from("."),
    }
}
