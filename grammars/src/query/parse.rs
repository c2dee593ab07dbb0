//! Reads the text of a query into patterns.

use std::collections::HashMap;
use std::sync::OnceLock;

use tree_sitter::Language;

use super::{Child, Count, Operand, Pattern, Predicate, Query, Step, Test, What};

/// Reads every pattern of a text.
///
/// # Errors
/// A sentence with the line where the text is no query, or names what the grammar does not have.
pub(super) fn read(grammar: &Language, text: &str) -> Result<Query, String> {
    let mut reader = Reader { grammar, kinds: kinds(grammar), text, at: 0, captures: Vec::new() };
    let mut patterns = Vec::new();
    reader.blank();
    while reader.at < text.len() {
        patterns.push(reader.pattern().map_err(|message| reader.locate(&message))?);
        reader.blank();
    }
    Ok(Query::of(reader.captures, patterns))
}

/// Node kinds by name: a grammar may have several of one name; a supertype stands for its subtypes.
fn kinds(grammar: &Language) -> HashMap<(&str, bool), Vec<u16>> {
    let mut kinds: HashMap<(&str, bool), Vec<u16>> = HashMap::new();
    for id in 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX) {
        if let Some(name) = grammar.node_kind_for_id(id) {
            let same = kinds.entry((name, grammar.node_kind_is_named(id))).or_default();
            if grammar.node_kind_is_supertype(id) {
                same.extend_from_slice(grammar.subtypes_for_supertype(id));
            }
            same.push(id);
        }
    }
    kinds
}

struct Reader<'a> {
    grammar: &'a Language,
    /// The numbers of node kinds by name, and by whether they are named.
    kinds: HashMap<(&'a str, bool), Vec<u16>>,
    text: &'a str,
    at: usize,
    captures: Vec<String>,
}

type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn locate(&self, message: &str) -> String {
        let line = self.text[..self.at.min(self.text.len())].matches('\n').count() + 1;
        format!("line {line}: {message}")
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Passes blanks and comments.
    fn blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let inner = rest.trim_start();
            self.at += rest.len() - inner.len();
            if !inner.starts_with(';') {
                return;
            }
            self.at += inner.find('\n').unwrap_or(inner.len());
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += if there { wanted.len_utf8() } else { 0 };
        there
    }

    fn expect(&mut self, wanted: char) -> Read<()> {
        self.blank();
        if self.take(wanted) { Ok(()) } else { Err(format!("`{wanted}` is missing")) }
    }

    fn word(&mut self) -> Read<&'a str> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-.?!#".contains(c))).unwrap_or(rest.len());
        if end == 0 {
            return Err("a name is missing".into());
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn string(&mut self) -> Read<String> {
        self.expect('"')?;
        let mut out = String::new();
        loop {
            let c = self.peek().ok_or("a string does not end")?;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let escaped = self.peek().ok_or("a string does not end")?;
                    self.at += escaped.len_utf8();
                    out.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        '0' => '\0',
                        other => other,
                    });
                }
                c => out.push(c),
            }
        }
    }

    /// A pattern at the top: a node with its captures, or a group of one node and what is asked of it.
    fn pattern(&mut self) -> Read<Pattern> {
        let mut tests = Vec::new();
        let mut settings = HashMap::new();
        let start = self.at;
        if self.take('(') {
            self.blank();
            if matches!(self.peek(), Some('(' | '[' | '"')) {
                let root = self.step(&mut tests, &mut settings)?;
                self.blank();
                while self.predicate(&mut tests, &mut settings)? {
                    self.blank();
                }
                self.expect(')')?;
                return Ok(Pattern { root, tests, settings });
            }
            self.at = start;
        }
        let root = self.step(&mut tests, &mut settings)?;
        Ok(Pattern { root, tests, settings })
    }

    /// One node, or one of several, with its captures.
    fn step(&mut self, tests: &mut Vec<Predicate>, settings: &mut HashMap<String, String>) -> Read<Step> {
        self.blank();
        let mut step = match self.peek() {
            Some('[') => {
                self.at += 1;
                let mut choices = Vec::new();
                self.blank();
                while !self.take(']') {
                    choices.push(self.step(tests, settings)?);
                    self.blank();
                }
                Step { what: What::Choice(choices), ..Step::any() }
            }
            Some('"') => {
                let text = self.string()?;
                Step { what: What::Kinds(self.kinds(&text, false)?), ..Step::any() }
            }
            Some('_') => {
                self.at += 1;
                Step::any()
            }
            Some('(') => self.node(tests, settings)?,
            _ => return Err("a node is missing".into()),
        };
        loop {
            let here = self.at;
            self.blank();
            if !self.take('@') {
                self.at = here;
                return Ok(step);
            }
            let name = self.word()?;
            step.captures.push(self.capture(name));
        }
    }

    fn capture(&mut self, name: &str) -> usize {
        self.captures.iter().position(|known| known == name).unwrap_or_else(|| {
            self.captures.push(name.to_owned());
            self.captures.len() - 1
        })
    }

    fn node(&mut self, tests: &mut Vec<Predicate>, settings: &mut HashMap<String, String>) -> Read<Step> {
        self.expect('(')?;
        self.blank();
        let name = self.word()?;
        let what = if name == "_" { What::Named } else { What::Kinds(self.kinds(name, true)?) };
        let mut step = Step { what, ..Step::any() };
        let mut immediate = false;
        loop {
            self.blank();
            if self.take(')') {
                step.closed = immediate && !step.children.is_empty();
                return Ok(step);
            }
            if self.take('.') {
                immediate = true;
                continue;
            }
            if self.take('!') {
                let field = self.word()?;
                step.without.push(self.field(field)?);
                continue;
            }
            if self.predicate(tests, settings)? {
                continue;
            }
            step.children.push(self.child(immediate, tests, settings)?);
            immediate = false;
        }
    }

    fn child(
        &mut self,
        immediate: bool,
        tests: &mut Vec<Predicate>,
        settings: &mut HashMap<String, String>,
    ) -> Read<Child> {
        let mut field = None;
        let start = self.at;
        if self.peek().is_some_and(|c| c.is_ascii_lowercase() || c == '_') {
            let name = self.word()?;
            if self.take(':') {
                field = Some(self.field(name)?);
            } else {
                self.at = start;
            }
        }
        let mut step = self.step(tests, settings)?;
        let count = match self.peek() {
            Some('?') => Count::Maybe,
            Some('*') => Count::Any,
            Some('+') => Count::Some,
            _ => Count::One,
        };
        if count != Count::One {
            self.at += 1;
        }
        // Captures may stand behind the quantifier as well.
        loop {
            let here = self.at;
            self.blank();
            if !self.take('@') {
                self.at = here;
                break;
            }
            let name = self.word()?;
            step.captures.push(self.capture(name));
        }
        Ok(Child { step, field, immediate, count })
    }

    /// `(#name? …)`: a test or a setting; false where none stands here.
    fn predicate(&mut self, tests: &mut Vec<Predicate>, settings: &mut HashMap<String, String>) -> Read<bool> {
        let start = self.at;
        if !self.take('(') {
            return Ok(false);
        }
        self.blank();
        if self.peek() != Some('#') {
            self.at = start;
            return Ok(false);
        }
        let name = self.word()?;
        let mut operands = Vec::new();
        loop {
            self.blank();
            if self.take(')') {
                break;
            }
            operands.push(if self.take('@') {
                let name = self.word()?;
                Operand::Capture(self.capture(name))
            } else if self.peek() == Some('"') {
                Operand::Text(self.string()?)
            } else {
                Operand::Text(self.word()?.to_owned())
            });
        }
        if name == "#set!" {
            let mut texts = operands.into_iter().map(|operand| match operand {
                Operand::Text(text) => Ok(text),
                Operand::Capture(_) => Err("#set! takes two words".to_owned()),
            });
            let key = texts.next().ok_or("#set! takes two words")??;
            settings.insert(key, texts.next().transpose()?.unwrap_or_default());
            return Ok(true);
        }
        let mut operands = operands.into_iter();
        let Some(Operand::Capture(capture)) = operands.next() else {
            return Err(format!("{name} begins with a capture"));
        };
        let rest: Vec<Operand> = operands.collect();
        let texts = || -> Read<Vec<String>> {
            rest.iter()
                .map(|operand| match operand {
                    Operand::Text(text) => Ok(text.clone()),
                    Operand::Capture(_) => Err(format!("{name} takes texts")),
                })
                .collect()
        };
        let positive = !name.starts_with("#not-");
        let test = match name.trim_start_matches("#not-").trim_start_matches('#') {
            "eq?" => Test::Is(rest.into_iter().next().ok_or("#eq? takes two operands")?),
            "any-of?" => Test::AnyOf(texts()?),
            "match?" => {
                let source = texts()?.into_iter().next().ok_or("#match? takes a pattern")?;
                Test::Matches(source, OnceLock::new())
            }
            _ => return Err(format!("{name} is not known")),
        };
        tests.push(Predicate { capture, positive, test });
        Ok(true)
    }

    /// The numbers of a node kind: a grammar may have several of one name.
    fn kinds(&self, name: &str, named: bool) -> Read<Vec<u16>> {
        if named && name == "ERROR" {
            return Ok(vec![u16::MAX]);
        }
        self.kinds.get(&(name, named)).cloned().ok_or_else(|| format!("the parser has no node {name}"))
    }

    fn field(&self, name: &str) -> Read<u16> {
        let id = self.grammar.field_id_for_name(name).ok_or_else(|| format!("the parser has no field {name}"))?;
        Ok(id.get())
    }
}
