//! Languages: found by path and first bytes, loaded once from their folders.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Deref;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexBuilder};
use thiserror::Error;

use crate::edit::Style;
use crate::loaded::Loaded;
use crate::query::Query;
use crate::rewrite;

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
    /// Values stand in braces, within which no string goes over lines, and several of them are a text as well.
    pub objects: bool,
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

/// What tells the language of a file, from the weakest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Shebang,
    OpenGlob,
    Extension,
    Glob,
    File,
}

/// Index by file name and by extension, in lower case; languages with globs or shebangs are looked through.
struct Index {
    /// Whether the name is contested.
    files: HashMap<&'static str, Vec<(usize, bool)>>,
    extensions: HashMap<&'static str, Vec<(usize, bool)>>,
    globs: Vec<Glob>,
    shebangs: HashMap<&'static str, Vec<usize>>,
}

/// A pattern of paths.
struct Glob {
    language: usize,
    pattern: &'static str,
    /// What stands in every path that the pattern fits, and what each of them ends with: most paths are told by that.
    literal: &'static str,
    endings: Vec<&'static str>,
    /// How much it tells.
    how: How,
}

impl Glob {
    fn new(language: usize, pattern: &'static str, how: How) -> Self {
        let choice = pattern.strip_suffix('}').and_then(|head| Some(head.rsplit_once('{')?.1));
        let plain = |part: &'static str| part.rfind(['*', '?', ']', '}', '/']).map_or(part, |at| &part[at + 1..]);
        let endings = choice.map_or(vec![plain(pattern)], |choice| choice.split(',').map(plain).collect());
        Self { language, pattern, literal: literal_of(pattern), endings, how }
    }

    fn fits(&self, path: &str) -> bool {
        self.endings.iter().any(|ending| path.ends_with(ending))
            && path.contains(self.literal)
            && glob_fits(self.pattern, path)
    }
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index =
        Index { files: HashMap::new(), extensions: HashMap::new(), globs: Vec::new(), shebangs: HashMap::new() };
    for (at, folder) in EMBEDDED.iter().enumerate() {
        let Detect { files, extensions, contested, .. } = &folder.detect;
        for (files, extensions, is_contested) in
            [(files, extensions, false), (&contested.files, &contested.extensions, true)]
        {
            files.iter().for_each(|file| index.files.entry(file).or_default().push((at, is_contested)));
            extensions.iter().for_each(|name| index.extensions.entry(name).or_default().push((at, is_contested)));
        }
        for shebang in folder.detect.shebangs {
            index.shebangs.entry(shebang).or_default().push(at);
        }
        for (globs, how) in [(folder.detect.globs, How::Glob), (folder.detect.open_globs, How::OpenGlob)] {
            index.globs.extend(globs.iter().map(|glob| Glob::new(at, glob, how)));
        }
    }
    index
});

/// The language of a file, from its path and, where the path does not tell, from its first bytes (shebang, top-level keys).
///
/// Among the languages that fit, the one of highest priority wins; then one whose required marks are found, then one
/// that names the file, then a path pattern, an extension, a path pattern that leaves the extension open, a shebang.
pub fn detect(path: &Path, head: &[u8]) -> Option<&'static Language> {
    let text = path.to_string_lossy().replace('\\', "/");
    let file = text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let index = &*INDEX;
    // Most files' names tell enough.
    let head_text = LazyCell::new(|| String::from_utf8_lossy(head));
    let mut candidates: Vec<(usize, How)> = Vec::new();
    let mut named = |found: Option<&Vec<(usize, bool)>>, how: How| {
        let fits = |(at, contested): &&(usize, bool)| !contested || LANGUAGES[*at].is_proved(&head_text);
        candidates.extend(found.into_iter().flatten().filter(fits).map(|(at, _)| (*at, how)));
    };
    named(index.files.get(file.as_str()), How::File);
    let mut rest = file.as_str();
    while let Some((_, extension)) = rest.split_once('.') {
        named(index.extensions.get(extension), How::Extension);
        rest = extension;
    }
    let lower = text.to_ascii_lowercase();
    let fitting = index.globs.iter().filter(|glob| glob.fits(&lower));
    candidates.extend(fitting.map(|glob| (glob.language, glob.how)));
    if let Some(program) = shebang(head) {
        candidates.extend(index.shebangs.get(program.as_str()).into_iter().flatten().map(|at| (*at, How::Shebang)));
    }
    // A copy that somebody keeps, or hands out to be filled in: `config.php.dist`, `settings.py.bak`.
    if candidates.is_empty()
        && let Some(original) =
            COPIES.iter().find_map(|copy| lower.strip_suffix(copy)).filter(|path| path.contains('.'))
    {
        return detect(Path::new(&text[..original.len()]), head);
    }
    candidates
        .into_iter()
        .filter(|(at, _)| LANGUAGES[*at].has_required(&head_text))
        .max_by_key(|(at, how)| {
            let detect = &EMBEDDED[*at].detect;
            (detect.priority, !detect.requires.is_empty(), *how, std::cmp::Reverse(*at))
        })
        .map(|(at, _)| &LANGUAGES[at])
}

/// What copies of a file end with.
const COPIES: [&str; 10] =
    [".dist", ".sample", ".example", ".default", ".bak", ".backup", ".orig", ".old", ".save", "~"];

/// The longest part of a pattern that stands in every path that it fits.
fn literal_of(glob: &str) -> &str {
    let (mut depth, mut start, mut longest) = (0_usize, 0, "");
    for (at, c) in glob.char_indices().chain([(glob.len(), '*')]) {
        let outside = depth == 0;
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            '*' | '?' => {}
            _ => continue,
        }
        if outside && at - start > longest.len() {
            longest = &glob[start..at];
        }
        start = at + 1;
    }
    longest
}

/// A pattern without `/` is for the file name, one with it for the end of the path.
fn glob_fits(glob: &str, path: &str) -> bool {
    if !glob.contains('/') {
        return fast_glob::glob_match(glob, path.rsplit('/').next().unwrap_or_default());
    }
    fast_glob::glob_match(glob, path) || fast_glob::glob_match(format!("**/{glob}"), path)
}

/// The flags that a path gives a file.
pub(crate) fn path_flags(flags: &BTreeMap<String, Vec<String>>, path: &Path) -> Vec<String> {
    let path = path.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    let fits = |globs: &Vec<String>| globs.iter().any(|glob| glob_fits(glob, &path));
    flags.iter().filter(|(_, globs)| fits(globs)).map(|(flag, _)| flag.clone()).collect()
}

/// The program of a `#!` line, without folder, `env`, its options and version digits.
fn shebang(head: &[u8]) -> Option<String> {
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let mut program = words.next()?;
    while program == "env" || program.starts_with('-') || program.contains('=') {
        program = words.next()?;
    }
    Some(program.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.').to_owned())
}

/// The language of a name.
pub fn language(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

/// Every language that is built in.
pub fn languages() -> &'static [Language] {
    &LANGUAGES
}

impl Language {
    fn has_required<'h>(&self, head: &impl Deref<Target = Cow<'h, str>>) -> bool {
        let requires = self.folder.detect.requires;
        if requires.is_empty() {
            return true;
        }
        let groups = self.requires.get_or_init(|| {
            let compile = |source: &&str| RegexBuilder::new(source).multi_line(true).build().ok();
            requires.iter().filter_map(|group| group.iter().map(compile).collect()).collect()
        });
        groups.iter().any(|group| group.iter().all(|regex| regex.is_match(head)))
    }

    /// Whether the first bytes of a file show that it is of the language, though its name is one that others use too.
    fn is_proved<'h>(&self, head: &impl Deref<Target = Cow<'h, str>>) -> bool {
        let proof = self.folder.detect.contested.proof;
        let compile = || RegexBuilder::new(proof).multi_line(true).build().ok();
        let regex = self.proof.get_or_init(compile);
        regex.as_ref().is_some_and(|regex| regex.is_match(head))
    }

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

    fn name(path: &str, head: &str) -> Option<&'static str> {
        detect(Path::new(path), head.as_bytes()).map(|language| language.name.as_str())
    }

    #[test]
    fn tells_copies_by_what_they_are_copies_of() {
        assert_eq!(name("config/config.inc.php.dist", ""), Some("php"));
        assert_eq!(name("settings.py.bak", ""), Some("python"));
        assert_eq!(name("a.d/main.rb~", ""), Some("ruby"));
        assert_eq!(name("notes.old", ""), None);
        assert_eq!(name("a.d/notes.old", ""), None);
    }

    #[test]
    fn an_extension_tells_more_than_a_pattern_that_leaves_it_open() {
        for (path, wanted) in [
            ("src/config/env.js", "javascript"),
            ("migrations/env.py", "python"),
            ("src/vite-env.d.ts", "typescript"),
            ("shop.env.ts", "typescript"),
            ("env.yaml", "yaml"),
            (".env.php", "php"),
            (".env.local", "dotenv"),
            ("env.production", "dotenv"),
            ("shop.env.local", "dotenv"),
            (".env.example", "dotenv-example"),
        ] {
            assert_eq!(name(path, ""), Some(wanted), "{path}");
        }
    }

    #[test]
    fn tells_files_of_shells_by_name() {
        for path in [
            ".profile",
            "home/.bash_profile",
            "etc/skel/.bash_logout",
            "dotfiles/zshrc",
            "bash/bash_profile",
            "dot_zprofile",
            ".zshrc.local",
            ".bash_exports",
            ".bashrc.d/work",
            ".xprofile",
            "bash.bashrc",
            "APKBUILD",
        ] {
            assert_eq!(name(path, "PATH=$PATH:~/bin\n"), Some("shell"), "{path}");
        }
        // A history of commands is no program.
        assert_eq!(name(".bash_history", "ls\n"), None);
    }

    #[test]
    fn tells_contested_names_by_what_shows() {
        for (path, head, wanted) in [
            ("shop.profile", "<?php\nfunction shop_install() {}\n", Some("php")),
            ("shop.profile", "# mine\nexport PATH=$PATH:~/bin\n", Some("shell")),
            ("etc/profile", "if [ \"$PS1\" ]; then\n", Some("shell")),
            ("etc/firejail/shop.profile", "include disable-common.inc\nnoblacklist ${HOME}/.shop\n", None),
            ("profile", "name: shop\n", None),
            ("db.inc", "\u{feff}<?\n$a = 1;\n", Some("php")),
            ("db.inc", "#define A 1\n", None),
            ("shop.install", "post_install() {\n  :\n}\n", Some("shell")),
            ("debian/shop.install", "usr/bin/shop\n", None),
            ("index.theme", "[Icon Theme]\nName=shop\n", None),
        ] {
            assert_eq!(name(path, head), wanted, "{path}");
        }
    }

    #[test]
    fn tells_python_by_extension_and_shebang() {
        assert_eq!(name("a/b.py", ""), Some("python"));
        assert_eq!(name("a/B.PY", ""), Some("python"));
        assert_eq!(name("bin/tool", "#!/usr/bin/env python3\n"), Some("python"));
        assert_eq!(name("bin/tool", "#!/usr/bin/env -S python3.11 -u\n"), Some("python"));
        assert_eq!(name("bin/tool", "no shebang"), None);
    }

    #[test]
    fn every_language_loads() {
        for language in languages() {
            if let Err(error) = language.check() {
                panic!("{error}");
            }
        }
    }
}
