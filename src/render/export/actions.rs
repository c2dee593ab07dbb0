//! GitHub Actions: steps that put the variables into a job's environment, with the actions that the services publish.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Export, Request, Service, comment, pointless, quoted, shell_word};
use crate::model::Failure;

/// Puts a value into the job's environment, masked in its log ("Workflow commands for GitHub Actions"): line by line, since
/// masks are for lines, and with `%` and CR escaped, since commands unescape them.
const PUT: &str = r#"set -euo pipefail
put() {
  local line end
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line//'%'/%25}"
    line="${line//$'\r'/%0D}"
    [ -z "$line" ] || printf '::add-mask::%s\n' "$line"
  done <<<"$2"
  end="end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_ENV"
}
"#;

pub(super) fn steps(request: &Request<'_>) -> Result<Export, Failure> {
    request.unpinned("this step")?;
    let permissions = "Steps of a job that has `permissions: {id-token: write, contents: read}`; the steps after them have the \
                       variables. Pin the actions to commits as you do with others.";
    let mut text = comment(permissions) + "steps:\n";
    let region = format!("aws-region: {}", request.region().map_or("${{ vars.AWS_REGION }}".to_owned(), quoted));
    let aws = step("aws-actions/configure-aws-credentials@v4", &["role-to-assume: ${{ vars.AWS_ROLE }}", &region]);
    let mut notes = vec!["`vars.…` are variables of the repository that you set once".to_owned()];
    match &request.place.service {
        Service::AwsSm => text += &(aws + &secrets_manager(request)),
        Service::AwsSsm => {
            let get = |path: &str| {
                let path = shell_word(path);
                format!("aws ssm get-parameter --with-decryption --name {path} --output json | jq -r .Parameter.Value")
            };
            text += &(aws + &script("Variables from Parameter Store", request, get));
        }
        Service::Azure(vault) => {
            text += &step(
                "azure/login@v2",
                &[
                    "client-id: ${{ vars.AZURE_CLIENT_ID }}",
                    "tenant-id: ${{ vars.AZURE_TENANT_ID }}",
                    "subscription-id: ${{ vars.AZURE_SUBSCRIPTION_ID }}",
                ],
            );
            let get = |name: &str| {
                let (vault, name) = (shell_word(vault), shell_word(name));
                format!("az keyvault secret show --vault-name {vault} --name {name} --output json | jq -r .value")
            };
            text += &script("Variables from Key Vault", request, get);
        }
        Service::Gcp(project) => {
            text += &step(
                "google-github-actions/auth@v2",
                &[
                    "workload_identity_provider: ${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}",
                    "service_account: ${{ vars.GCP_SERVICE_ACCOUNT }}",
                ],
            );
            let lines = lines(request, |wanted| format!("{}:{project}/{}", wanted.name, wanted.address.path));
            text += &step(
                "google-github-actions/get-secretmanager-secrets@v2",
                &["export_to_environment: true", &format!("secrets: |-\n{lines}")],
            );
        }
        Service::Vault { mount, v1 } => {
            text += &vault(request, mount, *v1);
            if !v1 {
                notes.push(format!(
                    "{mount} is taken for KV version 2: say `?kv=1` in the store's address if it is not"
                ));
            }
        }
        Service::Kubernetes(_) => {
            return Err(pointless("GitHub Actions", request, "carry the values to a store that has an action for it"));
        }
        _ => return own_secrets(request),
    }
    Ok(Export { text, notes })
}

fn step(uses: &str, with: &[&str]) -> String {
    let mut text = format!("  - uses: {uses}\n    with:\n");
    for line in with {
        let _ = writeln!(text, "      {}", line.trim_end());
    }
    text
}

/// One line a variable, as the lines of a block in a step.
fn lines(request: &Request<'_>, line: impl Fn(&super::Wanted) -> String) -> String {
    request.wanted.iter().fold(String::new(), |text, wanted| text + "        " + &line(wanted) + "\n")
}

fn vault(request: &Request<'_>, mount: &str, v1: bool) -> String {
    let url = request.place.option("addr").map_or("${{ vars.VAULT_ADDR }}".to_owned(), quoted);
    let data = if v1 { "" } else { "data/" };
    let lines = lines(request, |wanted| {
        let field = wanted.address.field.as_deref().unwrap_or("value");
        let plain = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let field = if plain { field.to_owned() } else { format!("\"{field}\"") };
        format!("{mount}/{data}{} {field} | {} ;", wanted.address.path, wanted.name)
    });
    let url = format!("url: {url}");
    let secrets = format!("secrets: |\n{lines}");
    let mut with = vec![url.as_str(), "method: jwt", "role: ${{ vars.VAULT_ROLE }}", "exportEnv: true"];
    let namespace = request.place.option("namespace").map(|namespace| format!("namespace: {}", quoted(namespace)));
    with.extend(namespace.as_deref());
    with.push(&secrets);
    step("hashicorp/vault-action@v3", &with)
}

/// The action takes names of variables in capitals alone, and names the fields of a JSON secret itself.
fn secrets_manager(request: &Request<'_>) -> String {
    let capital = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let uses = "aws-actions/aws-secretsmanager-get-secrets@v2";
    let mut plain = String::new();
    let mut parsed = String::new();
    let mut aliases: BTreeMap<&str, String> = BTreeMap::new();
    let mut mapped = String::new();
    for (index, wanted) in request.wanted.iter().enumerate() {
        let (name, path) = (&wanted.name, wanted.address.path.as_str());
        let from = match &wanted.address.field {
            None if capital(name) && !name.starts_with('_') => {
                let _ = writeln!(plain, "        {name}, {path}");
                continue;
            }
            None => {
                let alias = format!("KEYLIFT_{index}");
                let _ = writeln!(plain, "        {alias}, {path}");
                alias
            }
            Some(field) => {
                let alias = aliases.entry(path).or_insert_with(|| {
                    let _ = writeln!(parsed, "        KEYLIFT_{index}, {path}");
                    format!("KEYLIFT_{index}")
                });
                let field: String = field
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
                    .collect();
                format!("{alias}_{field}")
            }
        };
        let _ = writeln!(mapped, "      {name}: ${{{{ env.{from} }}}}");
    }
    let mut text = String::new();
    for (parse, ids) in [("false", plain), ("true", parsed)] {
        if !ids.is_empty() {
            text += &step(uses, &[&format!("parse-json-secrets: {parse}"), &format!("secret-ids: |\n{ids}")]);
        }
    }
    if !mapped.is_empty() {
        let _ = write!(text, "  - run: echo 'the step that runs the program'\n    env:\n{mapped}");
    }
    text
}

/// A step that reads each value with a service's own program.
fn script(name: &str, request: &Request<'_>, get: impl Fn(&str) -> String) -> String {
    let mut lines = PUT.to_owned();
    for wanted in request.wanted {
        let _ = writeln!(lines, "value=\"$({})\"\nput {} \"$value\"", get(&wanted.address.path), wanted.name);
    }
    let lines = lines.lines().fold(String::new(), |text, line| text + "        " + line + "\n");
    format!("  - name: {}\n    shell: bash\n    run: |\n{lines}", quoted(name))
}

/// Values that no action reaches become secrets of the repository.
fn own_secrets(request: &Request<'_>) -> Result<Export, Failure> {
    let mut names: Vec<&str> = request.wanted.iter().map(|wanted| wanted.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| name.to_ascii_uppercase().starts_with("GITHUB_")) {
        return Err(Failure::usage(format!(
            "{name} cannot be a secret of a repository: GITHUB_ is GitHub's own prefix"
        ))
        .advise("choose another name in the plan"));
    }
    names.sort_by_key(|name| name.to_ascii_uppercase());
    if let Some((one, other)) = names.iter().zip(&names[1..]).find(|(one, other)| one.eq_ignore_ascii_case(other)) {
        return Err(Failure::usage(format!("{one} and {other} are one secret for GitHub, which folds case"))
            .advise("choose other names in the plan"));
    }
    let how = match request.plan {
        Some(plan) => format!(
            "Values go from the store to secrets of the repository, none as an argument:\n  keylift run --plan {} -- sh -c 'for \
             name in {}; do printenv \"$name\" | gh secret set \"$name\"; done'\n`gh` takes line ends at the end of a value off.",
            shell_word(plan),
            names.join(" ")
        ),
        None => format!(
            "Secrets of the repository, each asked for by `gh`:\n  for name in {}; do gh secret set \"$name\"; done",
            names.join(" ")
        ),
    };
    let mut text = comment(&how) + "env:\n";
    for wanted in request.wanted {
        let _ = writeln!(text, "  {0}: ${{{{ secrets.{0} }}}}", wanted.name);
    }
    Ok(Export { text, notes: Vec::new() })
}
