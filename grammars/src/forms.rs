//! What `recipe.yaml` says about how literals are written: their forms, layouts and escapes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::literal::LiteralKind;
use crate::undo::Unit;

/// How a kind of literal is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StringForm {
    /// Node kinds.
    pub nodes: Vec<String>,
    /// What kind of literal it is.
    pub kind: LiteralKind,
    /// The shape in words.
    pub shape: String,
    /// Regex of the opening, anchored; group `close` is what closes the literal.
    #[serde(default)]
    pub open: Option<String>,
    /// Regex of the closing, anchored at the end; overrides the opening's group.
    #[serde(default)]
    pub close: Option<String>,
    /// Kinds of descendants that hold the text, where delimiters do not tell.
    #[serde(default)]
    pub content: Vec<String>,
    /// Kinds of descendants that are interpolated.
    #[serde(default)]
    pub holes: Vec<String>,
    /// Regex that the node's text must match.
    #[serde(default)]
    pub when: Option<String>,
    /// Kinds of which the node's parent must be one; any, where empty.
    #[serde(default)]
    pub within: Vec<String>,
    /// A mark that the node must have: a query captures it as `@mark`, and sets `mark` to this.
    #[serde(default)]
    pub marked: Option<String>,
    /// Defaults inside the literal, behind the name of what is looked up there already.
    #[serde(default)]
    pub defaults: Vec<InnerDefault>,
    /// Kinds of which one must be somewhere above the node; any, where empty.
    #[serde(default)]
    pub under: Vec<String>,
    /// Interpolations that the parser does not know, by name.
    #[serde(default)]
    pub interpolations: Vec<String>,
    /// Regex over the text whose group `name` names what follows it: `KEY=value` in one scalar.
    #[serde(default)]
    pub inner_name: Option<String>,
    /// Literals of this form are not rewritten: the name of the reason among `constants`.
    #[serde(default)]
    pub refuse: Option<String>,
    /// A value in it moves whole: no lookup can stand beside other text.
    #[serde(default)]
    pub widen: bool,
    /// Escape scheme.
    #[serde(default)]
    pub escapes: Option<String>,
    /// The text is standard base64 of the value.
    #[serde(default)]
    pub base64: bool,
    /// How lines are laid out within the literal.
    #[serde(default)]
    pub layout: Layout,
    /// Ways to rewrite a part of it, best first.
    #[serde(default)]
    pub parts: Vec<String>,
    /// The whole value is replaced between the delimiters too.
    #[serde(default)]
    pub inside: bool,
    /// How a value is written in it where a template is rendered, by name. Absent: no reference can stand in it.
    #[serde(default)]
    pub carry: Option<String>,
    /// Which conversion of a lookup gives the same type.
    #[serde(default)]
    pub conversion: Option<String>,
}

/// A default inside a literal: `${x:secret}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InnerDefault {
    /// Regex of the text before the value, anchored at its end: group `variable` is what is looked up, group `drop` goes
    /// with the value.
    pub before: String,
    /// Regex of the text after the value, anchored at its start.
    pub after: String,
    /// What comes in the place of both.
    #[serde(default)]
    pub with: String,
    /// The variable is the name in capitals, with `_` for what is no letter or digit.
    #[serde(default)]
    pub upper: bool,
}

/// How the lines of a literal become its value.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    /// As they stand.
    #[default]
    Plain,
    /// The indentation that all lines share goes (Java text blocks, Ruby `<<~`, Kotlin's trimIndent).
    Dedent,
    /// The indentation of the closing delimiter goes (PHP's heredocs).
    Close,
    /// A YAML block scalar: header, indentation, chomping; folding where the header says so.
    YamlBlock,
    /// A YAML flow scalar over lines: breaks fold to spaces.
    YamlFlow,
}

/// How characters are escaped.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Escapes {
    /// What starts an escape.
    pub prefix: String,
    /// What follows it, and what it means.
    pub named: BTreeMap<String, String>,
    /// Numeric forms.
    pub numbers: Vec<NumberEscape>,
    /// A line break after the prefix is nothing.
    pub continuation: bool,
    /// …and so is the white space that follows it.
    pub continuation_strips: bool,
    /// Anything else after the prefix.
    pub unknown: Unknown,
    /// Texts that stand twice for themselves.
    pub doubled: Vec<String>,
    /// Texts whose meaning cannot be told here: a value that holds one is refused, never guessed.
    pub refused: Vec<String>,
    /// As `refused`, and stronger than any escape: texts that only look like one.
    pub never: Vec<String>,
}

/// How the value of a reference is written when a template is rendered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CarryRule {
    /// Characters that are written otherwise.
    pub escape: BTreeMap<char, String>,
    /// …only where the value begins with them.
    pub first: BTreeMap<char, String>,
    /// Other characters that are written as numbers.
    pub numbers: Vec<CarryNumber>,
    /// Regex of values that cannot be carried.
    pub refuse: Option<String>,
    /// Why not.
    pub why: Option<String>,
}

/// Characters that are written as numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CarryNumber {
    /// Regex of one character.
    pub when: String,
    /// Before the digits.
    pub before: String,
    /// Least number of digits.
    #[serde(default)]
    pub width: usize,
    /// 10 or 16.
    #[serde(default = "hex")]
    pub radix: u32,
    /// What a number names.
    pub unit: Unit,
    /// After the digits.
    #[serde(default)]
    pub after: String,
}

/// A numeric escape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberEscape {
    /// Between the prefix and the digits.
    #[serde(default)]
    pub after: String,
    /// Least and most digits.
    pub digits: (usize, usize),
    /// 8, 10 or 16.
    #[serde(default = "hex")]
    pub radix: u32,
    /// What the number names.
    pub unit: Unit,
    /// After the digits.
    #[serde(default)]
    pub close: String,
}

fn hex() -> u32 {
    16
}

/// What an unknown escape means.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unknown {
    /// The prefix stays (Python).
    Keep,
    /// The prefix goes (JavaScript).
    Drop,
    /// Not decoded: such a value is refused.
    #[default]
    Refuse,
}
