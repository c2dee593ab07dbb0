//! A move on its way through the corridor. Each step's type is made only by the step before it, so that code cannot be
//! rewritten for a value that is not known to be safe.

use std::ops::Range;

use keylift_grammars::{Style, Undo, undo};
use keylift_providers::{Address, Receipt, Secret};
use serde::{Deserialize, Serialize};

use super::plan::Lookup;
use super::source::Text;

/// A place that holds the secret, as the plan has it and as the file confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Path below the root, with `/`.
    pub path: String,
    /// Span of the value in the file's decoded text.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: usize,
    /// The variable that is looked up here: the move's name, or one of its aliases where the code reads that already.
    pub name: String,
    /// How it is looked up here.
    pub lookup: Lookup,
    /// The lookup names the value's entry in the store: no variable is read.
    pub stored: bool,
}

/// One secret of an approved plan with its value, read from the code again.
#[derive(Debug)]
pub struct Approved {
    /// The variable that is looked up.
    pub name: String,
    /// Where the value goes.
    pub address: Address,
    /// How it is looked up.
    pub lookup: Lookup,
    /// The value.
    pub secret: Secret,
    /// Every place that is rewritten.
    pub sites: Vec<Site>,
}

/// A move whose value the store has answered for.
#[derive(Debug)]
pub struct Stored {
    /// The move.
    pub approved: Approved,
    /// The store's answer.
    pub receipt: Receipt,
}

/// A move whose value was read back from the store and found equal.
///
/// [`Verified::compare`] is the only way to make one, and the only key to a rewrite.
#[derive(Debug)]
pub struct Verified {
    stored: Stored,
}

impl Verified {
    /// The read-back comparison.
    ///
    /// # Errors
    /// Gives the move back where the values differ.
    pub fn compare(stored: Stored, read_back: &Secret) -> Result<Self, Box<Stored>> {
        if stored.approved.secret == *read_back { Ok(Self { stored }) } else { Err(Box::new(stored)) }
    }

    /// The move.
    pub fn approved(&self) -> &Approved {
        &self.stored.approved
    }

    /// The store's answer.
    pub fn receipt(&self) -> &Receipt {
        &self.stored.receipt
    }
}

/// A file before and after its rewrite, as the journal has it: hashes, and the way back without any value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StagedFile {
    /// Path below the root, with `/`.
    pub path: String,
    /// Keyed hash of the bytes before; none for a file that the run makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Keyed hash of the bytes after.
    pub after: String,
    /// The encoding of its text: it cannot be told again from bytes without the value.
    pub encoding: String,
    /// The moves whose values the undo records leave out, in the order of their indices there. A move with several sites
    /// in the file stands here once for each.
    pub values: Vec<String>,
    /// The way back.
    pub undo: Vec<Undo>,
}

impl StagedFile {
    /// The bytes as they were, from the bytes after and the values in the order of [`Self::values`].
    ///
    /// # Errors
    /// One sentence, where the file is another one now or a value is not the one that was taken out.
    pub fn original(&self, after: &[u8], values: &[&[u8]]) -> Result<Vec<u8>, String> {
        let path = &self.path;
        let text = Text::decode_as(after, &self.encoding).ok_or_else(|| format!("{path} is no longer text"))?;
        let before = undo(&text.text, &self.undo, values).map_err(|error| format!("{path}: {error}"))?;
        text.encode(&before).ok_or_else(|| format!("{path}: a value does not fit the file's encoding"))
    }
}

/// A move that is not made, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Held {
    /// The move's name.
    pub name: String,
    /// On what the exit code is decided.
    pub cause: Cause,
    /// One sentence.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// What kind of thing holds a move back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A file changed since the plan was made.
    Changed,
    /// The store holds something else at the address.
    Taken,
    /// The store did not take the value, or did not give it back.
    Store,
    /// A lookup cannot stand in one of the places.
    Refused,
    /// The user asked for safe edits only.
    Caution,
}

/// A place where a moved value still stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// Path below the root, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// The move's name.
    pub name: String,
}

impl From<Lookup> for Style {
    fn from(lookup: Lookup) -> Self {
        match lookup {
            Lookup::Env => Self::Env,
            Lookup::Vault => Self::Vault,
            Lookup::AwsSm => Self::AwsSecretsManager,
            Lookup::Inject => Self::Inject,
        }
    }
}
