//! What a literal means, as keylift reads it and as the language's own interpreter does; and that it comes back.

use std::fmt::Write as _;

use crate::lifting::{lift, missing, run};
use keylift_grammars::{Parsed, language};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// One way to quote, with the pieces that sources are made of.
struct Quoting {
    open: &'static str,
    close: &'static str,
    pieces: &'static [&'static str],
}

const PLAIN: &[&str] = &["a", "7", " ", "é", "€", "#", "{", "}", "%", "@", "!", ";", "-", "\u{1f600}"];

/// How many sources of each quoting are tried.
const TRIES: usize = 150;

/// Random sources, and what keylift takes each to mean; those that it refuses to read are left out.
fn read(name: &str, quoting: &Quoting, statement: impl Fn(&str) -> String) -> Vec<(String, Vec<u8>)> {
    let pieces: Vec<&'static str> = quoting.pieces.iter().chain(PLAIN).copied().collect();
    let sources = prop::collection::vec(prop::sample::select(pieces), 1..14);
    let mut runner = TestRunner::deterministic();
    let mut out = Vec::new();
    for _ in 0..TRIES {
        let body = sources.new_tree(&mut runner).expect("a source").current().concat();
        let literal = format!("{}{body}{}", quoting.open, quoting.close);
        let text = statement(&literal);
        let parsed = Parsed::new(language(name).expect("it is linked"), &text).expect("it parses");
        let start = text.find(&literal).expect("it is there");
        let span = start + quoting.open.len()..start + quoting.open.len() + body.len();
        let plain = parsed.literal_at(&span).is_some_and(|literal| literal.text().is_some());
        if !plain || parsed.syntax_errors() > 0 {
            continue;
        }
        let Ok(place) = parsed.place(&span) else { continue };
        // A short one stands in the lookup too.
        if body.len() > 12 {
            lift(name, &text, &[(&body, "X")]).unwrap_or_else(|why| panic!("{why:?} {text}"));
        }
        out.push((literal, place.value));
    }
    assert!(out.len() > TRIES / 4, "most are read: {} of {TRIES} of {name} {}", out.len(), quoting.open);
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The interpreter's reading of each literal, a line of hexadecimal digits for each.
fn compare(program: &[&str], source: &str, read: &[(String, Vec<u8>)]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("source"), source).expect("written");
    let arguments: Vec<&str> = program[1..].iter().copied().chain(["source"]).collect();
    let Some((worked, text)) = run(folder.path(), program[0], &arguments, &[("LANG", "C.UTF-8")]) else {
        return missing(program[0]);
    };
    assert!(worked, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), read.len());
    for (line, (literal, value)) in lines.iter().zip(read) {
        assert_eq!(*line, hex(value), "{literal}");
    }
}

#[test]
fn php_is_read_as_php_reads_it() {
    let single = Quoting { open: "'", close: "'", pieces: &["\\\\", "\\'", "\\n", "\"", "$x", "\\\"", "\n"] };
    let double = Quoting {
        open: "\"",
        close: "\"",
        pieces: &[
            "\\\\",
            "\\'",
            "\\n",
            "'",
            "\\$",
            "\\\"",
            "\n",
            "\\t",
            "\\r",
            "\\v",
            "\\e",
            "\\f",
            "\\101",
            "\\7",
            "\\x41",
            "\\x4",
            "\\u{e9}",
            "\\u{1F600}",
            "\\q",
            "\\{",
            "$ ",
            "\\x",
            "\\8",
        ],
    };
    for quoting in [single, double] {
        let read = read("php", &quoting, |literal| format!("<?php\n$secret = {literal};\n"));
        let list =
            read.iter().map(|(literal, _)| format!("echo bin2hex({literal}), \"\\n\";\n")).collect::<Vec<_>>().concat();
        compare(&["php", "-n"], &format!("<?php\n{list}"), &read);
    }
}

#[test]
fn ruby_is_read_as_ruby_reads_it() {
    let single = Quoting { open: "'", close: "'", pieces: &["\\\\", "\\'", "\\n", "\"", "#{x}", "\\\"", "\n", "#$"] };
    let double = Quoting {
        open: "\"",
        close: "\"",
        pieces: &[
            "\\\\",
            "\\'",
            "\\n",
            "'",
            "\\#",
            "\\\"",
            "\n",
            "\\t",
            "\\r",
            "\\v",
            "\\e",
            "\\f",
            "\\s",
            "\\a",
            "\\b",
            "\\101",
            "\\x41",
            "\\u00e9",
            "\\u{1F600}",
            "\\q",
            "\\{",
            "\\\n",
        ],
    };
    let percent = Quoting { open: "%q(", close: ")", pieces: &["\\\\", "(b)", "'", "\"", "#{x}"] };
    for quoting in [single, double, percent] {
        let read = read("ruby", &quoting, |literal| format!("secret = {literal}\n"));
        let list =
            read.iter().map(|(literal, _)| format!("puts {literal}.b.unpack1('H*')\n")).collect::<Vec<_>>().concat();
        compare(&["ruby", "--disable=gems"], &list, &read);
    }
}

#[test]
fn shell_is_read_as_bash_reads_it() {
    let single = Quoting { open: "'", close: "'", pieces: &["\\\\", "\\", "\\n", "\"", "$x", "`x`", "\n"] };
    let double =
        Quoting { open: "\"", close: "\"", pieces: &["\\\\", "\\n", "'", "\\$", "\\\"", "\\`", "\n", "\\\n", "\\q"] };
    let ansi = Quoting {
        open: "$'",
        close: "'",
        pieces: &[
            "\\\\", "\\n", "\\'", "\"", "\\\"", "\\t", "\\e", "\\E", "\\a", "\\v", "\\101", "\\x41", "\\u00e9",
            "\\u41", "\\U1F600", "\\q", "\\?", "\n",
        ],
    };
    for quoting in [single, double, ansi] {
        let read = read("shell", &quoting, |literal| format!("secret={literal}\n"));
        let list = read.iter().map(|(literal, _)| format!("show {literal}\n")).collect::<Vec<_>>().concat();
        let show = "show() { local LC_ALL=C text=$1 i out=; for ((i = 0; i < ${#text}; i++)); do printf -v out '%s%02x' \"$out\" $(( $(printf %d \"'${text:i:1}\") & 255 )); done; echo \"$out\"; }\n";
        compare(&["bash"], &format!("{show}{list}"), &read);
    }
}

/// No PowerShell is at hand to read them: what `about_Quoting_Rules` and `about_Special_Characters` say of a few, and that all
/// come back.
#[test]
fn powershell_is_read_as_its_manual_says() {
    let single = Quoting { open: "'", close: "'", pieces: &["''", "`n", "\"", "$x", "\n", "\"\""] };
    let double = Quoting {
        open: "\"",
        close: "\"",
        pieces: &["\"\"", "``", "`\"", "`$", "`n", "`t", "`r", "`0", "`a", "`b", "`f", "`v", "'", "`q", "`'", "\n"],
    };
    for quoting in [single, double] {
        for (literal, value) in read("powershell", &quoting, |literal| format!("$secret = {literal}\n")) {
            let inner = &literal[1..literal.len() - 1];
            let control = ['`', '"', '\''].iter().any(|c| inner.contains(*c));
            assert!(control || inner.as_bytes() == value, "{literal} means itself");
        }
    }
    for (literal, value) in [("'a''b`n$x'", "a'b`n$x"), ("\"a\"\"b`n`$x`\"``'`q\"", "a\"b\n$x\"`'q")] {
        let text = format!("$secret = {literal}\n");
        let parsed = Parsed::new(language("powershell").expect("it is linked"), &text).expect("it parses");
        let place = parsed.place(&(11..text.len() - 2)).expect("a place");
        assert_eq!(String::from_utf8_lossy(&place.value), value, "{literal}");
    }
}

#[test]
fn lua_is_read_as_lua_reads_it() {
    let quoted = |quote: &'static str| Quoting {
        open: quote,
        close: quote,
        pieces: &[
            "\\\\",
            "\\'",
            "\\\"",
            "\\n",
            "\\t",
            "\\r",
            "\\a",
            "\\b",
            "\\f",
            "\\v",
            "\\x41",
            "\\xe9",
            "\\65",
            "\\0",
            "\\u{e9}",
            "\\u{1F600}",
            "\\\n",
        ],
    };
    let long = Quoting { open: "[==[", close: "]==]", pieces: &["\n", "\\n", "'", "\"", "]]", "[[", "\\"] };
    for quoting in [quoted("'"), quoted("\""), long] {
        let read = read("lua", &quoting, |literal| format!("secret = {literal}\n"));
        let show =
            "local function show(s) print((s:gsub('.', function(c) return ('%02x'):format(c:byte()) end))) end\n";
        let list = read.iter().map(|(literal, _)| format!("show({literal})\n")).collect::<Vec<_>>().concat();
        compare(&["lua5.4"], &format!("{show}{list}"), &read);
    }
}
