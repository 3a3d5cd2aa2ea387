//! The write side with its rows: the real routes and projector on a real Postgres, and a log in memory
//! whose clock the test sets, so that its window forgets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod attempts;
mod deletions;
mod guests;
mod keys;
mod later;
mod permissions;
mod personal;
mod pictures;
mod profile_fields;
mod retaining;
mod signals;
mod threads;
mod uploads;
mod world;
