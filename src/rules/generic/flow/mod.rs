//! Variables that are handed to a function that takes a secret: `String k = "x"; new SecretKeySpec(k.getBytes(), "AES")`.
//! What such a variable is called does not matter. Read from the text: the definition before the call, by its name.

mod set;

use std::ops::Range;

use self::set::literals;
use super::calls;
use super::judge::{How, judge};
use super::lines::{self, Reader};
use super::names::Class;
use super::parameters;
use crate::model::Confidence;
use crate::rules::value::{is_placeholder, is_wish};

/// Calls of a file that are followed.
const CALLS: usize = 48;
/// Longest list of arguments, in bytes.
const LONGEST: usize = 600;
/// Variables between the call and the literal.
const HOPS: usize = 3;

/// Follows the variables that are passed at the places of telling words.
pub(super) fn read(reader: &mut Reader<'_>, hits: &[Range<usize>]) {
    let mut until = 0;
    let mut left = CALLS;
    for hit in hits {
        if hit.start < until || left == 0 {
            continue;
        }
        let Some((place, open)) = call(reader, hit) else { continue };
        until = place.end;
        let callee = calls::plain(reader.text.get(place.clone()).unwrap_or_default());
        let language = reader.language;
        let known = calls::find(&callee, language);
        left -= 1;
        let arguments = arguments(reader.text, open + 1);
        for known in known {
            let named =
                known.keyword.and_then(|keyword| arguments.iter().find_map(|text| keyword_value(text, keyword)));
            let positional = known.argument.and_then(|at| arguments.get(at)).copied();
            let Some(name) = named.or(positional).and_then(variable) else { continue };
            for span in literals(reader, name, place.start, HOPS) {
                let Some(value) = reader.text.get(span.clone()).filter(|value| known.takes(value)) else { continue };
                if let Some(confidence) = weigh(known.class, name, value) {
                    reader.push(span, known.class.rule(), Some(name), confidence);
                }
            }
        }
    }
}

/// The callee at a telling word, and where its bracket opens, where it is that of a function that takes a secret.
fn call(reader: &Reader<'_>, hit: &Range<usize>) -> Option<(Range<usize>, usize)> {
    // Most names are followed by something else: what they are is not asked then.
    if !may_call(reader.text, hit) {
        return None;
    }
    let (_, name) = reader.name(hit)?;
    let place = name.start..callee_end(reader, name.end);
    let open = reader.skip(place.end, b" ");
    let callee = reader.text.get(place.clone()).unwrap_or_default();
    let known = reader.at(open) == b'('
        && calls::may_be(callee)
        && !reader.text.get(..place.start).is_some_and(is_defined)
        && calls::find(&calls::plain(callee), reader.language).next().is_some();
    known.then_some((place, open))
}

/// Whether what begins at the end of a text is a function's definition: what it takes is no value.
fn is_defined(before: &str) -> bool {
    let head = before.trim_end_matches([' ', '\t']);
    head.len() < before.len()
        && parameters::KEYWORDS
            .iter()
            .any(|word| head.strip_suffix(word).is_some_and(|head| !head.bytes().next_back().is_some_and(in_word)))
}

/// Whether a bracket, or what may stand between a name and its bracket, follows the name around a telling word.
pub(super) fn may_call(text: &str, hit: &Range<usize>) -> bool {
    let rest = text.as_bytes().get(hit.end..).unwrap_or_default();
    let after = rest.iter().take(80).find(|byte| !lines::in_name(**byte));
    after.is_some_and(|byte| b"( :?".contains(byte))
}

/// Whether a function that takes a secret is called at a telling word.
pub(super) fn is_call(reader: &Reader<'_>, hit: &Range<usize>) -> bool {
    call(reader, hit).is_some()
}

/// Where a callee ends whose beginning ends at a place: `JWT` of `JWT::encode`, `app` of `app->key`.
fn callee_end(reader: &Reader<'_>, mut at: usize) -> usize {
    loop {
        let joint = match (reader.at(at), reader.at(at + 1)) {
            (b':', b':') | (b'-', b'>') | (b'?', b'.') => at + 2,
            _ => return at,
        };
        let end = (joint..reader.bytes.len()).find(|at| !in_word(reader.at(*at)));
        match end.filter(|end| *end > joint) {
            Some(end) => at = end,
            None => return at,
        }
    }
}

/// How sure a value is that reaches such a function. A sentence of the length of a cipher's key is one.
fn weigh(class: Class, name: &str, value: &str) -> Option<Confidence> {
    let of_a_cipher =
        matches!(value.len(), 16 | 24 | 32) && !is_placeholder(value) && !value.contains(['\n', '\\', '$', '{']);
    let signs = class == Class::Secret && value.len() >= 8 && is_wish(value);
    let taken = (class == Class::Secret && (of_a_cipher || signs)).then_some(Confidence::Medium);
    judge(class, name, value, true, How::Passed).max(taken)
}

/// The arguments of the call whose bracket opens before a place.
fn arguments(text: &str, open: usize) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut depth, mut start, mut at) = (0_usize, open, open);
    let limit = (open + LONGEST).min(bytes.len());
    while at < limit {
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < limit && bytes[at] != quote {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                found.extend(text.get(start..at));
                return found;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                found.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    Vec::new()
}

/// `key=x`, `password: x`: the value of a keyword.
fn keyword_value<'t>(argument: &'t str, keyword: &str) -> Option<&'t str> {
    let rest = argument.trim().strip_prefix(keyword)?.trim_start();
    rest.strip_prefix(['=', ':']).filter(|rest| !rest.starts_with(['=', ':']))
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The variable that an expression is, or makes something else of: `this.key`, `$key`, `[]byte(key)`, `key.getBytes("x")`.
fn variable(expression: &str) -> Option<&str> {
    let text =
        expression.trim().trim_start_matches("new ").trim_start_matches("[]").trim_start_matches(['&', '*', '@']);
    let end = text.bytes().position(|byte| !(in_word(byte) || b".$->:".contains(&byte))).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let last = |path: &str| path.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    let rest = rest.trim();
    if let Some(inner) = rest.strip_prefix('(') {
        let method = path.get(last(path)..)?;
        let receiver = path.get(..last(path))?.trim_end_matches(['.', '-', '>', ':', '$']);
        let plain = calls::plain(path);
        if !receiver.is_empty() && TEXTS.contains(&method) {
            return variable(receiver);
        }
        let through = calls::passes_through(&plain) || WRAPPERS.contains(&method);
        return through.then(|| variable(arguments(inner, 0).first()?)).flatten();
    }
    let name = path.get(last(path)..)?;
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (rest.is_empty()
        && starts
        && name.len() > 1
        && !["null", "nil", "None", "undefined", "self", "this"].contains(&name))
    .then_some(name)
}

/// Methods that give a text in another form.
const TEXTS: [&str; 8] =
    ["getBytes", "encode", "toCharArray", "toByteArray", "bytes", "as_bytes", "ToCharArray", "clone"];
/// Functions that wrap a key.
const WRAPPERS: [&str; 6] = ["Key", "byte", "GetBytes", "from", "parse", "fromString"];

/// Whether the last line of a text is a comment.
pub(super) fn is_commented(before: &[u8]) -> bool {
    // Nobody writes longer comments on one line; lines of bundles are as long as the file.
    let near = &before[before.len().saturating_sub(LONGEST)..];
    let line = memchr::memrchr(b'\n', near).map(|at| at + 1).or((near.len() == before.len()).then_some(0));
    let line = line.map_or(&[][..], |line| near[line..].trim_ascii_start());
    [&b"//"[..], b"/*", b"* ", b"# "].iter().any(|sign| line.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found<'t>(text: &'t str, language: &str, call: &str) -> Vec<&'t str> {
        let mut reader = Reader::new(text, Path::new("a.txt"), Some(language));
        let hits: Vec<Range<usize>> = text.match_indices(call).map(|(at, word)| at..at + word.len()).collect();
        read(&mut reader, &hits);
        reader.finish().into_iter().map(|candidate| &text[candidate.span]).collect()
    }

    #[test]
    fn variables_are_followed_to_their_literals() {
        // keylift:allow made up for a test
        let java = "String text = \"these are 32 chars of a sentence\";\nbyte[] raw = text.getBytes(\"UTF-8\");\n\
            new SecretKeySpec(raw, \"AES\");";
        assert_eq!(found(java, "java", "SecretKeySpec"), ["these are 32 chars of a sentence"]);
        // keylift:allow made up for a test
        let php = "$kk = 'other';\n$kk = 'dragon';\nJWT::decode($t, new Key($kk, 'HS256'));\n$kk = 'late';";
        assert_eq!(found(php, "php", "JWT"), ["dragon"]);
        // keylift:allow made up for a test
        let branches = php.replace("kk", "lSigningKey");
        assert_eq!(found(&branches, "php", "JWT"), ["dragon", "other"]);
        // keylift:allow made up for a test
        let python = "HMAC_2 = 'super-secret-value'\njwt.encode({'a': f(1, 2)}, HMAC_2, algorithm='HS256')";
        assert_eq!(found(python, "python", "jwt.encode"), ["super-secret-value"]);
        // keylift:allow made up for a test
        let go = "var signer = []byte(\"goliath\")\nx, _ := t.SignedString(signer)";
        assert_eq!(found(go, "go", "SignedString"), ["goliath"]);
        // keylift:allow made up for a test
        let ts = "class A { private readonly k: string = 'lighthouse7'; f() { return createHmac('sha256', this.k) } }";
        assert!(found(ts, "typescript", "createHmac").is_empty(), "names of one letter say too little");
        let named = ts.replace("readonly k", "readonly salted").replace("this.k", "this.salted");
        assert_eq!(found(&named, "typescript", "createHmac"), ["lighthouse7"]);
    }

    #[test]
    fn what_is_made_elsewhere_is_no_value() {
        for text in [
            "let kk = process.env.KEY;\njwt.sign(a, kk)",
            "let kk = 'a' + b;\njwt.sign(a, kk)",
            "if (kk == 'admin1') { jwt.sign(a, kk) }",
            "let kk = read('password.txt');\njwt.sign(a, kk)",
            "let kk = '<token>';\njwt.sign(a, kk)",
            "jwt.sign(a, f(kk))\nlet kkk = 'hunter2'",
        ] {
            assert!(found(text, "javascript", "jwt.sign").is_empty(), "{text}");
        }
    }
}
