//! What a store's location says about where programs other than keylift find it.

use std::path::Path;

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
}
