//! `POST /users/{user_id}/typing`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use event_log::PresenceAppender;
use events::presence::TypingStarted;
use events::{ChannelId, Event, EventId, Meta, PostId, PresenceEvent};
use platform::clock;
use platform::http::{ApiError, Json, Path, UserRef, note_channel, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{id_field, optional_id};
use crate::caller::Caller;
use crate::executor::CommandApi;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    parent_id: String,
}

pub(crate) async fn start(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let channel_id: ChannelId = id_field("channel_id", &body.channel_id)?;
    note_channel(channel_id);
    let parent_id: Option<PostId> = optional_id("parent_id", &body.parent_id)?;
    api.require_member(&caller, channel_id).await?;
    let typing = TypingStarted { user_id, channel_id, parent_id };
    let event = Event::Presence(PresenceEvent::TypingStarted(typing.into()));
    let now_ms = clock::now_ms();
    let mut meta = Meta::new(EventId::random(), channel_id.0, now_ms, 0, caller.actor());
    meta.connection_id.clone_from(&caller.wishes.connection_id);
    let record = events::encode(&api.settings.cell, &meta, &event);
    let presence = PresenceAppender::new(Arc::clone(&api.log));
    let appended = presence.append(channel_id.0, record).await;
    appended.map_err(ApiError::unavailable)?;
    Ok(ok_status())
}
