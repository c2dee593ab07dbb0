//! Kubernetes: an `ExternalSecret` that an operator fills, a script that fills a Secret, or the variables that read one.

use std::fmt::Write as _;

use super::{Export, Request, Service, comment, pointless, quoted, shell_word};
use crate::model::Failure;

/// How the rewritten program gets all keys of the Secret as variables.
fn env_from(name: &str) -> String {
    format!("In the pod template, beside `image`:\n  envFrom:\n    - secretRef:\n        name: {name}\n")
}

/// Names of objects ("Object Names and IDs": DNS subdomain names).
fn check(name: &str) -> Result<(), Failure> {
    let legal = |part: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.chars().all(inner) && !part.starts_with('-') && !part.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(legal) {
        return Ok(());
    }
    Err(Failure::usage(format!("{name} is not a name that Kubernetes takes"))
        .advise("lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit"))
}

fn metadata(request: &Request<'_>) -> Result<String, Failure> {
    check(request.name)?;
    let mut text = format!("metadata:\n  name: {}\n", quoted(request.name));
    if let Some(namespace) = request.namespace {
        check(namespace)?;
        let _ = writeln!(text, "  namespace: {}", quoted(namespace));
    }
    Ok(text)
}

/// External Secrets Operator, API version v1 ("`ExternalSecret`", "Provider" pages of its documentation).
pub(super) fn external_secret(request: &Request<'_>) -> Result<Export, Failure> {
    let provider = provider(request)?;
    let metadata = metadata(request)?;
    let mut text = comment(&format!(
        "For the External Secrets Operator. The SecretStore that it refers to is set up once, with a login for the \
         cluster:\n  apiVersion: external-secrets.io/v1\n  kind: SecretStore\n  metadata:\n    name: {}\n  spec:\n    \
         provider:\n{}",
        request.name,
        provider.lines().fold(String::new(), |text, line| text + "      " + line + "\n")
    ));
    text += &comment(&env_from(request.name));
    text += "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n";
    text += &metadata;
    let name = quoted(request.name);
    let _ = write!(
        text,
        "spec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: SecretStore\n    name: {name}\n  target:\n    \
         name: {name}\n    creationPolicy: Owner\n  data:\n"
    );
    for wanted in request.wanted {
        let (key, property) = request.place.remote(&wanted.address);
        let _ = writeln!(
            text,
            "    - secretKey: {}\n      remoteRef:\n        key: {}",
            quoted(&wanted.name),
            quoted(&key)
        );
        if let Some(property) = property {
            let _ = writeln!(text, "        property: {}", quoted(&property));
        }
        if let Some(version) = &wanted.address.version {
            let _ = writeln!(text, "        version: {}", quoted(version));
        }
    }
    Ok(Export { text, notes: Vec::new() })
}

/// The provider of a `SecretStore`, without its `auth`.
fn provider(request: &Request<'_>) -> Result<String, Failure> {
    let region = || quoted(request.region().unwrap_or("REGION"));
    let auth = "auth: …\n";
    Ok(match &request.place.service {
        Service::Vault { mount, v1 } => {
            let server = request.place.option("addr").unwrap_or("https://…");
            let version = if *v1 { "v1" } else { "v2" };
            let namespace = request.place.option("namespace");
            let namespace =
                namespace.map(|namespace| format!("  namespace: {}\n", quoted(namespace))).unwrap_or_default();
            format!(
                "vault:\n  server: {}\n{namespace}  path: {}\n  version: {version}\n  {auth}",
                quoted(server),
                quoted(mount)
            )
        }
        Service::AwsSm => format!("aws:\n  service: SecretsManager\n  region: {}\n  {auth}", region()),
        Service::AwsSsm => format!("aws:\n  service: ParameterStore\n  region: {}\n  {auth}", region()),
        Service::Gcp(project) => format!("gcpsm:\n  projectID: {}\n  {auth}", quoted(project)),
        Service::Azure(vault) => {
            format!("azurekv:\n  vaultUrl: {}\n  authType: …\n", quoted(&format!("https://{vault}.vault.azure.net")))
        }
        Service::Kubernetes(namespace) => {
            format!("kubernetes:\n  remoteNamespace: {}\n  server: …\n  {auth}", quoted(namespace))
        }
        _ => {
            return Err(pointless(
                "the External Secrets Operator",
                request,
                "carry the values to a store that the cluster reaches (`keylift migrate FROM TO`), or use `--as k8s-secret`",
            ));
        }
    })
}

/// A Secret without an operator.
pub(super) fn secret(request: &Request<'_>) -> Result<Export, Failure> {
    if let Service::Kubernetes(namespace) = &request.place.service {
        return reader(request, namespace);
    }
    let metadata = metadata(request)?;
    let Some(plan) = request.plan else {
        let target = format!("k8s://{}/{}", request.namespace.unwrap_or("default"), request.name);
        return Err(pointless(
            "a Kubernetes Secret",
            request,
            format!(
                "`keylift migrate {} {target}` fills one; from a plan, this makes a script",
                request.place.location
            ),
        ));
    };
    let plan = shell_word(plan);
    let mut text = format!(
        "#!/bin/sh\n{}",
        comment(&format!(
            "Puts the values into the Kubernetes Secret {name}. None stands in this file, in an argument or on the disk:\n  \
             keylift run --plan {plan} -- sh THIS-FILE [kubectl's options]\n{from}Values end with their last character; NUL \
             cannot be carried.",
            name = request.name,
            from = env_from(request.name)
        ))
    );
    text += "set -eu\n\n# Nothing is applied unless all of them are there.\n";
    for wanted in request.wanted {
        let _ = writeln!(text, ": \"${{{}?is not set: start this with keylift run}}\"", wanted.name);
    }
    text += "\nentry() {\n    printf '  %s: \"%s\"\\n' \"$1\" \"$(printf '%s' \"$2\" | base64 | tr -d '\\n')\"\n}\n\n{\n    \
             cat <<'END'\napiVersion: v1\nkind: Secret\n";
    text += &metadata;
    text += "type: Opaque\ndata:\nEND\n";
    for wanted in request.wanted {
        let _ = writeln!(text, "    entry {0} \"${0}\"", wanted.name);
    }
    // Applied by the server: the client's own `apply` would keep a copy of the values in an annotation.
    text += "} | kubectl apply --server-side --field-manager=keylift \"$@\" -f -\n";
    Ok(Export { text, notes: Vec::new() })
}

/// What reads the Secrets that are there already.
fn reader(request: &Request<'_>, namespace: &str) -> Result<Export, Failure> {
    request.unpinned("a container's variable")?;
    check(request.name)?;
    let mut text = comment(&format!(
        "The variables of a container in the namespace {namespace}, from Secrets that are there:\n  kubectl -n {namespace} \
         patch deployment {name} --patch-file THIS-FILE",
        name = request.name
    ));
    let _ = write!(
        text,
        "spec:\n  template:\n    spec:\n      containers:\n        - name: {}\n          env:\n",
        quoted(request.name)
    );
    for wanted in request.wanted {
        let (object, key) = wanted.address.path.split_once('/').unwrap_or((&wanted.address.path, &wanted.name));
        let _ = writeln!(
            text,
            "            - name: {}\n              valueFrom:\n                secretKeyRef:\n                  name: \
             {}\n                  key: {}",
            quoted(&wanted.name),
            quoted(object),
            quoted(key)
        );
    }
    let notes = vec![format!("the container is taken to be named {}: say --name for another", request.name)];
    Ok(Export { text, notes })
}
