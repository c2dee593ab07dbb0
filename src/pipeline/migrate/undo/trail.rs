//! What a journal says about each address of the target, taken together: who made it, what was there before, which of
//! several writes was the last.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use keylift_providers::{Address, Fingerprint, FingerprintKey, Receipt, Written};

use super::super::log::{Beside, Step, digest};
use super::super::table::Table;
use super::Part;
use crate::journal::Journal;
use crate::model::Failure;

/// Where what was replaced is to be found.
pub(super) enum Former {
    Version(String),
    Kept { file: String, name: String },
}

/// A write that the journal tells of.
pub(super) struct Made {
    pub receipt: Receipt,
    /// Which value was written.
    pub fingerprint: Option<Fingerprint>,
    /// Older versions that were written before it, and go with it.
    pub older: Vec<String>,
}

/// A write whose answer a crash took.
pub(super) struct Begun {
    pub to: Address,
    /// Which value was to be there.
    pub fingerprint: Fingerprint,
    /// Nothing was there before.
    pub fresh: bool,
    /// The contents of all versions that were to be there, where older ones go along.
    pub older: Vec<Fingerprint>,
}

/// The trail of a migration in its target, by digests of addresses.
#[derive(Default)]
pub(super) struct Trail {
    former: HashMap<u128, Former>,
    /// The last write to each address, by its number in the journal: those before it are its own history.
    last: Table,
    /// How many writes were read in the second reading.
    seen: u128,
    /// Addresses that were empty when the migration came, where it replaced something as well.
    created: HashSet<u128>,
    /// Versions of its own making: what they replaced each other with is nobody's loss.
    own: HashSet<u128>,
    /// Addresses of writes whose answers a crash took, that were dealt with.
    settled: HashSet<u128>,
    /// What is kept beside what was replaced.
    beside: HashMap<u128, Beside>,
}

impl Trail {
    /// Reads a journal once through. Where nothing was `replaced`, what is kept of that does not grow with the journal.
    pub(super) fn read(path: &Path, key: &FingerprintKey, replaced: bool) -> Result<Self, Failure> {
        let (mut trail, mut number) = (Self::default(), 0);
        let mut kept: HashMap<u128, Former> = HashMap::new();
        for step in Journal::<Step>::stream(path)? {
            match step? {
                Step::BackedUp { to, file, name } => {
                    kept.insert(digest(key, &to.to_string()), Former::Kept { file, name });
                }
                Step::Intent { to, replaces: Some(version), beside, .. } => {
                    let at = digest(key, &to.to_string());
                    if let Some(beside) = beside {
                        let before = trail.beside.remove(&at).map_or(beside.before, |first| first.before);
                        trail.beside.insert(at, Beside { before, after: beside.after });
                    }
                    // What was kept beside the journal goes before: such a store gives no older version back.
                    let former = kept.remove(&at).unwrap_or(Former::Version(version.clone()));
                    if !trail.own.contains(&digest(key, &format!("{to} {version}"))) {
                        trail.former.insert(at, former);
                    }
                }
                Step::Written { receipt, .. } => {
                    let at = digest(key, &receipt.address.to_string());
                    number += 1;
                    trail.last.put(at, number)?;
                    if !replaced {
                        continue;
                    }
                    let version = receipt.version.unwrap_or_default();
                    match receipt.written {
                        Written::Created => drop(trail.created.insert(at)),
                        Written::Updated => {}
                        Written::AlreadyEqual => continue,
                    }
                    trail.own.insert(digest(key, &format!("{} {version}", receipt.address)));
                }
                _ => {}
            }
        }
        trail.last.seal()?;
        Ok(trail)
    }

    /// How many addresses it wrote to, as far as the journal knows.
    pub(super) fn len(&self) -> usize {
        self.last.len()
    }

    /// What an address held before.
    pub(super) fn former(&self, key: &FingerprintKey, receipt: &Receipt) -> Option<&Former> {
        self.former.get(&digest(key, &receipt.address.to_string()))
    }

    /// What was kept beside an entry that was replaced, and what the migration made of that.
    pub(super) fn beside(&self, key: &FingerprintKey, receipt: &Receipt) -> Option<&Beside> {
        self.beside.get(&digest(key, &receipt.address.to_string()))
    }

    /// Adds what a step of the journal asks undo to do.
    pub(super) fn sort(&mut self, key: &FingerprintKey, step: Step, part: &mut Part) {
        match step {
            Step::Written { mut receipt, fingerprint, older, .. } => {
                let at = digest(key, &receipt.address.to_string());
                self.seen += 1;
                if self.last.get(at) == Some(self.seen) {
                    if receipt.written == Written::Updated
                        && self.created.contains(&at)
                        && !self.former.contains_key(&at)
                    {
                        receipt.written = Written::Created;
                    }
                    part.written.push(Made { receipt, fingerprint, older });
                }
            }
            Step::Intent { to, fingerprint: Some(fingerprint), replaces, older, .. } => {
                let at = digest(key, &to.to_string());
                if !self.last.has(at) && !self.settled.contains(&at) {
                    // A crash may have come after the new value was put beside the old one, and before that was written down.
                    if replaces.is_some() {
                        part.waiting.push(Receipt { address: to.clone(), version: None, written: Written::Updated });
                    }
                    part.begun.push(Begun { to, fingerprint, fresh: replaces.is_none(), older });
                }
            }
            Step::Staged { receipt: Some(receipt), .. } => {
                let at = digest(key, &receipt.address.to_string());
                if !self.last.has(at) && !self.settled.contains(&at) {
                    part.waiting.push(receipt);
                }
            }
            _ => {}
        }
    }

    /// Whether an address was dealt with.
    pub(super) fn is_settled(&self, key: &FingerprintKey, receipt: &Receipt) -> bool {
        self.settled.contains(&digest(key, &receipt.address.to_string()))
    }

    /// An address was dealt with.
    pub(super) fn settle(&mut self, key: &FingerprintKey, receipt: &Receipt) {
        self.settled.insert(digest(key, &receipt.address.to_string()));
    }
}
