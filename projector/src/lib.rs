//! Turns the log into rows in Postgres and entries of the search index; and, apart from that, copies it
//! into the archive ([`archiver`]).
//!
//! Owns which rows an event changes, the one connection that writes a version of them, the positions, the
//! feed of the index, the snapshots of the fold, and which version serves ([`beside`]). It must never judge
//! an event (the fold has), never write under a condition of its own, and, the reactor [`archiver`]
//! excepted, never cause anything outside the read models: a rebuild repeats everything else that happens
//! here. To add an event: its rows in `changes`, and a table in the read model if it needs one.

mod analyze;
pub mod archiver;
pub mod beside;
mod changes;
mod compare;
mod index_feed;
mod index_thread;
mod memory;
mod patches;
mod positions;
mod rebuild;
mod run;
mod running;
mod same_log;
mod snapshots;
mod sql;
mod standing;
mod telemetry;
mod worker;

pub use changes::{
    AcknowledgementChange, Advance, Change, Expiry, FollowerChange, Gone, MarkChange, MemberChange,
    MembershipChange, ReactionChange, RowChanges, VersionChange,
};
pub use compare::{CompareError, Difference, compare};
pub use index_feed::IndexFeed;
pub use memory::MemoryTables;
pub use positions::{NotProjected, PositionsWatch};
pub use rebuild::{Place, Progress, RebuildError, Rebuilt, rebuild};
pub use run::{Deps, Options, Projector};
pub use running::Stopped;
pub use sql::{PositionsMoved, RowWriter, WriteError, write_batch};
