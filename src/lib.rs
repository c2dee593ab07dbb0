//! keylift lifts hardcoded credentials out of a codebase and into a secret store, rewrites the code to look them up, and
//! proves that nothing was lost and the code still means the same.
//!
//! Modules in reading order: [`model`] has the words, [`rules`] finds, [`steps`] are the corridor, [`pipeline`] walks it
//! with the [`journal`] between, [`session`] asks, [`render`] shows, [`cli`] is the roof.

pub mod cli;
pub mod files;
pub mod journal;
pub mod model;
pub mod pipeline;
pub mod render;
pub mod rules;
pub mod session;
pub mod steps;
