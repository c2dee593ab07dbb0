//! `keylift run -- COMMAND`: the command with the moved secrets in its environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::inject::{self, Injected, Template};
use super::project::Project;
use super::rendered::{self, Sweeper};
use super::{Context, values};
use crate::model::{Exit, Failure};

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
    /// Render a template into a file of mode 0600 that is removed when the command ends; without a path it is kept in
    /// memory, and `KEYLIFT_INJECT_NAME` tells the command where; may be repeated
    #[arg(long, value_name = "TEMPLATE[:PATH]")]
    inject: Vec<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the command in this process's place, so that signals and the exit code are the command's own.
pub(super) fn run(args: &RunArgs, context: &Context) -> Result<Exit, Failure> {
    let project = inject::project(args.plan.as_deref(), context)?;
    let injected = args.inject.iter().map(|argument| Injected::read(argument)).collect::<Result<Vec<_>, _>>()?;
    let mut wanted = values::named(args.plan.as_deref(), &project)?;
    if wanted.is_empty() && injected.is_empty() {
        return Err(values::nothing_moved());
    }
    wanted.retain(|name, one| one.read && !(args.preserve_env && std::env::var_os(name).is_some()));
    let read = values::read(&wanted, &project, context)?;
    if !read.missing.is_empty() && !args.allow_missing {
        return Err(values::missing(&read.missing).advise("apply the plan first, or say --allow-missing"));
    }
    let mut variables: BTreeMap<String, OsString> = BTreeMap::new();
    for (name, secret) in &read.found {
        if secret.expose().contains(&0) {
            return Err(Failure::usage(format!("the value of {name} holds a NUL, which no environment can carry"))
                .advise("have the program read it from the store, with the lookup `vault` or `aws-sm`"));
        }
        variables.insert(name.clone(), OsStr::from_bytes(secret.expose()).to_owned());
    }
    let sweeper = render(&injected, args.plan.as_deref(), &project, &mut variables, context)?;
    start(&args.command, &variables, sweeper)
}

/// Renders the templates, each into its file, and has the files removed when the command has ended.
fn render(
    injected: &[Injected],
    plan: Option<&Path>,
    project: &Project,
    variables: &mut BTreeMap<String, OsString>,
    context: &Context,
) -> Result<Option<Sweeper>, Failure> {
    if injected.is_empty() {
        return Ok(None);
    }
    let templates: Vec<&Template> = injected.iter().map(|one| &one.template).collect();
    let values = inject::values(&templates, plan, project, context)?;
    let texts = templates.iter().map(|template| template.render(&values)).collect::<Result<Vec<_>, _>>()?;
    let mut files = rendered::Files::default();
    for (one, text) in injected.iter().zip(&texts) {
        let place = if let Some(out) = &one.out {
            out.clone()
        } else {
            let place = files.place(&one.template)?;
            variables.insert(one.variable(), place.clone().into_os_string());
            place
        };
        files.write(&place, text.expose(), &one.template)?;
    }
    files.swept().map(Some)
}

fn start(
    command: &[OsString],
    variables: &BTreeMap<String, OsString>,
    sweeper: Option<Sweeper>,
) -> Result<Exit, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::usage("no command to run"));
    };
    let error = std::os::unix::process::CommandExt::exec(Command::new(program).args(arguments).envs(variables));
    drop(sweeper);
    Err(Failure::usage(format!("could not run {}: {error}", program.to_string_lossy())))
}
