//! `GET /files/{file_id}/info`; and what a file has none of: thumbnail, preview, public link.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use platform::http::{ApiError, Path};

use super::{FilePath, file};
use crate::app::App;
use crate::caller::Caller;
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
    file(&app, &caller, id.0).await?;
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.file.get_file_thumbnail.no_thumbnail.app_error",
        "This file has no thumbnail.",
    ))
}

pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
) -> Result<Response, ApiError> {
    file(&app, &caller, id.0).await?;
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.file.get_file_preview.no_preview.app_error",
        "This file has no preview.",
    ))
}

pub(crate) async fn link(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
) -> Result<Response, ApiError> {
    file(&app, &caller, id.0).await?;
    Err(ApiError::not_implemented())
}
