//! The object store of the archive. What an archiver asks of it happens when the world says so: first the
//! asking itself, then the answer, so that a crash or another archiver can come between the two.

use std::future::{Future, poll_fn};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use event_archive::testing::MemoryStore;
use event_archive::{
    ByteStream, Entries, KeyPrefix, ObjectBody, ObjectKey, ObjectStore, PutOutcome, StoreError,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;

/// How the next turn goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Goes,
    /// Nothing happens if it was to happen now; if it has happened the answer is lost.
    Fails,
}

#[derive(Debug, Default)]
struct Gate {
    turn: Option<Turn>,
    /// Everything happens at once.
    open: bool,
    /// What only reads does.
    reads_open: bool,
}

#[derive(Debug, Clone, Default)]
pub struct SimStore {
    objects: MemoryStore,
    gate: Arc<Mutex<Gate>>,
}

impl SimStore {
    /// One more piece may happen.
    pub fn give(&self, turn: Turn) {
        self.gate.lock().turn = Some(turn);
    }

    /// From now on everything happens at once, and succeeds.
    pub fn set_open(&self, open: bool) {
        *self.gate.lock() = Gate { turn: None, open, reads_open: false };
    }

    /// Whether what only reads happens at once: there is a lot of it in a digest.
    pub fn set_reads_open(&self, reads_open: bool) {
        self.gate.lock().reads_open = reads_open;
    }

    /// Every object, with its name.
    pub fn objects(&self) -> Vec<(String, Bytes)> {
        let keys = at_once(self.objects.list(&KeyPrefix::ALL)).expect("memory can be read");
        let with_bytes = |key: ObjectKey| {
            let bytes = at_once(self.objects.get(&key)).expect("memory can be read");
            Some((key.as_str().to_owned(), bytes?))
        };
        keys.into_iter().filter_map(with_bytes).collect()
    }

    async fn turn(&self, key: &str) -> Result<(), StoreError> {
        let turn = poll_fn(|_| {
            let mut gate = self.gate.lock();
            if gate.open {
                return Poll::Ready(Turn::Goes);
            }
            gate.turn.take().map_or(Poll::Pending, Poll::Ready)
        });
        match turn.await {
            Turn::Goes => Ok(()),
            Turn::Fails => {
                let key = ObjectKey::parse(key.trim_end_matches('/')).expect("it was one");
                let source = io::Error::other("no answer in time");
                Err(StoreError::Object { action: "reach", key, source })
            }
        }
    }

    fn reading<'a, T: Send + 'a>(
        &'a self,
        key: &'a str,
        asked: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        if self.gate.lock().reads_open { asked.boxed() } else { self.in_turns(key, asked) }
    }

    fn in_turns<'a, T: Send + 'a>(
        &'a self,
        key: &'a str,
        asked: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        async move {
            self.turn(key).await?;
            let answer = asked.await?;
            self.turn(key).await?;
            Ok(answer)
        }
        .boxed()
    }
}

/// What is there without waiting.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing has to be waited for")
}

impl ObjectStore for SimStore {
    fn put<'a>(&'a self, key: &'a ObjectKey, _: Bytes) -> BoxFuture<'a, Result<(), StoreError>> {
        unreachable!("{key} would take the place of another")
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        self.in_turns(key.as_str(), async move { self.objects.put_if_absent(key, bytes).await })
    }

    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        _: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        unreachable!("{key} would take the place of another")
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.reading(key.as_str(), async move { self.objects.get(key).await })
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.reading(key.as_str(), async move { self.objects.size(key).await })
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        self.reading(key.as_str(), async move { self.objects.get_range(key, range).await })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        self.reading(prefix.as_str(), async move { self.objects.list(prefix).await })
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        self.reading(prefix.as_str(), async move { self.objects.entries(prefix).await })
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        unreachable!("{key} would be gone")
    }
}
