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

/// What a listing is of.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) prefix: String,
    /// What lies behind one, after the prefix, is listed as one name.
    pub(super) delimiter: Option<String>,
}

impl Folder {
    /// What stands for a key and others, up to the delimiter.
    fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let at = key[self.prefix.len()..].find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }
}

/// Some of the objects, and where the listing goes on.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) keys: Vec<(String, usize)>,
    pub(super) folders: Vec<String>,
    last: Option<String>,
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

    /// The objects behind `after`, at most `max` of them and of what stands for all up to a delimiter.
    pub(super) fn page(&self, folder: &Folder, after: &str, max: usize) -> Page {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        let found = self.objects.range::<str, _>(behind);
        let found = found.filter(|(key, _)| {
            // A folder that was listed is behind us with all that it holds.
            key.starts_with(&folder.prefix) && !(after.ends_with('/') && key.starts_with(after))
        });
        let mut page = Page::default();
        for (key, body) in found {
            let common = folder.common(key);
            if common.is_some() && page.folders.last().map(String::as_str) == common {
                continue;
            }
            if page.keys.len() + page.folders.len() == max {
                page.next = page.last.take();
                return page;
            }
            page.last = Some(common.unwrap_or(key).to_owned());
            match common {
                Some(common) => page.folders.push(common.to_owned()),
                None => page.keys.push((key.clone(), body.len())),
            }
        }
        page
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
