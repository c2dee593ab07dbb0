//! What `recipe.yaml` says about a language. README.md of this crate is the reference for people who write one.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_yaml::Value;

use crate::edit::{Applicability, Style};
pub(crate) use crate::forms::{Escapes, Layout, NumberEscape, StringForm, Unknown};

/// A recipe with what it extends merged in.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Recipe {
    /// The recipe that this one starts from; read before merging.
    pub extends: Option<String>,
    /// The parser's name in `parsers.rs`.
    pub parser: String,
    /// Read by the build script.
    pub detect: Value,
    /// What is read instead of a tree, for the parser `patterns`.
    pub patterns: Vec<PatternRule>,
    /// Where the code stands in a host such as markup; the whole text, where empty.
    pub regions: Vec<Region>,
    /// The code is written as strings of another format.
    pub embedded: Option<Embedded>,
    /// Why nothing outside the regions is rewritten.
    pub outside: Option<Constant>,
    /// How literals are written; the first form that fits a node is taken.
    pub strings: Vec<StringForm>,
    /// Escape schemes by name.
    pub escapes: BTreeMap<String, Escapes>,
    /// Nodes whose literals are one literal: implicit concatenation.
    pub joins: Vec<String>,
    /// Nodes that do not count as distance between a literal and its binding.
    pub transparent: Vec<String>,
    /// Nodes at which the search for a binding stops: bodies. Their children are statements.
    pub barriers: Vec<String>,
    /// Nodes that do nothing but group: parentheses.
    pub grouping: Vec<String>,
    /// Parents (`kind` or `kind.field`) under which an expression of any precedence stands without parentheses.
    pub bare_parents: Vec<String>,
    /// Places that take constants alone.
    pub constants: BTreeMap<String, Constant>,
    /// Lookups with a hardcoded default.
    pub defaults: BTreeMap<String, DefaultRule>,
    /// Declarations that must change where their value becomes a lookup.
    pub changes: BTreeMap<String, ChangeRule>,
    /// Interpolations that the parser does not know.
    pub interpolations: BTreeMap<String, InterpolationRule>,
    /// Strings that are formats of their own.
    pub formats: BTreeMap<String, FormatRule>,
    /// Ways to put a lookup into a part of a literal.
    pub parts: BTreeMap<String, PartRule>,
    /// Lookups by style.
    pub lookups: BTreeMap<Style, Lookup>,
    /// What lookups need: modules, members of modules, helper functions.
    pub needs: BTreeMap<String, Need>,
    /// What a name must look like to be looked up.
    pub name_pattern: Option<String>,
    /// A lookup reads a variable of the program itself (shell): what the file sets or reads under a name, it must not be.
    pub names_are_variables: bool,
    /// What stands in a comment for a value that was taken out.
    pub redaction: Option<String>,
    /// Why literals are refused that no query marks: the name of the reason among `constants`.
    pub unmarked: Option<String>,
    /// Regex of names that mean something else here already.
    pub name_unless: Option<String>,
    /// Tokens that may be left out, though the parser misses them: `;` in Groovy.
    pub optional: Vec<String>,
    /// A whole-file reason against rewriting.
    pub refuse_all: Option<Constant>,
    /// Flags that a file's path gives it, by globs over its lower-case end. Queries give others (`@file.FLAG`).
    pub path_flags: BTreeMap<String, Vec<String>>,
    /// Flags that a file has where it has all of others.
    pub derived_flags: BTreeMap<String, Vec<String>>,
    /// Flags of a file that speak against rewriting it.
    pub refuse_flags: Vec<FlagRefusal>,
    /// The name that an import without alias binds: regex over the module, whose first group (or whole match) it is.
    pub import_name: Option<String>,
    /// What inserted lines end with where the file does not tell.
    pub top: Top,
}

/// Where code of the language begins and ends in its host.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    /// Regex of what stands before it.
    pub open: String,
    /// Regex of what stands after it.
    pub close: String,
}

/// A pattern of a format that is a list of lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternRule {
    /// Regex, in which `^` and `$` are those of lines. Groups: `value`, `key`, `section`, `comment`.
    pub regex: String,
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
}

/// A flag of the file that speaks against rewriting it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagRefusal {
    /// The flag; it is the refusal's code too.
    pub flag: String,
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
    /// A flag of the file (a capture `@file.FLAG`) that forbids this way.
    pub unless_flag: Option<String>,
    /// A hole within the literal, with `<lookup>`.
    pub hole: Option<String>,
    /// Replaces the opening: regex and text.
    pub open: Option<(String, String)>,
    /// Replaces the closing.
    pub close: Option<(String, String)>,
    /// Texts in the rest that must be written otherwise once the literal is a template.
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

/// A style's lookup.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lookup {
    /// Forms, best first.
    pub forms: Vec<LookupForm>,
    /// Conversions to other types: `bytes`, `integer`, `float`.
    pub conversions: BTreeMap<String, String>,
    /// Conversions whose text must stand in parentheses unless the parent is one of `bare_parents`.
    pub loose_conversions: Vec<String>,
    /// The generated file that the lookup calls.
    pub accessor: Option<Accessor>,
    /// A check before the statement, where the lookup stands in a place that can only fail by itself.
    pub guard: Option<Guard>,
    /// Not offered here: why.
    pub refuse: Option<Constant>,
    /// How far the edit can be trusted.
    pub applicability: Option<Applicability>,
    /// The environment variable that the lookup of a name reads, where it is another: `TF_VAR_<lower>`.
    pub reads: Option<String>,
    /// What must be declared once in the folder for the lookup to work.
    pub declares: Option<Declaration>,
    /// What a person must do beside the edit, with `<name>`.
    pub todo: Option<String>,
}

/// A declaration that comes with a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// The block, put at the end of the file; `<lower>` is the name in lower case.
    pub text: String,
    /// Regex of a declaration of that name, whoever made it.
    pub known: String,
}

/// A check before a statement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guard {
    /// Kinds of node that fail by themselves: the statement around them goes on.
    pub under: Vec<String>,
    /// Kinds that the search ends at.
    pub functions: Vec<String>,
    /// Kinds whose children are statements, but for those of the fields `conditions`.
    pub bodies: Vec<String>,
    pub conditions: Vec<String>,
    /// Kinds whose conditions no line can be put before.
    pub never: Vec<String>,
    /// The check, with `<name>`.
    pub text: String,
}

/// One way to write a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookupForm {
    /// What it needs.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The expression.
    pub text: String,
    /// The expression in a hole, where it differs.
    #[serde(default)]
    pub hole: Option<String>,
    /// It must stand in parentheses unless its parent is one of `bare_parents`.
    #[serde(default)]
    pub loose: bool,
    /// Only where no other form can be used.
    #[serde(default)]
    pub last: bool,
    /// A flag of the file (a capture `@file.FLAG`) that this form is for.
    #[serde(default)]
    pub when_flag: Option<String>,
    /// A flag that this form is not for.
    #[serde(default)]
    pub unless_flag: Option<String>,
}

impl LookupForm {
    /// Whether it is for a file with such flags.
    pub(crate) fn fits(&self, flags: &HashSet<String>) -> bool {
        self.when_flag.as_ref().is_none_or(|flag| flags.contains(flag))
            && self.unless_flag.as_ref().is_none_or(|flag| !flags.contains(flag))
    }
}

/// A generated file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accessor {
    /// Its name in the project.
    pub name: String,
    /// The file in the language's folder that holds its text.
    pub text: String,
}

/// Something that must be in scope.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Need {
    /// The module.
    pub module: Option<String>,
    /// The member of it that is wanted; else the module itself.
    pub member: Option<String>,
    /// The name that it has unless an alias is given; `<stem>` is the file's name without its extension, in one word.
    pub bind: String,
    /// The line that brings it in. Absent: it is used where it is there already.
    pub line: Option<String>,
    /// It is there without being brought in, unless something else has its name.
    pub global: bool,
    /// The text where an import group is there (`@import.group`), inserted in order among its entries (`@import.entry`).
    pub grouped: Option<String>,
    /// Where the line goes.
    pub place: NeedPlace,
    /// A helper function's text instead of an import, with `<stem>` and the names of what it needs.
    pub helper: Option<String>,
    /// Other needs of the helper.
    pub needs: Vec<String>,
    /// A flag of the file (a capture `@file.FLAG`) without which the line cannot be used.
    pub when_flag: Option<String>,
}

/// Where a need's text goes.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NeedPlace {
    /// Before the first import, or after the header.
    #[default]
    First,
    /// After the last import of the leading block, or after the header.
    Last,
    /// Among the leading imports, in order.
    Sorted,
    /// At the end of the file.
    End,
}

/// Code that is written as strings of another format; `host.scm` captures the strings (`@code`) and results (`@output`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Embedded {
    /// The format's parser.
    pub parser: String,
    /// What its strings open and close with.
    pub open: String,
    pub close: String,
    /// Their escape scheme.
    pub escapes: String,
    /// Regex whose match is no code: its end is overwritten by `skip_with`, which starts a comment.
    #[serde(default)]
    pub skip: Option<String>,
    #[serde(default)]
    pub skip_with: String,
    /// What stands between the lines of a list of strings, with `<break>`.
    #[serde(default)]
    pub line: Option<String>,
    /// Why nothing outside the code is rewritten.
    pub outside: Constant,
    /// …and nothing in a result.
    pub output: Constant,
    /// What to do where a result holds a value that moves.
    pub output_todo: String,
}

/// How the top of a file looks.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Top {
    /// Lines at the start that always stay first (regex, anchored).
    pub keep: Option<String>,
    /// A blank line stands between the header and an inserted import.
    pub blank_after_header: bool,
    /// A comment right after the header, with a blank line after it, is about the file: it stays there.
    pub comment_after_header: bool,
    /// How code stands at the start of a file that has no header (`<text>`): a template that begins with other text.
    pub wrap: Option<String>,
}

/// Parses a recipe over those that it extends, the most basic one first.
pub(crate) fn parse(texts: &[&str]) -> Result<Recipe, serde_yaml::Error> {
    let mut merged = Value::Null;
    for text in texts {
        let mut layer: Value = serde_yaml::from_str(text)?;
        layer.apply_merge()?;
        merge(&mut merged, layer);
    }
    serde_yaml::from_value(merged)
}

/// The recipe that a text extends.
pub(crate) fn extends(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        extends: Option<String>,
    }
    serde_yaml::from_str::<Head>(text).ok()?.extends
}

/// Mappings merge, `key+` appends to a list, `+key` puts before it, anything else replaces.
pub(crate) fn merge(base: &mut Value, over: Value) {
    let (Value::Mapping(base_map), Value::Mapping(over_map)) = (&mut *base, &over) else {
        *base = over;
        return;
    };
    for (key, value) in over_map {
        let name = key.as_str().unwrap_or_default();
        let list = name.strip_suffix('+').or_else(|| name.strip_prefix('+'));
        if let (Some(plain), Value::Sequence(items)) = (list, value) {
            let slot = base_map.entry(Value::from(plain)).or_insert_with(|| Value::Sequence(Vec::new()));
            if let Value::Sequence(existing) = slot {
                let at = if name.starts_with('+') { 0 } else { existing.len() };
                existing.splice(at..at, items.iter().cloned());
            }
        } else if let Some(slot) = base_map.get_mut(key) {
            merge(slot, value.clone());
        } else {
            base_map.insert(key.clone(), value.clone());
        }
    }
}
