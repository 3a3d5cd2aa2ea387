//! `GET /users/{user_id}/teams/unread`, `GET /users/{user_id}/teams/{team_id}/unread`.

use axum::extract::State;
use axum::response::Response;
use futures::FutureExt;
use platform::http::{ApiError, Path, Query, UserRef};

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::{own, require_team};

pub(crate) async fn all(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let mut unread = app.reader.teams_unread(user).await.map_err(failed)?;
    let excluded = query.get("exclude_team");
    unread.retain(|team| excluded.is_none_or(|excluded| team.team_id.to_string() != excluded));
    Ok(render::ok(&unread))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let ask = || {
        let unread = app.reader.teams_unread(user);
        unread.map(|teams| Ok(teams?.into_iter().find(|unread| unread.team_id == team.0)))
    };
    let unread = app.found(DIRECTORY, ApiError::team_member_not_found, ask).await?;
    Ok(render::ok(&unread))
}
