//! What a parser is shown in place of what it does not know: text of the same length, so that every span is one of the file.

use std::borrow::Cow;

use crate::regexes::Regex;

/// A text as the parser sees it. Of what a pattern finds, what its group `it` takes is replaced; a pattern without that
/// group in a match (a comment, another string) passes over what it matched.
pub(crate) fn shown<'t>(stand_ins: &[(Regex, String)], text: &'t str) -> Cow<'t, str> {
    let mut out = Cow::Borrowed(text);
    for (pattern, instead) in stand_ins {
        for found in pattern.captures_iter(text).filter_map(|found| found.name("it")) {
            if found.len() == instead.len() {
                out.to_mut().replace_range(found.range(), instead);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_as_long() {
        let stand_ins = [(Regex::new(r"'[^']+'|(?P<it>'')"), "\"\"".to_owned())];
        assert_eq!(shown(&stand_ins, "a '' 'é' '' ''"), "a \"\" 'é' \"\" \"\"");
        assert!(matches!(shown(&stand_ins, "a 'b'"), Cow::Borrowed(_)));
        assert_eq!(shown(&[(Regex::new("(?P<it>a)"), "too long".to_owned())], "a"), "a");
    }
}
