//! Every built-in rule is usable: its pattern compiles, and it has keywords to be found by. The generic ones have no
//! keywords: they go by what a value is bound to.

use keylift::rules::Engine;

#[test]
fn every_builtin_pattern_compiles() {
    let rules: Vec<_> = Engine::builtin().rules().filter(|rule| !rule.id.starts_with("generic-")).cloned().collect();
    assert!(rules.len() >= 300, "{} rules", rules.len());
    let mut wrong = Vec::new();
    for rule in rules {
        if let Err(error) = Engine::with(vec![rule]) {
            wrong.push(error.to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_file_is_read_and_no_id_stands_twice() {
    let mut ids = std::collections::BTreeSet::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/builtin");
    for entry in std::fs::read_dir(folder).expect("the folder of rules") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a rule file");
        let file: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        for rule in file["rules"].as_sequence().expect("a list of rules") {
            let id = rule["id"].as_str().expect("an id").to_owned();
            assert!(Engine::builtin().rule(&id).is_some(), "{id} of {} was left out", path.display());
            assert!(ids.insert(id.clone()), "{id} stands twice");
        }
    }
    assert_eq!(ids.len(), Engine::builtin().rules().count());
}
