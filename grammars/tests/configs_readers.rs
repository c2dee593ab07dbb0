//! Config files, before and after, through the readers of their formats: with the variables set they say the same, and
//! with them unset the reader stops where its format can.

mod lifting;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use keylift_grammars::{Parsed, Request, Style, apply, detect, undo};
use lifting::missing;
use serde_yaml::{Mapping, Value};

/// What was lifted out of a file.
struct Lifted {
    after: String,
    /// What the store holds, by name.
    stored: BTreeMap<String, String>,
}

/// Lifts the first place of each `(value as it stands, name)`, or answers the refusal's code. A value that the code looks
/// up already keeps its name.
fn lift(path: &str, source: &str, values: &[(&str, &str)]) -> Result<Lifted, String> {
    let language = detect(Path::new(path), source.as_bytes()).expect("the file is of a known kind");
    let parsed = Parsed::at(language, Path::new(path), source).expect("it parses");
    let mut stored = BTreeMap::new();
    let mut requests = Vec::new();
    for (value, name) in values {
        let start = source.find(value).expect("the value stands in the source");
        let span = start..start + value.len();
        let place = parsed.place(&span).map_err(|refusal| refusal.code)?;
        let name = place.fixed_name.unwrap_or_else(|| (*name).to_owned());
        stored.insert(name.clone(), String::from_utf8(place.value).expect("a value is text"));
        requests.push(Request { span, name, style: Style::Env });
    }
    let rewrite = parsed.rewrite(&requests);
    let mut edits = rewrite.shared;
    for outcome in rewrite.outcomes {
        edits.extend(outcome.map_err(|refusal| refusal.code)?);
    }
    let after = apply(source, &edits).expect("edits do not overlap");
    let undos = parsed.undo(&requests, &edits).expect("every edit can be taken back");
    let held: Vec<&[u8]> = requests.iter().map(|request| stored[&request.name].as_bytes()).collect();
    assert_eq!(undo(&after, &undos, &held).as_deref(), Ok(source), "undo gives back the identical text");
    Ok(Lifted { after, stored })
}

/// A Python that has `PyYAML` and python-dotenv.
fn python() -> Option<PathBuf> {
    let folder = std::env::var_os("KEYLIFT_TEST_BIN").map(PathBuf::from);
    let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv-test/bin");
    let mut candidates = vec![local.join("python"), PathBuf::from("python3")];
    candidates.splice(0..0, folder.map(|folder| folder.join("python")));
    candidates.into_iter().find(|python| {
        Command::new(python).args(["-c", "import yaml, dotenv"]).output().is_ok_and(|output| output.status.success())
    })
}

/// Runs a script over JSON; it prints what is wrong, or nothing.
fn judge(script: &str, input: &Value) {
    let Some(python) = python() else { return missing("a Python with PyYAML and python-dotenv") };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("input.yaml");
    std::fs::write(&file, serde_yaml::to_string(input).expect("it can be written")).expect("it is written");
    let output = Command::new(python).args(["-c", script]).arg(&file).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim() == "done", "{said}");
}

fn entry(dialect: &str, before: &str, lifted: &Lifted) -> Value {
    let mut map = Mapping::new();
    map.insert("dialect".into(), dialect.into());
    map.insert("before".into(), before.into());
    map.insert("after".into(), lifted.after.as_str().into());
    let env = lifted.stored.iter().map(|(name, value)| (Value::from(name.as_str()), Value::from(value.as_str())));
    map.insert("env".into(), Value::Mapping(env.collect()));
    Value::Mapping(map)
}

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

/// A small generator of numbers, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }

    /// A text that config formats have trouble with.
    fn value(&mut self) -> String {
        const LETTERS: [char; 36] = [
            'a', 'b', 'Z', '0', '7', ' ', ':', '#', '\'', '"', '\\', '{', '}', '[', ']', '$', '&', '*', '!', '|', '>',
            '%', '@', '`', ',', '-', '=', '?', '/', '.', '_', 'é', '漢', '😀', '~', '+',
        ];
        let length = 1 + self.roll(12);
        let text: String = (0..length).map(|_| LETTERS[self.roll(LETTERS.len())]).collect();
        format!("v{text}z")
    }
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

/// What python-dotenv reads from the file before is what the store holds, and it reads nothing of it afterwards.
const DOTENV_READER: &str = r"
import io, sys, yaml, dotenv
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    before = dotenv.dotenv_values(stream=io.StringIO(one['before']))
    after = dotenv.dotenv_values(stream=io.StringIO(one['after']))
    for name, value in one['env'].items():
        if before.pop(name) != value: print('DIFFERS', one)
        if name in after: print('STAYS', one)
    if before != after: print('COLLATERAL', before, after)
print('done')
";

#[test]
fn what_a_dotenv_loader_reads_is_what_is_stored() {
    let mut dice = Dice(11);
    let (mut input, mut taken) = (Vec::new(), 0);
    for round in 0..300 {
        let value = dice.value();
        let spelled = match round % 3 {
            0 => format!("'{value}'"),
            1 => format!("\"{value}\""),
            _ => value.clone(),
        };
        let before = format!("OTHER=1\nexport KEY={spelled}\nLAST=\"x y\"\n");
        if let Ok(lifted) = lift(".env", &before, &[(&value, "KEY")]) {
            taken += 1;
            input.push(entry("dotenv", &before, &lifted));
        }
    }
    assert!(taken > 100, "only {taken} of 300 were taken");
    judge(DOTENV_READER, &Value::Sequence(input));
}

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

#[test]
fn java_reads_the_properties_that_are_stored() {
    if Command::new("java").arg("-version").output().is_err() {
        return missing("java");
    }
    let mut dice = Dice(23);
    let (mut text, mut wanted) = (String::new(), Vec::new());
    for round in 0..200 {
        let value = dice.value().replace(['$', '#'], "s");
        let mut spelled = String::new();
        for character in value.chars() {
            match character {
                '\\' => spelled.push_str("\\\\"),
                'a' if round % 3 == 0 => spelled.push_str("\\\n    a"),
                ':' if round % 2 == 0 => spelled.push_str("\\:"),
                other if other.is_ascii() => spelled.push(other),
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        let _ = write!(spelled, "\\u{unit:04x}");
                    }
                }
            }
        }
        let line = format!("key.{round}{}{spelled}\n", [" = ", ":", " ", "="][round % 4]);
        match lift("application.properties", &line, &[(&spelled, "LIFTED")]) {
            Ok(lifted) => wanted.push((format!("key.{round}"), lifted.stored["LIFTED"].clone())),
            Err(code) => panic!("{code}: {line}"),
        }
        text.push_str(&line);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = "import java.util.*; import java.nio.file.*; class P { public static void main(String[] a) throws Exception { Properties p = new Properties(); p.load(Files.newInputStream(Path.of(a[0]))); for (String k : p.stringPropertyNames()) System.out.println(k + \" \" + Base64.getEncoder().encodeToString(p.getProperty(k).getBytes(\"UTF-8\"))); } }";
    let (source, file) = (folder.path().join("P.java"), folder.path().join("x.properties"));
    std::fs::write(&source, program).expect("it is written");
    std::fs::write(&file, text).expect("it is written");
    let output = Command::new("java").arg(&source).arg(&file).output().expect("java runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let read: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(read.len(), wanted.len(), "{}", String::from_utf8_lossy(&output.stderr));
    for (key, value) in wanted {
        assert_eq!(read[key.as_str()], base64(value.as_bytes()), "{key}");
    }
}

/// Standard base64.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(group >> (18 - 6 * index)) as usize & 63]));
        }
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}
