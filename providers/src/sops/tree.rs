//! A document as places in its text: what is where, so that a change touches nothing but its own place.

use std::ops::Range;

/// The name of the part that SOPS keeps for itself.
pub(super) const SOPS: &str = "sops";

/// What a place holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// Text, as the format's reader gives it.
    Text(String),
    /// A number, truth value or time: the bytes that SOPS counts into its authentication code.
    Bare(String),
    /// Nothing: not counted, never encrypted.
    Null,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value; the place of the value alone.
    Leaf { scalar: Scalar, span: Range<usize>, quoted: bool },
    /// A mapping; where a further entry goes, and what goes before its name. None where entries cannot be added.
    Map { end: Option<(usize, String)> },
    /// A list.
    List,
}

/// One entry of a mapping, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Names from the top; items of lists have that of their list.
    pub path: Vec<String>,
    /// Below a list: no name reaches it.
    pub in_list: bool,
    /// Where its name begins; an item of a list, or what has none: where it begins itself.
    pub at: usize,
    /// The whole entry with its name, as it is taken out; none where it cannot be.
    pub entry: Option<Range<usize>>,
    pub kind: Kind,
}

/// The nodes in the order of the text, SOPS's own part included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
}

impl Tree {
    /// Values that are the user's.
    pub fn leaves(&self) -> impl Iterator<Item = (&Node, &Scalar)> {
        self.nodes.iter().filter(|node| !node.is_own()).filter_map(|node| match &node.kind {
            Kind::Leaf { scalar, .. } => Some((node, scalar)),
            _ => None,
        })
    }

    /// SOPS's own values, by their path below `sops` with dots; several items of a list have one name.
    pub fn own(&self) -> impl Iterator<Item = (String, &Node, &str)> {
        self.nodes.iter().filter(|node| node.is_own()).filter_map(|node| match &node.kind {
            Kind::Leaf { scalar: Scalar::Text(text) | Scalar::Bare(text), .. } => {
                Some((node.path[1..].join("."), node, text.as_str()))
            }
            _ => None,
        })
    }

    /// The node of a path.
    pub fn find(&self, path: &[String]) -> Option<&Node> {
        self.nodes.iter().find(|node| !node.in_list && node.path == path)
    }

    /// The entry that goes when the node at `path` goes: its own, or that of a mapping that would be left empty.
    pub fn removal(&self, path: &[String]) -> Option<Range<usize>> {
        let mut path = path;
        while path.len() > 1 {
            let (parent, level) = (&path[..path.len() - 1], path.len());
            let siblings = self.nodes.iter().filter(|node| node.path.len() == level && node.path.starts_with(parent));
            if siblings.count() > 1 {
                break;
            }
            path = parent;
        }
        self.find(path)?.entry.clone()
    }
}

impl Node {
    fn is_own(&self) -> bool {
        self.path.first().is_some_and(|first| first == SOPS)
    }
}

/// The beginning of the line that `at` is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// The end of the line that `at` is in, with its line end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |found| at + found + 1)
}

/// The numbers that SOPS makes of a number's text, as it counts them.
pub(super) fn number(text: &str) -> Option<String> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.to_string());
    }
    // `Display` writes the shortest digits that read back the same, without an exponent: what SOPS does.
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(|float| float.to_string())
}
