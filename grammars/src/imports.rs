//! Modules in scope: which name a module has at a place, who shadows it, and where a new import goes.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use crate::lines;
use crate::loaded::Loaded;
use crate::query::Query;
use crate::recipe::{Need, NeedPlace};
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

    /// Where an import goes that must come before `first_use`, and the text for it.
    pub(crate) fn insertion(&self, loaded: &Loaded, need: &Need, text: &str, first_use: usize) -> (usize, String) {
        let line = need.helper.as_deref().or(need.line.as_deref()).unwrap_or_default();
        if need.place == NeedPlace::End {
            let gap = if text.ends_with('\n') || text.is_empty() { "\n" } else { "\n\n" };
            return (text.len(), format!("{gap}{}\n", line.trim_end_matches('\n')));
        }
        if let (Some(group), Some(grouped)) =
            (self.group.as_ref().filter(|group| group.start < first_use), &need.grouped)
        {
            return (self.among(group, need, text), grouped.clone());
        }
        let top: Vec<&Import> =
            self.list.iter().filter(|import| import.top && import.statement.start < first_use).collect();
        let starts_line = |at: usize| at == 0 || text[..at].ends_with('\n');
        let module = need.module.as_deref().unwrap_or_default();
        if need.place == NeedPlace::Sorted
            && let Some(before) = top.iter().rev().find(|import| import.module.as_str() < module)
        {
            let end = lines::next(text, before.statement.end);
            let fresh = text[..end].ends_with('\n');
            return (end, if fresh { format!("{line}\n") } else { format!("\n{line}") });
        }
        if matches!(need.place, NeedPlace::First | NeedPlace::Sorted)
            && let Some(first) = top.first()
            && starts_line(first.statement.start)
            && first.statement.start >= self.header_end
        {
            return (first.statement.start, format!("{line}\n"));
        }
        if need.place == NeedPlace::Last && !top.is_empty() {
            let last = Self::leading_block(&top, text);
            if need.helper.is_some() && code_follows(text, last) {
                return (last, format!("\n\n{}\n\n", line.trim_end_matches('\n')));
            }
            let end = lines::next(text, last);
            let text = match text[..end].ends_with('\n') {
                true if need.helper.is_some() => {
                    let apart = if text[end..].starts_with(['\n', '\r']) { "" } else { "\n" };
                    format!("\n{}\n{apart}", line.trim_end_matches('\n'))
                }
                true => format!("{line}\n"),
                false => format!("\n{line}"),
            };
            return (end, text);
        }
        self.after_header(loaded, text, line, need.helper.is_some())
    }

    /// Where an entry goes within a group: in order among those up to the first blank line, so that formatters agree.
    fn among(&self, group: &Range<usize>, need: &Need, text: &str) -> usize {
        let inside = |import: &&Import| group.start <= import.entry.start && import.entry.end <= group.end;
        let entries: Vec<&Import> = self.list.iter().filter(inside).collect();
        let block = entries
            .windows(2)
            .take_while(|pair| text[pair[0].entry.end..pair[1].entry.start].matches('\n').count() < 2);
        let block = &entries[..entries.len().min(block.count() + 1)];
        let module = need.module.as_deref().unwrap_or_default();
        let front = group.start + 1;
        let before = block.iter().rev().find(|import| import.module.as_str() < module);
        let entry = match before {
            Some(entry) => entry,
            None if text[front..].starts_with(['\n', '\r']) => return front,
            None => match block.last() {
                Some(entry) => entry,
                None => return front,
            },
        };
        let line = text[entry.entry.end..].split(['\r', '\n']).next().unwrap_or_default();
        let rest = line.trim();
        entry.entry.end + if rest.is_empty() || rest.starts_with("//") { line.len() } else { 0 }
    }

    /// The end of the last import that follows the first without other code in between.
    fn leading_block(top: &[&Import], text: &str) -> usize {
        let mut end = top[0].statement.end;
        for import in &top[1..] {
            let gap = text.get(end..import.statement.start).unwrap_or_default();
            let blank = gap.lines().all(|line| {
                let line = line.trim();
                line.is_empty() || line.starts_with('#') || line.starts_with("//") || line == ";"
            });
            if !blank {
                break;
            }
            end = end.max(import.statement.end);
        }
        end
    }

    fn after_header(&self, loaded: &Loaded, text: &str, line: &str, helper: bool) -> (usize, String) {
        let top = &loaded.recipe.top;
        let line = line.trim_end_matches('\n');
        // A function wants a blank line on either side.
        let around = |at: usize| if helper && !text[at..].starts_with(['\n', '\r']) { "\n" } else { "" };
        if self.header_end > 0 {
            if top.wrap.is_some() && code_follows(text, self.header_end) {
                return (self.header_end, format!("\n\n{line}\n\n"));
            }
            let mut end = lines::next(text, self.header_end);
            if top.comment_after_header {
                end = self.gaps(text, end).next().unwrap_or(end);
            }
            let blank = if top.blank_after_header && !text[..end].ends_with("\n\n") { "\n" } else { "" };
            let before = if text[..end].ends_with('\n') { "" } else { "\n" };
            return (end, format!("{before}{blank}{line}\n{}", around(end)));
        }
        let mut at = self.start;
        if let Some(keep) = &loaded.top_keep {
            while let Some(found) = keep.find(&text[at..]).filter(|found| found.start() == 0 && !found.is_empty()) {
                at += found.end();
            }
        }
        // A first comment that stands by itself is about the file: it stays first.
        if top.wrap.is_none() {
            at = self.gaps(text, at).last().unwrap_or(at);
        }
        if let Some(wrap) = &top.wrap {
            return (at, wrap.replace("<text>", line));
        }
        let next = &text[at..];
        let blank = if next.starts_with(['\n', '\r']) || next.is_empty() { "" } else { "\n" };
        (at, format!("{line}\n{blank}"))
    }
}

impl Imports {
    /// The ends of the blank lines between the comments that follow a place and the code after them.
    fn gaps<'a>(&'a self, text: &'a str, at: usize) -> impl Iterator<Item = usize> + 'a {
        let lead = &text[at..self.first_code.max(at)];
        let first = lead.len() - lead.trim_start().len();
        let ends = lead.match_indices('\n').map(move |(found, _)| at + found + 1).filter(move |end| *end > at + first);
        let outside = move |end: &usize| !self.comments.iter().any(|range| range.start < *end && *end < range.end);
        let blank = |end: &usize| {
            let after = text[*end..].trim_start_matches('\r');
            after
                .starts_with('\n')
                .then(|| *end + text[*end..].len() - text[*end..].trim_start_matches(['\r', '\n']).len())
        };
        ends.filter(outside).filter_map(move |end| blank(&end))
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

/// Whether more than a comment follows on the line of a place.
fn code_follows(text: &str, at: usize) -> bool {
    let rest = text[at..lines::end(text, at)].trim();
    let comment = rest.starts_with("//") || rest.starts_with('#') && !rest.starts_with("#[");
    !rest.is_empty() && !comment
}
