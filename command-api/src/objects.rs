//! Objects of uploads: stored and read sealed, removed where the request is refused after all.

use std::io;

use bytes::Bytes;
use event_archive::{InvalidKey, ObjectKey, StoreError};
use futures::{TryStreamExt, stream};
use sealing::FileKey;

use crate::executor::CommandApi;

/// Why an object cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ObjectError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] InvalidKey),
    #[error("the object {0} is missing")]
    Missing(ObjectKey),
    #[error("failed to open an object: {0}")]
    Open(#[from] io::Error),
}

impl CommandApi {
    /// Stores bytes, sealed.
    ///
    /// # Errors
    /// They cannot be stored now.
    pub(crate) async fn store_object(
        &self,
        object: &ObjectKey,
        key: &FileKey,
        bytes: Vec<u8>,
    ) -> Result<(), ObjectError> {
        let plain = stream::iter([Ok(Bytes::from(bytes))]);
        self.objects.put_stream(object, key.seal(Box::pin(plain))).await?;
        Ok(())
    }

    /// The `size` bytes that an object holds, opened.
    ///
    /// # Errors
    /// It cannot be had now, or is not what was stored.
    pub(crate) async fn read_object(
        &self,
        object: &ObjectKey,
        key: &FileKey,
        size: u64,
    ) -> Result<Vec<u8>, ObjectError> {
        let sealed = FileKey::sealed_range(&(0..size), size);
        let found = self.objects.get_range(object, sealed).await?;
        let found = found.ok_or_else(|| ObjectError::Missing(object.clone()))?;
        let pieces: Vec<Bytes> = key.open(found.bytes, 0..size, size).try_collect().await?;
        Ok(pieces.concat())
    }

    /// Removes what was stored for a request that was refused.
    pub(crate) async fn discard(&self, objects: &[ObjectKey]) {
        for object in objects {
            if let Err(error) = self.objects.delete(object).await {
                tracing::warn!(error = %error, "failed to delete the object of a refused upload");
            }
        }
    }
}
