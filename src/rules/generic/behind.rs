//! The literals behind a name that may be its value, read from the text alone.

use std::ops::Range;

use super::lines::{Reader, head, in_name};
use super::promise::NEAR;
use super::{calls, names};

/// How many fields may stand between the name of something and its value: `{"name": "password", "value": "x"}`.
const FIELDS: usize = 8;

/// How far before a name a section is named that it belongs to, in bytes.
const SECTION: usize = 80;

impl Reader<'_> {
    /// `config.set("database", "password", "x")`: the second argument names what is set in a section.
    fn is_of_section(&self, name: usize) -> bool {
        let near = &self.bytes[name.saturating_sub(SECTION)..name];
        memchr::memmem::rfind(near, b".set(").is_some_and(|at| {
            let section = &near[at + b".set(".len()..];
            !section.contains(&b')') && memchr::memchr_iter(b',', section).count() == 1
        })
    }

    /// Whether a name is written as constants are, whatever it is a part of: `Context.SECURITY_CREDENTIALS`.
    fn is_constant(&self, name: &Range<usize>) -> bool {
        let name = self.bytes.get(name.clone()).unwrap_or_default();
        let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        last.len() > 3 && last.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    }

    /// The string literals behind a name that may be its value, as far as its statement goes: over lines where a bracket
    /// or an operator leaves it open. None where what follows the name is no operator: a word of a sentence.
    pub(super) fn literals_after(&self, name: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let end = name.end;
        let own = b"\"'`".contains(&self.at(end));
        let mut at = end + usize::from(own);
        let limit = (end + NEAR).min(self.bytes.len());
        let first = self.at(self.skip(at, b" \t"));
        // `storePassword "x"`: where functions are called without brackets.
        let commands = self.language.is_some_and(|language| ["groovy", "ruby"].contains(&language));
        let stops: &[u8] = if commands && !own { b"\r\n_$@#.;}`" } else { b"\r\n_$@#.;}\"'`" };
        // A tag of a text: `Pass <b class="x">`; but what Lua says of a variable, `<const> = "x"`, is none.
        let tag = first == b'<' && !own && self.at(at) != first && {
            let name = self.skip(at, b" \t") + 1;
            let close = (name..limit).find(|at| !self.at(*at).is_ascii_alphanumeric()).unwrap_or(limit);
            close > name && !(self.at(close) == b'>' && self.at(self.skip(close + 1, b" \t")) == b'=')
        };
        // `Pass::name()`: something of a class.
        let scope =
            !own && self.at(at) == b':' && self.at(at + 1) == b':' && matches!(self.language, Some("c" | "cpp"));
        let no_value = tag || scope || first == b'{' && !own && self.is_declared(name.start);
        if first.is_ascii_alphanumeric() || stops.contains(&first) || first >= 0x80 || no_value {
            at = limit;
        }
        // Within a string that says more: what stands behind is another one.
        let quote = name.start.checked_sub(1).map_or(0, |before| self.at(before));
        if !own && b"\"'`".contains(&quote) {
            let line = self.bytes.get(end..limit).unwrap_or_default();
            let close = memchr::memchr2(quote, b'\n', line).filter(|close| line[*close] == quote);
            if close.is_some_and(|close| line[..close].iter().any(|byte| !b" \t:=".contains(byte))) {
                at = limit;
            }
        }
        // A comma ends the value, but for the one behind the name itself, where that is the first argument, an option, the
        // first of two, or a value itself: `get("password", "x")`, `["--password", "x"]`, `["password", "x"]`,
        // `{name: "password", value: "x"}`. In other lists a name stands among names.
        let before = self.before(name).filter(|_| first == b',' && own);
        let mapped = matches!(before, Some(b':' | b'='));
        let leads = match before {
            Some(b'(') => true,
            Some(b'[') => self.is_pair(self.skip(end + 1, b" \t")),
            // `set :session_secret, "x"`
            _ if first == b',' && self.language == Some("ruby") && self.is_symbol(name.start) => true,
            // `setopt(handle, CURLOPT_PASSWORD, "x")`
            _ if first == b',' && !own && self.is_constant(name) => {
                matches!(self.bytes[..name.start].trim_ascii_end().last(), Some(b',' | b'('))
            }
            Some(b',') if self.is_of_section(name.start) => true,
            _ => first == b',' && own && self.at(name.start) == b'-',
        };
        let mut commas = if mapped { FIELDS } else { usize::from(leads) };
        let (mut depth, mut last) = (0_i32, b'=');
        if first == b':' && !own && self.opens_block(name) {
            at = limit;
        }
        // The depth at which something with a name of its own begins: `"password": {"required": ["x"]}`.
        let mut other = None;
        std::iter::from_fn(move || {
            while at < limit {
                let byte = self.at(at);
                match byte {
                    // What is within another string begins with no quote of its own.
                    b'"' | b'\'' | b'`' if !self.is_escaped(at) && !self.is_apostrophe(at) => {
                        if let Some(span) = self.quoted(at) {
                            let before = last;
                            let start = at;
                            at = span.end + 1;
                            last = byte;
                            let fits = !mapped || depth == 0 && self.names_value(start, before);
                            if fits && other.is_none() && self.may_be_value(end, start, &span, depth, before) {
                                return Some(span);
                            }
                            continue;
                        }
                        // An empty text, not the beginning of three quotes.
                        if self.at(at + 1) == byte && self.at(at + 2) != byte {
                            at += 2;
                            last = byte;
                            continue;
                        }
                    }
                    b'{' | b'\n' if depth < 0 => break,
                    b'/' if self.at(at + 1) == b'*' => {
                        let comment = memchr::memmem::find(&self.bytes[at..limit], b"*/");
                        at = comment.map_or(limit, |length| at + length + 2);
                        continue;
                    }
                    b'(' | b'[' | b'{' => {
                        if other.is_none() && depth >= 1 && b":=".contains(&last) && !self.names_value(at, last) {
                            other = Some(depth);
                        }
                        depth += 1;
                    }
                    b')' | b']' | b'}' => {
                        depth -= 1;
                        other = other.filter(|begins| *begins < depth);
                    }
                    b'\n' if depth == 0 && !b"=(,[{|+&:?\\>".contains(&last) && !self.opens_body(at, last) => break,
                    b',' if depth <= 0 && commas == 0 => break,
                    b',' if depth <= 0 => commas -= 1,
                    b';' if depth <= 0 => break,
                    _ => {}
                }
                if depth < -1 {
                    break;
                }
                if !b" \t\r\n".contains(&byte) {
                    last = byte;
                }
                at += 1;
            }
            None
        })
    }

    /// `function password()`, its body on the next line.
    fn opens_body(&self, at: usize, last: u8) -> bool {
        last == b')' && self.at(self.skip(at, b" \t\r\n")) == b'{'
    }

    /// `if not password:`, what its body says on the next lines is no value.
    fn opens_block(&self, name: &Range<usize>) -> bool {
        const WORDS: [&[u8]; 5] = [b"if", b"elif", b"while", b"for", b"with"];
        let word =
            head(self.bytes, name.start).trim_ascii_start().split(|byte| !in_name(*byte)).next().unwrap_or_default();
        let colon = self.skip(name.end, b" \t");
        WORDS.contains(&word) && self.at(self.skip(colon + 1, b" \t\r")) == b'\n'
    }

    /// `class Copy : public Pass {`: what stands in the braces is the body of a class.
    fn is_declared(&self, start: usize) -> bool {
        let head = &self.bytes[start.saturating_sub(NEAR)..start];
        let line = &head[memchr::memrchr(b'\n', head).map_or(0, |at| at + 1)..];
        [&b"class "[..], b"struct ", b"interface "].iter().any(|word| memchr::memmem::find(line, word).is_some())
    }

    /// Whether a symbol of Ruby begins at a place.
    fn is_symbol(&self, start: usize) -> bool {
        self.bytes.get(..start).is_some_and(|head| head.ends_with(b" :") || head.ends_with(b"(:"))
    }

    /// Within another string: `\"`.
    fn is_escaped(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.at(before) == b'\\')
    }

    /// What stands before a name in quotes.
    pub(super) fn before(&self, name: &Range<usize>) -> Option<u8> {
        self.bytes[..name.start.saturating_sub(1)].trim_ascii_end().last().copied()
    }

    /// Behind the comma at a place one literal stands, and the list ends.
    fn is_pair(&self, comma: usize) -> bool {
        let second = self.quoted(self.skip(comma + 1, b" \t\r\n"));
        second.is_some_and(|span| matches!(self.at(self.skip(span.end + 1, b" \t\r\n")), b']'))
    }

    /// Within a word: `don't`.
    fn is_apostrophe(&self, at: usize) -> bool {
        let letter = |at: Option<usize>| at.is_some_and(|at| self.at(at).is_ascii_alphabetic());
        self.at(at) == b'\'' && letter(at.checked_sub(1)) && letter(at.checked_sub(2)) && letter(Some(at + 1))
    }

    /// What stands before a place, its operator left out, names a value: `"value": …`.
    fn names_value(&self, at: usize, operator: u8) -> bool {
        let head = self.bytes.get(..at).unwrap_or_default().trim_ascii_end();
        let head = head.strip_suffix(&[operator]).unwrap_or(head).trim_ascii_end();
        let word = head.iter().rev().take_while(|byte| in_name(**byte) || b"\"'".contains(byte)).count();
        let word = self.text.get(head.len() - word..head.len()).unwrap_or_default();
        names::is_value(word.trim_matches(['"', '\'']))
    }

    /// Whether a literal behind a name is no key, no name of something else, not what something else is compared with, and
    /// has no name of its own; `before` is what stands before it.
    fn may_be_value(&self, end: usize, start: usize, span: &Range<usize>, depth: i32, before: u8) -> bool {
        let after = self.at(self.skip(span.end + 1, b" \t"));
        if after == b':' && before != b'=' || before == b'[' && after == b']' {
            return false;
        }
        let between = self.bytes.get(end..start).unwrap_or_default().trim_ascii_end();
        let words = between.iter().any(u8::is_ascii_alphanumeric);
        let compared = [&b"=="[..], b"!="].iter().any(|operator| between.ends_with(operator));
        if compared && words
            || self.bytes.get(span.end + 1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"=="))
        {
            return false;
        }
        let inside = depth >= 1;
        let own_name = inside || words && between.contains(&b'\n');
        if own_name && !compared && b"=:".contains(&before) {
            return self.names_value(start, before);
        }
        let value = self.text.get(span.clone()).unwrap_or_default();
        // Code between two strings.
        let code = [");", "){", "===", "&&", "||", "=>", "</"].iter().any(|sign| value.contains(sign));
        // `params.get("password")`: a name, looked up.
        let looked_up = inside
            && names::classify(value).is_some()
            && !value.bytes().any(|byte| byte.is_ascii_digit())
            && !hands_on(between);
        !code && !looked_up
    }
}

/// Whether a text ends in the call of what gives its argument back in another form: `[]byte(`.
fn hands_on(text: &[u8]) -> bool {
    let callee = text.strip_suffix(b"(").unwrap_or_default();
    let start = callee.iter().rposition(|byte| !(in_name(*byte) || b"[]".contains(byte))).map_or(0, |at| at + 1);
    std::str::from_utf8(&callee[start..]).is_ok_and(|callee| calls::passes_through(&calls::plain(callee)))
}
