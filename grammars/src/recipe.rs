//! What `recipe.yaml` says about a language. README.md of this crate is the reference for people who write one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml::Value;

use crate::edit::Style;

pub(crate) use crate::forms::{CarryRule, Escapes, Layout, NumberEscape, StringForm, Unknown};
pub(crate) use crate::lookups::{Guard, Lookup, LookupForm, Need, NeedPlace};
pub(crate) use crate::rules::{
    ChangeEdit, ChangeRule, Constant, DefaultRule, ExchangeKey, ExchangeRule, FlagRefusal, FormatRule,
    InterpolationRule, KeysHide, PartRule, PatternRule, Region, Spread,
};

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
    /// Read by the build script: how documentation is written as strings, for readers that make no tree.
    pub docstrings: Value,
    /// Read by the build script: where parts of a text begin.
    pub excerpts: Value,
    /// What is read instead of a tree, for the parser `patterns`.
    pub patterns: Vec<PatternRule>,
    /// Tables of what belongs together, by name: a pattern that sets `pair` to one is for captures `@pair.first` and
    /// `@pair.second` which both match one of its rows (regexes, over the text without quotes).
    pub pairs: BTreeMap<String, Vec<(String, String)>>,
    /// Where the code stands in a host such as markup; the whole text, where empty.
    pub regions: Vec<Region>,
    /// What the parser does not know, and what it is shown instead, of the same length: a pattern with the group `it`.
    pub stand_ins: Vec<(String, String)>,
    /// The code is written as strings of another format.
    pub embedded: Option<Embedded>,
    /// Why nothing outside the regions is rewritten.
    pub outside: Option<Constant>,
    /// How literals are written; the first form that fits a node is taken.
    pub strings: Vec<StringForm>,
    /// Escape schemes by name.
    pub escapes: BTreeMap<String, Escapes>,
    /// How values are written where a template is rendered, by name.
    pub carry: BTreeMap<String, CarryRule>,
    /// Nodes whose literals are one literal: implicit concatenation.
    pub joins: Vec<String>,
    /// Nodes that do not count as distance between a literal and its binding.
    pub transparent: Vec<String>,
    /// Nodes at which the search for a binding stops: bodies. Their children are statements.
    pub barriers: Vec<String>,
    /// Nodes that do nothing but group: parentheses.
    pub grouping: Vec<String>,
    /// Nodes that are nothing in themselves where they have one child: each level of precedence, in some parsers.
    pub chains: Vec<String>,
    /// Nodes that stand among arguments and are none.
    pub separators: Vec<String>,
    /// Regex of what a name begins with that does not belong to it: `$env:`.
    pub name_sigil: Option<String>,
    /// Parents (`kind` or `kind.field`) under which an expression of any precedence stands without parentheses.
    pub bare_parents: Vec<String>,
    /// Places that take constants alone.
    pub constants: BTreeMap<String, Constant>,
    /// Lookups with a hardcoded default.
    pub defaults: BTreeMap<String, DefaultRule>,
    /// Declarations that must change where their value becomes a lookup.
    pub changes: BTreeMap<String, ChangeRule>,
    /// Blocks of values that become blocks of references.
    pub exchanges: BTreeMap<String, ExchangeRule>,
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
    /// What sets them has no order: a name that is set to something else anywhere in the file is not free before that either.
    pub names_without_order: bool,
    /// A lookup of a key's name finds the key.
    pub keys_hide: Option<KeysHide>,
    /// What stands in a comment for a value that was taken out.
    pub redaction: Option<String>,
    /// Why literals are refused that no query marks: the name of the reason among `constants`.
    pub unmarked: Option<String>,
    /// Regex of names that mean something else here already.
    pub name_unless: Option<String>,
    /// Tokens that may be left out, though the parser misses them: `;` in Groovy.
    pub optional: Vec<String>,
    /// Tokens that may stand where the parser has no place for them: `,` after the last entry in JSON with comments.
    pub stray: Vec<String>,
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
