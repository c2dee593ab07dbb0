//! Property tests on input that nobody vouches for; fuzz/ has the same entries for longer runs.

use keylift::model::{SourceFile, Text};
use keylift::render::findings::snippets;
use keylift::rules::Engine;
use proptest::prelude::*;

const NAMES: [&str; 9] = ["a.py", ".env", "a.yaml", "a.json", "Dockerfile", "a.sql", ".npmrc", "a.unknown", "a.tf"];

/// Text made of what rules react to.
fn code() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "password",
        "secret",
        "token",
        "api_key",
        "=",
        ": ",
        " = ",
        "'",
        "\"",
        "`",
        "\n",
        "\r\n",
        "\t",
        "postgres://",
        "u:p@",
        "${",
        "}",
        "{{",
        "AKIA",
        "ghp_",
        "xoxb-",
        "sk_live_",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "eyJ",
        ".",
        "\\n",
        "é",
        "\u{a0}",
        "(",
        ")",
        ",",
        "\u{202e}",
        "日本",
        "keylift:allow",
        "# nosec",
        "hunter2",
        "Sun-rise.4411x",
        "<",
        "/>",
        "(",
        ")",
        ",",
        "==",
        "0123456789abcdef0123456789abcdef",
        "name:",
        "value:",
        "- ",
        "Basic ",
        "Authorization",
        "curl -u ",
        "%40",
        "\u{0}",
    ]);
    prop::collection::vec(prop_oneof![4 => words.prop_map(str::to_owned), 1 => "[ -~]{0,24}"], 0..60)
        .prop_map(|parts| parts.concat())
}

fn check(name: &str, bytes: &[u8]) {
    let file = SourceFile::disk(name, bytes);
    let mut found = Engine::builtin().scan(&file);
    for (at, finding) in found.iter().enumerate() {
        assert!(finding.bytes.start < finding.bytes.end && finding.bytes.end <= bytes.len());
        assert!(finding.start >= (1, 1) && finding.end >= finding.start);
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert_eq!(text.as_bytes().get(finding.bytes.clone()), Some(finding.secret.expose()));
        }
        if let Some(next) = found.get(at + 1) {
            assert!(finding.span.end <= next.span.start, "one finding a place, in order");
        }
    }
    snippets(&file, &mut found);
    for finding in &found {
        let Some(snippet) = &finding.snippet else { continue };
        assert!(snippet.line.chars().count() >= snippet.caret.0 + snippet.caret.1);
        assert!(!snippet.line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{:?}", snippet.line);
        if let Some(value) = finding.secret.expose_str().filter(|value| value.len() >= 8) {
            assert!(!snippet.line.contains(value), "a line shows its value");
        }
    }
}

/// What harmed once, and what is like it: blanks and signs of several bytes where a reading steps over one.
#[test]
fn wide_signs_do_no_harm() {
    for sign in ["\u{a0}", "\u{3000}", "\u{201c}", "é", "\u{1f511}"] {
        for (name, text) in [
            ("a.yaml", "key:@'hunter2x-7Lq4'\npassword:@hunter2x\n"),
            ("a.yaml", "x: @!Ref@password\n"),
            ("a.js", "f('hunter2x-7Lq4');@f@(password) { return 1 }\n@connect@(@'x', password@=@'hunter2x')\n"),
            ("a.py", "password@=@'hunter2x'\n@def@f@(@token@):@pass\nf(@'hunter2x-7Lq4')\n@jwt.encode(@'x', 'y')\n"),
            (".env", "PASSWORD@=@hunter2x@\n"),
        ] {
            check(name, text.replace('@', sign).as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_code_does_no_harm(which in 0..9_usize, text in code()) {
        check(NAMES[which], text.as_bytes());
    }

    #[test]
    fn any_bytes_do_no_harm(which in 0..9_usize, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(NAMES[which], &bytes);
    }

    #[test]
    fn other_encodings_do_no_harm(which in 0..9_usize, text in code()) {
        let wide: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        check(NAMES[which], &wide);
        if let Some(decoded) = Text::decode(&wide) {
            prop_assert_eq!(decoded.encode(&decoded.text), Some(wide));
        }
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        check(NAMES[which], &latin);
    }
}
