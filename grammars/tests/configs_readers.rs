//! `CloudFormation` templates and Terraform modules of the fixtures through readers that know more than their syntax: no
//! complaint that the original did not have.

mod configs;
mod lifting;

use std::path::Path;
use std::process::Command;

use configs::judge_with;
use lifting::missing;
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
    configs::pythons().into_iter().find(has)
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
