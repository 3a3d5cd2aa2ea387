//! Ending sessions.

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::RevokeSessions;
use domain::commands::user::RevokeSession;
use domain::rights;
use events::{Partition, SessionId, Topic};
use platform::clock;
use platform::http::{ApiError, Path, UserRef, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_field;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    session_id: String,
}

/// `POST /users/{user_id}/sessions/revoke`
pub(crate) async fn revoke(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let session_id: SessionId = id_field("session_id", &body.session_id)?;
    let command = RevokeSession { actor: caller.user, user_id, session_id };
    let id = caller.command_id(&api);
    let decide =
        |directory: &domain::Directory, users: &domain::Users| command.decide(directory, users);
    let written = api.in_users(caller.actor(), id, user_id, decide).await?;
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    api.ended(&positions, ok_status()).await
}

/// `POST /users/{user_id}/sessions/revoke/all`
pub(crate) async fn revoke_all(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let decide = |directory: &domain::Directory| {
        let users = api.fold.users(user_id);
        let now_ms = clock::now_ms();
        let any_live = users
            .state()
            .sessions_of(user_id)
            .any(|session| rights::session_account(directory, session, now_ms).is_some());
        RevokeSessions { actor: caller.user, user_id, any_live }.decide(directory)
    };
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    api.ended(&positions, ok_status()).await
}
