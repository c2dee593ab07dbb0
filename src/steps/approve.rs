//! Plan -> Approved: reads the files again, and takes nothing on trust that was true when the plan was made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keylift_grammars::Addresses;
use keylift_providers::{FingerprintKey, Secret};
use rayon::prelude::*;

use super::locate::{self, Syntax};
use super::plan::file_hash;
use crate::model::{Approved, Cause, Held, Plan, PlannedMove, Site};

/// A file that moves touch, as it is now.
#[derive(Debug)]
pub struct Source {
    /// Keyed hash of its bytes.
    pub hash: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its text and tree.
    pub syntax: Syntax,
}

/// The moves that can be made, with their values; and those that cannot.
#[derive(Debug, Default)]
pub struct Approval {
    /// In the plan's order.
    pub approved: Vec<Approved>,
    /// What is held back.
    pub held: Vec<Held>,
    /// The files, by path below the root.
    pub sources: BTreeMap<String, Source>,
}

/// What is asked of a plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'a> {
    /// Only moves of these names; none for all that the plan approves.
    pub names: Option<&'a BTreeSet<String>>,
    /// Sites in these files are done already.
    pub done: Option<&'a BTreeSet<String>>,
    /// Hold moves back that have an edit which is not safe.
    pub only_safe: bool,
}

/// Reads each file of the plan's approved moves once and confirms every site: the file is the one that was planned, the
/// span still holds a value with the move's fingerprint, and the name still fits.
pub fn approve(plan: &Plan, root: &Path, key: &FingerprintKey, scope: Scope<'_>) -> Approval {
    let wanted: Vec<&PlannedMove> =
        plan.approved().filter(|planned| scope.names.is_none_or(|names| names.contains(&planned.name))).collect();
    let open = |path: &String| scope.done.is_none_or(|done| !done.contains(path));
    let paths: BTreeSet<&String> =
        wanted.iter().flat_map(|planned| &planned.sites).map(|site| &site.path).filter(|path| open(path)).collect();
    let addresses = plan.addresses();
    let read: Vec<(&String, Result<Source, String>)> =
        paths.into_par_iter().map(|path| (path, source(root, path, key, &addresses))).collect();
    let mut sources = BTreeMap::new();
    let mut unread: BTreeMap<&String, String> = BTreeMap::new();
    for (path, source) in read {
        match source {
            Ok(source) if plan.files.get(path) == Some(&source.hash) => {
                sources.insert(path.clone(), source);
            }
            Ok(_) => {
                unread.insert(path, format!("{path} changed since the plan was made"));
            }
            Err(reason) => {
                unread.insert(path, reason);
            }
        }
    }
    let mut approval = Approval { sources, ..Approval::default() };
    for planned in wanted {
        let sites: Vec<_> = planned.sites.iter().filter(|site| open(&site.path)).collect();
        if sites.is_empty() {
            continue;
        }
        let blocked = sites.iter().find_map(|site| unread.get(&site.path));
        let confirmed = match blocked {
            Some(reason) => Err(held(planned, Cause::Changed, reason, "plan again: names that you gave are kept")),
            None => confirm(plan, planned, &approval.sources, key, &scope),
        };
        match confirmed {
            Ok(approved) => approval.approved.push(approved),
            Err(held) => approval.held.push(held),
        }
    }
    approval
}

fn source(root: &Path, path: &str, key: &FingerprintKey, addresses: &Addresses) -> Result<Source, String> {
    let bytes = std::fs::read(root.join(path)).map_err(|error| format!("{path} could not be read: {error}"))?;
    let syntax = Syntax::new(path.as_ref(), &bytes).ok_or_else(|| format!("{path} is no longer text"))?;
    let syntax = syntax.beside(|| neighbours(root, path)).stored(addresses);
    Ok(Source { hash: file_hash(key, &bytes), bytes, syntax })
}

/// The texts of the other files of a folder with the same extension. What cannot be read is left out: it declares nothing.
fn neighbours(root: &Path, path: &str) -> Vec<String> {
    const LARGEST: u64 = 1 << 20;
    let file = root.join(path);
    let Some(entries) = file.parent().and_then(|folder| std::fs::read_dir(folder).ok()) else { return Vec::new() };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|other| *other != file && other.extension() == file.extension())
        .filter(|other| std::fs::metadata(other).is_ok_and(|about| about.is_file() && about.len() <= LARGEST))
        .filter_map(|other| std::fs::read_to_string(other).ok())
        .collect()
}

fn confirm(
    plan: &Plan,
    planned: &PlannedMove,
    sources: &BTreeMap<String, Source>,
    key: &FingerprintKey,
    scope: &Scope<'_>,
) -> Result<Approved, Held> {
    let lookup = planned.lookup.unwrap_or(plan.lookup);
    let mut value: Option<Secret> = None;
    let mut sites = Vec::new();
    for site in planned.sites.iter().filter(|site| scope.done.is_none_or(|done| !done.contains(&site.path))) {
        let changed = || {
            let reason = format!("{}:{} does not hold the planned value", site.path, site.line);
            held(planned, Cause::Changed, &reason, "plan again: the plan was made for other code")
        };
        let source = sources.get(&site.path).ok_or_else(changed)?;
        let span = site.span.0..site.span.1;
        let lookup = planned.lookup_at(site, plan);
        let placed = locate::place(&span, &source.syntax, lookup.into()).map_err(|refusal| {
            held(planned, Cause::Refused, &format!("{}:{}: {}", site.path, site.line, refusal.reason), &refusal.advice)
        })?;
        if key.fingerprint(&placed.secret) != planned.fingerprint {
            return Err(changed());
        }
        if scope.only_safe && locate::caution(placed.place.applicability).is_some() {
            let reason = format!("the edit at {}:{} is not a safe one", site.path, site.line);
            return Err(held(planned, Cause::Caution, &reason, "look at it with `keylift diff`, then apply it too"));
        }
        // A default that is dropped keeps the variable that the code reads; that may be an alias of the move.
        let fixed = placed.place.fixed_name.filter(|fixed| planned.also.contains(fixed));
        let stored = placed.place.stored;
        value.get_or_insert(placed.secret);
        sites.push(Site {
            path: site.path.clone(),
            span,
            line: site.line,
            name: fixed.unwrap_or_else(|| planned.name.clone()),
            lookup,
            stored,
        });
    }
    let secret = value.ok_or_else(|| {
        held(planned, Cause::Changed, "the move has no site", "plan again, or take the move out of the plan")
    })?;
    Ok(Approved { name: planned.name.clone(), address: planned.address.clone(), lookup, secret, sites })
}

/// Of the moves that are left, the parts of secrets that are not: an identifier does not leave the code by itself.
pub fn without_owner(plan: &Plan, approved: &[Approved]) -> Vec<Held> {
    let left: BTreeSet<&str> = approved.iter().map(|one| one.name.as_str()).collect();
    let parts = plan.approved().filter(|planned| left.contains(planned.name.as_str()));
    parts
        .filter_map(|part| {
            let owner = plan.owner(part).filter(|owner| !left.contains(owner.name.as_str()))?;
            let reason = format!("it goes with {}, which is held back", owner.name);
            Some(held(part, Cause::Refused, &reason, "see to that one first, or take `part-of` out of the plan"))
        })
        .collect()
}

fn held(planned: &PlannedMove, cause: Cause, reason: &str, advice: &str) -> Held {
    Held { name: planned.name.clone(), cause, reason: reason.to_owned(), advice: advice.to_owned() }
}
