//! Putting a lookup in the place of a literal, or of a part of one.

use std::collections::BTreeMap;
use std::ops::Range;

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
use crate::spread;
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
    fn concat(&self, way: &Part, join: &str) -> Result<Made, Refusal> {
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

fn unbound(name: Option<String>) -> Refusal {
    refusal(
        "shadowed-module",
        &format!("{} is not the module that the lookup needs here.", name.unwrap_or_default()),
        "Rename what shadows it, or replace the value by hand.",
    )
}

/// The edits that take the hardcoded default away from a lookup that is there already.
pub(crate) fn drop_default(parsed: &Parsed, request: &Request, selection: &Selection) -> Result<Made, Refusal> {
    let site = &parsed.sites[selection.site];
    if let Some((piece, at)) = selection.fallback {
        let found = &site.pieces[piece].fallbacks[at];
        let edit =
            Edit { span: found.hole.clone(), text: found.required.clone(), applicability: Applicability::Unsafe };
        return Ok(Made { edits: vec![edit], ..Made::default() });
    }
    let unknown =
        || refusal("unknown-default", "The lookup around the default is not understood.", "Drop the default by hand.");
    let fact = site.default.as_ref().ok_or_else(unknown)?;
    let recipe = &parsed.loaded.recipe;
    let rule = recipe.defaults.get(&fact.rule).ok_or_else(unknown)?;
    let mut target = fact.captures.get(&rule.target).cloned().ok_or_else(unknown)?;
    let text = &parsed.text;
    let mut needs = BTreeMap::new();
    let mut spread = match (&rule.spread, fact.captures.get("variable")) {
        (Some(rule), Some(span)) => spread::uses(parsed, rule, &text[span.clone()], target.start)?,
        _ => spread::Uses::default(),
    };
    let gone = rule.spread.as_ref().and_then(|rule| fact.captures.get(rule.whole.as_ref()?));
    if spread.elsewhere && gone.is_some() {
        spread.edits.clear();
    }
    if let Some(gone) = gone.filter(|_| !spread.edits.is_empty()) {
        let line = lines::start(text, gone.start)..lines::next(text, gone.end);
        let alone = text[line.clone()].trim() == &text[gone.clone()];
        let span = if alone { line } else { text[..gone.start].trim_end().len()..gone.end };
        spread.edits.push(Edit { span, text: String::new(), applicability: Applicability::Unsafe });
        return Ok(Made { edits: spread.edits, needs, ..Made::default() });
    }
    let new = if let Some(template) = &rule.with {
        let mut new = template.replace("<name>", &request.name);
        let wanted: Vec<String> =
            recipe.needs.keys().filter(|key| template.contains(&format!("<{key}>"))).cloned().collect();
        let (names, insert) = bind(parsed, &wanted, target.start).map_err(unbound)?;
        needs = insert;
        if template.contains("<lookup>") {
            let quote = site.pieces[0].quote(text).filter(|quote| *quote != "`").unwrap_or("\"");
            let rendered = lookup(parsed, request, selection, target.start, quote)?;
            let text = if rendered.loose { format!("({})", rendered.text) } else { rendered.text };
            new = new.replace("<lookup>", &text);
            needs.extend(rendered.needs);
        }
        for (key, name) in &names {
            new = new.replace(&format!("<{key}>"), name);
        }
        for (name, span) in &fact.captures {
            new = new.replace(&format!("<{name}>"), &text[span.clone()]);
        }
        if let Some(gap) = new.find("<gap>") {
            // The sign stays in its column, as the lines around it have it.
            let column = text[target.clone()].find('=').unwrap_or(0);
            new = new.replace("<gap>", &" ".repeat(column.saturating_sub(gap).max(1)));
        }
        lines::lay_out(&new, text, change::destination(parsed, selection))
    } else {
        let before = text[..target.start].trim_end();
        if before.ends_with(',') {
            target.start = before.len() - 1;
        } else if let Some(rest) = text[target.end..].trim_start().strip_prefix(',') {
            target.end = text.len() - rest.trim_start().len();
        }
        String::new()
    };
    if let Some(eat) = &rule.eat_before {
        let head = regex::Regex::new(&format!("(?:{eat})$")).map_err(|_| unknown())?;
        // Far enough for what a recipe may eat: the space before a value, a continued line.
        let from = text.floor_char_boundary(target.start.saturating_sub(1024));
        if let Some(found) = head.find(&text[from..target.start]) {
            target.start = from + found.start();
        }
    }
    let edit = Edit { span: target, text: new, applicability: Applicability::Unsafe };
    let mut accessor = false;
    if recipe.lookups.get(&request.style).is_some_and(|lookup| lookup.variables) {
        let rendered = lookup(parsed, request, selection, edit.span.start, "\"")?;
        needs.extend(rendered.needs);
        accessor = rendered.accessor;
    }
    let edits = std::iter::once(edit).chain(spread.edits).collect();
    Ok(Made { edits, needs, accessor, ..Made::default() })
}
