//! Objects in memory.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, StreamExt};
use parking_lot::Mutex;

use crate::key::{KeyPrefix, ObjectKey};
use crate::port::{ByteStream, Entries, ObjectBody, ObjectStore, PutOutcome, StoreError};

/// An [`ObjectStore`] that lives as long as its last clone.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<BTreeMap<ObjectKey, Bytes>>>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn find(&self, key: &ObjectKey) -> Option<Bytes> {
        self.objects.lock().get(key).cloned()
    }

    fn insert(&self, key: &ObjectKey, bytes: Bytes) {
        self.objects.lock().insert(key.clone(), bytes);
    }

    fn within(&self, prefix: &KeyPrefix) -> Vec<ObjectKey> {
        let objects = self.objects.lock();
        let from = (Bound::Included(prefix.as_str()), Bound::Unbounded);
        let keys = objects.range::<str, _>(from).map(|(key, _)| key);
        keys.take_while(|key| prefix.contains(key)).cloned().collect()
    }

    fn directly_in(&self, prefix: &KeyPrefix) -> Entries {
        let mut entries = Entries::default();
        for key in self.within(prefix) {
            match key.as_str()[prefix.as_str().len()..].split_once('/') {
                None => entries.objects.push(key),
                Some((name, _)) => {
                    let folder = KeyPrefix::parse(format!("{prefix}{name}/"));
                    entries.folders.push(folder.expect("an object stands in it"));
                }
            }
        }
        entries.folders.dedup();
        entries
    }

    fn part(&self, key: &ObjectKey, range: Range<u64>) -> Result<Option<ObjectBody>, StoreError> {
        let Some(bytes) = self.find(key) else { return Ok(None) };
        let (start, size) = (range.start, bytes.len() as u64);
        if start > size {
            return Err(StoreError::BeyondEnd { key: key.clone(), start, size });
        }
        let range = start..range.end.clamp(start, size);
        let part = bytes.slice(range.start as usize..range.end as usize);
        let bytes = futures::stream::iter([Ok(part)]).boxed();
        Ok(Some(ObjectBody { size, range, bytes }))
    }
}

impl ObjectStore for MemoryStore {
    fn put<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.insert(key, bytes);
        ready(Ok(())).boxed()
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        let mut objects = self.objects.lock();
        let outcome = if objects.contains_key(key) {
            PutOutcome::AlreadyThere
        } else {
            objects.insert(key.clone(), bytes);
            PutOutcome::Written
        };
        ready(Ok(outcome)).boxed()
    }

    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        mut body: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        async move {
            let mut whole = BytesMut::new();
            while let Some(piece) = body.next().await {
                let failed = |source| StoreError::Body { key: key.clone(), source };
                whole.extend_from_slice(&piece.map_err(failed)?);
            }
            let size = whole.len() as u64;
            self.insert(key, whole.freeze());
            Ok(size)
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        ready(Ok(self.find(key))).boxed()
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        ready(Ok(self.find(key).map(|bytes| bytes.len() as u64))).boxed()
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        ready(self.part(key, range)).boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        ready(Ok(self.within(prefix))).boxed()
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        ready(Ok(self.directly_in(prefix))).boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.objects.lock().remove(key);
        ready(Ok(())).boxed()
    }
}
