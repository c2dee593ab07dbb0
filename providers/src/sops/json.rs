//! JSON with the place of everything in it.

use std::ops::Range;

use super::tree::{Kind, Node, Scalar, Tree, number};

/// Reads a document.
///
/// # Errors
/// A sentence that quotes nothing of it.
pub(super) fn parse(text: &str) -> Result<Tree, String> {
    let mut reader = Reader { text, at: 0, tree: Tree::default() };
    reader.space();
    if reader.peek() != Some(b'{') {
        return Err("it is not a JSON object".to_owned());
    }
    reader.value(&mut Vec::new(), false, 0)?;
    reader.space();
    if reader.at < text.len() { Err("something follows the JSON object".to_owned()) } else { Ok(reader.tree) }
}

/// A string as it is written.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// How deep a document may be.
const DEEPEST: usize = 100;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    tree: Tree,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn broken<T>(&self) -> Result<T, String> {
        let line = self.text[..self.at.min(self.text.len())].matches('\n').count() + 1;
        Err(format!("it is not JSON (line {line})"))
    }

    /// The value at the place, with everything below it. Answers what it is.
    fn value(&mut self, path: &mut Vec<String>, in_list: bool, depth: usize) -> Result<Kind, String> {
        if depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(path, in_list, depth),
            Some(b'[') => {
                self.at += 1;
                self.space();
                while !self.take(b']') {
                    let (index, at) = (self.tree.nodes.len(), self.at);
                    let kind = self.value(path, true, depth + 1)?;
                    self.tree.nodes.insert(index, Node { path: path.clone(), in_list: true, at, entry: None, kind });
                    self.space();
                    if self.take(b',') {
                        self.space();
                    } else if self.peek() != Some(b']') {
                        return self.broken();
                    }
                }
                Ok(Kind::List)
            }
            Some(b'"') => {
                let text = self.string()?;
                Ok(Kind::Leaf { scalar: Scalar::Text(text), span: start..self.at, quoted: true })
            }
            _ => {
                let end = |c: char| matches!(c, ',' | '}' | ']' | ' ' | '\t' | '\n' | '\r');
                let rest = &self.text[self.at..];
                let word = &rest[..rest.find(end).unwrap_or(rest.len())];
                let scalar = match word {
                    "null" => Scalar::Null,
                    "true" => Scalar::Bare("True".to_owned()),
                    "false" => Scalar::Bare("False".to_owned()),
                    word => match number(word).filter(|_| serde_json::from_str::<serde_json::Number>(word).is_ok()) {
                        Some(number) => Scalar::Bare(number),
                        None => return self.broken(),
                    },
                };
                self.at += word.len();
                Ok(Kind::Leaf { scalar, span: start..self.at, quoted: false })
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return self.broken(),
                Some(b'\\') => self.at += 2,
                Some(b'"') => break,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        match self.text.get(start..self.at).and_then(|text| serde_json::from_str(text).ok()) {
            Some(text) => Ok(text),
            None => self.broken(),
        }
    }

    fn object(&mut self, path: &mut Vec<String>, in_list: bool, depth: usize) -> Result<Kind, String> {
        let open = self.at;
        self.at += 1;
        // Each entry: its node, where it begins and ends.
        let mut entries: Vec<(usize, Range<usize>)> = Vec::new();
        self.space();
        while !self.take(b'}') {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.broken();
            }
            let name = self.string()?;
            self.space();
            if !self.take(b':') {
                return self.broken();
            }
            self.space();
            path.push(name);
            if entries.iter().any(|(index, _)| self.tree.nodes[*index].path == *path) {
                return Err("a name stands in it twice".to_owned());
            }
            let index = self.tree.nodes.len();
            let placeholder = Kind::List;
            self.tree.nodes.push(Node { path: path.clone(), in_list, at: start, entry: None, kind: placeholder });
            let kind = self.value(path, in_list, depth + 1)?;
            self.tree.nodes[index].kind = kind;
            path.pop();
            entries.push((index, start..self.at));
            self.space();
            if self.take(b',') {
                self.space();
            } else if self.peek() != Some(b'}') {
                return self.broken();
            }
        }
        for (place, (index, range)) in entries.iter().enumerate() {
            // With the comma after it, or before it where it is the last one.
            let range = match (entries.get(place + 1), place.checked_sub(1).map(|before| &entries[before])) {
                (Some((_, next)), _) => range.start..next.start,
                (None, Some((_, before))) => before.end..range.end,
                (None, None) => range.clone(),
            };
            self.tree.nodes[*index].entry = Some(range);
        }
        let end = match entries.last() {
            Some((_, last)) => {
                // What is between the comma (or the bracket) before it and the last name.
                let before = self.text[open..last.start].rfind([',', '{']).map_or(open, |found| open + found);
                Some((last.end, format!(",{}", &self.text[before + 1..last.start])))
            }
            None => Some((open + 1, String::new())),
        };
        Ok(Kind::Map { end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let text = "{\n\t\"a\": \"x\\\"y\",\n\t\"b\": {\"c\": [1.0, true, null], \"d\": \"e\"}\n}\n";
        let tree = parse(text).unwrap();
        let found: Vec<_> = tree.leaves().map(|(node, scalar)| (node.path.join("/"), scalar.clone())).collect();
        let bare = |text: &str| Scalar::Bare(text.to_owned());
        let expected = [
            ("a".to_owned(), Scalar::Text("x\"y".to_owned())),
            ("b/c".to_owned(), bare("1")),
            ("b/c".to_owned(), bare("True")),
            ("b/c".to_owned(), Scalar::Null),
            ("b/d".to_owned(), Scalar::Text("e".to_owned())),
        ];
        assert_eq!(found, expected);
        let without = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            let mut rest = text.to_owned();
            rest.replace_range(tree.removal(&path).unwrap(), "");
            serde_json::from_str::<serde_json::Value>(&rest).unwrap().to_string()
        };
        assert_eq!(without(&["a"]), r#"{"b":{"c":[1.0,true,null],"d":"e"}}"#);
        assert_eq!(without(&["b", "d"]), r#"{"a":"x\"y","b":{"c":[1.0,true,null]}}"#);
        for broken in ["[]", "{\"a\" 1}", "{\"a\": 1,, }", "{\"a\": 1, \"a\": 2}", "{} {}", "{\"a\": 01x}", "{\"a"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }
}
