//! Every fixture of every language: `languages/NAME/fixtures/CASE/{case.yaml,before.EXT,after.EXT}`.
//!
//! `case.yaml` lists the values to lift, in order, each with the name that it gets or the code that it is refused with.
//! Where `after.EXT` is missing, nothing may change. Checked for each: the file is taken for that language, the text
//! comes out as in `after`, it parses no worse, what was lifted is gone, and undo gives back the identical text.
//! `KEYLIFT_WRITE_FIXTURES=1` writes `after.EXT` as it comes out, to be read before it is committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use keylift_grammars::{Addresses, Edit, Entry, Parsed, Request, Style, apply, detect, undo};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Where the file stands in its project; `before.EXT` unless told.
    path: Option<String>,
    #[serde(default = "env")]
    style: Style,
    /// The store that is planned for, where lookups name its entries.
    store: Option<Store>,
    values: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    service: String,
    /// What stands before a name in the store.
    #[serde(default)]
    prefix: String,
    field: Option<String>,
    #[serde(default)]
    facts: BTreeMap<String, String>,
}

impl Store {
    fn addresses(&self, values: &[Value]) -> Addresses {
        let entry = |name: &String| {
            let entry = Entry { key: format!("{}{name}", self.prefix), field: self.field.clone(), version: None };
            (name.clone(), entry)
        };
        let entries: BTreeMap<_, _> = values.iter().filter_map(|value| value.name.as_ref()).map(entry).collect();
        Addresses { service: self.service.clone(), facts: self.facts.clone(), entries: Some(entries.into()) }
    }
}

fn env() -> Style {
    Style::Env
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    /// As it stands in `before`.
    text: String,
    /// Which of its places, from 1.
    #[serde(default = "first")]
    place: usize,
    /// The name that it gets, where it is lifted.
    name: Option<String>,
    /// The code that it is refused with, where it is not.
    refused: Option<String>,
    /// What the store gets, where it differs from `text`.
    means: Option<String>,
    /// The best name that the code proposes, where the case is about that.
    proposed: Option<String>,
}

fn first() -> usize {
    1
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

/// The file of a case that is called so, whatever its extension.
fn file(case: &Path, stem: &str) -> Option<PathBuf> {
    let named = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.split('.').next() == Some(stem))
    };
    fs::read_dir(case).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(named)
}

fn check(language: &str, folder: &Path) -> Result<(), String> {
    let text = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let case: Case =
        serde_yaml::from_str(&text(&folder.join("case.yaml"))?).map_err(|error| format!("case.yaml: {error}"))?;
    let before_path = file(folder, "before").ok_or("no before.EXT")?;
    let before = text(&before_path)?;
    let wanted = file(folder, "after").map_or_else(|| Ok(before.clone()), |path| text(&path))?;
    let name = before_path.file_name().map(PathBuf::from).unwrap_or_default();
    let path = case.path.as_ref().map_or(name, PathBuf::from);
    let grammar = detect(&path, before.as_bytes()).ok_or("the file is of no known kind")?;
    if grammar.name != language {
        return Err(format!("the file is taken for {}", grammar.name));
    }
    let parsed = Parsed::at(grammar, &path, &before).ok_or("it does not parse")?;
    let parsed = match &case.store {
        Some(store) => parsed.stored(store.addresses(&case.values)),
        None => parsed,
    };
    let mut requests = Vec::new();
    for value in &case.values {
        let (start, found) =
            before.match_indices(&value.text).nth(value.place - 1).ok_or(format!("{} is not there", value.text))?;
        let name = value.name.clone().unwrap_or_else(|| "REFUSED".into());
        requests.push(Request { span: start..start + found.len(), name, style: case.style });
    }
    let rewrite = parsed.rewrite(&requests);
    let mut edits: Vec<Edit> = Vec::new();
    for (value, outcome) in case.values.iter().zip(&rewrite.outcomes) {
        match (outcome, &value.refused) {
            (Ok(own), None) => edits.extend(own.iter().cloned()),
            (Err(refusal), Some(code)) if refusal.code == *code => {
                let sentence = |text: &str| text.ends_with(['.', ')']) && !text.contains(&value.text);
                if !sentence(&refusal.reason) || !sentence(&refusal.advice) {
                    return Err(format!("{refusal:?} does not read as sentences without the value"));
                }
            }
            (outcome, expected) => {
                return Err(format!("{}: {:?}, where {expected:?} was expected", value.text, outcome.as_ref().err()));
            }
        }
    }
    if !edits.is_empty() {
        edits.extend(rewrite.shared);
    }
    let after = apply(&before, &edits).ok_or("edits overlap")?;
    if after != wanted && std::env::var_os("KEYLIFT_WRITE_FIXTURES").is_some() {
        let name = before_path.file_name().map(|name| name.to_string_lossy().replacen("before", "after", 1));
        fs::write(folder.join(name.unwrap_or_default()), &after).map_err(|error| error.to_string())?;
    } else if after != wanted {
        return Err(format!("after:\n{after}\nwanted:\n{wanted}"));
    }
    let again = Parsed::at(grammar, &path, &after).ok_or("the result does not parse")?;
    if again.syntax_errors() > parsed.syntax_errors() {
        return Err("the result has a new syntax error".into());
    }
    let mut stored = Vec::new();
    for (value, request) in case.values.iter().zip(&requests) {
        let place = match (parsed.place_with(&request.span, case.style), &value.refused) {
            (Ok(place), _) => place,
            (Err(_), Some(_)) => {
                stored.push(Vec::new());
                continue;
            }
            (Err(refusal), None) => return Err(format!("{}: place says {refusal:?}", value.text)),
        };
        let means = value.means.as_ref().unwrap_or(&value.text);
        if value.refused.is_none() && place.value != means.as_bytes() {
            return Err(format!("{} means {}", value.text, String::from_utf8_lossy(&place.value)));
        }
        if value.proposed.is_some() && place.names.first() != value.proposed.as_ref() {
            return Err(format!("{}: the names are {:?}", value.text, place.names));
        }
        stored.push(place.value);
    }
    for value in case.values.iter().filter(|value| value.refused.is_none()) {
        let lifted = case.values.iter().filter(|other| other.refused.is_none() && other.text == value.text).count();
        if after.matches(&value.text).count() + lifted > before.matches(&value.text).count() {
            return Err(format!("{} is still there", value.text));
        }
    }
    let undos = parsed.undo(&requests, &edits).ok_or("an edit cannot be taken back")?;
    let stored: Vec<&[u8]> = stored.iter().map(Vec::as_slice).collect();
    match undo(&after, &undos, &stored) {
        Ok(text) if text == before => Ok(()),
        other => Err(format!("undo gives {other:?}")),
    }
}

#[test]
fn every_fixture_comes_out_as_written() {
    let languages = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages");
    let (mut count, mut wrong) = (0, Vec::new());
    for language in folders(&languages) {
        let name = language.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for case in folders(&language.join("fixtures")) {
            count += 1;
            if let Err(message) = check(name, &case) {
                wrong.push(format!("{}: {message}", case.display()));
            }
        }
    }
    assert!(count > 0, "there are fixtures");
    assert!(wrong.is_empty(), "{} of {count} fixtures:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// Folders whose files are told by a path or a sentence of their own, and are otherwise those of another folder, which has
/// the fixtures: what the dialect says is that it is one.
const DIALECTS: [(&str, &str); 27] = [
    ("android-resources", "XML, with advice of its own"),
    ("ansible-playbook", "Ansible, told by what a playbook has"),
    ("appsettings", "JSON, with advice of its own"),
    ("astro", "TypeScript between two lines of dashes"),
    ("aws-credentials", "INI, with advice of its own"),
    ("ci", "YAML, with advice of its own"),
    ("composer-auth", "JSON, with advice of its own"),
    ("docker-compose-content", "docker compose, told by what is in it"),
    ("docker-config", "JSON, with advice of its own"),
    ("dotenv-example", ".env, whose values are examples"),
    ("dotnet-config", "XML, with advice of its own"),
    ("google-service-account", "JSON, with advice of its own"),
    ("hcl", "HCL of a program that nothing tells, with advice of its own"),
    ("maven", "XML, with Maven's own form of a lookup"),
    ("mysql-options", "INI, with advice of its own"),
    ("packer", "Terraform, with Packer's function"),
    ("spring-yaml-content", "Spring's YAML, told by what is in it"),
    ("supervisor", "INI, with advice of its own"),
    ("symfony-yaml", "YAML, with Symfony's own form of a lookup"),
    ("terraform-state", "JSON, with advice of its own"),
    ("terragrunt", "HCL, with Terragrunt's function"),
    ("wrangler", "TOML, with advice of its own"),
    ("yarnrc", "YAML, with Yarn's own form of a lookup"),
    ("bare-credential", "a file that is one value: there is no second shape"),
    ("git-credentials", "lines that are one address each, refused"),
    ("htpasswd", "lines that are one hash each, refused"),
    ("pgpass", "lines of five fields, of which the last is the value"),
];

/// Files in which nothing is looked up: a key is a value, prose is crossed out or left to its reader.
const NEITHER: [(&str, &str); 2] =
    [("private-key", "the file is the value"), ("text", "text of no format, in which nothing is placed")];

/// Whatever is crossed out in documentation need not be refused.
const NEVER_REFUSES: &str = "markdown";

#[test]
fn every_language_has_twelve_fixtures_and_four_refusals() {
    let languages = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages");
    let refuses =
        |case: &PathBuf| fs::read_to_string(case.join("case.yaml")).is_ok_and(|text| text.contains("refused:"));
    let excused: Vec<&str> = DIALECTS.iter().chain(&NEITHER).map(|(name, _)| *name).collect();
    let (mut wrong, mut counted) = (Vec::new(), 0);
    for language in folders(&languages) {
        let name = language.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let recipe = fs::read_to_string(language.join("recipe.yaml")).expect("a recipe");
        // A base is nobody's file.
        if !recipe.lines().any(|line| line.starts_with("detect:")) {
            continue;
        }
        let cases = folders(&language.join("fixtures"));
        let refusals = cases.iter().filter(|case| refuses(case)).count();
        let enough = cases.len() >= 12 && (refusals >= 4 || name == NEVER_REFUSES);
        counted += usize::from(enough);
        if enough == excused.contains(&name) {
            let excuse = if enough { "needs no excuse" } else { "has too few" };
            wrong.push(format!("{name} {excuse}: {} fixtures, {refusals} with refusals", cases.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(counted >= 56, "{counted} folders are counted");
}
