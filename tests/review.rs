//! The guided review, answered by a file and at a pseudo-terminal.

mod common;

use common::Project;

fn planned() -> Project {
    let project = Project::new("age:secrets.age", &[]);
    project.expect(&["plan", "--to", &project.store], 1);
    project
}

fn plan(project: &Project) -> String {
    std::fs::read_to_string(project.root().join("keylift.plan.yaml")).expect("the plan")
}

fn answers(project: &Project, text: &str) {
    std::fs::write(project.root().join("answers.yaml"), text).expect("written");
}

#[test]
fn answers_rename_decide_and_are_kept() {
    let project = planned();
    answers(
        &project,
        "answers:\n- {move: DB_PASSWORD, answer: rename, to: SHOP_DB_PASSWORD}\n- {move: API_SECRET, answer: false-positive, \
         reason: made up}\n- {answer: accept}\n",
    );
    project.expect(&["review", "--answers", "answers.yaml"], 0);
    let text = plan(&project);
    assert!(text.contains("name: SHOP_DB_PASSWORD") && text.contains("path: SHOP_DB_PASSWORD"), "{text}");
    assert!(text.contains("reason: made up"), "{text}");
    // A new plan of the same code keeps what was decided.
    project.expect(&["plan", "--to", &project.store], 1);
    assert!(plan(&project).contains("decision: false-positive"));
    project.expect(&["apply", "--yes"], 0);
    let code = std::fs::read_to_string(project.root().join("shop/db.py")).expect("readable");
    assert!(
        code.contains("os.environ['SHOP_DB_PASSWORD']") || code.contains("os.environ[\"SHOP_DB_PASSWORD\"]"),
        "{code}"
    );
    assert!(code.contains(&common::planted()[1]), "what is no secret stays");
}

#[test]
fn a_session_goes_on_where_it_stopped() {
    let project = planned();
    answers(&project, "answers:\n- {move: DB_PASSWORD, answer: accept}\n");
    let text = project.expect(&["review", "--answers", "answers.yaml"], 1);
    assert!(text.contains("are left to review"), "{text}");
    let reviewed = plan(&project).matches("reviewed: true").count();
    answers(&project, "answers:\n- {answer: later, reason: busy}\n");
    project.expect(&["review", "--answers", "answers.yaml"], 0);
    assert_eq!(
        plan(&project).matches("decision: later").count() + reviewed,
        plan(&project).matches("reviewed: true").count()
    );
}

#[test]
fn a_name_that_two_values_would_share_is_refused() {
    let project = planned();
    let before = plan(&project);
    answers(&project, "answers:\n- {move: DB_PASSWORD, answer: rename, to: API_SECRET}\n");
    let text = project.expect(&["review", "--answers", "answers.yaml"], 2);
    assert!(text.contains("two values never share a name"), "{text}");
    assert_eq!(plan(&project), before);
}

#[test]
fn a_lookup_that_the_store_cannot_serve_is_refused() {
    let project = planned();
    answers(&project, "answers:\n- {move: DB_PASSWORD, answer: lookup, to: vault}\n");
    let text = project.expect(&["review", "--answers", "answers.yaml"], 2);
    assert!(text.contains("cannot find what goes to age:secrets.age"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_terminal_answers_with_keys() {
    let project = planned();
    // Python's pty module gives the program a terminal; the keys are: enter (move it) for every question.
    let script = r#"
import os, pty, sys, time, select
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "review"])
out = b""
end = time.time() + 60
while time.time() < end:
    ready, _, _ = select.select([fd], [], [], 0.5)
    if ready:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        out += data
    elif b"stop here" in out.split(b"What about")[-1]:
        os.write(fd, b"\r")
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(status))
"#;
    let output = std::process::Command::new("python3")
        .args(["-c", script, env!("CARGO_BIN_EXE_keylift")])
        .current_dir(project.root())
        .env("KEYLIFT_CONFIG_DIR", project.config())
        .env("TERM", "xterm-256color")
        .output()
        .expect("python3 runs");
    let text = String::from_utf8_lossy(&output.stdout);
    common::clean("the terminal", &output.stdout);
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("What about DB_PASSWORD?"), "{text}");
    assert_eq!(plan(&project).matches("reviewed: true").count(), plan(&project).matches("- name:").count());
}

#[test]
fn a_variable_that_a_format_makes_of_the_name_is_renamed_with_it() {
    let project = Project::new("age:secrets.age", &[]);
    let text = format!("resource \"x_db\" \"main\" {{\n  master_password = \"{}-tf\"\n}}\n", common::planted()[0]);
    std::fs::write(project.root().join("main.tf"), text).expect("written");
    project.expect(&["plan", "--to", &project.store], 1);
    let before = plan(&project);
    let also = before.lines().find_map(|line| line.trim().strip_prefix("- TF_VAR_")).expect("Terraform's variable");
    let name = also.to_uppercase();
    answers(&project, &format!("answers:\n- {{move: {name}, answer: rename, to: OTHER_PW}}\n- {{answer: accept}}\n"));
    project.expect(&["review", "--answers", "answers.yaml"], 0);
    let after = plan(&project);
    assert!(after.contains("- TF_VAR_other_pw") && !after.contains(&format!("TF_VAR_{also}")), "{after}");
}
