//! The archive of the log: segments, each the records of one partition from one offset to another with
//! the verdicts on them, in a chain of hashes; and signed digests, one an hour, over all chains.
//!
//! Owns how records are kept for good and how it shows when one was changed, taken out or put in. What a
//! verdict or a state hash says is not known here: both are bytes that come back as they were.
//!
//! # A segment
//!
//! The object `segments/<epoch>/<partition>/<first offset, 20 digits>`, as in
//! `segments/1/channels-07/00000000000000004711`, written once by a conditional put. Format 1:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | magic, `nmsg` |
//! | 2 | format, big-endian: 1 |
//! | 4 | length of the manifest, big-endian |
//! | … | the manifest: a JSON object, the fields of [`Manifest`] in their order |
//! | to the end | the payload: zstd, one frame |
//!
//! Uncompressed, the payload is for each record: length of the value, the value as [`events::codec`]
//! encodes it, length of the verdict, the verdict. Lengths are LEB128. A record's offset is the first one
//! of the segment and its index.
//!
//! The identity of a segment is the SHA-256 of its manifest's bytes. The manifest names the hash of the
//! payload and the identity of the segment before it, so it stands for all records up to its end. There
//! is no time of writing and nothing random in it: the same records give the same bytes, as long as zstd
//! compresses them alike.
//!
//! A chain begins at offset 0. The name of the next segment follows from the chain before it, so of two
//! archivers that continue the same chain one finds the name taken: there is one chain, without gap and
//! overlap, whatever their cuts are.
//!
//! # A digest
//!
//! The object `digests/<epoch>/<hour>`, as in `digests/1/2026-11-26T05`: see [`Digest`].
//!
//! # An epoch
//!
//! The object `epochs/<epoch>`, as in `epochs/2`: see [`OpenedEpoch`].

mod chain;
mod digest;
mod digests;
mod epochs;
mod error;
mod format;
mod hash;
mod hour;
mod links;
mod names;
mod payload;
mod reader;
mod roller;
mod signature;
mod verify;

use std::sync::Arc;

use bytes::Bytes;
use events::SharedRecord;

pub use chain::{AppendOutcome, ArchiveEnd};
pub use digest::{Covered, Digest, DigestLink};
pub use digests::DigestOutcome;
pub use epochs::{GoesOn, OpenedEpoch};
pub use error::{ArchiveError, Finding, FindingKind};
pub use format::{Head, Link, Manifest, SEGMENT_BYTES_MAX};
pub use hash::{ContentHash, InvalidHash};
pub use hour::{Hour, InvalidHour};
pub use roller::{Roller, RollerOptions};
pub use signature::{InvalidPublicKey, PublicKey, Signer};
pub use verify::{Report, Visitor};

use crate::port::ObjectStore;

/// One event with the verdict that the fold gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    pub record: SharedRecord,
    /// Opaque here.
    pub verdict: Bytes,
}

impl Archived {
    /// Bytes that it takes uncompressed, near enough to compare with a bound.
    pub fn size_bytes(&self) -> usize {
        let headers: usize =
            self.record.headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        self.record.body.len() + headers + self.verdict.len() + 32
    }
}

/// The archive of one cell.
#[derive(Debug, Clone)]
pub struct Archive {
    objects: Arc<dyn ObjectStore>,
    cell: Arc<str>,
    /// Those after the first, in order.
    epochs: Arc<[OpenedEpoch]>,
}

impl Archive {
    /// The archive of a log that was never restored; [`open`](Self::open) finds what was opened since.
    pub fn new(objects: Arc<dyn ObjectStore>, cell: impl Into<Arc<str>>) -> Self {
        Self { objects, cell: cell.into(), epochs: Arc::default() }
    }

    pub fn cell(&self) -> &str {
        &self.cell
    }
}
