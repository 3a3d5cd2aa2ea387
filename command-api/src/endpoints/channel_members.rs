//! Coming into a channel and leaving it.

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel::{AddChannelMembers, ChannelRejection, RemoveChannelMember};
use domain::rights;
use events::{ChannelId, Partition, PostId, Topic, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef, json, nullable, ok_status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::idempotency::Json;
use crate::process_manager::Key;
use crate::refusals::Rejection;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
    #[serde(default, deserialize_with = "nullable")]
    user_ids: Vec<String>,
}

/// `POST /channels/{channel_id}/members`: one person by `user_id`, or several by `user_ids`.
/// One member where one was named, else a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ChannelMembersAdded {
    One(wire::ChannelMember),
    Many(Vec<wire::ChannelMember>),
}

pub(crate) async fn add(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let many = !body.user_ids.is_empty();
    let texts = if many { body.user_ids } else { vec![body.user_id] };
    if texts.len() > 1_000 {
        return Err(ApiError::invalid_body("user_ids"));
    }
    let user_ids: Vec<UserId> = texts
        .iter()
        .map(|text| UserRef::from_field("user_id", text).map(|user| user.resolve(caller.user)))
        .collect::<Result<_, _>>()?;
    let command =
        AddChannelMembers { actor: caller.user, channel_id, user_ids, notice_id: PostId::random() };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written()?;
    // Where a team membership ended meanwhile, what rests on it ends with it.
    let keys: Vec<Key> =
        command.user_ids.iter().map(|user| Key::Member(channel_id, *user)).collect();
    let mut positions =
        api.position_of(written.as_ref(), Partition::of(Topic::Channels, channel_id.as_bytes()));
    positions.extend(api.complete(&keys).await?);
    let mut members: Vec<wire::ChannelMember> = command
        .user_ids
        .iter()
        .map(|user| member(&api, channel_id, *user, caller.user, written.as_ref()))
        .collect::<Result<_, _>>()?;
    let added = match (many, members.pop()) {
        (false, Some(member)) => ChannelMembersAdded::One(member),
        (_, last) => ChannelMembersAdded::Many(members.into_iter().chain(last).collect()),
    };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &added)).await)
}

/// A membership in force. Its times are for its owner alone.
fn member(
    api: &CommandApi,
    channel_id: ChannelId,
    user: UserId,
    viewer: UserId,
    written: Option<&Written>,
) -> Result<wire::ChannelMember, ApiError> {
    let directory = api.fold.directory();
    let channels = api.fold.channels(channel_id);
    let channel = channels.state().channel(channel_id).ok_or_else(ApiError::channel_not_found)?;
    let held = rights::member(directory.state(), channel, user)
        .ok_or_else(ApiError::channel_member_not_found)?;
    let began = written.and_then(|written| {
        let after = written.applied()?.members.iter().find(|after| after.user_id == user)?;
        Some((written.at, after.clone()))
    });
    let totals = channel.totals;
    let at = began.as_ref().map_or(channel.last_at, |(at, _)| *at);
    let (admin, msgs, msgs_root) = (held.scheme_admin, totals.msgs, totals.msgs_root);
    let mut shown = wire::ChannelMember::new(channel_id, user, admin, at, msgs, msgs_root)
        .as_of(directory.state(), Some(channel));
    if let Some((_, after)) = began
        && let Some(base) = after.base
    {
        shown.mention_count = after.mentions - base.totals.mentions;
        shown.mention_count_root = after.mentions_root - base.totals.mentions_root;
    }
    Ok(if user == viewer { shown } else { shown.for_others() })
}

/// `DELETE /channels/{channel_id}/members/{user_id}`
pub(crate) async fn remove(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel_id), user)): Path<(UrlId<ChannelId>, UserRef)>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let command = RemoveChannelMember {
        actor: caller.user,
        channel_id,
        user_id,
        notice_id: PostId::random(),
    };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written_or(|rejection| match rejection {
        ChannelRejection::DefaultChannel if user_id != caller.user => {
            ApiError::remove_from_default_channel()
        }
        other => other.to_error(),
    })?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    api.ended(&positions, ok_status()).await
}
