//! What a rewrite would do to a file, with every known secret masked on both sides: for reading, never for writing.

use std::collections::BTreeSet;
use std::ops::Range;

use keylift_grammars::{Addresses, Edit, Request, Style};

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
///
/// `secrets` are the spans of everything that was found in the file's text, of any confidence: what is refused or waits
/// stands in the lines around an edit, and is masked like what moves. `addresses` are the plan's.
pub fn preview(
    plan: &Plan,
    addresses: &Addresses,
    path: &str,
    bytes: &[u8],
    secrets: &[Range<usize>],
) -> Option<Preview> {
    let syntax = Syntax::new(path.as_ref(), bytes)?.stored(addresses);
    let text = &syntax.text.text;
    let (_, parsed) = syntax.parsed.as_ref()?;
    let mut requests = Vec::new();
    for planned in plan.approved() {
        for site in planned.sites.iter().filter(|site| site.path == path) {
            let span = site.span.0..site.span.1;
            text.get(span.clone())?;
            // A default that is dropped keeps the variable that the code reads; that may be an alias of the move.
            let style: Style = planned.lookup_at(site, plan).into();
            let placing = if style == Style::Inject { style } else { Style::Env };
            let fixed = parsed.place_with(&span, placing).ok().and_then(|place| place.fixed_name);
            let name = fixed.filter(|fixed| planned.also.contains(fixed)).unwrap_or_else(|| planned.name.clone());
            requests.push(Request { span, name, style });
        }
    }
    if requests.is_empty() {
        return None;
    }
    let rewrite = parsed.rewrite_beside(&requests, &declared_before(plan, path));
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
    let mut spans: Vec<Range<usize>> = requests.iter().map(|request| request.span.clone()).collect();
    spans.extend(secrets.iter().filter(|span| text.get((*span).clone()).is_some()).cloned());
    let values: Vec<&str> = spans.iter().filter_map(|span| text.get(span.clone())).collect();
    let kept = spans.iter().filter_map(|span| moved(span, &edits)).collect();
    Some(Preview {
        path: path.to_owned(),
        before: mask(text, spans.clone(), &values),
        after: mask(&after, kept, &values),
        refused,
    })
}

/// Names that the plan has in an earlier file of the same kind in the same folder: if they need a declaration, it is there.
fn declared_before(plan: &Plan, path: &str) -> BTreeSet<String> {
    let split = |path: &str| -> (String, String) {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        (folder.to_owned(), file.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned())
    };
    let earlier = |other: &str| other < path && split(other) == split(path);
    let here = plan.approved().filter(|planned| planned.sites.iter().any(|site| earlier(&site.path)));
    here.map(|planned| planned.name.clone()).collect()
}

/// Where a span is after the edits; none where one of them takes it away.
fn moved(span: &Range<usize>, edits: &[Edit]) -> Option<Range<usize>> {
    let mut start = span.start;
    for edit in edits {
        if edit.span.start < span.end && edit.span.end > span.start {
            return None;
        }
        if edit.span.end <= span.start {
            start = start + edit.text.len() - (edit.span.end - edit.span.start);
        }
    }
    Some(start..start + (span.end - span.start))
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
    use keylift_grammars::Applicability;

    use super::*;

    #[test]
    fn spans_move_with_the_edits_before_them() {
        let edit = |span, text: &str| Edit { span, text: text.into(), applicability: Applicability::Safe };
        let edits = [edit(0..0, "import os\n"), edit(4..9, "x"), edit(30..31, "long")];
        assert_eq!(moved(&(12..15), &edits), Some(18..21));
        assert_eq!(moved(&(5..6), &edits), None);
    }

    #[test]
    fn masking_leaves_no_value() {
        let masked = mask("a = 'hunter2'  # hunter2, not hunter", std::iter::once(5..12).collect(), &["hunter2"]);
        assert_eq!(masked, "a = '********'  # ********, not hunter");
        assert_eq!(mask("x", vec![0..1, 0..1], &["abcd"]), MASK);
    }
}
