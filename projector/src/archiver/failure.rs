//! Why archiving ended.

use domain::FoldError;
use event_archive::StoreError;
use event_archive::segments::ArchiveError;
use event_log::ReadError;
use events::Partition;
use fold::digests::DigestError;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("failed to read a snapshot of the fold")]
    Snapshot(#[from] StoreError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error(
        "{partition} is archived up to offset {archived}, but the log ends at {end}: it has lost \
         records, which `replay restore` brings back, or archive.url is another log's"
    )]
    Ahead { partition: Partition, archived: u64, end: u64 },
    #[error("the log is sealed: another goes on in its place, in a newer epoch")]
    Sealed,
    #[error(
        "{partition} was archived as another log, or judged otherwise: below offset {next} its \
         verdicts come to {ours}, the archive says {theirs}"
    )]
    Parted { partition: Partition, next: u64, ours: String, theirs: String },
}

impl Failure {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Archive(_) => "archive",
            Self::Snapshot(_) => "snapshot",
            Self::Fold(_) => "fold",
            Self::Digest(_) => "digest",
            Self::Ahead { .. } => "ahead",
            Self::Sealed => "sealed",
            Self::Parted { .. } => "parted",
        }
    }

    /// Whether trying again would not help: what stands in the log or in the archive is not for this
    /// program, or not of one log.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Fold(_)
                | Self::Digest(DigestError::Parted { .. })
                | Self::Ahead { .. }
                | Self::Sealed
                | Self::Parted { .. }
        )
    }
}
