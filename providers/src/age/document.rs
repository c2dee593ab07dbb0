//! What is inside the encrypted file.
//!
//! ```json
//! {
//!   "format": "keylift-age", "format_version": 1,
//!   "revision": 2,
//!   "entries": {
//!     "STRIPE_KEY": {"value": "…", "version": 1, "write": "…", "created": true},
//!     "KEYSTORE":   {"base64": "…", "version": 2, "write": "…", "created": true, "metadata": {"owner": "shop"}}
//!   }
//! }
//! ```
//!
//! `value` is the secret as text, `base64` (standard alphabet, padded) one that is not UTF-8. `revision` counts the
//! changes of the file; an entry's `version` is the revision that made it, so that no version ever means two values, even
//! after an entry was removed and made again. `write` names the write that made the version, `created` says that it made
//! the entry as well. Tools other than keylift may read it: `age -d -i IDENTITY FILE | jq -r .entries.NAME.value`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::secret::Secret;

const FORMAT: &str = "keylift-age";
const FORMAT_VERSION: u32 = 1;

/// The decrypted file.
#[derive(Default)]
pub(super) struct Document {
    revision: u64,
    entries: BTreeMap<String, Stored>,
}

/// One entry.
pub(super) struct Stored {
    pub secret: Secret,
    pub version: u64,
    pub write: String,
    pub created: bool,
    pub metadata: BTreeMap<String, String>,
}

/// The document as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    format_version: u32,
    revision: u64,
    entries: BTreeMap<String, WireEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    version: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    write: String,
    #[serde(default)]
    created: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

impl Drop for WireEntry {
    fn drop(&mut self) {
        self.value.zeroize();
        self.base64.zeroize();
    }
}

impl Document {
    /// Reads the plaintext. The error is a sentence without any of it: the parser's own would quote values.
    pub fn parse(plain: &[u8]) -> Result<Self, String> {
        let wire: Wire = serde_json::from_slice(plain).map_err(|error| {
            format!("its content is not keylift's document (line {}, column {})", error.line(), error.column())
        })?;
        if wire.format != FORMAT || wire.format_version != FORMAT_VERSION {
            return Err(format!("it was made by another version (format version {})", wire.format_version));
        }
        let mut entries = BTreeMap::new();
        for (name, mut entry) in wire.entries {
            let bytes = match (entry.value.take(), entry.base64.as_deref()) {
                (Some(text), None) => text.into_bytes(),
                (None, Some(encoded)) => {
                    BASE64_STANDARD.decode(encoded).map_err(|_| format!("the entry {name} is not base64"))?
                }
                _ => return Err(format!("the entry {name} needs either a value or base64")),
            };
            let stored = Stored {
                secret: Secret::new(bytes),
                version: entry.version,
                write: std::mem::take(&mut entry.write),
                created: entry.created,
                metadata: std::mem::take(&mut entry.metadata),
            };
            entries.insert(name, stored);
        }
        Ok(Self { revision: wire.revision, entries })
    }

    /// The plaintext.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let wire = Wire {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            revision: self.revision,
            entries: self.entries.iter().map(|(name, stored)| (name.clone(), stored.to_wire())).collect(),
        };
        // Sized beforehand (JSON writes one byte as six at most), so that growing leaves no unwiped copy behind.
        let room: usize = self.entries.values().map(|stored| stored.secret.len() * 6 + 1024).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room + 1024));
        serde_json::to_writer_pretty(&mut *bytes, &wire).map_err(|_| "its content cannot be written as JSON")?;
        Ok(bytes)
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn get(&self, name: &str) -> Option<&Stored> {
        self.entries.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Puts a value and answers its version. Metadata of an entry that was there stays.
    pub fn put(&mut self, name: &str, secret: Secret, write: String, created: bool) -> u64 {
        self.revision += 1;
        let metadata = self.entries.remove(name).map(|stored| stored.metadata).unwrap_or_default();
        let stored = Stored { secret, version: self.revision, write, created, metadata };
        self.entries.insert(name.to_owned(), stored);
        self.revision
    }

    pub fn remove(&mut self, name: &str) {
        self.revision += 1;
        self.entries.remove(name);
    }

    pub fn set_metadata(&mut self, name: &str, metadata: BTreeMap<String, String>) -> bool {
        let Some(stored) = self.entries.get_mut(name) else { return false };
        stored.metadata = metadata;
        self.revision += 1;
        true
    }
}

impl Stored {
    fn to_wire(&self) -> WireEntry {
        let text = self.secret.expose_str().map(str::to_owned);
        let base64 = text.is_none().then(|| BASE64_STANDARD.encode(self.secret.expose()));
        WireEntry {
            value: text,
            base64,
            version: self.version,
            write: self.write.clone(),
            created: self.created,
            metadata: self.metadata.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_and_versions_never_repeat() {
        let mut document = Document::default();
        let one = document.put("A", Secret::new("text"), "w".to_owned(), true);
        document.remove("A");
        let two = document.put("A", Secret::new(vec![0xff, 0]), "w".to_owned(), true);
        assert!(two > one);
        let bytes = document.to_bytes().unwrap();
        let back = Document::parse(&bytes).unwrap();
        assert_eq!(back.get("A").unwrap().secret.expose(), [0xff, 0]);
        assert_eq!(back.revision(), document.revision());
    }

    #[test]
    fn an_error_quotes_nothing() {
        let plain = br#"{"format":"keylift-age","format_version":1,"revision":"hunter2","entries":{}}"#;
        let error = Document::parse(plain).err().unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
