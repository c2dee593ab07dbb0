//! What a literal is, from what it is bound to, compared with or passed to.

use keylift_grammars::{Binding, Literal, Role};

use super::judge::How;
use super::names::{self, Class};
use super::syntax::{Meaning, Reading};
use super::{calls, lines, parameters};

/// Beyond this many lists, calls and operators a name says little about a literal.
const FARTHEST: usize = 3;

/// How many literals apart the halves of a `name:`, `value:` pair may stand.
const PAIR: usize = 6;

/// Most functions of a file that are looked up.
const FUNCTIONS: usize = 64;

impl Reading<'_> {
    pub(super) fn meaning(&self, at: usize) -> Option<Meaning> {
        let literal = &self.literals[at];
        if looked_up(literal) || self.is_index(literal) || self.is_method(literal) {
            return None;
        }
        self.passed(literal)
            .or_else(|| self.listed_property(literal))
            .or_else(|| {
                self.bound(at).filter(|meaning| meaning.how != How::Argument || Self::default_of(literal).is_none())
            })
            .or_else(|| self.compared(literal))
            .or_else(|| self.compared_in_constant_time(literal))
            .or_else(|| Self::default_of(literal))
            .or_else(|| self.second_argument(at))
            .or_else(|| self.parameter(literal))
    }

    /// `put('password', [PasswordController::class, 'update'])`: a method, by its class and its name.
    fn is_method(&self, literal: &Literal) -> bool {
        let before = || self.text.get(..literal.span.start)?.trim_end().strip_suffix(',');
        self.language == "php" && before().is_some_and(|before| before.trim_end().ends_with("::class"))
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
        let value = literal.text().unwrap_or_default();
        let taken = |callee: &str, keyword: Option<&str>, position: Option<usize>| {
            calls::find(callee, Some(self.language))
                .filter(|known| known.then.is_none_or(|then| behind.starts_with(then)) && known.takes(&value))
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
            } else if how == How::Argument && matches!(literal.role, Role::Default { .. }) {
                // `DB_PASSWORD = os.getenv("X", "x")`: what is looked up may be called anything.
            } else if how != How::Compared {
                // A name of its own, however far: what is around it is called something else.
                return None;
            }
        }
        None
    }

    /// `pwd.getText().toString().equals("x")`, `pwd.text == "x"`: compared with the text of something that has a telling name.
    fn compared(&self, literal: &Literal) -> Option<Meaning> {
        if literal.role != Role::Comparison {
            return None;
        }
        let before = self.text.get(..literal.span.start)?.trim_end_matches(['"', '\'', '`']);
        let (name, class) = if let Some(field) = lines::field_compared(before) {
            (field, names::field_class(field)?)
        } else {
            let name = lines::receiver(self.text.get(..literal.span.start)?)?;
            (name, names::classify(name)?)
        };
        Some(Meaning { class, name: name.to_owned(), how: How::Compared })
    }

    /// `compare_digest(given.password, "x")`, `ConstantTimeCompare([]byte(password), []byte("x"))`
    fn compared_in_constant_time(&self, literal: &Literal) -> Option<Meaning> {
        let argument = lines::first_compared(self.text.get(..literal.span.start)?)?;
        let argument = argument.trim_end().trim_end_matches("[]byte(").trim_end().strip_suffix(',')?;
        let words = argument.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, class) = words.filter_map(|word| names::classify(word).map(|class| (word, class))).next_back()?;
        (class != Class::Weak).then(|| Meaning { class, name: name.to_owned(), how: How::Compared })
    }

    /// `<key>Password</key> <string>x</string>` of a property list, `<property name="password">x</property>`.
    fn listed_property(&self, literal: &Literal) -> Option<Meaning> {
        let before = self.text.get(..literal.span.start)?;
        let name = if let Some(head) = before.strip_suffix("<string>") {
            head.trim_end().strip_suffix("</key>")?.rsplit_once("<key>")?.1
        } else {
            let head = before.strip_suffix("\">")?;
            let tag = head.get(head.rfind('<')?..)?;
            let texts = || {
                tag.strip_prefix(lines::STRING).filter(|_| literal.text().is_some_and(|text| lines::is_no_label(&text)))
            };
            lines::PROPERTIES.iter().find_map(|start| tag.strip_prefix(start)).or_else(texts)?
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
        // A call with a long list of things begins before what is looked at: what is near is inside of it.
        Some(low + self.text.get(low..literal.span.start)?.rfind(head).unwrap_or_default())
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
