//! Every event type there is, against what was ever written of it: golden files, schemas, the
//! envelope, and what of it is personal.
//!
//! `UPDATE_GOLDEN=1 cargo test -p events` writes what is missing or generated; see `files.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod document;
mod envelope;
mod files;
mod golden;
mod personal;
mod schemas;
mod spellings;
