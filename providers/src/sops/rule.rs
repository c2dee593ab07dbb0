//! Which values of a document are encrypted.

use regex_automata::meta::Regex;

/// Which values are encrypted.
pub(super) enum Rule {
    /// All but those below a name with this ending.
    Unless(String),
    /// Those below a name with this ending.
    Only(String),
    /// All but those below a name that matches.
    UnlessMatch(Regex),
    /// Those below a name that matches.
    OnlyMatch(Regex),
}

impl Rule {
    /// From SOPS's names for them; the default where there are none.
    ///
    /// # Errors
    /// A rule that is not supported, or is none.
    pub fn find(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let regex = |text: String| Regex::new(&text).map_err(|_| "its rule is not a pattern".to_owned());
        for name in ["encrypted_comment_regex", "unencrypted_comment_regex"] {
            if lookup(name).is_some() {
                return Err(format!("it goes by comments ({name})"));
            }
        }
        if let Some(suffix) = lookup("unencrypted_suffix") {
            return Ok(Self::Unless(suffix));
        }
        if let Some(suffix) = lookup("encrypted_suffix") {
            return Ok(Self::Only(suffix));
        }
        if let Some(text) = lookup("unencrypted_regex") {
            return Ok(Self::UnlessMatch(regex(text)?));
        }
        if let Some(text) = lookup("encrypted_regex") {
            return Ok(Self::OnlyMatch(regex(text)?));
        }
        Ok(Self::Unless("_unencrypted".to_owned()))
    }

    /// Whether the value at a path is encrypted.
    pub fn encrypts(&self, path: &[String]) -> bool {
        let any = |test: &dyn Fn(&str) -> bool| path.iter().any(|part| test(part));
        match self {
            Self::Unless(suffix) => !any(&|part| part.ends_with(suffix.as_str())),
            Self::Only(suffix) => any(&|part| part.ends_with(suffix.as_str())),
            Self::UnlessMatch(regex) => !any(&|part| regex.is_match(part)),
            Self::OnlyMatch(regex) => any(&|part| regex.is_match(part)),
        }
    }
}
