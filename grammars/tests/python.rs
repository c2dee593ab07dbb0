//! Python, before and after: each rewrite is compiled and run by a real Python, and gives back its original bytes.

use std::process::Command;

use keylift_grammars::{Parsed, Request, Style, language};

/// Lifts each of `(value as it stands in the source, name)`; answers the rewritten text, or the refusals' codes.
fn lift(source: &str, values: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let parsed = Parsed::new(language("python").expect("python is linked"), source).expect("it parses");
    let requests: Vec<Request> = values
        .iter()
        .map(|(value, name)| {
            let start = source.find(value).expect("the value stands in the source");
            Request { span: start..start + value.len(), name: (*name).to_owned(), style: Style::Env }
        })
        .collect();
    crate::lifting::lift_requests(&parsed, source, &requests)
}

fn python(code: &str, variables: &[(&str, &str)]) -> Option<(bool, String)> {
    let mut command = Command::new("python3");
    command.args(["-I", "-c", code]).env_clear().envs(variables.iter().copied());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().ok()?;
    Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The rewritten program prints what the original did while the variable holds the value, and fails while it is unset.
fn same(source: &str, value: &str, stored: &str) {
    let after = lift(source, &[(value, "LIFTED")]).expect("it can be lifted");
    assert!(!after.contains(value), "the value is gone from {after}");
    let Some(before) = python(source, &[]) else { return };
    assert!(before.0, "the original runs: {source}");
    assert_eq!(python(&after, &[("LIFTED", stored)]), Some(before), "same output from {after}");
    assert_eq!(python(&after, &[]).map(|(worked, _)| worked), Some(false), "fails loudly when unset: {after}");
}

#[test]
fn rewritten_programs_mean_the_same() {
    for source in [
        "password = 'hunter2x'\nprint(password)\n",
        "\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\n\npassword: str = \"hunter2x\"\nprint(password)\n",
        "import os as _os\nd = {'password': 'hunter2x', 'user': 'u'}\nprint(d)\n",
        "from os import environ\ndef f(password='hunter2x'):\n    return password\nprint(f())\n",
        "print('hunter2x' == 'hunter2x'[:8])\n".replace("'hunter2x'[:8]", "'other'").as_str(),
        "class Config:\n    SECRET = 'hunter2x'\nprint(Config.SECRET)\n",
        "a, b = 'one', 'hunter2x'\nprint(a, b)\n",
        "print((lambda key='hunter2x': key)())\n",
        "a = b = 'hunter2x'\nprint(a, b)\n",
        "print((x := 'hunter2x'), x)\n",
        "print(f\"Bearer hunter2x {1 + 1}\")\n",
        "print('Bearer hunter2x')\n",
        "print(b'hunter2x')\n",
        "print(r'hunter2x', ['hunter2x'[0:0], 1])\n".replace(", ['hunter2x'[0:0], 1]", "").as_str(),
        "print('postgresql://u:hunter2x@db/shop')\n",
        "print('%s:hunter2x' % 'user')\n",
        "print('{}:hunter2x'.format('user'))\n",
        "print('a' + 'hunter2x' + 'b')\n",
        "password = '''hunter2x'''\r\nprint(password)\r\n",
    ] {
        same(source, "hunter2x", "hunter2x");
    }
}

#[test]
fn escapes_are_decoded_for_the_store_and_come_back() {
    same("print('tab\\there')\n", "tab\\there", "tab\there");
    same("print(\"quo\\\"te\")\n", "quo\\\"te", "quo\"te");
    same("print('caf\\xe9-\\u20ac')\n", "caf\\xe9-\\u20ac", "caf\u{e9}-\u{20ac}");
}

#[test]
fn a_default_of_a_lookup_is_dropped() {
    let after = lift("import os\ntoken = os.getenv('TOKEN', 'hunter2x')\n", &[("hunter2x", "TOKEN")])
        .expect("it can be lifted");
    assert!(!after.contains("hunter2x") && after.contains("os.environ['TOKEN']"), "{after}");
}

#[test]
fn a_pattern_takes_no_lookup() {
    let source = "match x:\n    case 'hunter2x':\n        pass\n";
    assert!(lift(source, &[("hunter2x", "X")]).is_err());
}

#[test]
fn two_values_on_one_line_share_one_import() {
    let after = lift("connect('alpha-one', 'beta-two')\n", &[("alpha-one", "A"), ("beta-two", "B")]).expect("both");
    assert_eq!(after.matches("import os").count(), 1, "{after}");
    assert!(
        after.ends_with("connect(os.environ[\"A\"], os.environ[\"B\"])\n")
            || after.contains("os.environ['A'], os.environ['B']"),
        "{after}"
    );
}

#[test]
fn a_value_that_cannot_be_decoded_is_refused() {
    for (source, value) in [
        ("x = '\\N{BULLET}secret'\n", "\\N{BULLET}secret"),
        ("x = '\\ud800secret'\n", "\\ud800secret"),
        ("x = r\"\"\"one\r\ntwo\"\"\"\r\n", "one\r\ntwo"),
        ("x = \"\"\"one\r\ntwo\"\"\"\r\n", "one\r\ntwo"),
    ] {
        assert_eq!(lift(source, &[(value, "X")]), Err(vec!["not-reversible".to_owned()]), "{source}");
    }
}

#[test]
fn defaults_of_environ_are_dropped_in_every_form() {
    for source in [
        "import os\nt = os.environ.get('TOKEN', 'hunter2x')\n",
        "import os\nt = os.environ.get('TOKEN') or 'hunter2x'\n",
        "import os\nt = os.environ.setdefault('TOKEN', 'hunter2x')\n",
    ] {
        let after = lift(source, &[("hunter2x", "TOKEN")]).expect("it can be lifted");
        assert!(!after.contains("hunter2x") && after.contains("TOKEN"), "{after}");
    }
}

/// What pydantic's documentation calls "Environment variable names".
#[test]
fn a_settings_class_s_field_is_called_with_its_prefix() {
    let model = "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_', extra='ignore')\n";
    let config =
        "class S(BaseSettings):\n    password: str = 'hunter2x'\n    class Config:\n        env_prefix = 'app_'\n";
    let field = "    user: str = 'u'\n    password: str = 'hunter2x'\n";
    for (source, name, after) in [
        (format!("{model}{field}"), "APP_PASSWORD", format!("{model}    user: str = 'u'\n    password: str\n")),
        (config.to_owned(), "APP_PASSWORD", config.replace(" = 'hunter2x'", "")),
        (config.replace("app_'", "app_'\n        case_sensitive = True"), "app_password", String::new()),
        (format!("class S(BaseSettings):\n{field}"), "PASSWORD", String::new()),
        (
            format!("{model}    password: str = Field('hunter2x', min_length=3)\n"),
            "APP_PASSWORD",
            format!("{model}    password: str = Field(..., min_length=3)\n"),
        ),
        (
            format!("{model}    password: str = Field(default='hunter2x')\n"),
            "APP_PASSWORD",
            format!("{model}    password: str = Field(default=...)\n"),
        ),
        (
            format!("{model}    password: str = Field('hunter2x', validation_alias='DB_PASS')\n"),
            "DB_PASS",
            format!("{model}    password: str = Field(..., validation_alias='DB_PASS')\n"),
        ),
    ] {
        let parsed = Parsed::new(language("python").expect("python is linked"), &source).expect("it parses");
        let start = source.find("hunter2x").expect("it is there");
        let place = parsed.place(&(start..start + 8)).expect("a place");
        assert_eq!(place.fixed_name.as_deref(), Some(name), "{source}");
        let lifted = lift(&source, &[("hunter2x", name)]).expect("it can be lifted");
        assert!(after.is_empty() || lifted == after, "{lifted}");
    }
}
