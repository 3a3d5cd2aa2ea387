//! For tests: a store in memory, and the contract that every adapter keeps.

pub mod contract;
mod memory;

pub use memory::MemoryStore;
