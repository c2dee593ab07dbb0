//! The least policy for a job on a KV mount.

use crate::store::{Job, Policy};

pub(super) fn policy(mount: &str, prefix: &str, v1: bool, job: Job) -> Policy {
    let below = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let rule = |path: String, rights: &[&str]| {
        let rights: Vec<String> = rights.iter().map(|right| format!("{right:?}")).collect();
        format!("path \"{path}\" {{\n  capabilities = [{}]\n}}\n", rights.join(", "))
    };
    let mut rules = Vec::new();
    match (job, v1) {
        (Job::App, true) => rules.push(rule(format!("{mount}/{below}"), &["read"])),
        (Job::App, false) => rules.push(rule(format!("{mount}/data/{below}"), &["read"])),
        (Job::Migrator, true) => {
            rules.push(rule(format!("{mount}/{below}"), &["create", "read", "update", "delete", "list"]));
            if !prefix.is_empty() {
                rules.push(rule(format!("{mount}/{prefix}"), &["list"]));
            }
        }
        (Job::Migrator, false) => {
            rules.push(rule(format!("{mount}/data/{below}"), &["create", "read", "update"]));
            rules.push(rule(format!("{mount}/metadata/{below}"), &["create", "read", "update", "delete", "list"]));
            rules.push(rule(format!("{mount}/metadata/{folder}"), &["list"]));
            rules.push(rule(format!("{mount}/delete/{below}"), &["update"]));
            // How many versions it keeps, for `migrate --history`.
            rules.push(rule(format!("{mount}/config"), &["read"]));
        }
    }
    if job == Job::Migrator {
        // In the policy "default" as well, which a token need not have.
        rules.push(rule("sys/capabilities-self".to_owned(), &["update"]));
        rules.push(rule("auth/token/lookup-self".to_owned(), &["read"]));
        rules.push(rule("auth/token/renew-self".to_owned(), &["update"]));
        rules.push(rule("auth/token/revoke-self".to_owned(), &["update"]));
    }
    Policy { format: "hcl", text: rules.join("\n") }
}
