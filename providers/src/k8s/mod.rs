//! `k8s://NAMESPACE/OBJECT`: the keys of one Kubernetes Secret; `k8s://NAMESPACE`: those of all `Opaque` ones in a
//! namespace, where a name is `OBJECT/KEY`.
//!
//! The cluster and the login are those of `kubectl` (`KUBECONFIG`, `?context=NAME`), or the pod's own.

mod api;
mod config;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use self::api::{Api, Change, Object};
use self::config::{Cluster, configuration};
use crate::concurrent::{read_at_once, write_at_once};
use crate::expect::{conflict, judge, receipt};
use crate::local::ContentVersion;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError, Write,
    WriteId, Written,
};

/// The most that one object holds, in bytes over all its values (`MaxSecretSize` in the API's validation).
const MAX_BYTES: usize = 1 << 20;
/// Requests under way at once.
const AT_ONCE: usize = 8;
/// Rounds of reading and writing against other writers of the same object.
const ROUNDS: usize = 16;

/// Secrets of a namespace.
pub struct K8sStore {
    location: String,
    namespace: String,
    object: Option<String>,
    context: Option<String>,
    settings: Settings,
    versions: ContentVersion,
    api: OnceCell<Api>,
}

impl K8sStore {
    /// The store behind what follows `k8s://` in its URI.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where the URI cannot be understood.
    pub fn open(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let path = path.trim_matches('/');
        let context = match query.map(|query| query.split_once('=').unwrap_or((query, ""))) {
            None => None,
            Some(("context", name)) if !name.is_empty() => Some(name.to_owned()),
            Some(_) => return Err(configuration("a k8s:// store has one option, ?context=NAME")),
        };
        let (namespace, object) = path.split_once('/').map_or((path, None), |(space, object)| (space, Some(object)));
        // A namespace is a DNS label ("Object Names and IDs").
        if namespace.len() > 63 || namespace.contains('.') {
            return Err(configuration(format!("{namespace} is not the name of a namespace")));
        }
        check_object(namespace)?;
        object.map(check_object).transpose()?;
        Ok(Self {
            location: format!("k8s://{path}{}{}", if query.is_some() { "?" } else { "" }, query.unwrap_or_default()),
            namespace: namespace.to_owned(),
            object: object.map(str::to_owned),
            context,
            settings: settings.clone(),
            versions: ContentVersion::new(settings),
            api: OnceCell::new(),
        })
    }

    async fn api(&self) -> Result<&Api, StoreError> {
        self.api
            .get_or_try_init(|| async {
                let cluster = Cluster::find(self.context.as_deref(), &self.settings).await?;
                Api::new(cluster, &self.namespace, &self.settings)
            })
            .await
    }

    fn entry(&self, object: &Object, key: &str) -> Result<Option<Entry>, StoreError> {
        let Some(secret) = object.get(key) else { return Ok(None) };
        // The object's own version changes with every other key.
        let version = Some(self.versions.of(&secret)?);
        Ok(Some(Entry { secret, version, metadata: BTreeMap::new() }))
    }

    fn addresses<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = Address> + 'a {
        object.keys().map(|key| Address {
            store: self.location.clone(),
            path: format!("{}/{key}", object.name),
            field: None,
            version: None,
        })
    }
}

/// An address's object and key.
fn parts(address: &Address) -> Result<(&str, &str), Rejected> {
    crate::names::check_fieldless(address)?;
    let (object, key) = address.path.split_once('/').ok_or_else(|| Rejected {
        reason: format!("{} does not say in which Secret object it is kept", address.path),
        advice: "plan to k8s://NAMESPACE/OBJECT, or name it OBJECT/KEY".to_owned(),
    })?;
    check_object(object)?;
    // "Secrets": keys are letters, digits, `-`, `_` and `.`.
    crate::names::check(key, "a Kubernetes Secret", 253, |c| c.is_ascii_alphanumeric() || "-._".contains(c))?;
    if key.starts_with("..") {
        return Err(Rejected {
            reason: format!("the key {key} begins with two dots, which mounts keep for themselves"),
            advice: "choose another name (in the plan, or with --map)".to_owned(),
        });
    }
    Ok((object, key))
}

/// What is written as one.
fn object_of(address: &Address) -> &str {
    address.path.split_once('/').map_or(&address.path, |(object, _)| object)
}

/// Names of objects ("Object Names and IDs", DNS subdomain names).
fn check_object(name: &str) -> Result<(), Rejected> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    crate::names::check(name, "Kubernetes", 253, legal)?;
    if name.split('.').any(|label| label.is_empty() || label.starts_with('-') || label.ends_with('-')) {
        return Err(Rejected {
            reason: format!("{name} is not a name for a Kubernetes object"),
            advice: "use lower-case letters, digits, and hyphens or dots in between".to_owned(),
        });
    }
    Ok(())
}

#[async_trait]
impl Store for K8sStore {
    fn location(&self) -> &str {
        &self.location
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { compare_and_swap: true, binary: true, max_bytes: MAX_BYTES, ..Capabilities::default() }
    }

    fn address(&self, name: &str) -> Result<Address, Rejected> {
        let path = match &self.object {
            Some(object) => format!("{object}/{name}"),
            None => name.to_owned(),
        };
        let address = Address { store: self.location.clone(), path, field: None, version: None };
        parts(&address)?;
        Ok(address)
    }

    fn accepts(&self, address: &Address, secret: &Secret) -> Result<(), Rejected> {
        parts(address)?;
        crate::names::check_size(&address.path, secret.len(), MAX_BYTES)
    }

    async fn preflight(&self, addresses: &[Address]) -> Result<(), StoreError> {
        let mut objects: Vec<&str> =
            addresses.iter().map(|address| parts(address).map(|(object, _)| object)).collect::<Result<_, _>>()?;
        objects.sort_unstable();
        objects.dedup();
        let api = self.api().await?;
        if objects.is_empty() {
            // Tells whether cluster and login do.
            return api.may("list", None).await.map(drop);
        }
        for object in objects {
            for (verb, name) in [("get", Some(object)), ("create", None), ("patch", Some(object))] {
                if !api.may(verb, name).await? {
                    let what = format!("the cluster does not allow to {verb} the secret {object}");
                    return Err(StoreError::new(ErrorKind::Denied, what)
                        .advise("`keylift policy` prints the role that is needed"));
                }
            }
            if let Some(found) = api.get(object).await? {
                writable(&found)?;
            }
        }
        Ok(())
    }

    async fn read(&self, address: &Address) -> Result<Option<Entry>, StoreError> {
        let (object, key) = parts(address)?;
        let Some(found) = self.api().await?.get(object).await? else { return Ok(None) };
        let entry = self.entry(&found, key)?;
        Ok(entry.filter(|entry| address.version.is_none() || address.version == entry.version))
    }

    async fn write(
        &self,
        address: &Address,
        secret: &Secret,
        expect: &Expect,
        id: &WriteId,
    ) -> Result<Receipt, StoreError> {
        self.accepts(address, secret)?;
        let (name, key) = parts(address)?;
        let api = self.api().await?;
        let version = self.versions.of(secret)?;
        let token = id.token();
        for _ in 0..ROUNDS {
            let object = api.get(name).await?;
            let found = object.as_ref().map(|object| self.entry(object, key)).transpose()?.flatten();
            let written = judge(&address.path, found.as_ref(), secret, expect)?;
            if written == Written::AlreadyEqual {
                let ours = object.as_ref().is_some_and(|object| object.last_write.as_ref() == Some(&token));
                let written = match expect {
                    _ if !ours => Written::AlreadyEqual,
                    Expect::Absent => Written::Created,
                    _ => Written::Updated,
                };
                return Ok(receipt(address, version, written));
            }
            let change = match &object {
                None => api.create(name, key, secret, &token).await?,
                Some(object) => {
                    writable(object)?;
                    let size = object.size_without(key) + secret.len();
                    crate::names::check_size(&format!("{name} with {key}"), size, MAX_BYTES)?;
                    api.change(object, key, Some(secret), &token).await?
                }
            };
            if change == Change::Done {
                return Ok(receipt(address, version, written));
            }
            // Others write the object as well: not all again at the same moment.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..50))).await;
        }
        Err(conflict(&address.path, "others keep writing the object"))
    }

    async fn remove(&self, receipt: &Receipt) -> Result<bool, StoreError> {
        let (name, key) = parts(&receipt.address)?;
        if receipt.written != Written::Created {
            return Ok(false);
        }
        let api = self.api().await?;
        for _ in 0..ROUNDS {
            let Some(object) = api.get(name).await? else { return Ok(false) };
            match self.entry(&object, key)? {
                Some(entry) if entry.version == receipt.version => {}
                _ => return Ok(false),
            }
            let alone = object.keys().count() == 1 && object.ours;
            let change =
                if alone { api.delete(&object).await? } else { api.change(&object, key, None, "removed").await? };
            if change == Change::Done {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn list(&self, from: Option<String>) -> Result<Listing, StoreError> {
        let api = self.api().await?;
        if let Some(object) = &self.object {
            let found = api.get(object).await?;
            return Ok(Listing {
                addresses: found.iter().flat_map(|found| self.addresses(found)).collect(),
                next: None,
            });
        }
        let (objects, next) = api.list(from.as_deref()).await?;
        // Tokens of service accounts, certificates and pull secrets belong to the cluster's own machinery.
        let opaque = objects.iter().filter(|object| object.opaque);
        Ok(Listing { addresses: opaque.flat_map(|object| self.addresses(object)).collect(), next })
    }

    async fn read_many(&self, addresses: &[Address]) -> Vec<Result<Option<Entry>, StoreError>> {
        read_at_once(self, AT_ONCE, addresses).await
    }

    async fn write_many(&self, writes: &[Write<'_>]) -> Vec<Result<Receipt, StoreError>> {
        write_at_once(self, AT_ONCE, writes, object_of).await
    }

    fn notices(&self) -> Vec<String> {
        vec![
            "whoever may read secrets or make pods in the namespace reads these; they are encrypted at rest only where \
             the cluster was set up for it"
                .to_owned(),
        ]
    }

    fn policy(&self, job: Job) -> Option<Policy> {
        let namespace = &self.namespace;
        let names = self.object.as_ref().map_or_else(String::new, |name| format!("    resourceNames: [{name}]\n"));
        let (role, verbs) = match job {
            Job::App => ("keylift-app", "[get]"),
            Job::Migrator => ("keylift-migrator", "[get, patch, delete]"),
        };
        let mut text = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {role}\n  namespace: \
             {namespace}\nrules:\n  - apiGroups: [\"\"]\n    resources: [secrets]\n{names}    verbs: {verbs}\n"
        );
        if job == Job::Migrator {
            // Neither can be confined to a name ("Using RBAC Authorization").
            text.push_str("  - apiGroups: [\"\"]\n    resources: [secrets]\n    verbs: [create, list]\n");
        }
        Some(Policy { format: "yaml", text })
    }
}

/// Refuses what Kubernetes would not change, and what is not meant for people.
fn writable(object: &Object) -> Result<(), StoreError> {
    if object.immutable {
        return Err(StoreError::new(ErrorKind::Rejected, format!("the secret {} is immutable", object.name))
            .advise("choose another object"));
    }
    if !object.opaque {
        return Err(StoreError::new(
            ErrorKind::Rejected,
            format!("the secret {} is not of the type Opaque", object.name),
        )
        .advise("choose another object: this one has a purpose of its own"));
    }
    Ok(())
}

impl fmt::Debug for K8sStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("K8sStore").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_kubernetes_wants_them() {
        let open = |uri: &str| K8sStore::open(uri, &Settings::with_vars("/c", [("", "")]));
        for uri in ["", "/", "Team", "a.b", "ns/App", "ns/-a", "ns/a/b", "ns?x=1", "ns?context="] {
            assert!(open(uri).is_err(), "{uri}");
        }
        let one = open("ns/app.v1?context=c").unwrap();
        assert_eq!(one.location(), "k8s://ns/app.v1?context=c");
        assert_eq!(one.address("DB_PASSWORD").unwrap().path, "app.v1/DB_PASSWORD");
        for name in ["", "a/b", "a b", "..data", &"a".repeat(254)] {
            assert!(one.address(name).is_err(), "{name:?}");
        }
        let all = open("ns").unwrap();
        assert_eq!(all.address("app/KEY").unwrap().path, "app/KEY");
        assert!(all.address("KEY").unwrap_err().advice.contains("OBJECT"));
    }
}
