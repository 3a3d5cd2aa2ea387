//! The read side, asked over HTTP in this process, on rows that the projector wrote.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod administration;
mod as_of;
mod channels;
mod files;
mod finding_channels;
mod guests;
mod lagging;
mod links;
mod memory;
mod page;
mod people;
mod personal;
mod pictures;
mod posts;
mod privacy;
mod profile_fields;
mod retaining;
mod scene;
mod searching;
mod signals;
mod statements;
mod streaming;
mod teams;
mod threads;
mod world;
