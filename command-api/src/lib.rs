//! command-api: from a request to an event and its verdict.
//!
//! Owns the write side of the contract: it reads a request into a command, decides on its own fold,
//! appends, waits for the verdict and answers; and the process manager, which completes what concerns
//! several partitions, and the scheduler, which does at its time what people want done then. It must never
//! write a read model, decide on anything that is not in the fold or at a known position, or answer from
//! behind. To add an endpoint: its command in `domain`, its handler under `endpoints`, its lines in
//! `routes` and in the URL table (`platform::http::urls`).

mod attempts;
mod caller;
mod calls;
mod cell;
mod collapsing;
mod completion;
mod drive;
mod endpoints;
mod epochs;
pub mod erasure;
mod executor;
mod facts;
mod forms;
mod idempotency;
mod image_size;
mod in_flight;
mod objects;
mod of_log;
mod passwords;
mod pictures;
pub mod process_manager;
mod refusals;
mod retention;
mod routes;
mod rules;
mod scheduler;
pub mod submission;
mod telemetry;
#[cfg(test)]
mod tests;
mod uses;
mod waits;

pub use cell::CellError;
pub use executor::{CommandApi, Parts, Settings};
pub use retention::RetentionSettings;
pub use routes::{operations, routes};
pub use waits::Projection;
