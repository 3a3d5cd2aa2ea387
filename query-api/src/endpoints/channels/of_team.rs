//! `GET /teams/{team_id}/channels`, and by ids; `…/channels/deleted`, `…/channels/private`.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, TeamId};
use platform::http::{ApiError, Json, Path, Query};
use read_model::Page;
use read_model::queries::ChannelView;
use wire::Channel;

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::{ALL, TeamPath, ids, rows_page};
use crate::render;

pub(crate) async fn public(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    let views = public_views(&app, &caller, team.0, rows_page(query.page())).await?;
    Ok(render::ok(&shown(&views)))
}

pub(crate) async fn by_ids(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let wanted: BTreeSet<ChannelId> = ids(&texts)?.into_iter().collect();
    let mut views = public_views(&app, &caller, team.0, ALL).await?;
    views.retain(|view| wanted.contains(&view.row.id));
    Ok(render::ok(&shown(&views)))
}

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

async fn public_views(
    app: &App,
    caller: &Caller,
    team: TeamId,
    page: Page,
) -> Result<Vec<ChannelView>, ApiError> {
    if caller.is_guest {
        return Err(ApiError::forbidden());
    }
    app.granted(DIRECTORY, ApiError::team_not_found, || {
        app.reader.channels_public(caller.user, team, page)
    })
    .await
}

fn shown(views: &[ChannelView]) -> Vec<Channel> {
    views.iter().map(ChannelView::to_wire).collect()
}
