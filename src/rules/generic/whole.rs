//! Files that are nothing but a credential: `password.txt`, `master.key`.

use std::path::Path;

use super::names::{self, Class};
use super::{Candidate, quiet_place};
use crate::model::Confidence;
use crate::rules::value::is_placeholder;

/// The credential that a file is.
pub(super) fn read(text: &str, path: &Path) -> Option<Candidate> {
    let value = text.trim();
    if value.len() < 6 || value.len() > 256 || value.contains(char::is_whitespace) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let telling = matches!(extension, "key" | "secret" | "token" | "pass" | "password")
        || matches!(extension, "" | "txt") && names::classify(stem).is_some_and(|class| class != Class::Weak);
    if !telling || is_placeholder(value) || value.contains("://") || value.starts_with("-----") {
        return None;
    }
    let start = text.len() - text.trim_start().len();
    let confidence = if quiet_place(path) { Confidence::Low } else { Confidence::Medium };
    Some(Candidate::plain(start..start + value.len(), "generic-credential-file", None, confidence))
}
