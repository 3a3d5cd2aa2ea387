//! What goes wrong with an archive, and what is found wrong in it.

use std::fmt;

use events::Partition;

use super::Hour;
use crate::key::ObjectKey;
use crate::port::StoreError;

/// Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object is not what it must be.
    #[error("trust the archive: {0}")]
    Unsound(#[from] Finding),
    #[error("archive {partition} from offset {offset}: the record that comes next is {expected}")]
    NotNext { partition: Partition, offset: u64, expected: u64 },
    #[error("archive {partition} from offset {first_offset}: no record was given")]
    Empty { partition: Partition, first_offset: u64 },
    #[error("archive {len} bytes as one segment of {partition}: the most is {len_max}")]
    TooLarge { partition: Partition, len: u64, len_max: u64 },
    #[error("compress a segment of {partition}: {reason}")]
    Compress { partition: Partition, reason: String },
    #[error("read {partition} in the archive from offset {from}: it ends at {end}")]
    BeyondEnd { partition: Partition, from: u64, end: u64 },
    #[error("write the digest of {hour}: {}", next_digest(.expected))]
    DigestNotNext { hour: Hour, expected: Option<Hour> },
}

fn next_digest(expected: &Option<Hour>) -> String {
    match expected {
        Some(hour) => format!("the one that comes next is {hour}"),
        None => "nothing is archived yet".to_owned(),
    }
}

/// What is wrong with one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub object: ObjectKey,
    pub kind: FindingKind,
    /// A sentence's second half: why this is said of the object.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// Another object says that it must be there.
    Missing,
    /// Its bytes are not the ones that it, or another object, names.
    Changed,
    /// It stands where it does not belong: another's name, a fork, an overlap, an hour left out.
    Misplaced,
    /// It cannot be read as what it should be.
    Malformed,
    /// It belongs to another cell, epoch or partition.
    Foreign,
    /// What it says of its content is not so.
    Contradictory,
    /// Its signature is none of the given keys'.
    Forged,
    /// The visitor refused its content.
    Refused,
}

impl Finding {
    pub(super) fn new(object: ObjectKey, kind: FindingKind, reason: impl Into<String>) -> Self {
        Self { object, kind, reason: reason.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}: {}", self.object, self.kind, self.reason)
    }
}

impl std::error::Error for Finding {}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Misplaced => "misplaced",
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Contradictory => "contradictory",
            Self::Forged => "forged",
            Self::Refused => "refused",
        })
    }
}
