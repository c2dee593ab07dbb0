//! What `sites.scm` says about nodes, gathered in one pass of the query.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::focus::Focus;
use crate::loaded::Loaded;
use crate::recipe::{ChangeEdit, ChangeRule};

/// A name that a node's value is bound to.
#[derive(Clone, Debug)]
pub(crate) struct NameFact {
    pub span: Range<usize>,
    pub how: String,
}

/// A lookup with a hardcoded default.
#[derive(Clone, Debug)]
pub(crate) struct DefaultFact {
    /// The pattern that found it: the first one in the query wins.
    pub pattern: usize,
    /// The rule's name in the recipe.
    pub rule: String,
    /// Captured nodes by name: `whole`, `value`, `variable`…
    pub captures: HashMap<String, Range<usize>>,
    /// The variable is written as the name is, whatever the rule says of capitals.
    pub exact: bool,
}

/// A declaration that must change where its value becomes a lookup.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangeFact {
    /// The pattern that found it: the first one in the query wins.
    pattern: usize,
    /// What is replaced, and by what.
    pub replace: Vec<(Range<usize>, String)>,
    /// The rule's name in the recipe, where it has one.
    pub rule: Option<String>,
    /// What is declared.
    pub names: Vec<Range<usize>>,
    /// What moves, and after what it comes.
    pub cut: Option<(Range<usize>, Range<usize>)>,
}

/// Everything that the query found, by node.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub names: HashMap<usize, Vec<NameFact>>,
    pub callees: HashMap<usize, Range<usize>>,
    pub scopes: HashMap<usize, Range<usize>>,
    pub keys: HashSet<usize>,
    pub comparisons: HashSet<usize>,
    pub constants: HashMap<usize, String>,
    pub docs: HashSet<usize>,
    /// Places where an expression of any precedence stands without parentheses.
    pub bares: HashSet<usize>,
    /// Marks of literals that are more than their kind tells.
    pub marks: HashMap<usize, String>,
    /// Values below an anchor, by its name, and the marks of places that refer to anchors.
    anchored: Vec<(String, usize)>,
    aliased: HashMap<String, String>,
    pub formats: HashMap<usize, String>,
    pub defaults: HashMap<usize, DefaultFact>,
    pub changes: HashMap<usize, ChangeFact>,
    /// Expressions that make of a literal what the plain lookup gives, by literal: replaced whole.
    pub outers: HashMap<usize, Range<usize>>,
    /// The entry that binds a value to a name, by value, and whether it is one of several on a line.
    pub entries: HashMap<usize, (Range<usize>, bool)>,
    /// Places where a name stands, and is not read.
    pub skipped_uses: Vec<Range<usize>>,
    /// Places that take constants alone, where a name may stand.
    pub constant_uses: Vec<Range<usize>>,
    /// Blocks of values that become blocks of references, with the name of their rule.
    pub exchanges: Vec<(Range<usize>, String)>,
    /// Mappings that have lists which lookups add to.
    pub lists: Lists,
    pub flags: HashSet<String>,
}

/// Mappings by the name of their capture (`@list.NAME`).
#[derive(Debug, Default)]
pub(crate) struct Lists(Vec<(String, Range<usize>)>);

impl Lists {
    /// The innermost mapping of a name around a place.
    pub(crate) fn of(&self, name: &str, place: usize) -> Option<Range<usize>> {
        let around = self.0.iter().filter(|(other, span)| other == name && span.contains(&place));
        around.map(|(_, span)| span.clone()).min_by_key(Range::len)
    }
}

impl Facts {
    /// What is said about nodes in a part of a text.
    pub(crate) fn gather(loaded: &Loaded, tree: &Tree, text: &str, focus: &Focus) -> Self {
        let query = &loaded.sites;
        let names = query.capture_names();
        let mut facts = Self::default();
        query.each_in(tree.root_node(), text, focus, |found| {
            let settings = query.settings(found.pattern);
            let captures: Vec<(&str, Node<'_>)> =
                found.captures.iter().map(|(capture, node)| (names[*capture].as_str(), *node)).collect();
            let rule = settings.get("change").and_then(|name| loaded.recipe.changes.get(name));
            facts.add(loaded, &captures, settings, (rule, found.pattern), text);
        });
        for (name, value) in std::mem::take(&mut facts.anchored) {
            if let Some(mark) = facts.aliased.get(&name) {
                facts.marks.entry(value).or_insert_with(|| mark.clone());
            }
        }
        let rules = &loaded.recipe.defaults;
        let Self { defaults, flags, .. } = &mut facts;
        defaults.retain(|_, fact| rules.get(&fact.rule).is_none_or(|rule| !rule.partial));
        for fact in defaults.values_mut() {
            let flag = rules.get(&fact.rule).and_then(|rule| rule.exact_flag.as_ref());
            fact.exact = flag.is_some_and(|flag| flags.contains(flag));
        }
        facts
    }

    fn add(
        &mut self,
        loaded: &Loaded,
        captures: &[(&str, Node<'_>)],
        settings: &HashMap<String, String>,
        (rule, pattern): (Option<&ChangeRule>, usize),
        text: &str,
    ) {
        let all =
            |wanted: &'static str| captures.iter().filter(move |(name, _)| *name == wanted).map(|(_, node)| *node);
        let one = |wanted: &'static str| all(wanted).next();
        if let Some(table) = settings.get("pair").and_then(|name| loaded.pairs.get(name)) {
            let plain = |node: Node<'_>| text[node.byte_range()].trim_matches(['"', '\'']);
            let (Some(first), Some(second)) = (one("pair.first").map(plain), one("pair.second").map(plain)) else {
                return;
            };
            if !table.iter().any(|(a, b)| a.is_match(first) && b.is_match(second)) {
                return;
            }
        }
        let how = settings.get("how").map_or("assignment", String::as_str);
        for value in all("value") {
            for name in all("name") {
                self.bind(value, name, how);
            }
        }
        let names: Vec<Node<'_>> = all("names").collect();
        if let (Some(first), Some(values)) = (names.first(), one("values")) {
            // A list of its own, or each of them by itself.
            let names = if names.len() > 1 { names } else { plain_children(*first) };
            let values = plain_children(values);
            if names.len() == values.len() {
                for (name, value) in names.into_iter().zip(values) {
                    self.bind(value, name, how);
                }
            }
        }
        // A callee of several parts is captured part by part.
        if let (Some(first), Some(last), Some(arguments)) =
            (one("call.callee"), all("call.callee").next_back(), one("call.arguments"))
        {
            self.callees.insert(arguments.id(), first.start_byte()..last.end_byte());
        }
        if let (Some(scope), Some(name)) = (one("scope"), one("scope.name")) {
            self.scopes.insert(scope.id(), name.byte_range());
        }
        self.keys.extend(all("key").map(|node| node.id()));
        self.comparisons.extend(all("comparison").map(|node| node.id()));
        self.docs.extend(all("doc").map(|node| node.id()));
        self.bares.extend(all("bare").map(|node| node.id()));
        for node in all("mark") {
            self.marks.insert(node.id(), settings.get("mark").cloned().unwrap_or_default());
        }
        if let Some(anchor) = one("anchor") {
            let name = &text[anchor.byte_range()];
            self.anchored.extend(all("anchor.value").map(|value| (name.to_owned(), value.id())));
        }
        for alias in all("mark.alias") {
            let mark = settings.get("mark").cloned().unwrap_or_default();
            self.aliased.insert(text[alias.byte_range()].to_owned(), mark);
        }
        for node in all("constant") {
            self.constants.insert(node.id(), settings.get("constant").cloned().unwrap_or_default());
        }
        for node in all("format") {
            self.formats.insert(node.id(), settings.get("format").cloned().unwrap_or_default());
        }
        if let (Some(value), Some(rule)) = (one("default.value"), settings.get("default")) {
            let captures = captures
                .iter()
                .filter_map(|(name, node)| Some((name.strip_prefix("default.")?.to_owned(), node.byte_range())))
                .collect();
            self.join_default(value.id(), DefaultFact { rule: rule.clone(), captures, exact: false, pattern }, loaded);
        }
        if let Some(value) = one("change.value") {
            let fact = change(captures, settings, rule, pattern, text);
            match self.changes.entry(value.id()) {
                Entry::Vacant(empty) => drop(empty.insert(fact)),
                Entry::Occupied(mut known) => known.get_mut().join(fact),
            }
        }
        if let (Some(outer), Some(value)) = (one("outer"), one("outer.value")) {
            self.outers.insert(value.id(), outer.byte_range());
        }
        if let (Some(node), Some(rule)) = (one("exchange"), settings.get("exchange")) {
            let found = (node.byte_range(), rule.clone());
            if !self.exchanges.contains(&found) {
                self.exchanges.push(found);
            }
        }
        if let (Some(entry), Some(value)) = (one("own"), one("own.value")) {
            let item = settings.get("own").is_some_and(|how| how == "item");
            self.entries.entry(value.id()).or_insert((entry.byte_range(), item));
        }
        self.skipped_uses.extend(all("use.skip").map(|node| node.byte_range()));
        self.constant_uses.extend(all("use.constant").map(|node| node.byte_range()));
        for (name, node) in captures {
            if let Some(flag) = name.strip_prefix("file.") {
                self.flags.insert(flag.to_owned());
            }
            if let Some(list) = name.strip_prefix("list.") {
                self.lists.0.push((list.to_owned(), node.byte_range()));
            }
        }
    }

    /// Another match at the same value: the first pattern's rule holds; what a partial one captures is added.
    fn join_default(&mut self, value: usize, fact: DefaultFact, loaded: &Loaded) {
        let partial = |name: &str| loaded.recipe.defaults.get(name).is_some_and(|rule| rule.partial);
        match self.defaults.entry(value) {
            Entry::Vacant(empty) => drop(empty.insert(fact)),
            Entry::Occupied(mut known) if partial(&known.get().rule) || partial(&fact.rule) => {
                let known = known.get_mut();
                if partial(&known.rule) {
                    (known.rule, known.pattern) = (fact.rule, fact.pattern);
                }
                for (name, span) in fact.captures {
                    known.captures.entry(name).or_insert(span);
                }
            }
            Entry::Occupied(mut known) if fact.pattern < known.get().pattern => {
                let later = known.insert(fact);
                for (name, span) in later.captures {
                    known.get_mut().captures.entry(name).or_insert(span);
                }
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Where names stand that something is bound to.
    pub(crate) fn name_spans(&self) -> impl Iterator<Item = Range<usize>> {
        self.names.values().flatten().map(|fact| fact.span.clone())
    }

    fn bind(&mut self, value: Node<'_>, name: Node<'_>, how: &str) {
        let facts = self.names.entry(value.id()).or_default();
        let span = name.byte_range();
        if facts.iter().all(|fact| fact.span != span) {
            facts.push(NameFact { span, how: how.to_owned() });
        }
    }
}

impl ChangeFact {
    /// Another match: of the same pattern it adds to what is known, of an earlier one it replaces that.
    fn join(&mut self, other: Self) {
        if other.rule.is_some() && self.rule.is_some() && other.pattern != self.pattern {
            if other.pattern < self.pattern {
                *self = other;
            }
            return;
        }
        self.replace.extend(other.replace.into_iter().filter(|one| !self.replace.contains(one)).collect::<Vec<_>>());
        self.names.extend(other.names.into_iter().filter(|one| !self.names.contains(one)).collect::<Vec<_>>());
        self.cut = self.cut.take().or(other.cut);
        self.rule = self.rule.take().or(other.rule);
    }
}

/// What a match says about a declaration: texts come from the rule, or from the pattern's settings.
fn change(
    captures: &[(&str, Node<'_>)],
    settings: &HashMap<String, String>,
    rule: Option<&ChangeRule>,
    pattern: usize,
    text: &str,
) -> ChangeFact {
    let all = |wanted: &'static str| captures.iter().filter(move |(name, _)| *name == wanted).map(|(_, node)| *node);
    let said = |name: &str, of: fn(&ChangeRule) -> &Option<String>| {
        rule.and_then(|rule| of(rule).clone()).or_else(|| settings.get(name).cloned())
    };
    let with = said("replace", |rule| &rule.replace).unwrap_or_default();
    let mut replace: Vec<_> = all("change.replace").map(|node| (node.byte_range(), with.clone())).collect();
    replace.extend(all("change.remove").map(|node| {
        let after = &text[node.end_byte()..];
        let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
        (node.start_byte()..node.end_byte() + blank, String::new())
    }));
    if let Some(before) = said("before", |rule| &rule.before) {
        replace.extend(all("change.before").map(|node| (node.start_byte()..node.start_byte(), before.clone())));
    }
    if let Some(after) = said("after", |rule| &rule.after) {
        replace.extend(all("change.after").map(|node| (node.end_byte()..node.end_byte(), after.clone())));
    }
    if let Some(rule) = rule {
        for (name, node) in captures {
            if let Some(edit) = name.strip_prefix("change.edit.").and_then(|name| rule.edits.get(name)) {
                edit_node(edit, *node, text, &mut replace);
            }
        }
    }
    let cut = all("change.cut").next().zip(all("change.paste").next());
    ChangeFact {
        pattern,
        replace,
        rule: rule.and(settings.get("change").cloned()),
        names: all("change.name").map(|node| node.byte_range()).collect(),
        cut: cut.map(|(cut, paste)| (cut.byte_range(), paste.byte_range())),
    }
}

/// What a rule makes of one node.
fn edit_node(edit: &ChangeEdit, node: Node<'_>, text: &str, out: &mut Vec<(Range<usize>, String)>) {
    let blanks = [' ', '\t'];
    let Range { start, end } = node.byte_range();
    if let Some(before) = &edit.before {
        out.push((start..start, before.clone()));
    }
    if let Some(with) = &edit.replace {
        let start = if edit.eat_before { text[..start].trim_end_matches(blanks).len() } else { start };
        let after = &text[end..];
        let blank = after.len() - after.trim_start_matches(blanks).len();
        out.push((start..if edit.eat_after { end + blank } else { end }, with.clone()));
    }
    if let Some(after) = &edit.after {
        out.push((end..end, after.clone()));
    }
}

/// Named children without comments.
fn plain_children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}
