//! `keylift diff`: the edits that a plan stands for, secrets masked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use keylift_providers::FingerprintKey;
use rayon::prelude::*;

use super::Context;
use super::project::Project;
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

/// A plan's diff, ready to print.
#[derive(Debug)]
pub(super) struct Shown {
    /// The diff, masked.
    pub text: String,
    /// Files that the plan touches.
    pub files: usize,
    /// Files that changed since the plan was made: their spans no longer hold.
    pub changed: Vec<String>,
}

/// Shows the diff. Files that changed since the plan was made are conflicts.
pub(super) fn diff(args: &DiffArgs, context: &Context) -> Result<Exit, Failure> {
    let plan = Plan::read(&args.plan)?;
    let project = Project::of_plan(&args.plan, &plan, context)?;
    let shown = shown(&plan, &project.root, &project.key, context)?;
    context.print(&shown.text)?;
    if !shown.changed.is_empty() {
        let changed = shown.changed.join(", ");
        return Err(Failure::new(Exit::Conflict, format!("changed since the plan was made: {changed}"))
            .advise("plan again: names that you gave are kept"));
    }
    Ok(if shown.files == 0 { Exit::Done } else { Exit::Left })
}

/// Makes the diff of a plan.
pub(super) fn shown(plan: &Plan, root: &Path, key: &FingerprintKey, context: &Context) -> Result<Shown, Failure> {
    if plan.fingerprint_key != key.id() {
        return Err(Failure::usage("the plan was made with another fingerprint key")
            .advise("plan again, or take over the key file of whoever made the plan"));
    }
    let paths: BTreeSet<&str> = plan.approved().flat_map(|planned| &planned.sites).map(|site| &*site.path).collect();
    let addresses = plan.addresses();
    let files: Vec<(&str, File)> = paths
        .into_par_iter()
        .map(|path| {
            let bytes = std::fs::read(root.join(path)).unwrap_or_default();
            if plan.files.get(path) != Some(&file_hash(key, &bytes)) {
                return (path, File::Changed);
            }
            let found = Engine::builtin().scan(&SourceFile::disk(path, bytes.clone()));
            let secrets: Vec<_> = found.iter().map(|finding| finding.span.clone()).collect();
            let Some(preview) = preview(plan, &addresses, path, &bytes, &secrets) else { return (path, File::Same) };
            let diff = crate::render::diff::unified(&preview.path, &preview.before, &preview.after, context.color);
            (path, File::Shown { diff, refused: preview.refused })
        })
        .collect();
    let mut shown = Shown { text: String::new(), files: files.len(), changed: Vec::new() };
    for (path, file) in files {
        match file {
            File::Changed => shown.changed.push(path.to_owned()),
            File::Same => {}
            File::Shown { diff, refused } => {
                shown.text.push_str(&diff);
                for (name, reason) in refused {
                    context.warn(&format!("{path}: {name} is not rewritten: {reason}"));
                }
            }
        }
    }
    Ok(shown)
}

/// What there is to show of a file.
enum File {
    /// It changed since the plan was made.
    Changed,
    /// Nothing.
    Same,
    /// Its diff, and the names that cannot be rewritten in it with the reasons.
    Shown { diff: String, refused: Vec<(String, String)> },
}
