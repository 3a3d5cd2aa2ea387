//! What lies beside an uploaded picture: a preview and a thumbnail, sealed under keys that follow from the
//! file's. They are made before the event, so that its facts are complete.

use bytes::Bytes;
use event_archive::{ObjectKey, StoreError};
use futures::{TryStreamExt, stream};
use platform::http::ApiError;
use sealing::FileKey;

use super::render::{self, Previews};
use crate::executor::CommandApi;

/// Bytes of a file that is looked at.
const FILE_BYTES_MAX: u64 = 32 << 20;

pub(crate) const PREVIEW: &str = "preview";
pub(crate) const THUMBNAIL: &str = "thumbnail";

/// Where what lies beside an object is.
pub(crate) fn beside(object: &ObjectKey, what: &str) -> Result<ObjectKey, ApiError> {
    ObjectKey::parse(format!("{object}.{what}")).map_err(ApiError::internal)
}

impl CommandApi {
    /// Makes previews of a stored file and stores them beside it; none where nothing can be made of it.
    ///
    /// # Errors
    /// The objects cannot be had.
    pub(crate) async fn preview(
        &self,
        object: &ObjectKey,
        key: &FileKey,
        size: u64,
    ) -> Result<Option<Previews>, ApiError> {
        if size == 0 || size > FILE_BYTES_MAX {
            return Ok(None);
        }
        let turn = self.pictures.turn().await?;
        let file = self.read_object(object, key, size).await?;
        let Ok(made) = turn.make(move || render::previews(&file)).await else { return Ok(None) };
        for (what, bytes) in [(PREVIEW, &made.preview), (THUMBNAIL, &made.thumbnail)] {
            self.store_object(&beside(object, what)?, &key.beside(what), bytes.clone()).await?;
        }
        Ok(Some(made))
    }

    /// Stores bytes, sealed.
    ///
    /// # Errors
    /// They cannot be stored now.
    pub(crate) async fn store_object(
        &self,
        object: &ObjectKey,
        key: &FileKey,
        bytes: Vec<u8>,
    ) -> Result<(), ApiError> {
        let plain = stream::iter([Ok(Bytes::from(bytes))]);
        let put = self.objects.put_stream(object, key.seal(Box::pin(plain))).await;
        put.map(drop).map_err(ApiError::unavailable)
    }

    async fn read_object(
        &self,
        object: &ObjectKey,
        key: &FileKey,
        size: u64,
    ) -> Result<Vec<u8>, ApiError> {
        let sealed = FileKey::sealed_range(&(0..size), size);
        let found = self.objects.get_range(object, sealed).await.map_err(ApiError::unavailable)?;
        let missing = || ApiError::internal(format!("the object {object} is missing"));
        let plain = key.open(found.ok_or_else(missing)?.bytes, 0..size, size);
        let pieces: Vec<Bytes> = plain.try_collect().await.map_err(ApiError::unavailable)?;
        Ok(pieces.concat())
    }

    /// Removes what was stored for a request that was refused.
    pub(crate) async fn discard(&self, objects: &[ObjectKey]) {
        for object in objects {
            let deleted: Result<(), StoreError> = self.objects.delete(object).await;
            if let Err(error) = deleted {
                tracing::warn!(error = %error, "failed to delete the object of a refused upload");
            }
        }
    }
}
