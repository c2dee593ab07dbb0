//! `vault://MOUNT/PREFIX`: `HashiCorp` Vault and OpenBao, KV version 2 and 1.
//!
//! A secret named NAME becomes the entry `PREFIX/NAME` with the value in the field `value`: one entry a secret, so that
//! versions, policies and rotation stay apart. Other fields are reached with [`Address::field`] and live side by side;
//! an address without a field is the whole entry as a JSON object.
//!
//! Options: `?addr=URL`, `?namespace=NS`, `?env=PREFIX` (variables `PREFIX_VAULT_ADDR` and so on, for a second server),
//! `?kv=1|2` (where the token may not ask). A mount of several segments is written with `%2F`.

mod auth;
mod config;
mod entry;
mod kv;
mod link;
mod names;
mod policy;
mod probe;
mod ready;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::{Mutex, RwLock};

use self::config::Config;
use self::kv::{Engine, Kv, Names, State};
use self::ready::Ready;
use crate::concurrent::{path, read_at_once, remove_at_once, write_at_once};
use crate::local::ContentVersion;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError,
    Version, Write, WriteId,
};

/// The field that holds the value where a name says no other.
const FIELD: &str = "value";
/// Requests under way at once: more gain nothing.
const AT_ONCE: u32 = 8;

/// A KV mount of a Vault or OpenBao server.
pub struct VaultStore {
    config: Arc<Config>,
    settings: Settings,
    versions: ContentVersion,
    at_once: usize,
    engine: OnceLock<Engine>,
    ready: RwLock<Option<Arc<Ready>>>,
    /// Names are not to be listed, or only all at once: addresses are looked at one by one.
    unlisted: AtomicBool,
    /// KV v1 replaces whole entries unconditionally: one write at a time, at least within this process.
    turn: Mutex<()>,
}

impl VaultStore {
    /// The store behind what follows `vault://` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI or a variable cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let config = Arc::new(Config::new(rest, settings)?);
        let engine = OnceLock::new();
        match config.kv {
            Some(1) => drop(engine.set(Engine::V1)),
            Some(_) => drop(engine.set(Engine::V2)),
            None => {}
        }
        Ok(Self {
            config,
            settings: settings.clone(),
            versions: ContentVersion::new(settings),
            at_once: settings.at_once(AT_ONCE)?,
            engine,
            ready: RwLock::new(None),
            unlisted: AtomicBool::new(false),
            turn: Mutex::new(()),
        })
    }

    fn kv<'a>(&'a self, ready: &'a Ready) -> Kv<'a> {
        Kv { link: &ready.link, mount: &self.config.mount, engine: ready.engine }
    }
}

#[async_trait]
impl Store for VaultStore {
    fn location(&self) -> &str {
        &self.config.location
    }

    fn capabilities(&self) -> Capabilities {
        // Before the server was asked, a mount is taken for version 2, which new mounts have been for years.
        let v2 = self.engine.get() != Some(&Engine::V1);
        Capabilities {
            compare_and_swap: v2,
            versions: v2,
            metadata: v2,
            fields: true,
            max_bytes: names::MAX_ENTRY - 1024,
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        names::check(name)?;
        let prefix = &self.config.prefix;
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        names::check(&path)?;
        let field = Some(FIELD.to_owned());
        Ok(Address { store: self.config.location.clone(), path, field, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        names::check(&address.path)?;
        let refused = |reason: String, advice: &str| Err(Rejected { reason, advice: advice.to_owned() });
        let Some(text) = secret.expose_str() else {
            return refused(
                format!("the value of {} is not UTF-8, and Vault keeps text", address.path),
                "encode it (base64) and let the program decode it, or keep it in another store",
            );
        };
        match &address.field {
            Some(field) if field.is_empty() || field.chars().any(char::is_control) => {
                return refused(format!("{} has a field without a usable name", address.path), "name the field");
            }
            Some(_) => {}
            None => {
                let whole = serde_json::from_str::<Map<String, Value>>(text);
                let exact = whole.ok().filter(|fields| fields.values().all(names::survives));
                if exact.and_then(|fields| serde_json::to_string(&fields).ok()).as_deref() != Some(text) {
                    return refused(
                        format!("{} without a field takes a whole entry", address.path),
                        "give a JSON object as keylift prints it: keys sorted, no spaces, strings rather than numbers",
                    );
                }
            }
        }
        let size = serde_json::to_vec(text).map_or(usize::MAX, |json| json.len());
        crate::names::check_size(&address.path, size, names::MAX_ENTRY)
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            names::check(&address.path)?;
        }
        let ready = self.ready().await?;
        self.check_rights(&ready, addresses).await
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        let ready = self.ready().await?;
        match self.state(&ready, address).await? {
            State::Live(live) => self.entry(address, &live, ready.engine),
            State::Absent | State::Deleted(_) => Ok(None),
        }
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        _id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        let ready = self.ready().await?;
        match ready.engine {
            Engine::V1 => self.write_v1(&ready, address, secret, expect).await,
            Engine::V2 => self.write_v2(&ready, address, secret, expect).await,
        }
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        self.remove_many(std::slice::from_ref(receipt)).await.pop().unwrap_or(Ok(false))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let ready = match self.ready().await {
            Ok(ready) => ready,
            Err(error) => return receipts.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let ready = &ready;
        remove_at_once(self.at_once, receipts, |group| Box::pin(self.take_back(ready, group))).await
    }

    fn retirement(&self) -> Option<&'static str> {
        (self.engine.get() != Some(&Engine::V1))
            .then_some("the current version is deleted softly: `vault kv undelete -versions=N` brings it back")
    }

    async fn retire(&self, address: &Address, version: &str) -> Result<bool, StoreError> {
        let ready = self.ready().await?;
        names::check(&address.path)?;
        self.let_go(&ready, address, version).await
    }

    async fn beside(&self) -> Result<Option<String>, StoreError> {
        let path = &self.config.prefix;
        if path.is_empty() {
            return Ok(None);
        }
        let ready = self.ready().await?;
        let state = self.kv(&ready).read(path, None).await?;
        Ok(matches!(state, State::Live(_)).then(|| path.clone()))
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let damaged = || StoreError::new(ErrorKind::Configuration, "the listing cannot go on from there");
        // Folders still to be listed, each with the last name seen in it.
        let mut folders: Vec<(String, String)> = if let Some(text) = from {
            serde_json::from_str(&text).map_err(|_| damaged())?
        } else {
            let prefix = &self.config.prefix;
            vec![(if prefix.is_empty() { String::new() } else { format!("{prefix}/") }, String::new())]
        };
        let Some((folder, after)) = folders.pop() else { return Ok(Listing::default()) };
        let ready = self.ready().await?;
        let Names { listed: names, more, .. } = self.kv(&ready).names(&folder, &after).await?;
        if let Some(last) = names.last().filter(|_| more) {
            folders.push((folder.clone(), last.clone()));
        }
        let (below, entries): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name.ends_with('/'));
        folders.extend(below.into_iter().rev().map(|name| (format!("{folder}{name}"), String::new())));
        let store = &self.config.location;
        let address = |name: String| Address {
            store: store.clone(),
            path: format!("{folder}{name}"),
            field: None,
            version: None,
        };
        let next =
            if folders.is_empty() { None } else { Some(serde_json::to_string(&folders).map_err(|_| damaged())?) };
        Ok(Listing { addresses: entries.into_iter().map(address).collect(), next })
    }

    async fn read_fields(&self, address: &Address) -> Result<Vec<(Address, Entry)>, StoreError> {
        let ready = self.ready().await?;
        let State::Live(live) = self.state(&ready, address).await? else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for field in live.fields.keys() {
            let one = Address { field: Some(field.clone()), ..address.clone() };
            if let Some(entry) = self.entry(&one, &live, ready.engine)? {
                entries.push((one, entry));
            }
        }
        Ok(entries)
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        read_at_once(self, self.at_once, addresses).await
    }

    async fn probe_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let absent = self.absent(addresses).await;
        let open = addresses.iter().zip(&absent).filter(|(_, absent)| !**absent);
        let open: Vec<Address> = open.map(|(address, _)| address.clone()).collect();
        let mut found = read_at_once(self, self.at_once, &open).await.into_iter();
        absent.into_iter().map(|absent| if absent { Ok(None) } else { found.next().unwrap_or(Ok(None)) }).collect()
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        write_at_once(self, self.at_once, writes, path).await
    }

    async fn history(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        let ready = self.ready().await?;
        if ready.engine == Engine::V1 {
            return Ok(Vec::new());
        }
        let Some(metadata) = self.kv(&ready).metadata(&address.path).await? else { return Ok(Vec::new()) };
        Ok(entry::versions(&metadata))
    }

    async fn versions_kept(&self) -> Result<usize, StoreError> {
        let ready = self.ready().await?;
        if ready.engine == Engine::V1 { Ok(1) } else { self.kv(&ready).versions_kept().await }
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let ready = self.ready().await?;
        if ready.engine == Engine::V1 {
            return Err(StoreError::new(ErrorKind::Rejected, "KV version 1 keeps no metadata"));
        }
        self.kv(&ready).set_metadata(&address.path, metadata).await
    }

    /// "Create/Update metadata" of the KV API: 64 keys of 128 bytes with values of 512, printable and not empty.
    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        let printable = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let most = if self.engine.get() == Some(&Engine::V1) { 0 } else { 64 };
        crate::names::unfit(metadata, most, |key, value| {
            key.len() <= 128 && value.len() <= 512 && printable(key) && printable(value)
        })
    }

    async fn keep_alive(&self) -> Result<(), StoreError> {
        let ready = self.ready().await?;
        ready.session.lock().await.keep_alive(&ready.link, &self.config.login).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let Some(ready) = self.ready.write().await.take() else { return Ok(()) };
        ready.session.lock().await.close(&ready.link).await
    }

    fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if !self.config.verify {
            notices.push(
                "VAULT_SKIP_VERIFY is on: whoever is between here and the server can read the secrets".to_owned(),
            );
        }
        if self.config.base.scheme() == "http"
            && self.config.socket.is_none()
            && !crate::http::loopback(self.config.base.as_str())
        {
            notices.push("VAULT_ADDR is http://: token and secrets cross the network in the clear".to_owned());
        }
        if self.engine.get() == Some(&Engine::V1) {
            notices.push(format!(
                "{} is KV version 1: it cannot refuse a write that races with another",
                self.config.mount
            ));
        }
        notices
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let v1 = self.engine.get() == Some(&Engine::V1);
        Some(policy::policy(&self.config.mount, &self.config.prefix, v1, job))
    }
}

impl fmt::Debug for VaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultStore").field("location", &self.config.location).finish_non_exhaustive()
    }
}
