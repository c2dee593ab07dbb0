use proptest::prelude::*;

use super::*;
use crate::model::SourceFile;
use crate::rules::Engine;
use crate::rules::template::expand;

fn found(carried: Carried, text: &str) -> Vec<(String, String)> {
    let engine = Engine::with(carried.rules).unwrap();
    let found = engine.scan(&SourceFile::disk("a.txt", text.as_bytes()));
    let value = |secret: &keylift_providers::Secret| secret.expose_str().unwrap_or_default().to_owned();
    found.into_iter().map(|finding| (finding.rule, value(&finding.secret))).collect()
}

const GITLEAKS: &str = r#"
title = "ours"
[extend]
useDefault = true
[[rules]]
id = "acme_Token"
description = "Acme token"
regex = '''(?i)(acme|apex)-(id)-([a-f0-9]{16})\b'''
secretGroup = 3
entropy = 2.5
keywords = ["elsewhere"]
[[rules.allowlists]]
stopwords = ["test"]
[[rules]]
id = "behind"
regex = '''(?<=x)abcdef[0-9]{5}'''
keywords = ["abcdef"]
[[rules]]
id = "vague"
regex = '''[a-z0-9]{32}'''
[[rules]]
id = "keys"
path = '''\.p12$'''
"#;

#[test]
fn gitleaks_rules_carry_over_and_the_rest_is_listed() {
    let carried = read("x/.gitleaks.toml", GITLEAKS).unwrap();
    let ids: Vec<&str> = carried.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids, ["acme-token"]);
    assert_eq!(&*carried.rules[0].keywords, ["acme-id-", "apex-id-"], "what the pattern shows, not what the file says");
    let lost = carried.lost.join("\n");
    for part in [
        "useDefault",
        "acme-token: its allowlists",
        "behind: left out",
        "look-around",
        "vague: left out",
        "keys: left out",
    ] {
        assert!(lost.contains(part), "{part} is in\n{lost}");
    }
    let token = expand("{{hex:16}}", 3).unwrap();
    assert_eq!(found(carried, &format!("x = APEX-ID-{token};")), [("acme-token".to_owned(), token)]);
}

#[test]
fn kingfisher_rules_carry_over_and_the_rest_is_listed() {
    let text = r"
rules:
  - name: Acme key
    id: kingfisher.acme.1
    pattern: |
      (?x)(?i)
      acme_     # what it starts with
      (?P<TOKEN> [a-z0-9]{20} )
    min_entropy: 2.0
    confidence: high
    references: ['https://acme.example/docs']
    validation: {type: Http}
    examples: ['x']
  - {name: Seen by others, id: kingfisher.acme.2, visible: false, pattern: 'acmeid_[0-9]{8}'}
";
    let carried = read("acme.yml", text).unwrap();
    assert_eq!(carried.rules.len(), 2);
    assert_eq!(carried.rules[0].confidence, Confidence::High);
    assert_eq!(carried.rules[1].kind, Kind::Identifier);
    assert_eq!(carried.lost, ["kingfisher-acme-1: its validation: `live` in a rule of keylift's own schema does it"]);
    let token = expand("{{alnum-lower:20}}", 5).unwrap();
    assert_eq!(found(carried, &format!("acme_{token}")), [("kingfisher-acme-1".to_owned(), token)]);
}

#[test]
fn own_rules_are_read_strictly() {
    let rule = "rules:\n  - {id: acme-key, name: Acme key, kind: api-key, severity: high, confidence: high, pattern: 'acme_([a-z]{9})', keywords: [acme_]}\n";
    assert_eq!(read("a.yaml", rule).unwrap().rules.len(), 1);
    assert!(read("a.yaml", &rule.replace("kind:", "sort: x, kind:")).is_err(), "an unknown field is a slip");
    assert!(read("a.yaml", "just text").is_err());
    let error = read("a.toml", "[[rules]]\nid = 3\n").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn literals_are_in_every_match() {
    for (pattern, words) in [
        ("key-[a-z]{4}", &["key-"][..]),
        ("(?i)(?:Foo|bar)_[0-9]+", &["bar_", "foo_"][..]),
        ("[a-z]{20}", &[]),
        ("(abc)?[0-9]{3}", &[]),
        ("(?:abcd|[0-9]{9})x", &[]),
    ] {
        let mut found = literals::in_every_match(pattern);
        found.sort();
        assert_eq!(found, words, "{pattern}");
    }
}

#[test]
fn a_rule_of_a_built_in_id_stands_beside_it() {
    let text = "[[rules]]\nid = \"github-pat\"\nregex = \'\'\'ghp_[0-9a-zA-Z]{36}\'\'\'\n";
    let carried = read("rules.toml", text).unwrap();
    assert_eq!(&*carried.rules[0].id, "gitleaks-github-pat");
    assert!(carried.lost[0].starts_with("github-pat: its id"), "{:?}", carried.lost);
    let token = expand("ghp_{{crc32-base62:30}}", 5).unwrap();
    assert_eq!(found(carried, &format!("t = {token}\n")), [("github-pat".to_owned(), token)]);
}

#[test]
fn comments_in_patterns_of_kingfisher_are_left_out() {
    let text = "rules:\n- name: Acme\n  id: acme.1\n  pattern: |\n    (?x)\n    acme_ (?# prefix )\n    ([0-9a-f]{16}) (?# random )\n";
    let carried = read("acme.yml", text).unwrap();
    assert_eq!(carried.lost, Vec::<String>::new());
    let token = expand("{{hex:16}}", 3).unwrap();
    assert_eq!(found(carried, &format!("x: acme_{token}")), [("acme-1".to_owned(), token)]);
}

proptest! {
    #[test]
    fn any_rule_file_does_no_harm(text in "(\\[\\[rules\\]\\]\n)?(id = \"[a-z.]{0,4}\"\n)?(regex = '''.{0,20}'''\n)?(secretGroup = [0-9]\n)?.{0,30}", toml in any::<bool>()) {
        let _ = read(if toml { "a.toml" } else { "a.yaml" }, &text);
    }

    /// A keyword that is not in some match would hide findings.
    #[test]
    fn extracted_literals_are_in_generated_matches(sample in proptest::string::string_regex("(?:tok|key)_[a-z]{2}(?:-x1y)?-[0-9]{4}|secret:[a-f]{6}").unwrap()) {
        let words = literals::in_every_match("(?:tok|key)_[a-z]{2}(?:-x1y)?-[0-9]{4}|secret:[a-f]{6}");
        prop_assert!(!words.is_empty() && words.iter().any(|word| sample.contains(word.as_str())), "{:?} {}", words, sample);
    }
}
