//! Files in which nothing can be looked up, on their whole road: they become templates, are rendered at start-up, and
//! their own readers read the values; undo gives the same bytes back.

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use common::{Project, planted};

/// What each file says, one a line, read by the reader of its format.
const READERS: &str = r"
import configparser, json, os, sys, tomllib
import xml.etree.ElementTree as ET
def lines(folder):
    at = lambda name: os.path.join(folder, name)
    config = json.load(open(at('config.json')))
    yield from (config['db']['password'], config['db']['url'])
    app = tomllib.load(open(at('app.toml'), 'rb'))
    yield from (app['mail']['password'], app['note'])
    ini = configparser.ConfigParser(); ini.read(at('app.ini'))
    yield ini['db']['password']
    root = ET.parse(at('app.xml')).getroot()
    yield from (root.find('db').get('password'), root.find('api_secret').text)
print('\n'.join(map(repr, lines(sys.argv[1]))))
";

/// A project whose four kinds of file hold values that its code has too.
fn project() -> Project {
    let project = Project::new("age:secrets.age", &[]);
    let [one, two, three, four] = planted().try_into().expect("four values");
    let write = |name: &str, text: String| std::fs::write(project.root().join(name), text).expect("written");
    write(
        "config.json",
        format!(
            "{{\n  \"db\": {{\"password\": \"{one}\", \"url\": \"postgres://app:{two}@db.internal/shop\"}}\r\n}}\n"
        ),
    );
    write("app.toml", format!("note = 'é \\ x'\n\n[mail]\npassword = '{three}' # not \"{three}\"\n"));
    write("app.ini", format!("[db]\nuser = shop\npassword = {one}\n"));
    write("app.xml", format!("<app>\n  <db password=\"{four}\"/>\n  <api_secret>{two}</api_secret>\n</app>\n"));
    project
}

fn raw(project: &Project, arguments: &[&str]) -> Output {
    project.command(arguments).stdin(Stdio::null()).output().expect("keylift runs")
}

fn python(project: &Project, folder: &Path) -> String {
    let output = std::process::Command::new("python3")
        .args(["-B", "-c", READERS])
        .arg(folder)
        .current_dir(project.root())
        .output()
        .expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn gone(path: &Path) {
    let start = Instant::now();
    while path.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "{} is still there", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the first value is called.
fn name(project: &Project) -> String {
    let text = std::fs::read_to_string(project.root().join("config.json")).expect("a template");
    let (_, rest) = text.split_once("\"password\": \"keylift://").expect("a reference");
    rest.split('"').next().unwrap_or_default().to_owned()
}

const FILES: [&str; 4] = ["config.json", "app.toml", "app.ini", "app.xml"];

#[test]
fn templates_are_made_rendered_and_taken_back() {
    let project = project();
    let (before, said) = (project.files(), python(&project, &project.root()));

    // By default such places are refused, and the advice names the way out.
    project.expect(&["plan", "--to", &project.store, "--out", "refusing.yaml"], 1);
    let plan = std::fs::read_to_string(project.root().join("refusing.yaml")).expect("a plan");
    assert!(plan.contains("code: not-rewritten") && plan.contains("plan with `--inject`"), "{plan}");
    std::fs::remove_file(project.root().join("refusing.yaml")).expect("it is there");

    let done = project.expect(&["fix", "--to", &project.store, "--inject", "--yes"], 0);
    assert!(done.contains("keylift run --inject app.ini:OUT"), "{done}");
    for (path, bytes) in project.files() {
        common::clean(&path.display().to_string(), &bytes);
    }
    project.expect(&["scan", "."], 0);
    // One value is one name, in code and in templates.
    let name = name(&project);
    let text = |name: &str| std::fs::read_to_string(project.root().join(name)).expect("text");
    assert!(text("app.ini").contains(&format!("password = keylift://{name}\n")), "{}", text("app.ini"));
    assert!(text("shop/db.py").contains(&format!("os.environ['{name}']")), "{}", text("shop/db.py"));

    // Rendered, each file says what it said.
    let folder = tempfile::tempdir().expect("a folder");
    for name in FILES {
        let out = folder.path().join(name);
        let text = out.to_str().expect("text");
        project.expect(&["inject", name, "-o", text], 0);
        assert_eq!(std::fs::metadata(&out).expect("made").permissions().mode() & 0o777, 0o600);
        assert_eq!(raw(&project, &["inject", name]).stdout, std::fs::read(&out).expect("made"));
        // An earlier rendering is replaced; anything else is not.
        project.expect(&["inject", name, "-o", text], 0);
        std::fs::write(&out, "mine").expect("written");
        project.expect(&["inject", name, "-o", text], 4);
        project.expect(&["inject", name, "-o", text, "--force"], 0);
    }
    assert_eq!(python(&project, folder.path()), said);
    project.expect(&["inject", "app.ini", "-o", "app.ini"], 4);

    project.expect(&["undo"], 0);
    assert_eq!(project.files(), before);
    project.assert_no_trace();
}

#[test]
fn run_renders_for_the_command_and_removes_the_files_when_it_ends() {
    let project = project();
    project.expect(&["fix", "--to", &project.store, "--inject", "--yes"], 0);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("config.json");
    let inject = format!("config.json:{}", out.display());
    let name = name(&project);
    let script = "import json, os, stat, sys, tomllib
place = os.environ['KEYLIFT_INJECT_APP_TOML']
print(place)
print(oct(os.stat(place).st_mode & 0o777), oct(os.stat(os.path.dirname(place)).st_mode & 0o777))
print(repr(tomllib.load(open(place, 'rb'))['mail']['password']))
print(repr(json.load(open(sys.argv[1]))['db']['password']), repr(os.environ[sys.argv[2]]))
sys.exit(7)";
    let place = out.to_str().expect("text");
    let arguments = ["run", "--inject", &inject, "--inject", "app.toml", "--", "python3", "-c", script, place, &name];
    let output = raw(&project, &arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(7), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    let [one, _, three, _] = planted().try_into().expect("four values");
    assert_eq!(lines[1..], ["0o600 0o700".to_owned(), format!("'{three}'"), format!("'{one}' '{one}'")]);
    gone(&out);
    gone(Path::new(lines[0]));
    gone(Path::new(lines[0]).parent().expect("a folder"));

    // However it ends: killed, or never started. What somebody else put there stays.
    let mut child = project
        .command(&["run", "--inject", &inject, "--", "sh", "-c", "echo up; exec sleep 60"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("keylift runs");
    let mut up = [0; 3];
    std::io::Read::read_exact(&mut child.stdout.take().expect("a pipe"), &mut up).expect("it is up");
    assert!(out.is_file());
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    gone(&out);
    project.expect(&["run", "--inject", &inject, "--", "/no/such/program"], 2);
    gone(&out);
    std::fs::write(&out, "mine").expect("written");
    project.expect(&["run", "--inject", &inject, "--", "true"], 4);
    assert_eq!(std::fs::read(&out).expect("it stays"), b"mine");
}

#[test]
fn what_the_store_does_not_have_is_not_rendered() {
    let project = project();
    project.expect(&["inject", "config.json", "-o", "x.json"], 0);
    project.expect(&["fix", "--to", &project.store, "--inject", "--yes"], 0);
    let root = project.root();
    let write = |text: &str| std::fs::write(root.join("odd.json"), text).expect("written");
    write("{\"a\": \"keylift://NO_SUCH\"}");
    let said = project.expect(&["inject", "odd.json", "-o", "odd.out"], 1);
    assert!(said.contains("nothing was moved under the name NO_SUCH"), "{said}");
    write("{\"a\": \"keylift://{age:secrets.age#NO_SUCH}\"}");
    let said = project.expect(&["inject", "odd.json", "-o", "odd.out"], 1);
    assert!(said.contains("has no value for age:secrets.age#NO_SUCH"), "{said}");
    write("{\"a\": \"keylift:// oops\"}");
    project.expect(&["inject", "odd.json", "-o", "odd.out"], 2);
    write(&format!("{{\"a\": \"keylift://{{age:secrets.age#{}}} and keylift://{{}}\"}}", name(&project)));
    let output = raw(&project, &["inject", "odd.json"]);
    let one = planted().remove(0);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{{\"a\": \"{one} and keylift://\"}}"));
    std::fs::remove_file(root.join("secrets.age")).expect("the store");
    for name in FILES {
        let output = raw(&project, &["inject", name, "-o", "odd.out"]);
        assert!(!output.status.success());
    }
    assert!(!root.join("odd.out").exists(), "nothing is written in part");
}
