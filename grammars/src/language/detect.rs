//! What a file is written in, told from its path and its first bytes.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::path::Path;
use std::sync::LazyLock;

use regex::RegexBuilder;

use super::{Detect, EMBEDDED, LANGUAGES, Language};

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
            ("shop.h", "#include <stdio.h>\nint using_std(void);\n", Some("c")),
            ("shop.h", "extern \"C\" {\n}\n", Some("c")),
            ("shop.h", "// (c)\n#include <string>\n", Some("cpp")),
            ("shop.h", "namespace shop {\n", Some("cpp")),
            ("shop.h", "inline namespace v1\n{\n", Some("cpp")),
            ("shop.h", "template <class T>\nT f(T);\n", Some("cpp")),
            ("shop.h", "class A {\n public:\n", Some("cpp")),
            ("shop.h", "using Name = const char *;\n", Some("cpp")),
            ("shop.h", "void f(const std::vector<int> &);\n", Some("cpp")),
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
}
