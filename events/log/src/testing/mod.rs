//! For tests: a log in memory, and the contract that every adapter keeps.

pub mod contract;
pub mod kafka;
mod memory;

pub use memory::{Fault, Held, MemoryLog};
