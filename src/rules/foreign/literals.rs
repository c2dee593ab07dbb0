//! Texts that are in every match of a pattern.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter texts are everywhere.
const SHORTEST: usize = 3;
/// More alternatives than these make no good gate.
const MOST: usize = 64;
/// Classes of more characters than these stand for any.
const FEW: usize = 6;

/// Lower-case texts of which at least one is in every match, compared without regard to ASCII case; none where there are
/// no telling ones.
pub(super) fn in_every_match(pattern: &str) -> Vec<String> {
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    let mut words = hir.ok().and_then(|hir| best(&hir)).unwrap_or_default();
    words.sort();
    words.dedup();
    words
}

/// Whether there are such texts.
pub(in crate::rules) fn is_told(hir: &Hir) -> bool {
    best(hir).is_some()
}

/// The best set of texts for a part of a pattern: the one whose shortest text is longest.
fn best(hir: &Hir) -> Option<Vec<String>> {
    let good = |words: &Vec<String>| {
        !words.is_empty() && words.len() <= MOST && words.iter().all(|word| word.len() >= SHORTEST)
    };
    if let Some(words) = exact(hir).filter(good) {
        return Some(words);
    }
    match hir.kind() {
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(best).collect();
            Some(all?.concat()).filter(good)
        }
        HirKind::Concat(parts) => {
            let mut found: Vec<Vec<String>> = Vec::new();
            let mut run = vec![String::new()];
            for part in parts {
                let texts = exact(part);
                if let Some(longer) = texts.as_ref().and_then(|texts| product(&run, texts)) {
                    run = longer;
                    continue;
                }
                found.extend(behind(&run, part).or_else(|| best(part)));
                found.push(std::mem::replace(&mut run, texts.unwrap_or_else(|| vec![String::new()])));
            }
            found.push(run);
            found
                .into_iter()
                .filter(good)
                .max_by_key(|words| (words.iter().map(String::len).min(), std::cmp::Reverse(words.len())))
        }
        _ => None,
    }
}

/// The texts of alternatives behind one text: what they begin with was taken out of them (`datadog|dog` is
/// `d(?:atadog|og)`).
fn behind(run: &[String], part: &Hir) -> Option<Vec<String>> {
    let [before] = run else { return None };
    match part.kind() {
        HirKind::Capture(capture) => behind(run, &capture.sub),
        HirKind::Alternation(parts) if !before.is_empty() => {
            let whole = |part: &Hir| best(&Hir::concat(vec![Hir::literal(before.as_bytes()), part.clone()]));
            Some(parts.iter().map(whole).collect::<Option<Vec<_>>>()?.concat())
        }
        _ => None,
    }
}

/// Every text that a part stands for, case aside, where these are few.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok().filter(|text| text.is_ascii())?;
            Some(vec![text.to_ascii_lowercase()])
        }
        // `[Aa]`, which is what `(?i)a` becomes.
        HirKind::Class(Class::Bytes(class)) => {
            let mut bytes: Vec<u8> = Vec::new();
            for byte in class.iter().flat_map(|range| range.start()..=range.end()) {
                let byte = byte.to_ascii_lowercase();
                if !bytes.contains(&byte) {
                    bytes.push(byte);
                }
                if bytes.len() > FEW || !byte.is_ascii() {
                    return None;
                }
            }
            Some(bytes.iter().map(|byte| char::from(*byte).to_string()).collect())
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Repetition(repetition) if repetition.max.is_some_and(|max| max <= 4) => {
            let sub = exact(&repetition.sub)?;
            let mut texts = vec![String::new()];
            let mut all = Vec::new();
            for times in 0..=repetition.max.unwrap_or(0) {
                if times >= repetition.min {
                    all.extend(texts.iter().cloned());
                }
                texts = product(&texts, &sub)?;
            }
            Some(all).filter(|all| all.len() <= MOST)
        }
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(exact).collect();
            Some(all?.concat()).filter(|all| all.len() <= MOST)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |run, part| product(&run, &exact(part)?)),
        _ => None,
    }
}

/// Each text with each other behind it, where these are not too many.
fn product(before: &[String], after: &[String]) -> Option<Vec<String>> {
    (before.len() * after.len() <= MOST)
        .then(|| before.iter().flat_map(|start| after.iter().map(move |end| format!("{start}{end}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::in_every_match;

    #[test]
    fn texts_are_those_of_every_match() {
        let texts = |pattern: &str| in_every_match(pattern).join(" ");
        assert_eq!(texts(r"(?i)(acme|apex)-(id)-([a-f0-9]{16})"), "acme-id- apex-id-");
        assert_eq!(texts(r"\b(gh[pou]_[0-9A-Za-z]{36})\b"), "gho_ ghp_ ghu_");
        assert_eq!(texts(r"(?i)(?:dd\w{0,8}(?:key|secret)|datadog|dog)[a-z0-9]{40}"), "datadog dog key secret");
        assert_eq!(texts(r"(?:abc)?[0-9]{20}"), "");
        assert_eq!(texts(r"[a-z0-9]{32}"), "");
        assert_eq!(texts(r"https?://x"), "http://x https://x");
    }
}
