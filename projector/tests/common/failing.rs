//! A store that fails as often as it is told.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use event_archive::testing::MemoryStore;
use event_archive::{
    ByteStream, Entries, KeyPrefix, ObjectBody, ObjectKey, ObjectStore, PutOutcome, StoreError,
};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

/// A store in memory of which every so-many-th conditional put fails, each second one of those after it
/// was done; and some lists.
#[derive(Debug, Default)]
pub struct FailingStore {
    inner: MemoryStore,
    every: AtomicU64,
    puts: AtomicU64,
    lists: AtomicU64,
}

impl FailingStore {
    /// Zero: none fails.
    pub fn fail_every(&self, every: u64) {
        self.every.store(every, Ordering::Relaxed);
    }

    /// So many of the next lists fail.
    pub fn fail_lists(&self, times: u64) {
        self.lists.store(times, Ordering::Relaxed);
    }
}

fn failure(key: &ObjectKey) -> StoreError {
    StoreError::Object { action: "store", key: key.clone(), source: io::Error::other("no more") }
}

impl ObjectStore for FailingStore {
    fn put<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.put(key, bytes)
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        let every = self.every.load(Ordering::Relaxed);
        let put = self.puts.fetch_add(1, Ordering::Relaxed);
        if every == 0 || !put.is_multiple_of(every) {
            return self.inner.put_if_absent(key, bytes);
        }
        if put.is_multiple_of(2 * every) {
            return ready(Err(failure(key))).boxed();
        }
        async move {
            self.inner.put_if_absent(key, bytes).await?;
            Err(failure(key))
        }
        .boxed()
    }

    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        body: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.inner.put_stream(key, body)
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.inner.get(key)
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.inner.size(key)
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        self.inner.get_range(key, range)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        let failing = |times: u64| times.checked_sub(1);
        if self.lists.fetch_update(Ordering::Relaxed, Ordering::Relaxed, failing).is_ok() {
            let source = io::Error::other("no more");
            return ready(Err(StoreError::List { prefix: prefix.clone(), source })).boxed();
        }
        self.inner.list(prefix)
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        self.inner.entries(prefix)
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.delete(key)
    }
}
