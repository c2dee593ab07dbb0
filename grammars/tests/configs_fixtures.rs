//! The fixtures of config formats through the readers of their formats, before and after: every key and every other value
//! is where it was, and what was text is text.

use std::path::Path;

use crate::configs::judge;
use serde_yaml::{Mapping, Value};

/// Dialects whose files their base format's reader reads as they stand: no template around them.
const DIALECTS: [&str; 22] = [
    "ansible",
    "cloudformation",
    "docker-compose",
    "docker-compose-content",
    "github-actions",
    "gitlab-ci",
    "helm-values",
    "ini",
    "json",
    "kubeconfig",
    "kubernetes",
    "maven",
    "pypirc",
    "serverless",
    "spring-yaml",
    "spring-yaml-content",
    "symfony-yaml",
    "toml",
    "wrangler",
    "xml",
    "yaml",
    "yarnrc",
];

const READER: &str = r#"
import configparser, json, re, sys, tomllib, yaml
import xml.etree.ElementTree as ET
class Loader(yaml.SafeLoader): pass
def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode): return [suffix, loader.construct_scalar(node)]
    deep = loader.construct_sequence if isinstance(node, yaml.SequenceNode) else loader.construct_mapping
    return [suffix, deep(node, True)]
Loader.add_multi_constructor('!', tagged)
def bare(text):  # without comments, and without commas after the last entry
    text = re.sub(r'(?s)("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda found: found[1] or '', text)
    return re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or '', text)
def element(node):
    return [node.tag, dict(node.attrib), (node.text or '').strip(), [element(child) for child in node]]
def ini(text):
    parser = configparser.RawConfigParser(strict=False); parser.read_string(text)
    return {name: dict(section) for name, section in parser.items()}
READERS = {
    'yaml': lambda text: list(yaml.load_all(text, Loader)), 'yml': lambda text: list(yaml.load_all(text, Loader)),
    'template': lambda text: list(yaml.load_all(text, Loader)), 'json': lambda text: json.loads(bare(bare(text))), 'toml': tomllib.loads,
    'ini': ini, 'cfg': ini, 'pypirc': ini,
    'xml': lambda text: element(ET.fromstring(text)), 'plist': lambda text: element(ET.fromstring(text)),
    'resx': lambda text: element(ET.fromstring(text)),
}
# What becomes of a key together with its value.
KEYS = {'kubernetes': {'value': 'valueFrom'}, 'cloudformation': {'Default': 'NoEcho'}}
def compare(old, new, keys, at, out):
    if isinstance(old, dict) and dialect == 'gitlab-ci' and at[-1:] == ['variables'] and set(old) - set(new or {}):
        # Entries that the service has under the same name.
        old, new = {k: v for k, v in old.items() if k in (new or {})}, new or {}
        out.append(None)
    if isinstance(old, dict) and isinstance(new, dict):
        if isinstance(old.get('NoEcho'), bool) and old['NoEcho'] and 'Default' not in new: old = {k: v for k, v in old.items() if k != 'Default'}
        for key, value in old.items():
            other = key if key in new else keys.get(key)
            if other not in new: out.append(('LOST', at, key))
            elif other != key: out.append(None)
            else: compare(value, new[key], keys, at + [key], out)
        if len(old) != len(new): out.append(('KEYS', at, list(old), list(new)))
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new): out.append(('LENGTH', at))
        for index, (one, two) in enumerate(zip(old, new)): compare(one, two, keys, at + [index], out)
    elif old != new:
        out.append(None if isinstance(new, str) and new else ('TYPE', at, old, new))
odd = []
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    dialect = one['dialect']; read, keys, found = READERS[one['kind']], KEYS.get(dialect, {}), []
    try: before = read(one['before'])
    except yaml.composer.ComposerError: odd.append(one['case']); continue
    try: compare(before, read(one['after']), keys, [], found)
    except Exception as error: print('UNREAD', one['case'], error); continue
    for wrong in filter(None, found): print(one['case'], wrong)
    if not found and one['comments'] is False: print('UNCHANGED', one['case'])
# One of them refers to an anchor of another document, which no reader takes.
if len(odd) > 1: print('ODD', odd)
print('done')
"#;

#[test]
fn fixtures_keep_their_shape_for_the_readers_of_their_formats() {
    let languages = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages");
    let mut input = Vec::new();
    for dialect in DIALECTS {
        let cases = std::fs::read_dir(languages.join(dialect).join("fixtures"));
        for case in cases.into_iter().flatten().flatten().map(|entry| entry.path()) {
            let files = std::fs::read_dir(&case).expect("a case").flatten().map(|entry| entry.path());
            let named = |path: &Path, stem: &str| path.file_stem().is_some_and(|name| name == stem);
            let files: Vec<_> = files.collect();
            let Some(after) = files.iter().find(|path| named(path, "after")) else { continue };
            let before = files.iter().find(|path| named(path, "before")).expect("before.EXT");
            let text = |path: &Path| std::fs::read_to_string(path).expect("text");
            let kind = after.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let (old, new) = (text(before), text(after));
            // Templates, Secrets that are another kind of object now, and those of compose files: others read those. Neither
            // do formats that only look like one of these.
            let exchanged = dialect == "kubernetes" && (old.contains("{{") || new.contains("kind: ExternalSecret"))
                || dialect == "docker-compose" && new.contains("/run/secrets/");
            if exchanged || ["service", "conf", "curlrc", "gitconfig"].contains(&kind) {
                continue;
            }
            let mut map = Mapping::new();
            let name = case.display().to_string();
            let pairs =
                [("case", name.as_str()), ("dialect", dialect), ("kind", kind), ("before", &old), ("after", &new)];
            for (key, value) in pairs {
                map.insert(key.into(), value.into());
            }
            map.insert("comments".into(), old.contains('#').into());
            input.push(Value::Mapping(map));
        }
    }
    assert!(input.len() >= 40, "{} fixtures", input.len());
    judge(READER, &Value::Sequence(input));
}
