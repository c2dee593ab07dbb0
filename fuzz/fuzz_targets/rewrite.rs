#![no_main]
//! Every grammar: what it says can be rewritten is rewritten, a text without syntax errors stays one, and undo gives the
//! identical text back.

use keylift_grammars::{Edit, Parsed, Request, Style, apply, languages, undo};
use libfuzzer_sys::fuzz_target;

/// Requests at once: more of them only take longer.
const MOST: usize = 6;

fuzz_target!(|data: &[u8]| {
    let [which, pick, rest @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let language = &languages()[usize::from(*which) % languages().len()];
    let Some(parsed) = Parsed::new(language, text) else { return };
    let literals = parsed.literals();
    let style = [Style::Env, Style::Vault, Style::AwsSecretsManager][usize::from(*pick) % 3];
    let mut requests: Vec<Request> = Vec::new();
    let mut values = Vec::new();
    for literal in literals.iter().skip(usize::from(*pick) / 3).take(MOST) {
        let Some(part) = literal.parts.iter().find_map(|part| match part {
            keylift_grammars::Part::Text { span, .. } if !span.is_empty() => Some(span.clone()),
            _ => None,
        }) else {
            continue;
        };
        if requests.iter().any(|other| other.span.start < part.end && part.start < other.span.end) {
            continue;
        }
        if let Ok(place) = parsed.place_with(&part, style) {
            let name = place.fixed_name.unwrap_or_else(|| format!("FUZZ_{}", requests.len()));
            requests.push(Request { span: part, name, style });
            values.push(place.value);
        }
    }
    let rewrite = parsed.rewrite(&requests);
    if requests.is_empty() || rewrite.outcomes.iter().any(Result::is_err) {
        return;
    }
    let edits: Vec<Edit> = rewrite.outcomes.into_iter().flatten().flatten().chain(rewrite.shared).collect();
    // Both may refuse; what they give must be right.
    let (Some(after), Some(undos)) = (apply(text, &edits), parsed.undo(&requests, &edits)) else { return };
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    assert_eq!(undo(&after, &undos, &values).as_deref(), Ok(text), "{}: undo gives the text back", language.name);
    if parsed.syntax_errors() == 0 {
        let again = Parsed::new(language, &after).expect("it parses");
        assert_eq!(again.syntax_errors(), 0, "{}: no new syntax error in {after}", language.name);
    }
});
