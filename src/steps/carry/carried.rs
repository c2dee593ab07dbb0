//! A value on its way, and how its fields compare with those that a store has.

use std::collections::BTreeMap;

use keylift_providers::json::Object;
use keylift_providers::{Address, Secret};

/// A value on its way.
#[derive(Debug)]
pub struct Carried {
    /// Where it comes from; without a field where it is an entry of several.
    pub from: Address,
    /// Where it goes.
    pub to: Address,
    /// The value; a JSON object where it is several fields.
    pub secret: Secret,
    /// The version that was read, where the source has versions.
    pub version: Option<String>,
    /// What its store keeps beside it.
    pub metadata: BTreeMap<String, String>,
    /// Several fields that go as one: the order of them means nothing.
    pub fields: bool,
    /// Its name is spelled another way in the target.
    pub renamed: bool,
    /// It is all that its entry comes to.
    pub alone: bool,
}

impl Carried {
    /// Whether the target's value is this one: byte for byte, and for several fields each of them.
    pub fn equals(&self, other: &Secret) -> bool {
        self.secret == *other || (self.fields && self.compare_fields(other) == Some(Fields::Equal))
    }

    /// How the fields of the target compare with these; none where one of the two is not a JSON object.
    pub fn compare_fields(&self, other: &Secret) -> Option<Fields> {
        let (ours, theirs) = (object(&self.secret)?, object(other)?);
        let (mut missing, mut differing) = (Vec::new(), Vec::new());
        for name in ours.names() {
            match theirs.get(name) {
                None => missing.push(name.to_owned()),
                Some(value) if ours.get(name).is_some_and(|own| own == value) => {}
                Some(_) => differing.push(name.to_owned()),
            }
        }
        Some(match (missing.is_empty(), differing.is_empty()) {
            (_, false) => Fields::Differ(differing),
            (false, true) => Fields::Lacks(missing),
            (true, true) if theirs.names().count() > ours.names().count() => Fields::More,
            (true, true) => Fields::Equal,
        })
    }

    /// The target's object with the fields added that it lacks.
    pub fn merged_into(&self, other: &Secret, missing: &[String]) -> Option<Secret> {
        self.copied(other, missing.iter().map(String::as_str))
    }

    /// The target's object with all of these fields, and its others.
    pub fn overlaid_on(&self, other: &Secret) -> Option<Secret> {
        self.copied(other, object(&self.secret)?.names())
    }

    fn copied<'n>(&self, other: &Secret, names: impl Iterator<Item = &'n str>) -> Option<Secret> {
        let (ours, mut theirs) = (object(&self.secret)?, object(other)?);
        for name in names {
            theirs.copy(name, &ours);
        }
        // A store gives an entry's fields back in order; the text of a value stays as it is.
        Some(if self.fields { theirs.sorted() } else { theirs }.to_secret())
    }
}

/// How the fields of two objects compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fields {
    /// The same fields with the same values.
    Equal,
    /// All of ours, equal, and others.
    More,
    /// Those of ours that are there are equal, and these are not there.
    Lacks(Vec<String>),
    /// These have another value there.
    Differ(Vec<String>),
}

pub(super) fn object(secret: &Secret) -> Option<Object> {
    secret.expose_str().and_then(Object::parse)
}
