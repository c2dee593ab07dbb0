//! What a store's location says about where programs other than keylift find it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use keylift_grammars::Addresses;
use keylift_providers::Address;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which service a location names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Vault or OpenBao: the mount, and whether it is KV version 1.
    Vault {
        /// The mount.
        mount: String,
        /// KV version 1: entries lie directly below the mount.
        v1: bool,
    },
    /// AWS Secrets Manager.
    AwsSm,
    /// AWS Systems Manager Parameter Store.
    AwsSsm,
    /// Google Secret Manager: the project.
    Gcp(String),
    /// Azure Key Vault: the vault's name.
    Azure(String),
    /// Kubernetes Secrets: the namespace. Paths of addresses are `OBJECT/KEY`.
    Kubernetes(String),
    /// A dotenv file.
    Dotenv(String),
    /// A folder of files.
    Files(String),
    /// A SOPS file.
    Sops(String),
    /// Something that keylift alone reads.
    Other,
}

/// A store's location, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As [`keylift_providers::Store::location`] gives it.
    pub location: String,
    /// Which service.
    pub service: Service,
    options: Vec<(String, String)>,
}

impl Place {
    /// Takes a location apart. `v1` is what is known of the engine behind a Vault mount.
    pub fn new(location: &str, v1: bool) -> Self {
        let (scheme, rest) = location.split_once(':').unwrap_or(("", location));
        let is_file = matches!(scheme, "age" | "dotenv" | "files" | "sops" | "exec");
        let (path, query) = if is_file { (rest, "") } else { rest.split_once('?').unwrap_or((rest, "")) };
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let options: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let path = path.strip_prefix("//").unwrap_or(path);
        let first = path.split('/').next().unwrap_or_default();
        let service = match scheme {
            "vault" => Service::Vault {
                mount: first.replace("%2F", "/").replace("%2f", "/"),
                v1: v1 || options.iter().any(|(name, value)| name == "kv" && value == "1"),
            },
            "aws-sm" => Service::AwsSm,
            "aws-ssm" => Service::AwsSsm,
            "gcp-sm" => Service::Gcp(first.to_owned()),
            "azure-kv" => Service::Azure(first.to_owned()),
            "k8s" => Service::Kubernetes(first.to_owned()),
            "dotenv" => Service::Dotenv(path.to_owned()),
            "files" => Service::Files(path.to_owned()),
            "sops" => Service::Sops(path.to_owned()),
            _ => Service::Other,
        };
        Self { location: location.to_owned(), service, options }
    }

    /// Makes the path of a file store absolute.
    pub fn below(&mut self, root: &Path) {
        if let Service::Dotenv(path) | Service::Files(path) = &mut self.service {
            *path = root.join(&*path).display().to_string();
        }
    }

    /// An option of the location.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the External Secrets Operator calls an entry: key and property.
    pub fn remote(&self, address: &Address) -> (String, Option<String>) {
        match (&self.service, address.path.split_once('/')) {
            (Service::Kubernetes(_), Some((object, key))) => (object.to_owned(), Some(key.to_owned())),
            (Service::Kubernetes(_), None) => (address.path.clone(), None),
            _ => (address.path.clone(), address.field.clone()),
        }
    }

    /// What recipes may know of it, and of what was asked for. `reference` is the object that a cluster reads the store
    /// through.
    pub fn addresses(&self, reference: Option<&StoreRef>, compose_secrets: bool) -> Addresses {
        let fallback = StoreRef::default();
        let reference = reference.unwrap_or(&fallback);
        let mut facts: BTreeMap<String, String> = BTreeMap::from([
            ("store-kind".into(), reference.kind.clone()),
            ("store-name".into(), reference.name.clone()),
        ]);
        if compose_secrets {
            facts.insert("compose-secrets".into(), "yes".into());
        }
        let service = match &self.service {
            Service::Vault { mount, v1 } => {
                facts.insert("mount".into(), mount.clone());
                if *v1 {
                    facts.insert("v1".into(), "yes".into());
                }
                "vault"
            }
            Service::AwsSm => "aws-sm",
            Service::AwsSsm => "aws-ssm",
            Service::Gcp(_) => "gcp-sm",
            Service::Azure(_) => "azure-kv",
            Service::Kubernetes(_) => "k8s",
            Service::Dotenv(_) | Service::Files(_) | Service::Sops(_) | Service::Other => "local",
        };
        facts.extend(self.option("region").map(|region| ("region".into(), region.to_owned())));
        Addresses { service: service.into(), facts, entries: None }
    }
}

/// The object of the External Secrets Operator that an `ExternalSecret` reads a store through: `KIND/NAME`, or a name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRef {
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl Default for StoreRef {
    fn default() -> Self {
        Self { kind: "SecretStore".into(), name: "keylift".into() }
    }
}

impl FromStr for StoreRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once('/').unwrap_or(("SecretStore", text));
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        if !matches!(kind, "SecretStore" | "ClusterSecretStore") || name.is_empty() || !name.chars().all(legal) {
            return Err(format!("`{text}` is not a store of the External Secrets Operator: [Cluster]SecretStore/NAME"));
        }
        Ok(Self { kind: kind.into(), name: name.into() })
    }
}

impl fmt::Display for StoreRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for StoreRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StoreRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_referred_to_by_kind_and_name() {
        assert_eq!("vault".parse::<StoreRef>().unwrap().to_string(), "SecretStore/vault");
        assert_eq!("ClusterSecretStore/vault".parse::<StoreRef>().unwrap().to_string(), "ClusterSecretStore/vault");
        for text in ["", "Secret/vault", "SecretStore/", "SecretStore/a: b"] {
            assert!(text.parse::<StoreRef>().is_err(), "{text}");
        }
    }
}
