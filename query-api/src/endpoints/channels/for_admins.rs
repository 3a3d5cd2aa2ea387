//! `GET /teams/{team_id}/channels/deleted`, `GET /teams/{team_id}/channels/private`,
//! `GET /channels/{channel_id}/timezones`, `POST /channels/stats/member_count`.

use axum::extract::State;
use axum::response::Response;
use events::ChannelId;
use platform::http::{ApiError, Json, Path, Query, note_channel};
use read_model::queries::ChannelView;
use wire::Channel;

use crate::app::{App, DIRECTORY, failed, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ChannelPath, TeamPath, ids, rows_page};
use crate::render;

/// Archived channels that the caller may know of: none for who is not in the team.
pub(crate) async fn archived(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    let page = rows_page(query.page());
    let found = app.reader.channels_archived(caller.user, team.0, page).await.map_err(failed)?;
    Ok(render::ok(&shown(&found)))
}

/// All private channels of a team, for administrators of the system.
pub(crate) async fn private(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    let known = || app.fold.directory().state().team(team.0).is_some();
    if !known() {
        app.fold_on(DIRECTORY).await?;
    }
    if !known() {
        return Err(ApiError::team_not_found());
    }
    let found = app.reader.channels_private(team.0, rows_page(query.page())).await;
    Ok(render::ok(&shown(&found.map_err(failed)?)))
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

fn shown(views: &[ChannelView]) -> Vec<Channel> {
    views.iter().map(ChannelView::to_wire).collect()
}
