//! `age:PATH`: an age-encrypted file, the store that needs nothing but a disk.
//!
//! The file is one age file (armored when keylift makes it; a binary one stays binary) around the JSON document that
//! [`document`] describes. Who can read it stands in `PATH.recipients`, one age recipient a line, so that a team shares
//! the file through git. The plaintext lives in memory only.

mod document;
pub(crate) mod identity;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use ::age::armor::{ArmoredReader, ArmoredWriter, Format};
use ::age::{DecryptError, Decryptor, Encryptor};
use async_trait::async_trait;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use self::document::{Document, Stored};
use self::identity::Identities;
use crate::expect::conflict;
use crate::local::{self, Lock};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Listing, Receipt, Rejected, Store, StoreError, Write, WriteId,
    Written,
};

/// The largest value, in bytes: far beyond any credential, and small enough to rewrite the file for each change.
const MAX_BYTES: usize = 1 << 20;
/// How an armored age file begins (the age file encryption format, "ASCII armor").
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// An age-encrypted file.
pub struct AgeStore {
    location: String,
    path: PathBuf,
    identities: Identities,
    /// One change at a time within this process; the file lock keeps other processes out.
    turn: Mutex<()>,
}

impl AgeStore {
    /// The store in the file at `path` (the URI's text after `age:`).
    pub fn open(path: &str, settings: &Settings) -> Self {
        let file = settings.resolve(path);
        Self {
            location: format!("age:{path}"),
            identities: Identities::new(&file, settings),
            path: file,
            turn: Mutex::new(()),
        }
    }

    /// The document and whether the file is armored.
    fn load(&self) -> Result<(Document, Format), StoreError> {
        let Some(bytes) = local::read_optional(&self.path)? else {
            return Ok((Document::default(), Format::AsciiArmor));
        };
        let format = if bytes.starts_with(ARMOR) { Format::AsciiArmor } else { Format::Binary };
        let identities = self.identities.load()?;
        let plain = decrypt(&bytes, &identities).map_err(|error| self.explain(&error))?;
        Ok((Document::parse(&plain).map_err(|error| self.damaged(&error))?, format))
    }

    fn save(&self, document: &Document, format: Format) -> Result<(), StoreError> {
        let recipients = self.identities.recipients(self.path.exists())?;
        let plain = document.to_bytes().map_err(|error| self.damaged(error))?;
        let sealed = encrypt(&plain, &recipients, format).map_err(|_| {
            StoreError::new(ErrorKind::Configuration, format!("cannot encrypt {}", self.path.display()))
        })?;
        local::private_dir(local::parent(&self.path))?;
        local::replace(&self.path, &sealed)
    }

    fn explain(&self, error: &DecryptError) -> StoreError {
        match error {
            DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => StoreError::new(
                ErrorKind::Denied,
                format!("{} is not encrypted to the identity in {}", self.path.display(), self.identities.origin()),
            )
            .advise(format!(
                "ask somebody who can read it to add your recipient (the public key in {}) to {} and to run `keylift \
                 store put` once, or set KEYLIFT_AGE_IDENTITY to the identity it was made for",
                self.identities.origin(),
                self.identities.recipients_file().display()
            )),
            _ => self.damaged("it is not a whole age file"),
        }
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::new(ErrorKind::Corrupt, format!("{} cannot be understood: {what}", self.path.display()))
            .advise("restore the file from git or a backup; keylift has not touched it")
    }

    fn receipt(&self, name: &str, version: u64, written: Written) -> Receipt {
        Receipt {
            address: Address { store: self.location.clone(), path: name.to_owned(), field: None, version: None },
            version: Some(version.to_string()),
            written,
        }
    }

    /// One write into the document in memory.
    fn put(&self, document: &mut Document, write: Write<'_>) -> Result<Receipt, StoreError> {
        self.accepts(write.address, write.secret)?;
        let name = &write.address.path;
        let token = write.id.token();
        let written = match document.get(name) {
            None => match write.expect {
                Expect::Version(version) => return Err(conflict(name, &format!("version {version} is gone"))),
                Expect::Absent | Expect::Anything => Written::Created,
            },
            Some(stored) if stored.secret == *write.secret => {
                // The document keeps the token of the write that made each version: an answer that was lost is found.
                let written = match (stored.write == token, stored.created) {
                    (true, true) => Written::Created,
                    (true, false) => Written::Updated,
                    (false, _) => Written::AlreadyEqual,
                };
                return Ok(self.receipt(name, stored.version, written));
            }
            Some(stored) => match write.expect {
                Expect::Absent => return Err(conflict(name, "it holds another value")),
                Expect::Version(version) if *version != stored.version.to_string() => {
                    return Err(conflict(name, &format!("it is at version {}, not {version}", stored.version)));
                }
                Expect::Version(_) | Expect::Anything => Written::Updated,
            },
        };
        let version = document.put(name, write.secret.duplicate(), token, written == Written::Created);
        Ok(self.receipt(name, version, written))
    }
}

#[async_trait]
impl Store for AgeStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            compare_and_swap: true,
            binary: true,
            metadata: true,
            max_bytes: MAX_BYTES,
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        check_name(name)?;
        Ok(Address { store: self.location.clone(), path: name.to_owned(), field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        check_name(&address.path)?;
        crate::names::check_fieldless(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            check_name(&address.path)?;
        }
        let _turn = self.turn.lock().await;
        self.identities.load_or_make()?;
        let own = self.identities.own_recipients()?;
        let all = self.identities.recipients(self.path.exists())?;
        if !own.iter().any(|recipient| all.iter().any(|other| other.to_string() == recipient.to_string())) {
            return Err(StoreError::new(
                ErrorKind::Denied,
                format!("{} does not list your own recipient", self.identities.recipients_file().display()),
            )
            .advise(format!(
                "what you write could not be read back: add {} to that file",
                own.first().map(ToString::to_string).unwrap_or_default()
            )));
        }
        local::private_dir(local::parent(&self.path))?;
        let _lock = Lock::on(&self.path).await?;
        self.load().map(drop)
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        let (document, _) = self.load()?;
        Ok(entry(&document, address))
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        match self.load() {
            Ok((document, _)) => addresses.iter().map(|address| Ok(entry(&document, address))).collect(),
            Err(error) => addresses.iter().map(|_| Err(error.duplicate())).collect(),
        }
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        let mut answers = self.write_many(&[Write { address, secret, expect, id }]).await;
        answers.pop().unwrap_or_else(|| Err(self.damaged("no answer to a write")))
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        let all = async {
            let _turn = self.turn.lock().await;
            self.identities.load_or_make()?;
            local::private_dir(local::parent(&self.path))?;
            let _lock = Lock::on(&self.path).await?;
            let (mut document, format) = self.load()?;
            let before = document.revision();
            let answers: Vec<_> = writes.iter().map(|write| self.put(&mut document, *write)).collect();
            if document.revision() != before {
                self.save(&document, format)?;
            }
            Ok::<_, StoreError>(answers)
        };
        all.await.unwrap_or_else(|error| writes.iter().map(|_| Err(error.duplicate())).collect())
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let mut answers = self.remove_many(std::slice::from_ref(receipt)).await;
        answers.pop().unwrap_or_else(|| Err(self.damaged("no answer to a removal")))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let all = async {
            let _turn = self.turn.lock().await;
            if !self.path.exists() {
                return Ok(receipts.iter().map(|_| Ok(false)).collect());
            }
            let _lock = Lock::on(&self.path).await?;
            let (mut document, format) = self.load()?;
            let before = document.revision();
            let mut answers = Vec::with_capacity(receipts.len());
            for receipt in receipts {
                let name = &receipt.address.path;
                let there = document.get(name).map(|stored| stored.version.to_string());
                let ours = receipt.written == Written::Created && there.is_some() && there == receipt.version;
                if ours {
                    document.remove(name);
                }
                answers.push(Ok(ours));
            }
            if document.revision() != before {
                self.save(&document, format)?;
            }
            Ok::<_, StoreError>(answers)
        };
        all.await.unwrap_or_else(|error| receipts.iter().map(|_| Err(error.duplicate())).collect())
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let (document, _) = self.load()?;
        let names: Vec<String> = document.names().map(str::to_owned).collect();
        let (page, next) = local::page(&names, from.as_deref());
        let addresses = page.iter().filter_map(|name| self.address(name).ok()).collect();
        Ok(Listing { addresses, next })
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let mut answers = self.set_metadata_many(&[(address.clone(), metadata.clone())]).await;
        answers.pop().unwrap_or_else(|| Err(self.damaged("no answer to a write")))
    }

    async fn set_metadata_many(&self, all: &[(Address, BTreeMap<String, String>)]) -> Vec<Result<(), StoreError>> {
        let done = async {
            let _turn = self.turn.lock().await;
            let _lock = Lock::on(&self.path).await?;
            let (mut document, format) = self.load()?;
            let mut answers = Vec::with_capacity(all.len());
            for (address, metadata) in all {
                let there = document.set_metadata(&address.path, metadata.clone());
                let gone = || StoreError::new(ErrorKind::Conflict, format!("{} is not there any more", address.path));
                answers.push(if there { Ok(()) } else { Err(gone()) });
            }
            if answers.iter().any(Result::is_ok) {
                self.save(&document, format)?;
            }
            Ok::<_, StoreError>(answers)
        };
        done.await.unwrap_or_else(|error| all.iter().map(|_| Err(error.duplicate())).collect())
    }

    fn notices(&self) -> Vec<String> {
        self.identities.notices()
    }
}

impl fmt::Debug for AgeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgeStore").field("location", &self.location).finish_non_exhaustive()
    }
}

fn entry(document: &Document, address: &Address) -> Option<Entry> {
    let Stored { secret, version, metadata, .. } = document.get(&address.path)?;
    let version = version.to_string();
    // Only the current version is kept: a pinned one that has passed is gone.
    if address.version.as_ref().is_some_and(|pinned| *pinned != version) {
        return None;
    }
    Some(Entry { secret: secret.duplicate(), version: Some(version), metadata: metadata.clone() })
}

/// Names of entries: what any tool that reads the document can take, and what moves on to other stores.
fn check_name(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "an age file", 256, |c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}

fn decrypt(bytes: &[u8], identities: &[::age::x25519::Identity]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(bytes))?;
    let mut reader = decryptor.decrypt(identities.iter().map(|identity| identity as &dyn ::age::Identity))?;
    // Room for all of it at once: a vector that grows leaves copies behind that nobody wipes.
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    reader.read_to_end(&mut plain)?;
    Ok(plain)
}

fn encrypt(plain: &[u8], recipients: &[::age::x25519::Recipient], format: Format) -> std::io::Result<Vec<u8>> {
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn ::age::Recipient))
        .map_err(std::io::Error::other)?;
    let mut writer = encryptor.wrap_output(ArmoredWriter::wrap_output(Vec::new(), format)?)?;
    writer.write_all(plain)?;
    writer.finish()?.finish()
}
