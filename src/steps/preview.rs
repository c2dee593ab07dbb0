//! What a rewrite would do to a file, with every known secret masked on both sides: for reading, never for writing.

use std::ops::Range;

use keylift_grammars::{Edit, Request};

use super::locate::Syntax;
use crate::model::Plan;

/// A file before and after, masked.
#[derive(Debug)]
pub struct Preview {
    /// Path below the root.
    pub path: String,
    /// Masked text as it is.
    pub before: String,
    /// Masked text as it would be.
    pub after: String,
    /// Names whose site here would be refused, with the reason.
    pub refused: Vec<(String, String)>,
}

const MASK: &str = "********";

/// Previews one file of a plan. None where no approved move touches it, or where its text cannot be read.
pub fn preview(plan: &Plan, path: &str, bytes: &[u8]) -> Option<Preview> {
    let syntax = Syntax::new(path.as_ref(), bytes)?;
    let text = &syntax.text.text;
    let (_, parsed) = syntax.parsed.as_ref()?;
    let mut requests = Vec::new();
    for planned in plan.approved() {
        for site in planned.sites.iter().filter(|site| site.path == path) {
            let span = site.span.0..site.span.1;
            text.get(span.clone())?;
            // A default that is dropped keeps the variable that the code reads; that may be an alias of the move.
            let fixed = parsed.place(&span).ok().and_then(|place| place.fixed_name);
            let name = fixed.filter(|fixed| planned.also.contains(fixed)).unwrap_or_else(|| planned.name.clone());
            requests.push(Request { span, name, style: planned.lookup.unwrap_or(plan.lookup).into() });
        }
    }
    if requests.is_empty() {
        return None;
    }
    let rewrite = parsed.rewrite(&requests);
    let mut edits: Vec<Edit> = Vec::new();
    let mut refused = Vec::new();
    for (request, outcome) in requests.iter().zip(rewrite.outcomes) {
        match outcome {
            Ok(own) => own.into_iter().for_each(|edit| push_new(&mut edits, edit)),
            Err(refusal) => refused.push((request.name.clone(), refusal.reason)),
        }
    }
    if !edits.is_empty() {
        rewrite.shared.into_iter().for_each(|edit| push_new(&mut edits, edit));
    }
    let after = keylift_grammars::apply(text, &edits)?;
    let values: Vec<&str> = requests.iter().filter_map(|request| text.get(request.span.clone())).collect();
    Some(Preview {
        path: path.to_owned(),
        before: mask(text, requests.iter().map(|request| request.span.clone()).collect(), &values),
        after: mask(&after, Vec::new(), &values),
        refused,
    })
}

/// A text with spans and every occurrence of a value of at least four characters masked.
fn mask(text: &str, mut spans: Vec<Range<usize>>, values: &[&str]) -> String {
    for value in values.iter().filter(|value| value.len() >= 4) {
        spans.extend(text.match_indices(value).map(|(at, found)| at..at + found.len()));
    }
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        if span.start >= at {
            out.push_str(&text[at..span.start]);
            out.push_str(MASK);
        }
        at = at.max(span.end);
    }
    out.push_str(&text[at..]);
    out
}

fn push_new(edits: &mut Vec<Edit>, edit: Edit) {
    if !edits.contains(&edit) {
        edits.push(edit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_leaves_no_value() {
        let masked = mask("a = 'hunter2'  # hunter2, not hunter", vec![5..12], &["hunter2"]);
        assert_eq!(masked, "a = '********'  # ********, not hunter");
        assert_eq!(mask("x", vec![0..1, 0..1], &["abcd"]), MASK);
    }
}
