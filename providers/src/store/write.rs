//! A write: what it expects to find, which one it is, and how it ended.

use serde::{Deserialize, Serialize};

use super::Address;
use crate::secret::{FingerprintKey, Secret};

/// What a write expects to find, so that nothing of anybody else's is overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing lives at the address.
    Absent,
    /// This version is the current one.
    Version(String),
    /// Whatever is there may go. Only where the user said so for this address.
    Anything,
}

/// Names one intended write, so that a replay of it is recognised instead of becoming a second version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteId([u8; 32]);

impl WriteId {
    /// The write of `secret` to `address`, on behalf of `run`.
    pub fn new(key: &FingerprintKey, run: &str, address: &Address, secret: &Secret) -> Self {
        Self(key.derive("write-id", &[run.as_bytes(), address.to_string().as_bytes(), secret.expose()]))
    }

    /// The same write, where what goes to the store is more than the secret: its whole `content`.
    #[must_use]
    pub fn over(&self, content: &Secret) -> Self {
        Self(FingerprintKey::new(self.0).derive("write-id-over", &[content.expose()]))
    }

    /// As a UUID-shaped token of 36 characters (AWS asks for 32 to 64).
    pub fn token(&self) -> String {
        let hex = crate::secret::hex(&self.0[..16]);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// The entry was made by this write.
    Created,
    /// A new version of an entry that was there.
    Updated,
    /// The address held this very value already (a replay, or an earlier run): nothing was written.
    AlreadyEqual,
}

/// A store's answer to a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where the value is now.
    pub address: Address,
    /// The version that holds it, where the store has versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the entry was made, updated, or found equal.
    pub written: Written,
}

/// One write of several that are handed over together.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Where to.
    pub address: &'a Address,
    /// What.
    pub secret: &'a Secret,
    /// What must be there.
    pub expect: &'a Expect,
    /// Which write this is.
    pub id: &'a WriteId,
}
