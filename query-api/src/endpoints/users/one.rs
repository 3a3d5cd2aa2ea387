//! `GET /users/{user_id}`: a profile; one's own from memory.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path, UserRef};

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::render;
use crate::rights::require_known;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    if user == caller.user
        && let Some(profile) = app.own_profile(user).await?
    {
        return Ok(profile.answer(&headers));
    }
    require_known(&app, &caller, user).await?;
    let row = app.found(DIRECTORY, ApiError::user_not_found, || app.reader.user(user)).await?;
    Ok(render::tagged(&headers, &render::user(&row, &caller)))
}
