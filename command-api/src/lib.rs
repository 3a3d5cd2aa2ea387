//! command-api: from a request to an event and its verdict.
//!
//! Owns the write side of the contract: it reads a request into a command, decides on its own fold,
//! appends, waits for the verdict and answers; and the process manager, which completes what concerns
//! several partitions. It must never write a read model, decide on anything that is not in the fold or
//! at a known position, or answer from behind. To add an endpoint: its command in `domain`, its handler
//! under `endpoints`, its line in `routes`.

pub mod process_manager;
pub mod submission;
