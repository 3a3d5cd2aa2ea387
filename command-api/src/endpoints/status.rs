//! `PUT /users/{user_id}/status`

use axum::extract::State;
use axum::response::Response;
use domain::commands::user::SetStatus;
use events::user::StatusKind;
use events::{Actor, EventId, Partition, PresenceEvent, Topic, UserId};
use fold::Presence;
use http::StatusCode;
use platform::http::{ApiError, Path, UserRef, json, nullable};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    /// Unix **seconds**.
    #[serde(default, deserialize_with = "nullable")]
    dnd_end_time: i64,
}

pub(crate) async fn set(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    if UserRef::from_field("user_id", &body.user_id)?.resolve(caller.user) != user_id {
        return Err(ApiError::invalid_body("user_id"));
    }
    let status = match body.status.as_str() {
        "online" => StatusKind::Online,
        "away" => StatusKind::Away,
        "dnd" => StatusKind::Dnd,
        "offline" => StatusKind::Offline,
        _ => return Err(ApiError::invalid_body("status")),
    };
    let end_ms =
        if status == StatusKind::Dnd { body.dnd_end_time.checked_mul(1000) } else { Some(0) };
    let dnd_end_ms = end_ms.ok_or_else(|| ApiError::invalid_body("dnd_end_time"))?;
    let command = SetStatus { actor: caller.user, user_id, status, dnd_end_ms };
    let id = caller.command_id(&api);
    let decide =
        |directory: &domain::Directory, users: &domain::Users| command.decide(directory, users);
    let written = api.in_users(caller.actor(), id, user_id, decide).await?;
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    let last_activity_at = written.map_or(0, |written| written.at);
    let dnd_end_time = dnd_end_ms / 1000;
    let shown = wire::Status { user_id, status, manual: true, last_activity_at, dnd_end_time };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

impl CommandApi {
    /// Takes in what people chose over their sockets, for ever. Every command-api hears all of it; the
    /// record's id is the command's, so the log takes one.
    pub async fn take_in_statuses(&self, presence: &Presence) {
        let mut heard = presence.subscribe();
        loop {
            match heard.recv().await {
                Ok(batch) => {
                    for said in batch.iter() {
                        if let PresenceEvent::StatusChosen(chosen) = &said.event {
                            self.set_status(said.id, chosen.c.user_id, chosen.c.status).await;
                        }
                    }
                }
                Err(RecvError::Lagged(batches)) => {
                    tracing::warn!(batches, "statuses that people chose were missed");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// One that is refused or lost is not told: the client shows what `status_change` says.
    async fn set_status(&self, id: EventId, user_id: UserId, status: StatusKind) {
        let command = SetStatus { actor: user_id, user_id, status, dnd_end_ms: 0 };
        let actor = Actor::User(user_id);
        let decide =
            |directory: &domain::Directory, users: &domain::Users| command.decide(directory, users);
        let set = self.in_users(actor, id, user_id, decide);
        if let Err(error) = set.await {
            tracing::debug!(user.id = %user_id, error = error.message(), "failed to set a status");
        }
    }
}
