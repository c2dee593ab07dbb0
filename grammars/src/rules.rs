//! What a recipe says about places: where literals may be taken out of them, and how.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::edit::{Applicability, Style};

/// Where code of the language begins and ends in its host.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    /// Regex of what stands before it.
    pub open: String,
    /// Regex of what stands after it.
    pub close: String,
    /// The regions are statements of one program, and a line ends where one does. The closing is a byte long at least.
    #[serde(default)]
    pub ends_line: bool,
}

/// A pattern of a format that is a list of lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternRule {
    /// Regex, in which `^` and `$` are those of lines. Groups: `value`, `key`, `section`, `comment`; `outer` is replaced
    /// with a whole value, and `entry` is what the lookup's `own` takes the place of.
    pub regex: String,
    /// The states of reading that it is tried in, among them `''`, that of the beginning; there alone, where none is told.
    #[serde(default)]
    pub within: Vec<String>,
    /// The state of reading behind it.
    #[serde(default)]
    pub then: Option<String>,
    /// Groups that must say the same: a setting and what overrides it.
    #[serde(default)]
    pub same: Vec<String>,
    /// A flag of the file that has it.
    #[serde(default)]
    pub flag: Option<String>,
    /// What the forms call the value's kind of node.
    #[serde(default = "value")]
    pub kind: String,
    /// The value is the hardcoded default of what its key names: a rule among `defaults`.
    #[serde(default)]
    pub default: Option<String>,
}

fn value() -> String {
    "value".into()
}

/// Keys that a lookup of the same name would find instead of the variable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysHide {
    /// A value that is bound to the very name takes it all the same, where it is the key's only one and its entry can be
    /// replaced (`own`); not, if the value matches this (regex)…
    #[serde(default)]
    pub own_unless: Option<String>,
    /// …or the file has this flag.
    #[serde(default)]
    pub own_unless_flag: Option<String>,
}

/// A reason with advice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constant {
    /// The place in words.
    pub place: String,
    /// Why not.
    pub reason: String,
    /// What to do.
    pub advice: String,
    /// Flags of the file with which it is no reason…
    #[serde(default)]
    pub unless_flags: Vec<String>,
    /// …where the keys around the value, joined by dots, match this.
    #[serde(default)]
    pub unless_path: Option<String>,
    /// The styles that it speaks against; all, where empty.
    #[serde(default)]
    pub styles: Vec<Style>,
}

/// A flag of the file that speaks against rewriting it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagRefusal {
    /// The flag; it is the refusal's code too.
    pub flag: String,
    /// The styles that it speaks against; all, where empty.
    #[serde(default)]
    pub styles: Vec<Style>,
    /// Flags that outweigh it.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Why not.
    pub reason: String,
    /// What to do.
    pub advice: String,
}

/// What becomes of a lookup whose default goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultRule {
    /// Which captured node the edit replaces: `whole`, `value`, `argument`…
    #[serde(default = "whole")]
    pub target: String,
    /// By what: captured texts by name, needs by name, `<lookup>` for the lookup of the variable, `<gap>` for blanks that
    /// keep the `=` in its column. Absent: it goes, with
    /// the comma beside it.
    #[serde(default)]
    pub with: Option<String>,
    /// Text before the target that goes too (regex, anchored at its end).
    #[serde(default)]
    pub eat_before: Option<String>,
    /// The name of the variable, from the captures; `<variable>` unless told.
    #[serde(default)]
    pub variable: Option<String>,
    /// What a person must do beside the edit, with `<variable>`.
    #[serde(default)]
    pub todo: Option<String>,
    /// A value within the default moves whole.
    #[serde(default)]
    pub widen: bool,
    /// The variable is the name in capitals.
    #[serde(default)]
    pub upper: bool,
    /// A flag of the file with which it is the name as it stands.
    #[serde(default)]
    pub exact_flag: Option<String>,
    /// It only adds captures to what another pattern finds at the same value.
    #[serde(default)]
    pub partial: bool,
    /// What statements get that use the variable.
    #[serde(default)]
    pub spread: Option<Spread>,
}

/// What statements get that use a variable whose default goes: a step of a build that mounts the value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    /// Regex of a use, with `<variable>`.
    pub uses: String,
    /// Kinds of statement that get the text.
    pub into: Vec<String>,
    /// Regex over a statement's text, anchored at its start: the text follows what it matches.
    pub after: String,
    /// The text, with `<variable>`.
    pub text: String,
    /// Regex of a statement that has it already.
    pub known: String,
    /// Kinds of statement that the default does not reach beyond.
    pub until: Vec<String>,
    /// Kinds whose uses are of no concern: what runs later, with a variable of its own.
    pub apart: Vec<String>,
    /// Why not, where a statement of another kind uses it. Absent: what uses it gets nothing then.
    #[serde(default)]
    pub elsewhere: Option<Constant>,
    /// Which captured node goes, with its line, where all uses get the text.
    #[serde(default)]
    pub whole: Option<String>,
}

fn whole() -> String {
    "whole".into()
}

/// How a declaration changes where its value becomes a lookup, and when it cannot.
///
/// `sites.scm` sets `change` to its name, and captures `@change.value` with any of: `@change.name` (what is declared),
/// `@change.replace`, `@change.remove`, `@change.before`, `@change.after`, `@change.cut` with `@change.paste`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChangeRule {
    /// What becomes of `@change.edit.NAME`, by name.
    pub edits: BTreeMap<String, ChangeEdit>,
    /// What `@change.replace` becomes.
    pub replace: Option<String>,
    /// What comes before `@change.before`.
    pub before: Option<String>,
    /// What comes after `@change.after`.
    pub after: Option<String>,
    /// `@change.cut` goes, with the comments on it, and this comes after `@change.paste`; `<cut>` is what went,
    /// `<comments>` what stood above it.
    pub paste: Option<String>,
    /// What stays at the place of `@change.cut`, with `<name>`: a filler where positions count. Else the line goes.
    pub leave: Option<String>,
    /// Why not, where a declared name is used in a place that takes constants alone (`@use.constant`).
    pub used: Option<Constant>,
    /// What follows each use of a declared name, but for those within a `@use.skip`. The name must be declared once.
    pub uses: Option<String>,
    /// Regex with `<name>`: what it finds anywhere is a use that cannot change, refused as `used`.
    pub spoiled: Option<String>,
    /// Why not, where a declared name is not used in the function that declares it.
    pub unused: Option<Constant>,
    /// The change takes the value out of a place that takes constants alone.
    pub lifts: bool,
    /// How far the change can be trusted.
    pub applicability: Option<Applicability>,
}

/// A mapping that holds values and becomes another one, with references to where they live: a whole block of a config file.
///
/// `sites.scm` captures the mapping as `@exchange` and sets `exchange` to its name. It is exchanged where one of its values
/// moves, whole or not at all: a value that stays is written into the new mapping as a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRule {
    /// What becomes of each key of the mapping.
    pub keys: BTreeMap<String, ExchangeKey>,
    /// Why not, where it has other keys or is written in a way that cannot be changed in place.
    pub other: Constant,
    /// Regex of what a value that stays must not be beside, and why not.
    pub unstable: String,
    pub unstable_why: Constant,
    /// The new mapping where every value moves, whole.
    pub plain: ExchangeLayout,
    /// …and where others stay, or parts of values.
    pub mixed: ExchangeLayout,
}

/// What becomes of one key.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExchangeKey {
    /// Regex that its value must match.
    pub is: Option<String>,
    /// Its new value; the key stays.
    pub becomes: Option<String>,
    /// It goes, and its value fills the mark of this name, unless that is the text of `usual`.
    pub goes: Option<String>,
    pub usual: Option<String>,
    /// It holds the values: how a text that stays is wrapped in a single-quoted scalar of the new mapping, around it and its quotes.
    pub holds: Option<(String, String)>,
    /// It stays; entries of it with these names are copied for the mark `copies`.
    pub copies: Vec<String>,
}

/// How the new mapping looks. Two blanks are one level, as deep as the old mapping's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeLayout {
    /// What comes in the place of the key that holds the values, up to its colon.
    pub head: String,
    /// By how many levels what is below it moves to the right.
    #[serde(default)]
    pub deeper: usize,
    /// What comes in the place of an entry, with `<key>`, `<name>` and the marks of its address; none where entries stay.
    #[serde(default)]
    pub entry: Option<String>,
    /// What comes in the place of a literal that goes whole, where entries stay, with `<name>`.
    #[serde(default)]
    pub whole: Option<String>,
    /// What comes after all of them, one level in, with `<items>`, and what that is for each name.
    #[serde(default)]
    pub tail: Option<String>,
    #[serde(default)]
    pub item: Option<String>,
}

/// An interpolation within the text of a literal, told by its look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InterpolationRule {
    /// Regex. Where its group `skip` takes part, the match is text after all. Group `default` is a hardcoded default,
    /// group `variable` what is looked up.
    pub pattern: String,
    /// The interpolation without its default, with `<variable>`.
    #[serde(default)]
    pub required: Option<String>,
    /// The variable is the name in capitals, with `_` for what is no letter or digit.
    #[serde(default)]
    pub upper: bool,
}

/// What becomes of one node of a declaration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChangeEdit {
    /// What comes before it.
    pub before: Option<String>,
    /// What comes after it.
    pub after: Option<String>,
    /// What it becomes.
    pub replace: Option<String>,
    /// Where it is replaced, the blanks before it go too.
    pub eat_before: bool,
    /// …and those after it.
    pub eat_after: bool,
}

/// A string whose text is a format: some characters are written twice, and a value put in must do so too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormatRule {
    /// Texts that stand twice for themselves.
    pub doubled: Vec<String>,
    /// The lookup, protected from being read as a format.
    pub wrap: String,
    /// What the wrapping needs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The shape in words.
    pub shape: String,
}

/// One way to put a lookup into a part of a literal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PartRule {
    /// Regex over the literal's source that forbids this way.
    pub unless: Option<String>,
    /// Regex over what follows the value that forbids this way, anchored at its start: it would be read as part of the lookup.
    pub unless_before: Option<String>,
    /// A flag of the file (a capture `@file.FLAG`) that forbids this way.
    pub unless_flag: Option<String>,
    /// A hole within the literal, with `<lookup>`.
    pub hole: Option<String>,
    /// Replaces the opening: regex and text.
    pub open: Option<(String, String)>,
    /// Replaces the closing.
    pub close: Option<(String, String)>,
    /// Texts in the rest, whole escapes among them, that must be written otherwise once the literal is a template.
    pub escape: BTreeMap<String, String>,
    /// Quote characters for text in the hole, best first; the literal's own is never used.
    pub quotes: Vec<String>,
    /// What the hole must not hold, beside the literal's own quote.
    pub forbids: Vec<String>,
    /// What follows the literal, with `<lookup>`: it fills the hole. Each value adds its own.
    pub suffix: Option<String>,
    /// What comes before the literal. Only one value of a literal can be taken out then.
    pub prefix: Option<String>,
    /// The lookup is not converted to the literal's type.
    pub raw: bool,
    /// The hole may hold the literal's own quote.
    pub own_quote: bool,
    /// Between the pieces of a concatenation.
    pub join: Option<String>,
    /// The concatenation needs no parentheses anywhere.
    pub atomic: bool,
}
