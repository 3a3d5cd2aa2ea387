//! `PUT /channels/{channel_id}/moderations/patch`: what a channel keeps to its administrators.

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel_admin::ModerateChannel;
use events::channel::{Moderated, Moderatee, Moderation};
use events::{ChannelId, Partition, Topic};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, json};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ModerationPatch")]
pub(crate) struct Patch {
    name: String,
    roles: Roles,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Roles {
    #[serde(default)]
    members: Option<bool>,
    #[serde(default)]
    guests: Option<bool>,
}

pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
    Json(body): Json<Vec<Patch>>,
) -> Result<Response, ApiError> {
    let command = ModerateChannel { actor: caller.user, channel_id, changes: changes(&body)? };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written()?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    let moderations = {
        let channels = api.fold.channels(channel_id);
        let held = channels.state().channel(channel_id).ok_or_else(ApiError::channel_not_found)?;
        wire::ChannelModeration::all_of(held)
    };
    // It may have taken rights away.
    api.ended(&positions, json(StatusCode::OK, &moderations)).await
}

fn changes(patches: &[Patch]) -> Result<Vec<Moderation>, ApiError> {
    let mut changes = Vec::new();
    for Patch { name, roles } in patches {
        let what = Moderated::from_name(name).ok_or_else(|| ApiError::invalid_body("name"))?;
        let named = [(Moderatee::Members, roles.members), (Moderatee::Guests, roles.guests)];
        let changed = named.into_iter().filter_map(|(whom, allowed)| Some((whom, allowed?)));
        changes.extend(changed.map(|(whom, allowed)| Moderation { whom, what, allowed }));
    }
    Ok(changes)
}
