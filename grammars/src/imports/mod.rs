//! Modules in scope: which name a module has at a place, who shadows it, and where a new import goes.

mod insertion;

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::loaded::Loaded;
use crate::query::Query;
use crate::recipe::Need;
use crate::regions;

/// What stands for a need at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// It is there under this name.
    Bound(String),
    /// It can be brought in under this name.
    Insert(String),
    /// The name means something else there.
    Shadowed(String),
    /// It is not there, and the recipe cannot bring it in.
    Absent,
}

#[derive(Debug)]
struct Import {
    module: String,
    member: Option<String>,
    alias: Option<String>,
    /// The name that it binds, as far as the text tells.
    bound: String,
    statement: Range<usize>,
    /// Its own part of the statement.
    entry: Range<usize>,
    /// The body that the statement stands in.
    block: Range<usize>,
    /// A direct child of the root.
    top: bool,
    usable: bool,
}

#[derive(Debug)]
struct Scope {
    range: Range<usize>,
    /// A class: its names are seen by its own statements alone.
    class: bool,
    /// Names outside of it are not seen in it.
    apart: bool,
    /// The scope around it.
    parent: Option<usize>,
}

/// The imports and definitions of a file.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    list: Vec<Import>,
    scopes: Vec<Scope>,
    /// Name, scope (none is the file) and place.
    definitions: Vec<(String, Option<usize>, Range<usize>)>,
    /// Names of variables that are read.
    uses: Vec<String>,
    header_end: usize,
    group: Option<Range<usize>>,
    first_code: usize,
    /// Where the code begins: not at once, where it stands in a host.
    start: usize,
    /// Comments at the top level.
    comments: Vec<Range<usize>>,
}

impl Imports {
    pub(crate) fn gather(loaded: &Loaded, tree: &Tree, text: &str) -> Self {
        let mut this = Self::default();
        let root = tree.root_node();
        let mut walk = root.walk();
        this.first_code = root
            .named_children(&mut walk)
            .find(|child| !child.is_extra())
            .map_or(text.len(), |child| child.start_byte());
        if !loaded.regions.is_empty() {
            this.start = regions::find(&loaded.regions, text).first().map_or(0, |region| region.start_byte);
        }
        let Some(query) = &loaded.imports else {
            return this;
        };
        let mut off: Vec<Range<usize>> = Vec::new();
        let mut names: Vec<(String, Range<usize>, bool)> = Vec::new();
        this.query(loaded, query, root, text, &mut off, &mut names);
        for import in &mut this.list {
            import.usable =
                !off.iter().any(|range| range.start <= import.statement.start && import.statement.end <= range.end);
        }
        let mut walk = root.walk();
        this.comments = root.children(&mut walk).filter(Node::is_extra).map(|node| node.byte_range()).collect();
        if let Some(code) =
            root.named_children(&mut walk).find(|child| !child.is_extra() && child.start_byte() >= this.header_end)
        {
            this.first_code = code.start_byte();
        }
        this.nest();
        for (name, span, outer) in names {
            let mut scope = this.innermost(&span);
            if outer && let Some(index) = scope {
                scope = this.around(index);
            }
            this.definitions.push((name, scope, span));
        }
        this
    }

    fn query(
        &mut self,
        loaded: &Loaded,
        query: &Query,
        root: Node<'_>,
        text: &str,
        off: &mut Vec<Range<usize>>,
        names: &mut Vec<(String, Range<usize>, bool)>,
    ) {
        let captures = query.capture_names();
        let plain = |node: Node<'_>| text[node.byte_range()].trim_matches(['"', '\'', '`', '<', '>']).to_owned();
        query.each(root, text, |found| {
            let (mut statement, mut module, mut member, mut alias, mut entry) = (None, None, None, None, None);
            for (capture, node) in &found.captures {
                let node = *node;
                let name = captures[*capture].as_str();
                match name {
                    "import.statement" => statement = Some(node),
                    "import.module" => module = Some(plain(node)),
                    "import.member" => member = Some(plain(node)),
                    "import.alias" => alias = Some(plain(node)),
                    "import.entry" => entry = Some(node.byte_range()),
                    "import.off" => off.push(node.byte_range()),
                    "import.group" => self.group = self.group.take().or(Some(node.byte_range())),
                    "header" => self.header_end = self.header_end.max(node.end_byte()),
                    "scope" | "scope.class" | "scope.apart" => {
                        let (class, apart) = (name == "scope.class", name == "scope.apart");
                        self.scopes.push(Scope { range: node.byte_range(), class, apart, parent: None });
                    }
                    "use" => self.uses.push(plain(node)),
                    "definition" => names.push((plain(node), node.byte_range(), false)),
                    "definition.outer" => names.push((plain(node), node.byte_range(), true)),
                    _ => {}
                }
            }
            if let (Some(statement), Some(module)) = (statement, module) {
                let parent = statement.parent();
                self.list.push(Import {
                    bound: alias.as_ref().or(member.as_ref()).map_or_else(|| bound(loaded, &module), Clone::clone),
                    module,
                    member,
                    alias,
                    statement: statement.start_byte()
                        ..statement.start_byte() + text[statement.byte_range()].trim_end().len(),
                    entry: entry.unwrap_or_else(|| statement.byte_range()),
                    block: parent.map_or(0..text.len(), |parent| parent.byte_range()),
                    top: parent.is_none_or(|parent| parent.id() == root.id()),
                    usable: true,
                });
            }
        });
        self.list.sort_by_key(|import| (import.statement.start, import.entry.start));
    }

    /// Puts scopes in order, outer ones first, and links each to the one around it: files have thousands of them.
    fn nest(&mut self) {
        self.scopes.sort_by_key(|scope| (scope.range.start, std::cmp::Reverse(scope.range.end)));
        let mut open: Vec<usize> = Vec::new();
        for index in 0..self.scopes.len() {
            let range = self.scopes[index].range.clone();
            while open.last().is_some_and(|last| self.scopes[*last].range.end < range.end) {
                open.pop();
            }
            self.scopes[index].parent = open.last().copied();
            open.push(index);
        }
    }

    fn innermost(&self, span: &Range<usize>) -> Option<usize> {
        let mut at = self.scopes.partition_point(|scope| scope.range.start <= span.start).checked_sub(1);
        while let Some(index) = at {
            if span.end <= self.scopes[index].range.end {
                return Some(index);
            }
            at = self.scopes[index].parent;
        }
        None
    }

    fn around(&self, index: usize) -> Option<usize> {
        let inner = &self.scopes[index].range;
        let mut at = self.scopes[index].parent;
        while let Some(outer) = at.filter(|outer| self.scopes[*outer].range == *inner) {
            at = self.scopes[outer].parent;
        }
        at
    }

    /// Whether a name defined in `scope` is seen at `at`.
    fn sees(&self, at: usize, scope: Option<usize>) -> bool {
        let Some(index) = scope else { return true };
        let scope = &self.scopes[index];
        scope.range.contains(&at) && (!scope.class || self.innermost(&(at..at)) == Some(index))
    }

    /// Whether a name means something else than the need's module at `at`.
    fn shadowed(&self, name: &str, need: &Need, at: usize) -> bool {
        let defined = self.definitions.iter().any(|(other, scope, span)| {
            other == name
                && self.sees(at, *scope)
                && !self
                    .list
                    .iter()
                    .any(|import| import.statement.start <= span.start && span.end <= import.statement.end)
        });
        defined
            || self.list.iter().any(|import| {
                import.bound == name && !import.gives(need) && self.sees(at, self.innermost(&import.statement))
            })
    }

    /// How many definitions a name has in the file.
    pub(crate) fn declared(&self, name: &str) -> usize {
        self.definitions.iter().filter(|(other, _, _)| other == name).count()
    }

    /// What is defined, with its place.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = (&str, &Range<usize>)> {
        self.definitions.iter().map(|(name, _, span)| (name.as_str(), span))
    }

    /// The variables that are read.
    pub(crate) fn uses(&self) -> impl Iterator<Item = &str> {
        self.uses.iter().map(String::as_str)
    }

    /// How many scopes are around a place in which names outside are not seen.
    pub(crate) fn apart(&self, at: usize) -> usize {
        self.scopes.iter().filter(|scope| scope.apart && scope.range.contains(&at)).count()
    }

    /// The innermost function around a place.
    pub(crate) fn function(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let mut scope = self.innermost(span);
        while let Some(index) = scope {
            if !self.scopes[index].class {
                return Some(self.scopes[index].range.clone());
            }
            scope = self.around(index);
        }
        None
    }

    /// What stands for a need at a place.
    pub(crate) fn resolve(&self, need: &Need, at: usize, text: &str, flags: &dyn Fn(&str) -> bool) -> Resolution {
        if let Some(helper) = &need.helper {
            return if text.replace("\r\n", "\n").contains(helper.trim()) {
                Resolution::Bound(need.bind.clone())
            } else if self.shadowed(&need.bind, need, at) {
                Resolution::Shadowed(need.bind.clone())
            } else {
                Resolution::Insert(need.bind.clone())
            };
        }
        if need.global {
            return if self.shadowed(&need.bind, need, at) {
                Resolution::Shadowed(need.bind.clone())
            } else {
                Resolution::Bound(need.bind.clone())
            };
        }
        let in_function = self.scopes.iter().any(|scope| !scope.class && scope.range.contains(&at));
        let mut hidden = None;
        for import in self.list.iter().filter(|import| import.gives(need)) {
            let scope = self.innermost(&import.statement);
            // What the file's outermost level has is reached from every part of it, wherever it stands.
            let outermost = need.outward.is_some() && import.top && import.usable && scope.is_none();
            let name = import.alias.clone().unwrap_or_else(|| need.bind.clone());
            if outermost {
                return Resolution::Bound(name);
            }
            if !self.sees(at, scope) {
                continue;
            }
            let precedes = import.statement.end <= at;
            let reached = if import.top { precedes || in_function } else { precedes && import.block.contains(&at) };
            if import.usable && reached {
                if !self.shadowed(&name, need, at) {
                    return Resolution::Bound(name);
                }
                hidden = Some(name);
            } else if scope.is_some() && import.usable {
                // A later import in the same function makes the name local there, and unset so far.
                hidden = Some(name);
            }
        }
        if need.line.is_none() || need.when_flag.as_deref().is_some_and(|flag| !flags(flag)) {
            return Resolution::Absent;
        }
        if let Some(name) = hidden.filter(|name| *name == need.bind) {
            return Resolution::Shadowed(name);
        }
        if self.shadowed(&need.bind, need, at) {
            return Resolution::Shadowed(need.bind.clone());
        }
        Resolution::Insert(need.bind.clone())
    }
}

impl Import {
    fn gives(&self, need: &Need) -> bool {
        let Some(module) = &need.module else { return false };
        match (&need.member, &self.member) {
            (None, None) => {
                self.module == *module
                    || self.alias.is_none()
                        && self.bound == need.bind
                        && self.module.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with('.'))
            }
            (Some(wanted), Some(member)) => self.module == *module && member == wanted,
            _ => false,
        }
    }
}

/// The name that an import of a whole module binds.
fn bound(loaded: &Loaded, module: &str) -> String {
    let found = loaded.import_name.as_ref().and_then(|regex| regex.captures(module));
    found.and_then(|found| found.get(1).or_else(|| found.get(0))).map_or(module, |found| found.as_str()).to_owned()
}
