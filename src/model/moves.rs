//! A move on its way through the corridor. Each step's type is made only by the step before it, so that code cannot be
//! rewritten for a value that is not known to be safe.

use std::ops::Range;

use keylift_grammars::Style;
use keylift_providers::{Address, Receipt, Secret};

use super::plan::Lookup;

/// A place that holds the secret, as the plan has it and as the file confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Path below the root, with `/`.
    pub path: String,
    /// Span of the value in the file's decoded text.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: usize,
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

impl From<Lookup> for Style {
    fn from(lookup: Lookup) -> Self {
        match lookup {
            Lookup::Env => Self::Env,
            Lookup::Vault => Self::Vault,
            Lookup::AwsSm => Self::AwsSecretsManager,
        }
    }
}
