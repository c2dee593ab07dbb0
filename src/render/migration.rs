//! What a migration or a comparison came to, for people and as JSON. Names, never values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keylift_providers::Address;
use serde::Serialize;

use crate::model::{Compared, Failure, Migrated, Stays};

/// The report of a migration.
pub fn moved(moved: &Migrated, to: &str, dry_run: bool) -> String {
    let mut out = String::new();
    stays(&mut out, &moved.stays);
    for (from, to) in &moved.conflicts {
        let _ = writeln!(out, "  conflict: {to} holds another value than {from}");
    }
    for (from, reason) in &moved.failed {
        let _ = writeln!(out, "  failed: {from}: {reason}");
    }
    for (key, count) in &moved.lost {
        let _ = writeln!(out, "  not carried: metadata `{key}` of {count}");
    }
    let written = if dry_run { "would be written" } else { "written and read back" };
    let _ = writeln!(
        out,
        "{} {written} to {to}, {} equal there already, {} done before, {} conflicts, {} stay, {} failed.",
        moved.written,
        moved.equal,
        moved.before,
        moved.conflicts.len(),
        moved.stays.len(),
        moved.failed.len()
    );
    out
}

/// The report of a comparison.
pub fn compared(compared: &Compared, from: &str, to: &str) -> String {
    let mut out = String::new();
    stays(&mut out, &compared.stays);
    for address in &compared.missing {
        let _ = writeln!(out, "  missing in {to}: {address}");
    }
    for address in &compared.different {
        let _ = writeln!(out, "  different in {to}: {address}");
    }
    let _ = writeln!(
        out,
        "{} of {from} equal in {to}, {} different, {} missing, {} cannot be held there.",
        compared.equal,
        compared.different.len(),
        compared.missing.len(),
        compared.stays.len()
    );
    out
}

fn stays(out: &mut String, stays: &[Stays]) {
    for one in stays {
        let _ = writeln!(out, "  stays: {}: {}; {}", one.from, one.reason, one.advice);
    }
}

#[derive(Serialize)]
struct StaysRow<'a> {
    from: &'a Address,
    reason: &'a str,
    advice: &'a str,
}

#[derive(Serialize)]
struct MigratedRow<'a> {
    written: usize,
    equal: usize,
    before: usize,
    conflicts: Vec<Conflict<'a>>,
    stays: Vec<StaysRow<'a>>,
    failed: Vec<StaysRow<'a>>,
    lost: &'a BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct Conflict<'a> {
    from: &'a Address,
    to: &'a Address,
}

#[derive(Serialize)]
struct ComparedRow<'a> {
    equal: usize,
    different: &'a [Address],
    missing: &'a [Address],
    stays: Vec<StaysRow<'a>>,
}

fn rows(stays: &[Stays]) -> Vec<StaysRow<'_>> {
    stays.iter().map(|one| StaysRow { from: &one.from, reason: &one.reason, advice: &one.advice }).collect()
}

/// The report of a migration as JSON.
pub fn moved_json(moved: &Migrated) -> Result<String, Failure> {
    json(&MigratedRow {
        written: moved.written,
        equal: moved.equal,
        before: moved.before,
        conflicts: moved.conflicts.iter().map(|(from, to)| Conflict { from, to }).collect(),
        stays: rows(&moved.stays),
        failed: moved.failed.iter().map(|(from, reason)| StaysRow { from, reason, advice: "" }).collect(),
        lost: &moved.lost,
    })
}

/// The report of a comparison as JSON.
pub fn compared_json(compared: &Compared) -> Result<String, Failure> {
    json(&ComparedRow {
        equal: compared.equal,
        different: &compared.different,
        missing: &compared.missing,
        stays: rows(&compared.stays),
    })
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| format!("{text}\n"))
        .map_err(|error| Failure::usage(format!("could not write the report: {error}")))
}
