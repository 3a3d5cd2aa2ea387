//! Why archiving ended.

use event_archive::StoreError;
use event_archive::segments::ArchiveError;
use event_log::ReadError;
use events::Partition;
use fold::digests::DigestError;

use super::chains::ChainsError;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("failed to read a snapshot of the fold")]
    Snapshot(#[from] StoreError),
    #[error(transparent)]
    Chains(#[from] ChainsError),
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error(
        "{partition} is archived up to offset {archived}, but the log ends at {end}: it has lost \
         records, which `replay restore` brings back, or archive.url is another log's"
    )]
    Ahead { partition: Partition, archived: u64, end: u64 },
    #[error("the log is sealed: another goes on in its place, in a newer epoch")]
    Sealed,
}

impl Failure {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Archive(_) => "archive",
            Self::Snapshot(_) => "snapshot",
            Self::Chains(ChainsError::Fold(_)) => "fold",
            Self::Digest(_) => "digest",
            Self::Ahead { .. } => "ahead",
            Self::Sealed => "sealed",
            Self::Chains(ChainsError::Parted { .. }) => "parted",
        }
    }

    /// Whether trying again would not help: what stands in the log or in the archive is not for this
    /// program, or not of one log.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Chains(_)
                | Self::Digest(DigestError::Parted { .. })
                | Self::Ahead { .. }
                | Self::Sealed
        )
    }
}
