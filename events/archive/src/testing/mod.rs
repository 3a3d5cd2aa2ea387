//! For tests: a store in memory, a server of the S3 protocol, and the contract that every adapter keeps.

pub mod contract;
mod memory;
mod s3_server;

pub use memory::MemoryStore;
pub use s3_server::S3Server;
