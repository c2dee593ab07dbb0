//! A syntax tree as text, for whoever writes a language's queries.

use std::fmt::Write as _;

use tree_sitter::TreeCursor;

use crate::parsed::Parsed;

/// Longest text of a leaf that is shown, in characters.
const SHOWN: usize = 40;

impl Parsed {
    /// The tree: a named node a line, with its field and, at the end of a branch, its text. It shows what the file holds,
    /// secrets among it.
    pub fn outline(&self) -> String {
        let mut out = String::new();
        self.draw(&mut self.tree.walk(), &mut out);
        out
    }

    fn draw(&self, cursor: &mut TreeCursor<'_>, out: &mut String) {
        let mut depth = 0;
        loop {
            let node = cursor.node();
            if node.is_named() {
                let field = cursor.field_name().map_or_else(String::new, |field| format!("{field}: "));
                let text: String = self.text[node.byte_range()].chars().take(SHOWN).collect();
                let text = if node.named_child_count() == 0 { format!(" {text:?}") } else { String::new() };
                let _ = writeln!(out, "{}{field}{}{text}", "  ".repeat(depth), node.kind());
            }
            if cursor.goto_first_child() {
                depth += 1;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                depth -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Parsed, language};

    #[test]
    fn a_tree_is_drawn_with_fields_and_leaves() {
        let parsed = language("json").and_then(|json| Parsed::new(json, "{\"a\": [1, true]}")).expect("it parses");
        let drawn = parsed.outline();
        assert!(drawn.starts_with("document\n  object\n    pair\n      key: string\n"), "{drawn}");
        assert!(drawn.ends_with("        number \"1\"\n        true \"true\"\n"), "{drawn}");
    }
}
