//! What migrations between stores came to.

use std::collections::BTreeMap;

use keylift_providers::Address;

use super::failure::Exit;

/// Something that the other store cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stays {
    /// Where it stays.
    pub from: Address,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// What a migration came to.
#[derive(Debug, Default)]
pub struct Migrated {
    /// Values that were written and read back.
    pub written: usize,
    /// Values that were equal in the target.
    pub equal: usize,
    /// Values that an earlier process of the same migration had verified.
    pub before: usize,
    /// Targets that hold another value: the source's address and the target's.
    pub conflicts: Vec<(Address, Address)>,
    /// What the target cannot hold.
    pub stays: Vec<Stays>,
    /// Metadata keys that were not carried, and of how many values.
    pub lost: BTreeMap<String, usize>,
    /// Values that failed, with the reason.
    pub failed: Vec<(Address, String)>,
}

impl Migrated {
    /// The exit code that follows.
    pub fn exit(&self) -> Exit {
        if !self.conflicts.is_empty() {
            Exit::Conflict
        } else if !self.failed.is_empty() {
            Exit::Partly
        } else if self.stays.is_empty() {
            Exit::Done
        } else {
            Exit::Left
        }
    }
}

/// How two stores compare.
#[derive(Debug, Default)]
pub struct Compared {
    /// Equal values.
    pub equal: usize,
    /// Addresses of the source whose target holds another value.
    pub different: Vec<Address>,
    /// Addresses of the source that the target lacks.
    pub missing: Vec<Address>,
    /// What the target cannot hold.
    pub stays: Vec<Stays>,
}
