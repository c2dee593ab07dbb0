//! What a function calls its parameters, read from its definition in the same text.

use std::ops::Range;

/// Places that are looked at for a definition.
const MOST: usize = 40;
/// How far from a function's name its parameters and arguments are looked for here, in bytes.
const NEAR: usize = 200;
/// Longest list of parameters, in bytes.
const LONGEST: usize = 2000;
/// Words before a function's name where it is defined.
pub(super) const KEYWORDS: [&str; 6] = ["def", "function", "func", "fn", "fun", "sub"];
/// Languages that write the type before the name.
const TYPE_FIRST: [&str; 5] = ["java", "csharp", "c", "cpp", "groovy"];

/// The names of the parameters of the first definition of a function, the receiver left out; empty where there is none.
pub(super) fn of(text: &str, function: &str, language: &str) -> Vec<String> {
    if function.len() < 3 || !function.bytes().all(is_name) {
        return Vec::new();
    }
    memchr::memmem::find_iter(text.as_bytes(), function)
        .take(MOST)
        .find_map(|at| definition(text, at, at + function.len()))
        .map(|list| names(list, TYPE_FIRST.contains(&language)))
        .unwrap_or_default()
}

/// The calls with literals that a text has of the function whose parameter stands at a place.
pub(super) fn calls_with_literals(text: &str, place: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let opened = list_of(text, place);
    let function = opened.map_or(&[][..], |(start, open)| &bytes[start..open]);
    let length = function.len();
    let calls = opened.into_iter().flat_map(move |(_, open)| {
        let ends = memchr::memmem::find_iter(bytes, function).take(MOST).map(move |at| at + length);
        ends.filter(move |end| *end != open)
    });
    calls.filter_map(move |end| {
        let list = bytes.get(end..(end + NEAR).min(bytes.len())).unwrap_or_default();
        let list = list.split(|byte| *byte == b')').next().unwrap_or_default();
        let called = list.first() == Some(&b'(') && memchr::memchr3(b'"', b'\'', b'`', list).is_some();
        (called && definition(text, end - length, end).is_none()).then(|| end - length..end + list.len())
    })
}

/// Where the name of a function begins and ends whose parameter stands at a place.
fn list_of(text: &str, place: &Range<usize>) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let next = bytes.get(place.end..).unwrap_or_default().trim_ascii_start().first();
    if !next.is_some_and(|byte| b",):=".contains(byte)) {
        return None;
    }
    let low = place.start.saturating_sub(NEAR);
    let open = memchr::memrchr(b'(', &bytes[low..place.start]).map(|at| low + at)?;
    let length = bytes[..open].iter().rev().take_while(|byte| is_name(**byte)).count();
    let function = &bytes[open - length..open];
    let keyword: [&[u8]; 5] = [b"for", b"while", b"switch", b"catch", b"function"];
    let listed = length >= 3
        && !keyword.contains(&function)
        // What an object is taken apart into is not told by its place.
        && memchr::memchr2(b')', b'{', &bytes[open..place.start]).is_none()
        && definition(text, open - length, open).is_some();
    listed.then_some((open - length, open))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The list of parameters, where a function of the name at a place is defined there.
fn definition(text: &str, start: usize, end: usize) -> Option<&str> {
    let rest = text.get(end..)?;
    let open = end + rest.len() - rest.trim_start().strip_prefix('(')?.len();
    let before = text.get(..start)?;
    if before.bytes().next_back().is_some_and(|byte| is_name(byte) || byte == b'.') {
        return None;
    }
    let close = open + closing(text.as_bytes().get(open..(open + LONGEST).min(text.len()))?)?;
    let word = before.trim_end();
    let word = word.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    let after = behind_list(text.get(close + 1..)?);
    // `a(x) || register(y) {` is a condition: no operator stands before what is defined, and parameters are no literals.
    let operator = before.trim_end().ends_with(['|', '&', '=', '(', '!', '+', '?', ':']);
    let body = after.starts_with('{') && !operator && !["if", "while", "for", "switch"].contains(&word);
    let list = text.get(open..close)?;
    // `withEnv(["DB_PASSWORD=x", "A=1"]) {`
    let literal = list.trim_start().trim_start_matches(['[', '{', ' ']).starts_with(['"', '\'', '`']);
    ((KEYWORDS.contains(&word) || body) && !literal).then_some(list)
}

/// What follows a list of parameters, but for the exceptions that the function throws and the type it gives back.
fn behind_list(text: &str) -> &str {
    let after = text.trim_start();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.,<>[]| \t\r\n".contains(c);
    match after.strip_prefix("throws ").or_else(|| after.strip_prefix(':')) {
        Some(rest) => rest.trim_start_matches(plain),
        None => after,
    }
}

/// Where the bracket closes that a text stands in.
fn closing(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

fn names(list: &str, type_first: bool) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in list.chars() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let name = |part: &String| {
        let part = part.split('=').next().unwrap_or_default();
        let mut words = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        let word = if type_first { words.next_back() } else { words.find(|word| *word != "mut") };
        word.unwrap_or_default().to_owned()
    };
    let mut names: Vec<String> = parts.iter().map(name).collect();
    if names.first().is_some_and(|first| ["self", "cls", "this"].contains(&first.as_str())) {
        names.remove(0);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_with_literals_are_seen_from_the_parameter() {
        for (text, expected) in [
            ("void seed(String u, String password) {}\nvoid f() { seed(\"a\", \"b\"); }", true),
            ("def seed(user, password):\n  pass\nseed('a', x)", true),
            ("def seed(user, password):\n  pass\nseed(user, x)", false),
            ("def seed(user, password):\n  pass\ndef seed(user: 'Text', password):\n  pass", false),
            ("while (user, password) x('a'); while('b')", false),
            ("password = 'x'; seed('a')", false),
        ] {
            let at = text.find("password").unwrap();
            let found: Vec<_> = calls_with_literals(text, &(at..at + "password".len())).collect();
            assert_eq!(!found.is_empty(), expected, "{text}");
            assert!(found.iter().all(|call| text[call.clone()].starts_with("seed(")), "{text} {found:?}");
        }
    }

    #[test]
    fn parameters_are_read_from_the_definition() {
        for (text, language, expected) in [
            (
                "register(1, 2)\ndef register(self, user: str, password='x', *rest):\n",
                "python",
                vec!["user", "password", "rest"],
            ),
            ("function register(user, password) {", "javascript", vec!["user", "password"]),
            (
                "  async register(user: Map<string, number>, password?: string) {",
                "typescript",
                vec!["user", "password"],
            ),
            ("func register(user string, password string) error {", "go", vec!["user", "password"]),
            ("void register(final String user, String password) {", "java", vec!["user", "password"]),
            ("void register(String user, String password) throws IOException, a.B {", "java", vec!["user", "password"]),
            ("  register(user: string, password: string): Promise<void> {", "typescript", vec!["user", "password"]),
            ("fn register(&self, user: &str, mut password: String) {", "rust", vec!["user", "password"]),
            ("if register(a, b) {", "go", vec![]),
            ("} else if register(a) || register(b) {", "rust", vec![]),
            ("} else if register(\"password\") {", "rust", vec![]),
            ("register([\"DB_PASSWORD=x\", \"A=1\"]) {", "groovy", vec![]),
            ("x.register(a, b)", "python", vec![]),
            ("unregister(a) {", "javascript", vec![]),
            ("def register(", "python", vec![]),
        ] {
            assert_eq!(of(text, "register", language), expected, "{text}");
        }
    }
}
