//! Snapshots of folds in the object store: one object per partition and position, the newest few kept.
//!
//! They only shorten a start: every one may be lost, and the log brings the state back.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use event_archive::{KeyPrefix, ObjectKey, ObjectStore, StoreError};
use events::{Partition, Position};

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

    /// Lets all snapshots of `partition` go that were taken at or before `offset`, or in an older epoch.
    ///
    /// # Errors
    /// [`StoreError`]; some may still be there.
    pub async fn forget(&self, partition: Partition, offset: u64) -> Result<(), StoreError> {
        let mut held = self.held().await?;
        held.retain(|held| held.partition == partition);
        let newest = held.iter().map(|held| held.epoch).max();
        for held in held {
            // Of an older epoch none is of use, and some may lie behind its end.
            if held.offset <= offset || Some(held.epoch) < newest {
                self.0.delete(&name(held)).await?;
            }
        }
        Ok(())
    }

    /// Writes the states of all partitions of `set`.
    ///
    /// # Errors
    /// [`StoreError`]; some may be written.
    pub async fn write_all(&self, set: &FoldSet) -> Result<(), StoreError> {
        for partition in Partition::durable() {
            self.write(set, partition).await?;
        }
        Ok(())
    }

    async fn write_and_keep(
        &self,
        kept: usize,
        set: &FoldSet,
        partition: Partition,
    ) -> Result<(), StoreError> {
        let (at, packed) = packed(set, partition);
        self.0.put(&name(at), packed.into()).await?;
        let folder = folder(&format!("{ROOT}/{}/{partition}", at.epoch));
        let objects = self.0.list(&folder).await?;
        let mut held: Vec<Position> = objects.iter().filter_map(|o| parse(o.as_str())).collect();
        held.sort_unstable_by(|a, b| b.cmp(a));
        for old in held.into_iter().skip(kept) {
            self.0.delete(&name(old)).await?;
        }
        if kept == 1 { self.forget_older_epochs(at).await } else { Ok(()) }
    }

    /// Those that the log of before wrote, perhaps after its end, of the same partition.
    async fn forget_older_epochs(&self, than: Position) -> Result<(), StoreError> {
        for old in self.held().await? {
            if old.partition == than.partition && old.epoch < than.epoch {
                self.0.delete(&name(old)).await?;
            }
        }
        Ok(())
    }

    /// Puts each partition of `set` to its newest readable snapshot at or below `at_most`, which gives
    /// the offset that the caller needs next. A partition without one starts from the beginning. Only
    /// those of the newest epoch count: one of an older epoch may be of records that a restore left behind.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub async fn restore(
        &self,
        set: &FoldSet,
        at_most: impl Fn(Partition) -> u64,
    ) -> Result<(), StoreError> {
        let mut of_partitions = BTreeMap::<Partition, Vec<Position>>::new();
        for at in self.held().await? {
            of_partitions.entry(at.partition).or_default().push(at);
        }
        for (partition, mut held) in of_partitions {
            let newest = held.iter().map(|at| at.epoch).max();
            held.retain(|at| Some(at.epoch) == newest && at.offset <= at_most(partition));
            held.sort_unstable_by(|a, b| b.cmp(a));
            for at in held {
                match self.restore_one(set, at).await {
                    Ok(()) => break,
                    Err(error) => tracing::warn!(
                        %at, error = %error,
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
        for at in self.held().await? {
            if at.offset > end(at.partition) {
                self.0.delete(&name(at)).await?;
            }
        }
        self.digests().forget_beyond(end).await
    }

    /// Writes the states of all partitions of `set`, which have come to `epoch`, and removes those of the
    /// epochs before: whoever still runs on the log of before may have written some of them.
    ///
    /// # Errors
    /// [`StoreError`]; the same again does what is left.
    pub async fn begin_epoch(&self, set: &FoldSet, epoch: u32) -> Result<(), StoreError> {
        self.write_all(set).await?;
        for at in self.held().await? {
            if at.epoch < epoch {
                self.0.delete(&name(at)).await?;
            }
        }
        Ok(())
    }

    async fn restore_one(
        &self,
        set: &FoldSet,
        at: Position,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let packed: Bytes = self.0.get(&name(at)).await?.ok_or("it is gone")?;
        let snapshot = zstd::bulk::decompress(&packed, unpacked_bytes(&packed)?)?;
        set.restore(at.partition, &snapshot)?;
        Ok(())
    }

    /// What each of them takes next.
    async fn held(&self) -> Result<Vec<Position>, StoreError> {
        let objects = self.0.list(&folder(ROOT)).await?;
        Ok(objects.iter().filter_map(|object| parse(object.as_str())).collect())
    }
}

fn packed(set: &FoldSet, partition: Partition) -> (Position, Vec<u8>) {
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

const ROOT: &str = "folds";

fn name(at: Position) -> ObjectKey {
    key(ROOT, at)
}

fn parse(name: &str) -> Option<Position> {
    parsed(ROOT, name)
}

/// Below `root` by epoch and partition. Twenty digits, so that names sort like offsets.
pub(crate) fn key(root: &str, at: Position) -> ObjectKey {
    let Position { epoch, partition, offset } = at;
    ObjectKey::parse(format!("{root}/{epoch}/{partition}/{offset:020}"))
        .expect("a partition and numbers are a name")
}

pub(crate) fn parsed(root: &str, name: &str) -> Option<Position> {
    let mut parts = name.strip_prefix(root)?.strip_prefix('/')?.split('/');
    let (epoch, partition, offset) = (parts.next()?, parts.next()?, parts.next()?);
    let partition = partition.parse().ok()?;
    Some(Position { epoch: epoch.parse().ok()?, partition, offset: offset.parse().ok()? })
}

pub(crate) fn folder(path: &str) -> KeyPrefix {
    KeyPrefix::parse(format!("{path}/")).expect("numbers and a partition are folders' names")
}
