//! What the syntax tree says about literals: their names, the calls they are passed to, what they are compared with.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use keylift_grammars::{Binding, Literal, LiteralKind, Parsed, Part, Role};

use super::calls;
use super::judge::{How, judge};
use super::lines::{self, Reader};
use super::names::{self, Class};
use super::parameters;
use crate::model::Confidence;
use crate::rules::tree::Tree;

/// Beyond this many lists, calls and operators a name says little about a literal.
const FARTHEST: usize = 3;
/// How many literals apart the halves of a `name:`, `value:` pair may stand.
const PAIR: usize = 6;

/// Most functions of a file that are looked up.
const FUNCTIONS: usize = 64;

/// Lists of more values than this under one name are word lists.
const WORD_LIST: usize = 3;

/// Reads the literals of a file; `hits` are the places of telling words, for what stands inside of literals and comments.
pub(super) fn read(parsed: &Parsed, tree: &Tree<'_>, hits: &[Range<usize>], lines: &mut Reader<'_>) {
    let literals = parsed.literals();
    let reading = Reading {
        text: tree.text(),
        language: tree.language().unwrap_or_default(),
        literals,
        parameters: RefCell::default(),
    };
    let damaged = parsed.syntax_errors() > 0;
    let mut known = Vec::new();
    for (at, literal) in literals.iter().enumerate() {
        let Some((span, value)) = whole_value(literal) else {
            if let Some((span, meaning, confidence)) = reading.default_in_template(at, lines) {
                lines.push(span, meaning.class.rule(), Some(&meaning.name), confidence);
            }
            continue;
        };
        let Some(meaning) = reading.meaning(at) else { continue };
        known.push(literal.span.start);
        if reading.tagged(literal) || Reading::is_sealed(literal) {
            continue;
        }
        // `--env PASSWORD=$x`: the name, and what a variable says.
        if value.strip_suffix('=') == Some(meaning.name.as_str()) {
            continue;
        }
        // `PREFIX + "password"`, `"language=" + name`: what is put together of names is a name, or a query.
        let part = names::classify(&value).is_some() || value.ends_with(['=', '&', '?', '/', ':', '_', '-']);
        if part && reading.is_joined(literal) {
            continue;
        }
        let (span, value) = behind_name(span, value, &meaning.name, literal);
        let (span, value) = before_comment(span, value, literal);
        let (span, value) = behind_arrow(span, value, literal);
        let Some((span, value)) = reading.directive(span, value, &meaning.name, literal) else { continue };
        if literal.kind == LiteralKind::Number && !(meaning.class == Class::Password && value.len() >= 4) {
            continue;
        }
        let quoted = !matches!(literal.kind, LiteralKind::Bare | LiteralKind::Number);
        let judged = judge(meaning.class, &meaning.name, &value, quoted, meaning.how);
        let judged = judged.or_else(|| reading.signing_key(&meaning, &value));
        let judged = judged.max(reading.cipher_key(&meaning, &value));
        let judged = judged
            .max(reading.stands_in(literal, &meaning, judged))
            .max(reading.lets_in(literal, &meaning, judged))
            .max(reading.session_key(literal, &meaning, judged));
        if let Some(mut confidence) = judged.max(reading.signing_setting(literal, &meaning, &value)) {
            // A list of words under one name is a word list.
            if confidence < Confidence::High
                && meaning.how != How::Passed
                && reading.listed(literal, &meaning.name) > WORD_LIST
                || reading.names_arguments(at, &meaning, &value)
                || reading.lists_names(literal, &meaning, &value)
                || confidence < Confidence::High && reading.maps_names(at, &value)
            {
                confidence = Confidence::Low;
            }
            // Of a function that takes a secret, all words tell: `hmac.new`.
            let whole = matches!(meaning.how, How::Passed).then(|| meaning.name.replace('.', "_"));
            lines.push(span, meaning.class.rule(), Some(whole.as_ref().unwrap_or(&meaning.name)), confidence);
        }
    }
    // What stands inside of comments and strings, and what the tree does not name.
    for hit in hits {
        let before = lines.count();
        match tree.literal_at(hit) {
            Some((_, literal)) if matches!(literal.kind, LiteralKind::Doc) || tree.is_documentation(literal) => {}
            Some((_, literal)) => {
                lines.hit(hit);
                let whole = literal.span.clone();
                lines.keep_since(before, |span| whole.start <= span.start && span.end <= whole.end);
                if literal.kind == LiteralKind::Comment {
                    lines.weaken_since(before);
                }
            }
            None => {
                lines.hit(hit);
                lines.keep_since(before, |span| match tree.literal_at(span) {
                    None => damaged || parsed.is_template_text(span),
                    Some((_, literal)) => {
                        let bound = known.binary_search(&literal.span.start).is_ok();
                        literal.role != Role::Key && !bound && (damaged || unknown(literal))
                    }
                });
            }
        }
    }
}

/// `PASSWORD=x` as one scalar: the value begins behind the name.
fn behind_name(span: Range<usize>, value: String, name: &str, literal: &Literal) -> (Range<usize>, String) {
    let rest = value.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).filter(|rest| !rest.is_empty());
    match rest {
        Some(rest) if literal.parts.len() == 1 && span.len() == value.len() => {
            (span.end - rest.len()..span.end, rest.to_owned())
        }
        // The name may be a part of its own: `--password='x'`.
        Some(rest) => match part_at(literal, value.len() - rest.len()) {
            Some(start) => (start..span.end, rest.to_owned()),
            None => (span, value),
        },
        None => (span, value),
    }
}

/// Where the part starts whose text begins at a place of the literal's text.
fn part_at(literal: &Literal, place: usize) -> Option<usize> {
    let mut passed = 0;
    for part in &literal.parts {
        let Part::Text { span, text } = part else { return None };
        if passed == place {
            return Some(span.start);
        }
        passed += text.len();
    }
    None
}

/// `x # a remark`: formats without such remarks take it for the value, people do not.
fn before_comment(span: Range<usize>, mut value: String, literal: &Literal) -> (Range<usize>, String) {
    let mark = value.find(" #").or_else(|| value.find(" ;"));
    match mark {
        Some(at) if literal.kind == LiteralKind::Bare && span.len() == value.len() => {
            value.truncate(value[..at].trim_end().len());
            (span.start..span.start + value.len(), value)
        }
        _ => (span, value),
    }
}

/// `password => "x"` of Logstash's settings, which are read as others of their kind: a quoted value behind `>`.
fn behind_arrow(span: Range<usize>, value: String, literal: &Literal) -> (Range<usize>, String) {
    let inner = value.strip_prefix('>').map(str::trim_start).and_then(|rest| {
        let inner = rest.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
        (!inner.contains(['"', '\''])).then_some(inner)
    });
    match inner {
        Some(inner) if literal.kind == LiteralKind::Bare && span.len() == value.len() => {
            let end = span.end - 1;
            (end - inner.len()..end, inner.to_owned())
        }
        _ => (span, value),
    }
}

/// The tree tells nothing about a literal: neither a name nor a call.
fn unknown(literal: &Literal) -> bool {
    literal.bindings.is_empty() && literal.call.is_none() && literal.role == Role::Value
}

/// A literal's text with its span, quotes left out, where it is one value: no holes.
fn whole_value(literal: &Literal) -> Option<(Range<usize>, String)> {
    if literal.role == Role::Key
        || literal.role == Role::Prose
        || matches!(literal.kind, LiteralKind::Comment | LiteralKind::Doc)
    {
        return None;
    }
    let mut span: Option<Range<usize>> = None;
    let mut value = String::new();
    for part in &literal.parts {
        let Part::Text { span: at, text } = part else { return None };
        value.push_str(text);
        span = Some(span.map_or_else(|| at.clone(), |all| all.start..at.end));
    }
    if literal.kind == LiteralKind::Number && value.is_empty() {
        return None;
    }
    span.filter(|_| !value.is_empty()).map(|span| (span, value))
}

/// What a literal is.
pub(super) struct Meaning {
    pub(super) class: Class,
    pub(super) name: String,
    pub(super) how: How,
}

/// A file's literals, with what is around them.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) language: &'a str,
    pub(super) literals: &'a [Literal],
    /// What functions of this file call their parameters, by the function's name.
    parameters: RefCell<HashMap<String, Vec<String>>>,
}

impl Reading<'_> {
    /// `name value;`: the statement of a configuration ends where the sign stands. One that ends in `_pass` says where
    /// requests go (nginx).
    fn directive(
        &self,
        span: Range<usize>,
        mut value: String,
        name: &str,
        literal: &Literal,
    ) -> Option<(Range<usize>, String)> {
        let apart = self.text.get(..span.start).is_some_and(|head| {
            head.strip_suffix([' ', '\t']).is_some_and(|head| head.trim_end_matches([' ', '\t']).ends_with(name))
        });
        if literal.kind != LiteralKind::Bare || span.len() != value.len() || !apart || !value.ends_with(';') {
            return Some((span, value));
        }
        value.pop();
        (!name.ends_with("_pass")).then(|| (span.start..span.start + value.len(), value))
    }

    /// Joined to something else by a sign: `PREFIX + "x"`, `$prefix . 'x'`.
    fn is_joined(&self, literal: &Literal) -> bool {
        let signs = [" + ", " . ", " .. "];
        let before =
            self.text.get(..literal.span.start).is_some_and(|head| signs.iter().any(|sign| head.ends_with(sign)));
        before || self.text.get(literal.span.end..).is_some_and(|tail| signs.iter().any(|sign| tail.starts_with(sign)))
    }

    /// `password: "{{ db_password | default('x') }}"`: what stands where a variable is not set.
    fn default_in_template(&self, at: usize, lines: &Reader<'_>) -> Option<(Range<usize>, Meaning, Confidence)> {
        let literal = &self.literals[at];
        let [Part::Hole { span, .. }] = literal.parts.as_slice() else { return None };
        let inner = lines.default_of_template(span)?;
        let meaning = self.meaning(at).filter(|meaning| matches!(meaning.class, Class::Password | Class::Secret))?;
        let confidence = judge(meaning.class, &meaning.name, self.text.get(inner.clone())?, true, How::Bound)?;
        Some((inner, meaning, confidence))
    }

    fn meaning(&self, at: usize) -> Option<Meaning> {
        let literal = &self.literals[at];
        if looked_up(literal) || self.is_index(literal) {
            return None;
        }
        self.passed(literal)
            .or_else(|| self.listed_property(literal))
            .or_else(|| {
                self.bound(at).filter(|meaning| meaning.how != How::Argument || Self::default_of(literal).is_none())
            })
            .or_else(|| self.compared(literal))
            .or_else(|| Self::default_of(literal))
            .or_else(|| self.second_argument(at))
            .or_else(|| self.parameter(literal))
    }

    /// `secrets = {["ann"] = x}`, `secrets["ann"] = x`: whose the value is.
    fn is_index(&self, literal: &Literal) -> bool {
        let after = self.text.get(literal.span.end..).and_then(|rest| rest.strip_prefix(']')).map(str::trim_start);
        let set = after.is_some_and(|after| after.starts_with('=') && !after.starts_with("=="));
        set && self.text.get(..literal.span.start).is_some_and(|head| head.ends_with('['))
    }

    /// Passed to a function that takes a secret, directly or through a function that changes its form alone.
    fn passed(&self, literal: &Literal) -> Option<Meaning> {
        let call = literal.call.as_ref()?;
        let mut callee = calls::plain(&call.callee);
        let behind = self.text.get(literal.span.end..).unwrap_or_default();
        let taken = |callee: &str, keyword: Option<&str>, position: Option<usize>| {
            calls::find(callee, Some(self.language))
                .filter(|known| known.then.is_none_or(|then| behind.starts_with(then)))
                .find(|known| match keyword {
                    Some(keyword) => known.keyword == Some(keyword),
                    None => {
                        position.is_some() && known.argument == position && !(known.alone && self.has_next(literal))
                    }
                })
        };
        let mut known = taken(&callee, call.keyword.as_deref(), call.position);
        if known.is_none() && calls::passes_through(&callee) {
            let before = self.text.get(..literal.span.start)?;
            let outer = enclosing(before.trim_end().strip_suffix('(')?)?;
            callee = calls::plain(outer.0);
            known = taken(&callee, None, Some(outer.1));
        }
        let known = known?;
        let direct = |binding: &&Binding| binding.how == "keyword" && names::classify(&binding.name).is_some();
        let name = literal.bindings.iter().find(direct).map_or(callee, |binding| binding.name.clone());
        Some(Meaning { class: known.class, name, how: How::Passed })
    }

    /// Another argument follows a literal.
    fn has_next(&self, literal: &Literal) -> bool {
        let after = self.text.get(literal.span.end..).unwrap_or_default().trim_start();
        after.strip_prefix(',').is_some_and(|rest| !rest.trim_start().starts_with(')'))
    }

    /// Bound to a telling name.
    fn bound(&self, at: usize) -> Option<Meaning> {
        let literal = &self.literals[at];
        let outside = self.start_of_call(literal).filter(|_| literal.role != Role::Comparison);
        for binding in &literal.bindings {
            if binding.distance > FARTHEST {
                break;
            }
            // A name outside of a call names what the call gives back.
            if outside.is_some_and(|call| binding.span.end <= call) {
                break;
            }
            let how = match binding.how.as_str() {
                "comparison" => How::Compared,
                // `define('DB_PASSWORD', 'x')`, `set :session_secret, 'x'`
                "argument"
                    if literal.call.as_ref().is_some_and(|call| ["define", "set"].contains(&call.callee.as_str())) =>
                {
                    How::Bound
                }
                "argument" | "option" => How::Argument,
                "pair" => How::Pair,
                "return" => {
                    let name = literal.scopes.first()?;
                    let class = names::classify(name.trim_start_matches("get"))?;
                    return (binding.distance == 0).then(|| Meaning { class, name: name.clone(), how: How::Bound });
                }
                _ => How::Bound,
            };
            // `password(encoder.encode("x"))`: what gives a value back in another form is no name of it.
            if binding.how == "setter" && calls::passes_through(&binding.name) {
                continue;
            }
            // `password.equals("x")` sets nothing.
            if literal.role == Role::Comparison && binding.how == "setter" {
                continue;
            }
            // What is compared is not what the result of the comparison is bound to.
            if literal.role == Role::Comparison && how != How::Compared {
                break;
            }
            if let Some(mut class) = names::classify(&binding.name) {
                // `"Jwt": {"Key": "x"}`
                if class == Class::Weak && binding.name.eq_ignore_ascii_case("key") && signs_tokens(literal) {
                    class = Class::Secret;
                }
                // In property lists an element called `key` holds the name of what follows.
                if self.text.get(..literal.span.start).is_some_and(|head| head.ends_with("<key>")) {
                    return None;
                }
                return Some(Meaning { class, name: binding.name.clone(), how });
            }
            if names::is_value(&binding.name) {
                if let Some(meaning) = self.pair(at).or_else(|| scoped(literal, &binding.name)) {
                    return Some(meaning);
                }
            } else if how != How::Compared {
                // A name of its own, however far: what is around it is called something else.
                return None;
            }
        }
        None
    }

    /// `pwd.getText().toString().equals("x")`: compared with the text of something that has a telling name.
    fn compared(&self, literal: &Literal) -> Option<Meaning> {
        if literal.role != Role::Comparison {
            return None;
        }
        let name = lines::receiver(self.text.get(..literal.span.start)?)?;
        let class = names::classify(name)?;
        Some(Meaning { class, name: name.to_owned(), how: How::Compared })
    }

    /// `<key>Password</key> <string>x</string>` of a property list, `<property name="password">x</property>`.
    fn listed_property(&self, literal: &Literal) -> Option<Meaning> {
        let before = self.text.get(..literal.span.start)?;
        let name = if let Some(head) = before.strip_suffix("<string>") {
            head.trim_end().strip_suffix("</key>")?.rsplit_once("<key>")?.1
        } else {
            let head = before.strip_suffix("\">")?;
            let tag = head.get(head.rfind('<')?..)?;
            lines::PROPERTIES.iter().find_map(|start| tag.strip_prefix(start))?
        };
        let class = names::classify(name)?;
        Some(Meaning { class, name: name.to_owned(), how: How::Bound })
    }

    /// `name: DB_PASSWORD`, `value: x`: the two halves of an entry.
    fn pair(&self, at: usize) -> Option<Meaning> {
        let literal = &self.literals[at];
        let around = (at.saturating_sub(PAIR)..at).rev().chain(at + 1..(at + 1 + PAIR).min(self.literals.len()));
        let mut name = None;
        for other in around {
            let sibling = &self.literals[other];
            let Some(binding) = sibling.bindings.first().filter(|binding| binding.distance == 0) else { continue };
            if sibling.scopes != literal.scopes {
                continue;
            }
            if names::is_value(&binding.name) && other < at && sibling.role != Role::Key {
                // The entry before.
                name = None;
                break;
            }
            if names::is_name(&binding.name) {
                name = sibling.text();
                break;
            }
        }
        let name = name?;
        let class = names::classify(&name)?;
        Some(Meaning { class, name, how: How::Bound })
    }

    /// The first argument names the second: `setProperty("password", "x")`, `define('DB_PASSWORD', 'x')`.
    fn second_argument(&self, at: usize) -> Option<Meaning> {
        let literal = &self.literals[at];
        let call = literal.call.as_ref().filter(|call| call.position == Some(1))?;
        let first = self.literals.get(at.checked_sub(1)?)?;
        // An element of a list is no argument.
        self.text.get(..literal.span.start)?.trim_end().strip_suffix(',')?;
        let same = first.call.as_ref().is_some_and(|other| other.callee == call.callee && other.position == Some(0));
        // A message is no name: `debug("fetching secret", "name", key)`.
        let name = first.text().filter(|name| same && !name.contains(' '))?;
        let class = names::classify(&name)?;
        Some(Meaning { class, name, how: How::Argument })
    }

    /// Passed to a function of the same file: what the function calls it.
    fn parameter(&self, literal: &Literal) -> Option<Meaning> {
        let call = literal.call.as_ref()?;
        let position = call.position.filter(|_| call.keyword.is_none())?;
        self.text.get(..literal.span.start)?.trim_end().strip_suffix([',', '('])?;
        let callee = call.callee.rsplit(['.', ':', '>']).next()?;
        let mut known = self.parameters.borrow_mut();
        if known.len() >= FUNCTIONS && !known.contains_key(callee) {
            return None;
        }
        let parameters =
            known.entry(callee.to_owned()).or_insert_with(|| parameters::of(self.text, callee, self.language));
        let name = parameters.get(position)?;
        let class = names::classify(name).filter(|class| matches!(class, Class::Password | Class::Secret))?;
        Some(Meaning { class, name: name.clone(), how: How::Bound })
    }

    /// The hardcoded default of a lookup of a telling variable.
    fn default_of(literal: &Literal) -> Option<Meaning> {
        let Role::Default { variable: Some(variable) } = &literal.role else { return None };
        let class = names::classify(variable)?;
        Some(Meaning { class, name: variable.clone(), how: How::Bound })
    }

    /// Where the call around a literal starts, unless it gives back what it is given.
    fn start_of_call(&self, literal: &Literal) -> Option<usize> {
        let call = literal.call.as_ref()?;
        if calls::passes_through(&calls::plain(&call.callee)) || matches!(literal.role, Role::Default { .. }) {
            return None;
        }
        let parts = call.callee.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let Some(head) = parts.into_iter().find(|part| !part.is_empty()) else { return Some(literal.span.start) };
        let low = literal.span.start.saturating_sub(400);
        let low = (low..literal.span.start).find(|at| self.text.is_char_boundary(*at))?;
        Some(self.text.get(low..literal.span.start)?.rfind(head).map_or(literal.span.start, |at| low + at))
    }
}

/// Whether a literal stands in settings of what signs tokens.
fn signs_tokens(literal: &Literal) -> bool {
    let outer = literal.bindings.iter().skip(1).map(|binding| binding.name.as_str());
    outer.chain(literal.scopes.iter().map(String::as_str)).any(names::signs_tokens)
}

/// `variable "db_password" { default = "x" }`: the block's name is the value's.
fn scoped(literal: &Literal, binding: &str) -> Option<Meaning> {
    let nearest = binding.to_ascii_lowercase();
    let name = literal.scopes.first().filter(|_| nearest.contains("default") || nearest == "value")?;
    let class = names::classify(name)?;
    Some(Meaning { class, name: name.clone(), how: How::Bound })
}

/// `env('SP_x509_KEY', '')`: the variable that a lookup reads.
fn looked_up(literal: &Literal) -> bool {
    let Some(call) = literal.call.as_ref().filter(|call| call.position == Some(0)) else { return false };
    let reads =
        ["env", "getenv", "os.getenv", "ENV.fetch", "os.environ.get"].contains(&calls::plain(&call.callee).as_str());
    reads
        && literal.text().is_some_and(|name| {
            name.contains('_') && name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains([' ', '-'])
        })
}

/// The call whose arguments a text ends in: its callee, and how many arguments stand before.
fn enclosing(before: &str) -> Option<(&str, usize)> {
    let low = before.len().saturating_sub(400);
    let low = (low..=before.len()).find(|at| before.is_char_boundary(*at))?;
    let text = before.get(low..)?;
    let (mut depth, mut commas) = (0_usize, 0);
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' if depth == 0 => {
                let head = text.get(..at)?.trim_end();
                let name = |c: char| c.is_alphanumeric() || "_.:>-$".contains(c);
                let start = head.rfind(|c: char| !name(c)).map_or(0, |at| at + 1);
                let start = (start..head.len()).find(|at| head.is_char_boundary(*at))?;
                return Some((head.get(start..)?, commas));
            }
            '[' | '{' if depth == 0 => return None,
            '(' | '[' | '{' => depth -= 1,
            ',' if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}
