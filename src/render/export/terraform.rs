//! Terraform and `OpenTofu`: data sources, and a map of the variables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Export, Request, Service, Wanted, comment, pointless};
use crate::model::Failure;

pub(super) fn sources(request: &Request<'_>) -> Result<Export, Failure> {
    let mut text = comment(
        "`local.environment` has the variables for whatever starts the program. Values that Terraform reads stand in its \
         state: keep that encrypted, and give the program its own way to the store where you can.",
    );
    let mut notes = Vec::new();
    let mut shared = String::new();
    if let Service::Azure(vault) = &request.place.service {
        let _ = write!(
            shared,
            "\nvariable \"resource_group_name\" {{\n  description = \"The resource group of the key vault\"\n  type        = \
             string\n}}\n\ndata \"azurerm_key_vault\" \"keylift\" {{\n  name                = {}\n  resource_group_name = \
             var.resource_group_name\n}}\n",
            hcl(vault)
        );
    }
    if let Service::Vault { mount, v1: false } = &request.place.service {
        notes.push(format!("{mount} is taken for KV version 2: say `?kv=1` in the store's address if it is not"));
    }
    if let Service::Sops(path) = &request.place.service {
        let _ = write!(
            shared,
            "\n# Of the provider carlpett/sops.\ndata \"sops_file\" \"keylift\" {{\n  source_file = {}\n}}\n",
            hcl(path)
        );
    }
    text += &shared;
    let labels = labels(request.wanted);
    let mut sources: BTreeMap<(&str, Option<&str>), &str> = BTreeMap::new();
    let mut environment = String::new();
    let width = request.wanted.iter().map(|wanted| wanted.name.len()).max().unwrap_or_default();
    for (wanted, label) in request.wanted.iter().zip(&labels) {
        // Several fields of one entry are one data source.
        let entry = match &request.place.service {
            Service::Kubernetes(_) => wanted.address.path.split('/').next().unwrap_or_default(),
            _ => &wanted.address.path,
        };
        let at = (entry, wanted.address.version.as_deref());
        let label = if let Some(label) = sources.get(&at) {
            label
        } else {
            text += &source(label, wanted, request)?;
            sources.insert(at, label);
            label.as_str()
        };
        let _ = writeln!(environment, "    {:width$} = {}", wanted.name, value(label, wanted, request));
    }
    let _ = write!(text, "\nlocals {{\n  environment = {{\n{environment}  }}\n}}\n");
    Ok(Export { text, notes })
}

/// One data source.
fn source(label: &str, wanted: &Wanted, request: &Request<'_>) -> Result<String, Failure> {
    let address = &wanted.address;
    let (kind, mut arguments): (&str, Vec<(&str, String)>) = match &request.place.service {
        Service::Vault { mount, v1: true } => {
            ("vault_kv_secret", vec![("path", hcl(&format!("{mount}/{}", address.path)))])
        }
        Service::Vault { mount, v1: false } => {
            ("vault_kv_secret_v2", vec![("mount", hcl(mount)), ("name", hcl(&address.path))])
        }
        Service::AwsSm => ("aws_secretsmanager_secret_version", vec![("secret_id", hcl(&address.path))]),
        Service::AwsSsm => {
            request.unpinned("this data source")?;
            ("aws_ssm_parameter", vec![("name", hcl(&address.path)), ("with_decryption", "true".to_owned())])
        }
        Service::Gcp(project) => {
            ("google_secret_manager_secret_version", vec![("project", hcl(project)), ("secret", hcl(&address.path))])
        }
        Service::Azure(_) => (
            "azurerm_key_vault_secret",
            vec![("name", hcl(&address.path)), ("key_vault_id", "data.azurerm_key_vault.keylift.id".to_owned())],
        ),
        Service::Kubernetes(namespace) => {
            let object = address.path.split('/').next().unwrap_or_default();
            return Ok(format!(
                "\ndata \"kubernetes_secret_v1\" \"{label}\" {{\n  metadata {{\n    name      = {}\n    namespace = {}\n  }}\n}}\n",
                hcl(object),
                hcl(namespace)
            ));
        }
        Service::Sops(_) => return Ok(String::new()),
        Service::Dotenv(_) | Service::Files(_) | Service::Other => {
            return Err(pointless(
                "Terraform",
                request,
                "carry the values to a store that has a provider (`keylift migrate FROM TO`): vault://, aws-sm://, \
                 aws-ssm://, gcp-sm://, azure-kv:, k8s:// or sops:",
            ));
        }
    };
    if let Some(version) = &address.version {
        let name = if matches!(request.place.service, Service::AwsSm) { "version_id" } else { "version" };
        let number =
            matches!(request.place.service, Service::Vault { .. }) && version.bytes().all(|b| b.is_ascii_digit());
        arguments.push((name, if number { version.clone() } else { hcl(version) }));
    }
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = format!("\ndata \"{kind}\" \"{label}\" {{\n");
    for (name, value) in arguments {
        let _ = writeln!(text, "  {name:width$} = {value}");
    }
    Ok(text + "}\n")
}

/// The expression that is a variable's value.
fn value(label: &str, wanted: &Wanted, request: &Request<'_>) -> String {
    let address = &wanted.address;
    match (&request.place.service, &address.field) {
        (Service::Vault { v1, .. }, field) => {
            let kind = if *v1 { "vault_kv_secret" } else { "vault_kv_secret_v2" };
            match field {
                Some(field) => format!("data.{kind}.{label}.data[{}]", hcl(field)),
                None => format!("jsonencode(data.{kind}.{label}.data)"),
            }
        }
        (Service::AwsSm, Some(field)) => {
            format!("jsondecode(data.aws_secretsmanager_secret_version.{label}.secret_string)[{}]", hcl(field))
        }
        (Service::AwsSm, None) => format!("data.aws_secretsmanager_secret_version.{label}.secret_string"),
        (Service::AwsSsm, _) => format!("data.aws_ssm_parameter.{label}.value"),
        (Service::Gcp(_), _) => format!("data.google_secret_manager_secret_version.{label}.secret_data"),
        (Service::Azure(_), _) => format!("data.azurerm_key_vault_secret.{label}.value"),
        (Service::Kubernetes(_), _) => {
            let key = address.path.split_once('/').map_or("", |(_, key)| key);
            format!("data.kubernetes_secret_v1.{label}.data[{}]", hcl(key))
        }
        // The provider flattens a document to keys with dots.
        _ => format!("data.sops_file.keylift.data[{}]", hcl(&address.path.replace('/', "."))),
    }
}

/// Names of data sources: the variables in lower case, where that keeps them apart.
fn labels(wanted: &[Wanted]) -> Vec<String> {
    let lower: Vec<String> = wanted.iter().map(|wanted| wanted.name.to_ascii_lowercase()).collect();
    let twice = |name: &String| lower.iter().filter(|other| *other == name).count() > 1;
    wanted
        .iter()
        .zip(&lower)
        .map(|(wanted, name)| if twice(name) { wanted.name.clone() } else { name.clone() })
        .collect()
}

/// A string of the `HashiCorp` Configuration Language ("Strings and Templates").
pub(super) fn hcl(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace("${", "$${").replace("%{", "%%{")
}
