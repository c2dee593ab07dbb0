//! Texts that are in every match of a pattern.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter texts are everywhere.
const SHORTEST: usize = 3;
/// More alternatives than these make no good gate.
const MOST: usize = 64;

/// Lower-case texts of which at least one is in every match, compared without regard to ASCII case; none where there are
/// no telling ones.
pub(super) fn in_every_match(pattern: &str) -> Vec<String> {
    let Ok(hir) = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) else { return Vec::new() };
    let mut words = best(&hir).unwrap_or_default();
    words.sort();
    words.dedup();
    words
}

/// The best set of texts for a part of a pattern: the one whose shortest text is longest.
fn best(hir: &Hir) -> Option<Vec<String>> {
    let good = |words: &Vec<String>| !words.is_empty() && words.len() <= MOST;
    match hir.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(best).collect();
            Some(all?.concat()).filter(good)
        }
        HirKind::Concat(parts) => {
            let (mut found, mut run): (Vec<Vec<String>>, String) = (Vec::new(), String::new());
            for part in parts {
                if let Some(text) = single(part) {
                    run.push_str(&text);
                    continue;
                }
                found.push(vec![std::mem::take(&mut run)]);
                found.extend(best(part));
            }
            found.push(vec![run]);
            found.retain(|words| words.iter().all(|word| word.len() >= SHORTEST));
            found
                .into_iter()
                .filter(good)
                .max_by_key(|words| (words.iter().map(String::len).min(), std::cmp::Reverse(words.len())))
        }
        _ => single(hir).filter(|text| text.len() >= SHORTEST).map(|text| vec![text]),
    }
}

/// The one text that a part stands for, case aside.
fn single(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).ok().filter(|text| text.is_ascii()).map(str::to_ascii_lowercase)
        }
        // `[Aa]`, which is what `(?i)a` becomes.
        HirKind::Class(Class::Bytes(class)) => {
            let bytes: Vec<u8> = class.iter().flat_map(|range| range.start()..=range.end()).take(3).collect();
            match bytes.as_slice() {
                [one] if one.is_ascii() => Some(char::from(one.to_ascii_lowercase()).to_string()),
                [upper, lower] if upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == *lower => {
                    Some(char::from(*lower).to_string())
                }
                _ => None,
            }
        }
        HirKind::Capture(capture) => single(&capture.sub),
        _ => None,
    }
}
