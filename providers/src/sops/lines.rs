//! The two formats that are lines: dotenv and INI, as SOPS reads them.

use super::tree::{Kind, Node, SOPS, Scalar, Tree, line_end};

/// The section of an INI file that names without a section are in.
pub(super) const DEFAULT: &str = "DEFAULT";

/// Reads a dotenv file: every line is a comment or `NAME=value`, nothing is quoted.
pub(super) fn dotenv(text: &str) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let mut at = 0;
    for (index, line) in text.split('\n').enumerate() {
        let start = at;
        at += line.len() + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| format!("line {} is not NAME=value", index + 1))?;
        let path = match name.strip_prefix("sops_") {
            Some(own) => unflattened(own),
            None => vec![name.to_owned()],
        };
        if path[0] != SOPS && tree.find(&path).is_some() {
            return Err("a name stands in it twice".to_owned());
        }
        let from = start + name.len() + 1;
        let scalar = Scalar::Text(value.replace("\\n", "\n"));
        let kind = Kind::Leaf { scalar, span: from..from + value.len(), quoted: false };
        tree.nodes.push(Node { path, in_list: false, at: start, entry: Some(start..line_end(text, start)), kind });
    }
    Ok(tree)
}

/// Whether a value is another one once `sops decrypt` has written it into an INI file: a backslash at the end goes on with
/// the next line, quotes around it are taken off, and three of them end a value of several lines.
pub(super) fn changes(text: &str) -> bool {
    let around = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    text.contains(['\r', '\0']) || text.ends_with('\\') || text.contains("\"\"\"") || around('"') || around('\'')
}

/// Reads an INI file.
pub(super) fn ini(text: &str) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let mut section = DEFAULT.to_owned();
    let mut at = 0;
    let mut number = 0;
    while at < text.len() {
        number += 1;
        let (start, end) = (at, line_end(text, at));
        at = end;
        let line = text[start..end].trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split_once(']').ok_or_else(|| format!("line {number} is not a section"))?.0.trim();
            name.clone_into(&mut section);
            let path = vec![section.clone()];
            if tree.find(&path).is_some() {
                return Err("a section stands in it twice".to_owned());
            }
            let kind = Kind::Map { end: Some((end, String::new())) };
            tree.nodes.push(Node { path, in_list: false, at: start, entry: Some(start..end), kind });
            continue;
        }
        let split = line.find(['=', ':']).ok_or_else(|| format!("line {number} is not NAME = value"))?;
        let name = line[..split].trim();
        if name.is_empty() || name.starts_with(['"', '`']) || line.ends_with('\\') {
            return Err(format!("line {number} is written in a way that is not known"));
        }
        let raw = line[split + 1..].trim();
        let offset = start + text[start..end].find(line).unwrap_or_default() + split + 1;
        let from = offset + (line[split + 1..].len() - line[split + 1..].trim_start().len());
        let (value, span) = if let Some(body) = text[from..].strip_prefix("\"\"\"") {
            let close = body.find("\"\"\"").ok_or_else(|| format!("line {number} has quotes that do not end"))?;
            let to = from + close + 6;
            number += text[from..to].matches('\n').count();
            at = line_end(text, to);
            (body[..close].to_owned(), from..to)
        } else {
            (unquoted(raw, number)?, from..from + raw.len())
        };
        let path = match section.as_str() {
            SOPS => unflattened(name),
            section => vec![section.to_owned(), name.to_owned()],
        };
        if section != SOPS && tree.find(&path).is_some() {
            return Err("a name stands in it twice".to_owned());
        }
        // A section's values stand after it; names before any section are in one of their own.
        if let Some(Node { kind: Kind::Map { end }, .. }) =
            tree.nodes.iter_mut().rev().find(|node| node.path.len() == 1 && node.path[0] == section)
        {
            *end = Some((at, String::new()));
        }
        let value = if section == SOPS { value.replace("\\n", "\n") } else { value };
        let kind = Kind::Leaf { scalar: Scalar::Text(value), span, quoted: false };
        tree.nodes.push(Node { path, in_list: false, at: start, entry: Some(start..at), kind });
    }
    // A section that goes takes what is in it along, up to the next one.
    let sections: Vec<(usize, usize)> = tree
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| matches!(node.kind, Kind::Map { .. }))
        .filter_map(|(index, node)| Some((index, node.entry.as_ref()?.start)))
        .collect();
    for (place, (index, start)) in sections.iter().enumerate() {
        let end = sections.get(place + 1).map_or(text.len(), |(_, next)| *next);
        tree.nodes[*index].entry = Some(*start..end);
    }
    Ok(tree)
}

fn unquoted(raw: &str, number: usize) -> Result<String, String> {
    for quote in ['"', '`', '\''] {
        if let Some(rest) = raw.strip_prefix(quote) {
            return match rest.strip_suffix(quote) {
                Some(inner) if !inner.contains(quote) => Ok(inner.to_owned()),
                _ => Err(format!("line {number} has quotes that are not understood")),
            };
        }
    }
    // An inline comment is no part of the value.
    let end = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| raw.find(mark)).min().unwrap_or(raw.len());
    Ok(raw[..end].trim_end().to_owned())
}

/// The path of one of SOPS's own values: `age__list_0__map_enc` is `sops.age.enc`.
fn unflattened(name: &str) -> Vec<String> {
    let mut path = vec![SOPS.to_owned()];
    for part in name.split("__map_") {
        path.push(part.split("__list_").next().unwrap_or_default().to_owned());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_places() {
        let text = "# c\nA=x\\ny\nB= z \nsops_age__list_0__map_enc=q\\nr\nsops_mac=m";
        let tree = dotenv(text).unwrap();
        let value = |text: &str| Scalar::Text(text.to_owned());
        let found: Vec<_> = tree.leaves().map(|(node, scalar)| (node.path.join("/"), scalar.clone())).collect();
        assert_eq!(found, [("A".to_owned(), value("x\ny")), ("B".to_owned(), value(" z "))]);
        let own: Vec<_> = tree.own().map(|(name, _, text)| (name, text.to_owned())).collect();
        assert_eq!(own, [("age.enc".to_owned(), "q\nr".to_owned()), ("mac".to_owned(), "m".to_owned())]);
        assert_eq!(&text[tree.removal(&["A".to_owned()]).unwrap()], "A=x\\ny\n");
        assert!(dotenv("A").is_err() && dotenv("A=1\nA=2").is_err());
    }

    #[test]
    fn sections_have_their_places() {
        let text = "; c\n[DEFAULT]\na = \"x\"\n\n[b]\nc=d ; e\nf : g\n[sops]\nmac = m\nage__list_0__map_enc = \"\"\"p\nq\"\"\"\nx = y\n";
        let tree = ini(text).unwrap();
        let found: Vec<_> = tree.leaves().map(|(node, scalar)| (node.path.join("/"), scalar.clone())).collect();
        let value = |path: &str, text: &str| (path.to_owned(), Scalar::Text(text.to_owned()));
        assert_eq!(found, [value("DEFAULT/a", "x"), value("b/c", "d"), value("b/f", "g")]);
        let own: Vec<_> = tree.own().map(|(name, _, text)| (name, text.to_owned())).collect();
        assert_eq!(own[1], ("age.enc".to_owned(), "p\nq".to_owned()));
        assert_eq!(own[2].0, "x");
        assert_eq!(&text[tree.removal(&["DEFAULT".to_owned(), "a".to_owned()]).unwrap()], "[DEFAULT]\na = \"x\"\n\n");
        let Kind::Map { end: Some((end, _)) } = &tree.find(&["b".to_owned()]).unwrap().kind else { panic!() };
        assert!(text[*end..].starts_with("[sops]"));
    }
}
