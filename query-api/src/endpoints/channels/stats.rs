//! `GET /channels/{channel_id}/stats`, `GET /channels/{channel_id}/timezones`,
//! `POST /channels/stats/member_count`.

use axum::extract::State;
use axum::response::Response;
use events::ChannelId;
use platform::http::{ApiError, Json, Path, Query, note_channel};

use crate::app::{App, failed, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ChannelPath, ids};
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

pub(crate) async fn timezones(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    let ask = || app.reader.channel_timezones(caller.user, channel.0);
    let zones = app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    Ok(render::ok(&zones))
}

/// Numbers by channel; those that the caller may not know of are left out.
pub(crate) async fn member_counts(
    State(app): State<App>,
    caller: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let wanted: Vec<ChannelId> = ids(&texts)?;
    let counts = app.reader.channel_member_counts(caller.user, &wanted).await.map_err(failed)?;
    Ok(render::ok(&counts))
}
