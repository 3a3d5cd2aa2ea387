//! What is made of uploaded pictures: off the async threads, few at a time.

mod previews;
mod receive;
mod render;

use std::sync::Arc;

use http::StatusCode;
use platform::http::ApiError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use previews::{PREVIEW, THUMBNAIL, beside};
pub(crate) use receive::{Received, receive};
pub(crate) use render::{PictureError, Previews, emoji, may_be_picture, square};

/// Pictures that are decoded at once: each may take some hundred megabytes.
const AT_ONCE: usize = 2;

/// Whose turn it is to decode.
pub(crate) struct Pictures(Arc<Semaphore>);

/// The right to decode one picture.
pub(crate) struct Turn(OwnedSemaphorePermit);

impl Pictures {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// The process ends.
    pub(crate) async fn turn(&self) -> Result<Turn, ApiError> {
        Arc::clone(&self.0).acquire_owned().await.map(Turn).map_err(ApiError::unavailable)
    }
}

impl Turn {
    /// What `make` makes.
    ///
    /// # Errors
    /// Nothing can be made of it.
    pub(crate) async fn make<T: Send + 'static>(
        self,
        make: impl FnOnce() -> Result<T, PictureError> + Send + 'static,
    ) -> Result<T, PictureError> {
        let Self(permit) = self;
        let made = tokio::task::spawn_blocking(move || {
            let made = make();
            drop(permit);
            made
        });
        // A decoder that panics has met bytes that it cannot read.
        made.await.unwrap_or(Err(PictureError::Unreadable))
    }
}

/// What a picture is refused with, by the ids of one endpoint.
pub(crate) struct Refusals {
    /// Bytes.
    pub too_large: &'static str,
    pub unreadable: &'static str,
    pub too_many_pixels: &'static str,
    pub no_file: &'static str,
}

impl Refusals {
    pub(crate) fn of(&self, error: PictureError) -> ApiError {
        let (id, message) = match error {
            PictureError::Unreadable => {
                (self.unreadable, "This is no picture: a PNG, JPEG, GIF or WebP is needed.")
            }
            PictureError::TooLarge => (self.too_many_pixels, "The picture has too many pixels."),
        };
        ApiError::new(StatusCode::BAD_REQUEST, id, message)
    }

    pub(crate) fn too_large(&self) -> ApiError {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        ApiError::new(status, self.too_large, "The file of the picture is too large.")
    }

    pub(crate) fn no_file(&self) -> ApiError {
        let message = "The request has no picture in it.";
        ApiError::new(StatusCode::BAD_REQUEST, self.no_file, message)
    }
}
