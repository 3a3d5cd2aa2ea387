//! A store whose every operation pauses before it happens and before its answer is known, so that a test
//! decides who goes on, who dies there and whose answer is lost.

use std::future::poll_fn;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use event_archive::testing::MemoryStore;
use event_archive::{
    ByteStream, Entries, KeyPrefix, ObjectBody, ObjectKey, ObjectStore, PutOutcome, StoreError,
};
use futures::FutureExt;
use futures::future::BoxFuture;

#[derive(Debug, Clone, Default)]
pub struct Stepping {
    inner: MemoryStore,
    pauses: Arc<AtomicUsize>,
    lose_answer: Arc<AtomicBool>,
}

impl Stepping {
    /// How often an operation has paused.
    pub fn pauses(&self) -> usize {
        self.pauses.load(Ordering::SeqCst)
    }

    /// The next conditional put happens, and fails.
    pub fn lose_answer(&self) {
        self.lose_answer.store(true, Ordering::SeqCst);
    }

    pub fn inner(&self) -> Arc<MemoryStore> {
        Arc::new(self.inner.clone())
    }

    async fn pause(&self) {
        let mut paused = false;
        poll_fn(|_| {
            if paused {
                return Poll::Ready(());
            }
            paused = true;
            self.pauses.fetch_add(1, Ordering::SeqCst);
            Poll::Pending
        })
        .await;
    }

    async fn slowly<T>(&self, operation: impl Future<Output = T>) -> T {
        self.pause().await;
        let answer = operation.await;
        self.pause().await;
        answer
    }
}

impl ObjectStore for Stepping {
    fn put<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.slowly(async { self.inner.put(key, bytes).await }).boxed()
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        async move {
            let outcome = self.slowly(async { self.inner.put_if_absent(key, bytes).await }).await;
            if self.lose_answer.swap(false, Ordering::SeqCst) {
                let source = io::Error::other("the answer was lost");
                return Err(StoreError::Object { action: "store", key: key.clone(), source });
            }
            outcome
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
        self.slowly(async { self.inner.get(key).await }).boxed()
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.slowly(async { self.inner.size(key).await }).boxed()
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        self.slowly(async { self.inner.get_range(key, range).await }).boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        self.slowly(async { self.inner.list(prefix).await }).boxed()
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        self.slowly(async { self.inner.entries(prefix).await }).boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.delete(key)
    }
}
