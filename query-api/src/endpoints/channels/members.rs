//! `GET /channels/{channel_id}/members`, one of them, several by id.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, UserId};
use platform::http::{ApiError, Json, Path, Query, UserRef, note_channel};
use read_model::Page;
use wire::ChannelMember;

use crate::app::{App, failed, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ALL, ChannelPath, UserIds, ids, rows_page};
use crate::render;

pub(crate) async fn page(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    query: Query,
) -> Result<Response, ApiError> {
    let page = rows_page(query.page());
    Ok(render::ok(&members(&app, &caller, channel.0, None, page).await?))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((channel, user)): Path<(ChannelPath, UserRef)>,
) -> Result<Response, ApiError> {
    let only = [user.resolve(caller.user)];
    let mut found = members(&app, &caller, channel.0, Some(&only), ALL).await?;
    if found.is_empty() {
        app.catch_up(&of_channel(channel.0)).await?;
        found = members(&app, &caller, channel.0, Some(&only), ALL).await?;
    }
    let member = found.pop().ok_or_else(ApiError::channel_member_not_found)?;
    Ok(render::ok(&member))
}

pub(crate) async fn by_ids(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let only: UserIds = ids(&texts)?;
    Ok(render::ok(&members(&app, &caller, channel.0, Some(&only), ALL).await?))
}

/// What others have read is theirs; what the caller has read is told.
async fn members(
    app: &App,
    caller: &Caller,
    channel: ChannelId,
    only: Option<&[UserId]>,
    page: Page,
) -> Result<Vec<ChannelMember>, ApiError> {
    note_channel(channel);
    let rows = app
        .granted(&of_channel(channel), ApiError::channel_not_found, || {
            app.reader.channel_members(caller.user, channel, only, page)
        })
        .await?;
    let mut own = None;
    if rows.iter().any(|row| row.user_id == caller.user) {
        own = app.reader.channel_membership(caller.user, channel).await.map_err(failed)?;
    }
    let shown = rows.iter().map(|row| match &own {
        Some(own) if row.user_id == caller.user => own.to_wire(),
        _ => row.to_wire_for_others(),
    });
    Ok(render::channel_members(app, shown.collect()))
}
