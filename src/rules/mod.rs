//! Finds: the rules as data, and the engine that matches them.
//!
//! [`rule`] is what a rule says, [`builtin`] the rules that come with the program (made into statics by `build.rs`, so that
//! nothing is parsed at start-up), [`engine`] matches them over a file.

pub mod builtin;
mod checksum;
mod described;
mod documentation;
mod encoded;
pub mod engine;
mod exempt;
pub mod find_value;
pub mod foreign;
mod gate;
mod generic;
mod head;
mod matcher;
mod overlap;
pub mod rule;
mod sketch;
pub mod template;
pub(crate) mod text;
mod tree;
mod value;
mod versions;
mod wide;
mod words;

pub use engine::Engine;
pub use find_value::{Form, Occurrence, find_value};
pub use rule::{Checksum, Exempt, Live, Pair, Rotation, Rule, RuleError, Target, parse};
pub use template::expand;
pub use versions::Quiet;

/// Whether a name says that what is bound to it is a credential: `dbPassword`, `API_KEY`.
pub fn is_credential_name(name: &str) -> bool {
    generic::is_credential_name(name)
}

/// Whether a path is one of tests, samples or documentation: what stands there serves no program.
pub fn is_quiet_place(path: &std::path::Path) -> bool {
    generic::quiet_place(path)
}
