//! What a path promises about the values in a file.

use std::path::Path;

/// Whether weak evidence counts for little in a file: tests, documentation, translations, vendored and built code.
pub(in crate::rules) fn quiet_place(path: &Path) -> bool {
    let lower = path.to_string_lossy().to_ascii_lowercase().replace('\\', "/");
    let name = lower.rsplit('/').next().unwrap_or("");
    let mut folders = lower.split('/').rev().skip(1);
    let extension = name.rsplit_once('.').map_or("", |(_, ext)| ext);
    let stem = name.split('.').next().unwrap_or("");
    folders.any(|folder| {
        [
            "test",
            "tests",
            "__tests__",
            "testing",
            "spec",
            "specs",
            "fixtures",
            "testdata",
            "test-data",
            "e2e",
            "cypress",
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
            "translations",
            "node_modules",
            "bower_components",
            "vendor",
            "third_party",
            "site-packages",
            "dist-packages",
            "_vendor",
        ]
        .contains(&folder)
    }) || [
        "md", "markdown", "rst", "adoc", "lock", "css", "scss", "less", "svg", "map", "po", "pot", "csv", "tsv", "log",
        "html", "htm", "ejs", "pug", "hbs", "haml", "erb", "jinja", "jinja2", "j2", "patch", "diff", "sum",
    ]
    .contains(&extension)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || stem == "conftest"
        || stem == "tests"
        || [".test.", ".spec.", ".min.", ".bundle."].iter().any(|part| name.contains(part))
        || name.starts_with("package-lock")
        || name.starts_with("readme")
        || name.starts_with("changelog")
        || ["example", "sample", "dist", "template"].contains(&extension)
}

/// Whether values stand without quotes.
pub(super) fn bare_values(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
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
    ]
    .contains(&extension)
        || name.starts_with('.')
        || name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || !name.contains('.')
}
