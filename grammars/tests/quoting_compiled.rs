//! Random values through the quoting of compiled languages: what is decoded is what was encoded, and undo gives the
//! identical source back, or the value is refused before anything happens.

use std::fmt::Write;

use keylift_grammars::{Parsed, Request, Style, apply, language, undo};
use proptest::prelude::*;

/// How a language spells a character that cannot or need not stand for itself.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    Short,
    Number,
}

struct Quoting {
    language: &'static str,
    /// Before and after the literal.
    around: (&'static str, &'static str),
    /// Characters that must be escaped, beside the quote and the backslash.
    special: &'static str,
    /// The numeric escape of a character.
    number: fn(char) -> String,
    /// One-letter escapes.
    short: &'static [(char, char)],
}

fn utf16(character: char) -> String {
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().fold(String::new(), |mut out, unit| {
        write!(out, "\\u{unit:04x}").expect("a string takes anything");
        out
    })
}

fn scalar(character: char) -> String {
    if u32::from(character) > 0xffff {
        format!("\\U{:08x}", u32::from(character))
    } else {
        format!("\\u{:04x}", u32::from(character))
    }
}

const COMMON: &[(char, char)] = &[('\n', 'n'), ('\r', 'r'), ('\t', 't'), ('\\', '\\'), ('"', '"')];

const QUOTINGS: [Quoting; 5] = [
    Quoting {
        language: "go",
        around: ("package p\n\nvar a = f(", ", 1)\n"),
        special: "",
        number: scalar,
        short: COMMON,
    },
    Quoting {
        language: "java",
        around: ("class A {\n    String a = f(", ", 1);\n}\n"),
        special: "",
        number: utf16,
        short: COMMON,
    },
    Quoting {
        language: "kotlin",
        around: ("val a = f(", ", 1)\n"),
        special: "$",
        number: utf16,
        short: &[('\n', 'n'), ('\r', 'r'), ('\t', 't'), ('\\', '\\'), ('"', '"'), ('$', '$')],
    },
    Quoting {
        language: "csharp",
        around: ("class A {\n    string a = F(", ", 1);\n}\n"),
        special: "",
        number: utf16,
        short: COMMON,
    },
    Quoting {
        language: "rust",
        around: ("fn f() {\n    g(", ", 1);\n}\n"),
        special: "",
        number: |c| format!("\\u{{{:x}}}", u32::from(c)),
        short: COMMON,
    },
];

impl Quoting {
    fn write(&self, value: &[(char, Way)]) -> String {
        let mut out = String::from("\"");
        for (character, way) in value {
            let must = *character < ' '
                || matches!(character, '"' | '\\' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}')
                || self.special.contains(*character);
            let short = self.short.iter().find(|(from, _)| from == character);
            match (way, short) {
                (Way::Plain, _) if !must => out.push(*character),
                (Way::Plain | Way::Short, Some((_, letter))) => out.extend(['\\', *letter]),
                // Java and C# read these before anything else, or end the literal there.
                _ if matches!(character, '"' | '\\' | '\n' | '\r') => {
                    out.extend(['\\', short.expect("it has a letter").1]);
                }
                _ => out.push_str(&(self.number)(*character)),
            }
        }
        out.push('"');
        out
    }
}

fn value() -> impl Strategy<Value = Vec<(char, Way)>> {
    let character = prop_oneof![
        6 => proptest::char::range('!', '~'),
        1 => Just(' '),
        2 => proptest::sample::select(vec!['"', '\\', '\'', '$', '{', '}', '%', '\n', '\t', '\r', 'é', '€', '😀', '\u{1}', '`']),
        1 => any::<char>().prop_filter("a variable cannot hold it", |c| *c != '\0'),
    ];
    let way = prop_oneof![8 => Just(Way::Plain), 1 => Just(Way::Short), 1 => Just(Way::Number)];
    proptest::collection::vec((character, way), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn values_come_through_and_go_back(value in value()) {
        let text: String = value.iter().map(|(character, _)| *character).collect();
        for quoting in &QUOTINGS {
            let literal = quoting.write(&value);
            let (before, after) = quoting.around;
            let source = format!("{before}{literal}{after}");
            let parsed = Parsed::new(language(quoting.language).expect("it is linked"), &source).expect("it parses");
            prop_assert_eq!(parsed.syntax_errors(), 0, "{}", source);
            let span = before.len() + 1..before.len() + literal.len() - 1;
            let place = match parsed.place(&span) {
                Ok(place) => place,
                // A byte order mark or the like may be refused, a wrong value may not.
                Err(refusal) => {
                    prop_assert!(refusal.code == "not-reversible", "{:?} {}", refusal, source);
                    continue;
                }
            };
            prop_assert_eq!(String::from_utf8_lossy(&place.value), text.as_str(), "{} {}", quoting.language, source);
            let request = Request { span, name: "LIFTED".into(), style: Style::Env };
            let requests = [request];
            let rewrite = parsed.rewrite(&requests);
            let mut edits = rewrite.shared;
            edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("its place is good")));
            let rewritten = apply(&source, &edits).expect("edits do not overlap");
            let undos = parsed.undo(&requests, &edits).expect("every edit can be taken back");
            let undone = undo(&rewritten, &undos, &[text.as_bytes()]);
            prop_assert_eq!(undone.as_deref(), Ok(source.as_str()));
        }
    }
}

/// The same value is refused only where its spelling is unusual.
#[test]
fn plain_values_are_never_refused() {
    for quoting in &QUOTINGS {
        let value: Vec<(char, Way)> = "p\u{e4}ss'w{o}rd%s \t\"\\\u{20ac}$5".chars().map(|c| (c, Way::Plain)).collect();
        let literal = quoting.write(&value);
        let source = format!("{}{literal}{}", quoting.around.0, quoting.around.1);
        let parsed = Parsed::new(language(quoting.language).expect("it is linked"), &source).expect("it parses");
        let start = quoting.around.0.len() + 1;
        let place = parsed.place(&(start..start + literal.len() - 2));
        assert!(place.is_ok(), "{}: {place:?}", quoting.language);
    }
}
