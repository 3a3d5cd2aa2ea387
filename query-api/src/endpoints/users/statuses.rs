//! `GET /users/{user_id}/status`, `POST /users/status/ids`: whether people are there.

use axum::extract::State;
use axum::response::Response;
use events::UserId;
use events::user::StatusKind;
use platform::clock::now_ms;
use platform::http::{ApiError, Json, Path, UserRef};
use wire::Status;

use crate::app::App;
use crate::caller::Caller;
use crate::endpoints::{UserIds, ids};
use crate::render;
use crate::rights::{known_people, require_account};

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    require_account(&app, &caller, user).await?;
    Ok(render::ok(&status(&app, user)))
}

/// People who do not exist, for the caller, are offline.
pub(crate) async fn by_ids(
    State(app): State<App>,
    caller: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let users: UserIds = ids(&texts)?;
    let known = known_people(&app, &caller).await?;
    let shown = |user| if known.contain(user) { status(&app, user) } else { offline(user) };
    let statuses: Vec<Status> = users.iter().copied().map(shown).collect();
    Ok(render::ok(&statuses))
}

fn offline(user_id: UserId) -> Status {
    let (status, manual) = (StatusKind::Offline, false);
    Status { user_id, status, manual, last_activity_at: 0, dnd_end_time: 0 }
}

pub(super) fn status(app: &App, user: UserId) -> Status {
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
