//! `GET /posts/{post_id}`, `GET /posts/{post_id}/files/info`.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path, note_channel};
use read_model::rows::FileRow;
use wire::FileInfo;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::PostPath;
use crate::render::{self, NamesOfToday, Rendered};

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let ask = || app.reader.post(caller.user, post.0);
    let mut view = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    note_channel(view.row.channel_id);
    app.ends_of([&view]).keep(&mut view).ok_or_else(ApiError::post_not_found)?;
    let names = NamesOfToday::of_reader(&app, caller.user, std::iter::once(&view)).await?;
    let body = render::post(&view, &names);
    Ok(Rendered::new(body).answer(&headers))
}

pub(crate) async fn files(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.files_of_post(caller.user, post.0);
    let found = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    let files: Vec<FileInfo> = match app.end(found.post) {
        Some(end) if end.is_whole() => return Err(ApiError::post_not_found()),
        Some(_) => Vec::new(),
        None => found.value.iter().map(FileRow::to_wire).collect(),
    };
    Ok(render::ok(&files))
}
