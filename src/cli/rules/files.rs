//! Rule files that a user brings, and the engine with them.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Context;
use crate::model::Failure;
use crate::render::findings::harmless;
use crate::rules::{Engine, Rule, foreign};

/// Rule files that a user brings.
#[derive(Debug, Args)]
pub(in crate::cli) struct RuleFiles {
    /// Further rules: keylift's YAML, a rule file of gitleaks, betterleaks or kingfisher, or a folder of such; may be
    /// repeated
    #[arg(long = "rules", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// The engine of a run.
pub(in crate::cli) enum Rules {
    /// The built-in rules alone.
    Builtin(&'static Engine),
    /// With a user's.
    Own(Box<Engine>),
}

impl std::ops::Deref for Rules {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        match self {
            Self::Builtin(engine) => engine,
            Self::Own(engine) => engine,
        }
    }
}

impl RuleFiles {
    /// The engine with these rules; says what could not be carried over.
    pub(in crate::cli) fn engine(&self, context: &Context) -> Result<Rules, Failure> {
        if self.files.is_empty() {
            return Ok(Rules::Builtin(Engine::builtin()));
        }
        let mut rules = Vec::new();
        for file in &self.files {
            rules.extend(read(file, context)?);
        }
        Engine::with(rules)
            .map(|engine| Rules::Own(Box::new(engine)))
            .map_err(|error| Failure::usage(error.to_string()))
    }
}

/// The rules of a file, or of the files of a folder; says what could not be carried over.
pub(super) fn read(file: &Path, context: &Context) -> Result<Vec<Rule>, Failure> {
    let (mut rules, mut lost) = (Vec::new(), Vec::new());
    // A path in a rule file is one of the folder that the command is given in, as for gitleaks.
    let open = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    for one in rule_files(file)? {
        let text =
            std::fs::read_to_string(&one).map_err(|error| Failure::file("could not read the rules", &one, &error))?;
        let carried =
            foreign::read(&one.to_string_lossy(), &text, &open).map_err(|error| Failure::usage(error.to_string()))?;
        rules.extend(carried.rules);
        lost.extend(carried.lost);
    }
    for lost in summed_up(lost) {
        context.warn(&format!("{}: not carried over: {}", file.display(), harmless(&lost)));
    }
    Ok(rules)
}

/// The file itself, or what in a folder has a rule file's ending.
fn rule_files(file: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !file.is_dir() {
        return Ok(vec![file.to_owned()]);
    }
    let wrong = |error: std::io::Error| Failure::file("could not read the rules", file, &error);
    let entries = std::fs::read_dir(file).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let is_rules = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        path.is_file() && matches!(&*ending, "yaml" | "yml" | "toml")
    };
    let mut files: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(is_rules).collect();
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("{}: no rule files in the folder", file.display())));
    }
    Ok(files)
}

/// Losses as they are told: one that many rules share once, with the first of them. A rule that was left out is told by
/// itself.
fn summed_up(lost: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 4;
    let mut shared: Vec<(String, Vec<String>)> = Vec::new();
    let mut told = Vec::new();
    for one in lost {
        match one.split_once(": ") {
            Some((id, what)) if !what.starts_with("left out") && !id.contains(' ') => {
                match shared.iter_mut().find(|(known, _)| known == what) {
                    Some((_, ids)) => ids.push(id.to_owned()),
                    None => shared.push((what.to_owned(), vec![id.to_owned()])),
                }
            }
            _ => told.push(one),
        }
    }
    let few = |(what, ids): (String, Vec<String>)| -> Vec<String> {
        if ids.len() <= SHOWN {
            return ids.into_iter().map(|id| format!("{id}: {what}")).collect();
        }
        vec![format!("{} and {} more rules: {what}", ids[..SHOWN].join(", "), ids.len() - SHOWN)]
    };
    told.extend(shared.into_iter().flat_map(few));
    told
}
