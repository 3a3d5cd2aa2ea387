//! `GET /api/nottermost/v1/users/{user_id}/erasure`: how far an account's erasure is.

use axum::extract::State;
use axum::response::Response;
use events::UserId;
use platform::http::{ApiError, Path, UserRef};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::caller::Caller;
use crate::render;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Erasure {
    user_id: UserId,
    /// The account is no more.
    erased: bool,
    /// What it said is erased in every channel, and nothing of it can be read from log or archive.
    key_destroyed: bool,
}

/// For administrators: whoever was erased cannot ask.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    let user_id = user.resolve(caller.user);
    let directory = app.fold.directory();
    let account = directory.state().account(user_id).ok_or_else(ApiError::user_not_found)?;
    let (erased, key_destroyed) = (account.erased.is_some(), account.key_destroyed);
    Ok(render::ok(&Erasure { user_id, erased, key_destroyed }))
}
