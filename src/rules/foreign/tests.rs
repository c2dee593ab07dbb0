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

/// Opens no further file.
fn none(_: &str) -> Result<String, String> {
    Err("there is none".to_owned())
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
stopwords = ["Decade"]
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
    let carried = read("x/.gitleaks.toml", GITLEAKS, &none).unwrap();
    let ids: Vec<&str> = carried.rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(ids, ["acme-token"]);
    assert_eq!(&*carried.rules[0].keywords, ["acme-id-", "apex-id-"], "what the pattern shows, not what the file says");
    let lost = carried.lost.join("\n");
    for part in ["useDefault", "behind: left out", "look-around", "vague: left out", "keys: left out"] {
        assert!(lost.contains(part), "{part} is in\n{lost}");
    }
    let token = expand("{{hex:16}}", 3).unwrap();
    let text = format!("x = APEX-ID-{token};\ny = APEX-ID-decade0123decade;\n");
    assert_eq!(found(carried, &text), [("acme-token".to_owned(), token)]);
}

/// Values of the rules of a file, found in a file of a path.
fn values(file: &str, rules: &str, path: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let carried = read(file, rules, &none).unwrap();
    let ids: Vec<String> = carried.rules.iter().map(|rule| rule.id.to_string()).collect();
    let engine = Engine::with(carried.rules).unwrap();
    let found = engine.scan(&SourceFile::disk(path, text.as_bytes())).into_iter();
    let found = found.filter(|finding| ids.contains(&finding.rule));
    (found.map(|finding| finding.secret.expose_str().unwrap_or_default().to_owned()).collect(), carried.lost)
}

#[test]
fn allowlists_of_every_form_and_paths_carry_over() {
    let rule = "[[rules]]\nid = \"acme\"\nregex = 'acme=([a-z0-9]{9,20})'\n";
    let text = "acme=k3j9x2m4q # mock\nacme=q8w7e6r5t\n";
    for (more, path, left) in [
        ("", "a.txt", &["k3j9x2m4q", "q8w7e6r5t"][..]),
        ("path = '''\\.env$'''\n", "a.txt", &[]),
        ("path = '''\\.env$'''\n", "x/.env", &["k3j9x2m4q", "q8w7e6r5t"]),
        ("[rules.allowlist]\nregexes = ['^k3']\n", "a.txt", &["q8w7e6r5t"]),
        ("[[rules.allowlists]]\nregexTarget = \"line\"\nregexes = ['mock$']\n", "a.txt", &["q8w7e6r5t"]),
        ("[[rules.allowlists]]\nregexTarget = \"match\"\nregexes = ['mock$', '=q8']\n", "a.txt", &["k3j9x2m4q"]),
        ("[[rules.allowlists]]\ncondition = \"AND\"\npaths = ['^docs/']\nregexes = ['k3']\n", "docs/a", &["q8w7e6r5t"]),
        (
            "[[rules.allowlists]]\ncondition = \"AND\"\npaths = ['^docs/']\nregexes = ['k3']\n",
            "a",
            &["k3j9x2m4q", "q8w7e6r5t"],
        ),
        // Without the commit that it asks for as well, it would hold too often.
        (
            "[[rules.allowlists]]\ncondition = \"AND\"\ncommits = ['0a1b']\nregexes = ['k3']\n",
            "a",
            &["k3j9x2m4q", "q8w7e6r5t"],
        ),
        ("[[rules.allowlists]]\ncommits = ['0a1b']\nregexes = ['k3', '(?=x)']\n", "a", &["q8w7e6r5t"]),
        ("[allowlist]\npaths = ['a\\.txt']\n", "a.txt", &[]),
        ("filter = '''finding[\"secret\"] contains \"k3\"'''\n", "a.txt", &["q8w7e6r5t"]),
        (
            "[[rules]]\nid = \"other\"\nregex = 'other=([a-z]{9})'\nfilter = '''true'''\n",
            "a.txt",
            &["k3j9x2m4q", "q8w7e6r5t"],
        ),
        ("[[allowlists]]\ntargetRules = [\"acme\", \"other\"]\nstopwords = [\"K3J\"]\n", "a.txt", &["q8w7e6r5t"]),
        ("[[allowlists]]\ntargetRules = [\"other\"]\nstopwords = [\"K3J\"]\n", "a.txt", &["k3j9x2m4q", "q8w7e6r5t"]),
    ] {
        assert_eq!(values("a.toml", &format!("{rule}{more}"), path, text).0, left, "{more}");
    }
    let lost = |more: &str| values("a.toml", &format!("{rule}{more}"), "a", "").1.join("\n");
    assert!(lost("[rules.allowlist]\nregexes = ['^k3']\n").is_empty());
    assert!(
        lost("[allowlist]\nregexes = ['^k3']\n")
            .starts_with("global allowlists and filters, but for the rules of the file")
    );
    for (more, part) in [
        ("[[rules.allowlists]]\ncommits = ['0a1b']\n", "acme: the commits of an allowlist"),
        ("[[rules.allowlists]]\nregexes = ['(?=x)']\n", "acme: an expression of an allowlist"),
        ("[[rules.allowlists]]\ncondition = \"XOR\"\nregexes = ['x']\n", "acme: an allowlist: its condition"),
        ("[[rules.allowlists]]\nregexTarget = \"file\"\nregexes = ['x']\n", "acme: an allowlist: its regexTarget"),
        ("[[allowlists]]\ntargetRules = [\"other\"]\nregexes = ['x']\n", "other: an allowlist for it"),
        ("filter = '''let x = 1; x > 2'''\n", "acme: a part of its filter"),
        ("path = '(?=x)'\n", "acme: its path, which does not work here"),
        ("[[rules]]\nid = \"generic\"\n", "generic: left out: it has no regex"),
    ] {
        assert!(lost(more).contains(part), "{more}: {}", lost(more));
    }
}

#[test]
fn a_file_is_put_together_with_the_one_that_it_extends() {
    let base = "[[rules]]\nid = \"acme\"\nregex = 'acme=([a-z0-9]{9,20})'\n[[rules.allowlists]]\nstopwords = [\"k3j\"]\n\
                [[rules]]\nid = \"gone\"\nregex = 'gone=([a-z0-9]{9,20})'\n[allowlist]\nregexes = ['^zz']\n";
    let file = "[extend]\npath = \"base.toml\"\ndisabledRules = [\"gone\"]\n[[rules]]\nid = \"acme\"\ndescription = \"Ours\"\n\
                [[rules.allowlists]]\nstopwords = [\"q8w\"]\n";
    let open = |path: &str| if path == "base.toml" { Ok(base.to_owned()) } else { Ok(file.replace("base", "x")) };
    let carried = read("a.toml", file, &open).unwrap();
    assert_eq!(carried.rules.len(), 1);
    assert_eq!(&*carried.rules[0].name, "Ours");
    let text = "acme=k3j9x2m4q\nacme=q8w7e6r5t\nacme=zz7e6r5t1\nacme=m4n8b2v6c\ngone=m4n8b2v6c\n";
    assert_eq!(found(carried, text), [("acme".to_owned(), "m4n8b2v6c".to_owned())]);
    let lost = read("a.toml", file, &none).unwrap().lost.join("\n");
    assert!(lost.contains("extend.path base.toml: there is none"), "{lost}");
    let lost = read("a.toml", &file.replace("base", "y"), &open).unwrap().lost.join("\n");
    assert!(lost.contains("at most 2 files"), "{lost}");
}

#[test]
fn requirements_checks_and_pairs_of_kingfisher_carry_over() {
    let rules =
        |more: &str| format!("rules:\n  - {{id: acme.1, name: Acme, pattern: 'acme=([a-zA-Z0-9!]{{9,20}})'{more}}}\n");
    let text = "acme=k3J9x2m4q\nacme=qwertzuioP\nacme=k3j9x2TeSt\nacme=k3j9!!m4q\n";
    let all = ["k3J9x2m4q", "qwertzuioP", "k3j9x2TeSt", "k3j9!!m4q"];
    for (needed, left) in [
        ("min_digits: 0", &all[..]),
        ("min_digits: 1", &["k3J9x2m4q", "k3j9x2TeSt", "k3j9!!m4q"]),
        ("min_digits: 4", &["k3J9x2m4q"]),
        ("min_uppercase: 1", &all[..3]),
        ("min_lowercase: 6", &all[1..2]),
        ("min_special_chars: 2", &all[3..]),
        ("min_special_chars: 1, special_chars: 'P]'", &["qwertzuioP"]),
        ("ignore_if_contains: [TEST, ' ']", &["k3J9x2m4q", "qwertzuioP", "k3j9!!m4q"]),
        // Of one group without a name the value is looked at.
        ("ignore_if_contains: [acme]", &all),
    ] {
        let (found, lost) = values("a.yml", &rules(&format!(", pattern_requirements: {{{needed}}}")), "a", text);
        assert_eq!(found, left, "{needed}");
        assert!(lost.is_empty(), "{lost:?}");
    }
    let named = rules(", pattern_requirements: {ignore_if_contains: [acme]}").replace("([a-z", "(?P<TOKEN>[a-z");
    assert!(values("a.yml", &named, "a", text).0.is_empty(), "of a group with a name the whole match is");
    assert_eq!(values("a.yml", &rules(", path: '^x'"), "a", text).0.len(), 0);
    let sum = rules(", pattern_requirements: {checksum: {actual: {template: x}, expected: y}}");
    assert!(values("a.yml", &sum, "a", text).1[0].contains("its checksum"));
    let check = |matcher: &str, header: &str| {
        let request = format!(
            "method: GET, url: 'https://acme.example/me', headers: {{X-Key: '{header}'}}, response_matcher: [{matcher}]"
        );
        read("a.yml", &rules(&format!(", validation: {{type: Http, content: {{request: {{{request}}}}}}}")), &none)
            .unwrap()
    };
    let status = "{report_response: true}, {type: StatusMatch, status: [200, 403]}";
    let carried = check(status, "Bearer {{ TOKEN }}");
    let live = carried.rules[0].live.as_ref().unwrap();
    assert_eq!((&*live.live, &*live.dead, &*live.headers[0].1), (&[200, 403][..], &[401][..], "Bearer {{value}}"));
    for carried in [
        check(status, "{{ TOKEN | b64enc }}"),
        check("{type: WordMatch, words: [ok]}", "{{ TOKEN }}"),
        check("{type: StatusMatch, status: [200], negative: true}", "{{ TOKEN }}"),
    ] {
        assert!(carried.rules[0].live.is_none() && carried.lost[0].contains("its validation"), "{:?}", carried.lost);
    }
    let half = "  - {id: acme.2, name: Account, visible: VISIBLE, pattern: 'account=([0-9]{8})'}\n";
    let needs = rules(", depends_on_rule: [{rule_id: acme.2, variable: ID}]") + half;
    let carried = read("a.yml", &needs.replace("VISIBLE", "false"), &none).unwrap();
    assert_eq!(carried.rules[0].pair.as_ref().map(|pair| &*pair.identifier), Some("acme-2"));
    let carried = read("a.yml", &needs.replace("VISIBLE", "true"), &none).unwrap();
    assert!(carried.rules[0].pair.is_none() && carried.lost[0].contains("what it depends on"), "{:?}", carried.lost);
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
    validation: {type: AWS}
    examples: ['x']
  - {name: Seen by others, id: kingfisher.acme.2, visible: false, pattern: 'acmeid_[0-9]{8}'}
";
    let carried = read("acme.yml", text, &none).unwrap();
    assert_eq!(carried.rules.len(), 2);
    assert_eq!(carried.rules[0].confidence, Confidence::High);
    assert_eq!(carried.rules[1].kind, Kind::Identifier);
    assert_eq!(
        carried.lost,
        [
            "kingfisher-acme-1: its validation: a check here is one request whose answer's status tells, with the value in it and no more"
        ]
    );
    let token = expand("{{alnum-lower:20}}", 5).unwrap();
    assert_eq!(found(carried, &format!("acme_{token}")), [("kingfisher-acme-1".to_owned(), token)]);
}

#[test]
fn own_rules_are_read_strictly() {
    let rule = "rules:\n  - {id: acme-key, name: Acme key, kind: api-key, severity: high, confidence: high, pattern: 'acme_([a-z]{9})', keywords: [acme_]}\n";
    assert_eq!(read("a.yaml", rule, &none).unwrap().rules.len(), 1);
    assert!(read("a.yaml", &rule.replace("kind:", "sort: x, kind:"), &none).is_err(), "an unknown field is a slip");
    assert!(read("a.yaml", "just text", &none).is_err());
    let error = read("a.toml", "[[rules]]\nid = 3\n", &none).unwrap_err().to_string();
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
        let mut found = in_every_match(pattern);
        found.sort();
        assert_eq!(found, words, "{pattern}");
    }
}

#[test]
fn a_rule_of_a_built_in_id_stands_beside_it() {
    let text = "[[rules]]\nid = \"github-pat\"\nregex = \'\'\'ghp_[0-9a-zA-Z]{36}\'\'\'\n";
    let carried = read("rules.toml", text, &none).unwrap();
    assert_eq!(&*carried.rules[0].id, "gitleaks-github-pat");
    assert!(carried.lost[0].starts_with("github-pat: its id"), "{:?}", carried.lost);
    let token = expand("ghp_{{crc32-base62:30}}", 5).unwrap();
    assert_eq!(found(carried, &format!("t = {token}\n")), [("github-pat".to_owned(), token)]);
}

#[test]
fn comments_in_patterns_of_kingfisher_are_left_out() {
    let text = "rules:\n- name: Acme\n  id: acme.1\n  pattern: |\n    (?x)\n    acme_ (?# prefix )\n    ([0-9a-f]{16}) (?# random )\n";
    let carried = read("acme.yml", text, &none).unwrap();
    assert_eq!(carried.lost, Vec::<String>::new());
    let token = expand("{{hex:16}}", 3).unwrap();
    assert_eq!(found(carried, &format!("x: acme_{token}")), [("acme-1".to_owned(), token)]);
}

proptest! {
    #[test]
    fn any_rule_file_does_no_harm(text in "(\\[\\[rules\\]\\]\n)?(id = \"[a-z.]{0,4}\"\n)?(regex = '''.{0,20}'''\n)?(secretGroup = [0-9]\n)?.{0,30}", toml in any::<bool>()) {
        let _ = read(if toml { "a.toml" } else { "a.yaml" }, &text, &none);
    }

    /// A keyword that is not in some match would hide findings.
    #[test]
    fn extracted_literals_are_in_generated_matches(sample in proptest::string::string_regex("(?:tok|key)_[a-z]{2}(?:-x1y)?-[0-9]{4}|secret:[a-f]{6}").unwrap()) {
        let words = in_every_match("(?:tok|key)_[a-z]{2}(?:-x1y)?-[0-9]{4}|secret:[a-f]{6}");
        prop_assert!(!words.is_empty() && words.iter().any(|word| sample.contains(word.as_str())), "{:?} {}", words, sample);
    }
}
