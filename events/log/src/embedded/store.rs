//! The records on disk: one keyspace, ordered by partition and offset.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use events::Partition;
use fjall::config::{BlockSizePolicy, FilterPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::directory::{Directory, Marker};
use super::journal::{self, JournalError, Trimmed};
use super::{EmbeddedOptions, OpenError};
use crate::codec::{store_key, store_key_offset};
use crate::partitions::{COUNT, is_durable, ordinal, partition};

/// Where the store's own files are, inside the log's directory.
const STORE_DIR: &str = "store";
/// What is sorted in memory before it goes to a table; bounds memory and what a start has to replay.
const MEMTABLE_BYTES: u64 = 32 << 20;
const JOURNAL_BYTES_MAX: u64 = 256 << 20;
/// Records are read in runs, so blocks are larger than for look-ups.
const BLOCK_BYTES: u32 = 16 << 10;

pub(super) struct Store {
    // Before the directory: the lock is let go last.
    records: Keyspace,
    database: Database,
    directory: Directory,
    persist: PersistMode,
    free_bytes_min: AtomicU64,
}

impl Store {
    /// Opens the store and finds the end of every partition.
    pub(super) fn open(
        dir: &Path,
        new: Marker,
        options: &EmbeddedOptions,
    ) -> Result<(Self, Vec<u64>), OpenError> {
        let directory = Directory::claim(dir, new, options.free_bytes_min)?;
        mend_journals(dir)?;
        let (database, records) = open_database(dir, options)?;
        let persist = options.persist_mode();
        let free_bytes_min = AtomicU64::new(options.free_bytes_min);
        let store = Self { records, database, directory, persist, free_bytes_min };
        let ends = (0..COUNT as u16).map(|n| store.end(n)).collect::<Result<_, _>>()?;
        Ok((store, ends))
    }

    pub(super) fn dir(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn mark(&self, marker: Marker) -> io::Result<()> {
        self.directory.mark(marker)
    }

    /// Why `bytes` more cannot be written, if so.
    pub(super) fn lacks_room_for(&self, bytes: usize) -> Option<String> {
        let needed = self.free_bytes_min.load(Ordering::Relaxed).saturating_add(bytes as u64);
        match self.directory.free_bytes() {
            Ok(free) if free >= needed => None,
            Ok(free) => Some(format!("the disk is full: {free} bytes free, {needed} needed")),
            Err(source) => Some(format!("the free disk space is unknown: {source}")),
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_free_bytes_min(&self, bytes: u64) {
        self.free_bytes_min.store(bytes, Ordering::Relaxed);
    }

    /// Writes all rows as one, and returns when they are on the disk.
    pub(super) fn write(
        &self,
        rows: impl ExactSizeIterator<Item = ([u8; 10], Vec<u8>)>,
    ) -> Result<(), fjall::Error> {
        let mut batch = fjall::OwnedWriteBatch::with_capacity(self.database.clone(), rows.len())
            .durability(Some(self.persist));
        for (key, value) in rows {
            batch.insert(&self.records, key, value);
        }
        batch.commit()
    }

    /// The stored rows of a partition with offsets in `from..to`.
    pub(super) fn rows(&self, partition: Partition, from: u64, to: u64) -> fjall::Iter {
        let ordinal = ordinal(partition);
        self.records.range(store_key(ordinal, from)..store_key(ordinal, to))
    }

    fn end(&self, number: u16) -> Result<u64, OpenError> {
        if !is_durable(partition(number)) {
            return Ok(0);
        }
        let Some(last) = self.records.prefix(number.to_be_bytes()).next_back() else {
            return Ok(0);
        };
        let key = last.key().map_err(|source| open_error(self.dir(), source))?;
        store_key_offset(&key).map(|last| last + 1).ok_or_else(|| OpenError::Damaged {
            dir: self.dir().to_owned(),
            reason: format!("{} has a key of {} bytes", partition(number), key.len()),
        })
    }
}

fn mend_journals(dir: &Path) -> Result<(), OpenError> {
    match journal::mend(&dir.join(STORE_DIR)) {
        Ok(None) => Ok(()),
        Ok(Some(Trimmed { journal, kept_bytes, dropped_bytes })) => {
            tracing::warn!(
                journal = %journal.display(),
                kept_bytes,
                dropped_bytes,
                "cut off a write that was never finished nor acknowledged"
            );
            Ok(())
        }
        Err(JournalError::Io(source)) => Err(OpenError::io(dir, "read the journals in", source)),
        Err(damaged) => Err(OpenError::Damaged {
            dir: dir.to_owned(),
            reason: format!("{damaged}; nothing was changed"),
        }),
    }
}

fn open_database(dir: &Path, options: &EmbeddedOptions) -> Result<(Database, Keyspace), OpenError> {
    let open = || {
        let database = Database::builder(dir.join(STORE_DIR))
            .cache_size(options.cache_bytes)
            .worker_threads(2)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()?;
        let records = database.keyspace("records", keyspace_options)?;
        Ok((database, records))
    };
    // The store panics over some damage, where we owe a message.
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|source| open_error(dir, source)),
        Err(_) => Err(OpenError::Damaged {
            dir: dir.to_owned(),
            reason: "the store gave up on its files".into(),
        }),
    }
}

fn keyspace_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
        // No record is ever looked up alone, so filters would only cost memory.
        .filter_policy(FilterPolicy::disabled())
}

fn open_error(dir: &Path, source: fjall::Error) -> OpenError {
    match source {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
            OpenError::io(dir, "open the store in", source)
        }
        fjall::Error::Locked => OpenError::InUse { dir: dir.to_owned() },
        other => OpenError::Damaged { dir: dir.to_owned(), reason: other.to_string() },
    }
}
