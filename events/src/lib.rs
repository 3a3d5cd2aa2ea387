//! The facts: ids, positions, records, the envelope, every event type with its codec.
//!
//! Owns what is written to the log and how it reads for ever. Pure: it must never do I/O, know a
//! clock, or decide anything. To add an event type: its payload in the file of its topic, its name in
//! `catalogue.rs`, then regenerate schemas and golden files (`make golden`).

mod body;
pub mod bookmark;
mod catalogue;
pub mod channel;
pub mod codec;
pub mod custom_status;
pub mod directory;
pub mod draft;
mod envelope;
mod ids;
mod of_log;
pub mod pictures;
mod position;
pub mod presence;
pub mod priority;
pub mod profile;
mod record;
pub mod reminder;
pub mod retention;
pub mod scheduled_post;
pub mod sidebar;
pub mod thread;
pub mod user;

pub use body::{Body, Fact, Nothing, Owner, opened, sealed};
pub use catalogue::*;
pub use envelope::{Actor, Meta, decode, encode, encode_sealed, event_id};
pub use ids::*;
pub use of_log::of_log;
pub use position::*;
pub use record::*;
