//! The plan of a migration: what goes where, by fingerprints and never by values, in a YAML file that people review, cut
//! down and commit. It is written as the source is read, so that its length does not matter.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use keylift_providers::{Address, Fingerprint, FingerprintKey};
use serde::{Deserialize, Serialize};

use super::log::digest;
use super::{Asked, Migration, OnConflict};
use crate::model::{Failure, Loss};
use crate::steps::carry::Carried;

/// Version of the format that this build writes and reads.
pub const PLAN_VERSION: u32 = 1;

const HEADING: &str = "\
# What a migration will carry, and what it cannot. Made for review: no value stands in here, only keyed fingerprints.
# A line of `entries` that is taken out is not carried. Other names are given by a map (--map), not here.
# `keylift migrate apply` carries it out; what changed at the source since is held back.
";

/// What would be done with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The target has nothing there.
    Create,
    /// The target holds it already.
    Equal,
    /// Another value is replaced.
    Replace,
    /// Fields are added.
    Merge,
    /// The target holds something that stays.
    Conflict,
}

/// The head of a plan.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // Independent options, each asked on its own.
struct Head {
    version: u32,
    fingerprint_key: String,
    from: String,
    to: String,
    #[serde(default)]
    on_conflict: OnConflict,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    metadata: bool,
    #[serde(default)]
    history: bool,
    #[serde(default)]
    cut_over: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    map: Option<serde_yaml::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    from: String,
    to: String,
    fingerprint: Fingerprint,
    action: Action,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // Independent options, each asked on its own.
struct Whole {
    version: u32,
    fingerprint_key: String,
    from: String,
    to: String,
    #[serde(default)]
    on_conflict: OnConflict,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    metadata: bool,
    #[serde(default)]
    history: bool,
    #[serde(default)]
    cut_over: bool,
    #[serde(default)]
    map: Option<serde_yaml::Value>,
    /// For the reader alone.
    #[serde(default, rename = "loss")]
    _loss: serde_yaml::Value,
    #[serde(default)]
    entries: Vec<Line>,
}

/// Writes a plan, line by line, and puts it in its place at the end.
#[derive(Debug)]
pub struct Writer {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Writer {
    /// A plan that is to be at `path`.
    ///
    /// # Errors
    /// Where its folder cannot be written to.
    pub fn new(path: &Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file =
            tempfile::NamedTempFile::new_in(folder).map_err(|error| Failure::file("could not write", path, &error))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned() })
    }

    pub(super) fn head(&mut self, migration: &Migration<'_>, loss: &Loss) -> Result<(), Failure> {
        let Asked { on_conflict, force, metadata, history, cut_over, map, .. } = &migration.asked;
        let head = Head {
            version: PLAN_VERSION,
            fingerprint_key: migration.key.id(),
            from: migration.from.location().to_owned(),
            to: migration.to.location().to_owned(),
            on_conflict: *on_conflict,
            force: *force,
            metadata: *metadata,
            history: *history,
            cut_over: *cut_over,
            map: map.clone(),
        };
        let text = serde_yaml::to_string(&head)
            .map_err(|error| Failure::usage(format!("could not write the plan: {error}")))?;
        self.put(&format!("{HEADING}{text}loss:\n  stays:\n"))?;
        loss.stays.each(|one| {
            let from = shown(&one.from);
            self.put(&format!(
                "  - {}\n",
                serde_json::json!({ "from": from, "reason": one.reason, "advice": one.advice })
            ))
        })?;
        self.put("  versions:\n")?;
        loss.older.each(|one| {
            let (from, version) = (shown(&one.from), &one.from.version);
            self.put(&format!(
                "  - {}\n",
                serde_json::json!({ "from": from, "version": version, "reason": one.reason })
            ))
        })?;
        self.put(&format!("  metadata: {}\n", serde_json::json!(loss.metadata)))?;
        self.put(&format!("  skipped: {}\nentries:\n", loss.skipped))
    }

    pub(super) fn line(&mut self, one: &Carried, action: Action, key: &FingerprintKey) -> Result<(), Failure> {
        let (from, to, fingerprint) = (shown(&one.from), shown(&one.to), key.fingerprint(&one.secret));
        let line = serde_json::to_string(&Line { from, to, fingerprint, action })
            .map_err(|error| Failure::usage(format!("could not write the plan: {error}")))?;
        self.put(&format!("- {line}\n"))
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { file, path } = self;
        let broken = |error: &std::io::Error| Failure::file("could not write", &path, error);
        let file = file.into_inner().map_err(|error| broken(error.error()))?;
        file.persist(&path).map_err(|error| broken(&error.error)).map(drop)
    }

    fn put(&mut self, text: &str) -> Result<(), Failure> {
        self.file.write_all(text.as_bytes()).map_err(|error| Failure::file("could not write", &self.path, &error))
    }
}

/// A plan that was read: who goes where, and which value it was. Kept as digests.
#[derive(Debug)]
pub struct Approved {
    /// The source.
    pub from: String,
    /// The target.
    pub to: String,
    /// What was asked for when it was made.
    pub asked: Asked,
    /// The file as it was read.
    pub(super) text: String,
    entries: HashMap<u128, u128>,
    seen: AtomicUsize,
    left_out: AtomicUsize,
}

impl Approved {
    /// Reads a plan.
    ///
    /// # Errors
    /// Where it is none, is of another version, or was made with another fingerprint key.
    pub fn read(path: &Path, key: &FingerprintKey) -> Result<Self, Failure> {
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::file("could not read the plan", path, &error))?;
        let wrong = |what: String| Failure::usage(format!("{}: {what}", path.display()));
        let whole: Whole = serde_yaml::from_str(&text).map_err(|error| {
            wrong(error.to_string()).advise("`keylift migrate FROM TO --out PLAN` makes the plan of a migration")
        })?;
        if whole.version != PLAN_VERSION {
            return Err(wrong(format!("this plan has version {}, this keylift reads {PLAN_VERSION}", whole.version)));
        }
        if whole.fingerprint_key != key.id() {
            return Err(wrong("it was made with another fingerprint key".to_owned())
                .advise("use the key of whoever made it (KEYLIFT_FINGERPRINT_KEY), or make the plan anew"));
        }
        let mut entries = HashMap::with_capacity(whole.entries.len());
        for line in &whole.entries {
            let place = digest(key, &format!("{} -> {}", line.from, line.to));
            if entries.insert(place, digest(key, line.fingerprint.as_str())).is_some() {
                return Err(wrong(format!("{} stands in it twice", line.from)));
            }
        }
        let plan = Some(format!("{:032x}", digest(key, &text)));
        let Whole { from, to, on_conflict, force, metadata, history, cut_over, map, .. } = whole;
        let asked = Asked { on_conflict, force, metadata, history, cut_over, map, plan };
        Ok(Self { from, to, asked, text, entries, seen: AtomicUsize::new(0), left_out: AtomicUsize::new(0) })
    }

    /// Whether a value is in the plan, as it was then; else why not, and what to do.
    pub(super) fn allows(&self, one: &Carried, key: &FingerprintKey) -> Result<(), (String, String)> {
        let place = digest(key, &format!("{} -> {}", shown(&one.from), shown(&one.to)));
        let Some(known) = self.entries.get(&place) else {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return Err(("it is not in the plan".to_owned(), "make a new plan where it should go as well".to_owned()));
        };
        self.seen.fetch_add(1, Ordering::Relaxed);
        if *known != digest(key, key.fingerprint(&one.secret).as_str()) {
            let advice = "look at the change, and make a new plan".to_owned();
            return Err(("it changed since the plan was made".to_owned(), advice));
        }
        Ok(())
    }

    /// How many values of the source are not in the plan, and are held back because nobody asked for them.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.load(Ordering::Relaxed)
    }

    /// So many of it are done, and were not read again.
    pub(super) fn pass(&self, count: usize) {
        self.seen.fetch_add(count, Ordering::Relaxed);
    }

    /// How many of the plan the source did not have.
    pub(super) fn unseen(&self) -> usize {
        self.entries.len().saturating_sub(self.seen.load(Ordering::Relaxed))
    }
}

/// An address without its store.
pub(super) fn shown(address: &Address) -> String {
    match &address.field {
        Some(field) => format!("{}#{field}", address.path),
        None => address.path.clone(),
    }
}
