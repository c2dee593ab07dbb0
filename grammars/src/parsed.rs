//! A parsed file: its literals, and the edits that put lookups in their places.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use tree_sitter::{InputEdit, Parser, Point, Tree};

use crate::addresses::Addresses;
use crate::edit::{Applicability, Edit, Place, Refusal, Request, Rewrite, Style};
use crate::facts::Facts;
use crate::focus::Focus;
use crate::host::Host;
use crate::imports::Imports;
use crate::inner;
use crate::language::{self, Language};
use crate::literal::{Literal, Role};
use crate::loaded::Loaded;
use crate::names;
use crate::patterns;
use crate::regions;
use crate::rewrite::{self, Proof};
use crate::select::{self, Selection};
use crate::stand_ins;
use crate::taken;
use crate::undo::{self, Chunk, Original, Undo};
use crate::visit::{self, Next};
use crate::walk::{self, Site};

/// A source text with its syntax tree.
pub struct Parsed {
    pub(crate) language: &'static Language,
    pub(crate) loaded: &'static Loaded,
    pub(crate) text: String,
    pub(crate) tree: Tree,
    pub(crate) facts: Facts,
    focus: Focus,
    pub(crate) literals: Vec<Literal>,
    pub(crate) sites: Vec<Site>,
    /// Stretches that no pattern explains.
    stray: usize,
    /// Keys that patterns found.
    pub(crate) keys: Vec<String>,
    /// The texts of files in the same folder that share declarations with this one.
    pub(crate) beside: Vec<String>,
    /// What is known of the store, for lookups that name entries themselves.
    pub(crate) addresses: Addresses,
    /// The file's name without its extension, in one word of capitalised parts.
    pub(crate) stem: String,
    imports: OnceLock<Imports>,
    /// The file around the text, and the literals with their places in it.
    host: Option<(Host, Vec<Literal>)>,
}

impl std::fmt::Debug for Parsed {
    /// Without the text: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parsed({}, {} bytes, {} literals)", self.language.name, self.text.len(), self.literals.len())
    }
}

impl Parsed {
    /// Parses a text. None where the parser gives up, or the tree is deeper than code ever is.
    pub fn new(language: &'static Language, text: &str) -> Option<Self> {
        Self::at(language, Path::new(""), text)
    }

    /// As [`Parsed::new`], for a file at a path: in some folders code means something else (it runs in a browser).
    pub fn at(language: &'static Language, path: &Path, text: &str) -> Option<Self> {
        Self::read(language, path, text, &[], Focus::ALL)
    }

    /// As [`Parsed::new`], for somebody who looks at some places alone, given in order of their beginning: literals far
    /// from them are left out, which takes a small part of the time. A rewrite needs the whole text.
    pub fn around(
        language: &'static Language,
        text: &str,
        places: impl IntoIterator<Item = Range<usize>>,
    ) -> Option<Self> {
        Self::read(language, Path::new(""), text, &[], Focus::around(places))
    }

    /// As [`Parsed::around`], where the parser is shown some parts of the text alone, in order and apart from each other.
    /// What it makes of them says nothing about the rest.
    pub fn of_parts(
        language: &'static Language,
        text: &str,
        parts: &[Range<usize>],
        places: impl IntoIterator<Item = Range<usize>>,
    ) -> Option<Self> {
        Self::read(language, Path::new(""), text, parts, Focus::around(places).within(parts))
    }

    fn read(
        language: &'static Language,
        path: &Path,
        text: &str,
        parts: &[Range<usize>],
        focus: Focus,
    ) -> Option<Self> {
        let loaded = language.loaded().ok()?;
        let host = match &loaded.recipe.embedded {
            Some(rule) => Some(Host::read(loaded, rule, language.file("host.scm")?, text)?),
            None => None,
        };
        // Places of a file are no places of the code in it.
        let focus = if host.is_some() { Focus::ALL } else { focus };
        let text = host.as_ref().map_or(text, |(_, code)| code);
        let tree = parse_parts(loaded, text, parts)?;
        if visit::is_hostile(&tree, text) {
            return None;
        }
        let reading = patterns::read(loaded, text);
        let mut facts = Facts::gather(loaded, &tree, text, &focus);
        facts.flags.extend(language::path_flags(&loaded.recipe.path_flags, path));
        facts.flags.extend(reading.flags);
        for (flag, all) in &loaded.recipe.derived_flags {
            if all.iter().all(|one| facts.flags.contains(one)) {
                facts.flags.insert(flag.clone());
            }
        }
        // What a name far above means is read from the literal that it is.
        let (mut literals, mut sites) = walk::walk(loaded, &facts, &tree, text, &focus.and(facts.name_spans()));
        literals.extend(reading.literals);
        sites.extend(reading.sites);
        let host_literals = |host: &Host| literals.iter().map(|literal| host.literal(literal)).collect();
        let text = text.to_owned();
        let host = host.map(|(host, _)| {
            let literals = host_literals(&host);
            (host, literals)
        });
        Some(Self {
            host,
            language,
            loaded,
            text,
            tree,
            facts,
            focus,
            literals,
            sites,
            stray: reading.stray,
            keys: reading.keys,
            beside: Vec::new(),
            addresses: Addresses::default(),
            stem: names::stem(path),
            imports: OnceLock::new(),
        })
    }

    /// Whether a place stands in the text of a template, around its code: that may be a config file as well as a page.
    pub fn is_template_text(&self, span: &Range<usize>) -> bool {
        let within = |region: &tree_sitter::Range| region.start_byte <= span.start && span.end <= region.end_byte;
        self.loaded.recipe.regions.iter().any(|region| region.ends_line)
            && !regions::find(&self.loaded.regions, &self.text).iter().any(within)
    }

    /// Whether the literals around a span were looked for.
    pub fn looks_at(&self, span: &Range<usize>) -> bool {
        self.focus.holds(span)
    }

    /// Every literal in order of position.
    pub fn literals(&self) -> &[Literal] {
        self.host.as_ref().map_or(&self.literals, |(_, literals)| literals)
    }

    /// A place of the file as one of the text that was parsed.
    fn inward(&self, span: &Range<usize>) -> Result<Range<usize>, Refusal> {
        match (&self.host, &self.loaded.recipe.embedded) {
            (Some((host, _)), Some(rule)) => host.inward(span).ok_or_else(|| host.refusal(rule, span)),
            _ => Ok(span.clone()),
        }
    }

    /// The innermost literal around a span.
    pub fn literal_at(&self, span: &Range<usize>) -> Option<&Literal> {
        self.index_at(&self.inward(span).ok()?).map(|index| &self.literals()[index])
    }

    pub(crate) fn index_at(&self, span: &Range<usize>) -> Option<usize> {
        self.literals.iter().rposition(|literal| literal.span.start <= span.start && span.end <= literal.span.end)
    }

    /// Number of ERROR and MISSING nodes, or of stretches that a format of lines does not have.
    pub fn syntax_errors(&self) -> usize {
        errors(&self.tree) + self.stray
    }

    /// Whether a grammar reads the whole text. Formats that are read by patterns take anything.
    pub fn is_well_formed(&self) -> bool {
        errors(&self.tree) == 0
    }

    pub(crate) fn imports(&self) -> &Imports {
        self.imports.get_or_init(|| Imports::gather(self.loaded, &self.tree, &self.text))
    }

    /// Whether and how the value at a span can be looked up instead. Decides everything that does not depend on the name.
    ///
    /// # Errors
    /// A [`Refusal`] where the value cannot be looked up there.
    pub fn place(&self, span: &Range<usize>) -> Result<Place, Refusal> {
        self.place_with(span, Style::Env)
    }

    /// As [`Parsed::place`], for a style.
    ///
    /// # Errors
    /// A [`Refusal`] where the value cannot be looked up there.
    pub fn place_with(&self, span: &Range<usize>, style: Style) -> Result<Place, Refusal> {
        let inner = self.inward(span)?;
        let selection = select::select(self, &inner, style)?;
        if self.host.as_ref().is_some_and(|(host, _)| host.stretches(&selection).is_none()) {
            return Err(select::not_reversible());
        }
        let literal = &self.literals[selection.site];
        let site = &self.sites[selection.site];
        let fixed_name = select::fixed_name(self, &selection, style)
            .or_else(|| inner::default(self, &selection, style).map(|inner| inner.variable));
        let taken_names = taken::names(self, &selection);
        // Any name that is free: what the value will be called is not known yet. Lookups that name entries want one that
        // the store has.
        let lookup = self.loaded.recipe.lookups.get(&style);
        let names_entries = lookup.is_some_and(|lookup| lookup.forms.iter().any(|form| form.stored));
        let entries = self.addresses.entries.iter().filter(|_| names_entries);
        let named = entries.flat_map(|entries| entries.keys().cloned());
        let any = named.chain((0..=taken_names.len()).map(|number| format!("X{number}")));
        let free = || any.clone().find(|name| !taken_names.contains(name));
        let name = fixed_name.clone().or_else(free).unwrap_or_default();
        let request = Request { span: span.clone(), name, style };
        let rewrite = self.rewrite_with(std::slice::from_ref(&request), &BTreeSet::new(), Proof::Quick);
        let edits = rewrite.outcomes.into_iter().next().unwrap_or_else(|| Err(select::not_a_literal()))?;
        let applicability = edits.iter().map(|edit| edit.applicability).min().unwrap_or(Applicability::Safe);
        let piece = &site.pieces[selection.first_piece()];
        let form = &self.loaded.forms[piece.form].rule.shape;
        let shape =
            site.format.as_ref().and_then(|name| self.loaded.recipe.formats.get(name)).map_or(form, |rule| &rule.shape);
        let shape = if selection.whole { shape.clone() } else { format!("part of {shape}") };
        let mut names = names::names(literal);
        if let Some(name) = self.name_before(&selection) {
            names.retain(|other| *other != name);
            names.insert(0, name);
        }
        if let Some(fixed) = &fixed_name {
            names.retain(|name| name != fixed);
            names.insert(0, fixed.clone());
        }
        let todo = self.todo(&selection, fixed_name.as_ref(), style);
        let prose = literal.role == Role::Prose;
        let lookup = self.loaded.recipe.lookups.get(&style).filter(|_| !prose && fixed_name.is_none());
        let stored = lookup.is_some() && rewrite::is_stored(self, &selection, style);
        let creates = lookup.and_then(|lookup| lookup.creates.clone());
        names.retain(|name| fixed_name.as_ref() == Some(name) || !taken_names.contains(name));
        let taken_names = taken_names.into_iter().collect();
        Ok(Place {
            taken_names,
            value: selection.value,
            shape,
            names,
            scopes: literal.scopes.clone(),
            prose,
            fixed_name,
            applicability,
            todo,
            creates,
            stored,
        })
    }

    /// The edits for all requests of this file together: all that came out well are meant to be made at once.
    ///
    /// Several outcomes may hold the same edit (a string that becomes a template for two values); [`undo::apply`] makes
    /// it once.
    pub fn rewrite(&self, requests: &[Request]) -> Rewrite {
        self.rewrite_beside(requests, &BTreeSet::new())
    }

    /// As [`Parsed::rewrite`], where other files of the folder change too: `declared` are the names that one of them is
    /// going to declare ([`Parsed::declares`]), so that this file does not.
    pub fn rewrite_beside(&self, requests: &[Request], declared: &BTreeSet<String>) -> Rewrite {
        self.rewrite_with(requests, declared, Proof::Whole)
    }

    fn rewrite_with(&self, requests: &[Request], declared: &BTreeSet<String>, proof: Proof) -> Rewrite {
        let (Some((host, _)), Some(rule)) = (&self.host, &self.loaded.recipe.embedded) else {
            return rewrite::rewrite(self, requests, declared, proof);
        };
        let places: Vec<Result<Range<usize>, Refusal>> = requests.iter().map(|one| self.inward(&one.span)).collect();
        // A place outside the code is one that no literal is at.
        let nowhere = self.text.len() + 1..self.text.len() + 2;
        let inner: Vec<Request> = requests
            .iter()
            .zip(&places)
            .map(|(one, place)| Request { span: place.clone().unwrap_or_else(|_| nowhere.clone()), ..one.clone() })
            .collect();
        let mut rewrite = rewrite::rewrite(self, &inner, declared, proof);
        let outward = |edits: &mut Vec<Edit>| edits.iter_mut().for_each(|edit| *edit = host.edit(rule, edit));
        outward(&mut rewrite.shared);
        for (outcome, place) in rewrite.outcomes.iter_mut().zip(places) {
            match (outcome, place) {
                (Ok(edits), _) => outward(edits),
                (outcome, Err(refusal)) => *outcome = Err(refusal),
                _ => {}
            }
        }
        rewrite
    }

    /// Adds the texts of the other files of the folder, where its files share declarations
    /// ([`Language::shares_declarations`]): a name that one of them declares is not declared again.
    #[must_use]
    pub fn beside(mut self, texts: Vec<String>) -> Self {
        self.beside = texts;
        self
    }

    /// Tells what is known of the store and its entries, for lookups that name entries themselves.
    #[must_use]
    pub fn stored(mut self, addresses: Addresses) -> Self {
        if !addresses.service.is_empty() {
            self.facts.flags.insert(format!("store-{}", addresses.service));
        }
        let told = addresses.facts.iter().map(|(mark, text)| format!("store-{mark}-{text}"));
        self.facts.flags.extend(told);
        self.addresses = addresses;
        self
    }

    /// Whether the edits of a request bring a declaration for the whole folder.
    pub fn declares(&self, request: &Request) -> bool {
        self.language.shares_declarations(request.style)
            && !self.rewrite_with(std::slice::from_ref(request), &BTreeSet::new(), Proof::Quick).declares.is_empty()
    }

    /// What the text of a literal calls a value in it, where the form names values inside: `export TOKEN=…`.
    fn name_before(&self, selection: &Selection) -> Option<String> {
        let piece = &self.sites[selection.site].pieces[selection.first_piece()];
        self.loaded.forms[piece.form].inner_name.as_ref().filter(|_| !selection.whole)?;
        let before = self.text.get(piece.open.end..selection.source().start)?;
        let line = before.rsplit('\n').next()?.trim_end_matches(['"', '\'']).trim_end();
        let line = line.strip_suffix('=')?.trim_end().trim_end_matches(['"', '\'']);
        let start = line
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        Some(names::upper_snake(&line[start..])).filter(|name| name.len() > 1)
    }

    /// What a person must do beside the edit of a value, if anything.
    fn todo(&self, selection: &Selection, fixed: Option<&String>, style: Style) -> Option<String> {
        let site = &self.sites[selection.site];
        let recipe = &self.loaded.recipe;
        if let (Some((host, _)), Some(rule)) = (&self.host, &recipe.embedded)
            && host.shows(&selection.value)
        {
            return Some(rule.output_todo.clone());
        }
        match (fixed, &site.default) {
            (Some(variable), Some(fact)) => {
                recipe.defaults.get(&fact.rule)?.todo.as_ref().map(|text| text.replace("<variable>", variable))
            }
            (None, _) => rewrite::todo(self, selection, style),
            (Some(_), None) => None,
        }
    }

    /// How to take edits back: for the edits of `requests` that are going to be made (shared ones included), all of this
    /// file at once. The values of the requests are left out, and are named by their index in `requests`.
    ///
    /// None where edits overlap, or where the original spelling of a value cannot be told (`place` refuses such a value
    /// as `not-reversible` beforehand).
    pub fn undo(&self, requests: &[Request], edits: &[Edit]) -> Option<Vec<Undo>> {
        let mut stretches: Vec<(usize, usize, select::Stretch)> = Vec::new();
        for (index, request) in requests.iter().enumerate() {
            let Ok(selection) = self.inward(&request.span).and_then(|span| select::select(self, &span, request.style))
            else {
                continue;
            };
            let own = match &self.host {
                Some((host, _)) => host.stretches(&selection)?,
                None => selection.stretches,
            };
            let mut at = 0;
            for stretch in own {
                let length = stretch.length;
                stretches.push((index, at, stretch));
                at += length;
            }
        }
        stretches.sort_by_key(|(_, _, stretch)| stretch.source.start);
        undo::records(edits, |edit| self.original(&edit.span, &stretches))
    }

    fn original(&self, span: &Range<usize>, stretches: &[(usize, usize, select::Stretch)]) -> Option<Original> {
        let mut chunks = Vec::new();
        let mut at = span.start;
        let text = |from: usize, to: usize, chunks: &mut Vec<Chunk>| -> Option<()> {
            if from < to {
                let file = self.host.as_ref().map_or(&self.text, |(host, _)| &host.text);
                chunks.push(Chunk::Text(file.get(from..to)?.to_owned()));
            }
            Some(())
        };
        for (request, offset, stretch) in stretches {
            if stretch.source.end <= span.start || stretch.source.start >= span.end {
                continue;
            }
            if stretch.source.start < at || stretch.source.end > span.end {
                return None;
            }
            text(at, stretch.source.start, &mut chunks)?;
            chunks.push(Chunk::Value {
                request: *request,
                range: *offset..offset + stretch.length,
                spelling: stretch.spelling.clone()?,
            });
            at = stretch.source.end;
        }
        text(at, span.end, &mut chunks)?;
        Some(Original { chunks })
    }
}

pub(crate) fn parse(loaded: &Loaded, text: &str) -> Option<Tree> {
    parse_parts(loaded, text, &[])
}

/// The tree of some parts of a text; of all of it, where there are none.
fn parse_parts(loaded: &Loaded, text: &str, parts: &[Range<usize>]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&loaded.grammar).ok()?;
    if loaded.recipe.regions.iter().any(|region| region.ends_line) {
        return parser.parse(regions::alone(&loaded.regions, text), None);
    }
    if !loaded.regions.is_empty() {
        parser.set_included_ranges(&regions::find(&loaded.regions, text)).ok()?;
    } else if !parts.is_empty() {
        parser.set_included_ranges(&regions::of_spans(parts, text)).ok()?;
    }
    let text = stand_ins::shown(&loaded.stand_ins, text);
    parser.parse(if loaded.patterns.is_empty() { &*text } else { "" }, None)
}

/// As [`damage`], for a text that edits made of a parsed one: what they leave alone is not parsed again.
pub(crate) fn damage_of(parsed: &Parsed, edits: &[Edit], text: &str) -> Option<usize> {
    let loaded = parsed.loaded;
    if !loaded.regions.is_empty() || !loaded.patterns.is_empty() || !loaded.stand_ins.is_empty() {
        return damage(loaded, text);
    }
    let point = |text: &str, at: usize| {
        let before = &text.as_bytes()[..at];
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
        Point { row: before.split(|byte| *byte == b'\n').count() - 1, column: at - line }
    };
    let mut tree = parsed.tree.clone();
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    sorted.dedup_by(|a, b| a.span == b.span && a.text == b.text);
    // From the first to the last: what is before an edit has its new place already.
    let (mut old, mut new) = (0, 0);
    for edit in sorted {
        let start = new + edit.span.start.checked_sub(old)?;
        let old_end = start + edit.span.len();
        let new_end = start + edit.text.len();
        let lines = point(&parsed.text, edit.span.end).row - point(&parsed.text, edit.span.start).row;
        let start_position = point(text, start);
        let column = point(&parsed.text, edit.span.end).column;
        let old_column = if lines == 0 { start_position.column + edit.span.len() } else { column };
        tree.edit(&InputEdit {
            start_byte: start,
            old_end_byte: old_end,
            new_end_byte: new_end,
            start_position,
            old_end_position: Point { row: start_position.row + lines, column: old_column },
            new_end_position: point(text, new_end),
        });
        (old, new) = (edit.span.end, new_end);
    }
    let mut parser = Parser::new();
    parser.set_language(&loaded.grammar).ok()?;
    Some(errors(&parser.parse(text, Some(&tree))?) + patterns::read(loaded, text).stray)
}

/// What [`Parsed::syntax_errors`] says of a text.
pub(crate) fn damage(loaded: &Loaded, text: &str) -> Option<usize> {
    Some(errors(&parse(loaded, text)?) + patterns::read(loaded, text).stray)
}

/// Number of ERROR and MISSING nodes of a tree.
pub(crate) fn errors(tree: &Tree) -> usize {
    let mut count = 0;
    visit::visit(tree.root_node(), &mut |node| {
        count += usize::from(node.is_error() || node.is_missing());
        if node.has_error() { Next::Into } else { Next::Past }
    });
    count
}
