//! A migration through a network that breaks, by a keylift that is killed again and again: nothing is lost, nothing is
//! written twice, nothing of anybody else's is overwritten. `benches/migrate-faults` does the same with ten thousand.

#![cfg(all(feature = "vault", feature = "aws"))]

#[path = "../providers/tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::proxy::Proxy;
use support::servers::{ROOT, Server, aws_vars, bao, moto};

/// Secrets that are migrated.
const COUNT: usize = 120;
/// Entries that are cut over.
const CUT: usize = 60;
/// How often keylift is killed on each way.
const KILLS: u64 = 5;
/// Of a hundred requests, how many meet a fault.
const BROKEN: u64 = 8;

fn name(number: usize) -> String {
    format!("S{number:03}")
}

/// Those that somebody else has in the target already.
fn foreign(number: usize) -> bool {
    number % 40 == 7
}

/// A migration, and how it is to end.
struct Way<'a> {
    from: &'a str,
    to: &'a str,
    more: &'a [&'a str],
    exit: i32,
}

/// Says the same command until it ends by itself, and kills it now and then before that, after which `look` looks. The
/// report.
fn migrate(way: &Way<'_>, dir: &std::path::Path, env: &[(String, String)], seed: u64, mut look: impl FnMut()) -> Value {
    let Way { from, to, more, exit } = *way;
    let mut killed = 0;
    for round in 0..40_u64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keylift"));
        command.args(["migrate", from, to, "--format", "json"]).args(more).current_dir(dir);
        command.env("KEYLIFT_CONFIG_DIR", dir.join("config")).env("KEYLIFT_WRITES_A_SECOND", "400");
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("keylift starts");
        if killed < KILLS {
            // Anywhere between the start and the end, the same for a seed as far as the machine allows.
            std::thread::sleep(Duration::from_millis(60 + (seed + round) * 7919 % 700));
            if child.try_wait().expect("a state").is_none() {
                child.kill().expect("killed");
                child.wait().expect("gone");
                killed += 1;
                look();
                continue;
            }
        }
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // Servers that were broken for too long say to come again.
        if output.status.code() == Some(exit) {
            return serde_json::from_str(&said).expect("a report");
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains("goes on where it stopped"), "{:?}: {said}{complaint}", output.status);
    }
    panic!("it does not get done");
}

/// The last part of each conflict's path.
fn conflicts(report: &Value) -> BTreeSet<String> {
    let conflicts = report["conflicts"].as_array().expect("conflicts").iter();
    conflicts.filter_map(|one| one["to"]["path"].as_str()?.rsplit('/').next().map(str::to_owned)).collect()
}

fn vault(server: &Server, path: &str) -> (Value, Value) {
    let (status, body) = server.vault("GET", path, "");
    assert_eq!(status, 200, "{path}: {body}");
    let data: Value = serde_json::from_str(&body).expect("JSON");
    (data["data"]["data"]["value"].clone(), data["data"]["metadata"]["version"].clone())
}

#[test]
fn a_migration_that_is_killed_in_a_storm_loses_doubles_and_overwrites_nothing() {
    let (Some(bao), Some(moto)) = (bao(), moto()) else { return };
    let put = |path: &str, value: &str| {
        let body = json!({"data": {"value": value}, "options": {"cas": 0}}).to_string();
        assert_eq!(bao.vault("POST", path, &body).0, 200, "{path}");
    };
    let value = |number: usize| format!("value {number} \u{1f511}\r\n");
    let expected: BTreeSet<String> = (0..COUNT).filter(|number| foreign(*number)).map(name).collect();
    for number in 0..COUNT {
        put(&format!("secret/data/from/{}", name(number)), &value(number));
        if foreign(number) {
            let body = json!({"Name": format!("mid/{}", name(number)), "SecretString": "theirs in AWS"});
            moto.secrets_manager("CreateSecret", &body);
            put(&format!("secret/data/back/{}", name(number)), "theirs in Vault");
        }
    }
    let (to_bao, to_moto) = (Proxy::new(&bao.authority), Proxy::new(&moto.authority));
    to_bao.storm(11, BROKEN);
    to_moto.storm(12, BROKEN);
    let mut env = aws_vars(&to_moto.url());
    env.extend([("VAULT_ADDR".into(), to_bao.url()), ("VAULT_TOKEN".into(), ROOT.into())]);
    let desk = tempfile::tempdir().expect("a folder");

    // Conflicts are reported with exit code 4.
    let way = Way { from: "vault://secret/from", to: "aws-sm://mid", more: &[], exit: 4 };
    let report = migrate(&way, desk.path(), &env, 3, || {});
    assert_eq!(conflicts(&report), expected);
    for number in 0..COUNT {
        let id = format!("mid/{}", name(number));
        let entry = moto.secrets_manager("GetSecretValue", &json!({ "SecretId": id }));
        let wanted = if foreign(number) { "theirs in AWS".to_owned() } else { value(number) };
        assert_eq!(entry["SecretString"], json!(wanted), "{id}");
        let versions =
            moto.secrets_manager("ListSecretVersionIds", &json!({"SecretId": id, "IncludeDeprecated": true}));
        assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(1), "{id}");
    }

    let way = Way { from: "aws-sm://mid", to: "vault://secret/back", more: &[], exit: 4 };
    let report = migrate(&way, desk.path(), &env, 5, || {});
    assert_eq!(conflicts(&report), expected);
    for number in 0..COUNT {
        let theirs = foreign(number);
        let wanted = if theirs { "theirs in Vault".to_owned() } else { value(number) };
        let back = vault(&bao, &format!("secret/data/back/{}", name(number)));
        assert_eq!(back, (json!(wanted), json!(1)), "{}", name(number));
        let from = vault(&bao, &format!("secret/data/from/{}", name(number)));
        assert_eq!(from, (json!(value(number)), json!(1)), "the source is as it was");
    }
    assert!(to_bao.broken() > 20 && to_moto.broken() > 10, "faults happened");
}

/// What programs read. Without the stage, the emulator gives the version that was the first to be current.
fn current(moto: &Server, number: usize) -> Value {
    let id = json!({"SecretId": format!("cut/{}", name(number)), "VersionStage": "AWSCURRENT"});
    moto.secrets_manager("GetSecretValue", &id)["SecretString"].clone()
}

/// Whether programs read the new value of an entry, and whether it waits beside the old one.
fn halves(moto: &Server, number: usize) -> (bool, bool) {
    let new = current(moto, number) != "old";
    let id = json!({ "SecretId": format!("cut/{}", name(number)) });
    let stages = moto.secrets_manager("DescribeSecret", &id)["VersionIdsToStages"].to_string();
    (new, stages.contains("keylift-"))
}

#[test]
fn a_cut_over_that_is_killed_in_a_storm_changes_nothing_before_everything_waits() {
    let (Some(bao), Some(moto)) = (bao(), moto()) else { return };
    let value = |number: usize| format!("new {number}");
    for number in 0..CUT {
        let body = json!({"data": {"value": value(number)}}).to_string();
        assert_eq!(bao.vault("POST", &format!("secret/data/new/{}", name(number)), &body).0, 200);
        let body = json!({"Name": format!("cut/{}", name(number)), "SecretString": "old"});
        moto.secrets_manager("CreateSecret", &body);
    }
    let to_moto = Proxy::new(&moto.authority);
    to_moto.storm(21, BROKEN);
    let mut env = aws_vars(&to_moto.url());
    env.extend([("VAULT_ADDR".into(), bao.url()), ("VAULT_TOKEN".into(), ROOT.into())]);
    let desk = tempfile::tempdir().expect("a folder");
    let more = ["--on-conflict", "overwrite", "--cut-over"];
    let way = Way { from: "vault://secret/new", to: "aws-sm://cut", more: &more, exit: 0 };
    let report = migrate(&way, desk.path(), &env, 9, || {
        let all: Vec<(bool, bool)> = (0..CUT).map(|number| halves(&moto, number)).collect();
        let changed = all.iter().filter(|(new, _)| *new).count();
        let open = all.iter().filter(|(new, waits)| !new && !waits).count();
        assert!(changed == 0 || open == 0, "{changed} changed while {open} did not wait yet");
    });
    for number in 0..CUT {
        let id = json!({"SecretId": format!("cut/{}", name(number)), "IncludeDeprecated": true});
        assert_eq!(current(&moto, number), json!(value(number)), "{number}: {report}");
        let versions = moto.secrets_manager("ListSecretVersionIds", &id);
        assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(2), "{number}");
    }
    assert!(to_moto.broken() > 10, "faults happened");
}
