//! The ground floor: types that two rooms share, and nothing else.

pub mod baseline;
pub mod failure;
pub mod finding;
pub mod migration;
pub mod moves;
pub mod place;
pub mod plan;
pub mod report;
pub mod source;
pub mod spill;

pub use failure::{Exit, Failure};
pub use finding::{Confidence, Encoded, Finding, Kind, Pair, Severity, Snippet};
pub use migration::{Clash, Compared, Loss, Migrated, Renamed, Retired, Stays, TakenBack};
pub use moves::{Approved, Cause, Held, Left, Site, StagedFile, Stored, Verified};
pub use place::{Place, Service, StoreRef};
pub use plan::{Decision, Lookup, Plan, PlannedMove, PlannedSite, Refused, ToCreate};
pub use report::{Phase, Report, Summary, Undone};
pub use source::{Origin, Skipped, SourceFile, Text, is_binary, unmarked_utf16};
pub use spill::Spill;
