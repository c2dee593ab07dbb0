//! What a path promises about the values in a file.

use std::path::Path;

/// Whether weak evidence counts for little in a file: tests, documentation, translations, vendored and built code.
pub(in crate::rules) fn quiet_place(path: &Path) -> bool {
    let lower = path.to_string_lossy().to_ascii_lowercase().replace('\\', "/");
    let name = lower.rsplit('/').next().unwrap_or("");
    let name = rendered(name);
    let mut folders = lower.split('/').rev().skip(1);
    let extension = name.rsplit_once('.').map_or("", |(_, ext)| ext);
    // `docs/sql/users.sql`: what fills a database does so wherever it is kept.
    let seeds = extension == "sql";
    let stem = name.split('.').next().unwrap_or("");
    folders.any(|folder| {
        !(seeds && ["docs", "doc", "documentation"].contains(&folder))
            && [
            "test",
            "tests",
            "__tests__",
            "testing",
            "spec",
            "specs",
            "fixtures",
            "testdata",
            "test-data",
            "it",
            "integration",
            "integration-tests",
            "playwright",
            "e2e",
            "cypress",
            "molecule",
            "mocks",
            "__mocks__",
            "docs",
            "doc",
            "documentation",
            "i18n",
            "l10n",
            "locale",
            "locales",
            "lang",
            "language",
            "translations",
            "node_modules",
            "bower_components",
            "vendor",
            "third_party",
            "site-packages",
            "dist-packages",
            // Where `ansible-galaxy` installs other people's collections (Ansible Documentation: Using collections).
            "ansible_collections",
            "_vendor",
        ]
        .contains(&folder)
    }) || [
        "md", "markdown", "rst", "adoc", "lock", "css", "scss", "less", "svg", "map", "po", "pot", "csv", "tsv", "log",
        "feature", "html", "htm", "ejs", "pug", "hbs", "haml", "erb", "jinja", "jinja2", "j2", "patch", "diff", "sum",
    ]
    .contains(&extension)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || stem == "conftest"
        || stem.starts_with("example")
        || stem.starts_with("mock-")
        || stem.starts_with("mock_")
        // A workflow that runs tests is none.
        || stem == "tests" && !lower.contains(".github/workflows/")
        || [".test.", ".spec.", ".min.", ".bundle."].iter().any(|part| name.contains(part))
        || is_test_class(path)
        || is_test_project(path)
        || ["metadata", "pkg-info", "record", "license", "licence", "copying", "notice", "authors"].contains(&name)
        || name.contains("sarif")
        || name.starts_with("package-lock")
        || name.starts_with("readme")
        || name.starts_with("changelog")
        || name.split('.').skip(1).any(|part| ["example", "sample", "dist", "template", "tmpl"].contains(&part))
        || is_translation(name)
}

/// The name of what a template of settings makes: `my.cnf.j2` gives `my.cnf`. Pages and mails stay what they are.
fn rendered(name: &str) -> &str {
    let inner = [".j2", ".jinja2", ".jinja", ".erb"].iter().find_map(|end| name.strip_suffix(end));
    inner.filter(|inner| inner.contains('.')).unwrap_or(name)
}

/// Languages that programs are translated into most (ISO 639-1), without those that also name something else.
const LANGUAGES: [&str; 42] = [
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hu", "id",
    "it", "ja", "ka", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "th",
    "tr", "uk", "vi", "zh",
];

/// `en.ini`, `pt-BR.json`, `messages_fr.properties`: a file of texts in a language.
fn is_translation(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let language = |text: &str| {
        let (head, region) = text.split_once(['-', '_']).unwrap_or((text, ""));
        LANGUAGES.contains(&head) && (region.is_empty() || (2..=4).contains(&region.len()))
    };
    let texts = [
        "ini",
        "json",
        "json5",
        "yml",
        "yaml",
        "php",
        "js",
        "ts",
        "properties",
        "resx",
        "xml",
        "toml",
        "strings",
        "arb",
    ];
    let bundle = |text: &str| text.split_once(['_', '.']).is_some_and(|(_, end)| language(end));
    texts.contains(&extension) && language(stem)
        || ["properties", "resx", "arb", "strings"].contains(&extension) && bundle(stem)
}

/// A line of this length in a script, a page or a style was made by a program.
const BUNDLED: usize = 1500;

/// Whether a place stands in a bundle: a very long line of a file that browsers read.
pub(super) fn is_bundled(path: &Path, text: &str, at: usize) -> bool {
    let web = ["js", "mjs", "cjs", "css", "html", "htm"];
    if !path.extension().and_then(|ext| ext.to_str()).is_some_and(|ext| web.contains(&ext)) {
        return false;
    }
    let bytes = text.as_bytes();
    let low = at.saturating_sub(BUNDLED);
    let start = memchr::memrchr(b'\n', &bytes[low..at]).map_or(low, |found| low + found + 1);
    let high = (at + BUNDLED).min(bytes.len());
    let end = memchr::memchr(b'\n', &bytes[at..high]).map_or(high, |found| at + found);
    end - start >= BUNDLED
}

/// `UserServiceTest.java`, `LoginIT.kt`, `AuthSpec.scala`: a test by its class's name.
fn is_test_class(path: &Path) -> bool {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    ["Test", "Tests", "TestCase", "IT", "Spec"].iter().any(|end| {
        stem.strip_suffix(end)
            .is_some_and(|head| head.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()))
    })
}

/// `Shop.Tests/`, `Shop.IntegrationTests/`, `ShopUITests/`: tests by their project's name, as in .NET and Xcode.
fn is_test_project(path: &Path) -> bool {
    let mut folders = path.components().rev().skip(1).filter_map(|part| part.as_os_str().to_str());
    folders.any(|folder| {
        [".Test", "Tests"].iter().any(|end| {
            folder.strip_suffix(end).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.'))
        })
    })
}

/// Whether a file is a sample of the environment's variables, into which people write the values that they have.
pub(super) fn is_sample_environment(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let parts: Vec<&str> = name.split('.').skip(1).collect();
    parts.contains(&"env") && parts.iter().any(|part| ["example", "sample", "dist", "template"].contains(part))
}

/// Whether values stand without quotes.
pub(super) fn bare_values(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let name = rendered(&name);
    let extension = name.rsplit_once('.').map_or("", |(_, ext)| ext);
    [
        "yaml",
        "yml",
        "env",
        "ini",
        "cfg",
        "conf",
        "config",
        "properties",
        "sh",
        "bash",
        "zsh",
        "toml",
        "service",
        "cnf",
        "fish",
        "credentials",
        "ldif",
        "bat",
        "cmd",
    ]
    .contains(&extension)
        || is_powershell(path)
        || name.starts_with('.')
        || name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || !name.contains('.')
}

/// Whether a file is a script of PowerShell, whose options begin with one dash.
pub(super) fn is_powershell(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ps1" || extension == "psm1")
}

/// Whether a file's settings are words with blanks between: `requirepass x`, `password x`.
pub(super) fn is_blank_config(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, ext)| ext);
    ["conf", "cfg", "config", "cnf", "rc", "ovpn"].contains(&extension) || !name.contains('.') || name.starts_with('.')
}

/// A netrc file: words and blanks, several on a line.
pub(super) fn is_netrc(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == ".netrc" || name == "_netrc" || name == ".authinfo")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_texts_and_of_other_peoples_code_are_quiet() {
        for path in [
            "lang.d/en.ini",
            "app/tr.ini",
            "web/pt-BR.json",
            "res/messages_fr.properties",
            ".env.example.complete",
            "conf/app.sample.yml",
            "lib/ansible_collections/a/b/playbooks/x.yml",
            "templates/mail.html.j2",
            "views/show.html.erb",
            "views/show.erb",
            "app/mock-services.json",
            "acceptance/login.feature",
            "src/Shop.Tests/Helpers/Login.cs",
            "Shop.IntegrationTests/a.cs",
            "ShopUITests/Login.swift",
            "tests/sql/users.sql",
            "docs/users.yml",
        ] {
            assert!(quiet_place(Path::new(path)), "{path}");
        }
        for path in [
            "my.ini",
            ".github/workflows/tests.yml",
            "db.php",
            "hr.yaml",
            "application_dev.properties",
            "templates/my.cnf.j2",
            "roles/web/templates/config.php.j2",
            "config/database.yml.erb",
            "playbooks/db/main.yml",
            "contests/a.cs",
            "Contests/a.cs",
            "docs/sql/users.sql",
        ] {
            assert!(!quiet_place(Path::new(path)), "{path}");
        }
        assert!(bare_values(Path::new("templates/my.cnf.j2")) && !bare_values(Path::new("templates/app.php.j2")));
    }
}
