//! Whether functions that take a secret are handed a literal, told from the text of their calls.

use std::ops::Range;

use crate::rules::generic::lines::Reader;
use crate::rules::generic::{calls, names, parameters};

impl Reader<'_> {
    /// The calls that hand literals to the functions whose parameters telling words are: those stand elsewhere.
    pub(in crate::rules::generic) fn calls_of(&self, hits: &[Range<usize>]) -> Vec<Range<usize>> {
        let own = |name: &str| matches!(names::classify(name), Some(names::Class::Password | names::Class::Secret));
        let places = hits.iter().filter_map(|hit| self.name(hit)).filter(|(name, _)| own(name));
        places.flat_map(|(_, place)| self.given_literals(&place).collect::<Vec<_>>()).collect()
    }

    pub(super) fn given_literals(&self, place: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let known = self.language.map(|_| parameters::calls_with_literals(self.text, place));
        known.into_iter().flatten()
    }

    /// Whether a function that takes a secret is called. What is assigned or compared is no function.
    pub(super) fn calls(&self, path: &Range<usize>) -> bool {
        let set = matches!(self.at(self.skip(path.end, b" \t")), b'=' | b',' | b';' | b')' | b']' | b'}');
        let name = self.text.get(path.clone()).filter(|name| !set && calls::may_be(name));
        name.is_some_and(|name| calls::find(&calls::plain(name), self.language).next().is_some())
    }

    /// Whether a literal stands among what the function is handed whose name ends at a place. Mentioned alone, in an import
    /// or as a type, it is handed nothing.
    pub(super) fn hands_literal(&self, end: usize) -> bool {
        let open = self.skip(end, b" \t");
        let (first, near) = (self.at(open), self.near(open));
        if first != b'(' {
            let command = self.calls_without_brackets()
                && open > end
                && (first.is_ascii_alphanumeric() || b"\"'`$@:-".contains(&first));
            let typed = b"<[{!".contains(&first) || near.starts_with(b"::");
            return (command || typed) && memchr::memchr3(b'"', b'\'', b'`', near).is_some();
        }
        let mut depth = 0_usize;
        for byte in near {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth <= 1 => return false,
                b')' | b']' | b'}' => depth -= 1,
                b'"' | b'\'' | b'`' => return true,
                _ => {}
            }
        }
        false
    }

    /// Whether functions may be called without brackets; where the language is not known, they may.
    fn calls_without_brackets(&self) -> bool {
        const NEVER: [&str; 13] = [
            "c",
            "cpp",
            "csharp",
            "go",
            "hcl",
            "java",
            "javascript",
            "json",
            "kotlin",
            "php",
            "python",
            "rust",
            "typescript",
        ];
        self.language.is_none_or(|language| !NEVER.contains(&language))
    }
}
