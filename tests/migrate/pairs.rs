//! Every awkward value from every store into every other: it comes back unchanged, or was refused before the first write.

#![cfg(all(feature = "aws", feature = "sops"))]

use std::collections::BTreeMap;

use keylift_providers::{Secret, Store};
use serde_json::Value;

use super::desk::{Desk, wait};
use super::support::contract::awkward_values;
use super::support::servers;

/// Stores that need nothing but a disk, and those of the servers; `*` becomes a name.
const STORES: [&str; 8] = [
    "age:*.age",
    "dotenv:*.env",
    "files:*",
    "sops:*.yaml",
    "vault://secret/*",
    "vault://kv1/*",
    "aws-sm://*",
    "aws-ssm://*",
];

/// What a store holds, by the last part of its names.
fn contents(store: &dyn Store, names: &[String]) -> BTreeMap<String, Secret> {
    let addresses: Vec<_> = names.iter().map(|name| store.address(name).expect("a name")).collect();
    let found = wait(async { store.read_many(&addresses).await });
    let found = names.iter().zip(found).filter_map(|(name, entry)| Some((name.clone(), entry.expect("read")?.secret)));
    found.collect()
}

#[test]
fn every_awkward_value_goes_from_every_store_to_every_other_or_stays() {
    let (Some(bao), Some(moto)) = (servers::bao(), servers::moto()) else { return };
    let mut env = servers::aws_vars(&moto.url());
    env.extend([("VAULT_ADDR".into(), bao.url()), ("VAULT_TOKEN".into(), servers::ROOT.into())]);
    // The emulator has no limits; the pace of the real one would take minutes.
    env.push(("KEYLIFT_WRITES_A_SECOND".into(), "1000".into()));
    let desk = Desk { dir: tempfile::tempdir().expect("a folder"), env };
    let values: Vec<(String, Vec<u8>)> =
        awkward_values().into_iter().enumerate().map(|(n, (_, value))| (format!("VALUE_{n:02}"), value)).collect();
    let names: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let (mut carried, mut refused) = (0, 0);
    for (source, from) in STORES.iter().enumerate() {
        let from = from.replace('*', &format!("from{source}"));
        let store = desk.store(&from);
        let fits = |(name, value): &&(String, Vec<u8>)| {
            store.accepts(&store.address(name).expect("a name"), &Secret::new(value.clone())).is_ok()
        };
        let held: Vec<(&str, Vec<u8>)> =
            values.iter().filter(fits).map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert!(held.len() > 10, "{from} takes {} values", held.len());
        desk.fill_together(&from, &held);
        for (target, to) in STORES.iter().enumerate() {
            let to = to.replace('*', &format!("to{source}x{target}"));
            let output = desk.run(&["-q", "migrate", &from, &to, "--format", "json"]);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let report: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{from} -> {to}: {told}"));
            let stays: Vec<&str> = report["stays"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|one| one["from"]["path"].as_str()?.rsplit('/').next())
                .collect();
            let left = ["failed", "conflicts", "held", "renamed"].map(|what| report[what].as_array().map(Vec::len));
            assert_eq!(left, [Some(0); 4], "{from} -> {to}: {report}");
            let there = contents(&*desk.store(&to), &names);
            for (name, value) in &held {
                if let Some(secret) = there.get(*name) {
                    assert!(secret.expose() == value.as_slice(), "{name} came from {from} to {to} changed");
                    assert!(!stays.contains(name), "{name} stays in {from} and is in {to}");
                    carried += 1;
                } else {
                    assert!(stays.contains(name), "{name} went from {from} and is not in {to}: {report}");
                    refused += 1;
                }
            }
            assert_eq!(there.len() + stays.len(), held.len(), "{from} -> {to}");
        }
    }
    assert!(carried > 900 && refused > 50, "{carried} carried, {refused} refused");
}
