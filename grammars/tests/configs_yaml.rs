//! Dialects of YAML, before and after, through `PyYAML` and each program's own rule of substitution: with the variables set
//! they say the same, and with them unset the reader stops where its format can.

use std::collections::BTreeMap;
use std::process::Command;

use crate::configs::{Dice, entry, judge, lift};
use crate::lifting::missing;
use serde_yaml::Value;

/// Reads YAML, and substitutes as each program's manual says it does.
const YAML_READER: &str = r#"
import re, sys, yaml
class Unset(Exception): pass
def get(env, name):
    if name not in env: raise Unset(name)
    return env[name]
def compose(text, env):
    def one(m):
        if m[0] == '$$': return '$'
        if m[4]: return env.get(m[4], '')
        name, how, rest = m[1], m[2], m[3]
        if how in (':-', '-'): return env.get(name) or rest
        return get(env, name) if how in (':?', '?') else env.get(name, '')
    return re.sub(r'\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?])([^{}]*))?\}|\$([A-Za-z_]\w*)', one, text)
def gitlab(text, env):
    return re.sub(r'\$\$|\$\{(\w+)\}|\$(\w+)', lambda m: '$' if m[0] == '$$' else env.get(m[1] or m[2], ''), text)
def spring(text, env):
    def one(m):
        found = env.get(re.sub(r'\W', '_', m[1]).upper())
        if found is None:
            if m[2] is None: raise Unset(m[1])
            return m[2]
        return found
    return re.sub(r'\$\{([\w.-]+)(?::([^{}]*))?\}', one, text)
RULES = {
    'compose': compose, 'gitlab': gitlab, 'spring': spring,
    'github': lambda text, env: re.sub(r'\$\{\{ secrets\.(\w+) \}\}', lambda m: get(env, m[1]), text),
    'serverless': lambda text, env: re.sub(r"\$\{env:(\w+)(?:, '([^']*)')?\}", lambda m: env.get(m[1], m[2]) if m[2] is not None else get(env, m[1]), text),
    'ansible': lambda text, env: re.sub(r"\{\{ lookup\((['\"])env\1, \1(\w+)\1, default=Undefined\) \}\}", lambda m: get(env, m[2]), text),
    'symfony': lambda text, env: re.sub(r'%%|%env\((\w+)\)%', lambda m: '%' if m[0] == '%%' else get(env, m[1]), text),
}
LOUD = {'compose', 'spring', 'github', 'serverless', 'ansible', 'symfony'}
def walk(node, rule, env):
    if isinstance(node, dict): return {k: walk(v, rule, env) for k, v in node.items()}
    if isinstance(node, list): return [walk(v, rule, env) for v in node]
    return rule(node, env) if isinstance(node, str) else str(node)
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    rule = RULES[one['dialect']]
    read = lambda text, env: [walk(d, rule, env) for d in yaml.safe_load_all(text)]
    old, new = read(one['before'], {}), read(one['after'], one['env'])
    if old != new: print('DIFFERS', one, old, new)
    if one['dialect'] in LOUD:
        try: print('SILENT', one['dialect'], read(one['after'], {}))
        except Unset: pass
print('done')
"#;

#[test]
fn dialects_of_yaml_read_the_same() {
    #[allow(clippy::type_complexity, reason = "a table of cases is read once")]
    let cases: &[(&str, &str, &str, &[(&str, &str)])] = &[
        (
            "compose",
            "compose.yaml",
            "x-a: &a\n  P: &p hunter2x\nservices:\n  a:\n    environment:\n      <<: *a\n      Q: *p\n      R: 'it''s'\n      S: \"t\\tab\"\n      T: 42\n  b:\n    command: [run, --password=hunter2x, {k: fl0w}]\n    environment:\n      - D=${OLD:-d3fault}\n      - E=$$5-pr1ce\n",
            &[("hunter2x", "P"), ("it''s", "R"), ("t\\tab", "S"), ("42", "T"), ("fl0w", "F"), ("$$5-pr1ce", "E")],
        ),
        (
            "compose",
            "docker-compose.yml",
            "services:\n  a:\n    environment:\n      KEY: |\n        -----BEGIN\n        MIIx\n\n        -----END\n      F: >-\n        one\n        two\n      PLAIN: one\n        two\n",
            &[("-----BEGIN\n        MIIx\n\n        -----END", "KEY"), ("one\n        two", "F")],
        ),
        (
            "github",
            ".github/workflows/a.yml",
            "on: push\nenv:\n  A: s3cret\njobs:\n  a:\n    env: {B: \"x y\", C: z3d}\n",
            &[("s3cret", "A"), ("x y", "B"), ("z3d", "C")],
        ),
        (
            "gitlab",
            ".gitlab-ci.yml",
            "variables:\n  A: s3$$cret\n  B: {value: 'q', description: d}\n  URL: \"http://u:p4ss@h\"\n",
            &[("s3$$cret", "A1"), ("p4ss", "P")],
        ),
        (
            "spring",
            "src/main/resources/application.yml",
            "spring:\n  datasource: {password: hunter2x, url: \"jdbc:x://u:p4ss@h\"}\n  mail.password: ${mail.pw:d3fault}\n",
            &[("hunter2x", "DB"), ("p4ss", "URL"), ("d3fault", "X")],
        ),
        (
            "serverless",
            "serverless.yml",
            "provider:\n  environment:\n    A: s3cret\n    B: ${env:OLD, 'd3fault'}\n",
            &[("s3cret", "A"), ("d3fault", "X")],
        ),
        (
            "ansible",
            "group_vars/all.yml",
            "a: s3cret\nb: 'it''s'\nc: \"x{# note #}\"\nd: [one, t-wo]\ne: |\n  k=bl0ck\n",
            &[("s3cret", "A"), ("it''s", "B"), ("t-wo", "D"), ("bl0ck", "E")],
        ),
        (
            "symfony",
            "config/packages/doctrine.yaml",
            "doctrine:\n  password: s3cret\n  url: 'x://u:p4ss@h'\n  odd: 5%%-off\n",
            &[("s3cret", "A"), ("p4ss", "P"), ("5%%-off", "O")],
        ),
    ];
    let mut input = Vec::new();
    for (dialect, path, source, values) in cases {
        let lifted = lift(path, source, values).expect("it can be lifted");
        input.push(entry(dialect, source, &lifted));
    }
    judge(YAML_READER, &Value::Sequence(input));
}

#[test]
fn random_values_in_every_kind_of_scalar_read_the_same() {
    let mut dice = Dice(7);
    let (mut input, mut refused) = (Vec::new(), 0);
    for round in 0..400 {
        let value = dice.value();
        let dollars = value.replace('$', "$$");
        let (before, spelled) = match round % 4 {
            0 => {
                let spelled = dollars.replace('\\', "\\\\").replace('"', "\\\"").replace('é', "\\u00e9");
                // A break in a quoted scalar folds to a space; what stands around it goes.
                let single = spelled.match_indices(' ').count() == 1;
                let spelled = if single { spelled.replace(' ', "\n      ") } else { spelled };
                (format!("services:\n  a:\n    image: \"{spelled}\"\n"), spelled)
            }
            1 => {
                let spelled = dollars.replace('\'', "''");
                (format!("services:\n  a:\n    image: ['{spelled}', b]\n"), spelled)
            }
            2 => (format!("services:\n  a:\n    image: >-\n      {dollars}\n    b: c\n"), dollars.clone()),
            _ => (format!("services:\n  a:\n    - K={dollars}\n    - b\n"), dollars.clone()),
        };
        if let Ok(lifted) = lift("compose.yml", &before, &[(&spelled, "LIFTED")]) {
            assert_eq!(lifted.stored["LIFTED"], value, "{before}");
            input.push(entry("compose", &before, &lifted));
        } else {
            // A plain scalar that is none: `K=a: b`, `K=a #b`.
            refused += 1;
            assert_eq!(round % 4, 3, "{before}");
        }
    }
    assert!(refused < 60, "{refused} of 100 plain scalars");
    judge(YAML_READER, &Value::Sequence(input));
}

#[test]
fn rails_reads_the_same_through_erb() {
    if Command::new("ruby").arg("--version").output().is_err() {
        return missing("ruby");
    }
    let source = "default: &d\n  password: hunter2x\n  single: 'q3rt'\nproduction:\n  <<: *d\n  url: \"x://u:p4ss@h\"\n  plain: x://u:w0rd@h\n  old: <%= ENV.fetch(\"OLD\", \"d3fault\") %>\n";
    let values = [("hunter2x", "A"), ("q3rt", "B"), ("p4ss", "C"), ("w0rd", "D"), ("d3fault", "E")];
    let lifted = lift("config/database.yml", source, &values).expect("it can be lifted");
    let script = "require 'erb'; require 'yaml'; require 'json'; puts JSON.generate(YAML.load(ERB.new($stdin.read).result, aliases: true))";
    let run = |text: &str, variables: &BTreeMap<String, String>| -> Option<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("in.yml");
        std::fs::write(&file, text).expect("it is written");
        let mut command = Command::new("ruby");
        command.args(["-e", script]).stdin(std::fs::File::open(&file).expect("it opens"));
        let output = command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(variables);
        let output = output.env("LANG", "C.UTF-8").output().expect("ruby runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let before = run(source, &BTreeMap::new()).expect("the original is read");
    assert_eq!(run(&lifted.after, &lifted.stored).as_ref(), Some(&before), "{}", lifted.after);
    assert_eq!(run(&lifted.after, &BTreeMap::new()), None, "unset variables stop it");
    // A value goes in as text, whatever characters it has.
    let mut odd = lifted.stored.clone();
    odd.insert("A".into(), "a: \"b\" # 'c' \\ %>".into());
    let read = run(&lifted.after, &odd).expect("it is read");
    let read: Value = serde_yaml::from_str(&read).expect("JSON");
    assert_eq!(read["default"]["password"].as_str(), Some("a: \"b\" # 'c' \\ %>"));
}
