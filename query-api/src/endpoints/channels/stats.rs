//! `GET /channels/{channel_id}/stats`.

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path, Query, note_channel};

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::ChannelPath;
use crate::render;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    query: Query,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    let exclude_files = query.flag("exclude_files_count");
    let ask = || app.reader.channel_stats(caller.user, channel.0, exclude_files);
    let stats = app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    Ok(render::ok(&stats))
}
