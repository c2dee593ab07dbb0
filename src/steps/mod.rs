//! The corridor's steps. No step imports another, but for the words that locating and naming lend to planning.

pub mod approve;
pub mod carry;
#[cfg(feature = "live")]
pub mod live;
pub mod locate;
pub mod names;

pub mod plan;
pub mod preview;
pub mod rescan;
pub mod reserved;
pub mod restore;
pub mod rewrite;
pub mod scan;
pub mod sources;
pub mod spread;
pub mod store;
pub mod unsaid;
pub mod walk;
pub mod whose;
