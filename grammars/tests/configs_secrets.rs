//! Secrets that became `ExternalSecrets`: what the External Secrets Operator makes of them is the Secret that was there.
//!
//! The reader knows the keys of `external-secrets.io/v1` that the rewrite may use, and refuses all others.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_yaml::Value;

#[derive(Deserialize)]
struct Case {
    store: Option<Value>,
    values: Vec<Lifted>,
}

#[derive(Deserialize)]
struct Lifted {
    text: String,
    name: Option<String>,
    means: Option<String>,
}

/// A Secret ("Secret v1 core" of the API reference).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "it is read to know that nothing else is there")]
struct Secret {
    api_version: String,
    kind: String,
    metadata: Value,
    #[serde(rename = "type", default = "opaque")]
    kind_of: String,
    #[serde(default)]
    immutable: bool,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    string_data: BTreeMap<String, String>,
}

fn opaque() -> String {
    "Opaque".into()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExternalSecret {
    api_version: String,
    metadata: Value,
    #[serde(rename = "kind")]
    _kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    refresh_interval: String,
    secret_store_ref: StoreRef,
    target: Target,
    data: Vec<Datum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreRef {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    creation_policy: String,
    #[serde(default)]
    immutable: bool,
    template: Option<Template>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Template {
    #[serde(rename = "engineVersion")]
    engine: Option<String>,
    #[serde(rename = "type", default = "opaque")]
    kind_of: String,
    #[serde(default)]
    metadata: Value,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Datum {
    secret_key: String,
    remote_ref: RemoteRef,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoteRef {
    key: String,
    property: Option<String>,
}

/// What a cluster knows of a Secret: its type, whether it may change, labels and annotations, and the values.
type Known = (String, bool, Value, Value, BTreeMap<String, Vec<u8>>);

fn of_secret(secret: Secret) -> Known {
    let decode = |(key, text): (String, String)| (key, STANDARD.decode(text).expect("base64"));
    let mut values: BTreeMap<String, Vec<u8>> = secret.data.into_iter().map(decode).collect();
    values.extend(secret.string_data.into_iter().map(|(key, text)| (key, text.into_bytes())));
    (
        secret.kind_of,
        secret.immutable,
        secret.metadata["labels"].clone(),
        secret.metadata["annotations"].clone(),
        values,
    )
}

/// What the operator makes (its pages "`ExternalSecret`" and "Advanced Templating v2").
fn of_external(external: ExternalSecret, stored: &BTreeMap<String, String>) -> Known {
    assert_eq!(external.api_version, "external-secrets.io/v1");
    assert_eq!((&*external.spec.refresh_interval, &*external.spec.target.creation_policy), ("1h", "Owner"));
    assert!(
        external.spec.secret_store_ref.kind.ends_with("SecretStore") && !external.spec.secret_store_ref.name.is_empty()
    );
    let read = |datum: Datum| {
        let value = &stored[&format!("{}#{}", datum.remote_ref.key, datum.remote_ref.property.unwrap_or_default())];
        (datum.secret_key, value.clone())
    };
    let provided: BTreeMap<String, String> = external.spec.data.into_iter().map(read).collect();
    let plain =
        |values: BTreeMap<String, String>| values.into_iter().map(|(key, text)| (key, text.into_bytes())).collect();
    let target = external.spec.target;
    match target.template {
        None => {
            let (labels, annotations) = (&external.metadata["labels"], &external.metadata["annotations"]);
            (opaque(), target.immutable, labels.clone(), annotations.clone(), plain(provided))
        }
        Some(template) => {
            let (labels, annotations) = (&template.metadata["labels"], &template.metadata["annotations"]);
            let values = if template.data.is_empty() {
                plain(provided)
            } else {
                assert_eq!(template.engine.as_deref(), Some("v2"));
                template.data.into_iter().map(|(key, text)| (key, filled(&text, &provided))).collect()
            };
            (template.kind_of, target.immutable, labels.clone(), annotations.clone(), values)
        }
    }
}

/// A Go template of which the rewrite uses two actions.
fn filled(template: &str, provided: &BTreeMap<String, String>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{ ") {
        out.extend_from_slice(before.as_bytes());
        let (action, after) = after.split_once(" }}").expect("an action ends");
        match (action.strip_prefix('.'), action.strip_suffix(" | b64dec")) {
            (Some(name), _) => out.extend_from_slice(provided[name].as_bytes()),
            (None, Some(text)) => out.extend(STANDARD.decode(text.trim_matches('"')).expect("base64")),
            (None, None) => panic!("{action} is no action that is used"),
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// All objects of a file, those of lists too.
fn objects(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text).map(|one| Value::deserialize(one).expect("YAML"));
    let inner = |value: Value| value["items"].as_sequence().cloned().unwrap_or_else(|| vec![value]);
    documents.flat_map(inner).collect()
}

#[test]
fn the_operator_makes_the_secret_that_was_there() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages/kubernetes/fixtures");
    let mut checked = 0;
    for case in std::fs::read_dir(fixtures).expect("fixtures").flatten().map(|entry| entry.path()) {
        let text = |name: &str| std::fs::read_to_string(case.join(name)).unwrap_or_default();
        let about: Case = serde_yaml::from_str(&text("case.yaml")).expect("a case");
        let (before, after) = (text("before.yaml"), text("after.yaml"));
        // A chart's template is no YAML before Helm filled it in.
        if !after.contains("kind: ExternalSecret") || before.contains(": {{") {
            continue;
        }
        let store = about.store.expect("a case with a store");
        let entry = |name: &String| {
            let word = |key: &str| store[key].as_str().unwrap_or_default();
            format!("{}{name}#{}", word("prefix"), word("field"))
        };
        let stored = about.values.iter().filter_map(|value| {
            Some((entry(value.name.as_ref()?), value.means.clone().unwrap_or_else(|| value.text.clone())))
        });
        let stored: BTreeMap<String, String> = stored.collect();
        for (old, new) in objects(&before).into_iter().zip(objects(&after)) {
            if new["kind"] != "ExternalSecret" {
                assert_eq!(old, new);
                continue;
            }
            assert_eq!(old["metadata"], new["metadata"]);
            let old = of_secret(serde_yaml::from_value(old).expect("a Secret"));
            let new = of_external(serde_yaml::from_value(new).expect("an ExternalSecret"), &stored);
            assert_eq!(old, new, "{}", case.display());
            checked += 1;
        }
    }
    assert!(checked >= 6, "{checked} Secrets");
}
