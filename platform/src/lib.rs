//! What every process needs and no service owns: configuration, secrets, telemetry, HTTP errors and
//! extractors, the URL table, health, shutdown, the data directory, the private Postgres.
//!
//! It knows no event, no rule and no table. It must never decide anything about chat: a helper that
//! would have to know what a channel is belongs to a service.

pub mod clock;
pub mod config;
pub mod data_dir;
mod durable_file;
mod failure;
pub mod health;
pub mod http;
pub mod master_keys;
pub mod postgres;
mod private_file;
pub mod secrets;
pub mod shutdown;
pub mod telemetry;
mod trace_context;

pub use failure::failure_line;
pub use trace_context::{InvalidTraceParent, TraceParent};
