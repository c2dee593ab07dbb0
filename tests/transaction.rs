//! The whole road: store, read back, rewrite, rescan; resume and undo.

mod common;
#[path = "../providers/tests/support/mod.rs"]
mod support;

use common::{Project, expected};

fn age() -> Project {
    Project::new("age:secrets.age", &[])
}

fn plan(project: &Project) {
    project.expect(&["plan", "--to", &project.store], 1);
}

#[test]
fn apply_moves_everything_the_program_runs_as_before_and_undo_gives_the_same_bytes() {
    let project = age();
    let before = project.files();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    let after = project.files();
    assert_ne!(before, after);
    for (path, bytes) in &after {
        common::clean(&path.display().to_string(), bytes);
    }
    assert_eq!(project.program(), expected());
    assert!(project.root().join(".env.example").is_file());
    project.expect(&["scan", "shop", "main.py"], 0);
    project.expect(&["status"], 0);
    project.expect(&["undo"], 0);
    assert_eq!(project.files(), before);
    project.assert_no_trace();
    let listed = project.expect(&["store", "list", &project.store], 0);
    assert!(listed.contains("DB_PASSWORD"), "the values stay until they are purged: {listed}");
}

#[test]
fn without_the_variable_the_program_fails_and_never_takes_the_equal_branch() {
    let project = age();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    let output = std::process::Command::new("python3")
        .args(["-B", "-c", "from shop import auth\nprint(auth.check(''), auth.check(None))"])
        .current_dir(project.root())
        .output()
        .expect("python3 runs");
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("True"));
}

#[test]
fn purge_removes_what_the_run_made_and_nothing_else() {
    let project = age();
    let mut put = project.command(&["store", "put", &project.store, "FOREIGN"]);
    let mut child = put.stdin(std::process::Stdio::piped()).spawn().expect("keylift runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"kept\n").expect("written");
    assert!(child.wait().expect("it ends").success());
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    project.expect(&["undo", "--purge"], 0);
    assert_eq!(project.expect(&["store", "list", &project.store], 0).trim(), "FOREIGN");
}

#[test]
fn an_entry_that_was_there_before_is_not_purged() {
    let project = age();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    project.expect(&["undo"], 0);
    plan(&project);
    project.expect(&["apply", "--yes"], 0);
    let text = project.expect(&["undo", "--purge"], 0);
    assert!(text.contains("it was in the store before this run"), "{text}");
    assert!(project.expect(&["store", "list", &project.store], 0).contains("DB_PASSWORD"));
}

#[test]
fn a_taken_address_is_a_conflict_and_changes_nothing() {
    let project = age();
    let before = project.files();
    let mut put = project.command(&["store", "put", &project.store, "DB_PASSWORD"]);
    let mut child = put.stdin(std::process::Stdio::piped()).spawn().expect("keylift runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"another").expect("written");
    assert!(child.wait().expect("it ends").success());
    let text = project.expect(&["fix", "--to", &project.store, "--yes"], 4);
    assert!(text.contains("DB_PASSWORD  age:secrets.age DB_PASSWORD holds another value"), "{text}");
    assert_eq!(project.files(), before);
    assert_eq!(project.expect(&["store", "list", &project.store], 0).trim(), "DB_PASSWORD");
}

#[test]
fn a_file_that_changed_holds_its_moves_back_and_the_others_go_on() {
    let project = age();
    plan(&project);
    let auth = project.root().join("shop/auth.py");
    let changed = [b"# new\n".as_slice(), &std::fs::read(&auth).expect("readable")].concat();
    std::fs::write(&auth, &changed).expect("written");
    let text = project.expect(&["apply", "--yes"], 4);
    assert!(text.contains("shop/auth.py changed since the plan was made"), "{text}");
    assert_eq!(std::fs::read(&auth).expect("readable"), changed);
    assert!(std::fs::read_to_string(project.root().join("shop/db.py")).expect("readable").contains("os.environ"));
}

#[test]
fn undo_leaves_a_file_alone_that_changed_after_the_run() {
    let project = age();
    let before = project.files();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    let auth = project.root().join("shop/auth.py");
    let rewritten = std::fs::read(&auth).expect("readable");
    std::fs::write(&auth, [&rewritten[..], b"# later\n"].concat()).expect("written");
    project.expect(&["undo"], 4);
    assert!(std::fs::read_to_string(&auth).expect("readable").ends_with("# later\n"));
    std::fs::write(&auth, rewritten).expect("written");
    project.expect(&["undo"], 0);
    assert_eq!(project.files(), before);
}

#[test]
fn an_example_of_the_environment_is_rewritten_once() {
    let project = age();
    let example = format!("# Copy me.\nDB_PASSWORD={}\n", common::planted()[0]);
    std::fs::write(project.root().join(".env.example"), example).expect("written");
    let before = project.files();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    let after = project.files();
    common::clean(".env.example", &after[&project.root().join(".env.example")]);
    assert_eq!(project.program(), expected());
    project.expect(&["undo"], 0);
    assert_eq!(project.files(), before);
}

#[test]
fn a_test_keeps_what_it_says_again_of_a_value_that_stays() {
    let project = age();
    let value = ["moon", "Base-", "77"].concat();
    let test = format!("def test_login(client):\n    assert client.post('/', data=['shop', '{value}']).ok\n");
    std::fs::create_dir(project.root().join("tests")).expect("a folder");
    std::fs::write(project.root().join("tests/test_login.py"), &test).expect("written");
    std::fs::write(project.root().join("users.sql"), format!("CREATE USER shop IDENTIFIED BY '{value}';\n"))
        .expect("written");
    let text = project.expect(&["plan", "--to", &project.store], 1);
    assert!(text.contains("tests/test_login.py:2  the value stands here as it does elsewhere"), "{text}");
    project.expect(&["apply", "--yes"], 1);
    assert_eq!(std::fs::read_to_string(project.root().join("tests/test_login.py")).expect("readable"), test);
    // With a place that moves, it goes along.
    std::fs::write(project.root().join("shop/user.py"), format!("PASSWORD = '{value}'\n")).expect("written");
    project.expect(&["fix", "--to", &project.store, "--yes"], 1);
    let text = std::fs::read_to_string(project.root().join("tests/test_login.py")).expect("readable");
    assert!(text.contains("os.environ"), "{text}");
}

#[test]
fn nothing_is_done_without_a_yes() {
    let project = age();
    let before = project.files();
    project.expect(&["fix", "--to", &project.store], 2);
    project.expect(&["fix", "--to", &project.store, "--dry-run"], 1);
    assert_eq!(project.files(), before);
    assert!(!project.root().join("secrets.age").exists());
}

#[test]
fn a_refused_move_is_not_stored() {
    let project = age();
    plan(&project);
    let file = project.root().join("keylift.plan.yaml");
    let text = std::fs::read_to_string(&file).expect("the plan");
    std::fs::write(&file, text.replace("lookup: env", "lookup: vault")).expect("written");
    let text = project.expect(&["apply", "--yes"], 1);
    assert!(text.contains("a lookup in vault cannot find what goes to age:secrets.age"), "{text}");
    assert!(!project.root().join("secrets.age").exists());
}

#[test]
fn a_store_out_of_reach_changes_nothing_and_blocks_nothing() {
    let env = [("VAULT_ADDR".to_owned(), "http://127.0.0.1:9".to_owned()), ("VAULT_TOKEN".into(), "t".into())];
    let project = Project::new("vault://secret/app", &env);
    let before = project.files();
    plan(&project);
    project.expect(&["apply", "--yes"], 5);
    assert_eq!(project.files(), before);
    project.expect(&["apply", "--yes"], 5);
    project.expect(&["plan", "--to", "age:secrets.age"], 1);
    project.expect(&["apply", "--yes"], 0);
    assert_eq!(project.program(), expected());
}

#[test]
fn undo_takes_the_version_that_the_run_wrote() {
    let Some(server) = support::servers::bao() else { return };
    let env = [("VAULT_ADDR".to_owned(), server.url()), ("VAULT_TOKEN".to_owned(), support::servers::ROOT.to_owned())];
    let project = Project::new("vault://secret/rotated", &env);
    let before = project.files();
    project.expect(&["fix", "--to", &project.store, "--yes"], 0);
    let mut put = project.command(&["store", "put", &project.store, "DB_PASSWORD", "--replace", "1"]);
    let mut child = put.stdin(std::process::Stdio::piped()).spawn().expect("keylift runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"rotated").expect("written");
    assert!(child.wait().expect("it ends").success());
    let text = project.expect(&["undo", "--purge"], 0);
    assert_eq!(project.files(), before);
    assert!(text.contains("the store holds something newer there"), "{text}");
    assert_eq!(project.expect(&["store", "list", &project.store], 0).trim(), "rotated/DB_PASSWORD");
}

/// Kills the process at every journal entry in turn, then goes on: forwards in one copy, backwards in another.
fn crash_everywhere(make: &dyn Fn() -> Project, hows: &[&str]) {
    let whole = make();
    let before = strip(&whole);
    plan(&whole);
    whole.expect(&["apply", "--yes"], 0);
    let after = strip(&whole);
    for how in hows {
        let mut number = 0;
        loop {
            number += 1;
            let crash = |project: &Project, verb: &[&str]| {
                let output = project
                    .command(verb)
                    .env("KEYLIFT_TEST_CRASH", format!("{number}:{how}"))
                    .output()
                    .expect("keylift runs");
                common::clean("a crashed run", &[output.stdout, output.stderr].concat());
                output.status.code()
            };
            let forwards = make();
            plan(&forwards);
            let crashed = crash(&forwards, &["apply", "--yes"]);
            if crashed != Some(137) {
                assert_eq!(crashed, Some(0));
                assert!(number > 15, "the journal has only {number} entries");
                break;
            }
            let resumed = forwards.keylift(&["resume"]);
            if resumed.status.code() != Some(0) {
                // It stopped before there was anything to resume, or after everything was done.
                let again = forwards.keylift(&["apply", "--yes"]).status.code();
                assert!(matches!(again, Some(0 | 4)), "{number}:{how}: {again:?} {resumed:?}");
            }
            assert_eq!(strip(&forwards), after, "resumed after {number}:{how}");
            assert_eq!(forwards.program(), expected());

            let backwards = make();
            plan(&backwards);
            assert_eq!(crash(&backwards, &["apply", "--yes"]), Some(137));
            let undone = backwards.keylift(&["undo", "--purge"]).status.code();
            assert!(matches!(undone, Some(0 | 2)), "{number}:{how}: {undone:?}");
            assert_eq!(strip(&backwards), before, "undone after {number}:{how}");
            backwards.assert_no_trace();
            let listed = backwards.expect(&["store", "list", &backwards.store], 0);
            assert_eq!(listed.trim(), "", "purged after {number}:{how}");
        }
    }
    // The way back can be cut as well.
    for number in 1..40 {
        let project = make();
        plan(&project);
        project.expect(&["apply", "--yes"], 0);
        let crash = project
            .command(&["undo", "--purge"])
            .env("KEYLIFT_TEST_CRASH", format!("{number}:after"))
            .output()
            .expect("keylift runs");
        if crash.status.code() != Some(137) {
            break;
        }
        let undone = project.keylift(&["undo", "--purge"]).status.code();
        assert!(matches!(undone, Some(0 | 2)), "{number}: {undone:?}");
        assert_eq!(strip(&project), before, "undone twice, cut at {number}");
    }
}

/// Files by their path below the root.
fn strip(project: &Project) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let root = project.root();
    project
        .files()
        .into_iter()
        .map(|(path, bytes)| (path.strip_prefix(&root).map(Into::into).unwrap_or(path), bytes))
        .collect()
}

#[test]
fn a_crash_at_any_entry_can_be_resumed_and_undone_with_age() {
    crash_everywhere(&age, &["before", "torn", "after"]);
}

#[test]
fn a_crash_at_any_entry_can_be_resumed_and_undone_with_vault() {
    let Some(server) = support::servers::bao() else { return };
    let env = [("VAULT_ADDR".to_owned(), server.url()), ("VAULT_TOKEN".to_owned(), support::servers::ROOT.to_owned())];
    let number = std::cell::Cell::new(0);
    let make = || {
        number.set(number.get() + 1);
        Project::new(&format!("vault://secret/run{}", number.get()), &env)
    };
    crash_everywhere(&make, &["before", "after"]);
}

#[test]
fn an_access_key_id_moves_with_its_secret_and_only_then() {
    let project = age();
    let expand = |rule: &str, seed| {
        let rule = keylift::rules::Engine::builtin().rule(rule).expect("a rule");
        keylift::rules::expand(&rule.examples[0], seed).expect("a template")
    };
    let value = |text: String| text.rsplit('=').next().unwrap_or_default().to_owned();
    let pair = |seed| (value(expand("aws-access-key-id", seed)), value(expand("aws-secret-access-key", seed)));
    let ((id, secret), (other_id, other_secret)) = (pair(1), pair(2));
    let code = format!(
        "AWS_ACCESS_KEY_ID = '{id}'\nAWS_SECRET_ACCESS_KEY = '{secret}'\n\n\ndef backup():\n    aws_access_key_id = \
         '{other_id}'\n    aws_secret_access_key = '{other_secret}'\n    return aws_access_key_id, \
         aws_secret_access_key\n\n\nprint(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, backup())\n"
    );
    std::fs::write(project.root().join("cloud.py"), &code).expect("written");
    let found = project.expect(&["-q", "scan", "cloud.py", "--format", "json"], 1);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&found).expect("json");
    let pairs: Vec<(u64, u64)> =
        rows.iter().filter_map(|row| Some((row["line"].as_u64()?, row["pair"]["line"].as_u64()?))).collect();
    assert_eq!(pairs, [(2, 1), (7, 6)], "{found}");
    assert!(project.expect(&["scan", "cloud.py"], 1).contains("goes with the AWS access key id at line 6"));

    project.expect(&["plan", "cloud.py", "--to", &project.store], 1);
    let file = project.root().join("keylift.plan.yaml");
    let text = std::fs::read_to_string(&file).expect("a plan");
    assert_eq!(text.matches("\n  part-of: ").count(), 2, "{text}");
    // No to one secret is no to its identifier.
    let at = text.find("name: AWS_SECRET_ACCESS_KEY\n").expect("the move");
    let (head, tail) = text.split_at(at);
    std::fs::write(&file, format!("{head}{}", tail.replacen("decision: apply", "decision: later", 1)))
        .expect("written");
    project.expect(&["apply", "--yes"], 0);
    let after = std::fs::read_to_string(project.root().join("cloud.py")).expect("readable");
    assert!(after.contains(&id) && after.contains(&secret), "{after}");
    assert!(!after.contains(&other_id) && !after.contains(&other_secret), "{after}");
    // Then to all: what a plan says of a move holds until somebody says otherwise.
    let text = std::fs::read_to_string(&file).expect("a plan");
    std::fs::write(&file, text.replace("decision: later", "decision: apply")).expect("written");
    project.expect(&["fix", "cloud.py", "--to", &project.store, "--yes"], 0);
    let after = std::fs::read_to_string(project.root().join("cloud.py")).expect("readable");
    assert!(!after.contains(&id) && !after.contains(&secret), "{after}");
    let output = project.command(&["run", "--", "python3", "-B", "cloud.py"]).output().expect("it runs");
    let expected = format!("{id} {secret} ('{other_id}', '{other_secret}')\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{after}");
}
