//! `gcp-sm://PROJECT/PREFIX`: Google Cloud Secret Manager, through its REST API.
//!
//! A secret named NAME becomes the secret `PREFIX-NAME` of the project: names have no slashes there. Programs read the
//! version `latest`. Option: `?endpoint=URL`.
//!
//! No emulator is to be had: this store is tested against a hand-written double of the API.

mod api;
mod auth;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use self::api::{Api, Content, LOST, MARK, Refusal, number};
use self::auth::configuration;
use crate::concurrent::{path, read_at_once, remove_at_once, write_at_once};
use crate::pace::Pace;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError,
    Version, Write, WriteId,
};

/// The largest payload, in bytes ("Quotas and limits").
const MAX_BYTES: usize = 65_536;
/// Writes a second ("Quotas and limits": 600 write requests a minute and project).
const WRITES_A_SECOND: u32 = 10;
/// Requests under way at once.
const AT_ONCE: usize = 8;

/// The secrets of one project, below a prefix.
pub struct GcpStore {
    location: String,
    project: String,
    prefix: String,
    endpoint: Option<String>,
    settings: Settings,
    api: OnceCell<Api>,
}

impl GcpStore {
    /// The store behind what follows `gcp-sm://` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let endpoint = match query.map(|query| query.split_once('=').unwrap_or((query, ""))) {
            None => None,
            Some(("endpoint", url)) if !url.is_empty() && !url.contains('@') => Some(url.to_owned()),
            Some(_) => return Err(configuration("a gcp-sm:// store has one option, ?endpoint=URL")),
        };
        let path = path.trim_matches('/');
        let (project, prefix) = path.split_once('/').unwrap_or((path, ""));
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
        if project.is_empty() || project.len() > 100 || !project.chars().all(legal) {
            return Err(configuration("gcp-sm:// needs a project").advise("for instance gcp-sm://my-project/shop"));
        }
        if !prefix.is_empty() {
            check(prefix)?;
        }
        Ok(Self {
            location: format!("gcp-sm://{path}{}{}", if query.is_some() { "?" } else { "" }, query.unwrap_or_default()),
            project: project.to_owned(),
            prefix: prefix.to_owned(),
            endpoint,
            settings: settings.clone(),
            api: OnceCell::new(),
        })
    }

    async fn api(&self) -> Result<&Api, StoreError> {
        self.api
            .get_or_try_init(|| async {
                let pace = Pace::new(self.settings.writes_a_second(WRITES_A_SECOND)?);
                Api::new(&self.project, self.endpoint.as_deref(), &self.settings, pace)
            })
            .await
    }
}

/// Secret ids ("CreateSecret": letters, digits, `-` and `_`, 255 characters).
fn check(id: &str) -> Result<(), Rejected> {
    crate::names::check(id, "Google Secret Manager", 255, |c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn entry(content: Content) -> Entry {
    Entry { secret: content.secret, version: Some(content.number.to_string()), metadata: BTreeMap::new() }
}

#[async_trait]
impl Store for GcpStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Only for what must not be there yet.
            compare_and_swap: false,
            versions: true,
            binary: true,
            metadata: true,
            max_bytes: MAX_BYTES,
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        check(name)?;
        let path = if self.prefix.is_empty() { name.to_owned() } else { format!("{}-{name}", self.prefix) };
        check(&path)?;
        Ok(Address { store: self.location.clone(), path, field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        check(&address.path)?;
        crate::names::check_fieldless(address)?;
        if secret.is_empty() {
            return Err(Rejected {
                reason: format!("the value of {} is empty, and Google Secret Manager keeps no empty one", address.path),
                advice: "an empty value is no secret: leave it in the code, or keep it in another store".to_owned(),
            });
        }
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            check(&address.path)?;
        }
        let api = self.api().await?;
        for answer in self.read_many(addresses).await {
            answer?;
        }
        // A version for a secret that is not there is refused for the one reason or the other, and makes nothing.
        let probe = format!("keylift_probe_{:016x}", fastrand::u64(..));
        match api.add(&probe, &Secret::new("keylift asks whether it may write")).await {
            Err(refusal) if refusal.error.kind == ErrorKind::Denied => Err(refusal.error),
            Err(refusal) if refusal.status.is_empty() || refusal.status == LOST => Err(refusal.error),
            _ => Ok(()),
        }
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        check(&address.path)?;
        let api = self.api().await?;
        match api.access(&address.path, address.version.as_deref().unwrap_or("latest")).await {
            Ok(content) => Ok(content.map(entry)),
            // Disabled or destroyed.
            Err(Refusal { status, .. }) if status == "FAILED_PRECONDITION" => Ok(None),
            Err(refusal) => Err(refusal.error),
        }
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        self.write_one(self.api().await?, address, secret, expect, id).await
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        self.remove_many(std::slice::from_ref(receipt)).await.pop().unwrap_or(Ok(false))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let api = match self.api().await {
            Ok(api) => api,
            Err(error) => return receipts.iter().map(|_| Err(error.duplicate())).collect(),
        };
        remove_at_once(AT_ONCE, receipts, |group| Box::pin(self.take_back(api, group))).await
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let below = if self.prefix.is_empty() { String::new() } else { format!("{}-", self.prefix) };
        let page = self.api().await?.list(&below, from.as_deref()).await?;
        let names = page["secrets"].as_array().into_iter().flatten();
        let names = names.filter_map(|secret| secret["name"].as_str()?.rsplit('/').next());
        let addresses = names.filter(|name| name.starts_with(&below)).map(|name| Address {
            store: self.location.clone(),
            path: name.to_owned(),
            field: None,
            version: None,
        });
        let next = page["nextPageToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Listing { addresses: addresses.collect(), next })
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        read_at_once(self, AT_ONCE, addresses).await
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        write_at_once(self, AT_ONCE, writes, path).await
    }

    async fn history(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        let api = self.api().await?;
        let mut versions = Vec::new();
        let mut from: Option<String> = None;
        loop {
            let Some(mut page) = api.versions(&address.path, 250, from.as_deref()).await? else {
                return Ok(Vec::new());
            };
            if let Value::Array(some) = page["versions"].take() {
                versions.extend(some);
            }
            from = page["nextPageToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
            if from.is_none() {
                break;
            }
        }
        versions.sort_by_key(number);
        let newest = versions.last().and_then(number);
        let known = versions.iter().filter_map(|version| {
            let id = number(version)?;
            Some(Version {
                id: id.to_string(),
                created: version["createTime"].as_str().map(str::to_owned),
                current: Some(id) == newest,
                readable: version["state"] == "ENABLED",
            })
        });
        Ok(known.collect())
    }

    /// All that nobody destroys.
    async fn versions_kept(&self) -> Result<usize, StoreError> {
        Ok(usize::MAX)
    }

    async fn metadata(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        let about = self.api().await?.about(&address.path).await?.unwrap_or_default();
        let pairs = about["annotations"].as_object().into_iter().flatten();
        let pairs = pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        Ok(pairs.filter(|(key, _)| key != MARK).collect())
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let api = self.api().await?;
        let gone = || StoreError::new(ErrorKind::Conflict, format!("{} is not there", address.path));
        let about = api.about(&address.path).await?.ok_or_else(gone)?;
        let mut all: Map<String, Value> =
            metadata.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
        if let Some(mark) = about["annotations"].get(MARK) {
            all.insert(MARK.to_owned(), mark.clone());
        }
        let etag = about["etag"].as_str().unwrap_or_default();
        Ok(api.annotate(&address.path, etag, &Value::from(all)).await?)
    }

    /// Annotations of 63 characters, beginning and ending with a letter or digit, 16 KiB in all ("Secret", `annotations`).
    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        let mut size = 0;
        let fits = |key: &str, value: &str| {
            let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            key.len() <= 63
                && ends(key.chars().next())
                && ends(key.chars().last())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
                && value.len() < 16 * 1024
        };
        let mut lost = crate::names::unfit(metadata, usize::MAX, fits);
        // The key that tells which write made an entry needs room as well.
        for (key, value) in metadata.iter().filter(|(key, value)| fits(key, value)) {
            size += key.len() + value.len();
            if size > 15 * 1024 {
                lost.push(key.clone());
            }
        }
        lost
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let (title, permissions): (_, &[&str]) = match job {
            Job::App => ("keylift app", &["secretmanager.versions.access"]),
            Job::Migrator => (
                "keylift migrator",
                &[
                    "secretmanager.secrets.create",
                    "secretmanager.secrets.delete",
                    "secretmanager.secrets.get",
                    "secretmanager.secrets.list",
                    "secretmanager.secrets.update",
                    "secretmanager.versions.access",
                    "secretmanager.versions.add",
                    "secretmanager.versions.list",
                ],
            ),
        };
        let list = permissions.join("\n  - ");
        let text =
            format!("# For `gcloud iam roles create`\ntitle: {title}\nstage: GA\nincludedPermissions:\n  - {list}\n");
        Some(Policy { format: "yaml", text })
    }
}

impl fmt::Debug for GcpStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcpStore").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_and_names_are_checked_offline() {
        let open = |uri: &str| GcpStore::open(uri, &Settings::with_vars("/c", [("", "")]));
        for uri in ["", "Upper", "p/a/b", "p/a.b", "p?x=1", "p?endpoint="] {
            assert!(open(uri).is_err(), "{uri}");
        }
        let store = open("my-project/shop").unwrap();
        assert_eq!(store.address("DB_PASSWORD").unwrap().path, "shop-DB_PASSWORD");
        for name in ["", "a.b", "a/b", &"a".repeat(251)] {
            assert!(store.address(name).is_err(), "{name}");
        }
        let address = store.address("A").unwrap();
        assert!(store.accepts(&address, &Secret::new("")).is_err());
        assert!(store.accepts(&address, &Secret::new(vec![0xff; 65_536])).is_ok());
        assert!(store.accepts(&address, &Secret::new(vec![b'x'; 65_537])).is_err());
    }
}
