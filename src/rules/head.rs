//! How the matches of a pattern begin, told from the pattern: where each begins with a keyword, it is tried there alone.

use regex_syntax::hir::{Class, Hir, HirKind, Literal, Look};

/// Most beginnings that are told apart.
const MOST: usize = 128;
/// Characters of a class that are told apart.
const WIDEST: usize = 16;

/// One way in which matches begin, in lower case.
#[derive(Clone, Debug)]
struct Head {
    text: Vec<u8>,
    /// What stands behind it in the pattern stands behind it in a match.
    whole: bool,
}

/// Whether every match of a pattern begins with one of its keywords, whatever their case.
pub(super) fn begins_with(hir: &Hir, keywords: &[impl AsRef<str>]) -> bool {
    heads(hir).iter().all(|head| {
        keywords.iter().any(|keyword| {
            let keyword = keyword.as_ref().as_bytes();
            head.text.get(..keyword.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(keyword))
        })
    })
}

/// Whether every match begins where a word begins or ends.
pub(super) fn is_bounded(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Look(Look::WordAscii) => true,
        HirKind::Capture(capture) => is_bounded(&capture.sub),
        HirKind::Concat(parts) => parts.first().is_some_and(is_bounded),
        HirKind::Alternation(ways) => ways.iter().all(is_bounded),
        _ => false,
    }
}

/// The beginnings of all matches; an empty one where nothing can be told.
fn heads(hir: &Hir) -> Vec<Head> {
    let one = |text: Vec<u8>, whole| vec![Head { text, whole }];
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => one(Vec::new(), true),
        HirKind::Literal(Literal(bytes)) => one(bytes.to_ascii_lowercase(), true),
        HirKind::Class(class) => {
            let bytes = members(class);
            if bytes.is_empty() {
                return one(Vec::new(), false);
            }
            bytes.into_iter().map(|byte| Head { text: vec![byte], whole: true }).collect()
        }
        HirKind::Capture(capture) => heads(&capture.sub),
        HirKind::Repetition(repetition) => {
            let mut heads = heads(&repetition.sub);
            for head in &mut heads {
                head.whole &= repetition.max == Some(1);
            }
            if repetition.min == 0 {
                heads.push(Head { text: Vec::new(), whole: true });
            }
            heads
        }
        HirKind::Concat(parts) => {
            let mut all = one(Vec::new(), true);
            for part in parts {
                if !all.iter().any(|head| head.whole) {
                    break;
                }
                let next = heads(part);
                let longer: Vec<Head> = all.iter().flat_map(|head| followed(head, &next)).collect();
                if longer.len() > MOST {
                    break;
                }
                all = longer;
            }
            all
        }
        HirKind::Alternation(ways) => {
            let all: Vec<Head> = ways.iter().flat_map(heads).collect();
            if all.len() > MOST { one(Vec::new(), false) } else { all }
        }
    }
}

/// A beginning with each that may stand behind it.
fn followed(head: &Head, next: &[Head]) -> Vec<Head> {
    if !head.whole {
        return vec![head.clone()];
    }
    let join = |next: &Head| Head { text: [&head.text[..], &next.text].concat(), whole: next.whole };
    next.iter().map(join).collect()
}

/// The bytes of a class in lower case; none where there are many, or characters beyond ASCII.
fn members(class: &Class) -> Vec<u8> {
    let ranges: Option<Vec<(u8, u8)>> = match class {
        Class::Bytes(class) => Some(class.iter().map(|range| (range.start(), range.end())).collect()),
        Class::Unicode(class) => {
            let byte = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
            class.iter().map(|range| Some((byte(range.start())?, byte(range.end())?))).collect()
        }
    };
    let ranges = ranges.unwrap_or_default();
    let mut bytes: Vec<u8> = ranges.into_iter().flat_map(|(start, end)| start..=end).take(2 * WIDEST + 1).collect();
    bytes.make_ascii_lowercase();
    bytes.sort_unstable();
    bytes.dedup();
    if bytes.len() > WIDEST { Vec::new() } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str) -> Hir {
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap()
    }

    #[test]
    fn matches_begin_with_keywords() {
        for (pattern, keywords, expected) in [
            (r"\b(ab_[0-9]{4})\b", &["ab_"][..], true),
            ("(?i:ab|cd)[^x]", &["AB", "cd"], true),
            ("(?i:ab|cd)[^x]", &["ab"], false),
            ("(?i:boto3?[._])x", &["boto3", "boto.", "boto_"], true),
            ("a{2}b", &["aa"], false),
            ("(?:x)?ab", &["ab"], false),
            ("(?:x)?ab", &["ab", "xab"], true),
            ("(?:x)?ab", &["xab"], false),
            ("[a-z]ab", &["ab"], false),
            ("[ab]c", &["ac", "bc"], true),
            ("a+b", &["a"], true),
            ("a+b", &["ab"], false),
            ("a*b", &["a", "b"], true),
        ] {
            assert_eq!(begins_with(&parse(pattern), keywords), expected, "{pattern}");
        }
        assert!(is_bounded(&parse(r"(?i:\bab)|\b(cd)")));
        assert!(!is_bounded(&parse(r"\bab|cd")));
    }
}
