//! `PUT /channels/{channel_id}/members/{user_id}/notify_props`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::commands::notify::ChangeMemberNotify;
use events::{ChannelId, Partition, Topic};
use platform::http::{ApiError, Path, UrlId, UserRef, ok_status};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

/// The body is a map of texts in which clients name the channel and the person, too.
pub(crate) async fn set(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel_id), user)): Path<(UrlId<ChannelId>, UserRef)>,
    Json(body): Json<BTreeMap<String, Option<String>>>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let notify_props = body.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let command = ChangeMemberNotify { actor: caller.user, channel_id, user_id, notify_props };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written()?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}
