//! What kingfisher asks of a match beyond its pattern, turned round: what a match must have, it is exempt without.

use std::borrow::Cow;

use serde::Deserialize;
use serde_yaml::Value;

use crate::rules::rule::{Exempt, Str, Target};

/// The characters that count as special where a rule names none.
const SPECIAL: &str = "!@#$%^&*()_+-=[]{}|;:'\",.<>?/\\`~";

/// `pattern_requirements` of a rule.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Requirements {
    min_digits: Option<usize>,
    min_uppercase: Option<usize>,
    min_lowercase: Option<usize>,
    min_special_chars: Option<usize>,
    special_chars: Option<String>,
    ignore_if_contains: Option<Vec<String>>,
    checksum: Option<Value>,
}

impl Requirements {
    /// The exemptions; tells what has no meaning here.
    pub(super) fn exempt(self, pattern: &str, lost: &mut dyn FnMut(&str)) -> Vec<Exempt> {
        if self.checksum.is_some() {
            lost("its checksum: `checksum` in a rule of keylift's own schema knows the common ones");
        }
        let special = regex_syntax::escape(self.special_chars.as_deref().unwrap_or(SPECIAL));
        let counted = [
            (self.min_digits, "0-9"),
            (self.min_uppercase, "A-Z"),
            (self.min_lowercase, "a-z"),
            (self.min_special_chars, special.as_str()),
        ];
        let fewer = |(least, class): (Option<usize>, &str)| -> Option<Str> {
            let most = least?.checked_sub(1)?;
            Some(Cow::Owned(format!(r"\A[^{class}]*(?:[{class}][^{class}]*){{0,{most}}}\z")))
        };
        let mut regexes: Vec<Str> = counted.into_iter().filter_map(fewer).collect();
        let words = self.ignore_if_contains.unwrap_or_default();
        let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
        regexes.extend(words.map(|word| -> Str { Cow::Owned(format!("(?i){}", regex_syntax::escape(word))) }));
        if regexes.is_empty() {
            return Vec::new();
        }
        vec![Exempt { regexes: regexes.into(), target: target(pattern), ..Exempt::default() }]
    }
}

/// What kingfisher looks at: the whole match where a pattern names a group or has several, else the value.
fn target(pattern: &str) -> Target {
    let Ok(hir) = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) else {
        return Target::Match;
    };
    let groups = hir.properties().explicit_captures_len();
    if groups > 1 || pattern.contains("(?P<") || pattern.contains("(?<") { Target::Match } else { Target::Secret }
}
