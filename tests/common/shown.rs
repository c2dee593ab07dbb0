//! What a scan shows of a text by default.

use keylift::model::{Confidence, SourceFile};
use keylift::rules::Engine;

/// Values that are shown by default in a file of this name.
pub fn shown(path: &str, text: &str) -> Vec<String> {
    Engine::builtin()
        .scan_for(&SourceFile::disk(path, text.as_bytes().to_vec()), Confidence::Medium)
        .into_iter()
        .map(|finding| finding.secret.expose_str().unwrap_or_default().to_owned())
        .collect()
}

/// Assembled here, so that nothing in this file looks like a credential to a scanner.
pub fn word() -> String {
    ["hun", "ter", "2x"].concat()
}

#[track_caller]
pub fn is_quiet(path: &str, text: &str) {
    assert_eq!(shown(path, text), Vec::<String>::new(), "{path}: {text}");
}
