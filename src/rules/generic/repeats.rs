//! A name that is given many values in one file is no credential's: a column of a table, a choice by keys.

use std::ops::Range;

use super::Candidate;
use super::names::Class;
use crate::model::Confidence;

/// As often as this the same words stand before a value.
const MANY: usize = 12;
/// How far before a value its name may stand.
const NEAR: usize = 80;

/// Lowers what is bound to or compared with the same name many times: `api_key="total_1"`, `elif key == "ibmDb2Settings"`.
/// Passwords stay, for each user may have one, and so does what is certain.
pub(super) fn quieten(text: &str, found: &mut [Candidate]) {
    let mut last: Option<(String, bool)> = None;
    for candidate in found.iter_mut() {
        if candidate.confidence != Confidence::Medium || !["generic-key", "generic-token"].contains(&&*candidate.rule) {
            continue;
        }
        let Some(lead) = candidate.name.as_deref().and_then(|name| lead(text, name, &candidate.span)) else { continue };
        let many = match &last {
            Some((known, many)) if known == lead => *many,
            _ => stands_often(text, lead),
        };
        last = Some((lead.to_owned(), many));
        if many {
            candidate.confidence = Confidence::Low;
        }
    }
}

/// Whether a value that is as sure as this would be lowered: then it need not be looked at.
pub(super) fn is_lowered(text: &str, class: Class, name: &str, span: &Range<usize>, sure: Confidence) -> bool {
    sure == Confidence::Medium
        && !matches!(class, Class::Password | Class::Secret)
        && lead(text, name.rsplit('.').next().unwrap_or(name), span).is_some_and(|lead| stands_often(text, lead))
}

/// The text from the name to the value.
fn lead<'t>(text: &'t str, name: &str, span: &Range<usize>) -> Option<&'t str> {
    let low = span.start.saturating_sub(NEAR);
    let low = (low..span.start).find(|at| text.is_char_boundary(*at))?;
    let head = text.get(low..span.start)?;
    head.get(head.rfind(name)?..)
}

fn stands_often(text: &str, lead: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), lead).take(MANY).count() == MANY
}

#[cfg(test)]
mod tests {
    use crate::model::{Confidence, SourceFile};
    use crate::rules::Engine;

    fn shown(text: &str) -> usize {
        Engine::builtin().scan_for(&SourceFile::disk("a.py", text.as_bytes()), Confidence::Medium).len()
    }

    #[test]
    fn a_name_of_many_values_is_no_credentials() {
        let row = |n: usize| format!("row(api_key=\"iChargePV{n}\")\n");
        assert_eq!(shown(&(1..4).map(row).collect::<String>()), 3);
        assert_eq!(shown(&(1..20).map(row).collect::<String>()), 0);
        let user = |n: usize| format!("user(password=\"iChargePV{n}\")\n");
        assert_eq!(shown(&(1..20).map(user).collect::<String>()), 19);
    }
}
