//! What a journal says, one entry a line.

use std::path::PathBuf;

use keylift_providers::{Address, Receipt};
use serde::{Deserialize, Serialize};

use crate::model::{Held, Left, Plan, StagedFile};

/// Version of the journal format that this build writes and reads.
pub const JOURNAL_VERSION: u32 = 1;

/// One step of a run, written down before its effect (`Intent`, `Staged`, `UndoStarted`) or after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Entry {
    /// A run begins: the plan as it was then, so that a later change of the file does not matter.
    Started {
        /// [`JOURNAL_VERSION`].
        version: u32,
        /// The folder that the plan's paths are relative to.
        root: PathBuf,
        /// The plan.
        plan: Box<Plan>,
    },
    /// The store is reachable, and lets this run write and read back; no address is taken.
    Preflighted {
        /// Moves whose value was at its address already. Whatever else is found there later, this run wrote.
        present: Vec<String>,
    },
    /// A value is about to be written.
    Intent {
        /// The move.
        name: String,
        /// Where to.
        address: Address,
    },
    /// The store took a value.
    Written {
        /// The move.
        name: String,
        /// The store's answer.
        receipt: Receipt,
    },
    /// A value was read back and found equal.
    Verified {
        /// The move.
        name: String,
    },
    /// A move is not made.
    HeldBack(Held),
    /// Every file that is about to change, with the way back. Nothing on disk has changed before this entry.
    Staged {
        /// The files.
        files: Vec<StagedFile>,
    },
    /// A file was replaced or made.
    Applied {
        /// Path below the root.
        path: String,
    },
    /// The rewritten files were read again.
    Rescanned {
        /// Where a moved value still stands.
        left: Vec<Left>,
    },
    /// The run is over: every move of the plan was made or held back.
    Done,
    /// The run stopped by itself; what it said is in the message. It can be resumed or undone.
    Failed {
        /// One sentence.
        message: String,
    },
    /// Files are about to be given back.
    UndoStarted {
        /// Whether entries that the run made are removed from the store as well.
        purge: bool,
    },
    /// A file is as it was.
    Restored {
        /// Path below the root.
        path: String,
    },
    /// An entry that the run had made was removed from the store.
    Removed {
        /// The move.
        name: String,
        /// False where the store held something newer, which stays.
        removed: bool,
    },
    /// Everything that can be undone is.
    Undone,
}
