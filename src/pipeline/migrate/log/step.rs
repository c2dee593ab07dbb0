//! One step of a migration, as its journal has it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use keylift_providers::{Address, Fingerprint, Receipt};
use serde::{Deserialize, Serialize};

use crate::pipeline::migrate::Asked;

/// One step of a migration, for its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Step {
    /// It begins, or goes on.
    Started {
        /// The source.
        from: String,
        /// The target.
        to: String,
        /// What was asked for.
        #[serde(flatten)]
        asked: Asked,
        /// The folder that relative paths of file stores are below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<PathBuf>,
    },
    /// Everything was looked at before the first write: what goes has a place of its own, what stays was told.
    Surveyed,
    /// A value is about to be written.
    Intent {
        /// Where from.
        from: Address,
        /// Where to.
        to: Address,
        /// The version that it replaces; none where the address was found empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
        /// Which value is to be there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// What is kept beside what it replaces, before and after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beside: Option<Beside>,
        /// The contents of all versions that are to be there, from the oldest on, where older ones go along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        older: Vec<Fingerprint>,
    },
    /// What a store without versions held is kept in an encrypted file beside the journal.
    BackedUp {
        /// Where it was.
        to: Address,
        /// The file's name.
        file: String,
        /// Its name in there.
        name: String,
    },
    /// A value was put beside the one that programs read, and read back there.
    Staged {
        /// Where from.
        from: Address,
        /// The version that waits; none where the target writes it only in the second half.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
        /// Which value of the source it is.
        fingerprint: Fingerprint,
        /// The version that it is to replace.
        replaces: String,
    },
    /// The target took a value.
    Written {
        /// Where from.
        from: Address,
        /// The target's answer.
        receipt: Receipt,
        /// Which value it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// Older versions that were written before it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        older: Vec<String>,
    },
    /// A value was read back and found equal.
    Verified {
        /// Where from.
        from: Address,
        /// Which value of the source it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// Where it went, where it is all that its entry comes to: such an entry need not be looked at again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Address>,
    },
    /// It is over.
    Done,
    /// What it made was removed from the target.
    Undone,
}

/// Metadata beside an entry, before a migration and after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// What was there.
    pub before: BTreeMap<String, String>,
    /// What is to be there.
    pub after: BTreeMap<String, String>,
}
