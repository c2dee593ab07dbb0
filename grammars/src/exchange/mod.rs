//! Mappings of values that become mappings of references, in place: a Kubernetes Secret that becomes an `ExternalSecret`.

mod stays;

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use tree_sitter::Node;

use crate::addresses::{self, Marks};
use crate::edit::{Applicability, Edit, Refusal, Request};
use crate::lines;
use crate::literal::Role;
use crate::parsed::Parsed;
use crate::recipe::{Constant, ExchangeKey, ExchangeRule};
use crate::rewrite::Made;
use crate::select::{Selection, refusal};
use crate::taken;
use crate::visit::{Next, visit};

/// Exchanges each mapping that values are taken out of. The edits are the same for each of its values.
pub(crate) fn exchange(
    parsed: &Parsed,
    requests: &[Request],
    selections: &[Option<&Selection>],
    made: &mut [Result<Made, Refusal>],
) {
    for (block, name) in &parsed.facts.exchanges {
        let Some(rule) = parsed.loaded.recipe.exchanges.get(name) else { continue };
        let inside = |index: &usize| {
            let literal = |selection: &Selection| &parsed.literals[selection.site];
            made[*index].is_ok()
                && selections[*index].map(literal).is_some_and(|literal| {
                    literal.role != Role::Prose && block.start <= literal.span.start && literal.span.end <= block.end
                })
        };
        let own: Vec<usize> = (0..made.len()).filter(inside).collect();
        if own.is_empty() {
            continue;
        }
        let going: Vec<Going<'_>> = own
            .iter()
            .filter_map(|index| Some(Going { request: &requests[*index], selection: selections[*index]? }))
            .collect();
        let edits = Block::read(parsed, block, rule).and_then(|block| block.edits(&going));
        for (at, index) in own.into_iter().enumerate() {
            match (&mut made[index], &edits) {
                (Ok(made), Ok((shared, entries))) => {
                    match entries.get(at).and_then(Option::as_ref) {
                        Some(entry) => made.edits = vec![entry.clone()],
                        None => made.edits.iter_mut().for_each(|edit| edit.applicability = Applicability::Unsafe),
                    }
                    made.edits.extend(shared.iter().cloned());
                }
                (one, Err(refusal)) => *one = Err(refusal.clone()),
                (Err(_), _) => {}
            }
        }
    }
}

/// A value that goes.
struct Going<'a> {
    request: &'a Request,
    selection: &'a Selection,
}

/// A key of a mapping with its value.
pub(crate) struct Pair<'tree> {
    pub all: Range<usize>,
    pub key: Range<usize>,
    pub value: Option<Node<'tree>>,
}

/// A key that holds values, and how a text of it that stays is wrapped.
type Section<'s, 'a> = (&'s Pair<'a>, &'s (String, String));

/// A mapping that is to be exchanged, taken apart.
struct Block<'a> {
    parsed: &'a Parsed,
    rule: &'a ExchangeRule,
    pairs: Vec<(Pair<'a>, &'a ExchangeKey)>,
}

/// Edits that all values of a mapping share; and for each value the one that is made in the place of its own.
type Edits = (Vec<Edit>, Vec<Option<Edit>>);

impl<'a> Block<'a> {
    fn read(parsed: &'a Parsed, span: &Range<usize>, rule: &'a ExchangeRule) -> Result<Self, Refusal> {
        let other = || explained("not-exchanged", &rule.other);
        let root = parsed.tree.root_node();
        let node = root.descendant_for_byte_range(span.start, span.end).ok_or_else(other)?;
        let odd = visit(node, &mut |node| match node.kind() {
            "anchor" | "alias" | "tag" => Next::Stop,
            _ => Next::Into,
        });
        if node.has_error() || odd {
            return Err(other());
        }
        let mut found = Vec::new();
        for pair in pairs(node) {
            let known = rule.keys.get(unquoted(&parsed.text[pair.key.clone()])).ok_or_else(other)?;
            let value = pair.value.map_or("", |value| unquoted(&parsed.text[value.byte_range()]));
            let fits = known.is.as_ref().is_none_or(|is| Regex::new(is).is_ok_and(|is| is.is_match(value)));
            let alone = lines::start(&parsed.text, pair.key.start) + span_column(parsed, span) == pair.key.start;
            if !fits || !alone && pair.key.start != span.start {
                return Err(other());
            }
            found.push((pair, known));
        }
        Ok(Self { parsed, rule, pairs: found })
    }

    fn other(&self) -> Refusal {
        explained("not-exchanged", &self.rule.other)
    }

    /// The keys that hold values. Between them nothing may stay.
    fn sections(&self) -> Result<Vec<Section<'_, 'a>>, Refusal> {
        let holds: Vec<usize> = (0..self.pairs.len()).filter(|index| self.pairs[*index].1.holds.is_some()).collect();
        let (Some(first), Some(last)) = (holds.first(), holds.last()) else { return Err(self.other()) };
        let between = &self.pairs[*first..=*last];
        if between.iter().any(|(_, known)| known.holds.is_none() && known.goes.is_none()) {
            return Err(self.other());
        }
        Ok(between.iter().filter_map(|(pair, known)| Some((pair, known.holds.as_ref()?))).collect())
    }

    fn edits(&self, going: &[Going<'_>]) -> Result<Edits, Refusal> {
        let text = &self.parsed.text;
        let sections = self.sections()?;
        let mut entries: Vec<(Pair<'a>, &(String, String))> = Vec::new();
        for (section, wrap) in &sections {
            let value = section.value.ok_or_else(|| self.other())?;
            entries.extend(pairs(value).into_iter().map(|pair| (pair, *wrap)));
        }
        let first = sections.first().map(|(pair, _)| pair.key.start).unwrap_or_default();
        let base = first - lines::start(text, first);
        let column = entries.first().map(|(pair, _)| pair.key.start - lines::start(text, pair.key.start));
        let step =
            column.and_then(|column| column.checked_sub(base)).filter(|step| *step > 0).ok_or_else(|| self.other())?;
        let mut keys: Vec<&str> = entries.iter().map(|(pair, _)| unquoted(&text[pair.key.clone()])).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.other());
        }
        let of = |pair: &Pair<'_>| -> Vec<&Going<'_>> {
            let within = |one: &&Going<'_>| {
                let span = &self.parsed.literals[one.selection.site].span;
                pair.all.start <= span.start && span.end <= pair.all.end
            };
            going.iter().filter(within).collect()
        };
        let whole = |pair: &Pair<'_>| matches!(of(pair).as_slice(), [one] if self.whole(one));
        let plain = entries.iter().all(|(pair, _)| whole(pair));
        let layout = if plain { &self.rule.plain } else { &self.rule.mixed };
        let room = Room { newline: lines::ending(text), base, step };
        let mut marks: Marks =
            self.parsed.addresses.facts.iter().map(|(mark, fact)| (mark.clone(), Some(fact.clone()))).collect();
        let mut shared = self.around(&sections, &mut marks);
        let head = room.lines(&addresses::fill(&layout.head, &marks));
        let Some((opening, _)) = sections.first() else { return Err(self.other()) };
        shared.push(edit(opening.key.clone(), head.trim_start().to_owned()));
        if let Some(entry) = &layout.entry {
            let replaced = going.iter().map(|one| {
                let pair = entries
                    .iter()
                    .map(|(pair, _)| pair)
                    .find(|pair| of(pair).iter().any(|own| std::ptr::eq(*own, one)));
                let pair = pair.ok_or_else(|| self.other())?;
                let mut marks = self.parsed.addresses.marks(&one.request.name)?;
                marks.insert("key".into(), Some(key_as_text(&text[pair.key.clone()])));
                let indent = " ".repeat(pair.key.start - lines::start(text, pair.key.start));
                let entry = addresses::fill(entry, &marks);
                let breaks = format!("{}{indent}", room.newline);
                let (span, ending) = self.span_of(&pair.all, one);
                Ok(Some(edit(span, entry.trim_end().replace('\n', &breaks) + ending)))
            });
            return Ok((shared, replaced.collect::<Result<_, Refusal>>()?));
        }
        if self.unstable(going) {
            return Err(explained("not-exchanged", &self.rule.unstable_why));
        }
        for (pair, wrap) in entries.iter().filter(|(pair, _)| of(pair).is_empty()) {
            shared.extend(self.wrapped(pair, wrap)?);
        }
        shared.extend(self.moved_right(&sections, going, layout.deeper * step));
        if let (Some(tail), Some(item)) = (&layout.tail, &layout.item) {
            let mut items: BTreeMap<&str, String> = BTreeMap::new();
            for one in going {
                let mut marks = self.parsed.addresses.marks(&one.request.name)?;
                marks.insert("name".into(), Some(one.request.name.clone()));
                items.insert(&one.request.name, addresses::fill(item, &marks));
            }
            let items: String = items.into_values().collect();
            let last =
                sections.last().map_or(first, |(pair, _)| pair.all.start + text[pair.all.clone()].trim_end().len());
            // A block scalar's value ends behind the break of its line.
            let at =
                going.iter().map(|one| one.selection.source().end).max().unwrap_or(last).max(lines::next(text, last));
            let lines = room.deeper().lines(tail.replace("<items>", &kept(items.trim_end())).trim_end());
            let broken = text[..at].ends_with('\n');
            let newline = room.newline;
            shared.push(edit(at..at, if broken { lines + newline } else { format!("{newline}{lines}") }));
        }
        let whole = going.iter().map(|one| {
            let with = layout.whole.as_ref().filter(|_| self.whole(one))?;
            let (span, ending) = self.span_of(&self.parsed.literals[one.selection.site].span, one);
            Some(edit(span, with.replace("<name>", &one.request.name) + ending))
        });
        Ok((shared, whole.collect()))
    }

    /// Whether nothing of a literal stays: not the line break that a block scalar ends with either.
    fn whole(&self, one: &Going<'_>) -> bool {
        one.selection.whole && !taken::breaks_after(self.parsed, one.selection.site)
    }

    /// What an edit replaces that takes all of a value, and the line break that must stay: the value of a block scalar has it.
    fn span_of(&self, all: &Range<usize>, one: &Going<'_>) -> (Range<usize>, &'static str) {
        let text = &self.parsed.text;
        let trimmed = all.start + text[all.clone()].trim_end().len();
        let end = trimmed.max(one.selection.source().end);
        (all.start..end, if text[trimmed..end].contains('\n') { lines::ending(text) } else { "" })
    }
}

/// Where the new mapping stands.
struct Room {
    newline: &'static str,
    base: usize,
    step: usize,
}

/// Stands before lines that have the depth of their own that they need.
const KEPT: char = '\u{1}';

impl Room {
    /// One level further in.
    fn deeper(&self) -> Self {
        Self { base: self.base + self.step, ..*self }
    }

    /// A recipe's lines: two blanks are one level. The first line begins where the mapping does.
    fn lines(&self, template: &str) -> String {
        let mut depth = 0;
        let mut out = Vec::new();
        for line in template.trim_end().split('\n') {
            let content = line.trim_start_matches(' ');
            let own = content.strip_prefix(KEPT);
            if own.is_none() {
                depth = self.base + (line.len() - content.len()) / 2 * self.step;
            }
            out.push(format!("{}{}", " ".repeat(depth), own.unwrap_or(content)));
        }
        out.join(self.newline)
    }
}

/// Lines that keep their own depth below the first of them.
fn kept(lines: &str) -> String {
    lines.replace('\n', &format!("\n{KEPT}"))
}

fn span_column(parsed: &Parsed, span: &Range<usize>) -> usize {
    span.start - lines::start(&parsed.text, span.start)
}

/// The lines of a pair, whole.
fn line(text: &str, pair: &Range<usize>) -> Range<usize> {
    let end = pair.start + text[pair.clone()].trim_end().len();
    lines::start(text, pair.start)..lines::next(text, end)
}

fn edit(span: Range<usize>, text: String) -> Edit {
    Edit { span, text, applicability: Applicability::Unsafe }
}

fn explained(code: &str, why: &Constant) -> Refusal {
    refusal(code, &why.reason, &why.advice)
}

/// The pairs of a mapping, whatever its node is wrapped into.
pub(crate) fn pairs(node: Node<'_>) -> Vec<Pair<'_>> {
    let mut node = node;
    loop {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect();
        let found: Vec<Pair<'_>> = children
            .iter()
            .filter_map(|child| {
                let key = child.child_by_field_name("key")?.byte_range();
                Some(Pair { all: child.byte_range(), key, value: child.child_by_field_name("value") })
            })
            .collect();
        match children.as_slice() {
            [only] if found.is_empty() => node = *only,
            _ => return found,
        }
    }
}

/// A key as a scalar that every reader takes for text: `1` and `on` would be something else.
fn key_as_text(key: &str) -> String {
    let typed = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&key.to_lowercase().as_str());
    let telling = key.starts_with(|first: char| first.is_ascii_alphabetic() || "\"'".contains(first));
    if telling && !typed { key.to_owned() } else { format!("\"{key}\"") }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}
