//! The object store: the port and its adapters.
//!
//! Owns durable objects by name (fold snapshots, files). It must never know what is in them.

mod port;

pub use port::{Created, ObjectError, ObjectInfo, ObjectStore};
