//! Runs folds over the log: snapshots, tail, waiters, end look-ups.
//!
//! Owns the present state of every durable partition in this process and the promise that answers rest
//! on it. It must never append, know HTTP, or read the database.

mod access;
pub mod auth;
pub mod digests;
mod ends;
mod lease;
mod names;
mod others;
mod people;
mod presence;
mod processes;
mod runner;
mod set;
pub mod snapshots;
mod status;
mod telemetry;
mod uses;
pub mod verdicts;

pub use access::AccessEnded;
pub use lease::Lease;
pub use names::{Names, PersonName};
pub use presence::{Heard, HeardBatch, Presence};
pub use processes::KnownProcess;
pub use runner::{
    Batch, Fold, Options, Stopped, Subscription, SubscriptionError, WaitError, Watch, is_over,
};
pub use set::{FoldSet, Folded, InvalidSnapshot};
pub use status::{Shown, StatusBoard};
pub use uses::Uses;
