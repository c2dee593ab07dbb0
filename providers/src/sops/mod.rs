//! `sops:PATH`: a file in the format of SOPS (YAML, JSON, dotenv or INI, by its ending), encrypted for age recipients.
//!
//! A secret named `A/B` is the value at the key `B` below `A`; in INI files a name without a section is in `DEFAULT`.
//! Only values that the file's own rule encrypts are secrets. A change touches the values' places, the authentication
//! code and the time: comments, order and all other values stay as they are, to the byte.

mod cipher;
mod document;
mod format;
mod json;
mod keys;
mod lines;
mod names;
mod rule;
mod tree;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use tokio::sync::Mutex;

use self::cipher::DataKey;
use self::document::Document;
use self::format::Format;
use self::keys::Keys;
use crate::expect::{conflict, judge, receipt};
use crate::local::{self, ContentVersion, Lock};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Listing, Receipt, Rejected, Store, StoreError, Write, WriteId,
    Written,
};

/// The largest value, in bytes: far beyond any credential, and small enough to rewrite the file for each change.
const MAX_BYTES: usize = 1 << 20;

/// A SOPS file.
pub struct SopsStore {
    location: String,
    path: PathBuf,
    format: Format,
    keys: Keys,
    versions: ContentVersion,
    turn: Mutex<()>,
}

impl SopsStore {
    /// The store in the file at `path` (the URI's text after `sops:`).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the file's ending does not say a format.
    pub fn open(path: &str, settings: &Settings) -> Result<Self, StoreError> {
        let format = Format::of(path).ok_or_else(|| {
            StoreError::new(ErrorKind::Configuration, format!("the ending of {path} does not say its format"))
                .advise("SOPS goes by it: .yaml, .yml, .json, .env or .ini")
        })?;
        let file = settings.resolve(path);
        Ok(Self {
            location: format!("sops:{path}"),
            keys: Keys::new(&file, settings),
            path: file,
            format,
            versions: ContentVersion::new(settings),
            turn: Mutex::new(()),
        })
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::new(ErrorKind::Corrupt, format!("{} cannot be used: {what}", self.path.display()))
            .advise("keylift has not touched it; `sops` itself may know more")
    }

    /// The document; none where there is no file.
    fn load(&self) -> Result<Option<Document>, StoreError> {
        let Some(bytes) = local::read_optional(&self.path)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).map_err(|_| self.damaged("it is not UTF-8"))?;
        let tree = self.format.parse(text).map_err(|what| self.damaged(&what))?;
        let own: Vec<_> = tree.own().collect();
        if own.is_empty() {
            return Err(StoreError::new(
                ErrorKind::Configuration,
                format!("{} is not a SOPS file", self.path.display()),
            )
            .advise("`sops encrypt --in-place FILE` makes it one"));
        }
        if own.iter().any(|(name, ..)| name.starts_with("key_groups.")) {
            return Err(self.damaged("its key is shared among groups"));
        }
        let sealed = own.iter().filter(|(name, ..)| name == "age.enc").map(|(_, _, text)| *text);
        let key = self.keys.open(sealed)?;
        drop(own);
        Document::open(self.format, text.to_owned(), tree, key).map(Some).map_err(|what| self.damaged(&what))
    }

    /// The document, made in memory where there is no file.
    fn load_or_make(&self) -> Result<Document, StoreError> {
        if let Some(document) = self.load()? {
            return Ok(document);
        }
        let making = self.keys.making()?;
        let key = DataKey::generate()
            .ok_or_else(|| StoreError::new(ErrorKind::Configuration, "the system gives no random numbers"))?;
        let text = self.format.fresh(&Keys::seal(&key, &making.recipients)?, &making.own);
        let tree = self.format.parse(&text).map_err(|what| self.damaged(&what))?;
        Document::unchecked(self.format, text, tree, key).map_err(|what| self.damaged(&what))
    }

    fn entry(&self, document: &Document, address: &Address) -> Result<Option<Entry>, StoreError> {
        let Some(secret) = document.get(&self.names(&address.path)) else { return Ok(None) };
        let found = self.found(secret)?;
        Ok(Some(found).filter(|found| address.version.is_none() || address.version == found.version))
    }

    fn found(&self, secret: &Secret) -> Result<Entry, StoreError> {
        let version = Some(self.versions.of(secret)?);
        Ok(Entry { secret: secret.duplicate(), version, metadata: BTreeMap::new() })
    }

    /// Decides on one write. Answers the receipt that it has once the document is written.
    fn decide(&self, document: &Document, there: Option<&Secret>, write: Write<'_>) -> Result<Receipt, StoreError> {
        let Write { address, secret, expect, .. } = write;
        self.accepts(address, secret)?;
        let name = &address.path;
        let names = self.names(name);
        if there.is_none() && document.blocked(&names) {
            return Err(conflict(name, "something that is no encrypted value stands there"));
        }
        if !document.encrypts(&names) {
            return Err(Rejected {
                reason: format!("{name} would not be encrypted: the file's own rule leaves it in the clear"),
                advice: "choose another name (in the plan, or with --map), or change the rule with `sops`".to_owned(),
            }
            .into());
        }
        let there = there.map(|there| self.found(there)).transpose()?;
        let written = judge(name, there.as_ref(), secret, expect)?;
        Ok(receipt(address, self.versions.of(secret)?, written))
    }

    fn save(&self, document: &mut Document, changes: &[(Vec<String>, Option<&Secret>)]) -> Result<(), StoreError> {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        document.change(changes, &now).map_err(|what| self.damaged(&what))?;
        if document.is_empty() && changes.iter().all(|(_, secret)| secret.is_none()) {
            // Made by keylift, as far as anybody can tell: nothing else is in it.
            return std::fs::remove_file(&self.path).map_err(|error| local::failure(&self.path, "remove", &error));
        }
        local::private_dir(local::parent(&self.path))?;
        local::replace(&self.path, document.text().as_bytes())
    }
}

#[async_trait]
impl Store for SopsStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { compare_and_swap: true, max_bytes: MAX_BYTES, ..Capabilities::default() }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        self.check(name)?;
        Ok(Address { store: self.location.clone(), path: name.to_owned(), field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        self.check(&address.path)?;
        crate::names::check_fieldless(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)?;
        let refuse = |what: &str| {
            let reason = format!("the value of {} {what}", address.path);
            Err(Rejected { reason, advice: "keep it in another store (age:PATH takes any value)".to_owned() })
        };
        let Some(text) = secret.expose_str() else { return refuse("is not UTF-8, and SOPS files hold text") };
        // What `sops decrypt` writes of it: a dotenv line, whose only escape is `\n`.
        if self.format == Format::Dotenv && (text.contains("\\n") || text.contains(['\r', '\0'])) {
            return refuse("would change when SOPS writes it as a dotenv line");
        }
        if self.format == Format::Ini && lines::changes(text) {
            return refuse("would change when SOPS writes it into an INI file");
        }
        Ok(())
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            self.check(&address.path)?;
        }
        let document = self.load_or_make()?;
        for address in addresses {
            if !document.encrypts(&self.names(&address.path)) {
                let what =
                    format!("{} would not be encrypted: the file's own rule leaves it in the clear", address.path);
                return Err(StoreError::new(ErrorKind::Rejected, what)
                    .advise("choose another name (in the plan, or with --map)"));
            }
        }
        local::private_dir(local::parent(&self.path))
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        match self.load()? {
            Some(document) => self.entry(&document, address),
            None => Ok(None),
        }
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        match self.load() {
            Ok(Some(document)) => addresses.iter().map(|address| self.entry(&document, address)).collect(),
            Ok(None) => addresses.iter().map(|_| Ok(None)).collect(),
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
            local::private_dir(local::parent(&self.path))?;
            let _lock = Lock::on(&self.path).await?;
            let mut document = self.load_or_make()?;
            // What the document holds once the writes before are made.
            let mut made: BTreeMap<Vec<String>, &Secret> = BTreeMap::new();
            let mut answers = Vec::with_capacity(writes.len());
            for write in writes {
                let names = self.names(&write.address.path);
                let there = made.get(&names).copied().or_else(|| document.get(&names));
                let answer = self.decide(&document, there, *write);
                if answer.as_ref().is_ok_and(|receipt| receipt.written != Written::AlreadyEqual) {
                    made.insert(names, write.secret);
                }
                answers.push(answer);
            }
            let changes: Vec<_> = made.into_iter().map(|(names, secret)| (names, Some(secret))).collect();
            if !changes.is_empty() {
                // Nothing counts as written before the file is.
                self.save(&mut document, &changes)?;
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
            let nothing = || Ok(receipts.iter().map(|_| Ok(false)).collect());
            let _turn = self.turn.lock().await;
            if !self.path.exists() {
                return nothing();
            }
            let _lock = Lock::on(&self.path).await?;
            let Some(mut document) = self.load()? else { return nothing() };
            let (mut answers, mut going) = (Vec::with_capacity(receipts.len()), Vec::new());
            for receipt in receipts {
                let names = self.names(&receipt.address.path);
                let version = document.get(&names).map(|there| self.versions.of(there)).transpose()?;
                let ours = receipt.written == Written::Created && version.is_some() && version == receipt.version;
                let ours = ours && !going.iter().any(|(other, _)| *other == names);
                if ours {
                    going.push((names, None));
                }
                answers.push(Ok(ours));
            }
            if !going.is_empty() {
                self.save(&mut document, &going)?;
            }
            Ok::<_, StoreError>(answers)
        };
        all.await.unwrap_or_else(|error| receipts.iter().map(|_| Err(error.duplicate())).collect())
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let Some(document) = self.load()? else { return Ok(Listing::default()) };
        let mut paths: Vec<String> = document.values().iter().filter_map(|(names, _)| self.path(names)).collect();
        paths.sort_unstable();
        let (page, next) = local::page(&paths, from.as_deref());
        let address =
            |path: &String| Address { store: self.location.clone(), path: path.clone(), field: None, version: None };
        Ok(Listing { addresses: page.iter().map(address).collect(), next })
    }

    fn notices(&self) -> Vec<String> {
        let mut notices = self.keys.notices();
        if let Ok(Some(document)) = self.load() {
            let nameless = document.values().iter().filter(|(names, _)| self.path(names).is_none()).count();
            if nameless > 0 {
                notices.push(format!(
                    "{} has {nameless} values whose names keylift does not take: they are left alone",
                    self.path.display()
                ));
            }
        }
        notices
    }
}

impl fmt::Debug for SopsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SopsStore").field("location", &self.location).finish_non_exhaustive()
    }
}
