//! Digests of folds in the object store. Whoever passes a multiple of [`DIGEST_EVERY`] leaves the digest
//! of all verdicts so far, or compares with the one that was left: two consumers that judged a record
//! differently must not both go on.

use std::sync::Arc;

use event_archive::{ObjectStore, PutOutcome, StoreError};
use events::{Partition, Position};

use crate::set::Folded;
use crate::snapshots::{folder, key, parsed};

const ROOT: &str = "digests";

/// Records of a partition between two digests.
pub const DIGEST_EVERY: u64 = 10_000;

/// Why a digest could not be agreed on.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// Another consumer judged a record before `next` otherwise. Both must stop.
    #[error("the folds part before {next}: {ours} here, {theirs} elsewhere")]
    Parted { next: Position, ours: String, theirs: String },
    /// Nothing was compared.
    #[error("failed to compare digests")]
    Store(#[from] StoreError),
}

/// The digests of one installation.
#[derive(Debug, Clone)]
pub struct Digests(Arc<dyn ObjectStore>);

impl Digests {
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// The offset after `folded`, if a digest belongs there.
    pub fn due(folded: &Folded) -> Option<u64> {
        let next = folded.record.offset + 1;
        next.is_multiple_of(DIGEST_EVERY).then_some(next)
    }

    /// Leaves the digest of all before `next`, or compares it with the one that stands there.
    ///
    /// # Errors
    /// [`DigestError`].
    pub async fn agree(&self, next: Position, digest: u128) -> Result<(), DigestError> {
        let ours = format!("{digest:032x}");
        let name = key(ROOT, next);
        if self.0.put_if_absent(&name, ours.clone().into()).await? == PutOutcome::Written {
            return Ok(());
        }
        let theirs = self.0.get(&name).await?.unwrap_or_default();
        if theirs == ours.as_bytes() {
            return Ok(());
        }
        let theirs = String::from_utf8_lossy(&theirs).into_owned();
        Err(DigestError::Parted { next, ours, theirs })
    }

    /// Removes those that lie beyond the end of their partition.
    pub(crate) async fn forget_beyond(
        &self,
        end: impl Fn(Partition) -> u64,
    ) -> Result<(), StoreError> {
        for object in self.0.list(&folder(ROOT)).await? {
            if let Some(next) = parsed(ROOT, object.as_str())
                && next.offset > end(next.partition)
            {
                self.0.delete(&object).await?;
            }
        }
        Ok(())
    }
}
