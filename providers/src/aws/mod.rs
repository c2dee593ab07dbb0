//! `aws-sm://PREFIX`: AWS Secrets Manager.
//!
//! A secret named NAME becomes the secret `PREFIX/NAME`, its value as text (as bytes where it is not UTF-8). An address
//! with a field means that field of a secret that is a JSON object; the others stay as they are written.
//!
//! Options: `?region=`, `?profile=`, `?endpoint=URL`, `?kms=KEY` (the key that new secrets are encrypted with).
//! Credentials are those of the AWS program: the environment, profiles, SSO, containers, instances.

pub(crate) mod call;
pub(crate) mod connect;
mod entry;
mod names;
mod policy;
mod read;
mod stage;
mod tags;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use tokio::sync::OnceCell;

use self::call::{Code, Refusal, call};
use self::connect::Target;
use self::entry::Link;
use crate::concurrent::{path, remove_at_once, write_at_once};
use crate::json::Object;
use crate::pace::Pace;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError,
    Version, Write, WriteId,
};

/// Writes a second: AWS refuses more than about 50 ("Secrets Manager quotas", combined rate of `PutSecretValue` and others).
const WRITES_A_SECOND: u32 = 40;
/// Requests under way at once.
const AT_ONCE: u32 = 8;
/// Names on one page (`ListSecrets`, parameter `MaxResults`).
const PAGE: i32 = 100;

/// The secrets of one region of one account, below a prefix.
pub struct AwsStore {
    location: String,
    target: Target,
    settings: Settings,
    at_once: usize,
    writes_a_second: u32,
    link: OnceCell<Link>,
    /// What this process wrote and has not read back yet: answers can lag behind.
    written: Mutex<HashMap<String, String>>,
    /// Reading in batches is a right of its own.
    single: AtomicBool,
}

impl AwsStore {
    /// The store behind what follows `aws-sm://` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let target = Target::parse(rest, "aws-sm", &["kms"])?;
        if !target.path.is_empty() {
            names::check(&format!("{}/x", target.path))?;
        }
        let query = rest.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        Ok(Self {
            location: format!("aws-sm://{}{query}", target.path),
            target,
            settings: settings.clone(),
            at_once: settings.at_once(AT_ONCE)?,
            writes_a_second: settings.writes_a_second(WRITES_A_SECOND)?,
            link: OnceCell::new(),
            written: Mutex::new(HashMap::new()),
            single: AtomicBool::new(false),
        })
    }

    fn kms(&self) -> Option<&str> {
        self.target.more.iter().find(|(name, _)| name == "kms").map(|(_, key)| key.as_str())
    }

    async fn link(&self) -> Result<&Link, StoreError> {
        self.link
            .get_or_try_init(|| async {
                let config = self.target.configuration("SECRETS_MANAGER", &self.settings).await?;
                let client = aws_sdk_secretsmanager::Client::new(&config);
                Ok(Link { client, pace: Pace::new(self.writes_a_second), kms: self.kms().map(str::to_owned) })
            })
            .await
    }

    fn remember(&self, name: &str, version: &str) {
        self.written().insert(name.to_owned(), version.to_owned());
    }

    fn written(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for AwsStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            compare_and_swap: true,
            versions: true,
            binary: true,
            fields: true,
            metadata: true,
            staging: true,
            case_sensitive: true,
            max_bytes: names::MAX_BYTES,
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        names::check(name)?;
        let prefix = &self.target.path;
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        names::check(&path)?;
        Ok(Address { store: self.location.clone(), path, field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        names::check(&address.path)?;
        if let Some(field) = &address.field {
            let refused = |reason: String, advice: &str| Err(Rejected { reason, advice: advice.to_owned() });
            if field.is_empty() || field.chars().any(char::is_control) {
                return refused(format!("{} has a field without a usable name", address.path), "name the field");
            }
            let Some(text) = secret.expose_str() else {
                return refused(
                    format!("the value of {}#{field} is not UTF-8, and fields are text", address.path),
                    "give it a name of its own: a secret without fields takes any bytes",
                );
            };
            let mut alone = Object::new();
            alone.set(field, text);
            return names::check_size(&address.path, alone.to_secret().len());
        }
        names::check_size(&address.path, secret.len())
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            names::check(&address.path)?;
        }
        let link = self.link().await?;
        // Reads as the run will: tells an endpoint that is not there, credentials and rights that do not do, and names
        // that are scheduled for deletion.
        let probe = [self.probe(addresses)];
        for answer in self.read_many(if addresses.is_empty() { &probe } else { addresses }).await {
            match answer {
                // A field in something that has none is the write's to tell, with the value at hand.
                Err(error) if error.kind != ErrorKind::Rejected => return Err(error),
                _ => {}
            }
        }
        if addresses.is_empty() {
            return Ok(());
        }
        // AWS has no question about rights. A write to a name that does not exist is refused for the one reason or the
        // other, and makes nothing.
        let name = self.probe(addresses).path;
        match link
            .stage(&name, &Secret::new("keylift asks whether it may write"), &write::fresh_token()?, "probe")
            .await
        {
            Err(Refusal { code: Code::Denied, error }) => Err(error),
            _ => Ok(()),
        }
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        self.read_one(self.link().await?, address).await
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        self.write_one(self.link().await?, address, secret, expect, id).await
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        self.remove_many(std::slice::from_ref(receipt)).await.pop().unwrap_or(Ok(false))
    }

    async fn remove_many(&self, receipts: &[Receipt]) -> Vec<Result<bool, StoreError>> {
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return receipts.iter().map(|_| Err(error.duplicate())).collect(),
        };
        for receipt in receipts {
            self.written().remove(&receipt.address.path);
        }
        remove_at_once(self.at_once, receipts, |group| Box::pin(self.take_back(link, group))).await
    }

    fn retirement(&self) -> Option<&'static str> {
        Some("the secret is scheduled for deletion in 30 days: `aws secretsmanager restore-secret` brings it back")
    }

    async fn retire(&self, address: &Address, version: &str) -> Result<bool, StoreError> {
        names::check(&address.path)?;
        self.written().remove(&address.path);
        self.let_go(self.link().await?, &address.path, version).await
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let link = self.link().await?;
        let prefix = &self.target.path;
        let below = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let filter = (!below.is_empty())
            .then(|| Filter::builder().key(FilterNameStringType::Name).values(below.as_str()).build());
        let page = call("listing the secrets", None, || {
            link.client
                .list_secrets()
                .max_results(PAGE)
                .set_filters(filter.clone().map(|filter| vec![filter]))
                .set_next_token(from.clone())
                .send()
        });
        let page = page.await?;
        let addresses = page
            .secret_list
            .unwrap_or_default()
            .into_iter()
            .filter(|found| found.deleted_date.is_none())
            .filter_map(|found| found.name)
            .filter(|name| name.starts_with(&below))
            .map(|path| Address { store: self.location.clone(), path, field: None, version: None })
            .collect();
        Ok(Listing { addresses, next: page.next_token.filter(|token| !token.is_empty()) })
    }

    async fn read_fields(&self, address: &Address) -> Result<Vec<(Address, Entry)>, StoreError> {
        let whole = Address { field: None, ..address.clone() };
        let Some(found) = self.read(&whole).await? else { return Ok(Vec::new()) };
        let Some(object) = found.secret.expose_str().and_then(Object::parse).filter(Object::is_flat) else {
            return Ok(vec![(whole, found)]);
        };
        let fields = object.names().filter_map(|name| {
            let entry =
                Entry { secret: object.get(name)?, version: found.version.clone(), metadata: found.metadata.clone() };
            Some((Address { field: Some(name.to_owned()), ..whole.clone() }, entry))
        });
        Ok(fields.collect())
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return addresses.iter().map(|_| Err(error.duplicate())).collect(),
        };
        self.read_all(link, addresses).await
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        write_at_once(self, self.at_once, writes, path).await
    }

    async fn stage_many(&self, writes: &[Write<'_>]) -> Vec<Result<Option<Receipt>, StoreError>> {
        self.stage_all(writes).await
    }

    async fn flip_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        self.flip_all(writes).await
    }

    async fn unstage_many(&self, staged: &[Receipt]) -> Result<usize, StoreError> {
        self.unstage_all(staged).await
    }

    async fn history(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        self.link().await?.versions(&address.path).await
    }

    /// Those with a stage: `AWSCURRENT` and `AWSPREVIOUS`. The others are dropped when AWS sees fit ("What's in a Secrets
    /// Manager secret?").
    async fn versions_kept(&self) -> Result<usize, StoreError> {
        Ok(2)
    }

    async fn metadata(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        self.tags(address).await
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        self.set_tags(address, metadata).await
    }

    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        tags::lost(metadata)
    }

    fn notices(&self) -> Vec<String> {
        let endpoint = self.target.endpoint.clone().or_else(|| self.settings.var("AWS_ENDPOINT_URL"));
        let bare = endpoint.filter(|url| url.starts_with("http://") && !crate::http::loopback(url));
        bare.map(|_| "the AWS endpoint is http://: secrets cross the network in the clear".to_owned())
            .into_iter()
            .collect()
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let region = self.target.region.clone();
        let region = region.or_else(|| self.settings.first_var(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        Some(policy::policy(region.as_deref(), &self.target.path, self.kms(), job))
    }
}

impl AwsStore {
    /// A name beside the given ones that nobody has.
    fn probe(&self, addresses: &[Address]) -> Address {
        let beside = addresses.first().and_then(|address| address.path.rsplit_once('/')).map(|(folder, _)| folder);
        let folder = beside.unwrap_or(&self.target.path);
        let name = format!("keylift_probe_{:016x}", fastrand::u64(..));
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        Address { store: self.location.clone(), path, field: None, version: None }
    }
}

impl fmt::Debug for AwsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsStore").field("location", &self.location).finish_non_exhaustive()
    }
}
