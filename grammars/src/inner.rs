//! Defaults that stand inside a literal, behind the name of what is looked up: `${x:secret}`.

use crate::edit::{Applicability, Edit, Style};
use crate::names::upper_snake_plain;
use crate::parsed::Parsed;
use crate::select::Selection;

/// A default inside a literal.
pub(crate) struct Inner {
    /// The variable that is looked up already.
    pub variable: String,
    /// What takes the default away.
    pub edit: Edit,
}

/// The default that a selection is, if it is one.
pub(crate) fn default(parsed: &Parsed, selection: &Selection, style: Style) -> Option<Inner> {
    let site = &parsed.sites[selection.site];
    let (first, last) = (selection.first_piece(), selection.last_piece());
    if first != last || style != Style::Env {
        return None;
    }
    let piece = &site.pieces[first];
    let source = selection.source();
    let before = parsed.text.get(piece.open.end..source.start)?;
    let after = parsed.text.get(source.end..piece.close.start)?;
    let form = &parsed.loaded.forms[piece.form];
    form.defaults.iter().find_map(|rule| {
        let found = rule.before.captures(before)?;
        if !rule.after.is_match(after) {
            return None;
        }
        let variable = found.name("variable")?.as_str();
        let variable = if rule.upper { upper_snake_plain(variable) } else { variable.to_owned() };
        let drop = found.name("drop")?;
        let span = piece.open.end + drop.start()..source.end;
        Some(Inner { variable, edit: Edit { span, text: rule.with.clone(), applicability: Applicability::Unsafe } })
    })
}
