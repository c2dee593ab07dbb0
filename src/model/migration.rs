//! What migrations between stores came to.

use std::collections::BTreeMap;

use keylift_providers::Address;
use serde::{Deserialize, Serialize};

use super::failure::Exit;
use super::spill::Spill;

/// Something that does not move: the other store cannot hold it, or it is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays {
    /// Where it stays.
    pub from: Address,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// A target that holds something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// What was to go there.
    pub from: Address,
    /// The target, which was left as it is.
    pub to: Address,
    /// Why it was left.
    pub reason: String,
}

/// A value that has another name in the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// Its address in the source.
    pub from: Address,
    /// Its address in the target.
    pub to: Address,
}

/// What cannot be carried, known before anything is written.
#[derive(Debug, Default, Serialize)]
pub struct Loss {
    /// Values that the target cannot hold: binary, too large, without a legal name.
    pub stays: Spill<Stays>,
    /// Names that the target spells another way.
    pub renamed: Spill<Renamed>,
    /// Metadata keys that do not go along, and of how many values.
    pub metadata: BTreeMap<String, usize>,
    /// Older versions that do not go along, where they were asked for.
    pub older: Spill<Stays>,
    /// Entries that the map leaves out.
    pub skipped: usize,
    /// Values that go.
    pub carried: usize,
}

/// What a migration came to.
#[derive(Debug, Default)]
pub struct Migrated {
    /// Values that were written and read back.
    pub written: usize,
    /// Those among them that replaced another value.
    pub replaced: usize,
    /// Those among them that added fields to an entry.
    pub merged: usize,
    /// Values that were equal in the target.
    pub equal: usize,
    /// Values that an earlier process of the same migration had verified.
    pub before: usize,
    /// Older versions that were written before their newest.
    pub versions: usize,
    /// Values that were put beside the ones that programs read, in the first half of a cut-over.
    pub staged: usize,
    /// The second half of a cut-over did not begin: something in the first went wrong.
    pub withheld: bool,
    /// Targets that hold another value.
    pub conflicts: Spill<Clash>,
    /// What was held back: it changed since the plan was made, or since the first look.
    pub held: Spill<Stays>,
    /// What cannot be carried.
    pub loss: Loss,
    /// Metadata keys that the target refused when they were written, and of how many values.
    pub lost: BTreeMap<String, usize>,
    /// Values that failed, with the reason.
    pub failed: Spill<Stays>,
    /// Entries of a plan that the source does not have any more.
    pub gone: usize,
    /// The user stopped it; what was under way was finished.
    pub stopped: bool,
}

impl Migrated {
    /// Whether new values that were put aside are to stay there: not where all went well, but for what a plan leaves out.
    pub fn withhold(&mut self, staged: usize, left_out: usize) -> bool {
        self.staged = staged;
        self.withheld =
            !self.conflicts.is_empty() || !self.failed.is_empty() || self.held.len().saturating_sub(left_out) > 0;
        self.withheld
    }

    /// Whether nothing was found in the source.
    pub fn is_empty(&self) -> bool {
        let Self { loss, written, equal, before, conflicts, held, failed, .. } = self;
        let told = loss.carried + loss.stays.len() + loss.skipped + written + equal + before;
        told + conflicts.len() + held.len() + failed.len() == 0 && !self.stopped
    }

    /// The exit code that follows.
    pub fn exit(&self) -> Exit {
        if self.stopped {
            Exit::Interrupted
        } else if !self.conflicts.is_empty() {
            Exit::Conflict
        } else if !self.failed.is_empty() {
            Exit::Partly
        } else if self.loss.stays.is_empty() && self.held.is_empty() && self.gone == 0 {
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
    /// Those among them whose target holds further fields.
    pub more: usize,
    /// Addresses of the source whose target holds another value.
    pub different: Spill<Address>,
    /// Addresses of the source that the target lacks.
    pub missing: Spill<Address>,
    /// Addresses of the target that nothing in the source goes to; only where they were asked for.
    pub extra: Spill<Address>,
    /// What the target cannot hold.
    pub stays: Spill<Stays>,
    /// What could not be read, in either.
    pub failed: Spill<Stays>,
}

impl Compared {
    /// Whether there was nothing to compare in the source.
    pub fn nothing(&self) -> bool {
        self.equal == 0
            && self.different.is_empty()
            && self.missing.is_empty()
            && self.stays.is_empty()
            && self.failed.is_empty()
    }

    /// Whether every value of the source is in the target, and nothing was found beside.
    pub fn all(&self) -> bool {
        self.different.is_empty()
            && self.missing.is_empty()
            && self.stays.is_empty()
            && self.extra.is_empty()
            && self.failed.is_empty()
    }
}

/// What taking a migration back came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TakenBack {
    /// Entries that were removed from the target.
    pub removed: usize,
    /// Entries that hold again what they held before.
    pub restored: usize,
    /// New values that waited beside those that programs read, and do not any more.
    pub unstaged: usize,
    /// Entries that are as they were before, and need nothing: an undo that stopped on its way had come to them.
    pub before: usize,
    /// Entries that hold something newer, or whose former value is not to be had: left as they are.
    pub kept: usize,
}

/// What retiring the source came to.
#[derive(Debug, Default)]
pub struct Retired {
    /// Entries that the source let go of.
    pub retired: usize,
    /// Entries that stay: not proven equal, changed in the meantime.
    pub kept: Spill<Stays>,
    /// The user stopped it.
    pub stopped: bool,
}
