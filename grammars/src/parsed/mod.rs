//! A parsed file: its literals, and the edits that put lookups in their places.

mod back;
mod place;
pub(crate) mod tree;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use tree_sitter::Tree;

use self::tree::{errors, parse_parts};
use crate::addresses::Addresses;
use crate::edit::{Edit, Refusal, Request, Rewrite};
use crate::facts::Facts;
use crate::focus::Focus;
use crate::host::Host;
use crate::imports::Imports;
use crate::language::{self, Language};
use crate::literal::Literal;
use crate::loaded::Loaded;
use crate::names;
use crate::patterns;
use crate::regions;
use crate::rewrite::{self, Proof};
use crate::visit;
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
}
