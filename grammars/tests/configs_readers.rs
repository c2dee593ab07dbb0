//! `CloudFormation` templates and Terraform modules of the fixtures through readers that know more than their syntax: no
//! complaint that the original did not have.

use std::path::Path;
use std::process::Command;

use crate::configs::judge_with;
use crate::lifting::{missing, run};
use serde_yaml::{Mapping, Value};

const CLOUDFORMATION: &str = r"
import sys, yaml
from cfnlint.api import lint_all
def errors(text): return sorted({(m.rule.id, '/'.join(map(str, getattr(m, 'path', None) or []))) for m in lint_all(text) if m.rule.severity == 'error'})
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    new = [error for error in errors(one['after']) if error not in errors(one['before'])]
    if new: print(one['case'], new)
print('done')
";

const TERRAFORM: &str = r"
import io, sys, yaml, hcl2
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    before, after = (hcl2.load(io.StringIO(one[side].replace('\r\n', '\n'))) for side in ('before', 'after'))
    for block, entries in before.items():
        if len(entries) > len(after.get(block, [])): print(one['case'], block, 'has fewer entries')
    odd = set(after) - set(before) - {'variable', 'data'}
    if odd: print(one['case'], odd)
print('done')
";

/// Fixtures of a dialect that change, as the readers get them.
fn changed(dialect: &str) -> Vec<Value> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages").join(dialect).join("fixtures");
    let mut found = Vec::new();
    for case in std::fs::read_dir(fixtures).expect("fixtures").flatten().map(|entry| entry.path()) {
        let files: Vec<_> = std::fs::read_dir(&case).expect("a case").flatten().map(|entry| entry.path()).collect();
        let text = |stem: &str| {
            let path = files.iter().find(|path| path.file_stem().is_some_and(|name| name == stem))?;
            std::fs::read_to_string(path).ok()
        };
        let (Some(before), Some(after)) = (text("before"), text("after")) else { continue };
        let name = case.display().to_string();
        let pairs = [("case", name), ("before", before), ("after", after)];
        let map: Mapping = pairs.into_iter().map(|(key, value)| (Value::from(key), Value::from(value))).collect();
        found.push(Value::Mapping(map));
    }
    found
}

/// A Python that has a module.
fn python(module: &str) -> Option<std::path::PathBuf> {
    let has = |python: &std::path::PathBuf| {
        let import = format!("import yaml, {module}");
        Command::new(python).args(["-c", &import]).output().is_ok_and(|output| output.status.success())
    };
    crate::configs::pythons().into_iter().find(has)
}

#[test]
fn templates_have_no_new_fault_for_cfn_lint() {
    let Some(python) = python("cfnlint.api") else { return missing("a Python with cfn-lint") };
    let cases = changed("cloudformation");
    assert!(cases.len() >= 5, "{} fixtures", cases.len());
    judge_with(&python, CLOUDFORMATION, &Value::Sequence(cases));
}

#[test]
fn modules_are_hcl_with_all_their_blocks() {
    let Some(python) = python("hcl2") else { return missing("a Python with python-hcl2") };
    let cases = changed("terraform");
    assert!(cases.len() >= 10, "{} fixtures", cases.len());
    judge_with(&python, TERRAFORM, &Value::Sequence(cases));
}

/// What docker-compose makes of a file; none where it is not there.
fn composed(folder: &Path, file: &str, variables: &[(&str, &str)]) -> Option<(bool, String)> {
    let files = ["--project-directory", ".", "-f", file, "-f", "images.yml", "config"];
    let ran = run(folder, "docker-compose", &files, variables)?;
    Some((ran.0, ran.1.replace(&*folder.to_string_lossy(), "")))
}

/// What a file's services lack to be read by themselves: fixtures are about the rest.
fn images(before: &str) -> String {
    let Ok(whole) = serde_yaml::from_str::<Value>(before) else { return "{}".into() };
    let services = whole["services"].as_mapping().into_iter().flatten();
    let image = |key: &str| Mapping::from_iter([(Value::from("image"), Value::from(key))]);
    let services: Mapping = services
        .filter(|(_, service)| service.get("build").is_none())
        .map(|(name, service)| {
            let image = image(service.get("image").and_then(Value::as_str).unwrap_or("any"));
            (name.clone(), Value::Mapping(image))
        })
        .collect();
    let mut out = Mapping::from_iter([(Value::from("services"), Value::Mapping(services))]);
    if let Some(version) = whole.get("version") {
        out.insert("version".into(), version.clone());
    }
    serde_yaml::to_string(&out).expect("it can be written")
}

#[derive(serde::Deserialize)]
struct Case {
    values: Vec<Lifted>,
}

#[derive(serde::Deserialize)]
struct Lifted {
    text: String,
    name: Option<String>,
    refused: Option<String>,
    means: Option<String>,
}

/// Each fixture of compose files, before and after, as docker-compose itself reads it: the same services with the variables,
/// and an error without any one of them.
#[test]
fn compose_files_are_the_same_to_docker_compose() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages/docker-compose/fixtures");
    let folder = tempfile::tempdir().expect("a folder");
    let (mut compared, mut left) = (0, Vec::new());
    for case in changed("docker-compose").into_iter().filter(|case| !has_secrets(case)) {
        let text = |key: &str| case[key].as_str().expect("a text").to_owned();
        let told = std::fs::read_to_string(Path::new(&text("case")).join("case.yaml")).expect("a case");
        let told: Case = serde_yaml::from_str(&told).expect("it is read");
        for side in ["before", "after"] {
            std::fs::write(folder.path().join(format!("{side}.yml")), text(side)).expect("written");
        }
        std::fs::write(folder.path().join("images.yml"), images(&text("before"))).expect("written");
        for name in ["one.env", "two.env", ".env"] {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        let lifted: Vec<(&str, &str)> = told
            .values
            .iter()
            .filter(|value| value.refused.is_none())
            .filter_map(|value| Some((value.name.as_deref()?, value.means.as_deref().unwrap_or(&value.text))))
            .collect();
        let Some(original) = composed(folder.path(), "before.yml", &[]) else { return missing("docker-compose") };
        if !original.0 {
            left.push((text("case"), original.1));
            continue;
        }
        compared += 1;
        let rewritten = composed(folder.path(), "after.yml", &lifted).expect("it is there");
        assert_eq!(rewritten, original, "{}", text("case"));
        let names: std::collections::BTreeSet<&str> = lifted.iter().map(|(name, _)| *name).collect();
        // Any one of them: each takes a start of the program.
        if let Some(name) = names.into_iter().rfind(|name| text("after").contains(&format!("${{{name}:?"))) {
            let without: Vec<(&str, &str)> = lifted.iter().filter(|(other, _)| *other != name).copied().collect();
            let (worked, said) = composed(folder.path(), "after.yml", &without).expect("it is there");
            assert!(!worked && said.contains(name), "{}: {name} is demanded: {said}", text("case"));
        }
    }
    assert!(compared >= 7, "{compared} fixtures of {} are compared; not {left:#?}", fixtures.display());
}

/// Whether services of a rewritten compose file are given secrets as files.
fn has_secrets(case: &Value) -> bool {
    case["after"].as_str().is_some_and(|after| after.contains("/run/secrets/"))
}

/// The environment of each service as the program in it has it: what it reads from a file is put in its place.
fn environments(composed: &str, lifted: &[(&str, &str)]) -> Mapping {
    let whole: Value = serde_yaml::from_str(composed).expect("docker-compose writes YAML");
    let of = |service: &Value| {
        let given: Vec<&str> = service["secrets"]
            .as_sequence()
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_str().or(one["source"].as_str()))
            .collect();
        let variables = service["environment"].as_mapping().into_iter().flatten().map(|(name, value)| {
            let read = name.as_str().and_then(|name| name.strip_suffix("_FILE")).zip(value.as_str());
            let Some((name, path)) = read else { return (name.clone(), value.clone()) };
            let secret = path.strip_prefix("/run/secrets/").expect("a secret is there");
            assert!(given.contains(&secret), "{secret} is given to the service: {given:?}");
            let file = whole["secrets"][secret]["file"].as_str().expect("the secret is declared");
            let lifted = lifted.iter().find(|(name, _)| file.rsplit('/').next() == Some(name));
            (name.into(), lifted.expect("it comes from a variable").1.into())
        });
        Value::Mapping(variables.collect())
    };
    let services = whole["services"].as_mapping().into_iter().flatten();
    services.map(|(name, service)| (name.clone(), of(service))).collect()
}

/// Compose files whose services are given secrets: what an image reads from the file is what its variable was. Debian's
/// docker-compose is older than secrets that come from variables, and is told of files.
#[test]
fn secrets_of_compose_files_are_what_the_variables_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: Vec<Value> = changed("docker-compose").into_iter().filter(has_secrets).collect();
    assert!(cases.len() > 1, "{} fixtures", cases.len());
    for case in cases {
        let text = |key: &str| case[key].as_str().expect("a text").to_owned();
        let told = std::fs::read_to_string(Path::new(&text("case")).join("case.yaml")).expect("a case");
        let told: Case = serde_yaml::from_str(&told).expect("it is read");
        let lifted: Vec<(&str, &str)> =
            told.values.iter().filter_map(|value| Some((value.name.as_deref()?, value.text.as_str()))).collect();
        // Whatever ends its lines.
        let lines = text("after").replace("\r\n", "\n");
        let after = lifted.iter().fold(lines, |after, (name, _)| {
            after.replace(&format!(" environment: {name}\n"), &format!(" file: ./{name}\n"))
        });
        std::fs::write(folder.path().join("before.yml"), text("before")).expect("written");
        std::fs::write(folder.path().join("after.yml"), after).expect("written");
        std::fs::write(folder.path().join("images.yml"), images(&text("before"))).expect("written");
        let Some(original) = composed(folder.path(), "before.yml", &[]) else { return missing("docker-compose") };
        assert!(original.0, "{}: {}", text("case"), original.1);
        let rewritten = composed(folder.path(), "after.yml", &lifted).expect("it is there");
        assert!(rewritten.0, "{}: {}", text("case"), rewritten.1);
        let (before, after) = (environments(&original.1, &lifted), environments(&rewritten.1, &lifted));
        assert_eq!(after, before, "{}", text("case"));
    }
}
