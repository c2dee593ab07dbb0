//! A file's syntax tree, made when somebody first asks for it.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::Path;

use keylift_grammars::{Excerpts, Language, Literal, LiteralKind, Parsed, Role};

use super::documentation::Documentation;

/// Larger texts are read by lines: parsing takes a hundred times as long as matching.
const LARGEST: usize = 5 << 18;
/// A text with a line of this length was made by a program.
const LONGEST_LINE: usize = 50_000;
/// How much of a file its language is told from, in bytes.
pub(super) const HEAD: usize = 16 * 1024;

/// What a text was found to be written in: a language of the grammars, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detected(Option<&'static Language>);

/// A text with its language, and its tree on demand.
pub(super) struct Tree<'a> {
    text: &'a str,
    path: &'a Path,
    language: OnceCell<Option<&'static Language>>,
    documentation: OnceCell<Option<Documentation>>,
    /// Where telling words stand, in order.
    hits: OnceCell<Vec<Range<usize>>>,
    /// Read around the telling words.
    parsed: OnceCell<Option<Parsed>>,
    /// Read around what rules found elsewhere.
    beside: OnceCell<Option<Parsed>>,
    /// Read as a whole.
    whole: OnceCell<Option<Parsed>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path) -> Self {
        Self {
            text,
            path,
            language: OnceCell::new(),
            documentation: OnceCell::new(),
            hits: OnceCell::new(),
            parsed: OnceCell::new(),
            beside: OnceCell::new(),
            whole: OnceCell::new(),
        }
    }

    /// Says where telling words stand, in order of their beginning, before anybody asks for the tree: literals far from
    /// all of them are read when somebody asks for one.
    pub(super) fn look_at(&self, hits: &[Range<usize>]) {
        let _ = self.hits.set(hits.to_vec());
    }

    /// As [`Tree::look_at`], and that only parts of the text are worth parsing. False where those do not parse by
    /// themselves: then nothing was said.
    pub(super) fn look_at_parts(&self, parts: &[Range<usize>], hits: &[Range<usize>]) -> bool {
        self.read_parts(parts, hits).is_some_and(|parsed| self.parsed.set(Some(parsed)).is_ok())
    }

    /// Says that spans elsewhere will be asked for, and which parts of the text have them.
    pub(super) fn look_beside(&self, parts: &[Range<usize>], spans: &[Range<usize>]) {
        let _ = self.beside.set(self.read_parts(parts, spans));
    }

    fn read_parts(&self, parts: &[Range<usize>], places: &[Range<usize>]) -> Option<Parsed> {
        let parsed = Parsed::of_parts(self.parseable()?, self.text, parts, places.iter().cloned())?;
        (parsed.syntax_errors() == 0).then_some(parsed)
    }

    /// Whether nobody has read the text around a span.
    pub(super) fn is_unread(&self, span: &Range<usize>) -> bool {
        let reads = |read: &OnceCell<Option<Parsed>>| {
            read.get().is_some_and(|parsed| parsed.as_ref().is_none_or(|parsed| parsed.looks_at(span)))
        };
        !reads(&self.parsed) && !reads(&self.whole)
    }

    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// As what the text is known to be written, where somebody has asked; its head alone tells.
    pub(super) fn known_language(&self) -> Option<Detected> {
        self.language.get().copied().map(Detected)
    }

    /// The same for a text whose head is that of another one at the same path.
    pub(super) fn know_language(&self, Detected(language): Detected) {
        let _ = self.language.set(language);
    }

    fn detected(&self) -> Option<&'static Language> {
        *self.language.get_or_init(|| {
            let head = &self.text.as_bytes()[..self.text.len().min(HEAD)];
            keylift_grammars::detect(self.path, head)
        })
    }

    /// The language that the text is written in, where keylift has a grammar for it.
    pub(super) fn language(&self) -> Option<&'static str> {
        self.detected().map(Language::code)
    }

    /// What of the text is documentation, read without a tree; none where the language has no such strings.
    pub(super) fn documentation(&self) -> Option<&Documentation> {
        let read = || self.detected()?.docstrings().map(|how| Documentation::of(self.text, how));
        self.documentation.get_or_init(read).as_ref()
    }

    /// Where parts of the text begin, where its layout shows that.
    pub(super) fn excerpts(&self) -> Option<Excerpts> {
        self.detected().and_then(Language::excerpts)
    }

    /// The syntax tree, read around the telling words; none without a grammar, and for texts that are too large to parse.
    pub(super) fn parsed(&self) -> Option<&Parsed> {
        self.parsed
            .get_or_init(|| {
                let language = self.parseable()?;
                match self.hits.get() {
                    Some(hits) => Parsed::around(language, self.text, hits.iter().cloned()),
                    None => Parsed::new(language, self.text),
                }
            })
            .as_ref()
    }

    /// The syntax tree, read where a span is.
    fn parsed_at(&self, span: &Range<usize>) -> Option<&Parsed> {
        let near = self.parsed.get().map(Option::as_ref);
        if let Some(parsed) = near
            && parsed.is_none_or(|parsed| parsed.looks_at(span))
        {
            return parsed;
        }
        if let Some(Some(parsed)) = self.beside.get()
            && parsed.looks_at(span)
        {
            return Some(parsed);
        }
        self.whole.get_or_init(|| Parsed::new(self.parseable()?, self.text)).as_ref()
    }

    fn parseable(&self) -> Option<&'static Language> {
        let language = self.detected()?;
        let large = self.text.len() > LARGEST || self.text.split('\n').any(|line| line.len() > LONGEST_LINE);
        (!large).then_some(language)
    }

    /// The innermost literal around a span.
    pub(super) fn literal_at(&self, span: &Range<usize>) -> Option<(usize, &Literal)> {
        let literals = self.parsed_at(span)?.literals();
        let after = literals.partition_point(|literal| literal.span.start <= span.start);
        // Literals nest only through holes of templates: few steps back.
        (after.saturating_sub(16)..after)
            .rev()
            .find(|at| literals[*at].span.end >= span.end)
            .map(|at| (at, &literals[at]))
    }

    /// What the code calls the value at a span: the nearest binding that is a name.
    pub(super) fn name_of(&self, span: &Range<usize>) -> Option<String> {
        let (_, literal) = self.literal_at(span)?;
        // The name of a long text says little about what stands in one of its lines.
        if self.text.get(literal.span.clone()).is_some_and(|text| text.trim_end().contains('\n'))
            && literal.span.len() > span.len() * 2
        {
            return None;
        }
        let binding = literal.bindings.iter().find(|binding| binding.name.len() > 1 && binding.how != "return")?;
        Some(binding.name.clone())
    }

    /// Whether a span stands in documentation or a comment.
    pub(super) fn is_prose(&self, span: &Range<usize>) -> bool {
        if let Some(prose) = self.documentation().and_then(|read| read.tells_prose(span.start)) {
            return prose;
        }
        self.literal_at(span).is_some_and(|(_, literal)| {
            literal.role == Role::Prose
                || matches!(literal.kind, LiteralKind::Comment | LiteralKind::Doc)
                || self.is_documentation(literal)
        })
    }

    /// A text of several lines under a name such as `EXAMPLES` or `USAGE`.
    pub(super) fn is_documentation(&self, literal: &Literal) -> bool {
        literal.bindings.first().is_some_and(|binding| documents(&binding.name))
            && self.text.get(literal.span.clone()).is_some_and(|text| text.contains('\n'))
    }
}

/// Whether a name says that its text is documentation. `RETURN` documents what an Ansible module gives back.
pub(super) fn documents(name: &str) -> bool {
    const WORDS: [&str; 7] = ["example", "documentation", "usage", "help", "docstring", "description", "epilog"];
    let lower = name.to_ascii_lowercase();
    name == "RETURN" || WORDS.iter().any(|word| lower.contains(word))
}
