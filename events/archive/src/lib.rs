//! Objects: a small port ([`ObjectStore`]) for whole blobs under names, and its directory adapter.
//!
//! Owns how bytes that are too large or too cold for the log are kept: snapshots of folds, files and
//! pictures. It must never look into an object, and an object is never seen half-written. Another
//! adapter is another module that implements the port and passes the contract suite (`testing::contract`,
//! feature `testing`).

mod directory;
mod key;
mod port;
mod s3;
#[cfg(feature = "testing")]
pub mod testing;

pub use directory::DirectoryStore;
pub use key::{InvalidKey, KeyPrefix, ObjectKey};
pub use port::{ByteStream, ObjectBody, ObjectStore, PutOutcome, StoreError};
pub use s3::{S3Credentials, S3Options, S3Store};
