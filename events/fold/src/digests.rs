//! Digests of folds in the object store. Whoever passes a multiple of [`DIGEST_EVERY`] leaves the digest
//! of all verdicts so far, or compares with the one that was left: two consumers that judged a record
//! differently must not both go on.

use std::sync::Arc;

use event_archive::{KeyPrefix, ObjectKey, ObjectStore, PutOutcome, StoreError};
use events::{FIRST_EPOCH, Partition};

use crate::set::Folded;

/// Records of a partition between two digests.
pub const DIGEST_EVERY: u64 = 10_000;

/// Why a digest could not be agreed on.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// Another consumer judged a record before `next` otherwise. Both must stop.
    #[error("the folds of {partition} part before offset {next}: {ours} here, {theirs} elsewhere")]
    Parted { partition: Partition, next: u64, ours: String, theirs: String },
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

    /// Leaves the digest of `partition` at `next`, or compares it with the one that stands there.
    ///
    /// # Errors
    /// [`DigestError`].
    pub async fn agree(
        &self,
        partition: Partition,
        next: u64,
        digest: u128,
    ) -> Result<(), DigestError> {
        let ours = format!("{digest:032x}");
        let name = name(partition, next);
        if self.0.put_if_absent(&name, ours.clone().into()).await? == PutOutcome::Written {
            return Ok(());
        }
        let theirs = self.0.get(&name).await?.unwrap_or_default();
        if theirs == ours.as_bytes() {
            return Ok(());
        }
        let theirs = String::from_utf8_lossy(&theirs).into_owned();
        Err(DigestError::Parted { partition, next, ours, theirs })
    }

    /// Removes those that lie beyond the end of their partition.
    pub(crate) async fn forget_beyond(
        &self,
        end: impl Fn(Partition) -> u64,
    ) -> Result<(), StoreError> {
        let folder = KeyPrefix::parse(format!("{}/", root())).expect("a number is a folder's name");
        for object in self.0.list(&folder).await? {
            if let Some((partition, next)) = parse(object.as_str())
                && next > end(partition)
            {
                self.0.delete(&object).await?;
            }
        }
        Ok(())
    }
}

fn root() -> String {
    format!("digests/{FIRST_EPOCH}")
}

fn name(partition: Partition, next: u64) -> ObjectKey {
    ObjectKey::parse(format!("{}/{partition}/{next:020}", root()))
        .expect("a partition and a number are a name")
}

fn parse(name: &str) -> Option<(Partition, u64)> {
    let (partition, next) = name.strip_prefix(&root())?.strip_prefix('/')?.split_once('/')?;
    Some((partition.parse().ok()?, next.parse().ok()?))
}
