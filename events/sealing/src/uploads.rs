//! Files that come in parts: what of each has come, sealed, in the object store. Nothing of it is in the
//! log before the file is whole.
//!
//! `uploads/<person>/<day>.<upload>/` holds the session, the data of parts under random names, and for each
//! part that counts a marker named by its offset. A marker is put if there is none: of two requests that
//! bring the same part, one counts. The day tells how old an upload is.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use event_archive::{
    ByteStream, InvalidKey, KeyPrefix, ObjectKey, ObjectStore, PutOutcome, StoreError,
};
use events::{ChannelId, Id, UserId};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::file::FileKey;

const FOLDER: &str = "uploads/";
const SESSION: &str = "session";
const PART: &str = "part.";

/// Why an upload cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] InvalidKey),
    #[error("failed to read what is kept of an upload: {0}")]
    Unreadable(String),
}

/// What was said of a file before its first part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSession {
    pub id: Id,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    pub filename: String,
    /// Bytes.
    pub file_size: u64,
    /// Unix milliseconds.
    pub create_at: i64,
}

/// A part that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    /// Names its data.
    data: Id,
    /// Bytes.
    size: u64,
}

/// A session with its parts, without a gap.
#[derive(Debug, Clone)]
pub struct Upload {
    pub session: UploadSession,
    parts: Vec<Part>,
}

impl Upload {
    /// Bytes that have come.
    pub fn offset(&self) -> u64 {
        self.parts.iter().map(|part| part.size).sum()
    }

    pub fn part_count(&self) -> usize {
        self.parts.len()
    }

    pub fn is_whole(&self) -> bool {
        self.offset() == self.session.file_size
    }

    fn folder(&self) -> String {
        folder(&self.session)
    }
}

/// Data of a part that does not count yet.
#[derive(Debug, Clone, Copy)]
pub struct Data(Id);

/// The uploads of an installation.
#[derive(Debug, Clone)]
pub struct Uploads(Arc<dyn ObjectStore>);

impl Uploads {
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self(objects)
    }

    /// Begins an upload; `key` is its own.
    ///
    /// # Errors
    /// It cannot be stored.
    pub async fn begin(&self, session: &UploadSession, key: &FileKey) -> Result<(), UploadError> {
        let name = ObjectKey::parse(format!("{}/{SESSION}", folder(session)))?;
        let text = serde_json::to_vec(session).expect("a struct of texts and numbers encodes");
        let plain = stream::iter([Ok(Bytes::from(text))]).boxed();
        self.0.put_stream(&name, key.beside(SESSION).seal(plain)).await?;
        Ok(())
    }

    /// The person's uploads that are not finished, oldest day first; `key_of` knows the key of each.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn of_person(
        &self,
        user: UserId,
        key_of: impl Fn(Id) -> FileKey,
    ) -> Result<Vec<Upload>, UploadError> {
        let names = self.names_of(user).await?;
        let known = as_texts(&names);
        let mut uploads = Vec::new();
        for (folder, id) in names.iter().filter_map(session_of) {
            let upload = self.read(folder, &known, &key_of(id)).await?;
            uploads.extend(upload);
        }
        Ok(uploads)
    }

    /// How many uploads of the person are not finished. Opens none of them.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn count_of(&self, user: UserId) -> Result<usize, UploadError> {
        let names = self.names_of(user).await?;
        Ok(names.iter().filter_map(session_of).count())
    }

    async fn names_of(&self, user: UserId) -> Result<Vec<ObjectKey>, UploadError> {
        Ok(self.0.list(&KeyPrefix::parse(format!("{FOLDER}{user}/"))?).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn one(
        &self,
        user: UserId,
        upload: Id,
        key: &FileKey,
    ) -> Result<Option<Upload>, UploadError> {
        let names = self.names_of(user).await?;
        let found = names.iter().filter_map(session_of).find(|(_, id)| *id == upload);
        match found {
            Some((folder, _)) => self.read(folder, &as_texts(&names), key).await,
            None => Ok(None),
        }
    }

    async fn read(
        &self,
        folder: &str,
        names: &BTreeSet<&str>,
        key: &FileKey,
    ) -> Result<Option<Upload>, UploadError> {
        let session = ObjectKey::parse(format!("{folder}/{SESSION}"))?;
        let Some(sealed) = self.0.get(&session).await? else { return Ok(None) };
        let size = FileKey::opened_size(sealed.len() as u64);
        if size == 0 {
            return Err(unreadable("a session is empty"));
        }
        let opened = key.beside(SESSION).open(stream::iter([Ok(sealed)]).boxed(), 0..size, size);
        let text: Vec<Bytes> = opened.try_collect().await.map_err(unreadable)?;
        let session = serde_json::from_slice(&text.concat()).map_err(unreadable)?;
        let mut parts = Vec::new();
        let mut next = 0;
        loop {
            let marker = marker_name(folder, next);
            if !names.contains(marker.as_str()) {
                break;
            }
            let Some(text) = self.0.get(&ObjectKey::parse(marker)?).await? else { break };
            let part: Part = serde_json::from_slice(&text).map_err(unreadable)?;
            next += part.size;
            parts.push(part);
        }
        Ok(Some(Upload { session, parts }))
    }

    /// Stores the data of the next part; returns it with its size. It does not count yet.
    ///
    /// # Errors
    /// [`StoreError::Body`] where `plain` failed.
    pub async fn store(
        &self,
        upload: &Upload,
        key: &FileKey,
        plain: ByteStream<'_>,
    ) -> Result<(Data, u64), UploadError> {
        let data = Id::random();
        let name = data_name(&upload.folder(), data)?;
        let sealed = self.0.put_stream(&name, key.beside(&data.to_string()).seal(plain)).await?;
        Ok((Data(data), FileKey::opened_size(sealed)))
    }

    /// Has stored data count as the part behind those of `upload`; false if another does already.
    ///
    /// # Errors
    /// It is not known whether it counts.
    pub async fn count(
        &self,
        upload: &mut Upload,
        Data(data): Data,
        size: u64,
    ) -> Result<bool, UploadError> {
        let part = Part { data, size };
        let marker = ObjectKey::parse(marker_name(&upload.folder(), upload.offset()))?;
        let text = serde_json::to_vec(&part).expect("a struct of texts and numbers encodes");
        let put = self.0.put_if_absent(&marker, text.into()).await?;
        if put == PutOutcome::AlreadyThere {
            return Ok(false);
        }
        upload.parts.push(part);
        Ok(true)
    }

    /// Removes data that does not count.
    ///
    /// # Errors
    /// It may be there still.
    pub async fn forget(&self, upload: &Upload, Data(data): Data) -> Result<(), UploadError> {
        Ok(self.0.delete(&data_name(&upload.folder(), data)?).await?)
    }

    /// The bytes of all parts, one after the other.
    pub fn bytes<'u>(&'u self, upload: &'u Upload, key: &'u FileKey) -> ByteStream<'u> {
        let opened = move |part: &'u Part| async move {
            let name = data_name(&upload.folder(), part.data).map_err(io::Error::other)?;
            let sealed = FileKey::sealed_range(&(0..part.size), part.size);
            let found = self.0.get_range(&name, sealed).await.map_err(io::Error::other)?;
            let missing = || io::Error::new(io::ErrorKind::NotFound, "a part is missing");
            let key = key.beside(&part.data.to_string());
            Ok::<_, io::Error>(key.open(found.ok_or_else(missing)?.bytes, 0..part.size, part.size))
        };
        stream::iter(&upload.parts).then(opened).try_flatten().boxed()
    }

    /// Removes an upload with all its parts.
    ///
    /// # Errors
    /// Some of it may be there still.
    pub async fn remove(&self, upload: &Upload) -> Result<(), UploadError> {
        let names = self.0.list(&KeyPrefix::parse(format!("{}/", upload.folder()))?).await?;
        // The session last: what is cut short can be told by it.
        let (session, rest): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| session_of(name).is_some());
        for name in rest.iter().chain(&session) {
            self.0.delete(name).await?;
        }
        Ok(())
    }

    /// Removes all of a person's uploads.
    ///
    /// # Errors
    /// Some may be there still.
    pub async fn remove_of(&self, user: UserId) -> Result<(), UploadError> {
        for name in self.names_of(user).await? {
            self.0.delete(&name).await?;
        }
        Ok(())
    }

    /// Removes all that belongs to uploads which began on a day before `day` in UTC, written as in
    /// 2026-11-26; returns how many objects that were.
    ///
    /// # Errors
    /// Some may be there still.
    pub async fn sweep(&self, day: &str) -> Result<u64, UploadError> {
        let mut removed = 0;
        for name in self.0.list(&KeyPrefix::parse(FOLDER)?).await? {
            if day_of(&name).is_some_and(|of| of < day) {
                self.0.delete(&name).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn unreadable(error: impl ToString) -> UploadError {
    UploadError::Unreadable(error.to_string())
}

fn folder(session: &UploadSession) -> String {
    let at = OffsetDateTime::from_unix_timestamp(session.create_at.div_euclid(1_000));
    let day = at.unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
    format!("{FOLDER}{}/{day}.{}", session.user_id, session.id)
}

fn data_name(folder: &str, data: Id) -> Result<ObjectKey, InvalidKey> {
    ObjectKey::parse(format!("{folder}/data.{data}"))
}

fn marker_name(folder: &str, offset: u64) -> String {
    format!("{folder}/{PART}{offset:020}")
}

fn as_texts(names: &[ObjectKey]) -> BTreeSet<&str> {
    names.iter().map(ObjectKey::as_str).collect()
}

/// The folder and the id of the upload whose session the object is.
fn session_of(name: &ObjectKey) -> Option<(&str, Id)> {
    let (folder, object) = name.as_str().rsplit_once('/')?;
    let (_, id) = folder.rsplit_once('.')?;
    if object == SESSION { Some((folder, id.parse().ok()?)) } else { None }
}

fn day_of(name: &ObjectKey) -> Option<&str> {
    let (_, rest) = name.as_str().strip_prefix(FOLDER)?.split_once('/')?;
    Some(rest.split_once('.')?.0)
}

#[cfg(test)]
mod tests {
    use event_archive::testing::MemoryStore;

    use super::*;

    const DAY_MS: i64 = 1_767_225_600_000;

    fn session(user_id: UserId) -> UploadSession {
        UploadSession {
            id: Id::random(),
            user_id,
            channel_id: ChannelId::random(),
            filename: "Grüße.bin".to_owned(),
            file_size: 150_000,
            create_at: DAY_MS,
        }
    }

    fn plain(bytes: &[u8]) -> ByteStream<'static> {
        stream::iter([Ok(Bytes::copy_from_slice(bytes))]).boxed()
    }

    #[tokio::test]
    async fn parts_become_the_file_in_their_order_and_none_counts_twice() {
        let (store, key) = (Arc::new(MemoryStore::new()), FileKey::random());
        let uploads = Uploads::new(Arc::clone(&store) as _);
        let session = session(UserId::random());
        uploads.begin(&session, &key).await.unwrap();
        let find = || async { uploads.one(session.user_id, session.id, &key).await.unwrap() };
        let file: Vec<u8> = (0..150_000_u32).map(|n| (n % 251) as u8).collect();
        let mut upload = find().await.unwrap();
        assert_eq!((&upload.session, upload.offset()), (&session, 0));
        for part in [&file[..70_000], &file[70_000..140_000], &file[140_000..]] {
            let mut late = find().await.unwrap();
            let (data, size) = uploads.store(&upload, &key, plain(part)).await.unwrap();
            assert_eq!(size, part.len() as u64);
            assert!(uploads.count(&mut upload, data, size).await.unwrap());
            let (data, size) = uploads.store(&late, &key, plain(b"other")).await.unwrap();
            assert!(!uploads.count(&mut late, data, size).await.unwrap());
            uploads.forget(&late, data).await.unwrap();
            assert_eq!(find().await.unwrap().offset(), upload.offset());
        }
        let whole = find().await.unwrap();
        assert!(whole.is_whole());
        let bytes: Vec<Bytes> = uploads.bytes(&whole, &key).try_collect().await.unwrap();
        assert_eq!(bytes.concat(), file);
        for name in store.list(&KeyPrefix::ALL).await.unwrap() {
            let kept = store.get(&name).await.unwrap().unwrap();
            let told = String::from_utf8_lossy(&kept).contains("Grüße");
            assert!(!told, "{name} tells the name of the file");
        }
        uploads.remove(&whole).await.unwrap();
        assert!(store.list(&KeyPrefix::ALL).await.unwrap().is_empty());
        assert!(find().await.is_none());
    }

    #[tokio::test]
    async fn people_have_their_own_uploads_and_old_ones_are_swept() {
        let store = Arc::new(MemoryStore::new());
        let uploads = Uploads::new(Arc::clone(&store) as _);
        let key = FileKey::random();
        let (ada, bob) = (session(UserId::random()), session(UserId::random()));
        for session in [&ada, &bob] {
            uploads.begin(session, &key).await.unwrap();
        }
        let of = |user| uploads.of_person(user, |_| key.clone());
        let found = of(ada.user_id).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(uploads.count_of(ada.user_id).await.unwrap(), 1);
        assert_eq!(uploads.count_of(UserId::random()).await.unwrap(), 0);
        assert_eq!(found[0].session, ada);
        assert!(uploads.one(bob.user_id, ada.id, &key).await.unwrap().is_none());
        assert_eq!(uploads.sweep("2026-01-01").await.unwrap(), 0);
        assert_eq!(uploads.sweep("2026-01-02").await.unwrap(), 2);
        assert!(of(ada.user_id).await.unwrap().is_empty());
    }
}
