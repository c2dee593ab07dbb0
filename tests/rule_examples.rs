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

/// A random value such as a call takes: a wallet is made of words.
fn value(call: &str, number: usize) -> String {
    if call.contains("Mnemonic") {
        return ["winner", "sausage", "thank", "wave", "yellow", "legal"].repeat(2).join(" ");
    }
    expand("{{base62:20}}", &mut Random::new(call, number, 0)).map(|(text, _)| text).expect("a known placeholder")
}

/// A call of `src/rules/calls.yaml` as a program of a language makes it, and the file's name; none where a call of that
/// language needs more around it.
fn called(language: &str, call: &str, argument: u64, then: &str) -> Option<(&'static str, String)> {
    let mut arguments: Vec<String> = (0..argument).map(|at| format!("x{at}")).collect();
    arguments.push(format!("\"§\"{then}"));
    let arguments = format!("({})", arguments.join(", "));
    let call = match language {
        "rust" => call.replace('.', "::"),
        "php" => call.rsplit_once('.').map_or(call.to_owned(), |(class, method)| {
            if class.contains('.') { format!("new {}", call.replace('.', "\\")) } else { format!("{class}::{method}") }
        }),
        "lua" if call.matches('.').count() == 1 => call.replace('.', ":"),
        "cpp" if call == "driver.connect" => "driver->connect".to_owned(),
        _ => call.to_owned(),
    };
    let made = call.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
    Some(match language {
        "python" => ("a.py", format!("x = {call}{arguments}\n")),
        "javascript" => ("a.js", format!("const x = {call}{arguments};\n")),
        "typescript" => ("a.ts", format!("const x = {call}{arguments};\n")),
        "java" | "csharp" => {
            let new = if made && !call.contains('.') { "new " } else { "" };
            let name = if language == "java" { "A.java" } else { "A.cs" };
            (name, format!("class A {{ void f() {{ var x = {new}{call}{arguments}; }} }}\n"))
        }
        "kotlin" => ("a.kt", format!("val x = {call}{arguments}\n")),
        "scala" => ("a.scala", format!("object A {{ val x = {call}{arguments} }}\n")),
        "groovy" => ("a.groovy", format!("def x = {call}{arguments}\n")),
        "go" => ("a.go", format!("package a\n\nfunc f() {{\n\tx := {call}{arguments}\n}}\n")),
        "php" => ("a.php", format!("<?php\n$x = {call}{arguments};\n")),
        "ruby" => ("a.rb", format!("x = {call}{arguments}\n")),
        "rust" => ("a.rs", format!("fn f() {{ let x = {call}{arguments}; }}\n")),
        "c" => ("a.c", format!("void f(void) {{ {call}{arguments}; }}\n")),
        "cpp" => ("a.cpp", format!("void f() {{ {call}{arguments}; }}\n")),
        "lua" => ("a.lua", format!("local x = {call}{arguments}\n")),
        "swift" => ("a.swift", format!("let x = {call}{arguments}\n")),
        _ => return None,
    })
}

#[test]
fn every_call_of_the_table_is_read_in_each_of_its_languages() {
    let table =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/calls.yaml")).expect("it is there");
    let table: serde_yaml::Value = serde_yaml::from_str(&table).expect("it is YAML");
    let text = |entry: &serde_yaml::Value, key: &str| entry.get(key).and_then(|it| it.as_str().map(str::to_owned));
    let (mut tried, mut missed) = (0, Vec::new());
    for entry in table["calls"].as_sequence().expect("a list") {
        let call = text(entry, "call").expect("every entry names its call");
        let Some(argument) = entry.get("argument").and_then(serde_yaml::Value::as_u64) else { continue };
        let languages: Vec<&str> = entry
            .get("languages")
            .and_then(serde_yaml::Value::as_sequence)
            .map_or(vec!["python", "javascript"], |all| all.iter().filter_map(serde_yaml::Value::as_str).collect());
        for language in languages {
            let then = text(entry, "then").map_or(String::new(), |then| format!("{then}256()"));
            let Some((path, source)) = called(language, &call, argument, &then) else { continue };
            let value = value(&call, tried);
            let file = SourceFile::disk(path, source.replace('§', &value).into_bytes());
            let found = Engine::builtin().scan(&file);
            tried += 1;
            if !found.iter().any(|finding| finding.secret.expose_str() == Some(value.as_str())) {
                missed.push(source);
            }
        }
    }
    assert!(tried > 300, "only {tried} calls");
    assert!(missed.is_empty(), "{} of {tried} are missed:\n{}", missed.len(), missed.concat());
}
