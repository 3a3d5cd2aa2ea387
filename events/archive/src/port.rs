//! The port: whole objects under names.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::key::{KeyPrefix, ObjectKey};

/// A body in pieces.
pub type ByteStream<'a> = BoxStream<'a, io::Result<Bytes>>;

/// What a conditional put did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    Written,
    /// There is an object of that name; it was not touched.
    AlreadyThere,
}

/// A part of an object, or all of it.
pub struct ObjectBody {
    /// Bytes of the whole object.
    pub size: u64,
    /// Which of them `bytes` holds.
    pub range: Range<u64>,
    pub bytes: ByteStream<'static>,
}

impl fmt::Debug for ObjectBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectBody")
            .field("size", &self.size)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// What stands in a folder itself, each sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    pub objects: Vec<ObjectKey>,
    /// One may be empty whose objects were deleted.
    pub folders: Vec<KeyPrefix>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("failed to {action} the object {key}: {source}")]
    Object { action: &'static str, key: ObjectKey, source: io::Error },
    #[error("failed to list the objects under {prefix:?}: {source}", prefix = .prefix.as_str())]
    List { prefix: KeyPrefix, source: io::Error },
    #[error("the object store in {} cannot be used: {source}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("the bucket {bucket} cannot be used: {source}")]
    Bucket { bucket: String, source: io::Error },
    /// The stream that was to be stored failed; nothing was stored.
    #[error("failed to read what was to be stored as {key}: {source}")]
    Body { key: ObjectKey, source: io::Error },
    #[error("the object {key} has {size} bytes, so none at {start}")]
    BeyondEnd { key: ObjectKey, start: u64, size: u64 },
}

/// A store of objects. A put is visible whole or not at all, and durable when it is acknowledged; who
/// lists or reads after that finds it. An error of a put leaves unknown whether it happened.
pub trait ObjectStore: fmt::Debug + Send + Sync + 'static {
    /// Stores an object, in place of one of the same name.
    fn put<'a>(&'a self, key: &'a ObjectKey, bytes: Bytes)
    -> BoxFuture<'a, Result<(), StoreError>>;

    /// Stores an object if there is none of the name: of several at once exactly one is `Written`.
    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>>;

    /// As [`put`](Self::put), in bounded memory; returns the size. Dropped unfinished, it stores nothing.
    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        body: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>>;

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// The size of an object in bytes.
    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>>;

    /// The bytes `range` of an object, of one version of it, in bounded memory. A range that goes beyond
    /// the end is cut there; one that begins beyond it is an error.
    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>>;

    /// All objects in a folder and the folders in it, sorted by name.
    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>>;

    /// What stands in a folder itself, however much lies in the folders there.
    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>>;

    /// Removes an object; it need not exist.
    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>>;
}
