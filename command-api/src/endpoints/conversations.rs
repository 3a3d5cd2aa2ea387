//! Direct and group channels: opened by whoever comes first, the same for everyone after.

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel::{OpenDirectChannel, OpenGroupChannel};
use events::directory::ChannelType;
use events::{ChannelId, Partition, Topic, UserId};
use http::StatusCode;
use platform::http::{ApiError, UserRef, json};

use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::idempotency::Json;

/// `POST /channels/direct`
pub(crate) async fn open_direct(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let users = users(&caller, &body)?;
    let (first, second) = match users[..] {
        [one] => (one, one),
        [first, second] => (first, second),
        _ => return Err(ApiError::invalid_body("user_ids")),
    };
    let user_ids = [first, second];
    let knows_all = knows(&api, &caller, &user_ids).await?;
    let command = OpenDirectChannel { actor: caller.user, user_ids, knows_all };
    let channel = command.channel_id();
    let ended = api.in_channel(&caller, caller.command_id(&api), channel, |directory, channels| {
        command.decide(directory, channels)
    });
    let written = ended.await?.written()?;
    let mut members = vec![first, second];
    members.dedup();
    opened(&api, &caller, channel, &members, written.as_ref()).await
}

/// `POST /channels/group`
pub(crate) async fn open_group(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let mut user_ids = users(&caller, &body)?;
    if !user_ids.contains(&caller.user) {
        user_ids.push(caller.user);
    }
    user_ids.sort_unstable();
    user_ids.dedup();
    let knows_all = knows(&api, &caller, &user_ids).await?;
    let command = OpenGroupChannel { actor: caller.user, user_ids, knows_all };
    let channel = command.channel_id();
    let ended = api.in_channel(&caller, caller.command_id(&api), channel, |directory, channels| {
        command.decide(directory, channels)
    });
    let written = ended.await?.written()?;
    opened(&api, &caller, channel, &command.user_ids, written.as_ref()).await
}

/// Whether the caller may know of all of these; a no is never from behind.
async fn knows(api: &CommandApi, caller: &Caller, users: &[UserId]) -> Result<bool, ApiError> {
    let knows = || {
        let known = api.fold.known_to(caller.user);
        known.is_none_or(|known| users.iter().all(|user| known.contains(user)))
    };
    if knows() {
        return Ok(true);
    }
    let anywhere: Vec<Partition> =
        std::iter::once(Partition::DIRECTORY).chain(Topic::Channels.partitions()).collect();
    api.fold.catch_up(&anywhere, api.deadline()).await.map_err(ApiError::unavailable)?;
    Ok(knows())
}

fn users(caller: &Caller, texts: &[String]) -> Result<Vec<UserId>, ApiError> {
    texts
        .iter()
        .map(|text| UserRef::from_field("user_ids", text).map(|user| user.resolve(caller.user)))
        .collect()
}

/// A conversation as the fold has it: who opened it first does not matter.
async fn opened(
    api: &CommandApi,
    caller: &Caller,
    id: ChannelId,
    members: &[UserId],
    written: Option<&Written>,
) -> Result<Response, ApiError> {
    let partition = Partition::of(Topic::Channels, id.as_bytes());
    let positions = api.position_of(written, partition);
    let channel = {
        let channels = api.fold.channels(id);
        let held = channels.state().channel(id).ok_or_else(ApiError::unknown_outcome)?;
        let at = written.map_or(held.last_at, |written| written.at);
        let by = held.creator_id.unwrap_or(caller.user);
        let mut channel = if held.r#type == ChannelType::Direct {
            wire::Channel::from_direct_opened(id, members, by, at)
        } else {
            let names = api.fold.names();
            let usernames = members.iter().map(|user| names.username(*user).to_owned()).collect();
            wire::Channel::from_group_opened(id, members, usernames, by, at)
        };
        channel.total_msg_count = held.totals.msgs;
        channel.total_msg_count_root = held.totals.msgs_root;
        channel.last_post_at = held.totals.last_post_at;
        channel.last_root_post_at = held.totals.last_root_post_at;
        channel
    };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &channel)).await)
}
