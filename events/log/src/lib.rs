//! The event log: a small port ([`EventLog`], and its reading half [`LogReader`]) and its adapters.
//!
//! Owns how records become durable, get their positions and are read back. It must never look into a
//! record (key, headers and body are opaque), never acknowledge what is not durable, and promises
//! nothing about several records at once. Another adapter is another module that implements the port
//! and passes the contract suite (`contract`, feature `testing`).

mod codec;
pub mod copying;
mod embedded;
pub mod kafka;
mod partitions;
mod port;
#[cfg(feature = "testing")]
pub mod testing;

pub use embedded::{EmbeddedCopy, EmbeddedLog, EmbeddedOptions, OpenError, Scan};
pub use kafka::{KafkaCopy, KafkaLog, KafkaOptions};
pub use port::{
    AppendError, Appended, EventLog, LogReader, PresenceAppender, RECORD_BYTES_MAX, ReadError,
    ReadLimit, Tail,
};
