//! Passwords that a program compares with what somebody gave: `password.text.toString() == "x"`,
//! `"x".equals(request.getParameter("password"))`, `strcmp(password, "x")`. Read from the text, over calls that give the same
//! text in another form: a tree would have to know them in each language.

use std::ops::Range;

use super::fields::{NEAR, argument, closing, is_password, literal_around, whole};
use super::judge::{How, judge};
use super::lines::{CONSTANT, Reader};
use super::names::Class;
use crate::model::Confidence;

/// What gives the text of a field, or the same text in another form.
const READS: [&str; 36] = [
    "text",
    "Text",
    "value",
    "Value",
    "stringValue",
    "val",
    "get",
    "getText",
    "getValue",
    "getPassword",
    "Password",
    "content",
    "editText",
    "EditText",
    "data",
    "string",
    "str",
    "toString",
    "ToString",
    "to_string",
    "as_str",
    "as_deref",
    "c_str",
    "clone",
    "unwrap",
    "trim",
    "Trim",
    "strip",
    "rstrip",
    "chomp",
    "trimmed",
    "lower",
    "toLowerCase",
    "ToLower",
    "encode",
    "decode",
];

/// Methods that compare with their first argument.
const METHODS: [&str; 12] = [
    "equals",
    "Equals",
    "equalsIgnoreCase",
    "contentEquals",
    "compareTo",
    "CompareTo",
    "eq",
    "ne",
    "isEqual",
    "isEqualTo",
    "compare",
    "localeCompare",
];

/// Functions that compare their first two arguments, besides those that do so in constant time.
const FUNCTIONS: [&str; 16] = [
    "strcmp",
    "strncmp",
    "strcasecmp",
    "strncasecmp",
    "stricmp",
    "_stricmp",
    "_tcscmp",
    "lstrcmp",
    "lstrcmpi",
    "wcscmp",
    "memcmp",
    "equals",
    "Equals",
    "Compare",
    "EqualFold",
    "isEqual",
];

/// What stands between what is compared.
const OPERATORS: [&str; 10] = ["===", "!==", "==", "!=", "~=", "eq ", "ne ", "-eq ", "-ceq ", "-ne "];

/// What the field that is named at a place is compared with, and what that is called.
pub(super) fn read<'t>(reader: &Reader<'t>, place: &Range<usize>) -> Option<(Range<usize>, &'t str, Confidence)> {
    let field = field(reader, place)?;
    let name = reader.text.get(field.clone())?;
    let own = literal_around(reader, &field).filter(|literal| ends_with(reader, literal, field.end));
    let start = own.as_ref().map_or(field.start, |literal| literal.start - 1);
    let end = own.map_or(field.end, |literal| literal.end + 1);
    let span = behind(reader, start, end).or_else(|| before(reader, start))?;
    let confidence = judge(Class::Password, name, reader.text.get(span.clone())?, true, How::Compared)?;
    (confidence >= Confidence::Medium).then_some((span, name, confidence))
}

/// The part of a name that is a field's: `etPassword` of `binding.etPassword.text`.
fn field(reader: &Reader<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    let mut found = None;
    let mut end = place.end;
    while end > place.start {
        let text = reader.text.get(place.start..end)?;
        let start = place.start + text.rfind('.').map_or(0, |at| at + 1);
        let part = reader.text.get(start..end)?;
        if is_password(part) {
            found = Some(start..end);
        }
        // `passwordBox.Password`: the one further out is called more.
        if !(part.is_empty() || READS.contains(&part) || METHODS.contains(&part)) {
            break;
        }
        end = start.saturating_sub(1);
    }
    found
}

/// Whether a literal says nothing behind a place: `input("Password: ")`, `$("input[name=password]")`.
fn ends_with(reader: &Reader<'_>, literal: &Range<usize>, at: usize) -> bool {
    let rest = reader.bytes.get(at..literal.end).unwrap_or_default();
    rest.iter().all(|byte| b" :?>]\"'\\".contains(byte))
}

/// What is compared with an expression behind it.
fn behind(reader: &Reader<'_>, start: usize, end: usize) -> Option<Range<usize>> {
    let mut at = end;
    while at < end + NEAR {
        let rest = reader.bytes.get(at..)?;
        let joint = if rest.starts_with(b"->") || rest.starts_with(b"?.") {
            2
        } else {
            usize::from(rest.first() == Some(&b'.'))
        };
        if joint > 0 {
            let word = at + joint;
            let word =
                word..word + rest[joint..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let method = reader.text.get(word.clone())?;
            let called = reader.at(word.end) == b'(';
            if called && METHODS.contains(&method) {
                return argument(reader, word.end);
            }
            READS.contains(&method).then_some(())?;
            at = if called { closing(reader, word.end)? + 1 } else { word.end };
        } else if rest.starts_with(b"()") {
            at += 2;
        } else if b")]".contains(rest.first()?) || b"!?".contains(rest.first()?) && b".!)".contains(rest.get(1)?) {
            at += 1;
        } else {
            break;
        }
    }
    let at = reader.skip(at, b" \t");
    if let Some(operator) = OPERATORS.iter().find(|operator| reader.bytes[at..].starts_with(operator.as_bytes())) {
        return whole(reader, reader.skip(at + operator.len(), b" \t"));
    }
    // `strcmp(password, "x")`
    let second = reader.skip(at + 1, b" \t\r\n");
    (reader.at(at) == b',' && called_with(reader, start)).then(|| whole(reader, bytes_of(reader, second))).flatten()
}

/// What is compared with an expression before it: `"x".equals(password)`, `strcmp("x", password)`.
fn before(reader: &Reader<'_>, start: usize) -> Option<Range<usize>> {
    let low = start.saturating_sub(NEAR);
    let line = memchr::memrchr(b'\n', &reader.bytes[low..start]).map_or(low, |line| low + line + 1);
    let head = reader.text.get(line..start)?;
    // Names, calls and what is asked for: `request.getParameter(`, `$_POST[`.
    let expression = head.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.$&*[(>-#".contains(c));
    let joint = head.get(expression.len()..)?;
    let quote = expression.len() + line;
    let call = joint.strip_prefix('.').and_then(|call| call.split_once('('));
    if call.is_some_and(|(method, _)| METHODS.contains(&method)) {
        return literal_until(reader, line, quote.checked_sub(1)?);
    }
    let head = expression.trim_end().strip_suffix(',')?.trim_end();
    let literal = literal_until(reader, line, line + head.len().checked_sub(1)?)?;
    called_with(reader, literal.start - 1).then_some(literal)
}

/// The literal of a line whose quote closes at a place.
fn literal_until(reader: &Reader<'_>, line: usize, quote: usize) -> Option<Range<usize>> {
    let inside = quote.checked_sub(1).filter(|at| *at > line)?;
    b"\"'`".contains(&reader.at(quote)).then_some(())?;
    literal_around(reader, &(inside..inside + 1)).filter(|literal| literal.end == quote)
}

/// Whether what begins at a place is the first argument of a function that compares.
fn called_with(reader: &Reader<'_>, start: usize) -> bool {
    let head = reader.text.get(start.saturating_sub(NEAR)..start).unwrap_or_default();
    let head = head.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.$&*[]>- \"'".contains(c));
    // `ConstantTimeCompare([]byte(pass), []byte("x"))`
    let Some(head) = head.strip_suffix("[]byte(").unwrap_or(head).strip_suffix('(') else { return false };
    let callee = head.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    FUNCTIONS.contains(&callee) || CONSTANT.contains(&callee.as_bytes())
}

/// Where the literal begins of what makes bytes of one: `[]byte("x")`.
fn bytes_of(reader: &Reader<'_>, at: usize) -> usize {
    let makes = reader.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"[]byte("));
    if makes { at + b"[]byte(".len() } else { at }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    // keylift:allow made up
    const VALUE: &str = "Tr0ub4dor3x";

    fn found(text: &str) -> Option<(String, String)> {
        let reader = Reader::new(text, Path::new("a.txt"), None);
        let lower = text.to_ascii_lowercase();
        let mut hits = ["pass", "pwd"].iter().flat_map(|word| lower.match_indices(*word));
        hits.find_map(|(at, word)| {
            let (_, place) = reader.name(&(at..at + word.len()))?;
            let (span, name, _) = read(&reader, &place)?;
            Some((text[span].to_owned(), name.to_owned()))
        })
    }

    #[test]
    fn what_a_password_is_compared_with_is_found() {
        for (text, name) in [
            ("if (password.text.toString() == \"@\")", "password"),
            ("if (binding.etPassword.text.toString().trim() == \"@\")", "etPassword"),
            ("b.passwordLayout.isOn && b.password.editText?.text.toString().equals(\"@\", true)", "password"),
            ("if (new String(passwordField.getPassword()).equals(\"@\"))", "passwordField"),
            ("if (\"@\".equals(request.getParameter(\"password\")))", "password"),
            ("if (request.getParameter(\"password\").equals(\"@\"))", "password"),
            ("if (user.getPassword().equals(\"@\"))", "getPassword"),
            ("if (box.Password == \"@\")", "Password"),
            ("if (password.compareTo(\"@\") == 0)", "password"),
            ("if (Objects.equals(password, \"@\"))", "password"),
            ("if (string.Equals(\"@\", txtPassword.Text))", "txtPassword"),
            ("if (Request[\"password\"] == \"@\")", "password"),
            ("if self.entry_password.get() == \"@\":", "entry_password"),
            ("if input(\"Password: \") == \"@\":", "Password"),
            ("if (document.getElementById('password').value == '@')", "password"),
            ("if ($('#user-password').val() === '@')", "user-password"),
            ("if (passwordController.text == '@')", "passwordController"),
            ("if (!strcmp(password, \"@\"))", "password"),
            ("if (strncmp(\"@\", pwd, 8) == 0)", "pwd"),
            ("if (strcmp($_POST['password'], '@') == 0)", "password"),
            ("if input.password.eq(\"@\")", "password"),
            ("if password.as_str() != \"@\"", "password"),
            ("if ($password -eq \"@\")", "password"),
            ("if ($password eq '@')", "password"),
            ("subtle.ConstantTimeCompare([]byte(pass), []byte(\"@\"))", "pass"),
        ] {
            let text = text.replace('@', VALUE);
            assert_eq!(found(&text), Some((VALUE.to_owned(), name.to_owned())), "{text}");
        }
    }

    #[test]
    fn other_comparisons_are_not() {
        for text in [
            "if (password.length() == \"@\")",
            "if (password.getText() == \"@\" + x)",
            "if (password == other && user == \"@\")",
            "if (\"@\".equals(user) && ok(password))",
            "if (register(password, \"@\"))",
            "if (register(\"@\", password))",
            "if (strcmp(name, \"password\") == 0 && strcmp(user, \"@\"))",
            "if (e.target.name === 'password' && x === '@')",
            "if (password_error.text == \"@\")",
            "if (password.getText().equals(\"password\"))",
            "if (password.getText().equals(\"\"))",
            "password = \"@\"",
        ] {
            let text = text.replace('@', VALUE);
            assert_eq!(found(&text), None, "{text}");
        }
    }
}
