//! `azure-kv:VAULT` or `azure-kv:VAULT/PREFIX`: Azure Key Vault, through its REST API.
//!
//! A secret named NAME becomes the secret `PREFIX-NAME`, in lower case and with `-` for `_`: names have nothing else there,
//! and the vault does not tell cases apart. Option: `?endpoint=URL` (other clouds than the public one).
//!
//! No emulator is to be had: this store is tested against a hand-written double of the API.

mod api;
mod auth;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::OnceCell;

use self::api::{Api, MARK, MOST_TAGS, Refusal, last, mark};
use self::auth::configuration;
use crate::concurrent::{path, read_at_once, remove_at_once, write_at_once};
use crate::pace::Pace;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError,
    Version, Write, WriteId,
};

/// The largest value, in bytes ("About Azure Key Vault secrets": 25 KB).
const MAX_BYTES: usize = 25 * 1024;
/// Writes a second ("Azure Key Vault service limits": 300 in 10 seconds for a vault's secret creations).
const WRITES_A_SECOND: u32 = 25;
/// Requests under way at once.
const AT_ONCE: usize = 8;
/// Versions of a secret that a backup holds.
const MOST_VERSIONS: usize = 500;
/// The name under which a content type is carried as metadata.
const CONTENT_TYPE: &str = "content-type";

/// The secrets of one vault, below a prefix.
pub struct AzureStore {
    location: String,
    vault: String,
    prefix: String,
    endpoint: Option<String>,
    settings: Settings,
    api: OnceCell<Api>,
}

impl AzureStore {
    /// The store behind what follows `azure-kv:` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let endpoint = match query.map(|query| query.split_once('=').unwrap_or((query, ""))) {
            None => None,
            Some(("endpoint", url)) if !url.is_empty() && !url.contains('@') => Some(url.to_owned()),
            Some(_) => return Err(configuration("an azure-kv: store has one option, ?endpoint=URL")),
        };
        let path = path.trim_matches('/').to_ascii_lowercase();
        let (vault, prefix) = path.split_once('/').unwrap_or((&path, ""));
        // "Azure Key Vault naming": 3 to 24 letters, digits and dashes.
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(3..=24).contains(&vault.len()) || !vault.chars().all(legal) {
            return Err(configuration("azure-kv: needs the name of a vault").advise("for instance azure-kv:my-vault"));
        }
        if !prefix.is_empty() {
            check(prefix)?;
        }
        Ok(Self {
            location: format!(
                "azure-kv://{path}{}{}",
                if query.is_some() { "?" } else { "" },
                query.unwrap_or_default()
            ),
            vault: vault.to_owned(),
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
                Api::new(&self.vault, self.endpoint.as_deref(), &self.settings, pace)
            })
            .await
    }
}

/// Names of secrets ("SetSecret": letters, digits and dashes, 127 characters).
fn check(name: &str) -> Result<(), Rejected> {
    crate::names::check(name, "Azure Key Vault", 127, |c| c.is_ascii_alphanumeric() || c == '-')
}

/// Whether a version cannot be read because it is turned off.
fn disabled(refusal: &Refusal) -> bool {
    refusal.inner == "SecretDisabled" || refusal.code == "SecretDisabled"
}

#[async_trait]
impl Store for AzureStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // The API has no condition on a write: it is looked at before and counted after.
            compare_and_swap: false,
            versions: true,
            metadata: true,
            case_sensitive: false,
            max_bytes: MAX_BYTES,
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        let folded = name.replace('_', "-").to_ascii_lowercase();
        check(&folded)?;
        let path = if self.prefix.is_empty() { folded } else { format!("{}-{folded}", self.prefix) };
        check(&path)?;
        Ok(Address { store: self.location.clone(), path, field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        check(&address.path)?;
        crate::names::check_fieldless(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)?;
        let refuse = |what: &str, advice: &str| {
            let reason = format!("the value of {} {what}", address.path);
            Err(Rejected { reason, advice: advice.to_owned() })
        };
        match secret.expose_str() {
            None => refuse("is not UTF-8, and Azure Key Vault keeps text", "keep it in another store"),
            Some("") => refuse("is empty", "an empty value is no secret: leave it in the code"),
            Some(text) if text.contains('\0') => refuse("holds a NUL", "keep it in another store"),
            Some(_) => Ok(()),
        }
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            check(&address.path)?;
        }
        for answer in self.read_many(addresses).await {
            answer?;
        }
        // Whether a write is allowed is not to be asked without making one; listing needs a right of its own as well.
        self.api().await?.list(None).await.map(drop).map_err(|refusal| refusal.error)
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        check(&address.path)?;
        match self.api().await?.get(&address.path, address.version.as_deref()).await {
            Ok(found) => Ok(found.map(|found| Entry {
                secret: found.secret,
                version: Some(found.version),
                metadata: metadata(found.tags, found.kind),
            })),
            Err(refusal) if disabled(&refusal) => Ok(None),
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
        write::write(self.api().await?, address, secret, expect, id).await
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        self.remove_many(std::slice::from_ref(receipt)).await.pop().unwrap_or(Ok(false))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let api = match self.api().await {
            Ok(api) => api,
            Err(error) => return receipts.iter().map(|_| Err(error.duplicate())).collect(),
        };
        remove_at_once(AT_ONCE, receipts, |group| {
            Box::pin(async move {
                let removed = write::take_back(api, &group).await?;
                Ok(group.iter().map(|_| removed).collect())
            })
        })
        .await
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let below = if self.prefix.is_empty() { String::new() } else { format!("{}-", self.prefix) };
        let (page, next) = self.api().await?.list(from.as_deref()).await?;
        let names = page.iter().filter_map(last).map(|name| name.to_ascii_lowercase());
        let addresses = names.filter(|name| name.starts_with(&below)).map(|path| Address {
            store: self.location.clone(),
            path,
            field: None,
            version: None,
        });
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
        let mut versions = match api.versions(&address.path).await {
            Ok(versions) => versions,
            Err(refusal) if refusal.code == "SecretNotFound" => Vec::new(),
            Err(refusal) => return Err(refusal.error),
        };
        let current = match api.get(&address.path, None).await {
            Ok(found) => found.map(|found| found.version),
            Err(refusal) if disabled(&refusal) => None,
            Err(refusal) => return Err(refusal.error),
        };
        let created = |version: &Value| version["attributes"]["created"].as_i64();
        // Times are whole seconds: of several in one, keylift's own come in the order of their numbers, the current one last.
        let number = |version: &Value| mark(version).map_or(0, |(_, number)| number);
        versions.sort_by_key(|version| (created(version), last(version) == current, number(version)));
        let known = versions.iter().filter_map(|version| {
            let id = last(version)?;
            let time = created(version).and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            Some(Version {
                created: time.map(|time| time.to_string()),
                current: Some(&id) == current.as_ref(),
                readable: version["attributes"]["enabled"] != false,
                id,
            })
        });
        Ok(known.collect())
    }

    /// All of them; a secret with more than these cannot be backed up ("Azure Key Vault backup").
    async fn versions_kept(&self) -> Result<usize, StoreError> {
        Ok(MOST_VERSIONS)
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let api = self.api().await?;
        let found = api.get(&address.path, None).await?;
        let gone = || StoreError::new(ErrorKind::Conflict, format!("{} is not there", address.path));
        let found = found.ok_or_else(gone)?;
        let mut tags = metadata.clone();
        let content_type = tags.remove(CONTENT_TYPE);
        tags.extend(found.tags.into_iter().filter(|(key, _)| key == MARK));
        if tags.len() > MOST_TAGS {
            let what = format!("{} has {MOST_TAGS} tags at most, keylift's own among them", address.path);
            return Err(StoreError::new(ErrorKind::Rejected, what));
        }
        Ok(api.update(&address.path, &found.version, &tags, content_type.as_deref()).await?)
    }

    /// Fifteen tags of 256 characters, one of which tells which write made a version ("About Azure Key Vault secrets"), and
    /// a content type of 255.
    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        let typed = usize::from(metadata.contains_key(CONTENT_TYPE));
        crate::names::unfit(metadata, 14 + typed, |key, value| {
            !key.is_empty() && key.chars().count() <= 256 && value.chars().count() <= 255
        })
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let (role, what) = match job {
            Job::App => ("Key Vault Secrets User", "reads values"),
            Job::Migrator => {
                ("Key Vault Secrets Officer", "creates, reads, lists, deletes, recovers and purges secrets")
            }
        };
        let text = format!(
            "# The built-in role that {what}, on this vault alone:\naz role assignment create --role '{role}' --assignee \
             PRINCIPAL \\\n  --scope \"$(az keyvault show --name {} --query id --output tsv)\"\n",
            self.vault
        );
        Some(Policy { format: "text", text })
    }
}

/// Tags and content type as metadata, without keylift's own mark.
fn metadata(mut tags: BTreeMap<String, String>, content_type: Option<String>) -> BTreeMap<String, String> {
    tags.remove(MARK);
    tags.extend(content_type.filter(|text| !text.is_empty()).map(|text| (CONTENT_TYPE.to_owned(), text)));
    tags
}

impl fmt::Debug for AzureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureStore").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_and_names_are_checked_offline() {
        let open = |uri: &str| AzureStore::open(uri, &Settings::with_vars("/c", [("", "")]));
        for uri in
            ["", "ab", "a_b_c", "vault/a/b", "vault/a_b", "vault?x=1", "vault?endpoint=", "vault.vault.azure.net"]
        {
            assert!(open(uri).is_err(), "{uri}");
        }
        let store = open("My-Vault/shop").unwrap();
        assert_eq!(store.location(), "azure-kv://my-vault/shop");
        assert_eq!(store.address("DB_PASSWORD").unwrap().path, "shop-db-password");
        for name in ["", "a.b", "a/b", "a b", "a%2Fb", &"a".repeat(123)] {
            assert!(store.address(name).is_err(), "{name}");
        }
        let address = store.address("A").unwrap();
        for (value, fits) in
            [(vec![b'x'; 25_600], true), (vec![b'x'; 25_601], false), (vec![0xff], false), (vec![], false)]
        {
            assert_eq!(store.accepts(&address, &Secret::new(value)).is_ok(), fits);
        }
    }
}
