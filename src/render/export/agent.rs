//! Vault Agent and OpenBao's agent as the supervisor of the program ("Process supervisor mode": `env_template`, `exec`).

use std::fmt::Write as _;

use super::terraform::hcl;
use super::{Export, Request, Service, comment, pointless};
use crate::model::Failure;

pub(super) fn config(request: &Request<'_>) -> Result<Export, Failure> {
    let Service::Vault { mount, v1 } = &request.place.service else {
        return Err(pointless(
            "Vault Agent",
            request,
            "it reads from Vault and OpenBao alone: `keylift migrate FROM vault://MOUNT/PREFIX` carries the values there",
        ));
    };
    let mut text = comment(
        "For `vault agent -config=THIS-FILE` or `bao agent -config=THIS-FILE`, which starts the program with its variables \
         and starts it again when one changes. How the agent logs in (`auto_auth`) and which program it starts are yours to \
         fill in.",
    );
    let place = [("address", "addr"), ("namespace", "namespace")];
    let place: Vec<_> = place.iter().filter_map(|(key, option)| Some((key, request.place.option(option)?))).collect();
    if !place.is_empty() {
        text += "vault {\n";
        for (key, value) in place {
            let _ = writeln!(text, "  {key} = {}", hcl(value));
        }
        text += "}\n\n";
    }
    // Without it the agent goes on for ever without the program when an entry is not there.
    text += "template_config {\n  exit_on_retry_failure = true\n}\n";
    for wanted in request.wanted {
        let path = &wanted.address.path;
        let (path, data) =
            if *v1 { (format!("{mount}/{path}"), ".Data") } else { (format!("{mount}/data/{path}"), ".Data.data") };
        let version = wanted.address.version.as_ref().filter(|_| !v1);
        let version = version.map(|version| format!(" \"version={version}\"")).unwrap_or_default();
        let value = match &wanted.address.field {
            None => format!("{data} | toJSON"),
            // Only a field that is written with a dot makes the agent fail where it is missing.
            Some(field) if identifier(field) => format!("{data}.{field}"),
            Some(field) => format!("index {data} \"{field}\""),
        };
        let template = format!("{{{{ with secret \"{path}\"{version} }}}}{{{{ {value} }}}}{{{{ end }}}}");
        let _ = write!(
            text,
            "\nenv_template {} {{\n  contents             = {}\n  error_on_missing_key = true\n}}\n",
            hcl(&wanted.name),
            hcl(&template)
        );
    }
    let _ = write!(
        text,
        "\nexec {{\n  command                   = [{}]\n  restart_on_secret_changes = \"always\"\n  restart_stop_signal       \
         = \"SIGTERM\"\n}}\n",
        hcl(&format!("./{}", request.name))
    );
    let mut notes = vec!["add `auto_auth` to the file, and the program to `exec`".to_owned()];
    if !v1 {
        notes.push(format!("{mount} is taken for KV version 2: say `?kv=1` in the store's address if it is not"));
    }
    Ok(Export { text, notes })
}

fn identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
