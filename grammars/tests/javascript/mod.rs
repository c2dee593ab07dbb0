//! JavaScript and TypeScript, before and after: each rewrite is run by a real Node, and gives back its original bytes.

mod accessor;
mod typescript;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use keylift_grammars::{Language, Parsed, Request, Style, apply, detect};
use proptest::prelude::*;

/// Lifts each of `(value as it stands in the source, name)`; answers the rewritten text, or the refusals' codes.
fn lift(path: &str, source: &str, values: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let request = |(value, name): &(&str, &str)| {
        let start = source.find(value).expect("the value stands in the source");
        Request { span: start..start + value.len(), name: (*name).to_owned(), style: Style::Env }
    };
    lift_requests(path, source, &values.iter().map(request).collect::<Vec<_>>())
}

fn lift_requests(path: &str, source: &str, requests: &[Request]) -> Result<String, Vec<String>> {
    let language: &'static Language = detect(Path::new(path), source.as_bytes()).expect("a known kind of file");
    let parsed = Parsed::at(language, Path::new(path), source).expect("it parses");
    let after = crate::lifting::lift_requests(&parsed, source, requests)?;
    let errors = Parsed::at(language, Path::new(path), &after).expect("it parses").syntax_errors();
    assert!(errors <= parsed.syntax_errors(), "no new syntax error in {after}");
    Ok(after)
}

/// A file in a folder of its own, gone when dropped.
struct Script(PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("keylift-javascript-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        std::fs::write(folder.join(name), text).expect("a temporary file");
        Self(folder.join(name))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if let Some(folder) = self.0.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Whether a required toolchain is absent; where it may not be, the test fails.
fn absent(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        let demanded = std::env::var_os("KEYLIFT_TEST_REQUIRE_TOOLCHAINS").is_some();
        assert!(!demanded, "{program} is not installed");
        eprintln!("skipped: {program} is not installed");
    }
    !there
}

/// Success, standard output, standard error.
fn node(name: &str, code: &str, variables: &[(&str, &str)]) -> (bool, String, String) {
    let script = Script::new(name, code);
    let mut command = Command::new("node");
    command.arg(&script.0).env_clear().envs(variables.iter().copied());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("node starts");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The rewritten program prints what the original did while the variable holds the value, and fails while it is unset
/// or empty, saying which it is.
fn same(name: &str, source: &str, value: &str, stored: &str) -> String {
    let after = lift(name, source, &[(value, "LIFTED")]).unwrap_or_else(|codes| panic!("{codes:?} for {source}"));
    assert!(!after.contains(value), "the value is gone from {after}");
    if absent("node") {
        return after;
    }
    let (worked, printed, error) = node(name, source, &[]);
    assert!(worked && !printed.is_empty(), "the original runs and prints: {source}\n{error}");
    let (works, prints, error) = node(name, &after, &[("LIFTED", stored)]);
    assert!(works && prints == printed, "same output from {after}: {prints}{error}");
    for variables in [&[][..], &[("LIFTED", "")][..]] {
        let (works, _, error) = node(name, &after, variables);
        assert!(!works && error.contains("LIFTED is not set"), "fails loudly when unset: {after}\n{error}");
    }
    after
}

#[test]
fn rewritten_scripts_mean_the_same() {
    let sources = [
        "const password = 'hunter2x';\nconsole.log(password);\n",
        "#!/usr/bin/env node\n'use strict'\nvar password = \"hunter2x\"\nconsole.log(password)\n",
        "let a, b;\na = b = 'hunter2x';\nconsole.log(a, b);\n",
        "const config = { db: { 'password': 'hunter2x', user: 'u' }, list: ['a'] };\nconsole.log(config);\n",
        "module.exports = { secret: 'hunter2x' };\nconsole.log(module.exports.secret);\n",
        "const o = {}; o.password = 'hunter2x'; o['x'] = 1;\nconsole.log(o)\n",
        "class Config { static KEY = 'hunter2x'; #pin = 'x'; get() { return this.#pin } }\nconsole.log(Config.KEY)\n",
        "class C { password = 'hunter2x' }\nconsole.log(new C().password)\n",
        "function login(user, password = 'hunter2x') { return password }\nconsole.log(login('u'))\n",
        "const f = ({ password = 'hunter2x' } = {}) => password\nconsole.log(f())\n",
        "const key = () => 'hunter2x'\nconsole.log(key())\n",
        "const key = async () => { return'hunter2x' }\nkey().then(console.log)\n",
        "console.log(`Bearer hunter2x ${1 + 1}`)\n",
        "console.log(`hunter2x`)\n",
        "const header = { Authorization: 'Bearer hunter2x' }\nconsole.log(header)\n",
        "console.log(\"it's `quoted` and ${not} a hole: hunter2x\")\n",
        "console.log('mongodb://admin:hunter2x@db:27017/shop?x=1')\n",
        "console.log('a' + 'hunter2x' + \"b\")\n",
        "console.log('a' + `hunter2x${1}` + \"b\")\n",
        "console.log('hunter2x'.length, 'x'.padEnd(3, 'hunter2y'))\n",
        "console.log('hunter2x' === 'other', 'other' != 'x')\n",
        "const given = 'other'\nif (given === 'hunter2x') console.log('in'); else console.log('out')\n",
        "console.log(typeof'hunter2x', true ? 'hunter2y' : 1)\n",
        "console.log(true ? 'hunter2x' : 'no')\n",
        "console.log((0, 'hunter2x'), [...'abc'])\n",
        "console.log([...'hunter2x'])\n",
        "console.log(null ?? 'hunter2x', 1)\n",
        "console.log('' || 'hunter2x' || 'x')\n",
        "console.log(true && 'hunter2x')\n",
        "console.log({ ['hun' + 'x']: 'hunter2x' })\n",
        "const [user, password] = ['u', 'hunter2x']\nconsole.log(user, password)\n",
        "const h = require('crypto').createHmac('sha256', 'hunter2x').update('x').digest('hex')\nconsole.log(h)\n",
        "console.log(Buffer.from('user:hunter2x').toString('base64'))\n",
        "console.log(require('util').format('%s:hunter2x 100%%', 'user'))\n",
        "switch ('hunter2x') { case 'b': console.log('b'); break; default: console.log('none') }\n",
        "switch ('b') { case'hunter2x': console.log('in'); break; case 'b': console.log('b') }\n",
        "function process(data) { return data }\nconsole.log(process('hunter2x'))\n",
        "const process = require('process')\nconsole.log('hunter2x', process.argv.length)\n",
        "console.log(process.env['HOME'] || 'no home', 'hunter2x')\n",
        "const text = `a\n${[1].map(n => `<${n}:hunter2x>`).join()}`\nconsole.log(text)\n",
        "const x = /* why */ 'hunter2x' // because\n;[1].forEach(n => console.log(x, n))\n",
        "const password = 'hunter2x'\r\nconsole.log(password)\r\n",
        "const a={k:'hunter2x',n:1},b=a.k;console.log(b)",
        "label: for (const k of ['hunter2x']) { console.log(k); break label }\n",
        "try { throw 'hunter2x' } catch (e) { console.log('caught', 'x') ; if (e instanceof Error) throw e }\n",
        "function* g() { yield 'hunter2x' }\nconsole.log([...g()])\n",
        "console.log('x' in { x: 1 }, 'hunter2x'in{hunter2y:1})\n",
        "var o = { f(key) { return key } }\nconsole.log(o.f('hunter2x'), o?.f?.('y'))\n",
    ];
    std::thread::scope(|scope| {
        for some in sources.chunks(sources.len().div_ceil(4)) {
            scope.spawn(|| some.iter().for_each(|source| drop(same("script.js", source, "hunter2x", "hunter2x"))));
        }
    });
}

#[test]
fn rewritten_modules_mean_the_same() {
    for source in [
        "import fs from 'node:fs'\nimport { join } from 'node:path'\nexport const secret = 'hunter2x'\nconsole.log(secret, join('a', 'b'), typeof fs)\n",
        "import process from 'node:process'\nconsole.log('hunter2x', process.pid > 0)\n",
        "const value = await Promise.resolve('hunter2x')\nconsole.log(value)\nexport default 'other'\n",
        "export default 'hunter2x'\nconsole.log('loaded')\n",
        "export class A { static async key({ secret = 'hunter2x' }) { return secret } }\nconsole.log(await A.key({}))\n",
    ] {
        same("module.mjs", source, "hunter2x", "hunter2x");
    }
}

#[test]
fn numbers_stay_numbers() {
    same("script.js", "const pin = 482915\nconsole.log(pin + 1, typeof pin)\n", "482915", "482915");
    same("script.js", "console.log(482915 === 482916 - 1, -1)\n", "482915", "482915");
    assert_eq!(
        lift("a.js", "const n = 12345678901234567890\n", &[("12345678901234567890", "N")]),
        Err(vec!["not-a-literal".into()])
    );
    assert_eq!(lift("a.js", "const n = 0x12345\n", &[("0x12345", "N")]), Err(vec!["not-a-literal".into()]));
}

#[test]
fn escapes_are_decoded_for_the_store_and_come_back() {
    same("script.js", "console.log('tab\\there')\n", "tab\\there", "tab\there");
    same("script.js", "console.log(\"quo\\\"te\")\n", "quo\\\"te", "quo\"te");
    same(
        "script.js",
        "console.log('caf\\xe9-\\u20ac-\\u{1f600}-\\ud83d\\ude00')\n",
        "caf\\xe9-\\u20ac-\\u{1f600}-\\ud83d\\ude00",
        "caf\u{e9}-\u{20ac}-\u{1f600}-\u{1f600}",
    );
    same("script.js", "console.log('con\\\ntinued-\\q\\/')\n", "con\\\ntinued-\\q\\/", "continued-q/");
    same("script.js", "console.log(`a\\`b\\${c}\n\\\\d`)\n", "a\\`b\\${c}\n\\\\d", "a`b${c}\n\\d");
    same("script.js", "console.log('it\\'s:caf\\u00e9 `x`')\n", "caf\\u00e9", "caf\u{e9}");
}

#[test]
fn what_cannot_be_told_or_repeated_is_refused() {
    for (source, value) in [
        ("x = '\\101bcdef'\n", "\\101bcdef"),
        ("x = '\\ud800secret'\n", "\\ud800secret"),
        ("x = `one\r\ntwo`\r\n", "one\r\ntwo"),
        ("x = 'a\\x4Abcd\\u00aB'\n", "a\\x4Abcd\\u00aB"),
    ] {
        assert_eq!(lift("a.js", source, &[(value, "X")]), Err(vec!["not-reversible".to_owned()]), "{source}");
    }
}

#[test]
fn the_default_of_a_lookup_is_dropped() {
    for (source, rest) in [
        ("const t = process.env.LIFTED || 'hunter2x'\nconsole.log(t)\n", "process.env.LIFTED || ("),
        ("const t = process.env['LIFTED'] || 'hunter2x'\nconsole.log(t)\n", "process.env['LIFTED'] || ("),
        ("const { LIFTED = 'hunter2x' } = process.env\nconsole.log(LIFTED)\n", "{ LIFTED = ("),
        ("const { LIFTED: key = 'hunter2x', B } = process.env\nconsole.log(key, B)\n", "LIFTED: key = ("),
        ("const t = process.env.LIFTED ? process.env.LIFTED : 'hunter2x'\nconsole.log(t)\n", "process.env.LIFTED : ("),
        ("console.log(process.env.LIFTED !== undefined ? process.env.LIFTED : 'hunter2x')\n", "process.env.LIFTED : ("),
        ("console.log(process.env.NOTHING_SUCH || process.env.LIFTED || 'hunter2x')\n", "process.env.LIFTED || ("),
    ] {
        let after = lift("a.js", source, &[("hunter2x", "LIFTED")]).expect("it can be lifted");
        assert!(
            after.contains(rest) && after.matches("process.env").count() == source.matches("process.env").count(),
            "{after}"
        );
        same_default(source, &after);
    }
    let nullish = "const t = process.env.LIFTED ?? 'hunter2x'\nconsole.log(t)\n";
    let after = lift("a.js", nullish, &[("hunter2x", "LIFTED")]).expect("it can be lifted");
    assert_eq!(
        after,
        "const t = process.env.LIFTED ?? (() => { throw new Error(\"LIFTED is not set\"); })()\nconsole.log(t)\n"
    );
    same_default(nullish, &after);
    assert_eq!(lift("a.js", nullish, &[("hunter2x", "OTHER")]), Err(vec!["fixed-name".to_owned()]));
}

fn same_default(source: &str, after: &str) {
    if absent("node") {
        return;
    }
    let (_, printed, _) = node("a.js", source, &[]);
    assert_eq!(node("a.js", after, &[("LIFTED", "hunter2x")]).1, printed, "{after}");
    let (works, _, error) = node("a.js", after, &[]);
    assert!(!works && error.contains("LIFTED is not set"), "{after}");
}

#[test]
fn places_that_take_no_lookup_are_refused() {
    for (path, code, source) in [
        ("a.js", "directive", "'hunter2x'\nlet a = 1\n"),
        ("a.js", "module-path", "import a from 'hunter2x'\n"),
        ("a.js", "module-path", "export { a } from 'hunter2x'\n"),
        ("a.js", "module-path", "import { 'hunter2x' as a } from 'b'\n"),
        ("a.js", "module-path", "const a = require('hunter2x')\n"),
        ("a.js", "module-path", "const a = await import(`hunter2x`)\n"),
        ("a.js", "tagged-template", "const a = sql`select 'hunter2x' ${b}`\n"),
        ("a.js", "tagged-template", "const a = String.raw`hunter2x`\n"),
        ("a.js", "regular-expression", "const a = /hunter2x/g.test(b)\n"),
        ("a.js", "statement-start", "foo\n'hunter2x'.split('').forEach(bar)\n"),
        ("a.js", "mapping-key", "const a = { 'hunter2x': 1 }\n"),
        ("a.js", "mapping-key", "const a = b['hunter2x']\n"),
        ("a.js", "mapping-key", "const { 'hunter2x': c } = b\n"),
        ("a.js", "mapping-key", "class A { get ['hunter2x']() {} }\n"),
        ("a.js", "module-path", "export * as 'hunter2x' from 'b'\n"),
        ("a.js", "code-text", "const f = new Function('a', 'return \\'hunter2x\\'')\n"),
        ("a.js", "code-text", "setTimeout('login(\"hunter2x\")', 5)\n"),
        ("a.js", "browser-page", "window.APP_CONFIG = { key: 'hunter2x' }\n"),
        ("a.js", "browser-page", "$.ajax({ url: '/x', headers: { key: 'hunter2x' } })\n"),
        ("client/src/api.ts", "browser-folder", "export const a = 'hunter2x'\n"),
        ("public/js/site.js", "browser-folder", "var a = 'hunter2x'\n"),
        ("a.js", "public-variable", "const a = process.env.REACT_APP_KEY || 'hunter2x'\n"),
        ("a.js", "browser", "import React from 'react'\nconst a = 'hunter2x'\n"),
        ("a.js", "browser", "const mode = import.meta.env.MODE\nconst a = 'hunter2x'\n"),
        ("a.js", "browser-page", "document.getElementById('x').value = 'hunter2x'\n"),
        ("a.jsx", "browser-page", "export const A = () => <Map apiKey=\"hunter2x\" />\n"),
        ("frontend/src/a.js", "browser-folder", "export const a = 'hunter2x'\n"),
        ("web/jquery.min.js", "generated", "var a='hunter2x'\n"),
        ("a.ts", "enum-member", "enum A { B = 'hunter2x' }\n"),
        ("a.ts", "literal-type", "type A = 'hunter2x' | 'b'\n"),
        ("a.ts", "literal-type", "let a: 'hunter2x'\n"),
        ("a.ts", "literal-type", "const a: 'hunter2y' = 'hunter2x'\n"),
        ("a.ts", "literal-type", "let b = f<'hunter2x'>()\n"),
        ("a.ts", "as-const", "const a = 'hunter2x' as const\n"),
        ("a.ts", "decorated-module", "import a = require('hunter2x')\n"),
        ("a.ts", "decorated-module", "declare module 'hunter2x' { }\n"),
        ("a.d.ts", "declarations", "export const a = 'hunter2x'\n"),
        ("a.ts", "mapping-key", "interface A { 'hunter2x': string }\n"),
        ("a.ts", "browser", "import { Component } from '@angular/core'\nexport class A { key = 'hunter2x' }\n"),
        ("a.js", "syntax-error-nearby", "const a = { b: 'hunter2x', c: = }\n"),
        ("a.js", "crosses-interpolation", "const a = `hun${1}ter2x`\n"),
    ] {
        let value = if code == "crosses-interpolation" { "hun${1}ter2x" } else { "hunter2x" };
        assert_eq!(lift(path, source, &[(value, "X")]), Err(vec![code.to_owned()]), "{source}");
    }
}

#[test]
fn server_code_in_a_front_end_folder_is_server_code() {
    for (path, source) in [
        ("client/server.js", "const express = require('express')\nconst a = 'hunter2x'\n"),
        ("a.ts", "import { map } from 'rxjs/operators'\nexport const a = 'hunter2x'\n"),
        ("src/client/api.ts", "export const a = 'hunter2x'\n"),
        ("data/static/seed.ts", "export const a = 'hunter2x'\n"),
        ("frontend/vite.config.ts", "export default { key: 'hunter2x' }\n"),
        ("a.js", "const { JSDOM } = require('jsdom')\ndocument.body.innerHTML = 'hunter2x'\n"),
        ("a.jsx", "import { renderToString } from 'react-dom/server'\nconst a = <A key=\"hunter2x\" />\n"),
    ] {
        assert!(lift(path, source, &[("hunter2x", "X")]).is_ok(), "{source}");
    }
}

#[test]
fn markup_takes_a_lookup_in_braces() {
    let head = "import { renderToString } from 'react-dom/server'\n";
    for (source, wanted) in [
        (
            "x = <A token=\"hunter2x\" b='c' />\n",
            "<A token={process.env.X || (() => { throw new Error(\"X is not set\"); })()} b='c' />",
        ),
        (
            "x = <A token='Bearer hunter2x'/>\n",
            "<A token={`Bearer ${process.env.X || (() => { throw new Error('X is not set'); })()}`}/>",
        ),
        (
            "x = <A token={'hunter2x'}/>\n",
            "<A token={process.env.X || (() => { throw new Error('X is not set'); })()}/>",
        ),
    ] {
        for path in ["a.jsx", "a.tsx"] {
            let after = lift(path, &format!("{head}{source}"), &[("hunter2x", "X")]).expect("it can be lifted");
            assert!(after.contains(wanted), "{after}");
        }
    }
    let after = lift("a.tsx", &format!("{head}x = <A token='a&amp;b'/>\n"), &[("a&amp;b", "X")]);
    assert!(after.is_ok(), "{after:?}");
}

#[test]
fn several_values_on_a_line() {
    let source = "connect('alpha-one', `beta-two`, { url: 'http://gamma-1:delta-2@host' })\n";
    let after = lift("a.js", source, &[("alpha-one", "A"), ("beta-two", "B"), ("gamma-1", "C"), ("delta-2", "D")])
        .expect("all of them");
    for name in ["A", "B", "C", "D"] {
        assert!(after.contains(&format!("process.env.{name} || ")), "{after}");
    }
}

#[test]
fn comments_are_redacted() {
    for source in ["// password: hunter2x\n", "/* password: hunter2x */\n", "/**\n * @example login('hunter2x')\n */\n"]
    {
        let after = lift("a.js", source, &[("hunter2x", "PASSWORD")]).expect("it can be redacted");
        assert_eq!(after, source.replace("hunter2x", "<PASSWORD>"));
    }
}

#[test]
fn other_runtimes_have_lookups_of_their_own() {
    let after = lift("a.ts", "const port = Deno.env.get('PORT')\nconst key = 'hunter2x'\n", &[("hunter2x", "KEY")])
        .expect("deno");
    assert!(after.contains("const key = Deno.env.get('KEY') || (() =>"), "{after}");
    let after =
        lift("a.js", "import http from 'k6/http'\nconst key = 'hunter2x'\n", &[("hunter2x", "KEY")]).expect("k6");
    assert!(after.contains("const key = __ENV.KEY || (() =>"), "{after}");
}

/// A literal of random characters, each spelled in one of the ways that the language has.
fn quoted() -> impl Strategy<Value = (String, String, char)> {
    let characters = prop::collection::vec((any::<char>(), 0..6_u8), 1..24);
    (characters, prop::sample::select(vec!['"', '\'', '`'])).prop_map(|(characters, quote)| {
        let (mut value, mut source) = (String::new(), String::new());
        for (character, way) in characters {
            let character = if character == '\0' { 'x' } else { character };
            value.push(character);
            let must = character == quote || matches!(character, '\\' | '\n' | '\r' | '$' | '\u{2028}' | '\u{2029}');
            let code = u32::from(character);
            match way {
                0 => drop(write!(source, "\\u{{{code:x}}}")),
                1 => source.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
                2 if code < 256 => drop(write!(source, "\\x{code:02x}")),
                _ if must => match character {
                    '\n' => source.push_str("\\n"),
                    '\r' => source.push_str("\\r"),
                    '\u{2028}' | '\u{2029}' => drop(write!(source, "\\u{code:04x}")),
                    other => source.extend(['\\', other]),
                },
                _ => source.push(character),
            }
        }
        (value, source, quote)
    })
}

proptest! {
    #[test]
    fn what_is_quoted_is_read_and_given_back((value, source, quote) in quoted()) {
        let text = format!("const head = 'a';\nconst password = {quote}{source}{quote};\n");
        for path in ["a.js", "a.ts"] {
            let language = detect(Path::new(path), b"").expect("a known kind of file");
            let parsed = Parsed::new(language, &text).expect("it parses");
            let start = text.len() - source.len() - 3;
            let span = start..start + source.len();
            let place = parsed.place(&span).expect("a place");
            prop_assert_eq!(&place.value, value.as_bytes());
            prop_assert_eq!(&place.names[0], "PASSWORD");
            let request = Request { span, name: "X".into(), style: Style::Env };
            let after = lift_requests(path, &text, &[request]).expect("it can be lifted");
            prop_assert!(after.contains("password = process.env.X || "));
        }
    }
}
