//! Objects that nothing names any more: of expired and erased files, of pictures that were changed, of uploads
//! that died.

use std::sync::Arc;

use domain::retention::DAY_MS;
use event_archive::{KeyPrefix, ObjectKey};
use events::{FileId, Id, Partition, Topic};
use platform::http::ApiError;
use sealing::Uploads;
use time::OffsetDateTime;

use crate::executor::CommandApi;
use crate::facts::unreadable;

const FOLDER: &str = "files/";
const PICTURES: &str = "pictures/";

/// Objects that are looked up in one query.
const LOOKED_UP_AT_ONCE: usize = 1_000;

/// Where the bytes of a file go that is uploaded now: by the day, which tells how old an object is.
pub(crate) fn object_of(file: FileId, now_ms: i64) -> Result<ObjectKey, ApiError> {
    ObjectKey::parse(format!("{FOLDER}{}/{file}", day(now_ms))).map_err(ApiError::internal)
}

/// Where the bytes of a picture go, by the day.
pub(crate) fn picture_object(id: Id, now_ms: i64) -> Result<ObjectKey, ApiError> {
    ObjectKey::parse(format!("{PICTURES}{}/{id}", day(now_ms))).map_err(ApiError::internal)
}

/// A day in UTC, as in 2026-11-26.
fn day(time_ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(time_ms.div_euclid(1_000));
    at.unwrap_or(OffsetDateTime::UNIX_EPOCH).date().to_string()
}

impl CommandApi {
    /// Removes objects of before yesterday that no row names, where the rows hold everything that the log
    /// held after the objects were listed; answers how many. No files while there is a version of the rows
    /// beside the one that serves: whether these rows are right is being found out.
    pub(super) async fn sweep_objects(&self, now_ms: i64) -> Result<u64, ApiError> {
        let yesterday = day(now_ms - DAY_MS);
        let uploads = Uploads::new(Arc::clone(&self.objects)).sweep(&yesterday).await;
        let uploads = uploads.map_err(ApiError::unavailable)?;
        let pictures = self.sweep_pictures(&yesterday).await?;
        Ok(uploads + pictures + self.sweep_files(&yesterday).await?)
    }

    async fn sweep_files(&self, yesterday: &str) -> Result<u64, ApiError> {
        if !self.reader.is_only_version().await.map_err(unreadable)? {
            return Ok(0);
        }
        let folder = KeyPrefix::parse(FOLDER).map_err(ApiError::internal)?;
        let listed = self.objects.list(&folder).await.map_err(ApiError::unavailable)?;
        let old: Vec<(FileId, ObjectKey)> = listed
            .into_iter()
            .filter_map(|object| Some((file_in(&object, yesterday)?, object)))
            .collect();
        let partitions: Vec<Partition> = Topic::Channels.partitions().collect();
        let ends = self.rows_at_ends(&partitions).await?;
        let mut removed = 0;
        for some in old.chunks(LOOKED_UP_AT_ONCE) {
            let ids: Vec<FileId> = some.iter().map(|(id, _)| *id).collect();
            let (known, positions) = self.reader.files_known(&ids).await.map_err(unreadable)?;
            let there = |(p, end): (&Partition, &u64)| positions.get(p).is_some_and(|at| at >= end);
            if !partitions.iter().zip(&ends).all(there) {
                // A database that went back: the next run looks again.
                break;
            }
            for (_, object) in some.iter().filter(|(id, _)| !known.contains(id)) {
                self.objects.delete(object).await.map_err(ApiError::unavailable)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The same for pictures of people and teams and for emoji, which the fold of the directory names.
    async fn sweep_pictures(&self, yesterday: &str) -> Result<u64, ApiError> {
        let folder = KeyPrefix::parse(PICTURES).map_err(ApiError::internal)?;
        let listed = self.objects.list(&folder).await.map_err(ApiError::unavailable)?;
        let caught_up = self.fold.catch_up(&[Partition::DIRECTORY], self.deadline()).await;
        caught_up.map_err(ApiError::unavailable)?;
        let gone: Vec<ObjectKey> = {
            let directory = self.fold.directory();
            let shown = directory.state().pictures().objects();
            let is_old =
                |object: &ObjectKey| day_of(PICTURES, object).is_some_and(|d| d < yesterday);
            listed.into_iter().filter(|o| is_old(o) && !shown.contains(o.as_str())).collect()
        };
        for object in &gone {
            self.objects.delete(object).await.map_err(ApiError::unavailable)?;
        }
        Ok(gone.len() as u64)
    }
}

/// The day that stands in an object's name.
fn day_of<'o>(folder: &str, object: &'o ObjectKey) -> Option<&'o str> {
    Some(object.as_str().strip_prefix(folder)?.split_once('/')?.0)
}

/// The file that an object is of, or lies beside, if it is of a day before `day`.
fn file_in(object: &ObjectKey, day: &str) -> Option<FileId> {
    if day_of(FOLDER, object)? >= day {
        return None;
    }
    let (_, file) = object.as_str().rsplit_once('/')?;
    file.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_of_earlier_days_are_looked_at() {
        let file = FileId::random();
        let object = object_of(file, 1_767_225_600_000).unwrap();
        assert_eq!(object.as_str(), format!("files/2026-01-01/{file}"));
        assert_eq!(file_in(&object, "2026-01-01"), None);
        assert_eq!(file_in(&object, "2026-01-02"), Some(file));
        let preview = ObjectKey::parse(format!("{object}.preview")).unwrap();
        assert_eq!(file_in(&preview, "2026-01-02"), Some(file));
        for other in ["files/2025-01-01/x", "files/x", "people/2025-01-01/x"] {
            assert_eq!(file_in(&ObjectKey::parse(other).unwrap(), "2026-01-01"), None, "{other}");
        }
    }
}
