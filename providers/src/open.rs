//! From a URI to a store.

use crate::age::AgeStore;
use crate::dotenv::DotenvStore;
use crate::exec::ExecStore;
use crate::files::FilesStore;
use crate::settings::Settings;
use crate::store::{ErrorKind, Store, StoreError};

/// The schemes, each with the form that help and errors show.
const SCHEMES: &[(&str, &str)] = &[
    ("age", "age:PATH"),
    ("dotenv", "dotenv:PATH"),
    ("exec", "exec:PROGRAM"),
    ("files", "files:DIR"),
    #[cfg(feature = "sops")]
    ("sops", "sops:PATH"),
    #[cfg(feature = "aws")]
    ("aws-sm", "aws-sm://PREFIX"),
    #[cfg(feature = "aws")]
    ("aws-ssm", "aws-ssm://PATH"),
    #[cfg(feature = "azure")]
    ("azure-kv", "azure-kv:VAULT"),
    #[cfg(feature = "gcp")]
    ("gcp-sm", "gcp-sm://PROJECT/PREFIX"),
    #[cfg(feature = "k8s")]
    ("k8s", "k8s://NAMESPACE/OBJECT"),
    #[cfg(feature = "vault")]
    ("vault", "vault://MOUNT/PREFIX"),
];

/// The URI forms that [`open`] takes in this build.
pub fn forms() -> impl Iterator<Item = &'static str> {
    SCHEMES.iter().map(|(_, form)| *form)
}

/// The store behind a URI. Offline: nothing is contacted, read or made before the first operation.
///
/// # Errors
/// [`ErrorKind::Configuration`] where the URI is none of [`forms`], or a setting that the store needs is missing.
pub fn open(uri: &str, settings: &Settings) -> Result<Box<dyn Store>, StoreError> {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Err(StoreError::new(ErrorKind::Configuration, format!("{} is not a store", shown(uri)))
            .advise(format!("stores are written as {}", list())));
    };
    match scheme {
        "age" => Ok(Box::new(AgeStore::open(path(scheme, rest)?, settings))),
        "dotenv" => Ok(Box::new(DotenvStore::open(path(scheme, rest)?, settings))),
        #[cfg(feature = "aws")]
        "aws-ssm" => Ok(Box::new(crate::ssm::SsmStore::open(rest.trim_start_matches('/'), settings)?)),
        #[cfg(feature = "azure")]
        "azure-kv" => Ok(Box::new(crate::azure::AzureStore::open(rest.trim_start_matches('/'), settings)?)),
        #[cfg(feature = "gcp")]
        "gcp-sm" => Ok(Box::new(crate::gcp::GcpStore::open(rest.trim_start_matches('/'), settings)?)),
        #[cfg(feature = "k8s")]
        "k8s" => Ok(Box::new(crate::k8s::K8sStore::open(rest.trim_start_matches('/'), settings)?)),
        #[cfg(feature = "vault")]
        "vault" => Ok(Box::new(crate::vault::VaultStore::open(rest.trim_start_matches('/'), settings)?)),
        #[cfg(feature = "sops")]
        "sops" => Ok(Box::new(crate::sops::SopsStore::open(path(scheme, rest)?, settings)?)),
        "exec" => Ok(Box::new(ExecStore::open(rest, settings)?)),
        "files" => Ok(Box::new(FilesStore::open(path(scheme, rest.trim_end_matches('/'))?, settings))),
        #[cfg(feature = "aws")]
        "aws-sm" => Ok(Box::new(crate::aws::AwsStore::open(rest.trim_start_matches('/'), settings)?)),
        _ => Err(unknown(scheme)),
    }
}

/// The path of a file store, `./` taken off so that one file has one location.
fn path<'a>(scheme: &str, rest: &'a str) -> Result<&'a str, StoreError> {
    let mut path = rest.strip_prefix("//").unwrap_or(rest);
    while let Some(shorter) = path.strip_prefix("./") {
        path = shorter.trim_start_matches('/');
    }
    if path.is_empty() || path.ends_with('/') || path.contains('\0') {
        return Err(StoreError::new(ErrorKind::Configuration, format!("{scheme}: needs the path of a file"))
            .advise(format!("for instance {scheme}:{}", example(scheme))));
    }
    Ok(path)
}

fn example(scheme: &str) -> &'static str {
    match scheme {
        "age" => "secrets.age",
        "files" => "/run/secrets",
        "sops" => "secrets.yaml",
        _ => ".env",
    }
}

fn unknown(scheme: &str) -> StoreError {
    let wanted = scheme.to_ascii_lowercase();
    let alias = match wanted.as_str() {
        "env" | ".env" | "file" => Some("dotenv"),
        "dir" | "folder" | "docker" | "systemd" | "secrets" => Some("files"),
        "program" | "command" | "cmd" | "plugin" => Some("exec"),
        "bao" | "openbao" | "hashivault" | "kv" | "hcv" => Some("vault"),
        "aws" | "asm" | "secretsmanager" | "aws-secretsmanager" | "awssm" => Some("aws-sm"),
        "kubernetes" | "kube" | "kubectl" => Some("k8s"),
        "azure" | "akv" | "azkv" | "keyvault" | "key-vault" | "azurekv" => Some("azure-kv"),
        "gcp" | "gsm" | "google" | "gcpsm" => Some("gcp-sm"),
        "ssm" | "parameterstore" | "parameter-store" | "awsssm" => Some("aws-ssm"),
        _ => None,
    };
    let nearest = SCHEMES.iter().map(|(known, form)| (distance(&wanted, known), known, form)).min();
    let guess = SCHEMES
        .iter()
        .find(|(known, _)| alias == Some(*known))
        .map(|(_, form)| *form)
        .or_else(|| nearest.filter(|(far, known, _)| *far * 2 <= known.len()).map(|(_, _, form)| *form));
    let error = StoreError::new(ErrorKind::Configuration, format!("there is no store of the kind {}", shown(scheme)));
    match guess {
        Some(form) => error.advise(format!("did you mean {form}?")),
        None => error.advise(format!("stores are written as {}", list())),
    }
}

fn list() -> String {
    forms().collect::<Vec<_>>().join(", ")
}

/// What the user typed, cut short and without anything that could be a password in a URL.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).filter(|c| !c.is_control()).collect();
    match short.find('@') {
        Some(at) => format!("`…{}`", &short[at..]),
        None => format!("`{short}`"),
    }
}

/// Edits between two words (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let cost = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_location() {
        let settings = Settings::with_vars("/c", [("", "")]);
        for uri in ["age:secrets.age", "age:./secrets.age", "age:././secrets.age", "age://secrets.age"] {
            assert_eq!(open(uri, &settings).unwrap().location(), "age:secrets.age");
        }
    }

    #[test]
    fn a_wrong_scheme_is_told_the_right_one() {
        let settings = Settings::with_vars("/c", [("", "")]);
        for (uri, form) in [("dotnev:.env", "dotenv:PATH"), ("env:.env", "dotenv:PATH"), ("AGE:x", "age:PATH")] {
            let error = open(uri, &settings).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Configuration);
            assert_eq!(error.advice.unwrap(), format!("did you mean {form}?"));
        }
        // keylift:allow made up for a test
        let error = open("postgres://me:hunter2@host/db", &settings).unwrap_err();
        assert!(!format!("{error}{:?}", error.advice).contains("hunter2"));
    }
}
