//! systemd: a drop-in for the program's service (`systemd.exec(5)`, `systemd.service(5)`).

use std::fmt::Write as _;

use super::{Export, Request, Service, comment, pointless};
use crate::model::Failure;

pub(super) fn drop_in(request: &Request<'_>) -> Result<Export, Failure> {
    request.unpinned("systemd")?;
    let name = request.name;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || ":-_.@".contains(c)) {
        return Err(Failure::usage(format!("{name} is not the name of a service")));
    }
    let mut text =
        comment(&format!("/etc/systemd/system/{name}.service.d/secrets.conf: then `systemctl daemon-reload`."));
    let program = format!("/usr/local/bin/{name}");
    let mut notes = vec![format!("ExecStart= has to be the service's own: {program} is a guess")];
    match &request.place.service {
        Service::Dotenv(path) => {
            let path = absolute(path, request)?;
            text += "[Service]\n";
            let _ = writeln!(text, "EnvironmentFile={}", escaped(path));
            notes = Vec::new();
            if request.plan.is_some() {
                notes.push("the service gets every variable of the file, not only the plan's".to_owned());
            }
        }
        Service::Files(folder) => {
            let folder = absolute(folder, request)?;
            text += &comment(
                "systemd reads the files as root and hands the service a copy in memory; a shell makes variables of them.",
            );
            text += "[Service]\n";
            for wanted in request.wanted {
                let file = escaped(&format!("{folder}/{}", wanted.address.path));
                let _ = writeln!(text, "LoadCredential={}:{file}", wanted.name);
            }
            text += "ExecStart=\nExecStart=/bin/sh -c '";
            for wanted in request.wanted {
                // The `x` keeps line ends at the end, which `$(…)` takes off. `$$` and `%%` are systemd's `$` and `%`.
                let _ = write!(
                    text,
                    "{0}=\"$$(cat \"$$CREDENTIALS_DIRECTORY/{0}\" && printf x)\" && {0}=\"$${{{0}%%x}}\" && export {0} && ",
                    wanted.name
                );
            }
            let _ = writeln!(text, "exec {program}'");
        }
        _ => {
            let Some(plan) = request.plan else {
                return Err(pointless(
                    "systemd",
                    request,
                    "make it from the plan (`keylift export keylift.plan.yaml --as systemd`), or carry the values to \
                     files:DIR or dotenv:PATH",
                ));
            };
            text += &comment(
                "The program starts with its variables from the store. What keylift logs in with (for Vault, AWS …, as for \
                 any of its commands) and KEYLIFT_CONFIG_DIR belong into the service's own environment or credentials.",
            );
            text += "[Service]\nExecStart=\n";
            let _ = writeln!(text, "ExecStart=/usr/local/bin/keylift run --plan \"{}\" -- {program}", escaped(plan));
        }
    }
    Ok(Export { text, notes })
}

fn absolute<'a>(path: &'a str, request: &Request<'_>) -> Result<&'a str, Failure> {
    if path.starts_with('/') && !path.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        return Ok(path);
    }
    Err(pointless("systemd", request, "it needs an absolute path, without quotes: name the store by one"))
}

/// A `%` begins a specifier.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}
