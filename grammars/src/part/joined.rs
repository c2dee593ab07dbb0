//! A literal that is cut open around the value, with the lookup joined in between.

use super::{Context, safe};
use crate::decode::Spelled;
use crate::edit::Refusal;
use crate::loaded::Part;
use crate::piece::Piece;
use crate::rewrite::Made;
use crate::select::refusal;

impl Context<'_> {
    /// Whether a character of a literal stands for itself, and can be written with a prefix as well.
    fn escapes_with(&self, piece: &Piece, at: usize, prefix: &str) -> bool {
        let loaded = self.parsed.loaded;
        let escapes = loaded.forms[piece.form].rule.escapes.as_ref();
        let escaping =
            escapes.and_then(|name| loaded.recipe.escapes.get(name)).is_some_and(|known| known.prefix == prefix);
        let verbatim = |unit: &&crate::decode::Unit| unit.source.contains(&at) && unit.spelled == Spelled::Verbatim;
        escaping && piece.units.iter().any(|unit| verbatim(&unit))
    }

    /// Whether the literal is an operand of the operator that joins: one more of them in the chain gives the same text.
    fn joined_already(&self, join: &str) -> bool {
        let literal = self.literal();
        let mut node = self.parsed.tree.root_node().descendant_for_byte_range(literal.start, literal.end);
        while let Some(parent) = node.and_then(|node| node.parent()) {
            if parent.byte_range() != literal {
                let operator = parent.child(1).filter(|_| parent.child_count() == 3);
                return operator.is_some_and(|operator| operator.kind() == join.trim() && !operator.is_named());
            }
            node = Some(parent);
        }
        false
    }

    /// The literal is cut open around the value, and the lookup joined in between.
    pub(super) fn concat(&self, way: &Part, join: &str) -> Result<Made, Refusal> {
        let text = &self.parsed.text;
        let (first, last) = (self.selection.first_piece(), self.selection.last_piece());
        let (head, tail) = (&self.site.pieces[first], &self.site.pieces[last]);
        let source = self.selection.source();
        let between: Vec<&str> =
            self.site.pieces[first..=last].windows(2).map(|pair| &text[pair[0].span.end..pair[1].span.start]).collect();
        if between.iter().any(|gap| gap.chars().any(|character| !character.is_whitespace() && character != '\\')) {
            return Err(refusal(
                "comment-inside",
                "A comment stands between the pieces of the value.",
                "Move the comment, or replace the value by hand.",
            ));
        }
        // Within a lookup one quote of three is enough.
        let quote = head.quote(text).filter(|quote| *quote != "`").map_or("\"", |quote| &quote[..quote.len().min(1)]);
        let rendered = self.lookup(quote, !way.rule.raw)?;
        let starts = source.start == head.open.end;
        let ends = source.end == tail.close.start;
        let close = &text[head.close.clone()];
        // A quote before a delimiter of three quotes would be read as part of it.
        let merges = !starts && close.len() > 1 && text[..source.start].ends_with(&close[..1]);
        if merges && !self.escapes_with(head, source.start - 1, "\\") {
            return Err(refusal(
                "quote-before-value",
                "The text before the value ends in a quote that would close the literal too early.",
                "Build the text from parts by hand, or take the whole literal as the value.",
            ));
        }
        let from = if starts { head.span.start } else { source.start - usize::from(merges) };
        let span = from..if ends { tail.span.end } else { source.end };
        let mut new = String::new();
        if merges {
            new.push('\\');
            new.push_str(&close[..1]);
        }
        if !starts {
            new.push_str(close);
        }
        if !starts || first > 0 {
            new.push_str(join);
        }
        if rendered.loose && !join.is_empty() {
            new.push('(');
            new.push_str(&rendered.text);
            new.push(')');
        } else {
            new.push_str(&rendered.text);
        }
        if !ends || last + 1 < self.site.pieces.len() {
            new.push_str(join);
        }
        if !ends {
            new.push_str(&text[tail.open.clone()]);
        }
        let mut edits = vec![safe(span, new)];
        if !self.site.bare && !way.rule.atomic && !self.joined_already(join) {
            let literal = self.literal();
            edits.insert(0, safe(literal.start..literal.start, "(".into()));
            edits.push(safe(literal.end..literal.end, ")".into()));
        }
        Ok(Self::made(rendered, edits))
    }
}
