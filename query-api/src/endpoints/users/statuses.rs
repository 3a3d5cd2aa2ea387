//! `GET /users/{user_id}/status`, `POST /users/status/ids`: whether people are there.

use axum::extract::State;
use axum::response::Response;
use events::UserId;
use platform::clock::now_ms;
use platform::http::{ApiError, Json, Path, UserRef};
use wire::Status;

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::endpoints::{UserIds, ids};
use crate::render;

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    if !exists(&app, user) {
        app.fold_on(DIRECTORY).await?;
        if !exists(&app, user) {
            return Err(ApiError::user_not_found());
        }
    }
    Ok(render::ok(&status(&app, user)))
}

/// People who do not exist are offline.
pub(crate) async fn by_ids(
    State(app): State<App>,
    _: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let users: UserIds = ids(&texts)?;
    let statuses: Vec<Status> = users.iter().map(|user| status(&app, *user)).collect();
    Ok(render::ok(&statuses))
}

fn exists(app: &App, user: UserId) -> bool {
    app.fold.directory().state().account(user).is_some()
}

fn status(app: &App, user: UserId) -> Status {
    let users = app.fold.users(user);
    let shown = app.statuses.shown(users.state(), user, now_ms());
    Status {
        user_id: user,
        status: shown.status,
        manual: shown.manual,
        last_activity_at: shown.last_activity_at,
        dnd_end_time: shown.dnd_end_ms / 1000,
    }
}
