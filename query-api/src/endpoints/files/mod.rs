//! Uploaded files.

pub(crate) mod download;
pub(crate) mod info;
pub(crate) mod link;
mod range;
pub(crate) mod search;
pub(crate) mod uploads;

use events::FileId;
use platform::http::{ApiError, UrlId};
use read_model::rows::FileRow;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;

pub(crate) type FilePath = UrlId<FileId>;

/// The file's facts, if the caller may see it.
async fn file(app: &App, caller: &Caller, file: FileId) -> Result<FileRow, ApiError> {
    let ask = || app.reader.file(caller.user, file);
    let found = app.granted(&of_any_channel(), ApiError::file_not_found, ask).await?;
    match found.post.and_then(|post| app.end(post)) {
        Some(_) => Err(ApiError::file_not_found()),
        None => Ok(found.row),
    }
}
