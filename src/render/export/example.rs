//! The names that the program reads, for a `.env.example`.

use std::fmt::Write as _;

use super::{Export, Request, comment};

pub(super) fn example(request: &Request<'_>) -> Export {
    let how = if request.plan.is_some() { " `keylift run -- COMMAND` sets them from the store." } else { "" };
    let mut text =
        comment(&format!("Variables that the program reads.{how}\nThe values are in {}.", request.place.location));
    for wanted in request.wanted {
        let field = wanted.address.field.as_ref().map(|field| format!("#{field}")).unwrap_or_default();
        if wanted.address.path != wanted.name || !field.is_empty() {
            text += &comment(&format!("{}{field}", wanted.address.path));
        }
        let _ = writeln!(text, "{}=", wanted.name);
    }
    Export { text, notes: Vec::new() }
}
