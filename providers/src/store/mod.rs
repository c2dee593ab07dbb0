//! What a store is: the trait, and the words of its questions and answers.

mod error;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::error::{ErrorKind, Rejected, StoreError};
pub use self::write::{Expect, Receipt, Write, WriteId, Written};
use crate::concurrent::{Task, at_once};
use crate::secret::Secret;

/// Requests under way at once where a store has no call for several.
const SINGLY_AT_ONCE: usize = 8;

/// Where a secret lives in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The store, as [`Store::location`] gives it: never holds a credential.
    pub store: String,
    /// The entry within the store: a Vault path below the mount, an AWS secret name, a variable of a dotenv file.
    pub path: String,
    /// The field within the entry, where entries have fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A version, where one is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Address {
    /// The place that it means within its store, as text to compare: of addresses that a store takes for one, because it
    /// `folds` case, it is the same. The version does not count.
    pub fn place(&self, folds: bool) -> String {
        let place = format!("{}#{}", self.path, self.field.as_deref().unwrap_or_default());
        if folds { place.to_lowercase() } else { place }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.store, self.path)?;
        if let Some(field) = &self.field {
            write!(f, "#{field}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        Ok(())
    }
}

/// What a read found.
#[derive(Debug)]
pub struct Entry {
    /// The value.
    pub secret: Secret,
    /// Its version, where the store has versions.
    pub version: Option<String>,
    /// What the store keeps beside the value (tags, custom metadata, description): never secret.
    pub metadata: BTreeMap<String, String>,
}

/// One page of names.
#[derive(Debug, Default)]
pub struct Listing {
    /// Addresses below the store's prefix.
    pub addresses: Vec<Address>,
    /// Where the next page starts; none on the last one.
    pub next: Option<String>,
}

/// One version that a store keeps of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// As [`Address::version`] takes it.
    pub id: String,
    /// When it was made, as the store says it (RFC 3339), where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether a read without a version gives this one.
    pub current: bool,
    /// Whether its value can still be read.
    pub readable: bool,
}

/// For whom a policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// keylift itself: create, read back, list, update under a version, take back.
    Migrator,
    /// The rewritten program: read.
    App,
}

/// The least permission that a job needs, in the store's own language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What `text` is: `hcl` (Vault), `json` (IAM), `yaml` (Kubernetes RBAC), `text`.
    pub format: &'static str,
    /// The policy.
    pub text: String,
}

/// What a store can and cannot do: read by planning, so that nothing is found out in the middle of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Independent facts, each asked on its own.
pub struct Capabilities {
    /// Writes can be made conditional on the version they expect, on the server.
    pub compare_and_swap: bool,
    /// Older versions can be read back.
    pub versions: bool,
    /// Values that are not UTF-8 are carried.
    pub binary: bool,
    /// An entry can hold several named fields.
    pub fields: bool,
    /// Custom metadata (tags, labels) is kept beside the value.
    pub metadata: bool,
    /// New values of entries that are there can be put beside the ones that programs read, and made the current ones
    /// later ([`Store::stage_many`]).
    pub staging: bool,
    /// Names that differ in case alone are different names.
    pub case_sensitive: bool,
    /// The largest value, in bytes.
    pub max_bytes: usize,
}

impl Default for Capabilities {
    /// A store that promises nothing but to tell names apart.
    fn default() -> Self {
        Self {
            compare_and_swap: false,
            versions: false,
            binary: false,
            fields: false,
            metadata: false,
            staging: false,
            case_sensitive: true,
            max_bytes: usize::MAX,
        }
    }
}

/// A place that keeps secrets.
///
/// The contract, checked for every store by one suite:
/// - a read after a write gives the same bytes, or the write was refused beforehand by [`Store::accepts`];
/// - a write with [`Expect::Absent`] to a taken address is [`ErrorKind::Conflict`] when the value there differs, and
///   [`Written::AlreadyEqual`] when it is the same; the entry is left as it was in both cases;
/// - a write whose answer was lost can be repeated with the same [`WriteId`] and makes no second version: the answer is
///   the first one again where the store can tell that it was ours, else [`Written::AlreadyEqual`];
/// - [`Store::remove`] takes away only what the receipt says was created, and only while it still holds that version.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The store's URI in its canonical form, without credentials: what [`Address::store`] carries.
    fn location(&self) -> &str;

    /// What this store can do.
    fn capabilities(&self) -> Capabilities;

    /// The address that a secret of this name gets. Offline.
    fn address(&self, name: &str) -> Result<Address, Rejected>;

    /// Whether the store can hold this value at this address and give it back unchanged. Offline.
    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected>;

    /// Before the first write: reachable, and authorised to write and to read back at each address.
    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError>;

    /// The entry at an address; none where nothing lives there.
    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError>;

    /// Writes a value, provided that the address is in the expected state.
    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError>;

    /// Takes back a write of this run. Answers whether something was removed.
    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError>;

    /// Takes back several writes of this run, each with an answer of its own, in order. A store that rewrites one file for
    /// each does it once here.
    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for receipt in receipts {
            tasks.push(self.remove(receipt));
        }
        at_once(SINGLY_AT_ONCE, tasks).await
    }

    /// How the store lets go of an entry on purpose ([`Store::retire`]), and how the user gets it back; none where it has
    /// no way that can be taken back, and therefore refuses.
    fn retirement(&self) -> Option<&'static str> {
        None
    }

    /// Lets go of an entry as a whole, because the user says so and not because this run made it: provided that `version`
    /// is the current one, and in a way that can be taken back. Answers whether it did.
    async fn retire(&self, address: &Address, _version: &str) -> Result<bool, StoreError> {
        let message = format!("{} has no way of removing {} that could be taken back", self.location(), address.path);
        Err(StoreError::new(ErrorKind::Rejected, message).advise("remove it by hand once nothing reads it any more"))
    }

    /// The path of an entry that has the very name of the store's prefix. It is none of those below it, so that the listing
    /// leaves it out; whoever means it too is to be told.
    async fn beside(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// The names in the store, a page at a time: one address an entry, without a field.
    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError>;

    /// What the user should know and no step fails on (a file that git would commit, verification turned off).
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// The least policy for a job on this store; none where the store knows no policies. Offline.
    fn policy(&self, _job: Job) -> Option<Policy> {
        None
    }

    /// Reads several addresses, each with an answer of its own, in order. Stores that have a call for it use it.
    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let mut answers = Vec::with_capacity(addresses.len());
        for address in addresses {
            answers.push(self.read(address).await);
        }
        answers
    }

    /// Looks at several addresses that are probably empty, as [`Store::read_many`] does. Stores that can tell it of many at
    /// once do.
    async fn probe_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        self.read_many(addresses).await
    }

    /// Every field of an entry that [`Store::list`] named; the entry itself where the store has no fields, nothing
    /// where it is gone.
    async fn read_fields(&self, address: &Address) -> Result<Vec<(Address, Entry)>, StoreError> {
        Ok(self.read(address).await?.map(|entry| (address.clone(), entry)).into_iter().collect())
    }

    /// Makes several writes, each with an answer of its own, in order. A store that rewrites one file for each write
    /// does it once here.
    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            answers.push(self.write(write.address, write.secret, write.expect, write.id).await);
        }
        answers
    }

    /// The first half of a mass cut-over: puts each new value of an entry beside the one that programs read, and reads
    /// it back there, so that [`Store::flip_many`] with the same writes has little left to do and little that can fail.
    /// Nothing that programs read changes. What would be a conflict is one already here. Repeating it is harmless.
    ///
    /// Answers which version was put aside; none where there was nothing to put aside: nothing is at the address yet, it
    /// holds the value already, several of the writes go to one entry, or the store has no such place
    /// ([`Capabilities::staging`]). [`Store::flip_many`] writes those.
    async fn stage_many(&self, writes: &[Write<'_>]) -> Vec<Result<Option<Receipt>, StoreError>> {
        let check = |write: &Write<'_>| self.accepts(write.address, write.secret).map_err(StoreError::from);
        writes.iter().map(|write| check(write).map(|()| None)).collect()
    }

    /// The second half: makes each staged value the current one, provided that the version that the write expects still
    /// is. What was not staged is written.
    async fn flip_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        self.write_many(writes).await
    }

    /// Instead of the second half: takes away again what [`Store::stage_many`] says it put aside; of a receipt without a
    /// version all that keylift put aside there, as a crash left it. What is current is not touched. Answers how much it was.
    async fn unstage_many(&self, _staged: &[Receipt]) -> Result<usize, StoreError> {
        Ok(0)
    }

    /// The versions that the store keeps of an entry, oldest first; empty where it keeps none.
    async fn history(&self, _address: &Address) -> Result<Vec<Version>, StoreError> {
        Ok(Vec::new())
    }

    /// How many versions of an entry the store keeps, the current one among them, when others are written after them.
    async fn versions_kept(&self) -> Result<usize, StoreError> {
        Ok(1)
    }

    /// What the store keeps beside an entry, where reading the entry does not tell it already.
    async fn metadata(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(self.read(address).await?.map(|entry| entry.metadata).unwrap_or_default())
    }

    /// Replaces the metadata beside an entry. Stores without any refuse.
    async fn set_metadata(&self, address: &Address, _metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        Err(StoreError::new(ErrorKind::Rejected, format!("{} keeps no metadata ({})", self.location(), address.path)))
    }

    /// Replaces the metadata beside several entries, each with an answer of its own, in order. A store that rewrites one
    /// file for each does it once here.
    async fn set_metadata_many(&self, all: &[(Address, BTreeMap<String, String>)]) -> Vec<Result<(), StoreError>> {
        let mut tasks: Vec<Task<'_, _>> = Vec::new();
        for (address, metadata) in all {
            tasks.push(self.set_metadata(address, metadata));
        }
        at_once(SINGLY_AT_ONCE, tasks).await
    }

    /// The keys among metadata that the store cannot keep beside an entry. Offline.
    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        if self.capabilities().metadata { Vec::new() } else { metadata.keys().cloned().collect() }
    }

    /// Called now and then during a long run: renews a login that is about to end.
    async fn keep_alive(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Called at the end of a run: revokes what this store logged in with, where keylift itself made it.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
