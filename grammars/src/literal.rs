//! What a language's queries find in a file: literals, and what each is to the code around it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A literal, a scalar of a config file, or a comment: something that can hold a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The whole literal in bytes of the source, with prefix and quotes.
    pub span: Range<usize>,
    /// What kind of literal.
    pub kind: LiteralKind,
    /// Its text and holes in order. A plain string has one text part (none when it is empty).
    pub parts: Vec<Part>,
    /// What the surrounding code makes of it.
    pub role: Role,
    /// What it is bound to, nearest first: an assignment's target, a keyword, a dictionary key, a parameter…
    pub bindings: Vec<Binding>,
    /// The nearest call that it is an argument of.
    pub call: Option<Call>,
    /// Names of the functions, classes, tables or sections around it, innermost first.
    pub scopes: Vec<String>,
}

/// Kinds of literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiteralKind {
    /// A string of characters.
    Text,
    /// A string of bytes.
    Bytes,
    /// A string with interpolated expressions.
    Template,
    /// A number.
    Number,
    /// A scalar without quotes: YAML, dotenv, properties, shell words.
    Bare,
    /// A comment.
    Comment,
    /// A string that stands as documentation.
    Doc,
}

/// A stretch of a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text: `span` in the source, `text` what it means once unquoted and unescaped.
    Text {
        /// Bytes of the source.
        span: Range<usize>,
        /// The decoded text.
        text: String,
    },
    /// An interpolated expression.
    Hole {
        /// Bytes of the source, delimiters included.
        span: Range<usize>,
    },
}

/// What the surrounding syntax makes of a literal: decides whether and how a lookup can stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// An ordinary expression or config value.
    Value,
    /// One side of an equality comparison.
    Comparison,
    /// The hardcoded default of a lookup that is there already.
    Default {
        /// The variable that the lookup reads, where it is a literal.
        variable: Option<String>,
    },
    /// A key of a mapping, an attribute name, a subscript: names something, is rarely a value.
    Key,
    /// A place where the language takes constants alone; the recipe's reason says which.
    Constant {
        /// The recipe's word for the place (`match pattern`, `annotation argument`…).
        place: String,
    },
    /// Documentation or a comment.
    Prose,
}

/// What a literal is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name as the code writes it, unquoted: `DB_PASSWORD`, `config.password` gives `password`.
    pub name: String,
    /// Where the name stands.
    pub span: Range<usize>,
    /// `assignment`, `keyword`, `key`, `parameter`, `attribute`, `comparison`, `subscript`, `return`…: the recipe's word.
    pub how: String,
    /// How many calls, lists or operators lie between the literal and the binding; 0 is "directly".
    pub distance: usize,
}

/// A call around a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The callee as written, white space removed: `jwt.encode`, `create_engine`, `new SecretKeySpec`.
    pub callee: String,
    /// Position among the positional arguments, from 0.
    pub position: Option<usize>,
    /// The keyword, where it is a keyword argument.
    pub keyword: Option<String>,
}

impl Literal {
    /// The decoded text, where the literal has no holes.
    pub fn text(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => Some(text.as_str()),
                Part::Hole { .. } => None,
            })
            .collect()
    }
}
