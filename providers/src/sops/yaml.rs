//! YAML with the place of everything in it.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::tree::{Kind, Node, Scalar, Tree, line_end, line_start, number};

/// Reads a document.
///
/// # Errors
/// A sentence that quotes nothing of it.
pub(super) fn parse(text: &str) -> Result<Tree, String> {
    // The reader counts characters.
    let bytes = if text.is_ascii() {
        None
    } else {
        Some(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect::<Vec<_>>())
    };
    let mut reader = Reader { text, bytes, tree: Tree::default(), open: Vec::new(), documents: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| format!("it is not YAML (line {})", error.marker().line()))?;
        reader.take(event, span)?;
    }
    if reader.documents == 0 { Err("it is empty".to_owned()) } else { Ok(reader.tree) }
}

/// A name as a key that every reader takes for text.
pub(super) fn key(name: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && !words.iter().any(|word| name.eq_ignore_ascii_case(word));
    if plain { name.to_owned() } else { super::json::string(name) }
}

/// A mapping or list that is not read to its end.
struct Open {
    /// Its node; none for the document's own mapping.
    node: Option<usize>,
    path: Vec<String>,
    in_list: bool,
    is_map: bool,
    flow: bool,
    /// The name that was read and waits for its value, and where it begins.
    name: Option<(String, usize)>,
    /// Where its last entry begins and its value ends.
    last: Option<(usize, usize)>,
}

struct Reader<'a> {
    text: &'a str,
    bytes: Option<Vec<usize>>,
    tree: Tree,
    open: Vec<Open>,
    documents: usize,
}

impl Reader<'_> {
    fn range(&self, span: Span) -> (usize, usize) {
        let at = |index: usize| match &self.bytes {
            Some(bytes) => bytes.get(index).copied().unwrap_or(self.text.len()),
            None => index.min(self.text.len()),
        };
        (at(span.start.index()), at(span.end.index()))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        let (start, end) = self.range(span);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err("it holds several documents".to_owned());
                }
            }
            Event::Alias(_) => return Err("it has an alias (`*name`), which SOPS itself writes out".to_owned()),
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err("it has an anchor or a tag".to_owned());
                }
                let waits = self.open.last().is_some_and(|open| open.is_map && open.name.is_none());
                if waits {
                    if let Some(open) = self.open.last_mut() {
                        open.name = Some((text.into_owned(), start));
                    }
                    return Ok(());
                }
                let scalar = match style {
                    ScalarStyle::Plain => resolve(&text)?,
                    _ => Scalar::Text(text.into_owned()),
                };
                let flow = self.open.last().is_some_and(|open| open.flow);
                let quoted = flow || matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                let end = start + written(&self.text[start..end], style);
                if self.open.is_empty() {
                    return Err("it is a single value".to_owned());
                }
                self.begin(Kind::Leaf { scalar, span: start..end, quoted }, start);
                self.finish(end);
            }
            Event::MappingStart(anchor, tag) | Event::SequenceStart(anchor, tag) if anchor != 0 || tag.is_some() => {
                return Err("it has an anchor or a tag".to_owned());
            }
            Event::MappingStart(..) => {
                if self.open.last().is_some_and(|open| open.is_map && open.name.is_none()) {
                    return Err("a mapping is the name of something".to_owned());
                }
                self.container(Kind::Map { end: None }, true, start);
            }
            Event::SequenceStart(..) => {
                if self.open.is_empty() {
                    return Err("it is a list".to_owned());
                }
                self.container(Kind::List, false, start);
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    /// A node for what comes now.
    fn begin(&mut self, kind: Kind, start: usize) -> Option<usize> {
        let open = self.open.last()?;
        let at = open.name.as_ref().filter(|_| open.is_map).map_or(start, |(_, at)| *at);
        let mut path = open.path.clone();
        let in_list = open.in_list || !open.is_map;
        path.extend(open.name.as_ref().filter(|_| open.is_map).map(|(name, _)| name.clone()));
        self.tree.nodes.push(Node { path, in_list, at, entry: None, kind });
        Some(self.tree.nodes.len() - 1)
    }

    fn container(&mut self, kind: Kind, is_map: bool, start: usize) {
        let flow = self.text[start..].starts_with(['{', '[']);
        let node = self.begin(kind, start);
        let path = node.map(|node| self.tree.nodes[node].path.clone()).unwrap_or_default();
        let in_list = node.is_some_and(|node| self.tree.nodes[node].in_list) || !is_map;
        let flow = flow || self.open.last().is_some_and(|open| open.flow);
        self.open.push(Open { node, path, in_list, is_map, flow, name: None, last: None });
    }

    /// The value that was open ends at `end`.
    fn finish(&mut self, end: usize) {
        let Some(open) = self.open.last_mut() else { return };
        let Some((name, start)) = open.name.take().filter(|_| open.is_map) else {
            let start = open.last.map_or(end, |(start, _)| start);
            open.last = Some((start, end));
            return;
        };
        open.last = Some((start, end));
        if open.flow || open.in_list {
            return;
        }
        let mut path = open.path.clone();
        path.push(name);
        let entry = line_start(self.text, start)..line_end(self.text, end);
        // Several entries on one line are not taken apart.
        if self.text[entry.start..start].trim().is_empty()
            && let Some(node) = self.tree.nodes.iter_mut().rev().find(|node| !node.in_list && node.path == path)
        {
            node.entry = Some(entry);
        }
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let mut end = if open.flow { end } else { open.last.map_or(end, |(_, end)| end) };
        if !open.flow && open.last.is_none() {
            end = end.min(self.text.len());
        }
        if let (Some(node), true, false, Some((start, last))) = (open.node, open.is_map, open.flow, open.last) {
            let indent = &self.text[line_start(self.text, start)..start];
            if indent.trim().is_empty() && !open.in_list {
                let place = (line_end(self.text, last), indent.to_owned());
                self.tree.nodes[node].kind = Kind::Map { end: Some(place) };
            }
        }
        self.finish(end);
    }
}

/// How much of a text is the scalar that it begins with: the reader counts what is between it and the next thing as well.
fn written(text: &str, style: ScalarStyle) -> usize {
    match style {
        // `''` is a quote within quotes.
        ScalarStyle::SingleQuoted => {
            let mut at = 1;
            while let Some(found) = text.get(at..).and_then(|rest| rest.find('\'')) {
                at += found + 1;
                if !text[at..].starts_with('\'') {
                    return at;
                }
                at += 1;
            }
            text.len()
        }
        ScalarStyle::DoubleQuoted => {
            let mut escaped = false;
            let end = text.bytes().skip(1).position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |end| end + 2)
        }
        ScalarStyle::Plain => {
            let comment = [" #", "\t#", "\n#"].iter().filter_map(|mark| text.find(mark)).min();
            text[..comment.unwrap_or(text.len())].trim_end().len()
        }
        _ => text.trim_end().len(),
    }
}

/// What a plain scalar stands for ("Core Schema", with the forms that SOPS's own reader takes besides).
fn resolve(text: &str) -> Result<Scalar, String> {
    let scalar = match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bare("True".to_owned()),
        "false" | "False" | "FALSE" => Scalar::Bare("False".to_owned()),
        text => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || digits == "." {
                return Ok(Scalar::Text(text.to_owned()));
            }
            if looks_like_time(text) {
                return Err("it has a time in the clear, whose form is not known for sure".to_owned());
            }
            let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
            let integer =
                radix.iter().find_map(|(prefix, radix)| i64::from_str_radix(digits.strip_prefix(prefix)?, *radix).ok());
            let sign = if text.starts_with('-') { -1 } else { 1 };
            let numeric = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
            match integer.map(|integer| (integer * sign).to_string()).or_else(|| number(text).filter(|_| numeric)) {
                Some(number) => Scalar::Bare(number),
                None => Scalar::Text(text.to_owned()),
            }
        }
    };
    Ok(scalar)
}

fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[5].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Vec<(String, Scalar)> {
        parse(text).unwrap().leaves().map(|(node, scalar)| (node.path.join("/"), scalar.clone())).collect()
    }

    #[test]
    fn everything_has_its_place() {
        let text = "# head\n\u{e9}: \"caf\\u00e9\"\nb:\n  # inner\n  c: 'd' # tail\n  e: [1, x]\nf:\n- g: h\n- 0x10\n- 1.50\ni: |\n  j\n  k\nl:\n";
        let value = |text: &str| Scalar::Text(text.to_owned());
        let bare = |text: &str| Scalar::Bare(text.to_owned());
        let expected = [
            ("\u{e9}", value("caf\u{e9}")),
            ("b/c", value("d")),
            ("b/e", bare("1")),
            ("b/e", value("x")),
            ("f/g", value("h")),
            ("f", bare("16")),
            ("f", bare("1.5")),
            ("i", value("j\nk\n")),
            ("l", Scalar::Null),
        ];
        assert_eq!(leaves(text), expected.map(|(path, scalar)| (path.to_owned(), scalar)));
        let tree = parse(text).unwrap();
        let path = |path: &[&str]| path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        let node = tree.find(&path(&["b", "c"])).unwrap();
        let Kind::Leaf { span, quoted: true, .. } = &node.kind else { panic!("{node:?}") };
        assert_eq!(&text[span.clone()], "'d'");
        assert_eq!(&text[node.entry.clone().unwrap()], "  c: 'd' # tail\n");
        assert_eq!(&text[tree.removal(&path(&["i"])).unwrap()], "i: |\n  j\n  k\n");
        let Kind::Map { end: Some((end, indent)) } = &tree.find(&path(&["b"])).unwrap().kind else { panic!() };
        assert_eq!((&text[*end..*end + 2], indent.as_str()), ("f:", "  "));
    }

    #[test]
    fn a_scalar_ends_where_it_is_written() {
        let text = "a: 'it''s' # '\nb: \"x\\\\\\\" # y\" # \"\nc: p # q\nd: r\n  s\n# t\ne: {f: 'g', h: i # j\n  }\n";
        let tree = parse(text).unwrap();
        let spans = tree.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Leaf { span, .. } => Some(&text[span.clone()]),
            _ => None,
        });
        let expected = ["'it''s'", "\"x\\\\\\\" # y\"", "p", "r\n  s", "'g'", "i"];
        assert_eq!(spans.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_cannot_be_edited_safely_is_told() {
        for text in
            ["", "a", "- a", "a: &x b\nc: *x\n", "a: !!str b", "a: b\n---\nc: d\n", "a: 2020-01-01", "{", "a: b: c"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        for (name, written) in [("A_B-c.d", "A_B-c.d"), ("null", "\"null\""), ("1a", "\"1a\""), ("No", "\"No\"")] {
            assert_eq!(key(name), written);
        }
    }
}
