//! `GET /users/{user_id}/channels`, `GET /users/{user_id}/teams/{team_id}/channels`: the channels that
//! one is in; conversations stand in the list of every team.

use axum::extract::State;
use axum::response::Response;
use events::{TeamId, UserId};
use http::HeaderMap;
use platform::http::{ApiError, Path, Query, UserRef};
use wire::Channel;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::{own, require_team};

pub(crate) async fn all(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    Ok(render::tagged(&headers, &channels(&app, user, None, &query).await?))
}

pub(crate) async fn of_team(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    Ok(render::tagged(&headers, &channels(&app, user, Some(team.0), &query).await?))
}

async fn channels(
    app: &App,
    user: UserId,
    team: Option<TeamId>,
    query: &Query,
) -> Result<Vec<Channel>, ApiError> {
    let archived_since =
        query.flag("include_deleted").then(|| query.int("last_delete_at").unwrap_or(0));
    let views = app.reader.channels_of(user, team, archived_since).await.map_err(failed)?;
    Ok(views.iter().map(read_model::queries::ChannelView::to_wire).collect())
}
