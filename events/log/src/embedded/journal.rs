//! The store's journals, looked at before the store opens them.
//!
//! The store cuts a journal off at the first byte that it does not understand, whatever follows, and
//! refuses one whose last batch has a wrong checksum. We write one batch at a time and wait for its fsync:
//! a crash can tear the last batch only, which nobody was told of, and that we cut off. A bad batch with a
//! good one behind it is damage to what was acknowledged, and nobody may touch the file.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

/// The store's format that is understood here: what its marker says, and what ends a batch.
const FORMAT: &[u8] = b"FJL\x03";
const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;

/// What was cut off the newest journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trimmed {
    pub(super) journal: PathBuf,
    pub(super) kept_bytes: usize,
    pub(super) dropped_bytes: usize,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    #[error("the journal {} is damaged at byte {at}", .journal.display())]
    Damaged { journal: PathBuf, at: usize },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Checks every journal of a store, and cuts off what a crash left unfinished.
pub(super) fn mend(store: &Path) -> Result<Option<Trimmed>, JournalError> {
    // No store yet, or one of another format: that is for the store to say.
    match fs::read(store.join("version")) {
        Ok(marker) if marker == FORMAT => {}
        Ok(_) => return Ok(None),
        Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(other.into()),
    }
    let mut journals = journals(store)?;
    let newest = journals.pop();
    for journal in journals {
        let bytes = fs::read(&journal)?;
        let at = valid_upto(&bytes);
        if !is_blank(&bytes[at..]) {
            return Err(JournalError::Damaged { journal, at });
        }
    }
    newest.map_or(Ok(None), mend_newest)
}

fn mend_newest(journal: PathBuf) -> Result<Option<Trimmed>, JournalError> {
    let bytes = fs::read(&journal)?;
    let at = valid_upto(&bytes);
    let rest = &bytes[at..];
    if is_blank(rest) {
        return Ok(None);
    }
    if (1..rest.len()).any(|skipped| batch_len(&rest[skipped..]).is_some()) {
        return Err(JournalError::Damaged { journal, at });
    }
    let file = File::options().write(true).open(&journal)?;
    file.set_len(at as u64)?;
    file.sync_all()?;
    let dropped_bytes = rest.len() - rest.iter().rev().take_while(|byte| **byte == 0).count();
    Ok(Some(Trimmed { journal, kept_bytes: at, dropped_bytes }))
}

/// The journals by number, the newest last.
fn journals(store: &Path) -> io::Result<Vec<PathBuf>> {
    let mut numbered = Vec::new();
    for entry in fs::read_dir(store)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let (true, Some(number)) = (is_journal, number) {
            numbered.push((number, path));
        }
    }
    numbered.sort();
    Ok(numbered.into_iter().map(|(_, path)| path).collect())
}

/// Journals are made longer than what stands in them.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Where the run of whole batches from the beginning ends.
fn valid_upto(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(len) = batch_len(&bytes[at..]) {
        at += len;
    }
    at
}

/// The length of the whole, correct batch that the bytes begin with: a start with the number of items,
/// the items, an end with their checksum.
fn batch_len(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&START) {
        return None;
    }
    let count = u32::from_le_bytes(field(bytes, 1)?);
    let items_at = 1 + 4 + 8;
    let mut at = items_at;
    for _ in 0..count {
        at += item_len(bytes.get(at..)?)?;
    }
    let (items, end) = bytes.split_at_checked(at)?;
    let checksum = u64::from_le_bytes(field(end, 1)?);
    let whole = end.first() == Some(&END)
        && end.get(9..9 + FORMAT.len()) == Some(FORMAT)
        && checksum == xxh3_64(&items[items_at..]);
    whole.then_some(at + 9 + FORMAT.len())
}

/// The length of an item: tag, kind, compression, keyspace, lengths of key, value and stored value, key,
/// stored value.
fn item_len(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        ITEM => {
            let key = usize::from(u16::from_le_bytes(field(bytes, 11)?));
            let stored = u32::from_le_bytes(field(bytes, 17)?) as usize;
            Some(21 + key + stored)
        }
        CLEAR => Some(9),
        _ => None,
    }
}

fn field<const LEN: usize>(bytes: &[u8], at: usize) -> Option<[u8; LEN]> {
    bytes.get(at..at + LEN)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use fjall::{Database, KeyspaceCreateOptions, PersistMode};
    use tempfile::TempDir;

    use super::*;

    /// A store with three batches of two rows each, the second row of each a large one.
    fn store() -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::builder(dir.path()).open().unwrap();
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default).unwrap();
        for number in 0u8..3 {
            let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
            batch.insert(&rows, [number, 0], vec![0xbb; 3_000]);
            // Compressed by the store.
            batch.insert(&rows, [number, 1], vec![0xcc; 9_000]);
            batch.commit().unwrap();
        }
        drop((rows, database));
        let journal = dir.path().join("0.jnl");
        // Most of what the store sets aside is of no interest here, and takes its time to read.
        File::options().write(true).open(&journal).unwrap().set_len(64_000).unwrap();
        (dir, journal)
    }

    fn rows(dir: &TempDir) -> usize {
        let database = Database::builder(dir.path()).open().unwrap();
        let rows = database.keyspace("rows", KeyspaceCreateOptions::default).unwrap();
        rows.iter().count()
    }

    /// Where each batch begins, and where the last ends.
    fn bounds(journal: &Path) -> Vec<usize> {
        let bytes = fs::read(journal).unwrap();
        let mut bounds = vec![0];
        while let Some(len) = batch_len(&bytes[bounds[bounds.len() - 1]..]) {
            bounds.push(bounds[bounds.len() - 1] + len);
        }
        bounds
    }

    fn damage(journal: &Path, at: usize, with: &[u8]) {
        let mut bytes = fs::read(journal).unwrap();
        bytes[at..at + with.len()].copy_from_slice(with);
        fs::write(journal, bytes).unwrap();
    }

    #[test]
    fn every_batch_that_the_store_writes_is_understood() {
        let (dir, journal) = store();
        assert_eq!(bounds(&journal).len(), 4);
        assert!(mend(dir.path()).unwrap().is_none());
        assert_eq!(rows(&dir), 6);
    }

    #[test]
    fn a_torn_last_batch_is_cut_off_and_the_store_opens() {
        // A hole inside a value, a hole over the end, half a batch.
        for case in 0..3 {
            let (dir, journal) = store();
            let bounds = bounds(&journal);
            let (last, end) = (bounds[2], bounds[3]);
            let holes = [(last + 100, 512), (end - 6, 6), (last + 1_000, end - last - 1_000)];
            let (at, len) = holes[case];
            damage(&journal, at, &vec![0; len]);
            let trimmed = mend(dir.path()).unwrap().expect("something is cut off");
            assert_eq!((&trimmed.journal, trimmed.kept_bytes), (&journal, bounds[2]));
            assert!(trimmed.dropped_bytes > 0);
            assert_eq!(rows(&dir), 4);
            assert!(mend(dir.path()).unwrap().is_none());
        }
    }

    #[test]
    fn damage_before_a_good_batch_is_reported_and_nothing_is_touched() {
        for at in [0, 1, 13, 500] {
            let (dir, journal) = store();
            let at = bounds(&journal)[1] + at;
            damage(&journal, at, &[0xff]);
            let before = fs::read(&journal).unwrap();
            assert!(matches!(mend(dir.path()), Err(JournalError::Damaged { .. })));
            assert_eq!(fs::read(&journal).unwrap(), before);
        }
    }

    #[test]
    fn damage_in_an_older_journal_is_reported_even_at_its_end() {
        let (dir, journal) = store();
        let last = bounds(&journal)[2];
        fs::write(dir.path().join("1.jnl"), []).unwrap();
        assert!(mend(dir.path()).unwrap().is_none());
        damage(&journal, last + 20, &[0xff]);
        assert!(matches!(mend(dir.path()), Err(JournalError::Damaged { at, .. }) if at == last));
    }
}
