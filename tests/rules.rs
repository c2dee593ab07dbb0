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
