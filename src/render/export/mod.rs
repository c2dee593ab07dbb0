//! What a deployment needs so that the rewritten program finds its variables: from names and addresses to manifests,
//! configuration and scripts. No value is known here, so that none can stand in what is made.

mod actions;
mod agent;
mod ecs;
mod example;
mod kubernetes;
mod systemd;
mod terraform;

use keylift_providers::Address;

use crate::model::Failure;
pub use crate::model::{Place, Service};

/// A variable that the program reads, and where its value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The variable.
    pub name: String,
    /// The value's address.
    pub address: Address,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An `ExternalSecret` of the External Secrets Operator.
    ExternalSecret,
    /// A Kubernetes Secret: a script that fills it, or what reads one that is there.
    K8sSecret,
    /// Vault Agent as the program's supervisor.
    VaultAgent,
    /// The `secrets` of an ECS container definition.
    Ecs,
    /// Steps of a GitHub Actions job.
    GithubActions,
    /// Terraform data sources.
    Terraform,
    /// A drop-in for a systemd service.
    Systemd,
    /// The variables' names, for people.
    DotenvExample,
}

/// What is exported.
#[derive(Debug)]
pub struct Request<'a> {
    /// The variables, in the order in which they are shown.
    pub wanted: &'a [Wanted],
    /// The store that all addresses are in.
    pub place: &'a Place,
    /// The plan file, where the variables come from one.
    pub plan: Option<&'a str>,
    /// Name of what is made (a Kubernetes object, a container, a program).
    pub name: &'a str,
    /// The Kubernetes namespace.
    pub namespace: Option<&'a str>,
    /// The AWS region, where the store's URI does not say it.
    pub region: Option<&'a str>,
    /// The AWS account (12 digits).
    pub account: Option<&'a str>,
}

/// What was made.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// The file.
    pub text: String,
    /// What the reader of it should know, and the file's format has no room for.
    pub notes: Vec<String>,
}

/// Makes the export.
///
/// # Errors
/// The form makes no sense for the store, or something that it needs was not said; with advice.
pub fn export(form: Form, request: &Request<'_>) -> Result<Export, Failure> {
    match form {
        Form::ExternalSecret => kubernetes::external_secret(request),
        Form::K8sSecret => kubernetes::secret(request),
        Form::VaultAgent => agent::config(request),
        Form::Ecs => ecs::secrets(request),
        Form::GithubActions => actions::steps(request),
        Form::Terraform => terraform::sources(request),
        Form::Systemd => systemd::drop_in(request),
        Form::DotenvExample => Ok(example::example(request)),
    }
}

impl Request<'_> {
    /// The region, as the store's URI or an option says it.
    fn region(&self) -> Option<&str> {
        self.place.option("region").or(self.region)
    }

    /// Refuses addresses with a version, in forms that have no place for one.
    fn unpinned(&self, what: &str) -> Result<(), Failure> {
        match self.wanted.iter().find(|wanted| wanted.address.version.is_some()) {
            None => Ok(()),
            Some(wanted) => {
                Err(Failure::usage(format!("{} is pinned to a version, and {what} reads the latest", wanted.name))
                    .advise("take the version out of the plan's address, or use another form"))
            }
        }
    }
}

/// A form that makes no sense for a store.
fn pointless(what: &str, request: &Request<'_>, advice: impl Into<String>) -> Failure {
    Failure::usage(format!("{what} cannot read from {}", request.place.location)).advise(advice)
}

/// A string as JSON writes it, which YAML reads the same (YAML 1.2, "Relation to JSON").
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A word for a shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Lines as comments.
fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests;
