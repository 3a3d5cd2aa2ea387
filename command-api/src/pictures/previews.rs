//! What lies beside an uploaded picture: a preview and a thumbnail, sealed under keys that follow from the
//! file's. They are made before the event, so that its facts are complete.

use event_archive::{InvalidKey, ObjectKey};
use sealing::FileKey;

use super::render::{self, Previews};
use crate::executor::CommandApi;
use crate::objects::ObjectError;

/// Bytes of a file that is looked at.
const FILE_BYTES_MAX: u64 = 32 << 20;

pub(crate) const PREVIEW: &str = "preview";
pub(crate) const THUMBNAIL: &str = "thumbnail";

/// Where what lies beside an object is.
pub(crate) fn beside(object: &ObjectKey, what: &str) -> Result<ObjectKey, InvalidKey> {
    ObjectKey::parse(format!("{object}.{what}"))
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
    ) -> Result<Option<Previews>, ObjectError> {
        if size == 0 || size > FILE_BYTES_MAX {
            return Ok(None);
        }
        // A process that ends decodes nothing more.
        let Ok(turn) = self.pictures.turn().await else { return Ok(None) };
        let file = self.read_object(object, key, size).await?;
        let Ok(made) = turn.make(move || render::previews(&file)).await else { return Ok(None) };
        for (what, bytes) in [(PREVIEW, &made.preview), (THUMBNAIL, &made.thumbnail)] {
            self.store_object(&beside(object, what)?, &key.beside(what), bytes.clone()).await?;
        }
        Ok(Some(made))
    }
}
