//! The corridor's steps. No step imports another.

pub mod scan;
pub mod sources;
pub mod walk;
