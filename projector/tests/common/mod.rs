//! Random histories, and a Postgres to project them into.
#![allow(dead_code, reason = "each test uses its own part")]

pub mod failing;
pub mod history;
pub mod interleaving;
pub mod log;
pub mod postgres;
pub mod scene;
