//! Files that become templates, rendered again: each format's own reader reads the values that were put in, whatever
//! characters they have; what a format cannot hold is refused.

use std::path::Path;

use crate::configs::{Dice, judge};
use keylift_grammars::{Parsed, Request, Style, TemplateError, apply, detect, undo};
use serde_yaml::{Mapping, Value};

const SECRET: &str = "0ld-v4lue";

/// The file with its value taken out, and what the value was.
fn template(path: &str, before: &str, value: &str) -> Result<String, String> {
    let language = detect(Path::new(path), before.as_bytes()).expect("the file is of a known kind");
    let parsed = Parsed::at(language, Path::new(path), before).expect("it parses");
    let start = before.find(value).expect("the value stands in the file");
    let requests = [Request { span: start..start + value.len(), name: "PASSWORD".into(), style: Style::Inject }];
    let advice = parsed.place(&requests[0].span).expect_err("nothing can be looked up there").advice;
    let rewrite = parsed.rewrite(&requests);
    let edits = rewrite.outcomes.into_iter().next().expect("an outcome").map_err(|refusal| refusal.code)?;
    assert!(advice.contains("`keylift inject`"), "{advice}");
    let after = apply(before, &edits).expect("edits do not overlap");
    let place = parsed.place_with(&requests[0].span, Style::Inject).expect("it is a place");
    let undos = parsed.undo(&requests, &edits).expect("every edit can be taken back");
    assert_eq!(undo(&after, &undos, &[&place.value]).as_deref(), Ok(before), "undo gives back the identical text");
    let text = std::str::from_utf8(&place.value).expect("text");
    let rendered = render(path, &after, text).expect("what was there can be put back");
    assert_eq!(meant(path, &rendered), meant(path, before));
    Ok(after)
}

/// What all literals of a file mean.
fn meant(path: &str, text: &str) -> Vec<Option<String>> {
    let language = detect(Path::new(path), text.as_bytes()).expect("the file is of a known kind");
    let parsed = Parsed::at(language, Path::new(path), text).expect("it parses");
    parsed.literals().iter().map(keylift_grammars::Literal::text).collect()
}

fn render(path: &str, template: &str, value: &str) -> Result<String, TemplateError> {
    let language = detect(Path::new(path), template.as_bytes()).expect("the file is of a known kind");
    let parsed = Parsed::at(language, Path::new(path), template).expect("it parses");
    let references = parsed.references()?;
    assert!(references.iter().all(|reference| reference.target == "PASSWORD"), "{references:?}");
    parsed.render(Path::new(path), &references, &vec![value; references.len()])
}

/// A format's path, a file of it with [`SECRET`] in it, and the Python that reads the value from `text`.
const FORMATS: [(&str, &str, &str); 14] = [
    ("a.json", r#"{"a": ["x", {"p": "0ld-v4lue"}], "b": 1}"#, "json.loads(text)['a'][1]['p']"),
    ("b.json", r#"{"url": "x://u:0ld-v4lue@h/\u00e9"}"#, "json.loads(text)['url'][6:-4]"),
    ("a.toml", "[a]\np = \"0ld-v4lue\" # note\nq = 1\n", "tomllib.loads(text)['a']['p']"),
    ("b.toml", "[a]\np = 'C:\\x\"0ld-v4lue'\n", "tomllib.loads(text)['a']['p'][5:]"),
    ("c.toml", "p = \"\"\"\nfirst\n0ld-v4lue\"\"\"\n", "tomllib.loads(text)['p'][6:]"),
    ("d.toml", "p = '''\nfirst \\ \"\n0ld-v4lue'''\n", "tomllib.loads(text)['p'][10:]"),
    ("a.ini", "[a]\np = 0ld-v4lue\nq: 2\n", "ini(text)['a']['p']"),
    ("a.xml", "<?xml version=\"1.0\"?>\n<a b=\"0ld-v4lue\"><c>x</c></a>", "ET.fromstring(text).get('b')"),
    ("b.xml", "<a><c k='1'>0ld-v4lue</c></a>", "ET.fromstring(text).find('c').text"),
    ("a.yaml", "a:\n  p: 0ld-v4lue # note\n  q: [1]\n", "yaml.safe_load(text)['a']['p']"),
    ("b.yaml", "a: {p: 0ld-v4lue, q: \"x\"}\n", "yaml.safe_load(text)['a']['p']"),
    ("c.yaml", "- p: 'it''s 0ld-v4lue'\n", "yaml.safe_load(text)[0]['p'][5:]"),
    (".netrc", "machine h login u password 0ld-v4lue\nmachine i login v password w\n", "rc(text)"),
    (".pypirc", "[pypi]\nusername = u\npassword = 0ld-v4lue\n", "ini(text)['pypi']['password']"),
];

const READER: &str = r"
import configparser, json, netrc, sys, tempfile, tomllib, yaml
import xml.etree.ElementTree as ET
def ini(text):
    parser = configparser.RawConfigParser(); parser.read_string(text); return parser
def rc(text):
    with tempfile.NamedTemporaryFile('w', encoding='utf-8') as file:
        file.write(text); file.flush(); return netrc.netrc(file.name).authenticators('h')[2]
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    text = one['text']
    try: read = eval(one['reader'])
    except Exception as error: read = error
    if not isinstance(read, str) or '=' + read != one['value']: print('DIFFERS', one, repr(read))
print('done')
";

#[test]
fn each_reader_gets_the_value_back() {
    let mut dice = Dice(31);
    let mut values: Vec<String> = [
        "plain",
        "it's",
        "a\"b",
        "back\\slash",
        "line\nbreak",
        "tab\there",
        "${x}",
        "{{ y }}",
        "%(z)s",
        "a: b",
        "# c",
        " d ",
        "<&>",
        "]]>",
        "😀 é 漢",
        "yes",
        "007",
        "1e3",
        "null",
        "'''",
        "\"\"\"",
        "'",
        "\"",
        "\\",
        "\r\n",
        "\u{7f}",
        "\u{85}\u{2028}",
        "\u{1}",
        "keylift://PASSWORD",
        "~",
        "-",
        "@at",
        "`tick`",
        "*star",
        "&and",
        "a;b",
        "x ;y",
    ]
    .map(str::to_owned)
    .into();
    values.extend((0..60).map(|_| dice.value()));
    let mut input = Vec::new();
    for (path, before, reader) in FORMATS {
        let template = template(path, before, SECRET).unwrap_or_else(|code| panic!("{path}: {code}"));
        let mut carried = 0;
        for value in &values {
            let Ok(text) = render(path, &template, value) else { continue };
            carried += 1;
            let pairs = [("text", text.as_str()), ("reader", reader), ("value", &format!("={value}"))];
            input.push(Value::Mapping(
                pairs.map(|(key, value)| (key.into(), value.into())).into_iter().collect::<Mapping>(),
            ));
        }
        let least = match path {
            ".netrc" | "a.ini" | ".pypirc" => values.len() / 5,
            _ => values.len() - 12,
        };
        assert!(carried >= least, "{path}: {carried} of {}", values.len());
    }
    judge(READER, &Value::Sequence(input));
}

#[test]
fn java_s_properties_and_sql_are_written_in_their_escapes() {
    let properties = template("a.properties", "p=0ld-v4lue\nq=1\n", SECRET).expect("a template");
    assert_eq!(render("a.properties", &properties, " é\\\n=").as_deref(), Ok("p=\\ \\u00e9\\\\\\n=\nq=1\n"));
    let sql = template("a.sql", "CREATE USER u PASSWORD '0ld-v4lue';\n", SECRET).expect("a template");
    assert_eq!(render("a.sql", &sql, "it's").as_deref(), Ok("CREATE USER u PASSWORD 'it''s';\n"));
    let pgpass = template(".pgpass", "h:5432:db:u:0ld-v4lue\n", SECRET).expect("a template");
    assert_eq!(render(".pgpass", &pgpass, "a:b\\").as_deref(), Ok("h:5432:db:u:a\\:b\\\\\n"));
}

#[test]
fn what_cannot_be_carried_is_refused_before_anything_is_stored() {
    for (path, before, value) in [
        ("a.json", "{\"p\": 12345678}", "12345678"),
        ("a.yaml", "p: 12345678\n", "12345678"),
        ("a.yaml", "p: |\n  s3cret\n", "s3cret"),
        ("a.ini", "[a]\np = 5%-off\n", "5%-off"),
        ("a.sql", "SELECT 'back\\slash';\n", "back\\slash"),
    ] {
        assert_eq!(template(path, before, value), Err("not-carried".to_owned()), "{before}");
    }
    for (path, before) in
        [("kustomization.yaml", "secretGenerator:\n- literals: [a=s3cret]\n"), ("x.tfstate", "{\"p\": \"s3cret\"}")]
    {
        let language = detect(Path::new(path), before.as_bytes()).expect("known");
        let parsed = Parsed::at(language, Path::new(path), before).expect("it parses");
        let start = before.find("s3cret").expect("there");
        let refusal = parsed.place_with(&(start..start + 6), Style::Inject).expect_err("no template");
        assert!(!refusal.advice.contains("keylift inject"), "{refusal:?}");
    }
}

#[test]
fn references_are_unmistakable() {
    let text = "{\"a\": \"keylift://PASSWORD and keylift://{PASSWORD}s\"}";
    assert_eq!(render("a.json", text, "x").as_deref(), Ok("{\"a\": \"x and xs\"}"));
    for (text, line) in
        [("{\n\"a\": \"keylift://\"}", 2), ("{\"a\": \"keylift://{x\"}", 1), ("{\"a\":\n keylift://PASSWORD}", 2)]
    {
        assert!(
            matches!(render("a.json", text, "x"), Err(TemplateError::Malformed { line: at, .. }) if at == line),
            "{text}"
        );
    }
    // No value goes into a comment, or takes the place of a key.
    let commented = "p = \"keylift://PASSWORD\" # keylift://PASSWORD\n";
    assert_eq!(render("a.toml", commented, "x").as_deref(), Ok("p = \"x\" # keylift://PASSWORD\n"));
    let key = "{\"keylift://PASSWORD\": 1}";
    assert_eq!(render("a.json", key, "x"), Err(TemplateError::Differs));
}
