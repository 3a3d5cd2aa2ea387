//! `GET /users/{user_id}/teams/{team_id}/channels/categories`, its order, one of them.

use axum::extract::State;
use axum::response::Response;
use events::{Partition, TeamId, Topic, UserId};
use futures::FutureExt;
use http::StatusCode;
use platform::http::{ApiError, Path, UserRef};
use wire::OrderedCategories;

use crate::app::{App, failed, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::{own, require_team};

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    Ok(render::ok(&categories(&app, user, team.0).await?))
}

pub(crate) async fn order(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    Ok(render::ok(&categories(&app, user, team.0).await?.order))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((user, team, category)): Path<(UserRef, TeamPath, String)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let decided_by = [Partition::of(Topic::Users, user.as_bytes())];
    let ask = || {
        let rows = app.reader.sidebar(user, team.0);
        rows.map(|rows| {
            let categories = rows?.to_wire(user, team.0).categories;
            Ok(categories.into_iter().find(|one| one.id == category))
        })
    };
    let found = app.found(&decided_by, no_category, ask).await?;
    Ok(render::ok(&found))
}

/// Clients ask when a frame says that the sidebar, or what they are in, has changed.
async fn categories(app: &App, user: UserId, team: TeamId) -> Result<OrderedCategories, ApiError> {
    let mut told = of_any_channel();
    told.push(Partition::of(Topic::Users, user.as_bytes()));
    app.rows_followed(&told).await;
    let rows = app.reader.sidebar(user, team).await.map_err(failed)?;
    Ok(rows.to_wire(user, team))
}

fn no_category() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.channel.sidebar_categories.app_error",
        "There is no such category.",
    )
}
