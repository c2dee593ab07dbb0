//! Whether a file is worth parsing, told from the lines around its telling words: parsing takes a hundred times as long as
//! looking for words.

mod handed;

use std::cell::LazyCell;
use std::ops::Range;

use super::around::{may_do_without_quotes, may_fall_back, may_sign};
use super::judge::{How, is_plain_word, judge};
use super::lines::{Reader, first_compared, in_name};
use super::{names, repeats};
use crate::model::Confidence;
use crate::rules::tree::Tree;
use crate::rules::value::{Look, look};

/// How far behind a name a literal may stand for a file to be worth parsing, in bytes.
pub(super) const NEAR: usize = 200;

impl<'a> Reader<'a> {
    /// The telling words that make a file worth parsing: behind them stands a literal that may be their value. All of
    /// them, or the first.
    pub(super) fn promising(
        &self,
        hits: &[Range<usize>],
        least: Confidence,
        tree: &Tree<'_>,
        all: bool,
    ) -> Vec<Range<usize>> {
        let mut until = 0;
        let promising = hits.iter().filter(|hit| {
            if hit.start < until {
                return false;
            }
            let Some((name, place)) = self.name(hit) else { return false };
            until = place.end;
            let path = self.path(&place);
            let calls = self.calls(&path);
            let promising = if calls { self.hands_literal(path.end) } else { self.may_name(name, &place, least) };
            // In a bundle only what is beyond doubt counts.
            let promising = promising
                && (least >= Confidence::High
                    || !self.is_bundled(place.start)
                    || if calls {
                        self.is_random_near(path.end)
                    } else {
                        self.may_name(name, &place, Confidence::High)
                    });
            // Whether it stands in documentation is asked last: that reads the whole file. What a comment says counts for less.
            let doubtful = || least == Confidence::Medium && !calls && !self.may_name(name, &place, Confidence::High);
            promising
                && !tree
                    .documentation()
                    .is_some_and(|read| read.holds(hit.start) || read.comments(hit.start) && doubtful())
        });
        promising.take(if all { usize::MAX } else { 1 }).cloned().collect()
    }

    /// Whether a telling word is part of a telling name, or of a function's that takes a secret.
    pub(super) fn tells(&self, hit: &Range<usize>) -> bool {
        self.name(hit).is_some_and(|(name, place)| names::classify(name).is_some() || self.calls(&self.path(&place)))
    }

    /// Whether settings of what signs tokens may stand around a place.
    fn is_in_tokens(&self, at: usize) -> bool {
        if self.bytes[..at].ends_with(b"Jwt:") {
            return true;
        }
        if self.language != Some("appsettings") {
            return false;
        }
        let head = &self.bytes[at.saturating_sub(NEAR)..at];
        [&b"\"Jwt"[..], b"\"JWT", b"\"jwt"].iter().any(|name| memchr::memmem::find(head, name).is_some())
    }

    /// Whether a line close to a place says that it has the value of something: `value: …`.
    fn is_pair_over_lines(&self, place: &Range<usize>) -> bool {
        let from = place.start.saturating_sub(NEAR);
        let line = memchr::memchr(b'\n', &self.bytes[from..place.start]).map_or(place.start, |at| from + at + 1);
        let from = if from == 0 { 0 } else { line };
        let to = (place.end + NEAR).min(self.bytes.len());
        // The keys of a pair stand in one column.
        let key_of = |line: &[u8]| {
            let blanks = line.len() - line.trim_ascii_start().len();
            let rest = &line[blanks..];
            blanks + rest.strip_prefix(b"- ").map_or(0, |after| rest.len() - after.trim_ascii_start().len())
        };
        let column = LazyCell::new(|| {
            let near = &self.bytes[place.start.saturating_sub(NEAR)..place.start];
            key_of(&near[memchr::memrchr(b'\n', near).map_or(0, |at| at + 1)..])
        });
        self.bytes[from..to].split(|byte| *byte == b'\n').any(|line| {
            let at = key_of(line);
            let line = &line[at..];
            let key = line.iter().take_while(|byte| in_name(**byte) || b"\"'".contains(byte)).count();
            let (key, rest) = line.split_at(key);
            let rest = rest.trim_ascii();
            let named = matches!(rest.first(), Some(b':' | b'=')) && rest.len() > 1;
            named
                && std::str::from_utf8(key).is_ok_and(|key| names::is_value(key.trim_matches(['"', '\''])))
                && at == *column
        })
    }

    /// Whether behind a name stands a literal that may be its value, at least as sure as `least`.
    fn may_name(&self, name: &str, place: &Range<usize>, least: Confidence) -> bool {
        let Some(mut class) = names::classify(name) else { return false };
        // `"Jwt": {"Key": "x"}`
        if class == names::Class::Weak && self.is_in_tokens(place.start) {
            class = names::Class::Secret;
        }
        // `name: DB_PASSWORD`, its value on another line.
        let ends = matches!(self.at(self.skip(place.end, b" \t\r\"'")), b'\n' | 0);
        let blocks =
            self.bare || self.language.is_some_and(|language| ["terraform", "hcl", "packer"].contains(&language));
        if blocks && class != names::Class::Weak && ends && self.is_pair_over_lines(place) {
            return true;
        }
        let own = matches!(class, names::Class::Password | names::Class::Secret);
        let good = |span: Range<usize>, quoted: bool, how: How| {
            let Some(value) = self.text.get(span.clone()) else { return false };
            let sure = if least > Confidence::Low && is_plain_word(class, name, value, how) {
                None
            } else {
                let plain =
                    quoted && self.language.is_some_and(|language| may_do_without_quotes(language, class, name, value));
                judge(class, name, value, quoted && !plain, how).filter(|sure| *sure >= least)
            };
            sure.is_some_and(|sure| !repeats::is_lowered(self.text, class, name, &span, sure))
                || least <= Confidence::Medium
                    && (may_sign(class, name, value) || own && may_fall_back(self.text, span.start))
        };
        // In the middle of a text that is no code, what is read is what its own line says.
        if self.is_amid_text(place) {
            return self.value(place.start, place.end).is_some_and(|(span, quoted, how)| good(span, quoted, how));
        }
        if own && self.text.get(..place.start).is_some_and(|before| first_compared(before).is_some()) {
            return true;
        }
        if own && self.is_looked_in(place.start) {
            return true;
        }
        if own && self.given_literals(place).next().is_some() {
            return true;
        }
        let listed = self.before(place) == Some(b'[') && self.at(self.skip(place.end + 1, b" \t")) == b',';
        let how = if listed { How::Pair } else { How::Bound };
        // What a function sets is bound to its name in the tree.
        let set = |how: How| if how == How::Argument && self.at(place.end) == b'(' { How::Bound } else { how };
        if self.value(place.start, place.end).is_some_and(|(span, quoted, how)| good(span, quoted, set(how)))
            || self.literals_after(place).any(|span| good(span, true, how))
        {
            return true;
        }
        // The other half of a pair on lines of its own: `name: …`, `value: …`.
        let half = || memchr::memmem::find(self.near(place.end), b"value:");
        self.bare.then(half).flatten().is_some_and(|found| {
            let at = self.skip(place.end + found + b"value:".len(), b" \t");
            self.bare_value(place.start, at, How::Bound).is_some_and(|(span, quoted, how)| good(span, quoted, how))
        })
    }

    /// Whether a name stands amid the text of a string, where all texts stand in quotes of one kind.
    fn is_amid_text(&self, name: &Range<usize>) -> bool {
        if self.language != Some("json") {
            return false;
        }
        let before = name.start.checked_sub(1).map_or(0, |before| self.at(before));
        let whole = before == b'"' && self.at(name.end) == b'"';
        let end = memchr::memchr(b'"', self.near(name.end)).map_or(self.bytes.len(), |end| name.end + end + 1);
        !whole && self.at(self.skip(end, b" \t")) != b':'
    }

    /// `"x" in password`
    fn is_looked_in(&self, start: usize) -> bool {
        let head = self.bytes[..start].trim_ascii_end().strip_suffix(b"in").unwrap_or_default();
        head.last() == Some(&b' ') && matches!(head.trim_ascii_end().last(), Some(b'"' | b'\''))
    }

    /// Whether a literal close behind a place is random.
    fn is_random_near(&self, from: usize) -> bool {
        let mut at = from;
        let limit = (from + NEAR).min(self.bytes.len());
        while let Some(quote) = self.bytes.get(at..limit).and_then(|near| memchr::memchr3(b'"', b'\'', b'`', near)) {
            let Some(span) = self.quoted(at + quote) else {
                at += quote + 1;
                continue;
            };
            if self.text.get(span.clone()).is_some_and(|value| look(value) == Look::Random) {
                return true;
            }
            at = span.end + 1;
        }
        false
    }

    fn near(&self, from: usize) -> &'a [u8] {
        self.bytes.get(from..(from + NEAR).min(self.bytes.len())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn promises(path: &str, text: &str) -> bool {
        let tree = Tree::new(text, Path::new(path));
        let reader = Reader::new(text, Path::new(path), tree.language());
        let words = ["pass", "secret", "token", "key", "auth", "fernet", "hmac", "jwt"];
        let lower = text.to_ascii_lowercase();
        let mut hits: Vec<Range<usize>> =
            words.iter().flat_map(|word| lower.match_indices(word).map(|(at, word)| at..at + word.len())).collect();
        hits.sort_by_key(|hit| hit.start);
        !reader.promising(&hits, Confidence::Medium, &tree, false).is_empty()
    }

    /// Whether each text promises something; what promises nothing is not parsed, so that nothing is found in it.
    fn check(cases: &[(&str, &str, bool)]) {
        for (path, text, expected) in cases {
            assert_eq!(promises(path, text), *expected, "{path}: {text}");
        }
    }

    // keylift:allow made up, all of them
    const VALUE: &str = "q7Gz0pLw2x";

    #[test]
    fn functions_promise_where_they_are_handed_a_literal() {
        check(&[
            ("a.py", &format!("f = Fernet(b'{VALUE}')"), true),
            ("a.py", "from x import Fernet\n\nname = 'x'", false),
            ("a.py", "def f(auth: Fernet | None) -> 'x':", false),
            ("a.py", "hmac.new(key, data).hexdigest() == 'x'", false),
            ("a.rb", &format!("JWT.encode data, '{VALUE}'"), true),
            ("a.json", "{\"Fernet\": {\"about\": \"x\"}}", false),
            ("a.js", &format!("o.token=``,o.other=`{VALUE}`"), false),
            ("a.js", &format!("o.token=``||`{VALUE}`"), true),
            // What a class inherits from, and what belongs to one.
            ("a.cpp", &format!("class Copy : public BasePass {{\n  string a() {{ return \"{VALUE}\"; }}"), false),
            ("a.cpp", &format!("std::string pass {{ \"{VALUE}\" }};"), true),
            ("a.cpp", &format!("log << Pass::name() << \"{VALUE}\";"), false),
            ("a.rs", &format!("let pass = Secret::from(\"{VALUE}\");"), true),
            // A comment counts where it is beyond doubt.
            ("a.cpp", "/* the pass - 'off' */", false),
            ("a.cpp", "// pass = \"hunter2x\"", false),
            ("a.cpp", "pass = \"hunter2x\";", true),
        ]);
    }

    #[test]
    fn parameters_promise_where_they_are_defined() {
        check(&[
            ("a.py", "def login(user, password):\n    pass\nlogin('ann', 'x')", true),
            ("a.py", "cmd.append(self.password)\ncmd.append('-m')", false),
            ("a.js", "function login(user, password) {}\nlogin('ann', 'x')", true),
            ("a.js", "function login({user, password}) {}\nlogin('ann', 'x')", false),
        ]);
    }

    #[test]
    fn pairs_promise_where_a_line_has_the_value() {
        check(&[
            ("a.yaml", &format!("- name: DB_PASSWORD\n  value: {VALUE}"), true),
            ("a.yaml", &format!("- value: {VALUE}\n  name: DB_PASSWORD"), true),
            ("a.yaml", "title: Access Token\ntype: string", false),
            ("a.yaml", "title: Access Token\ncontent:\n  type: x", false),
            ("a.yaml", "- name: token\n  schema:\n    default: none", false),
            ("a.yaml", "- name: token\n  default: none", true),
            ("a.json", &format!("{{\"name\": \"password\", \"type\": \"x\", \"value\": \"{VALUE}\"}}"), true),
            ("a.json", "{\"id\": \"a.getPassword\",\n\"order\": [\n\"parent\"\n]}", false),
        ]);
    }

    #[test]
    fn amid_a_text_of_json_its_own_line_alone_tells() {
        check(&[
            ("a.json", &format!("{{\"about\": \"the password? `{VALUE}`\", \"other\": \"{VALUE}\"}}"), false),
            ("a.json", &format!("{{\"about\": \"ask for the secret\", \"other\": \"{VALUE}\"}}"), false),
            ("a.json", &format!("{{\"args\": [\"--password\", \"{VALUE}\"]}}"), true),
        ]);
    }

    #[test]
    fn bodies_comments_and_texts_in_texts_are_no_values() {
        check(&[
            ("a.py", "if not password:\n    args = [b'Batch']", false),
            ("a.py", &format!("if '{VALUE}' in password:\n    pass"), true),
            ("a.js", "if (x !== secret) {\n  report('types');\n}", false),
            ("a.js", &format!("const x = {{\n  password:\n    '{VALUE}',\n}}"), true),
            ("a.ts", "interface CryptoKey {\n  /** The read-only **`algorithm`** of it */\n}", false),
            (
                "a.json",
                "{\"about\": \"secrets/$NAME/versions/$NUMBER\\\" for one region. It can be fixed (e.g. \\\"2\\\") or \\\"latest\\\"\"}",
                false,
            ),
            ("a.py", &format!("password = \\\n    '{VALUE}'"), true),
        ]);
    }

    #[test]
    fn long_values_promise_too() {
        let long = "Zq4x9Kw7Lm2pT8vB".repeat(60);
        check(&[
            ("a.yaml", &format!("session_token: {long}\n"), true),
            ("a.py", &format!("session_token = '{long}'"), true),
        ]);
    }
}
