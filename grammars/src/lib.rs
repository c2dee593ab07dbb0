//! Where literals stand in source code, and how each language looks a value up instead.
//!
//! This crate knows code and knows no secrets: it is given spans and answers with edits. Each language is a folder of
//! data under `languages/` (`recipe.yaml`, `sites.scm`, `imports.scm`, `fixtures/`).

pub mod edit;
pub mod language;
pub mod literal;
pub mod parsed;
pub mod undo;

pub use edit::{Applicability, Edit, GeneratedFile, Outcome, Place, Refusal, Request, Rewrite, Style};
pub use language::{Language, detect, language};
pub use literal::{Binding, Call, Literal, LiteralKind, Part, Role};
pub use parsed::Parsed;
pub use undo::{Chunk, Original, Spelling, Undo, UndoError, Unit, apply, undo};
