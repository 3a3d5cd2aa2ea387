//! What the server keeps.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::{Bytes, BytesMut};

/// Keys of one page of a listing, as in S3.
pub(super) const PAGE_KEYS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Objects {
    objects: BTreeMap<String, Bytes>,
    uploads: BTreeMap<String, BTreeMap<i32, Bytes>>,
    pub(super) uploads_begun: usize,
    /// Conditional puts that are still to meet another one.
    pub(super) conflicts: usize,
}

/// What a conditional put came to.
pub(super) enum Put {
    Done,
    Exists,
    Conflict,
}

/// Some of the objects, and where the listing goes on.
pub(super) struct Page {
    pub(super) keys: Vec<(String, usize)>,
    pub(super) next: Option<String>,
}

impl Objects {
    pub(super) fn put(&mut self, key: String, body: Bytes, only_if_absent: bool) -> Put {
        if only_if_absent && self.conflicts > 0 {
            self.conflicts -= 1;
            return Put::Conflict;
        }
        if only_if_absent && self.objects.contains_key(&key) {
            return Put::Exists;
        }
        self.objects.insert(key, body);
        Put::Done
    }

    pub(super) fn get(&self, key: &str) -> Option<Bytes> {
        self.objects.get(key).cloned()
    }

    pub(super) fn delete(&mut self, key: &str) {
        self.objects.remove(key);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.objects.keys().cloned().collect()
    }

    /// The objects behind `after`, at most `max`.
    pub(super) fn page(&self, prefix: &str, after: &str, max: usize) -> Page {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let mut found =
            self.objects.range::<str, _>(behind).filter(|(key, _)| key.starts_with(prefix));
        let keys: Vec<_> =
            found.by_ref().take(max).map(|(key, body)| (key.clone(), body.len())).collect();
        let more = found.next().is_some();
        let next = keys.last().filter(|_| more).map(|(key, _)| key.clone());
        Page { keys, next }
    }

    pub(super) fn begin_upload(&mut self) -> String {
        self.uploads_begun += 1;
        let id = format!("upload-{}", self.uploads_begun);
        self.uploads.insert(id.clone(), BTreeMap::new());
        id
    }

    pub(super) fn open_uploads(&self) -> usize {
        self.uploads.len()
    }

    /// None: there is no such upload.
    pub(super) fn add_part(&mut self, id: &str, number: i32, body: Bytes) -> Option<()> {
        self.uploads.get_mut(id)?.insert(number, body);
        Some(())
    }

    pub(super) fn complete_upload(&mut self, id: &str, key: String) -> Option<()> {
        let mut whole = BytesMut::new();
        for part in self.uploads.remove(id)?.values() {
            whole.extend_from_slice(part);
        }
        self.objects.insert(key, whole.freeze());
        Some(())
    }

    pub(super) fn abort_upload(&mut self, id: &str) -> Option<()> {
        self.uploads.remove(id).map(drop)
    }
}
