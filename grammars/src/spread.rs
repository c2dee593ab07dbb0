//! A hardcoded default that other statements use: what they get once it is gone. Build arguments of a Dockerfile.

use regex::Regex;

use crate::edit::{Applicability, Edit, Refusal};
use crate::parsed::Parsed;
use crate::recipe::Spread;
use crate::select::{explained, refusal};

/// Where a default is used.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// What the statements that take it another way get.
    pub edits: Vec<Edit>,
    /// Other statements use it.
    pub elsewhere: bool,
}

/// The uses of a variable whose default stands at `at`, as far as it reaches. An error where a statement uses it that
/// cannot go on without it.
pub(crate) fn uses(parsed: &Parsed, rule: &Spread, variable: &str, at: usize) -> Result<Uses, Refusal> {
    let regex = |source: &str| {
        Regex::new(&source.replace("<variable>", &regex::escape(variable)))
            .map_err(|_| refusal("unknown-default", "The recipe's pattern is wrong.", "Report it."))
    };
    let (used, place, known) = (regex(&rule.uses)?, regex(&rule.after)?, regex(&rule.known)?);
    let is_one = |kinds: &[String], kind: &str| kinds.iter().any(|one| one == kind);
    let root = parsed.tree.root_node();
    let mut cursor = root.walk();
    let following = root.named_children(&mut cursor).filter(|node| node.start_byte() > at);
    let mut out = Uses::default();
    for statement in following.take_while(|node| !is_one(&rule.until, node.kind())) {
        let text = &parsed.text[statement.byte_range()];
        if is_one(&rule.apart, statement.kind()) || !used.is_match(text) {
            continue;
        }
        let found = place.find(text).filter(|_| is_one(&rule.into, statement.kind()));
        let Some(found) = found else {
            if let Some(why) = &rule.elsewhere {
                let mut refusal = explained("used-elsewhere", why, None);
                refusal.reason = refusal.reason.replace("<variable>", variable);
                refusal.advice = refusal.advice.replace("<variable>", variable);
                return Err(refusal);
            }
            out.elsewhere = true;
            continue;
        };
        if !known.is_match(text) {
            let at = statement.start_byte() + found.end();
            let text = rule.text.replace("<variable>", variable);
            out.edits.push(Edit { span: at..at, text, applicability: Applicability::Unsafe });
        }
    }
    Ok(out)
}
