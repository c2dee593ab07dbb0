//! Reading a text around some places tells of the literals there what reading all of it tells.

use std::path::Path;

use keylift_grammars::{Parsed, language, languages};

/// A text that is long enough for most of it to be out of sight: a fixture, repeated.
fn long(text: &str) -> String {
    let once = format!("{}\n", text.trim_end());
    once.repeat(12_000 / once.len() + 3)
}

#[test]
fn literals_are_what_they_are_in_the_whole_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages");
    let (mut compared, mut left_out) = (0, 0);
    for language in languages() {
        let fixtures = std::fs::read_dir(root.join(&language.name).join("fixtures"));
        for folder in fixtures.into_iter().flatten().flatten().take(3) {
            let files = std::fs::read_dir(folder.path()).into_iter().flatten().flatten();
            let before =
                files.map(|file| file.path()).find(|path| path.file_stem().is_some_and(|stem| stem == "before"));
            let Some(text) = before.and_then(|path| std::fs::read_to_string(path).ok()) else { continue };
            let text = long(&text);
            let Some(whole) = Parsed::new(language, &text) else { continue };
            let middle = whole.literals().len() / 2;
            for literal in whole.literals().iter().skip(middle).take(1) {
                let near = Parsed::around(language, &text, [literal.span.clone()]).expect("it parses as before");
                if !near.looks_at(&literal.span) {
                    // Longer than what is looked at.
                    continue;
                }
                assert!(near.literals().contains(literal), "{}: {literal:?}", folder.path().display());
                compared += 1;
                left_out += usize::from(near.literals().len() < whole.literals().len());
            }
        }
    }
    assert!(compared > 100 && left_out > 60, "{compared} compared, of {left_out} something was out of sight");
}

#[test]
fn names_far_above_mean_what_they_mean_in_the_whole_text() {
    let filler = |line: &str| line.repeat(4096 / line.len() + 1);
    let (pairs, lines) = (filler("'other': 'none', "), filler("  other: none\n"));
    let python = format!("shops = {{'shop\\'s \\x61': {{{pairs} 'word': 'hunter2x'}}}}\n");
    let javascript = format!("const shops = {{'shop\\'s \\x61': {{{pairs} 'word': 'hunter2x'}}}}\n");
    // A mapping of YAML is where the search for a name ends.
    let yaml = format!("shop's signing: &own\n{lines}  \"first \\u0061\":\n    word: hunter2x\n");
    for (name, text, known) in
        [("python", &python, "shop's a"), ("javascript", &javascript, "shop's a"), ("yaml", &yaml, "word")]
    {
        let language = language(name).expect("it is linked");
        let start = text.find("hunter2x").expect("it is there");
        let span = start..start + 8;
        let near = Parsed::around(language, text, [span.clone()]).expect("it parses");
        let whole = Parsed::new(language, text).expect("it parses");
        let literal = near.literal_at(&span).expect("it is read");
        assert!(literal.bindings.iter().any(|binding| binding.name == known), "{name}: {:?}", literal.bindings);
        assert_eq!(Some(literal), whole.literal_at(&span), "{name}");
        assert!(near.literals().len() < whole.literals().len() / 2, "{name}: most of it is out of sight");
    }
}
