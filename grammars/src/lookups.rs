//! What a recipe says about lookups: how they are written, and what they need around them.

use std::collections::{BTreeMap, HashSet};

use regex::Regex;
use serde::Deserialize;

use crate::edit::{Applicability, Creates, GeneratedFile};
use crate::rules::Constant;

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
    /// The lookup reads a variable that what it needs has set: the hardcoded default of a variable goes, as with `env`.
    pub variables: bool,
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
    /// What the service that reads the file must be given under the name.
    pub creates: Option<Creates>,
    /// Where the value is bound to the name itself (`@own`), its entry is replaced by this, with `<name>`; in a list of
    /// items it goes. What would be looked up is there already under that name, and a reference would refer to itself.
    pub own: Option<String>,
}

/// A declaration that comes with a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// The block, put at the end of the file; `<lower>` is the name in lower case, and a lookup with forms that are
    /// `stored` fills its marks here too.
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
    /// Those of them of which more than one branch is a child.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Kinds whose conditions no line can be put before.
    pub never: Vec<String>,
    /// The check, with `<name>`.
    pub text: String,
}

/// One way to write a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookupForm {
    /// What it needs. `KEY=<name>` gives the need the names that are looked up with it, as `<names>`.
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
    /// Only for literals that have this mark, or whose own form has it.
    #[serde(default)]
    pub marked: Option<String>,
    /// It names the value's entry in the store: `<entry>`, `<field>` and what else is known of that
    /// ([`crate::addresses`]). It is offered although the lookup is refused otherwise.
    #[serde(default)]
    pub stored: bool,
    /// What a person must do beside the edit, where that differs from the lookup's.
    #[serde(default)]
    pub todo: Option<String>,
    /// What the name gets at its end that the value is all of.
    #[serde(default)]
    pub suffix: Option<String>,
    /// Entries that lists of the file get, once a name.
    #[serde(default)]
    pub lists: Vec<ListRule>,
    /// By the name of a mapping (`@list.NAME`), what must not stand in it (regex): `<bound>` is the name that the value is
    /// all of, which somebody would read there.
    #[serde(default)]
    pub unless_near: BTreeMap<String, String>,
}

/// An entry of a list that comes with a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRule {
    /// Which mapping has the list: that of `@list.NAME`.
    pub at: String,
    /// The list's key in the mapping.
    pub key: String,
    /// The entry, with `<name>` and `<lower>`.
    pub item: String,
}

impl LookupForm {
    /// Whether it is for a file with such flags, and a literal of such a mark.
    pub(crate) fn fits(&self, flags: &HashSet<String>, mark: Option<&str>) -> bool {
        self.marked.as_deref().is_none_or(|wanted| mark == Some(wanted))
            && self.when_flag.as_ref().is_none_or(|flag| flags.contains(flag))
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
    /// What it says of the package of the file that calls it, for `@KEYLIFT_PACKAGE@`.
    #[serde(default)]
    pub package: Option<Package>,
    /// Ends of file names: it stands in the nearest folder upwards that has such a file (a project's), not beside
    /// the file that calls it.
    #[serde(default)]
    pub beside: Vec<String>,
    /// Names of folders whose folders are modules: it stands in the module's, however deep the file that calls it is.
    #[serde(default)]
    pub below: Vec<String>,
}

impl Accessor {
    /// The generated file, for a file of the project.
    pub(crate) fn file(&self, template: &str, caller: &str) -> Option<GeneratedFile> {
        let mut text = template.to_owned();
        if let Some(package) = &self.package {
            let found = Regex::new(&package.pattern).ok()?.captures(caller).and_then(|found| found.get(1));
            let line = found.map_or_else(String::new, |found| package.text.replace("<package>", found.as_str()));
            text = text.replace("@KEYLIFT_PACKAGE@", &line);
        }
        let (beside, below) = (self.beside.clone(), self.below.clone());
        Some(GeneratedFile { name: self.name.clone(), text, beside, below })
    }
}

/// How a generated file says what package it is of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Regex whose first group is the package, in the file that calls it.
    pub pattern: String,
    /// The text, with `<package>`; nothing where the file names none.
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
    /// What stands before the name for each scope around its use from which names outside are not seen (`@scope.apart`).
    pub outward: Option<String>,
    /// A helper function's text instead of an import, with `<stem>`, the names of what it needs, and as `<names>` what is
    /// looked up with it.
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
