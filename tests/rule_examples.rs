//! Every rule's examples and counter-examples, expanded with random data: an example gives exactly one finding of its rule,
//! whose value is the token; a counter-example gives none.

mod templates;

use keylift::model::SourceFile;
use keylift::rules::{Engine, Rule};
use templates::{Random, expand};

/// How often each template is expanded.
const SEEDS: u64 = 6;

fn found(rule: &Rule, text: &str) -> Vec<String> {
    let file = SourceFile::disk("settings.txt", text.as_bytes().to_vec());
    Engine::builtin()
        .scan(&file)
        .into_iter()
        .filter(|finding| finding.rule == rule.id)
        .map(|finding| finding.secret.expose_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn every_example_is_found_and_no_counter_example_is() {
    let mut wrong: Vec<String> = Vec::new();
    let mut expanded = 0;
    for rule in Engine::builtin().rules() {
        for (number, template) in rule.examples.iter().enumerate() {
            for seed in 0..SEEDS {
                let Ok((text, tokens)) = expand(template, &mut Random::new(&rule.id, number, seed)) else {
                    wrong.push(format!("{} example {number}: a placeholder that nobody knows", rule.id));
                    break;
                };
                expanded += 1;
                let values = found(rule, &text);
                let right = values.len() == 1
                    && (tokens.is_empty() || tokens.iter().any(|token| values[0].contains(token.as_str())));
                if !right {
                    wrong.push(format!("{} example {number}, seed {seed}: {} findings", rule.id, values.len()));
                    break;
                }
            }
        }
        for (number, template) in rule.counter_examples.iter().enumerate() {
            for seed in 0..SEEDS {
                let Ok((text, _)) = expand(template, &mut Random::new(&rule.id, number + 100, seed)) else {
                    wrong.push(format!("{} counter-example {number}: a placeholder that nobody knows", rule.id));
                    break;
                };
                if !found(rule, &text).is_empty() {
                    wrong.push(format!("{} counter-example {number}, seed {seed}: found", rule.id));
                    break;
                }
            }
        }
    }
    assert!(expanded > 2000, "only {expanded} examples");
    assert!(wrong.is_empty(), "{} of the templates fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_example_holds_a_keyword_of_its_rule() {
    for rule in Engine::builtin().rules() {
        for (number, template) in rule.examples.iter().enumerate() {
            if let Ok((text, _)) = expand(template, &mut Random::new(&rule.id, number, 0)) {
                let lower = text.to_ascii_lowercase();
                let any = rule.keywords.iter().any(|keyword| lower.contains(&keyword.to_ascii_lowercase()));
                assert!(any || rule.keywords.is_empty(), "{} example {number}", rule.id);
            }
        }
    }
}
