//! Values in, strings out: nothing here reads or writes anything.

pub mod diff;
pub mod export;
pub mod findings;
pub mod migration;
pub mod plan;
pub mod run;
