//! What a migration or a comparison came to, for people and as JSON. Names, never values. Long reports are written as they
//! are read, not put together first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use keylift_providers::Address;
use serde::Serialize;

use crate::model::{Clash, Compared, Failure, Loss, Migrated, Renamed, Retired, Spill, Stays};

/// How many of a kind are told before anything is written; the report at the end tells all.
const AHEAD: usize = 20;

/// What cannot be carried, told before anything is written; empty where everything can.
pub fn loss(loss: &Loss) -> Result<String, Failure> {
    let mut out = Vec::new();
    let mut told = 0;
    loss.stays.each(|one| {
        told += 1;
        if told <= AHEAD {
            line(writeln!(out, "  stays: {}: {}; {}", one.from, one.reason, one.advice))
        } else {
            Ok(())
        }
    })?;
    let mut told = 0;
    loss.renamed.each(|Renamed { from, to }| {
        told += 1;
        if told <= AHEAD { line(writeln!(out, "  renamed: {from} -> {to}")) } else { Ok(()) }
    })?;
    for (what, count) in [("stay", loss.stays.len()), ("are renamed", loss.renamed.len())] {
        if count > AHEAD {
            line(writeln!(out, "  … {count} in all {what}"))?;
        }
    }
    for (key, count) in &loss.metadata {
        line(writeln!(out, "  not carried: metadata `{key}` of {count}"))?;
    }
    let mut told = 0;
    loss.older.each(|one| {
        told += 1;
        if told <= AHEAD { line(writeln!(out, "  not carried: {}: {}", one.from, one.reason)) } else { Ok(()) }
    })?;
    if told > AHEAD {
        line(writeln!(out, "  … {told} older versions in all are not carried"))?;
    }
    if loss.skipped > 0 {
        line(writeln!(out, "  left out by the map: {}", loss.skipped))?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The report of a migration.
pub fn moved(moved: &Migrated, to: &str, dry_run: bool, out: &mut dyn Write) -> Result<(), Failure> {
    stays(out, "stays", &moved.loss.stays)?;
    moved.loss.older.each(|one| line(writeln!(out, "  not carried: {}: {}", one.from, one.reason)))?;
    moved.conflicts.each(|Clash { from, to, reason }| {
        line(writeln!(out, "  conflict: {to} was left as it is, {from} stays: {reason}"))
    })?;
    stays(out, "held back", &moved.held)?;
    stays(out, "failed", &moved.failed)?;
    for (key, count) in &moved.lost {
        line(writeln!(out, "  not carried: metadata `{key}` of {count}"))?;
    }
    let written = if dry_run { "would be written" } else { "written and read back" };
    line(write!(
        out,
        "{} {written} to {to}, {} equal there already, {} done before, {} conflicts, {} stay, {} failed",
        moved.written,
        moved.equal,
        moved.before,
        moved.conflicts.len(),
        moved.loss.stays.len(),
        moved.failed.len()
    ))?;
    further(
        out,
        [
            (moved.replaced, "of them replaced another value"),
            (moved.merged, "of them added fields"),
            (moved.versions, "older versions before them"),
            (if moved.withheld { moved.staged } else { 0 }, "put aside and not made current"),
            (moved.held.len(), "held back"),
            (moved.gone, "of the plan gone from the source"),
        ],
    )
}

/// The report of a comparison.
pub fn compared(compared: &Compared, from: &str, to: &str, out: &mut dyn Write) -> Result<(), Failure> {
    stays(out, "stays", &compared.stays)?;
    stays(out, "failed", &compared.failed)?;
    compared.missing.each(|address| line(writeln!(out, "  missing in {to}: {address}")))?;
    compared.different.each(|address| line(writeln!(out, "  different in {to}: {address}")))?;
    compared.extra.each(|address| line(writeln!(out, "  only in {to}: {address}")))?;
    line(write!(
        out,
        "{} of {from} equal in {to}, {} different, {} missing, {} cannot be held there",
        compared.equal,
        compared.different.len(),
        compared.missing.len(),
        compared.stays.len()
    ))?;
    further(
        out,
        [
            (compared.more, "of the equal ones with further fields there"),
            (compared.extra.len(), "only there"),
            (compared.failed.len(), "not to be read"),
        ],
    )
}

/// Where two stores differ.
pub fn diff(compared: &Compared, left: &str, right: &str, out: &mut dyn Write) -> Result<(), Failure> {
    stays(out, "cannot be compared", &compared.stays)?;
    stays(out, "cannot be compared", &compared.failed)?;
    compared.missing.each(|address| line(writeln!(out, "  only in {left}: {}", named(address))))?;
    compared.extra.each(|address| line(writeln!(out, "  only in {right}: {}", named(address))))?;
    compared.different.each(|address| line(writeln!(out, "  differs: {}", named(address))))?;
    line(writeln!(
        out,
        "{} equal, {} differ, {} only in {left}, {} only in {right}.",
        compared.equal,
        compared.different.len(),
        compared.missing.len(),
        compared.extra.len()
    ))
}

fn named(address: &Address) -> String {
    match &address.field {
        Some(field) => format!("{}#{field}", address.path),
        None => address.path.clone(),
    }
}

/// The report of retiring.
pub fn retired(retired: &Retired, from: &str, dry_run: bool, out: &mut dyn Write) -> Result<(), Failure> {
    stays(out, "kept", &retired.kept)?;
    let done = if dry_run { "would be retired" } else { "retired" };
    line(writeln!(out, "{} {done} in {from}, {} kept.", retired.retired, retired.kept.len()))
}

/// Ends a sentence with those counts that are not zero.
fn further<const N: usize>(out: &mut dyn Write, counts: [(usize, &str); N]) -> Result<(), Failure> {
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        line(write!(out, ", {count} {what}"))?;
    }
    line(writeln!(out, "."))
}

fn stays(out: &mut dyn Write, what: &str, all: &Spill<Stays>) -> Result<(), Failure> {
    all.each(|one| line(writeln!(out, "  {what}: {}: {}; {}", one.from, one.reason, one.advice)))
}

fn line(written: io::Result<()>) -> Result<(), Failure> {
    written.map_err(|error| Failure::usage(format!("could not write the report: {error}")))
}

#[derive(Serialize)]
struct MigratedRow<'a> {
    written: usize,
    replaced: usize,
    merged: usize,
    equal: usize,
    before: usize,
    versions: usize,
    staged: usize,
    withheld: bool,
    gone: usize,
    stopped: bool,
    conflicts: &'a Spill<Clash>,
    stays: &'a Spill<Stays>,
    held: &'a Spill<Stays>,
    failed: &'a Spill<Stays>,
    renamed: &'a Spill<Renamed>,
    skipped: usize,
    lost: BTreeMap<&'a str, usize>,
    lost_versions: usize,
    versions_not_carried: &'a Spill<Stays>,
}

#[derive(Serialize)]
struct ComparedRow<'a> {
    equal: usize,
    more: usize,
    different: &'a Spill<Address>,
    missing: &'a Spill<Address>,
    extra: &'a Spill<Address>,
    stays: &'a Spill<Stays>,
    failed: &'a Spill<Stays>,
}

#[derive(Serialize)]
struct DiffRow<'a> {
    left: &'a str,
    right: &'a str,
    equal: usize,
    different: &'a Spill<Address>,
    only_left: &'a Spill<Address>,
    only_right: &'a Spill<Address>,
    not_comparable: &'a Spill<Stays>,
    failed: &'a Spill<Stays>,
}

#[derive(Serialize)]
struct RetiredRow<'a> {
    retired: usize,
    stopped: bool,
    kept: &'a Spill<Stays>,
}

/// The report of a migration as JSON.
pub fn moved_json(moved: &Migrated, out: &mut dyn Write) -> Result<(), Failure> {
    let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, count) in moved.loss.metadata.iter().chain(&moved.lost) {
        *lost.entry(key).or_default() += count;
    }
    let row = MigratedRow {
        written: moved.written,
        replaced: moved.replaced,
        merged: moved.merged,
        equal: moved.equal,
        before: moved.before,
        versions: moved.versions,
        staged: moved.staged,
        withheld: moved.withheld,
        gone: moved.gone,
        stopped: moved.stopped,
        conflicts: &moved.conflicts,
        stays: &moved.loss.stays,
        held: &moved.held,
        failed: &moved.failed,
        renamed: &moved.loss.renamed,
        skipped: moved.loss.skipped,
        lost,
        lost_versions: moved.loss.older.len(),
        versions_not_carried: &moved.loss.older,
    };
    json(&row, out)
}

/// The report of a comparison as JSON.
pub fn compared_json(compared: &Compared, out: &mut dyn Write) -> Result<(), Failure> {
    let Compared { equal, more, different, missing, extra, stays, failed } = compared;
    json(&ComparedRow { equal: *equal, more: *more, different, missing, extra, stays, failed }, out)
}

/// Where two stores differ, as JSON.
pub fn diff_json(compared: &Compared, left: &str, right: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let Compared { equal, different, missing, extra, stays, failed, .. } = compared;
    let (only_left, only_right, not_comparable) = (missing, extra, stays);
    json(&DiffRow { left, right, equal: *equal, different, only_left, only_right, not_comparable, failed }, out)
}

/// The report of retiring as JSON.
pub fn retired_json(retired: &Retired, out: &mut dyn Write) -> Result<(), Failure> {
    let Retired { retired, kept, stopped } = retired;
    json(&RetiredRow { retired: *retired, stopped: *stopped, kept }, out)
}

fn json(value: &impl Serialize, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value)
        .map_err(|error| Failure::usage(format!("could not write the report: {error}")))?;
    line(writeln!(out))
}
