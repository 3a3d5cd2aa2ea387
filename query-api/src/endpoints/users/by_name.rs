//! `GET /users/username/{username}`, `GET /users/email/{email}`: one account by what it is known by.

use axum::extract::State;
use axum::response::Response;
use futures::FutureExt;
use platform::http::{ApiError, Path};
use read_model::rows::UserRow;
use wire::Privacy;

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::render;
use crate::rights::known_people;

pub(crate) async fn by_username(
    State(app): State<App>,
    caller: Caller,
    Path(username): Path<String>,
) -> Result<Response, ApiError> {
    let usernames = [username];
    let known = known_people(&app, &caller).await?;
    let known = |row: &UserRow| known.contain(row.id);
    let ask =
        || app.reader.users_by_usernames(&usernames).map(|rows| Ok(rows?.pop().filter(known)));
    let row = app.found(DIRECTORY, ApiError::user_not_found, ask).await?;
    Ok(render::ok(&render::user(&row, &caller)))
}

/// Only where addresses are shown anyway: else an answer would tell whose it is.
pub(crate) async fn by_email(
    State(app): State<App>,
    caller: Caller,
    Path(email): Path<String>,
) -> Result<Response, ApiError> {
    if !caller.is_system_admin && !Privacy::default().show_email {
        return Err(ApiError::forbidden());
    }
    let known = known_people(&app, &caller).await?;
    let known = |row: &UserRow| known.contain(row.id);
    let ask = || app.reader.user_by_email(&email).map(|row| Ok(row?.filter(known)));
    let row = app.found(DIRECTORY, ApiError::user_not_found, ask).await?;
    Ok(render::ok(&render::user(&row, &caller)))
}
