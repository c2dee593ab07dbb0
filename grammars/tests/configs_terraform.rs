//! Terraform, before and after, through Terraform itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::configs::lift;
use crate::lifting::missing;
use keylift_grammars::{Parsed, Request, Style, detect};
use serde_yaml::Value;

/// Runs `terraform apply` on a module without providers; its outputs, or none where it stops.
fn terraform(files: &[(&str, &str)], variables: &BTreeMap<String, String>) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it is written");
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder.path());
        command.envs(variables.iter()).output().expect("terraform runs")
    };
    let applied = run(&["apply", "-auto-approve", "-input=false", "-no-color"]);
    if !applied.status.success() {
        return None;
    }
    Some(String::from_utf8_lossy(&run(&["output", "-json"]).stdout).into_owned())
}

#[test]
fn terraform_says_the_same() {
    if Command::new("terraform").arg("version").output().is_err() {
        return missing("terraform");
    }
    let main = r#"variable "given" {
  type    = string
  default = "d3fault"
}

locals {
  plain   = "hunter2x"
  escaped = "q\"uo\\te\t\u00e9"
  url     = "postgres://u:p4ss@${local.plain}/x"
  number  = 123456
  list    = { "k-k" = ["fl0w"] }
  text    = <<EOT
export A=h3redoc
${local.plain}
EOT
  dedent  = <<-EOT
    B=d3dent
      two
  EOT
}

output "all" {
  value     = jsonencode([local.plain, local.escaped, local.url, local.number, local.list, local.text, local.dedent, var.given])
  sensitive = true
}
"#;
    let values = [
        ("hunter2x", "PLAIN"),
        ("q\\\"uo\\\\te\\t\\u00e9", "ESCAPED"),
        ("p4ss", "URL_PASSWORD"),
        ("123456", "NUMBER"),
        ("fl0w", "FLOW"),
        ("h3redoc", "HEREDOC"),
        ("d3dent", "DEDENT"),
        ("d3fault", "GIVEN"),
    ];
    let lifted = lift("main.tf", main, &values).expect("it can be lifted");
    let language = detect(Path::new("main.tf"), b"").expect("Terraform is known");
    let variables: BTreeMap<String, String> =
        lifted.stored.iter().map(|(name, value)| (language.variable(Style::Env, name), value.clone())).collect();
    assert!(variables.contains_key("TF_VAR_given") && variables.contains_key("TF_VAR_plain"), "{:?}", variables.keys());
    let before = terraform(&[("main.tf", main)], &BTreeMap::new()).expect("the original applies");
    let value = |text: &str| {
        let all: Value = serde_yaml::from_str(text).expect("terraform writes JSON");
        all["all"]["value"].clone()
    };
    let after = terraform(&[("main.tf", &lifted.after)], &variables).unwrap_or_default();
    assert_eq!(value(&after), value(&before), "{}", lifted.after);
    assert_eq!(terraform(&[("main.tf", &lifted.after)], &BTreeMap::new()), None, "unset variables stop it");
}

#[test]
fn files_of_a_folder_declare_a_variable_once() {
    let (first, second) = ("locals {\n  a = \"hunter2x\"\n}\n", "locals {\n  b = \"hunter2x\"\n}\n");
    let language = detect(Path::new("a.tf"), b"").expect("Terraform is known");
    let request = |text: &str| {
        let start = text.find("hunter2x").expect("it is there");
        Request { span: start..start + 8, name: "PW".into(), style: Style::Env }
    };
    let parse = |text: &str| Parsed::at(language, Path::new("a.tf"), text).expect("it parses");
    let (one, two) = (parse(first), parse(second));
    let declared = one.rewrite(&[request(first)]).declares;
    assert_eq!(declared, ["PW"]);
    let beside = two.rewrite_beside(&[request(second)], &declared.iter().cloned().collect());
    assert!(beside.shared.is_empty() && beside.declares.is_empty(), "{beside:?}");
    // What an earlier run declared is used again; a variable of the code's own is not.
    let made = "variable \"pw\" {\n  type      = string\n  sensitive = true\n}\n";
    let again = parse(second).beside(vec![made.to_owned()]).rewrite(&[request(second)]);
    assert!(again.shared.is_empty() && again.outcomes[0].is_ok(), "{again:?}");
    let taken = parse(second).beside(vec!["variable \"pw\" {\n}\n".to_owned()]).rewrite(&[request(second)]);
    assert_eq!(taken.outcomes[0].as_ref().map_err(|refusal| refusal.code.as_str()), Err("name-taken"));
}
