//! Writing a parameter. Creating one is conditional on the server. An update is not: the version is looked at just before
//! and counted just after, and where somebody else got in between, their value is put back.

use serde_json::{Value, json};

use super::SsmStore;
use super::link::Link;
use super::read::{Found, misunderstood};
use crate::aws::call::{Code, Refusal};
use crate::expect::{conflict, receipt};
use crate::secret::Secret;
use crate::store::{Address, ErrorKind, Expect, Receipt, StoreError, WriteId, Written};

/// Rounds of looking and writing against other writers.
const ROUNDS: usize = 8;

impl SsmStore {
    pub(super) async fn write_one(
        &self,
        link: &Link,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        let name = &address.path;
        let mut first = *expect == Expect::Absent;
        let mut lost = None;
        for _ in 0..ROUNDS {
            // The usual case in one request: nothing is there yet.
            let found = if std::mem::take(&mut first) { None } else { self.find(link, name, None).await? };
            match (found, expect) {
                (None, Expect::Version(version)) => {
                    return Err(conflict(name, &format!("version {version} is not there any more")));
                }
                (None, _) => match self.create(link, name, secret, id).await {
                    Ok(version) => return Ok(receipt(address, version, Written::Created)),
                    Err(Refusal { code: Code::Exists, error }) => lost = Some(error),
                    Err(refusal) => return Err(refusal.error),
                },
                (Some(found), _) if found.secret == *secret => {
                    let written = match expect {
                        Expect::Absent if self.is_ours(link, name, found.version, id).await? => Written::Created,
                        Expect::Version(before) if before.parse() == Ok(found.version.saturating_sub(1)) => {
                            Written::Updated
                        }
                        _ => Written::AlreadyEqual,
                    };
                    return Ok(receipt(address, found.version, written));
                }
                (Some(_), Expect::Absent) => return Err(conflict(name, "it holds another value")),
                (Some(found), Expect::Version(version)) if *version != found.version.to_string() => {
                    return Err(conflict(name, &format!("it is at version {}, not {version}", found.version)));
                }
                (Some(found), _) => match self.overwrite(link, name, secret, found.version).await {
                    Ok(version) => return Ok(receipt(address, version, Written::Updated)),
                    // Whether it took effect is seen by looking: the next round does.
                    Err(Refusal { code: Code::Lost, error }) => lost = Some(error),
                    Err(refusal) => return Err(refusal.error),
                },
            }
        }
        Err(lost.unwrap_or_else(|| conflict(name, "others keep writing it")))
    }

    async fn create(&self, link: &Link, name: &str, secret: &Secret, id: &WriteId) -> Result<u64, Refusal> {
        let mut body = json!({
            "Name": name,
            "Value": secret.expose_str().unwrap_or_default(),
            "Type": "SecureString",
            "Overwrite": false,
            // Belongs to this version alone, and tells a repeated write from an equal value of somebody else.
            "Description": mark(id),
        });
        if let Some(key) = self.option("kms") {
            body["KeyId"] = Value::from(key);
        }
        if let Some(tier) = self.tier() {
            body["Tier"] = Value::from(tier);
        }
        let answer = link.call("PutParameter", &body, &format!("making {name}")).await?;
        version_of(&answer, name).map_err(|error| Refusal { code: Code::Other, error })
    }

    /// Puts a new version after `before`. An own error where somebody else's version came between.
    async fn overwrite(&self, link: &Link, name: &str, secret: &Secret, before: u64) -> Result<u64, Refusal> {
        let doing = format!("writing {name}");
        let other = |error| Refusal { code: Code::Other, error };
        // Without a type: that of the parameter stays.
        let body = |text: &str| json!({ "Name": name, "Value": text, "Overwrite": true });
        let answer = link.call_once("PutParameter", &body(secret.expose_str().unwrap_or_default()), &doing).await?;
        let version = version_of(&answer, name).map_err(other)?;
        if version == before + 1 {
            return Ok(version);
        }
        // Theirs is the version right before ours, in the parameter's history.
        let theirs = self.find(link, name, Some(version - 1)).await.map_err(other)?;
        if let Some(theirs) = &theirs
            && self.find(link, name, None).await.map_err(other)?.is_some_and(|now| now.version == version)
        {
            link.call_once("PutParameter", &body(theirs.secret.expose_str().unwrap_or_default()), &doing).await?;
            return Err(other(conflict(name, "somebody else wrote it at the same moment, and their value stands")));
        }
        Err(other(conflict(name, "others write it: look at its history")))
    }

    /// Whether the first version was made by this very write.
    async fn is_ours(&self, link: &Link, name: &str, version: u64, id: &WriteId) -> Result<bool, StoreError> {
        if version != 1 {
            return Ok(false);
        }
        match self.versions(link, name).await {
            Ok(versions) => Ok(versions.iter().any(|one| one["Version"] == 1 && one["Description"] == mark(id))),
            // The history is a right of its own, and needed for nothing else here.
            Err(error) if error.kind == ErrorKind::Denied => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes back what a receipt says was created, while it is still the only version.
    pub(super) async fn take_back(&self, link: &Link, receipt: &Receipt) -> Result<bool, StoreError> {
        let name = &receipt.address.path;
        let Some(found) = self.find(link, name, None).await? else { return Ok(false) };
        if Some(found.version.to_string()) != receipt.version {
            return Ok(false);
        }
        match link.call("DeleteParameter", &json!({ "Name": name }), &format!("removing {name}")).await {
            Ok(_) | Err(Refusal { code: Code::NotFound, .. }) => Ok(true),
            Err(refusal) => Err(refusal.error),
        }
    }

    /// A parameter, or one version of it.
    pub(super) async fn find(
        &self,
        link: &Link,
        name: &str,
        version: Option<u64>,
    ) -> Result<Option<Found>, StoreError> {
        let full = version.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"));
        let body = json!({ "Name": full, "WithDecryption": true });
        match link.call("GetParameter", &body, &format!("reading {name}")).await {
            Ok(mut answer) => Found::new(&mut answer["Parameter"], name).map(Some),
            Err(Refusal { code: Code::NotFound, .. }) => Ok(None),
            Err(refusal) => Err(refusal.error),
        }
    }
}

/// What a created version carries as its description.
fn mark(id: &WriteId) -> String {
    format!("kept by keylift ({})", id.token())
}

fn version_of(answer: &Value, name: &str) -> Result<u64, StoreError> {
    answer["Version"].as_u64().ok_or_else(|| misunderstood(name))
}
