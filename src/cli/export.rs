//! `keylift export`: what the deployment needs so that the rewritten program finds its variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use keylift_providers::{Address, ErrorKind, Store, StoreError};

use super::Context;
use super::input::here;
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Lookup, Plan};
use crate::render::export::{Form, Place, Request, Wanted, export};

/// Options of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// A plan, or a store whose names are the variables
    #[arg(default_value = PLAN_FILE, value_name = "PLAN|STORE")]
    source: String,
    /// The form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: FormArg,
    /// Name of what is made: the Kubernetes object, the service, the program
    #[arg(long, default_value = "app")]
    name: String,
    /// The Kubernetes namespace
    #[arg(long)]
    namespace: Option<String>,
    /// The AWS region, where the store's address does not say it
    #[arg(long, env = "AWS_REGION")]
    region: Option<String>,
    /// The AWS account, for ARNs
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Write it to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    /// An `ExternalSecret` for the External Secrets Operator
    ExternalSecret,
    /// A script that fills a Kubernetes Secret; for the store k8s:// the variables that read one
    K8sSecret,
    /// A configuration of Vault Agent as the program's supervisor
    VaultAgent,
    /// `secrets` of an ECS container definition
    Ecs,
    /// Steps of a GitHub Actions job
    GithubActions,
    /// Terraform data sources
    Terraform,
    /// A drop-in for a systemd service
    Systemd,
    /// The variables' names
    DotenvExample,
}

impl From<FormArg> for Form {
    fn from(asked: FormArg) -> Self {
        match asked {
            FormArg::ExternalSecret => Self::ExternalSecret,
            FormArg::K8sSecret => Self::K8sSecret,
            FormArg::VaultAgent => Self::VaultAgent,
            FormArg::Ecs => Self::Ecs,
            FormArg::GithubActions => Self::GithubActions,
            FormArg::Terraform => Self::Terraform,
            FormArg::Systemd => Self::Systemd,
            FormArg::DotenvExample => Self::DotenvExample,
        }
    }
}

/// Prints the export. It holds names and addresses, never a value.
pub(super) fn export_verb(args: &ExportArgs, context: &Context) -> Result<Exit, Failure> {
    let file = Path::new(&args.source);
    let is_plan = file.is_file() || !args.source.contains(':');
    let mut plan_path = None;
    let mut root = here()?;
    let ((mut wanted, v1), left) = if is_plan {
        let plan = Plan::read(file)?;
        root = root.join(file.parent().unwrap_or(Path::new(""))).join(&plan.root);
        // A service has another working folder.
        let path = if matches!(args.form, FormArg::Systemd) { file.canonicalize().ok() } else { None };
        plan_path = Some(path.unwrap_or_else(|| file.to_owned()).display().to_string());
        ((of_plan(&plan, context)?, false), 0)
    } else {
        of_store(&args.source, context)?
    };
    wanted.sort_by(|one, other| one.name.cmp(&other.name));
    let Some(first) = wanted.first() else {
        return Err(Failure::usage(format!("{} has nothing to export", args.source))
            .advise("a plan needs moves to apply, a store needs entries"));
    };
    let mut place = Place::new(&first.address.store, v1);
    if matches!(args.form, FormArg::Systemd) {
        place.below(&root.canonicalize().unwrap_or(root));
    }
    if let Some(other) = wanted.iter().find(|wanted| wanted.address.store != place.location) {
        return Err(Failure::usage(format!(
            "the variables are in several stores: {} in {}, {} in {}",
            first.name, place.location, other.name, other.address.store
        ))
        .advise("make one plan a store"));
    }
    let request = Request {
        wanted: &wanted,
        place: &place,
        plan: plan_path.as_deref(),
        name: &args.name,
        namespace: args.namespace.as_deref(),
        region: args.region.as_deref(),
        account: args.account.as_deref(),
    };
    let made = export(args.form.into(), &request)?;
    for note in &made.notes {
        context.say(note);
    }
    match &args.out {
        None => context.print(&made.text)?,
        Some(path) => crate::files::write_whole(path, made.text.as_bytes())
            .map_err(|error| Failure::file("could not write", path, &error))?,
    }
    Ok(if left == 0 { Exit::Done } else { Exit::Left })
}

/// The variables of a plan that come from the environment. Others are looked up in the store by the program itself.
fn of_plan(plan: &Plan, context: &Context) -> Result<Vec<Wanted>, Failure> {
    let looks_up = |lookup: Option<Lookup>| lookup.unwrap_or(plan.lookup) != Lookup::Env;
    let (own, env): (Vec<_>, Vec<_>) = plan.approved().partition(|planned| looks_up(planned.lookup));
    if !own.is_empty() {
        let names: Vec<&str> = own.iter().map(|planned| planned.name.as_str()).collect();
        let text = format!("not exported, because the program asks the store for them itself: {}", names.join(", "));
        if env.is_empty() {
            return Err(Failure::usage(text)
                .advise("what it needs is a login: `keylift policy STORE --for app` prints the least right"));
        }
        context.warn(&text);
    }
    let variables = |planned: &&crate::model::PlannedMove| -> Vec<Wanted> {
        planned.variables().map(|name| Wanted { name: name.to_owned(), address: planned.address.clone() }).collect()
    };
    Ok(env.iter().flat_map(variables).collect())
}

/// The entries of a store as variables, and whether it is Vault's KV version 1. Values that come along on the way to the
/// names of fields are dropped unseen. Entries that cannot be read are told and counted.
fn of_store(uri: &str, context: &Context) -> Result<((Vec<Wanted>, bool), usize), Failure> {
    let store = context.store(uri, &here()?)?;
    let (addresses, left) = context.wait(async {
        let found = entries(&*store).await;
        context.closed(store.close().await);
        found
    })?;
    let v1 = uri.starts_with("vault:") && !store.capabilities().versions;
    // What the store puts before a name of its own, and the field that it gives one; nothing where every name has parts.
    let probe = store.address("X").ok();
    let prefix = probe.as_ref().and_then(|probe| probe.path.strip_suffix('X')).unwrap_or_default();
    let usual = probe.as_ref().and_then(|probe| probe.field.as_ref());
    let mut wanted: BTreeMap<String, Address> = BTreeMap::new();
    for address in addresses {
        let below = address.path.strip_prefix(prefix).unwrap_or(&address.path);
        let name = match &address.field {
            Some(field) if usual != Some(field) => variable(&format!("{below}.{field}")),
            _ => variable(below),
        };
        if let Some(other) = wanted.get(&name) {
            return Err(Failure::usage(format!(
                "{} and {} would both be the variable {name}",
                other.path, address.path
            ))
            .advise("name the store by a prefix that holds one of them, or make a plan"));
        }
        wanted.insert(name, address);
    }
    for (address, error) in &left {
        context.warn(&format!("left out: {address}: {}", error.message));
    }
    let wanted = wanted.into_iter().map(|(name, address)| Wanted { name, address }).collect();
    Ok(((wanted, v1), left.len()))
}

/// Every address of a store, and what of it cannot be read.
async fn entries(store: &dyn Store) -> Result<(Vec<Address>, Vec<(Address, StoreError)>), Failure> {
    let (mut all, mut left) = (Vec::new(), Vec::new());
    let mut from = None;
    loop {
        let page = store.list(from).await?;
        for address in page.addresses {
            if store.capabilities().fields {
                match store.read_fields(&address).await {
                    Ok(fields) => all.extend(fields.into_iter().map(|(field, _)| field)),
                    Err(error) if error.kind == ErrorKind::Rejected => left.push((address, error)),
                    Err(error) => return Err(error.into()),
                }
            } else {
                all.push(address);
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok((all, left));
        }
    }
}

/// A name as a variable: as it is where it is one, else in capitals, with `_` for what no variable has.
fn variable(name: &str) -> String {
    if crate::model::plan::is_variable(name) {
        return name.to_owned();
    }
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    let text: String = letters.collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) { format!("_{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        for (name, expected) in [("DB_URL", "DB_URL"), ("db/pass-word", "DB_PASS_WORD"), ("2fa", "_2FA"), ("a", "a")] {
            assert_eq!(variable(name), expected);
        }
    }
}
