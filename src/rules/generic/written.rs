//! How a value is written behind its name: assigned, compared, as an element's text, as an option's, in quotes or without.

use std::ops::Range;

use super::code::is_algorithm;
use super::judge::How;
use super::lines::{COMPARISONS, LONGEST, PROPERTIES, Reader, STRING, in_name, is_no_label};
use super::{calls, names, place};

/// Longest callee that is read before a value, in bytes.
const LONGEST_CALLEE: usize = 40;

impl Reader<'_> {
    /// The value that follows a name.
    pub(super) fn value(&self, start: usize, end: usize) -> Option<(Range<usize>, bool, How)> {
        let open = start.checked_sub(1).map_or(0, |at| self.at(at));
        let mut at = end;
        let key = b"\"'`".contains(&open) && self.at(at) == open;
        if key {
            at += 1;
        }
        if let Some(span) = self.value_in_escapes(start, end) {
            return Some((span, true, How::Bound));
        }
        at = self.skip(at, b"]");
        if !key && let Some(span) = self.compared(start, at) {
            return Some((span, true, How::Compared));
        }
        if key && let Some(span) = self.attribute_beside(start, at) {
            return Some((span, true, How::Bound));
        }
        if let Some(open) = self.element(start, end) {
            let stop = (open..(open + 300).min(self.bytes.len())).find(|at| b"<\n".contains(&self.at(*at)))?;
            // Of a hole in a text (`<PASSWORD> --role x <ID>`) no end tag follows.
            return (self.bytes[stop..].starts_with(b"</") && stop > open).then_some((open..stop, true, How::Element));
        }
        if open == b'<' {
            return None;
        }
        if !key && self.at(at) == b'(' {
            return self.set_by_call(start, at).map(|span| (span, true, How::Argument));
        }
        // `password.text! == "x"` of Swift.
        if !key && self.at(at) == b'!' && self.at(at + 1) == b' ' {
            at += 1;
        }
        let blank = self.skip(at, b" \t");
        let rest = self.bytes.get(blank..)?;
        let (length, how) = match rest {
            [b'=' | b'!', b'=', b'=', ..] => (3, How::Compared),
            [b'=' | b'!', b'=', ..] => (2, How::Compared),
            [b'=', b'>', ..] | [b':', b'=', ..] => (2, How::Bound),
            [b':', b':', ..] | [b'=', b'~', ..] => return None,
            [b'=' | b':', ..] => (1, How::Bound),
            [b'<', b'-', ..] if blank > at => (2, How::Bound),
            [b',', ..] if key => (1, How::Argument),
            _ if blank > at && self.bare && !key && self.takes_blank(start) => (0, How::Blank),
            // `#define PASSWORD "x"`, `@password "x"`, `:password "x"`
            [b'"', ..] if blank > at && !key && (self.is_defined(start) || self.is_attribute(start)) => (0, How::Bound),
            _ if blank > at && !key => (self.type_before_value(blank)?, How::Bound),
            _ => return None,
        };
        if how == How::Argument {
            let before = (0..start.saturating_sub(1)).rev().find(|at| !b" \t\r\n".contains(&self.at(*at)))?;
            if self.at(before) != b'(' {
                return None;
            }
        }
        let mut at = self.skip(blank + length, b" \t");
        // A type stands between name and value: `password: String = "…"`. No type begins as `Password: <input type="…"` does.
        let typed = rest.first() == Some(&b':') && self.at(at) != b'<';
        if typed && how == How::Bound && self.quoted(at).is_none() && !self.bare {
            let limit = (at + 40).min(self.bytes.len());
            let after = (at..limit).find(|at| !(in_name(self.at(*at)) || b"&<>[]'?| ".contains(&self.at(*at))))?;
            if self.at(after) == b'=' {
                at = self.skip(after + 1, b" \t");
            }
        }
        if let Some(span) = self.quoted(at).or_else(|| self.quoted(self.skip(at, b" \t\r\n(")).filter(|_| !self.bare)) {
            let after = self.skip(span.end + 1, b" \t");
            let is_key = self.at(after) == b':' && key && how != How::Compared;
            let span = self.default_of_template(&span).unwrap_or(span);
            return (!is_key).then_some((span, true, how));
        }
        if let Some(span) = self.made_of(at).filter(|_| how == How::Bound).or_else(|| self.fallback(at)) {
            return Some((span, true, How::Bound));
        }
        // PowerShell assigns expressions; words without quotes are arguments.
        let expression = how == How::Bound && place::is_powershell(self.path);
        // `@Value("${jwt.secret:x}")`
        let default = self.bytes[..start].ends_with(b"${") && rest.first() == Some(&b':');
        // `export DB_PASSWORD=x` inside of a program's text.
        let exported = self.bytes[..start].ends_with(b"export ") && blank == end && rest.first() == Some(&b'=');
        // `["DB_PASSWORD=x"]`: an entry of an environment.
        let entry = b"\"'`".contains(&open) && blank == end && rest.first() == Some(&b'=') && self.is_entry(start, end);
        // `for (auto &pass: passes)`
        let query = self.is_query(start) && rest.first() == Some(&b'=');
        let open = self.bare || default || exported || entry || query || self.is_setting(start, rest.first(), at);
        let bare = open && how != How::Compared && how != How::Argument && !expression;
        bare.then(|| self.bare_value(start, at, how)).flatten()
    }

    /// Whether a string says what a variable is set to, and nothing else: its quote opens before the name, whose letters are
    /// capitals, and closes behind one word.
    fn is_entry(&self, start: usize, end: usize) -> bool {
        let capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        let rest = self.bytes.get(end + 1..(end + LONGEST).min(self.bytes.len())).unwrap_or_default();
        let quote = self.at(start.saturating_sub(1));
        let word = rest.iter().position(|byte| *byte == quote || byte.is_ascii_whitespace());
        self.bytes[start..end].iter().all(capital) && word.is_some_and(|at| at > 0 && rest[at] == quote)
    }

    /// The value of a key of JSON that stands in the text of a string: `"{\"password\": \"x\"}"`. In the strings of JSON itself
    /// stand examples: of a documentation, of requests to try.
    fn value_in_escapes(&self, start: usize, end: usize) -> Option<Range<usize>> {
        const QUOTE: &[u8] = b"\\\"";
        let quoted = |at: usize| self.bytes.get(at..).is_some_and(|rest| rest.starts_with(QUOTE));
        if self.language == Some("json") || !quoted(start.checked_sub(QUOTE.len())?) || !quoted(end) {
            return None;
        }
        let colon = self.skip(end + QUOTE.len(), b" \t");
        let open = self.skip(colon + 1, b" \t");
        if self.at(colon) != b':' || !quoted(open) {
            return None;
        }
        let from = open + QUOTE.len();
        let inside = self.bytes.get(from..(from + LONGEST).min(self.bytes.len()))?;
        // Another escape may stand for something else.
        let length =
            memchr::memchr3(b'\\', b'"', b'\n', inside).filter(|length| *length > 0 && quoted(from + length))?;
        Some(from..from + length)
    }

    /// Whether a macro is what has a name (ISO C, 6.10.3).
    fn is_defined(&self, start: usize) -> bool {
        let head = self.bytes.get(..start).unwrap_or_default();
        let word = head.trim_ascii_end();
        word.len() < head.len()
            && word.strip_suffix(b"define").is_some_and(|head| head.trim_ascii_end().ends_with(b"#"))
    }

    /// Whether a name is an attribute of a module (Elixir) or a keyword (Clojure), whose value stands behind a blank. Languages
    /// that have a grammar say the same otherwise.
    fn is_attribute(&self, start: usize) -> bool {
        let head = self.bytes.get(..start).unwrap_or_default();
        let sign = head.strip_suffix(b"@").or_else(|| head.strip_suffix(b":"));
        self.language.is_none() && sign.is_some_and(|head| head.last().is_none_or(|last| b" \t\n{(".contains(last)))
    }

    /// How long the type and the operator are that stand between a name and a literal, without a colon before them:
    /// `password string = "x"`, `password As String = "x"`.
    fn type_before_value(&self, at: usize) -> Option<usize> {
        const TYPES: [&str; 9] = ["str", "byte", "char", "text", "rune", "any", "interface", "object", "variant"];
        let mut behind = at;
        for _ in 0..2 {
            let word = (behind..(behind + 40).min(self.bytes.len()))
                .find(|at| !(in_name(self.at(*at)) || b"*[]".contains(&self.at(*at))))?;
            let first = behind == at;
            let said = self.bytes.get(behind..word)?;
            behind = self.skip(word, b" \t");
            if word == behind || self.at(behind) == b'=' {
                break;
            }
            // `FROM secrets WHERE name = "x"`: no type has two words.
            if first && !said.eq_ignore_ascii_case(b"as") {
                return None;
            }
        }
        // `pass engine='x'` is a sentence: what is no type of texts is a name of its own.
        let between = self.text.get(at..behind).unwrap_or_default().to_ascii_lowercase();
        let typed = between.starts_with("as ") || TYPES.iter().any(|name| between.contains(name));
        let assigned = typed && self.at(behind) == b'=' && !b"=~>".contains(&self.at(behind + 1));
        (assigned && self.quoted(self.skip(behind + 1, b" \t")).is_some()).then_some(behind + 1 - at)
    }

    /// The value beside a name in an XML element: `name="password" value="x"`.
    fn attribute_beside(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let markup = self.language.is_some_and(|language| ["xml", "dotnet-config", "maven"].contains(&language));
        let head = self.bytes.get(..start.checked_sub(1)?).filter(|_| markup)?;
        let named = head.ends_with(b"name=") || head.ends_with(b"key=");
        let at = self.skip(end, b" \t\r\n");
        let value = named && self.bytes.get(at..).is_some_and(|rest| rest.starts_with(b"value="));
        value.then(|| self.quoted(at + b"value=".len())).flatten()
    }

    /// Where the text of the XML element begins that has a name: `<password>`, `<property name="password">`, and of property
    /// lists `<key>Password</key> <string>`.
    fn element(&self, start: usize, end: usize) -> Option<usize> {
        let head = self.bytes.get(..start)?;
        if head.ends_with(b"<") {
            // In property lists `key` is the name of the element behind it.
            (self.text.get(start..end)? != "key").then_some(())?;
            let limit = (end + 100).min(self.bytes.len());
            return (end..limit).find(|at| self.at(*at) == b'>').map(|at| at + 1);
        }
        let rest = self.text.get(end..)?;
        if PROPERTIES.iter().any(|tag| head.ends_with(tag.as_bytes())) {
            return rest.starts_with("\">").then_some(end + 2);
        }
        if head.ends_with(STRING.as_bytes()) {
            let text = rest.strip_prefix("\">")?.split('<').next()?;
            return is_no_label(text).then_some(end + 2);
        }
        let behind = rest.strip_prefix("</key>").filter(|_| head.ends_with(b"<key>"))?.trim_start();
        behind.starts_with("<string>").then_some(self.text.len() - behind.len() + "<string>".len())
    }

    /// What a name is compared with by a method: `name.equals("x")`, `"x".equals(name)`.
    fn compared(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let rest = self.text.get(end..(end + 120).min(self.bytes.len()))?;
        if rest.starts_with('.') {
            let (chain, _) = COMPARISONS.iter().find_map(|method| rest.split_once(method))?;
            let plain = chain.bytes().all(|byte| in_name(byte) || byte == b'(' || byte == b')');
            let open = end + rest.get(chain.len()..)?.find('(')? + chain.len() + 1;
            return self.quoted(self.skip(open, b" ")).filter(|_| plain);
        }
        let before = self.text.get(..start)?.trim_end();
        let method = COMPARISONS.iter().find_map(|method| before.strip_suffix(method))?;
        let quote = *method.as_bytes().last().filter(|byte| b"\"'`".contains(byte))?;
        let close = method.len() - 1;
        let open = memchr::memrchr2(quote, b'\n', &self.bytes[..close])?;
        (self.at(open) == quote && open + 1 < close && rest.starts_with(')')).then_some(open + 1..close)
    }

    /// What a function makes a value of, that gives it in another form: `MD5('x')`, `HASHBYTES('SHA2_256', 'x')`. A method
    /// (`token.encode("utf-8")`) is given something else.
    fn made_of(&self, at: usize) -> Option<Range<usize>> {
        let limit = (at + LONGEST_CALLEE).min(self.bytes.len());
        let open = (at..limit).find(|at| !in_name(self.at(*at)))?;
        let callee = self.text.get(at..open).filter(|name| !name.is_empty() && !name.contains('.'))?;
        // MySQL's; in other languages a function of that name sets one.
        let hashes = calls::passes_through(callee) || callee == "PASSWORD";
        if self.at(open) != b'(' || !hashes {
            return None;
        }
        let first = self.quoted(self.skip(open + 1, b" \t"))?;
        if !self.text.get(first.clone()).is_some_and(is_algorithm) {
            return Some(first);
        }
        let comma = self.skip(first.end + 1, b" \t");
        self.quoted(self.skip(comma + 1, b" \t")).filter(|_| self.at(comma) == b',')
    }

    /// The hardcoded default of a lookup: what stands after `||`, `??`, `or`, or as second argument of `getenv`; or the
    /// part after the colon of `${NAME:default}`.
    fn fallback(&self, at: usize) -> Option<Range<usize>> {
        let limit = (at + 200).min(self.bytes.len());
        let line = self.bytes.get(at..limit)?;
        let line = line.get(..memchr::memchr(b'\n', line).unwrap_or(line.len()))?;
        if line.starts_with(b"${") {
            let close = memchr::memchr(b'}', line)?;
            let colon = memchr::memchr(b':', line.get(..close)?)?;
            let skip = usize::from(line.get(colon + 1) == Some(&b'-'));
            return (colon + 1 + skip < close).then_some(at + colon + 1 + skip..at + close);
        }
        // Most lines have nothing in quotes.
        memchr::memchr3(b'"', b'\'', b'`', line)?;
        let lower = line.to_ascii_lowercase();
        let has = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
        let lookup = ["env", "config", "setting", "getproperty"].into_iter().any(has);
        let marks: &[&[u8]] = if lookup { &[b"||", b"??", b" or ", b", "] } else { &[b"||", b"??", b" or "] };
        marks.iter().find_map(|mark| {
            let found = memchr::memmem::find(line, mark)?;
            self.quoted(self.skip(at + found + mark.len(), b" \t"))
        })
    }

    /// What a template takes where a variable is not set: `{{ db_password | default('x') }}`.
    pub(super) fn default_of_template(&self, span: &Range<usize>) -> Option<Range<usize>> {
        const FILTER: &str = "default(";
        let text = self.text.get(span.clone()).filter(|text| text.starts_with("{{") && text.ends_with("}}"))?;
        let at = span.start + text.find(FILTER)? + FILTER.len();
        self.quoted(self.skip(at, b" ")).filter(|inner| inner.end < span.end)
    }

    /// `password("x")`, `user.set_token('x')`: the one argument of a function that sets what its name says.
    fn set_by_call(&self, start: usize, open: usize) -> Option<Range<usize>> {
        let name = self.text.get(start..open)?.rsplit('.').next()?;
        let words = names::words(name);
        let sets = words.len() == 1 || ["set", "with"].contains(&words.first()?.as_str());
        let span = self.quoted(self.skip(open + 1, b" \t")).filter(|_| sets)?;
        (self.at(self.skip(span.end + 1, b" \t")) == b')').then_some(span)
    }
}
