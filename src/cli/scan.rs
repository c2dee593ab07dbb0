//! `keylift scan`: what is hardcoded, values masked.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::input::{GitArgs, Paths};
use super::output::Output;
use crate::model::{Exit, Failure};

/// Options of `scan`.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    git: GitArgs,
    /// How to print findings
    #[arg(long, value_enum, default_value = "text")]
    format: Output,
    /// The path that standard input is read as
    #[arg(long, value_name = "PATH", default_value = "stdin")]
    stdin_path: PathBuf,
}

/// Scans.
pub(super) fn scan(args: &ScanArgs, context: &Context) -> Result<Exit, Failure> {
    let engine = &args.paths.engine(context)?;
    let found = args.paths.all(&args.git, &args.stdin_path, engine, args.format.shows_lines(), context)?;
    context.print(&args.format.render(&found, engine, context)?)?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Left })
}
