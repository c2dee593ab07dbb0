//! Values in, strings out: nothing here reads or writes anything.

pub mod findings;
pub mod plan;
