//! Snapshots of folds in the object store: one object per partition and position, the newest few kept.
//!
//! They only shorten a start: every one may be lost, and the log brings the state back.

use std::sync::Arc;

use bytes::Bytes;
use event_archive::{KeyPrefix, ObjectKey, ObjectStore, StoreError};
use events::{FIRST_EPOCH, Partition};

use crate::digests::Digests;
use crate::set::FoldSet;

/// Snapshots kept of each partition.
const KEPT: usize = 3;

/// Compression level; higher ones cost more time than they save here.
const ZSTD_LEVEL: i32 = 3;

/// Largest unpacked snapshot that is believed, bytes.
const UNPACKED_BYTES_MAX: usize = 8 << 30;

/// Reads and writes the snapshots of one installation.
#[derive(Debug, Clone)]
pub struct Snapshots(Arc<dyn ObjectStore>);

impl Snapshots {
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// The digests that belong to the same folds.
    pub fn digests(&self) -> Digests {
        Digests::new(Arc::clone(&self.0))
    }

    /// Writes the state of `partition` as `set` has it, then lets go of the oldest.
    ///
    /// # Errors
    /// [`StoreError`]; older snapshots are untouched.
    pub async fn write(&self, set: &FoldSet, partition: Partition) -> Result<(), StoreError> {
        self.write_and_keep(KEPT, set, partition).await
    }

    /// The same, but all others go: they hold the names of somebody who is erased.
    ///
    /// # Errors
    /// [`StoreError`]; others may still be there.
    pub async fn write_alone(&self, set: &FoldSet, partition: Partition) -> Result<(), StoreError> {
        self.write_and_keep(1, set, partition).await
    }

    /// Lets all snapshots of `partition` go that were taken at or before `offset`.
    ///
    /// # Errors
    /// [`StoreError`]; some may still be there.
    pub async fn forget(&self, partition: Partition, offset: u64) -> Result<(), StoreError> {
        for held in self.offsets(partition).await? {
            if held <= offset {
                self.0.delete(&name(partition, held)).await?;
            }
        }
        Ok(())
    }

    async fn write_and_keep(
        &self,
        kept: usize,
        set: &FoldSet,
        partition: Partition,
    ) -> Result<(), StoreError> {
        let (next, packed) = packed(set, partition);
        self.0.put(&name(partition, next), packed.into()).await?;
        let mut held = self.offsets(partition).await?;
        held.sort_unstable_by(|a, b| b.cmp(a));
        for offset in held.into_iter().skip(kept) {
            self.0.delete(&name(partition, offset)).await?;
        }
        Ok(())
    }

    /// Puts each partition of `set` to its newest readable snapshot at or below `at_most`, which gives
    /// the offset that the caller needs next. A partition without one starts from the beginning.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn restore(
        &self,
        set: &FoldSet,
        at_most: impl Fn(Partition) -> u64,
    ) -> Result<(), StoreError> {
        let mut held = std::collections::BTreeMap::<Partition, Vec<u64>>::new();
        for object in self.0.list(&folder(&root())).await? {
            if let Some((partition, offset)) = parse(object.as_str()) {
                held.entry(partition).or_default().push(offset);
            }
        }
        for (partition, mut offsets) in held {
            offsets.retain(|offset| *offset <= at_most(partition));
            offsets.sort_unstable_by(|a, b| b.cmp(a));
            for offset in offsets {
                match self.restore_one(set, partition, offset).await {
                    Ok(()) => break,
                    Err(error) => tracing::warn!(
                        %partition, offset, error = %error,
                        "failed to use a snapshot; an older one or the log serves"
                    ),
                }
            }
        }
        Ok(())
    }

    /// Removes the snapshots and digests that lie beyond the end of their partition: of a log that was
    /// longer than the one that took its place.
    ///
    /// # Errors
    /// [`StoreError`]; some may be removed.
    pub async fn forget_beyond(&self, end: impl Fn(Partition) -> u64) -> Result<(), StoreError> {
        for object in self.0.list(&folder(&root())).await? {
            if let Some((partition, offset)) = parse(object.as_str())
                && offset > end(partition)
            {
                self.0.delete(&object).await?;
            }
        }
        self.digests().forget_beyond(end).await
    }

    async fn restore_one(
        &self,
        set: &FoldSet,
        partition: Partition,
        offset: u64,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let packed: Bytes = self.0.get(&name(partition, offset)).await?.ok_or("it is gone")?;
        let snapshot = zstd::bulk::decompress(&packed, unpacked_bytes(&packed)?)?;
        set.restore(partition, &snapshot)?;
        Ok(())
    }

    async fn offsets(&self, partition: Partition) -> Result<Vec<u64>, StoreError> {
        let objects = self.0.list(&folder(&format!("{}/{partition}", root()))).await?;
        Ok(objects.iter().filter_map(|o| parse(o.as_str())).map(|(_, offset)| offset).collect())
    }
}

fn packed(set: &FoldSet, partition: Partition) -> (u64, Vec<u8>) {
    let (next, snapshot) = set.snapshot_at(partition);
    let packed = zstd::bulk::compress(&snapshot, ZSTD_LEVEL)
        .expect("compressing memory into memory does not fail");
    (next, packed)
}

fn unpacked_bytes(packed: &[u8]) -> Result<usize, String> {
    let stated = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    match stated.and_then(|bytes| usize::try_from(bytes).ok()) {
        Some(bytes) if bytes <= UNPACKED_BYTES_MAX => Ok(bytes),
        _ => Err("it does not state a size that can be right".to_owned()),
    }
}

fn root() -> String {
    format!("folds/{FIRST_EPOCH}")
}

/// Twenty digits, so that names sort like offsets.
fn name(partition: Partition, next: u64) -> ObjectKey {
    ObjectKey::parse(format!("{}/{partition}/{next:020}", root()))
        .expect("a partition and a number are a name")
}

fn folder(path: &str) -> KeyPrefix {
    KeyPrefix::parse(format!("{path}/")).expect("a partition is a folder's name")
}

fn parse(name: &str) -> Option<(Partition, u64)> {
    let (partition, offset) = name.strip_prefix(&root())?.strip_prefix('/')?.split_once('/')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}
