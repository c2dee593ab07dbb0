//! Putting a lookup in the place of a literal, or of a part of one.

mod default;
mod joined;

use std::collections::BTreeMap;
use std::ops::Range;

pub(crate) use self::default::drop_default;
use crate::change;
use crate::decode::Spelled;
use crate::edit::{Applicability, Edit, Refusal, Request, Style};
use crate::lines;
use crate::lists::Listed;
use crate::loaded::Part;
use crate::needs::bind;
use crate::parsed::Parsed;
use crate::piece::Piece;
use crate::rewrite::{Made, lookup};
use crate::select::{Selection, refusal};
use crate::walk::Site;

/// A lookup, ready to stand somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub text: String,
    /// As it stands in an interpolation.
    pub hole: String,
    /// Binds loosely: wants parentheses in most places.
    pub loose: bool,
    pub needs: BTreeMap<String, usize>,
    pub accessor: bool,
    /// A declaration that comes with it, by name.
    pub declares: Option<(String, String)>,
    /// What the name gets that the value is all of, and what lists of the file get.
    pub suffix: Option<String>,
    pub lists: Vec<Listed>,
}

fn safe(span: Range<usize>, text: String) -> Edit {
    Edit { span, text, applicability: Applicability::Safe }
}

/// Everything that a way of rewriting looks at.
struct Context<'a> {
    parsed: &'a Parsed,
    request: &'a Request,
    selection: &'a Selection,
    site: &'a Site,
    /// Source of every value that goes from this literal.
    going: Vec<Range<usize>>,
}

/// The edits that put a lookup in the place of a selection.
pub(crate) fn replace(
    parsed: &Parsed,
    request: &Request,
    selection: &Selection,
    all: &[Result<Selection, Refusal>],
) -> Result<Made, Refusal> {
    let site = &parsed.sites[selection.site];
    let going = all
        .iter()
        .filter_map(|other| other.as_ref().ok().filter(|other| other.site == selection.site))
        .flat_map(|other| other.stretches.iter().map(|stretch| stretch.source.clone()))
        .collect();
    let context = Context { parsed, request, selection, site, going };
    let form = &parsed.loaded.forms[site.pieces[selection.first_piece()].form];
    let mut made = if selection.whole && !form.rule.inside { context.whole()? } else { context.part()? };
    let wanted = parsed.loaded.recipe.lookups.get(&request.style).and_then(|lookup| lookup.applicability);
    if let Some(applicability) = wanted {
        made.edits.iter_mut().for_each(|edit| edit.applicability = edit.applicability.min(applicability));
    }
    Ok(made)
}

impl Context<'_> {
    fn literal(&self) -> Range<usize> {
        self.parsed.literals[self.selection.site].span.clone()
    }

    /// The lookup, converted to the literal's type and protected from a format's reading.
    fn lookup(&self, quote: &str, convert: bool) -> Result<Rendered, Refusal> {
        let mut rendered = lookup(self.parsed, self.request, self.selection, self.literal().start, quote)?;
        let recipe = &self.parsed.loaded.recipe;
        let form = &self.parsed.loaded.forms[self.site.pieces[self.selection.first_piece()].form];
        let mut wrap = |template: &str, loose: bool| {
            let template = template.replace("<name>", &self.request.name).replace("<q>", quote);
            rendered.text = template.replace("<lookup>", &rendered.text);
            rendered.hole = template.replace("<lookup>", &rendered.hole);
            rendered.loose = loose;
        };
        if let Some(conversion) = form.rule.conversion.as_ref().filter(|_| convert) {
            let template = recipe
                .lookups
                .get(&self.request.style)
                .and_then(|lookup| lookup.conversions.get(conversion))
                .ok_or_else(|| {
                    refusal(
                        "no-such-type",
                        &format!("The lookup gives text, and no conversion to {conversion} is known for it here."),
                        "Replace the value by hand.",
                    )
                })?;
            let lookup = recipe.lookups.get(&self.request.style);
            wrap(template, lookup.is_some_and(|lookup| lookup.loose_conversions.contains(conversion)));
        }
        if let Some(format) = self.site.format.as_ref().and_then(|name| recipe.formats.get(name)) {
            wrap(&format.wrap, false);
            let (names, needs) = bind(self.parsed, &format.needs, self.literal().start).map_err(unbound)?;
            rendered.needs.extend(needs);
            for (key, name) in &names {
                rendered.text = rendered.text.replace(&format!("<{key}>"), name);
                rendered.hole = rendered.hole.replace(&format!("<{key}>"), name);
            }
        }
        let at = change::destination(self.parsed, self.selection);
        rendered.text = lines::lay_out(&rendered.text, &self.parsed.text, at);
        Ok(rendered)
    }

    fn made(rendered: Rendered, edits: Vec<Edit>) -> Made {
        Made {
            edits,
            needs: rendered.needs,
            accessor: rendered.accessor,
            declares: rendered.declares.into_iter().collect(),
            suffix: rendered.suffix,
            lists: rendered.lists,
        }
    }

    fn whole(&self) -> Result<Made, Refusal> {
        let text = &self.parsed.text;
        let quote = self.site.pieces[0].quote(text).filter(|quote| *quote != "`").unwrap_or("\"");
        let outer = self.site.outer.clone();
        let rendered = self.lookup(quote, outer.is_none())?;
        let span = outer.unwrap_or_else(|| self.literal());
        let mut new =
            if rendered.loose && !self.site.bare { format!("({})", rendered.text) } else { rendered.text.clone() };
        // `return"x"` must not become `returnos`.
        let word = |character: char| character.is_alphanumeric() || character == '_';
        if text[..span.start].ends_with(word) && new.starts_with(word) {
            new.insert(0, ' ');
        }
        if text[span.end..].starts_with(word) && new.ends_with(word) {
            new.push(' ');
        }
        Ok(Self::made(rendered, vec![safe(span, new)]))
    }

    fn part(&self) -> Result<Made, Refusal> {
        let form = &self.parsed.loaded.forms[self.site.pieces[self.selection.first_piece()].form];
        let source = &self.parsed.text[self.literal()];
        let behind = &self.parsed.text[self.selection.source().end..];
        let mut why = None;
        for (_, way) in &form.parts {
            let barred = way.unless.as_ref().is_some_and(|unless| unless.is_match(source))
                || way.unless_before.as_ref().is_some_and(|unless| unless.is_match(behind))
                || way.rule.unless_flag.as_ref().is_some_and(|flag| self.parsed.facts.flags.contains(flag));
            if barred || (self.site.format.is_some() && way.rule.hole.is_some()) {
                continue;
            }
            let tried = match (&way.rule.hole, &way.rule.join) {
                (Some(hole), _) => self.template(way, hole),
                (None, Some(join)) => self.concat(way, join),
                (None, None) => continue,
            };
            match tried {
                Ok(made) => return Ok(made),
                Err(refusal) => why = why.or(Some(refusal)),
            }
        }
        Err(why.unwrap_or_else(|| {
            refusal(
                "part-of-literal",
                &format!("A lookup cannot stand inside {} in this language.", form.rule.shape),
                "Take the whole literal as the value, or build the text from parts by hand.",
            )
        }))
    }

    /// Whether values beside this one go from the literal.
    fn several(&self) -> bool {
        self.going.iter().any(|going| !self.selection.stretches.iter().any(|own| own.source == *going))
    }

    /// The literal becomes a template, unless it is one, and gets a hole.
    fn template(&self, way: &Part, hole: &str) -> Result<Made, Refusal> {
        let text = &self.parsed.text;
        let (first, last) = (self.selection.first_piece(), self.selection.last_piece());
        let piece = &self.site.pieces[first];
        let own = piece.quote(text);
        let preferred: &[String] = &way.rule.quotes;
        let quote = preferred
            .iter()
            .map(String::as_str)
            .find(|quote| way.rule.own_quote || Some(*quote) != own)
            .unwrap_or("\"");
        if way.rule.prefix.is_some() && self.several() {
            return Err(refusal(
                "several-values",
                "Several values stand in one literal, and only one can be taken out of it here.",
                "Take the whole literal as the value, or build the text from parts by hand.",
            ));
        }
        let rendered = self.lookup(quote, !way.rule.raw)?;
        // A reference that is all of a literal needs nothing that tells where it ends.
        let alone = self.selection.whole && self.request.style == Style::Inject;
        let lookup = if alone { &rendered.text } else { &rendered.hole };
        let filled = hole.replace("<lookup>", lookup).replace("<name>", &self.request.name);
        let clashes = !way.rule.own_quote && way.open.is_none() && own.is_some_and(|own| filled.contains(own));
        if clashes || way.rule.forbids.iter().any(|text| filled.contains(text.as_str())) {
            return Err(refusal(
                "hole-cannot-hold-it",
                "The lookup cannot be written inside this literal: its quotes or line breaks clash.",
                "Build the text from parts by hand, or take the whole literal as the value.",
            ));
        }
        let mut edits = self.convert(way, piece);
        if let Some(suffix) = &way.rule.suffix {
            let end = self.literal().end;
            let suffix = lines::lay_out(suffix, text, self.literal().start);
            let suffix = suffix.replace("<lookup>", &rendered.text).replace("<name>", &self.request.name);
            edits.push(safe(end..end, suffix));
        }
        if let Some(prefix) = way.rule.prefix.as_ref().map(|prefix| lines::lay_out(prefix, text, self.literal().start))
        {
            let start = self.literal().start;
            let bare = self.site.bare || way.rule.atomic;
            edits.insert(
                0,
                safe(
                    start..start,
                    if bare { "" } else { "(" }.to_owned() + &prefix.replace("<name>", &self.request.name),
                ),
            );
            if !bare {
                let end = self.literal().end;
                edits.push(safe(end..end, ")".into()));
            }
        }
        if first == last {
            edits.push(safe(self.selection.source(), filled));
            return Ok(Self::made(rendered, edits));
        }
        let start = self.selection.source().start;
        edits.push(safe(start..piece.close.start, filled));
        for between in first + 1..=last {
            let piece = &self.site.pieces[between];
            let end = if between == last { self.selection.source().end } else { piece.close.start };
            if end == piece.close.start && piece.holes.is_empty() {
                let gap = self.site.pieces[between - 1].span.end..piece.span.start;
                let blank = text[gap.clone()].chars().all(|character| character.is_whitespace() || character == '\\');
                edits.push(safe(if blank { gap.start } else { piece.span.start }..piece.span.end, String::new()));
            } else {
                edits.push(safe(piece.open.end..end, String::new()));
            }
        }
        Ok(Self::made(rendered, edits))
    }

    /// What makes a plain literal a template: other delimiters, and escapes for what would now be read as a hole.
    fn convert(&self, way: &Part, piece: &Piece) -> Vec<Edit> {
        let text = &self.parsed.text;
        let mut edits = Vec::new();
        for (swap, range) in [(&way.open, &piece.open), (&way.close, &piece.close)] {
            if let Some((from, to)) = swap
                && let Some(found) = from.find(&text[range.clone()])
            {
                edits.push(safe(range.start + found.start()..range.start + found.end(), to.clone()));
            }
        }
        if way.rule.escape.is_empty() {
            return edits;
        }
        for unit in &piece.units {
            if unit.spelled != Spelled::Verbatim {
                // An escape that the template knows under another spelling.
                let stays = !self.going.iter().any(|going| going.contains(&unit.source.start));
                let spelled = way.rule.escape.get(&text[unit.source.clone()]).filter(|_| stays);
                edits.extend(spelled.map(|to| safe(unit.source.clone(), to.clone())));
                continue;
            }
            let mut at = unit.source.start;
            while at < unit.source.end {
                if let Some(going) = self.going.iter().find(|going| going.contains(&at)) {
                    at = going.end;
                    continue;
                }
                let rest = &text[at..unit.source.end];
                if let Some((from, to)) = way.rule.escape.iter().find(|(from, _)| rest.starts_with(from.as_str())) {
                    edits.push(safe(at..at + from.len(), to.clone()));
                    at += from.len();
                } else {
                    at += rest.chars().next().map_or(1, char::len_utf8);
                }
            }
        }
        edits
    }
}

fn unbound(name: Option<String>) -> Refusal {
    refusal(
        "shadowed-module",
        &format!("{} is not the module that the lookup needs here.", name.unwrap_or_default()),
        "Rename what shadows it, or replace the value by hand.",
    )
}
