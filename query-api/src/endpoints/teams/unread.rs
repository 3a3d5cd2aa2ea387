//! `GET /users/{user_id}/teams/unread`, `GET /users/{user_id}/teams/{team_id}/unread`.

use axum::extract::State;
use axum::response::Response;
use events::UserId;
use futures::FutureExt;
use platform::http::{ApiError, Path, Query, UserRef};
use read_model::QueryError;
use wire::TeamUnread;

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
    let with_threads = query.flag("include_collapsed_threads");
    let mut unread = of_teams(&app, user, with_threads).await.map_err(failed)?;
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
        let unread = of_teams(&app, user, true);
        unread.map(|teams| Ok(teams?.into_iter().find(|unread| unread.team_id == team.0)))
    };
    let unread = app.found(DIRECTORY, ApiError::team_member_not_found, ask).await?;
    Ok(render::ok(&unread))
}

/// What is unread in each team; with the threads of the team's own channels, if they are asked for.
async fn of_teams(
    app: &App,
    user: UserId,
    with_threads: bool,
) -> Result<Vec<TeamUnread>, QueryError> {
    let mut unread = app.reader.teams_unread(user).await?;
    if with_threads {
        for threads in app.reader.unread_threads_of_teams(user).await? {
            let of_team = unread.iter_mut().filter(|unread| unread.team_id == threads.team_id);
            of_team.for_each(|unread| {
                unread.thread_count = threads.threads;
                unread.thread_mention_count = threads.mentions;
                unread.thread_urgent_mention_count = threads.urgent_mentions;
            });
        }
    }
    Ok(unread)
}
