//! A name that is given many values in one file is no credential's: a column of a table, a choice by keys.

use super::Candidate;
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
        let Some(lead) = lead(text, candidate) else { continue };
        let many = match &last {
            Some((known, many)) if known == lead => *many,
            _ => memchr::memmem::find_iter(text.as_bytes(), lead).take(MANY).count() == MANY,
        };
        last = Some((lead.to_owned(), many));
        if many {
            candidate.confidence = Confidence::Low;
        }
    }
}

/// The text from the name to the value.
fn lead<'t>(text: &'t str, candidate: &Candidate) -> Option<&'t str> {
    let low = candidate.span.start.saturating_sub(NEAR);
    let low = (low..candidate.span.start).find(|at| text.is_char_boundary(*at))?;
    let head = text.get(low..candidate.span.start)?;
    head.get(head.rfind(candidate.name.as_deref()?)?..)
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
