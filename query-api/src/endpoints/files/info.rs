//! `GET /files/{file_id}/info`, `/thumbnail`, `/preview`.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use platform::http::{ApiError, Path, note_channel};
use read_model::rows::FileRow;
use sealing::FileKey;

use super::{FilePath, file};
use crate::app::App;
use crate::caller::Caller;
use crate::pictures::picture;
use crate::render;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
) -> Result<Response, ApiError> {
    let row = file(&app, &caller, id.0).await?;
    Ok(render::ok(&row.to_wire()))
}

pub(crate) async fn thumbnail(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
) -> Result<Response, ApiError> {
    let row = file(&app, &caller, id.0).await?;
    note_channel(row.channel_id);
    let none = || {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "api.file.get_file_thumbnail.no_thumbnail.app_error",
            "This file has no thumbnail.",
        )
    };
    beside(&app, &row, "thumbnail").await?.ok_or_else(none)
}

pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
) -> Result<Response, ApiError> {
    let row = file(&app, &caller, id.0).await?;
    note_channel(row.channel_id);
    let none = || {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "api.file.get_file_preview.no_preview.app_error",
            "This file has no preview.",
        )
    };
    beside(&app, &row, "preview").await?.ok_or_else(none)
}

/// What was made of the file when it was uploaded, if anything was.
async fn beside(app: &App, row: &FileRow, what: &str) -> Result<Option<Response>, ApiError> {
    if !row.has_preview {
        return Ok(None);
    }
    let key = FileKey::parse(&row.key).map_err(ApiError::internal)?;
    picture(app, &format!("{}.{what}", row.object), &key.beside(what)).await
}
