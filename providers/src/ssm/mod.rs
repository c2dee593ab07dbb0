//! `aws-ssm://PATH`: AWS Systems Manager Parameter Store.
//!
//! A secret named NAME becomes the parameter `/PATH/NAME` of the type `SecureString`. Parameters of other types below the
//! path are read as well.
//!
//! Options: `?region=`, `?profile=`, `?endpoint=URL`, `?kms=KEY`, `?tier=advanced|intelligent` (values of more than 4 KB,
//! for which AWS charges).

mod link;
mod names;
mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use self::link::Link;
use crate::aws::call::{Code, Refusal};
use crate::aws::connect::{Target, configuration};
use crate::concurrent::{Task, at_once, path, write_at_once};
use crate::pace::Pace;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError, Version, Write,
    WriteId, Written,
};

/// Writes a second to begin with. An account that has not raised its throughput takes fewer: refusals slow them down.
const WRITES_A_SECOND: u32 = 10;
/// Requests under way at once.
const AT_ONCE: usize = 4;
/// Names in one question, and on one page of a path (`GetParameters`, `GetParametersByPath`).
const BATCH: usize = 10;
/// The largest value of a standard parameter, in bytes ("Managing parameter tiers").
const STANDARD: usize = 4096;
/// The largest value of an advanced parameter, in bytes.
const ADVANCED: usize = 8192;

/// The parameters of one region of one account, below a path.
pub struct SsmStore {
    location: String,
    target: Target,
    settings: Settings,
    link: OnceCell<Link>,
    /// Reading several is a right of its own.
    single: AtomicBool,
}

impl SsmStore {
    /// The store behind what follows `aws-ssm://` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let target = Target::parse(rest, "aws-ssm", &["kms", "tier"])?;
        if !target.path.is_empty() {
            names::check(&format!("/{}/x", target.path))?;
        }
        let query = rest.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let location = format!("aws-ssm://{}{query}", target.path);
        let store = Self {
            location,
            target,
            settings: settings.clone(),
            link: OnceCell::new(),
            single: AtomicBool::new(false),
        };
        match store.option("tier") {
            None | Some("standard" | "advanced" | "intelligent") => Ok(store),
            Some(_) => Err(configuration("?tier= takes standard, advanced or intelligent")),
        }
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.target.more.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn tier(&self) -> Option<&'static str> {
        match self.option("tier")? {
            "advanced" => Some("Advanced"),
            "intelligent" => Some("Intelligent-Tiering"),
            _ => Some("Standard"),
        }
    }

    fn largest(&self) -> usize {
        if matches!(self.tier(), None | Some("Standard")) { STANDARD } else { ADVANCED }
    }

    async fn link(&self) -> Result<&Link, StoreError> {
        self.link
            .get_or_try_init(|| async {
                let config = self.target.configuration("SSM", &self.settings).await?;
                Link::new(config, &self.settings, Pace::new(self.settings.writes_a_second(WRITES_A_SECOND)?))
            })
            .await
    }
}

#[async_trait]
impl Store for SsmStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // Only for what must not be there yet.
            compare_and_swap: false,
            versions: true,
            metadata: true,
            max_bytes: self.largest(),
            ..Capabilities::default()
        }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        let prefix = &self.target.path;
        let path = if prefix.is_empty() { format!("/{name}") } else { format!("/{prefix}/{name}") };
        names::check(&path)?;
        Ok(Address { store: self.location.clone(), path, field: None, version: None })
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        names::check(&address.path)?;
        crate::names::check_fieldless(address)?;
        names::check_value(&address.path, secret, self.largest())
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        for address in addresses {
            names::check(&address.path)?;
        }
        let link = self.link().await?;
        let folder = addresses.first().and_then(|address| address.path.rsplit_once('/')).map(|(folder, _)| folder);
        let folder = folder.map_or_else(|| format!("/{}", self.target.path), str::to_owned);
        let probe = format!("{}/keylift_probe_{:016x}", folder.trim_end_matches('/'), fastrand::u64(..));
        self.find(link, &probe, None).await?;
        for answer in self.read_many(addresses).await {
            answer?;
        }
        if addresses.is_empty() {
            return Ok(());
        }
        // AWS has no question about rights: deleting what is not there is refused for the one reason or the other.
        // The right to write comes with it in the policy that `keylift policy` prints.
        match link.call("DeleteParameter", &json!({ "Name": probe }), "asking for the right to write").await {
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
        if receipt.written != Written::Created {
            return Ok(false);
        }
        self.take_back(self.link().await?, receipt).await
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let link = self.link().await?;
        let path = format!("/{}", self.target.path);
        let mut body = json!({ "Path": path, "Recursive": true, "WithDecryption": false, "MaxResults": BATCH });
        if let Some(token) = from {
            body["NextToken"] = Value::from(token);
        }
        let page = link.call("GetParametersByPath", &body, "listing the parameters").await?;
        let names = page["Parameters"].as_array().into_iter().flatten().filter_map(|found| found["Name"].as_str());
        // A parameter without a slash is no part of the hierarchy.
        let addresses = names.filter(|name| name.starts_with('/')).map(|name| Address {
            store: self.location.clone(),
            path: name.to_owned(),
            field: None,
            version: None,
        });
        let next = page["NextToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Listing { addresses: addresses.collect(), next })
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let link = match self.link().await {
            Ok(link) => link,
            Err(error) => return addresses.iter().map(|_| Err(error.duplicate())).collect(),
        };
        let mut chunks: Vec<Task<'_, _>> = Vec::new();
        for some in addresses.chunks(BATCH) {
            chunks.push(Box::pin(self.read_some(link, some)));
        }
        at_once(AT_ONCE, chunks).await.into_iter().flatten().collect()
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        write_at_once(self, AT_ONCE, writes, path).await
    }

    async fn history(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        let versions = self.versions(self.link().await?, &address.path).await?;
        let newest = versions.last().and_then(|version| version["Version"].as_u64());
        let known = versions.iter().filter_map(|version| {
            let number = version["Version"].as_u64()?;
            let date = version["LastModifiedDate"].as_f64().and_then(|seconds| {
                let date = aws_sdk_secretsmanager::primitives::DateTime::from_secs_f64(seconds);
                date.fmt(aws_sdk_secretsmanager::primitives::DateTimeFormat::DateTime).ok()
            });
            Some(Version { id: number.to_string(), created: date, current: Some(number) == newest, readable: true })
        });
        Ok(known.collect())
    }

    /// "Working with parameter versions": 100.
    async fn versions_kept(&self) -> Result<usize, StoreError> {
        Ok(100)
    }

    async fn metadata(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        let body = json!({ "ResourceType": "Parameter", "ResourceId": address.path });
        let doing = format!("reading the tags of {}", address.path);
        let answer = self.link().await?.call("ListTagsForResource", &body, &doing);
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(Refusal { code: Code::NotFound, .. }) => return Ok(BTreeMap::new()),
            Err(refusal) => return Err(refusal.error),
        };
        let tags = answer["TagList"].as_array().into_iter().flatten();
        let pairs = tags.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())));
        Ok(pairs.filter(|(key, _)| !key.starts_with("aws:")).collect())
    }

    async fn set_metadata(&self, address: &Address, metadata: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let link = self.link().await?;
        let doing = format!("writing the tags of {}", address.path);
        let before = self.metadata(address).await?;
        let gone: Vec<&String> = before.keys().filter(|key| !metadata.contains_key(*key)).collect();
        let tags: Vec<Value> = metadata.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        let of = json!({ "ResourceType": "Parameter", "ResourceId": address.path });
        if !tags.is_empty() {
            let mut body = of.clone();
            body["Tags"] = Value::from(tags);
            link.call("AddTagsToResource", &body, &doing).await?;
        }
        if !gone.is_empty() {
            let mut body = of;
            body["TagKeys"] = json!(gone);
            link.call("RemoveTagsFromResource", &body, &doing).await?;
        }
        Ok(())
    }

    /// Fifty tags ("`AddTagsToResource`").
    fn metadata_lost(&self, metadata: &BTreeMap<String, String>) -> Vec<String> {
        crate::names::unfit(metadata, 50, crate::names::is_aws_tag)
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let region = self.target.region.clone();
        let region = region.or_else(|| self.settings.first_var(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let below = if self.target.path.is_empty() { String::new() } else { format!("{}/", self.target.path) };
        let arn = |rest: &str| format!("arn:aws:ssm:{}:*:parameter/{rest}", region.as_deref().unwrap_or("*"));
        let mut actions = vec!["ssm:GetParameter", "ssm:GetParameters"];
        if job == Job::Migrator {
            actions.extend([
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:GetParameterHistory",
                "ssm:GetParametersByPath",
                "ssm:ListTagsForResource",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ]);
        }
        let resources = vec![arn(&format!("{below}*")), arn(below.trim_end_matches('/'))];
        let resources: Vec<String> = resources.into_iter().take(if job == Job::Migrator { 2 } else { 1 }).collect();
        let mut statements =
            vec![json!({ "Sid": "Parameters", "Effect": "Allow", "Action": actions, "Resource": resources })];
        if let Some(key) = self.option("kms").filter(|key| key.starts_with("arn:")) {
            let actions: &[&str] =
                if job == Job::App { &["kms:Decrypt"] } else { &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"] };
            statements.push(json!({ "Sid": "UseKey", "Effect": "Allow", "Action": actions, "Resource": key }));
        }
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        Some(Policy { format: "json", text: format!("{policy:#}\n") })
    }
}

impl fmt::Debug for SsmStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SsmStore").field("location", &self.location).finish_non_exhaustive()
    }
}
