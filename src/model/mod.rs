//! The ground floor: types that two rooms share, and nothing else.

pub mod failure;
pub mod finding;
pub mod source;

pub use failure::{Exit, Failure};
pub use finding::{Confidence, Finding, Kind, Severity};
pub use source::{Origin, SourceFile, Text};
