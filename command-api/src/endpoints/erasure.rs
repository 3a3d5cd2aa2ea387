//! `POST /api/nottermost/v1/users/{user_id}/erase`: erases an account for ever, with all that it said.

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::{DirectoryRejection, EraseUser};
use events::{Partition, Topic, UserId};
use platform::http::{ApiError, Json, Path, UserRef, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::passwords::prove;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::process_manager::Key;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    /// Whoever erases themself proves that it is them.
    #[serde(default, deserialize_with = "nullable")]
    password: String,
}

pub(crate) async fn erase(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id: UserId = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    if user_id == caller.user {
        prove(&api, user_id, body.password).await?;
    }
    // Whoever came into a channel that is held is kept, too.
    let channels: Vec<Partition> = Topic::Channels.partitions().collect();
    api.fold.catch_up(&channels, api.deadline()).await.map_err(ApiError::unavailable)?;
    let command = EraseUser { actor: caller.user, user_id };
    let decide = |directory: &domain::Directory| {
        if api.keeps(directory, user_id) {
            return Err(DirectoryRejection::Held);
        }
        command.decide(directory)
    };
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let mut positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    positions.extend(api.complete(&[Key::Erased(user_id)]).await?);
    api.ended(&positions, ok_status()).await
}
