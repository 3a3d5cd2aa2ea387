//! Objects: a small port ([`ObjectStore`]) for whole blobs under names, with its adapters, a directory and
//! S3. And, in objects, the archive of the log ([`segments`]).
//!
//! Owns how bytes that are too large or too cold for the log are kept: snapshots of folds, files and
//! pictures, records that have been folded. It must never know what an event means, and has neither clock
//! nor randomness; an object is never seen half-written. Another adapter is another module that
//! implements the port and passes the contract suite (`testing::contract`, feature `testing`).

mod directory;
mod key;
mod port;
mod s3;
pub mod segments;
#[cfg(feature = "testing")]
pub mod testing;

pub use aws_config::SdkConfig;
pub use directory::DirectoryStore;
pub use key::{InvalidKey, KeyPrefix, ObjectKey};
pub use port::{ByteStream, Entries, ObjectBody, ObjectStore, PutOutcome, StoreError};
pub use s3::{S3Credentials, S3Options, S3Store, sdk_config};
