//! `POST /users/ids`, `POST /users/usernames`: several accounts; those that do not exist are left out.

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Json, Query};

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::{UserIds, ids};
use crate::render;
use crate::rights::known_people;

pub(crate) async fn by_ids(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let wanted: UserIds = ids(&texts)?;
    let since = query.int("since").unwrap_or(0);
    let mut rows = app.reader.users_by_ids(&wanted).await.map_err(failed)?;
    let known = known_people(&app, &caller).await?;
    rows.retain(|row| row.update_at > since && known.contain(row.id));
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    Ok(render::ok(&render::users(&rows, &caller)))
}

pub(crate) async fn by_usernames(
    State(app): State<App>,
    caller: Caller,
    Json(usernames): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let mut rows = app.reader.users_by_usernames(&usernames).await.map_err(failed)?;
    let known = known_people(&app, &caller).await?;
    rows.retain(|row| known.contain(row.id));
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    Ok(render::ok(&render::users(&rows, &caller)))
}
