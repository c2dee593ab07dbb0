//! Languages: found by path and first bytes, loaded once from their folders.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexBuilder};
use thiserror::Error;

use crate::edit::Style;
use crate::loaded::Loaded;
use crate::query::Query;
use crate::rewrite;

mod detect;

pub use detect::detect;
pub(crate) use detect::path_flags;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A language's folder, as the build script embeds it.
pub(crate) struct Embedded {
    name: &'static str,
    /// The language that it builds on.
    extends: Option<&'static str>,
    /// Its code stands in a file of another format.
    embeds: bool,
    docstrings: Option<Docstrings>,
    excerpts: Option<Excerpts>,
    detect: Detect,
    files: &'static [(&'static str, &'static str)],
}

/// How documentation is written as strings that stand by themselves, and comments, for readers that make no tree.
#[derive(Clone, Copy, Debug)]
pub struct Docstrings {
    /// What such a string begins and ends with.
    pub fences: &'static [&'static str],
    /// Quotes of other strings, each of which ends on its line.
    pub quotes: &'static str,
    /// What a comment begins with; it ends with its line.
    pub comment: &'static str,
    /// What a comment begins and ends with that ends where it says so.
    pub block: Option<[&'static str; 2]>,
}

/// How a text shows where parts begin that can be parsed by themselves, for readers that look at a few places of a large one.
#[derive(Clone, Copy, Debug)]
pub struct Excerpts {
    /// Statements of the outermost level, and they alone, begin in the first column, with a letter, `_`, `@` or one of
    /// these; but for lines of strings between fences.
    pub columns: Option<&'static str>,
    /// What the definition of a function begins with, whose body has a deeper indentation.
    pub functions: &'static [&'static str],
    /// What opened with a definition closes with the first brace that begins a line and is indented alike.
    pub braces: bool,
    /// Values stand in braces, within which no string goes over lines, and several of them are a text as well.
    pub objects: bool,
    /// A line that begins so is a part of its own, with those that a backslash before their end joins to it.
    pub directives: Option<&'static str>,
    /// Before the first column of a statement the one before it has ended with one of these, or stands a line of another kind;
    /// empty where that is not asked.
    pub ends: &'static str,
}

/// How files of a language are told.
struct Detect {
    extensions: &'static [&'static str],
    files: &'static [&'static str],
    globs: &'static [&'static str],
    /// Patterns that leave the extension open: one that tells a language says more.
    open_globs: &'static [&'static str],
    shebangs: &'static [&'static str],
    requires: &'static [&'static [&'static str]],
    priority: i32,
    contested: Contested,
}

/// Names that files of other kinds have as well: such a file is of the language where its first bytes show it.
struct Contested {
    extensions: &'static [&'static str],
    files: &'static [&'static str],
    /// Regex.
    proof: &'static str,
}

/// One language or config dialect, loaded from its folder.
pub struct Language {
    /// The folder's name: `python`, `docker-compose`…
    pub name: String,
    folder: &'static Embedded,
    requires: OnceLock<Vec<Vec<Regex>>>,
    proof: OnceLock<Option<Regex>>,
    loaded: OnceLock<Result<Loaded, LoadError>>,
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Language({})", self.name)
    }
}

/// Why a language's folder cannot be used. A test keeps such a folder from being released.
#[derive(Clone, Debug, Error)]
#[error("language {language}: {file}: {message}")]
pub struct LoadError {
    /// The language.
    pub language: String,
    /// The file of its folder.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    EMBEDDED
        .iter()
        .map(|folder| Language {
            name: folder.name.to_owned(),
            folder,
            requires: OnceLock::new(),
            proof: OnceLock::new(),
            loaded: OnceLock::new(),
        })
        .collect()
});

/// The language of a name.
pub fn language(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

/// Every language that is built in.
pub fn languages() -> &'static [Language] {
    &LANGUAGES
}

impl Language {
    /// The text of one of its folder's files.
    pub(crate) fn file(&self, name: &str) -> Option<&'static str> {
        self.folder.files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
    }

    pub(crate) fn loaded(&'static self) -> Result<&'static Loaded, &'static LoadError> {
        self.loaded.get_or_init(|| Loaded::new(self)).as_ref()
    }

    /// Loads the folder and compiles its queries.
    ///
    /// # Errors
    /// [`LoadError`] where the recipe or a query is wrong.
    pub fn check(&'static self) -> Result<(), LoadError> {
        let detect = &self.folder.detect;
        for source in detect.requires.iter().copied().flatten().chain([&detect.contested.proof]) {
            RegexBuilder::new(source).multi_line(true).build().map_err(|error| LoadError {
                language: self.name.clone(),
                file: "recipe.yaml".into(),
                message: format!("detect: {error}"),
            })?;
        }
        let loaded = self.loaded().map_err(Clone::clone)?;
        for source in &loaded.sources {
            Regex::new(source).map_err(|error| LoadError {
                language: self.name.clone(),
                file: "recipe.yaml".into(),
                message: error.to_string(),
            })?;
        }
        for (file, query) in [("sites.scm", Some(&loaded.sites)), ("imports.scm", loaded.imports.as_ref())] {
            query.map_or(Ok(()), Query::check).map_err(|message| LoadError {
                language: self.name.clone(),
                file: file.into(),
                message,
            })?;
        }
        Ok(())
    }

    /// The language of its code: for a notebook, that of the cells.
    pub fn code(&'static self) -> &'static str {
        let base = if self.folder.embeds { self.folder.extends } else { None };
        base.unwrap_or(self.folder.name)
    }

    /// Where parts of a text begin, where its layout shows that.
    pub fn excerpts(&'static self) -> Option<Excerpts> {
        self.folder.excerpts
    }

    /// How its documentation is written, where that is strings.
    pub fn docstrings(&'static self) -> Option<Docstrings> {
        self.folder.docstrings
    }

    /// Whether a lookup of a style needs a declaration that all files of a folder share (Terraform's variables).
    pub fn shares_declarations(&'static self, style: Style) -> bool {
        self.loaded()
            .ok()
            .and_then(|loaded| loaded.recipe.lookups.get(&style))
            .is_some_and(|one| one.declares.is_some())
    }

    /// Whether lookups of a style name the store's entries themselves, instead of going through a generated file.
    pub fn names_entries(&'static self, style: Style) -> bool {
        let lookup = self.loaded().ok().and_then(|loaded| loaded.recipe.lookups.get(&style));
        lookup.is_some_and(|lookup| lookup.forms.iter().any(|form| form.stored && form.marked.is_none()))
    }

    /// Whether files of it, in which nothing can be looked up, can become templates that are rendered at start-up.
    pub fn injects(&'static self) -> bool {
        self.loaded().is_ok_and(|loaded| {
            let lookup = loaded.recipe.lookups.get(&Style::Inject);
            loaded.recipe.refuse_all.is_some() && lookup.is_some_and(|lookup| lookup.refuse.is_none())
        })
    }

    /// The environment variable that the lookup of a name reads: mostly the name itself.
    pub fn variable(&'static self, style: Style, name: &str) -> String {
        let lookup = self.loaded().ok().and_then(|loaded| loaded.recipe.lookups.get(&style));
        lookup.map_or_else(|| name.to_owned(), |lookup| rewrite::environment_name(lookup, name))
    }

    /// The languages that this one extends, nearest first.
    pub(crate) fn bases(&self) -> Vec<&'static Self> {
        let mut seen = HashSet::from([self.name.clone()]);
        let mut bases = Vec::new();
        let mut next = self.folder.extends;
        while let Some(base) = next.and_then(language) {
            if !seen.insert(base.name.clone()) {
                break;
            }
            bases.push(base);
            next = base.folder.extends;
        }
        bases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_loads() {
        for language in languages() {
            if let Err(error) = language.check() {
                panic!("{error}");
            }
        }
    }
}
