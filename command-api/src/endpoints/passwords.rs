//! `PUT /users/{user_id}/password`

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::ChangePassword;
use events::{EventId, Partition, UserId};
use http::StatusCode;
use platform::http::{ApiError, Json, Path, UserRef, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::login::credentials;
use super::users::password_unacceptable;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::passwords;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    current_password: String,
    #[serde(default, deserialize_with = "nullable")]
    new_password: String,
}

pub(crate) async fn change(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    if !passwords::is_acceptable(&body.new_password) {
        return Err(password_unacceptable());
    }
    let own = user_id == caller.user;
    if own {
        prove(&api, user_id, body.current_password).await?;
    }
    let command = ChangePassword {
        actor: caller.user,
        user_id,
        password_hash: api.passwords.hash(body.new_password).await?,
        kept_session: own.then_some(caller.session),
    };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), EventId::random(), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    api.ended(&positions, ok_status()).await
}

/// The present password, not one of before: the rows must have every change that the log has.
pub(super) async fn prove(
    api: &CommandApi,
    user: UserId,
    password: String,
) -> Result<(), ApiError> {
    let caught_up = api.fold.catch_up(&[Partition::DIRECTORY], api.deadline()).await;
    caught_up.map_err(ApiError::unavailable)?;
    let account = api.fold.directory().state().account(user).cloned();
    let account = account.ok_or_else(ApiError::user_not_found)?;
    let attempt = api.attempts.prove(&user.to_string())?;
    let held = credentials(api, user, account.auth_generation).await?;
    if api.passwords.is_right(password, Some(held.password_hash)).await? {
        attempt.right();
        return Ok(());
    }
    attempt.wrong();
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.user.update_password.incorrect.app_error",
        "The current password is not correct.",
    ))
}
