//! Reading parameters, one by one and ten in one question, and what is known of their versions.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::link::Link;
use super::{SsmStore, names};
use crate::aws::call::{Code, Refusal};
use crate::secret::Secret;
use crate::store::{Address, Entry, ErrorKind, StoreError};

/// A parameter as it was found.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) secret: Secret,
    pub(super) version: u64,
}

impl Found {
    pub(super) fn new(parameter: &mut Value, name: &str) -> Result<Self, StoreError> {
        let found = parameter["Name"].as_str().unwrap_or(name).to_owned();
        let version = parameter["Version"].as_u64().ok_or_else(|| misunderstood(name))?;
        let Value::String(text) = parameter["Value"].take() else { return Err(misunderstood(name)) };
        Ok(Self { name: found, secret: Secret::new(text), version })
    }

    fn entry(self) -> Entry {
        Entry { secret: self.secret, version: Some(self.version.to_string()), metadata: BTreeMap::new() }
    }
}

impl SsmStore {
    pub(super) async fn read_one(&self, link: &Link, address: &Address) -> Result<Option<Entry>, StoreError> {
        names::check(&address.path)?;
        crate::names::check_fieldless(address)?;
        let version = match &address.version {
            None => None,
            Some(version) => Some(version.parse().map_err(|_| {
                StoreError::new(ErrorKind::Rejected, format!("{version} is no version of a parameter"))
            })?),
        };
        Ok(self.find(link, &address.path, version).await?.map(Found::entry))
    }

    /// Ten names in one question; what that leaves open is asked for one by one.
    pub(super) async fn read_some(&self, link: &Link, some: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        let plain = |address: &&Address| {
            address.version.is_none() && address.field.is_none() && names::check(&address.path).is_ok()
        };
        let mut wanted: Vec<&str> = some.iter().filter(plain).map(|address| address.path.as_str()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: HashMap<String, Option<Found>> = HashMap::new();
        if wanted.len() > 1 && !self.single.load(Ordering::Relaxed) {
            let body = json!({ "Names": wanted, "WithDecryption": true });
            match link.call("GetParameters", &body, "reading several parameters").await {
                Ok(mut answer) => {
                    for parameter in answer["Parameters"].as_array_mut().into_iter().flatten() {
                        if let Ok(one) = Found::new(parameter, "a parameter") {
                            found.insert(one.name.clone(), Some(one));
                        }
                    }
                    for name in answer["InvalidParameters"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                        found.insert(name.to_owned(), None);
                    }
                }
                Err(Refusal { code: Code::Denied, .. }) => self.single.store(true, Ordering::Relaxed),
                Err(_) => {}
            }
        }
        let mut answers = Vec::with_capacity(some.len());
        for address in some {
            // Taken out: a name that is asked for twice is read a second time.
            let answer = if plain(&address) { found.remove(&address.path) } else { None };
            answers.push(match answer {
                Some(answer) => Ok(answer.map(Found::entry)),
                None => self.read_one(link, address).await,
            });
        }
        answers
    }

    /// Everything that AWS keeps about a parameter's versions, oldest first; nothing where it is not there.
    pub(super) async fn versions(&self, link: &Link, name: &str) -> Result<Vec<Value>, StoreError> {
        let doing = format!("listing the versions of {name}");
        let mut versions = Vec::new();
        let mut body = json!({ "Name": name, "WithDecryption": false, "MaxResults": 50 });
        loop {
            let mut page = match link.call("GetParameterHistory", &body, &doing).await {
                Ok(page) => page,
                Err(Refusal { code: Code::NotFound, .. }) => return Ok(Vec::new()),
                Err(refusal) => return Err(refusal.error),
            };
            if let Value::Array(some) = page["Parameters"].take() {
                versions.extend(some);
            }
            match page["NextToken"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => body["NextToken"] = Value::from(token),
                None => break,
            }
        }
        versions.sort_by_key(|version| version["Version"].as_u64());
        Ok(versions)
    }
}

pub(super) fn misunderstood(name: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupt, format!("AWS's answer has not the form it should have ({name})"))
}
