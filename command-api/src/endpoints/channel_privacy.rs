//! `PUT /channels/{channel_id}/privacy`

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel::ChannelRejection;
use domain::commands::channel_admin::ChangeChannelPrivacy;
use events::directory::ChannelType;
use events::{ChannelId, Partition, PostId, Topic};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, json};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::facts::unreadable;
use crate::idempotency::Json;
use crate::refusals::Rejection;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Privacy {
    privacy: Option<String>,
}

pub(crate) async fn change(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
    Json(body): Json<Privacy>,
) -> Result<Response, ApiError> {
    let r#type = body.privacy.as_deref().and_then(ChannelType::from_letter);
    let r#type = r#type.filter(|r#type| r#type.in_team());
    let r#type = r#type.ok_or_else(|| ApiError::invalid_body("privacy"))?;
    let notice_id = PostId::random();
    let command = ChangeChannelPrivacy { actor: caller.user, channel_id, r#type, notice_id };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written_or(|rejection| match rejection {
        ChannelRejection::DefaultChannel => default_channel(),
        other => other.to_error(),
    })?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    // A channel that became private is to be found by nobody else from now on.
    api.access_ended(&positions).await?;
    let view = api.reader.channel_of_frame(channel_id).await.map_err(unreadable)?;
    let channel = view.ok_or_else(ApiError::channel_not_found)?.to_wire();
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &channel)).await)
}

fn default_channel() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.channel.update_channel_privacy.default_channel_error",
        "The default channels of a team stay public.",
    )
}
