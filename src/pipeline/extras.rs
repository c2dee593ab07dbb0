//! Files that a run makes beside the rewritten ones: the accessor that new code imports, and `.env.example`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use keylift_grammars::Style;

use super::{Options, Surroundings};
use crate::model::{Approved, Cause, Exit, Failure, Held, Lookup, Place, Service, StagedFile, Verified};
use crate::steps::approve::Approval;
use crate::steps::rewrite::{self, Rewritten};

const EXAMPLE: &str = ".env.example";
const HEADING: &str =
    "# Variables that the code reads. The values are in the store; `keylift run -- COMMAND` sets them.\n";

/// The files that come with a rewrite.
pub(super) fn generated(
    files: &[Rewritten],
    verified: &[Verified],
    options: Options,
    at: &Surroundings<'_>,
) -> Result<Vec<Rewritten>, Failure> {
    let mut made: BTreeMap<String, Rewritten> = BTreeMap::new();
    for file in files {
        let Some(accessor) = file.accessor() else { continue };
        let own = &file.staged().path;
        let folder = project(&at.root, own, &accessor.beside)
            .or_else(|| module(own, &accessor.below))
            .unwrap_or_else(|| import_root(&at.root, own));
        let path = join(&folder, &accessor.name);
        if made.contains_key(&path) {
            continue;
        }
        let text = filled(&accessor.text, verified, at);
        match std::fs::read(at.root.join(&path)) {
            Ok(there) if there == text.as_bytes() => {}
            Ok(_) => {
                return Err(Failure::new(Exit::Conflict, format!("{path} is there already, and is another file"))
                    .advise("rename or remove it, then `keylift resume`"));
            }
            Err(_) => {
                made.insert(path.clone(), rewrite::generated(&path, None, &text, at.key));
            }
        }
    }
    // One that a move rewrites itself names what it is an example of; a file is staged once.
    let rewritten = files.iter().any(|file| file.staged().path == EXAMPLE);
    if !options.no_example && !files.is_empty() && !rewritten {
        made.extend(example(files, verified, at).map(|file| (EXAMPLE.to_owned(), file)));
    }
    Ok(made.into_values().collect())
}

/// The generated files of a run that stopped, made again from what was staged.
pub(super) fn again(
    staged: &[StagedFile],
    done: &BTreeSet<String>,
    at: &Surroundings<'_>,
) -> Result<Vec<Rewritten>, Failure> {
    let mut made = Vec::new();
    for file in staged.iter().filter(|file| file.values.is_empty() && !done.contains(&file.path)) {
        let Some(added) = file.undo.first() else { continue };
        let path = at.root.join(&file.path);
        let before = match &file.before {
            None => None,
            Some(_) => Some(std::fs::read(&path).map_err(|error| Failure::file("could not read", &path, &error))?),
        };
        made.push(rewrite::generated(&file.path, before.as_deref(), &added.text, at.key));
    }
    Ok(made)
}

/// Moves that an accessor could not find: it looks values up by name, below the store's prefix.
pub(super) fn beyond_accessor(approval: &Approval, at: &Surroundings<'_>) -> Vec<Held> {
    let scheme = at.store.location().split(':').next().unwrap_or_default();
    let held = |one: &Approved, reason: String, advice: &str| Held {
        name: one.name.clone(),
        cause: Cause::Refused,
        reason,
        advice: advice.to_owned(),
    };
    approval
        .approved
        .iter()
        .filter_map(|one| {
            let wanted = match one.lookup {
                Lookup::Env | Lookup::Inject => return None,
                Lookup::Vault => "vault",
                Lookup::AwsSm => "aws-sm",
            };
            if scheme != wanted {
                let reason = format!("a lookup in {wanted} cannot find what goes to {}", at.store.location());
                return Some(held(one, reason, "use the lookup `env`, or another store"));
            }
            (at.store.address(&one.name).as_ref() != Ok(&one.address)).then(|| {
                let reason = "the code looks the value up by name, and its address in the plan is another one".into();
                held(one, reason, "give the move the address that its name stands for, or the lookup `env`")
            })
        })
        .collect()
}

/// Moves whose config files would name the wrong engine: which one is behind a mount is known once the store has answered.
pub(super) fn other_engine(approval: &Approval, at: &Surroundings<'_>) -> Vec<Held> {
    let place = Place::new(at.store.location(), false);
    let told = matches!(place.service, Service::Vault { v1: false, .. });
    if !told || at.store.capabilities().versions {
        return Vec::new();
    }
    let names_entries = |path: &str| {
        let parsed = approval.sources.get(path).and_then(|source| source.syntax.parsed.as_ref());
        parsed.is_some_and(|(language, _)| language.names_entries(Style::Vault))
    };
    let held = |one: &Approved| Held {
        name: one.name.clone(),
        cause: Cause::Refused,
        reason: "the mount is of KV version 1, and config files would name one of version 2".to_owned(),
        advice: format!("plan again with the store {}?kv=1", at.store.location()),
    };
    let wrong =
        |one: &&Approved| one.sites.iter().any(|site| site.lookup == Lookup::Vault && names_entries(&site.path));
    approval.approved.iter().filter(wrong).map(held).collect()
}

/// The names that the code looks up in the environment, added to `.env.example` where they are not in it.
fn example(files: &[Rewritten], verified: &[Verified], at: &Surroundings<'_>) -> Option<Rewritten> {
    let moved: BTreeSet<&String> = files.iter().flat_map(|file| &file.staged().values).collect();
    let names: BTreeSet<&String> = verified
        .iter()
        .map(Verified::approved)
        .filter(|one| moved.contains(&one.name))
        .flat_map(|one| {
            one.sites.iter().filter(|site| site.lookup == Lookup::Env && !site.stored).map(|site| &site.name)
        })
        .collect();
    let before = std::fs::read(at.root.join(EXAMPLE)).ok();
    let text = match &before {
        None => "",
        // A mark or another encoding would not survive text at its end: such a file is left to its owner.
        Some(bytes) => std::str::from_utf8(bytes).ok().filter(|text| !text.starts_with('\u{feff}'))?,
    };
    let known: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("export ").split_once('='))
        .map(|(name, _)| name.trim())
        .collect();
    let mut added = String::new();
    if before.is_none() {
        added.push_str(HEADING);
    } else if !text.is_empty() && !text.ends_with('\n') {
        added.push('\n');
    }
    let missing: Vec<&&String> = names.iter().filter(|name| !known.contains(name.as_str())).collect();
    for name in &missing {
        let _ = writeln!(added, "{name}=");
    }
    (!missing.is_empty()).then(|| rewrite::generated(EXAMPLE, before.as_deref(), &added, at.key))
}

/// The folder that a file's imports start from: above the packages that it is part of (Python's `__init__.py`), else
/// its own.
fn import_root(root: &Path, file: &str) -> PathBuf {
    let mut folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
    while !folder.as_os_str().is_empty() && root.join(&folder).join("__init__.py").is_file() {
        folder.pop();
    }
    folder
}

/// The nearest folder upwards that has a file whose name ends so.
fn project(root: &Path, file: &str, names: &[String]) -> Option<PathBuf> {
    let named = |folder: &Path| {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        let mut files = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        files.any(|file| names.iter().any(|name| file.ends_with(name.as_str())))
    };
    Path::new(file).ancestors().skip(1).find(|folder| !names.is_empty() && named(folder)).map(Path::to_owned)
}

/// The folder that is a module, as those in folders of such names are.
fn module(file: &str, names: &[String]) -> Option<PathBuf> {
    let folders: Vec<_> = Path::new(file).parent()?.components().collect();
    let above = folders.iter().position(|folder| names.iter().any(|name| folder.as_os_str() == name.as_str()))?;
    folders.get(..above + 2).map(|folders| folders.iter().collect())
}

fn join(folder: &Path, name: &str) -> String {
    folder.join(name).components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// An accessor's text for the run's store. Mount and prefix are the store's own; no part of them is secret.
fn filled(template: &str, verified: &[Verified], at: &Surroundings<'_>) -> String {
    let place = at.store.location().split_once("://").map_or("", |(_, rest)| rest);
    let place = place.split_once('@').map_or(place, |(_, rest)| rest);
    let mount = place.split(['/', '?']).next().unwrap_or_default();
    // An address is the prefix and the name (`beyond_accessor` holds anything else back).
    let looked_up =
        verified.iter().map(Verified::approved).find(|one| !matches!(one.lookup, Lookup::Env | Lookup::Inject));
    let prefix = looked_up.and_then(|one| one.address.path.strip_suffix(one.name.as_str())).unwrap_or_default();
    let field = verified.iter().find_map(|one| one.approved().address.field.clone()).unwrap_or_else(|| "value".into());
    let version = if at.store.capabilities().versions { "2" } else { "1" };
    template
        .replace("@KEYLIFT_MOUNT@", mount)
        .replace("@KEYLIFT_PREFIX@", prefix)
        .replace("@KEYLIFT_FIELD@", &field)
        .replace("@KEYLIFT_KV@", version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accessor_of_a_module_stands_in_its_folder() {
        let names = ["Sources".to_owned(), "Tests".to_owned()];
        let found = |file: &str| module(file, &names).map(|folder| folder.display().to_string());
        assert_eq!(found("Sources/App/Models/Shop.swift").as_deref(), Some("Sources/App"));
        assert_eq!(found("api/Sources/App/main.swift").as_deref(), Some("api/Sources/App"));
        assert_eq!(found("Tests/AppTests/Sources/A.swift").as_deref(), Some("Tests/AppTests"));
        // A package of one module has no folder for it.
        assert_eq!(found("Sources/main.swift"), None);
        assert_eq!(found("App/main.swift"), None);
        assert_eq!(module("Sources/App/main.swift", &[]), None);
    }
}
