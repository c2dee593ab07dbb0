//! The rules that come with the program. `build.rs` makes them from `src/rules/builtin/*.yaml`.

#[allow(unused_imports, reason = "a generated table need not use every type")]
use std::borrow::Cow::Borrowed;

use super::rule::{Checksum, Live, Pair, Rotation, Rule};
#[allow(unused_imports, reason = "as above")]
use super::rule::{Exempt, Target};
use crate::model::{Confidence, Kind, Severity};

include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// Every built-in rule, in order of id.
pub fn rules() -> &'static [Rule] {
    RULES
}
