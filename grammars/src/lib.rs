//! Where literals stand in source code, and how each language looks a value up instead.
//!
//! This crate knows code and knows no secrets: it is given spans and answers with edits. Each language is a folder of
//! data under `languages/` (`recipe.yaml`, `sites.scm`, `imports.scm`, `fixtures/`).

pub mod addresses;
mod change;
mod decode;
pub mod edit;
mod exchange;
mod facts;
mod focus;
mod forms;
mod guard;
mod host;
mod imports;
mod inject;
mod inner;
pub mod language;
mod layout;
mod lines;
mod lists;
pub mod literal;
mod loaded;
mod lookups;
mod names;
mod needs;
mod outline;
pub mod parsed;
mod parsers;
mod part;
mod patterns;
mod piece;
mod query;
mod recipe;
mod regexes;
mod regions;
mod rewrite;
mod rules;
mod select;
mod spread;
mod stand_ins;
mod taken;
pub mod undo;
mod visit;
mod walk;

pub use addresses::{Addresses, Entry};
pub use edit::{Applicability, Creates, Edit, GeneratedFile, Outcome, Place, Refusal, Request, Rewrite, Style};
pub use inject::{Reference, TemplateError};
pub use language::{Docstrings, Excerpts, Language, LoadError, detect, language, languages};
pub use literal::{Binding, Call, Literal, LiteralKind, Part, Role};
pub use names::{starts_word, upper_snake, without_verb};
pub use parsed::Parsed;
pub use undo::{Chunk, Original, Spelling, Undo, UndoError, Unit, apply, undo};
