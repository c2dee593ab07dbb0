//! One literal node taken apart: delimiters, text with its spelling, holes.

use std::ops::Range;

use tree_sitter::Node;

use crate::decode::{self, Unit};
use crate::layout;
use crate::literal::Part;
use crate::loaded::{Form, Loaded};
use crate::names::upper_snake_plain;
use crate::visit::{Next, visit};

/// A literal node taken apart. Implicitly concatenated literals have several.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Index of its form.
    pub form: usize,
    /// The whole node.
    pub span: Range<usize>,
    /// Its opening and closing delimiters.
    pub open: Range<usize>,
    pub close: Range<usize>,
    /// Text in order.
    pub units: Vec<Unit>,
    /// What the units mean, joined.
    pub value: Vec<u8>,
    /// Interpolated expressions.
    pub holes: Vec<Range<usize>>,
    /// Hardcoded defaults within holes.
    pub fallbacks: Vec<Fallback>,
}

/// The hardcoded default of an interpolation.
#[derive(Clone, Debug)]
pub(crate) struct Fallback {
    /// The interpolation.
    pub hole: Range<usize>,
    /// The default, as source, and what it means.
    pub source: Range<usize>,
    pub units: Vec<Unit>,
    pub value: Vec<u8>,
    /// The variable that is looked up.
    pub variable: String,
    /// The interpolation without its default.
    pub required: String,
}

/// Marks by node.
type Mark = std::collections::HashMap<usize, String>;

impl Piece {
    /// Takes a node apart by the first of its kind's forms that fits.
    ///
    /// `above` says whether a node of some kind stands anywhere above it.
    pub(crate) fn of(
        loaded: &Loaded,
        node: Node<'_>,
        text: &str,
        doubled: &[String],
        mark: &Mark,
        parent: Option<&str>,
        above: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        let kind = loaded.kinds.get(usize::from(node.kind_id()))?;
        let fits = |index: &&usize| {
            let rule = &loaded.forms[**index].rule;
            let within = &rule.within;
            (within.is_empty() || parent.is_some_and(|parent| within.iter().any(|kind| kind == parent)))
                && (rule.under.is_empty() || rule.under.iter().any(|kind| above(kind)))
        };
        kind.forms.iter().filter(fits).find_map(|index| Self::by_form(loaded, *index, node, text, doubled, mark))
    }

    /// Takes a stretch of text apart by the first form of a kind that fits: where there are no nodes.
    pub(crate) fn of_span(loaded: &Loaded, kind: &str, span: &Range<usize>, text: &str) -> Option<Self> {
        let source = text.get(span.clone())?;
        loaded.forms.iter().enumerate().find_map(|(index, form)| {
            let of_kind = form.rule.nodes.iter().any(|node| node == kind);
            if !of_kind || form.when.as_ref().is_some_and(|when| !when.is_match(source)) {
                return None;
            }
            let (open, close) = delimiters(form, source)?;
            let (open, close) = (span.start..span.start + open, span.end - close..span.end);
            let content = open.end..close.start;
            Some(Self::assemble(loaded, index, text, (span.clone(), open, close), Vec::new(), &[content], &[]))
        })
    }

    fn by_form(
        loaded: &Loaded,
        index: usize,
        node: Node<'_>,
        text: &str,
        doubled: &[String],
        mark: &Mark,
    ) -> Option<Self> {
        let form = &loaded.forms[index];
        let span = node.byte_range();
        let source = text.get(span.clone())?;
        if form.when.as_ref().is_some_and(|when| !when.is_match(source)) {
            return None;
        }
        if form.rule.marked.is_some() && form.rule.marked.as_ref() != mark.get(&node.id()) {
            return None;
        }
        let (open, close) = delimiters(form, source)?;
        let (open, close) = (span.start..span.start + open, span.end - close..span.end);
        let (mut holes, mut contents) = (Vec::new(), Vec::new());
        if !form.rule.holes.is_empty() || !form.rule.content.is_empty() {
            children(form, node, &mut holes, &mut contents);
        }
        if form.rule.content.is_empty() {
            contents.push(open.end..close.start);
        }
        Some(Self::assemble(loaded, index, text, (span, open, close), holes, &contents, doubled))
    }

    /// Decodes what is text of a literal whose delimiters and holes are known.
    fn assemble(
        loaded: &Loaded,
        index: usize,
        text: &str,
        (span, open, close): (Range<usize>, Range<usize>, Range<usize>),
        holes: Vec<Range<usize>>,
        contents: &[Range<usize>],
        doubled: &[String],
    ) -> Self {
        let form = &loaded.forms[index];
        let mut piece =
            Self { form: index, span, open, close, units: Vec::new(), value: Vec::new(), holes, fallbacks: Vec::new() };
        for content in contents {
            piece.interpolate(loaded, form, text, content);
        }
        piece.holes.sort_by_key(|hole| hole.start);
        let scheme = form.rule.escapes.as_deref().and_then(|name| loaded.recipe.escapes.get(name));
        for content in contents {
            if form.rule.base64 {
                decode::base64(&text[content.clone()], content.start, &mut piece.value, &mut piece.units);
                continue;
            }
            for stretch in without(content, &piece.holes) {
                for line in layout::stretches(form.rule.layout, text, &stretch, &piece.open, &piece.close) {
                    match line {
                        layout::Stretch::Text(range) => decode::decode(
                            &text[range.clone()],
                            range.start,
                            scheme,
                            doubled,
                            &mut piece.value,
                            &mut piece.units,
                        ),
                        layout::Stretch::Means(range, meaning) => {
                            let start = piece.value.len();
                            piece.value.extend_from_slice(meaning.as_bytes());
                            let spelled = layout::spelling(&meaning, &text[range.clone()]);
                            piece.units.push(Unit { source: range, value: start..piece.value.len(), spelled });
                        }
                    }
                }
            }
        }
        piece
    }

    /// Finds interpolations that the parser does not know.
    fn interpolate(&mut self, loaded: &Loaded, form: &Form, text: &str, content: &Range<usize>) {
        let scheme = form.rule.escapes.as_deref().and_then(|name| loaded.recipe.escapes.get(name));
        for (pattern, rule) in &form.interpolations {
            for found in pattern.captures_iter(&text[content.clone()]) {
                let Some(all) = found.get(0).filter(|_| found.name("skip").is_none()) else { continue };
                let hole = content.start + all.start()..content.start + all.end();
                if self.holes.iter().any(|other| other.start < hole.end && hole.start < other.end) {
                    continue;
                }
                if let (Some(default), Some(variable), Some(required)) =
                    (found.name("default"), found.name("variable"), &rule.required)
                    && !default.is_empty()
                {
                    let source = content.start + default.start()..content.start + default.end();
                    let (mut value, mut units) = (Vec::new(), Vec::new());
                    decode::decode(&text[source.clone()], source.start, scheme, &[], &mut value, &mut units);
                    self.fallbacks.push(Fallback {
                        hole: hole.clone(),
                        source,
                        units,
                        value,
                        variable: if rule.upper {
                            upper_snake_plain(variable.as_str())
                        } else {
                            variable.as_str().to_owned()
                        },
                        required: required.replace("<variable>", variable.as_str()),
                    });
                }
                self.holes.push(hole);
            }
        }
    }

    /// Text and holes in order.
    pub(crate) fn parts(&self, out: &mut Vec<Part>) {
        let mut holes = self.holes.iter().peekable();
        let mut from = 0;
        let flush = |units: &[Unit], out: &mut Vec<Part>| {
            if let (Some(first), Some(last)) = (units.first(), units.last()) {
                let value = &self.value[first.value.start..last.value.end];
                out.push(Part::Text {
                    span: first.source.start..last.source.end,
                    text: String::from_utf8_lossy(value).into_owned(),
                });
            }
        };
        for (index, unit) in self.units.iter().enumerate() {
            while let Some(hole) = holes.next_if(|hole| hole.start <= unit.source.start) {
                flush(&self.units[from..index], out);
                from = index;
                out.push(Part::Hole { span: hole.clone() });
            }
        }
        flush(&self.units[from..], out);
        out.extend(holes.map(|hole| Part::Hole { span: hole.clone() }));
    }

    /// The quote character of its opening, if it has one.
    pub(crate) fn quote<'a>(&self, text: &'a str) -> Option<&'a str> {
        let open = &text[self.open.clone()];
        let at = open.rfind(['"', '\'', '`'])?;
        open.get(at..=at)
    }
}

/// Lengths of the opening and the closing.
fn delimiters(form: &Form, source: &str) -> Option<(usize, usize)> {
    let Some(open) = &form.open else {
        let close = form.close.as_ref().map_or(Some(0), |close| close.find(source).map(|found| found.len()))?;
        return Some((0, close));
    };
    let captures = open.captures(source)?;
    let opening = captures.get(0)?.len();
    let closing = match (&form.close, captures.name("close")) {
        (Some(close), _) => close.find(source)?.len(),
        (None, Some(close)) if source.ends_with(close.as_str()) => close.len(),
        (None, Some(_)) => return None,
        (None, None) => 0,
    };
    (opening + closing <= source.len()).then_some((opening, closing))
}

/// Topmost descendants that are holes or hold text.
fn children(form: &Form, node: Node<'_>, holes: &mut Vec<Range<usize>>, contents: &mut Vec<Range<usize>>) {
    visit(node, &mut |child| {
        let is = |kinds: &[String]| kinds.iter().any(|kind| kind == child.kind());
        if child == node {
            return Next::Into;
        }
        if is(&form.rule.holes) {
            holes.push(child.byte_range());
            return Next::Past;
        }
        if is(&form.rule.content) {
            contents.push(child.byte_range());
        }
        Next::Into
    });
}

/// A range with others taken out.
fn without(range: &Range<usize>, holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = range.start;
    for hole in holes {
        if hole.start >= at && hole.end <= range.end {
            out.push(at..hole.start);
            at = hole.end;
        }
    }
    out.push(at..range.end);
    out.retain(|stretch| !stretch.is_empty());
    out
}
