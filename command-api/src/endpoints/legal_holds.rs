//! `/api/nottermost/v1/legal_holds`: what is kept whatever policies and people say.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::retention::{PlaceHold, ReleaseHold};
use events::{ChannelId, HoldId, Id, Partition, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, json, nullable, ok_status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id_fields;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    user_ids: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    channel_ids: Vec<String>,
}

/// A hold as it was placed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LegalHoldPlaced")]
pub(crate) struct LegalHold {
    id: HoldId,
    name: String,
    user_ids: Vec<UserId>,
    channel_ids: Vec<ChannelId>,
    placed_by: UserId,
}

pub(crate) async fn place(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command_id = caller.command_id(&api);
    let command = PlaceHold {
        actor: caller.user,
        hold_id: HoldId(Id::derived("legal-hold", &[command_id.event.as_bytes()])),
        name: body.name.trim().to_owned(),
        user_ids: id_fields("user_ids", &body.user_ids)?,
        channel_ids: id_fields("channel_ids", &body.channel_ids)?,
    };
    let decide = |directory: &Directory| command.decide(directory, |channel| api.knows(channel));
    let written = api.in_directory(caller.actor(), command_id, decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    let PlaceHold { hold_id, name, user_ids, channel_ids, .. } = command;
    let placed = LegalHold { id: hold_id, name, user_ids, channel_ids, placed_by: caller.user };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &placed)).await)
}

pub(crate) async fn release(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(hold): Path<UrlId<HoldId>>,
) -> Result<Response, ApiError> {
    let command = ReleaseHold { actor: caller.user, hold_id: hold.0 };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}
