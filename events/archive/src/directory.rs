//! Objects as files under a directory. Each is written aside, synced, and moved to its name; several
//! processes may share the directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use crate::key::{KeyPrefix, ObjectKey, is_segment};
use crate::port::{ByteStream, Entries, ObjectBody, ObjectStore, PutOutcome, StoreError};

/// Where objects are written before they get their names. No name begins with a dot.
const ASIDE_DIR: &str = ".aside";
/// What is left there by a process that died. Nobody writes one object for so long.
const ASIDE_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
const READ_BYTES: usize = 128 << 10;

/// An [`ObjectStore`] in a directory.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

impl DirectoryStore {
    /// Opens the store in `root`, which is created if need be, and tries that it can be written.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        let tried = prepare(&root);
        let store = Self { root };
        match tried {
            Ok(()) => Ok(store),
            Err(source) => Err(StoreError::Open { path: store.root, source }),
        }
    }

    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    fn aside(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.root.join(ASIDE_DIR))
    }

    /// Runs file work off the async runtime.
    async fn blocking<T: Send + 'static>(
        &self,
        action: &'static str,
        key: &ObjectKey,
        work: impl FnOnce(&Self, &Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, path) = (self.clone(), self.path(key));
        let done = tokio::task::spawn_blocking(move || work(&store, &path)).await;
        done.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
            .map_err(|source| StoreError::Object { action, key: key.clone(), source })
    }

    /// Looks into a folder off the async runtime.
    async fn listing<T: Send + 'static>(
        &self,
        prefix: &KeyPrefix,
        look: fn(&Path, &KeyPrefix) -> io::Result<T>,
    ) -> Result<T, StoreError> {
        let (root, folder) = (self.root.clone(), prefix.clone());
        let listed = tokio::task::spawn_blocking(move || look(&root, &folder)).await;
        listed
            .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
            .map_err(|source| StoreError::List { prefix: prefix.clone(), source })
    }

    /// Gives a written file its name, in place of another if there is one, for good.
    fn publish(&self, aside: NamedTempFile, path: &Path) -> io::Result<()> {
        aside.as_file().sync_all()?;
        self.make_parents(path)?;
        aside.persist(path)?;
        self.sync_parents(path)
    }

    fn publish_if_absent(&self, aside: NamedTempFile, path: &Path) -> io::Result<PutOutcome> {
        aside.as_file().sync_all()?;
        self.make_parents(path)?;
        let outcome = match fs::hard_link(aside.path(), path) {
            Ok(()) => PutOutcome::Written,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => PutOutcome::AlreadyThere,
            Err(other) => return Err(other),
        };
        // For the loser too: it must not learn of an object that a crash could still take away.
        self.sync_parents(path)?;
        Ok(outcome)
    }

    fn make_parents(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(&self.root))
    }

    /// Syncs every folder from the object up to the root: another process may have just made one of them.
    fn sync_parents(&self, path: &Path) -> io::Result<()> {
        for folder in path.ancestors().skip(1) {
            File::open(folder)?.sync_all()?;
            if folder == self.root {
                break;
            }
        }
        Ok(())
    }

    async fn store_stream(
        &self,
        key: &ObjectKey,
        mut body: ByteStream<'_>,
    ) -> Result<u64, StoreError> {
        let failed = |source| StoreError::Object { action: "store", key: key.clone(), source };
        let aside = self.blocking("store", key, |store, _| store.aside()).await?;
        let mut file = tokio::fs::File::from_std(aside.reopen().map_err(failed)?);
        let mut size = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|source| StoreError::Body { key: key.clone(), source })?;
            size += piece.len() as u64;
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        self.blocking("store", key, move |store, path| store.publish(aside, path)).await?;
        Ok(size)
    }

    async fn open_range(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
    ) -> Result<Option<ObjectBody>, StoreError> {
        let start = range.start;
        let opened = self.blocking("read", key, move |_, path| {
            let Some(mut file) = found(File::open(path))? else { return Ok(None) };
            let size = object_size(&file.metadata()?)?;
            file.seek(SeekFrom::Start(start))?;
            Ok(Some((file, size)))
        });
        let Some((file, size)) = opened.await? else { return Ok(None) };
        if start > size {
            return Err(StoreError::BeyondEnd { key: key.clone(), start, size });
        }
        let range = start..range.end.clamp(start, size);
        let part = tokio::fs::File::from_std(file).take(range.end - range.start);
        let bytes = ReaderStream::with_capacity(part, READ_BYTES).boxed();
        Ok(Some(ObjectBody { size, range, bytes }))
    }
}

impl ObjectStore for DirectoryStore {
    fn put<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.blocking("store", key, move |store, path| {
            let mut aside = store.aside()?;
            aside.write_all(&bytes)?;
            store.publish(aside, path)
        })
        .boxed()
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        self.blocking("store", key, move |store, path| {
            let mut aside = store.aside()?;
            aside.write_all(&bytes)?;
            store.publish_if_absent(aside, path)
        })
        .boxed()
    }

    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        body: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.store_stream(key, body).boxed()
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.blocking("read", key, |_, path| Ok(found(fs::read(path))?.map(Bytes::from))).boxed()
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.blocking("examine", key, |_, path| {
            found(fs::metadata(path))?.map(|metadata| object_size(&metadata)).transpose()
        })
        .boxed()
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        self.open_range(key, range).boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        self.listing(prefix, list).boxed()
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        self.listing(prefix, entries).boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.blocking("delete", key, |_, path| {
            if found(fs::remove_file(path))?.is_some()
                && let Some(folder) = path.parent()
            {
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        })
        .boxed()
    }
}

fn prepare(root: &Path) -> io::Result<()> {
    let aside = root.join(ASIDE_DIR);
    fs::create_dir_all(&aside)?;
    // A read-only or full disk shows itself now, not at the first upload.
    NamedTempFile::new_in(&aside)?.write_all(b"a try")?;
    for entry in fs::read_dir(&aside)? {
        let entry = entry?;
        let modified = found(entry.metadata())?.map(|metadata| metadata.modified()).transpose()?;
        let old = modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ASIDE_AGE_MAX);
        if old {
            found(fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

fn list(root: &Path, prefix: &KeyPrefix) -> io::Result<Vec<ObjectKey>> {
    let mut keys = Vec::new();
    let mut folders = vec![prefix.clone()];
    while let Some(folder) = folders.pop() {
        let found = entries(root, &folder)?;
        keys.extend(found.objects);
        folders.extend(found.folders);
    }
    keys.sort();
    Ok(keys)
}

fn entries(root: &Path, prefix: &KeyPrefix) -> io::Result<Entries> {
    let mut entries = Entries::default();
    let Some(found) = found(fs::read_dir(root.join(prefix.as_str())))? else { return Ok(entries) };
    for entry in found {
        let entry = entry?;
        // What is not ours, and what is not yet whole, has no name that an object could have.
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if !is_segment(&name) {
            continue;
        }
        let name = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            entries.folders.extend(KeyPrefix::parse(name + "/").ok());
        } else {
            entries.objects.extend(ObjectKey::parse(name).ok());
        }
    }
    entries.objects.sort();
    entries.folders.sort();
    Ok(entries)
}

/// None where there is nothing.
fn found<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(None),
        Err(other) => Err(other),
    }
}

/// A folder is not an object.
fn object_size(metadata: &fs::Metadata) -> io::Result<u64> {
    if metadata.is_dir() {
        return Err(io::Error::from(ErrorKind::IsADirectory));
    }
    Ok(metadata.len())
}
