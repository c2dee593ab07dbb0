//! `keylift diff`: the edits that a plan stands for, secrets masked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Context;
use crate::model::plan::PLAN_FILE;
use crate::model::{Exit, Failure, Plan, SourceFile};
use crate::rules::Engine;
use crate::steps::plan::file_hash;
use crate::steps::preview::preview;

/// Options of `diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The plan
    #[arg(default_value = PLAN_FILE)]
    plan: PathBuf,
}

/// Shows the diff. Files that changed since the plan was made are conflicts: their spans no longer hold.
pub(super) fn diff(args: &DiffArgs, context: &Context) -> Result<Exit, Failure> {
    let plan = Plan::read(&args.plan)?;
    let key = context.fingerprint_key()?;
    if plan.fingerprint_key != key.id() {
        return Err(Failure::usage("the plan was made with another fingerprint key")
            .advise("plan again, or take over the key file of whoever made the plan"));
    }
    let root = args.plan.parent().unwrap_or(Path::new("")).join(&plan.root);
    let paths: BTreeSet<&str> = plan.approved().flat_map(|planned| &planned.sites).map(|site| &*site.path).collect();
    let mut changed = Vec::new();
    let mut out = String::new();
    for path in &paths {
        let file = root.join(path);
        let bytes = std::fs::read(&file).map_err(|error| Failure::file("could not read", &file, &error))?;
        if plan.files.get(*path) != Some(&file_hash(&key, &bytes)) {
            changed.push(*path);
            continue;
        }
        let found = Engine::builtin().scan(&SourceFile::disk(*path, bytes.clone()));
        let secrets: Vec<_> = found.iter().map(|finding| finding.span.clone()).collect();
        if let Some(preview) = preview(&plan, path, &bytes, &secrets) {
            out.push_str(&crate::render::diff::unified(&preview.path, &preview.before, &preview.after, context.color));
            for (name, reason) in &preview.refused {
                context.warn(&format!("{path}: {name} is not rewritten: {reason}"));
            }
        }
    }
    context.print(&out)?;
    if !changed.is_empty() {
        return Err(Failure::new(Exit::Conflict, format!("changed since the plan was made: {}", changed.join(", ")))
            .advise("plan again: names that you gave are kept"));
    }
    Ok(if paths.is_empty() { Exit::Done } else { Exit::Left })
}
