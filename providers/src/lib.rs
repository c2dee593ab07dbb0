//! Secret stores behind one trait.
//!
//! This crate knows secrets and knows no code: it takes a [`Secret`] and an [`Address`], and answers with a [`Receipt`].
//! Each store is one file or folder; all of them pass the same contract suite (`providers/tests/support/contract.rs`).
//! `docs/stores.md` compares them.

pub mod age;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "azure")]
pub mod azure;
#[cfg(feature = "rest")]
mod bearer;
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "stores over the network alone write many at once"))]
mod concurrent;
pub mod dotenv;
pub mod exec;
mod expect;
pub mod files;
#[cfg(feature = "gcp")]
pub mod gcp;
#[cfg(feature = "http")]
mod http;
pub mod json;
#[cfg(feature = "k8s")]
pub mod k8s;
mod local;
mod made;
mod names;
pub mod open;
#[cfg(any(feature = "aws", feature = "rest"))]
mod pace;
#[cfg(feature = "rest")]
mod rest;
#[cfg(feature = "http")]
mod retry;
pub mod secret;
pub mod settings;
#[cfg(feature = "sops")]
pub mod sops;
#[cfg(feature = "aws")]
pub mod ssm;
pub mod store;
#[cfg(feature = "vault")]
pub mod vault;

pub use local::load_key;
pub use open::open;
pub use secret::{Fingerprint, FingerprintKey, Secret};
pub use settings::Settings;
pub use store::{
    Address, Capabilities, Entry, ErrorKind, Expect, Job, Listing, Policy, Receipt, Rejected, Store, StoreError,
    Version, Write, WriteId, Written,
};
