//! `GET /teams/{team_id}/channels`, by ids, and by what a name begins with.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, TeamId};
use platform::http::{ApiError, Json, PER_PAGE_MAX, Path, Query, nullable};
use read_model::Page;
use read_model::queries::ChannelView;
use serde::Deserialize;
use wire::Channel;

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::{ALL, Object, TeamPath, ids, rows_page};
use crate::render;
use crate::rights::require_team;

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

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default, deserialize_with = "nullable")]
    term: String,
    #[serde(default, deserialize_with = "nullable")]
    include_deleted: bool,
}

pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    matching(&app, &caller, team.0, &search.term, search.include_deleted).await
}

pub(crate) async fn autocomplete(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    matching(&app, &caller, team.0, query.get("name").unwrap_or_default(), false).await
}

async fn matching(
    app: &App,
    caller: &Caller,
    team: TeamId,
    term: &str,
    include_deleted: bool,
) -> Result<Response, ApiError> {
    require_team(app, caller, team).await?;
    let term = term.trim_start_matches('~');
    let found =
        app.reader.channels_matching(caller.user, team, term, include_deleted, PER_PAGE_MAX);
    Ok(render::ok(&shown(&found.await.map_err(failed)?)))
}

async fn public_views(
    app: &App,
    caller: &Caller,
    team: TeamId,
    page: Page,
) -> Result<Vec<ChannelView>, ApiError> {
    app.granted(DIRECTORY, ApiError::team_not_found, || {
        app.reader.channels_public(caller.user, team, page)
    })
    .await
}

fn shown(views: &[ChannelView]) -> Vec<Channel> {
    views.iter().map(ChannelView::to_wire).collect()
}
