//! Reading a channel, and marking it unread again.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::commands::post::PostFacts;
use domain::commands::readstate::{ReadstateRejection, Seen, SetUnread, ViewChannels};
use events::thread::ThreadScope;
use events::{ChannelId, EventId, Partition, Position, PostId, Topic, UserId};
use http::StatusCode;
use platform::http::{AnyBody, ApiError, Json, Path, UrlId, UserRef, json, note_channel, nullable};
use read_model::queries::UnreadFrom;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{id_fields, optional_id};
use crate::caller::Caller;
use crate::executor::{CommandApi, undelayed};
use crate::facts::post_facts;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct View {
    #[serde(default, deserialize_with = "nullable")]
    channel_id: String,
    /// What was on screen before: read when it was.
    #[serde(default, deserialize_with = "nullable")]
    prev_channel_id: String,
    /// Whether the client shows threads apart; otherwise they are read with their channel.
    #[serde(default, deserialize_with = "nullable")]
    collapsed_threads_supported: bool,
}

/// `POST /channels/members/{user_id}/view`. An empty channel says only that none is on screen.
pub(crate) async fn view(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<View>,
) -> Result<Response, ApiError> {
    optional_id::<ChannelId>("prev_channel_id", &body.prev_channel_id)?;
    let channel: Option<ChannelId> = optional_id("channel_id", &body.channel_id)?;
    let channels = channel.into_iter().collect();
    let user = user.resolve(caller.user);
    caller.may_act_for(user)?;
    let threads = !body.collapsed_threads_supported || !api.collapses(user).await;
    viewed(&api, &caller, user, channels, threads).await
}

/// `POST /channels/members/{user_id}/mark_read`
pub(crate) async fn mark_read(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let channels = id_fields("channel_ids", &body)?;
    let user = user.resolve(caller.user);
    caller.may_act_for(user)?;
    let threads = !api.collapses(user).await;
    viewed(&api, &caller, user, channels, threads).await
}

/// What both come to, for somebody in whose name the caller may act.
async fn viewed(
    api: &CommandApi,
    caller: &Caller,
    user: UserId,
    mut channels: Vec<ChannelId>,
    threads: bool,
) -> Result<Response, ApiError> {
    if let [channel] = channels[..] {
        note_channel(channel);
    }
    channels.sort_unstable();
    channels.dedup();
    let partition = Partition::of(Topic::Readstate, user.as_bytes());
    // `readstate` is exempt from end look-ups: nobody else writes a person's markers.
    let rests_on: Vec<Partition> = std::iter::once(Partition::DIRECTORY)
        .chain(channels.iter().map(|id| Partition::of(Topic::Channels, id.as_bytes())))
        .collect();
    let times = parking_lot::Mutex::new(BTreeMap::new());
    let order = caller.order(EventId::random(), partition, &rests_on);
    let ended = api.submit(order, || {
        let decision = seen(api, user, &channels).and_then(|seen| {
            let readstate = api.fold.readstate(user);
            let state = readstate.state();
            *times.lock() = seen
                .iter()
                .map(|seen| (seen.channel_id, ViewChannels::viewed_at(state, user, seen)))
                .collect();
            ViewChannels { user_id: user, seen, threads }.decide(state)
        });
        undelayed(decision)
    });
    let written = ended.await?.written()?;
    let mut positions: Vec<_> = written.iter().map(|written| written.position).collect();
    if threads && written.is_none() {
        positions.extend(threads_left(api, caller, user, &channels).await?);
    }
    let shown = wire::ViewResult::new(times.into_inner());
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// Threads that stayed unread when their channel, seen by a client that shows them apart, was read.
async fn threads_left(
    api: &CommandApi,
    caller: &Caller,
    user: UserId,
    channels: &[ChannelId],
) -> Result<Vec<Position>, ApiError> {
    let [channel] = channels[..] else { return Ok(Vec::new()) };
    // A view needs no rows: without them nothing is known to be left.
    if !api.reader.has_unread_threads(user, channel).await.unwrap_or(false) {
        return Ok(Vec::new());
    }
    api.read_threads(caller, user, ThreadScope::Channel(channel)).await
}

fn seen(
    api: &CommandApi,
    user: UserId,
    channels: &[ChannelId],
) -> Result<Vec<Seen>, ReadstateRejection> {
    let directory = api.fold.directory();
    channels
        .iter()
        .map(|id| Seen::of(directory.state(), api.fold.channels(*id).state(), *id, user))
        .collect()
}

/// The answer of `POST /users/{user_id}/posts/{post_id}/set_unread`: counts are of what is read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnreadAt {
    team_id: String,
    user_id: UserId,
    channel_id: ChannelId,
    msg_count: i64,
    msg_count_root: i64,
    mention_count: i64,
    mention_count_root: i64,
    urgent_mention_count: i64,
    last_viewed_at: i64,
}

/// `POST /users/{user_id}/posts/{post_id}/set_unread`, whatever its body says.
pub(crate) async fn set_unread(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(post))): Path<(UserRef, UrlId<PostId>)>,
    _: AnyBody,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let found = api.known_post(post).await?;
    let facts = post_facts(&found);
    let channel = facts.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Readstate, user_id.as_bytes());
    let in_channels = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, in_channels];
    let order = caller.order(EventId::random(), partition, &rests_on);
    let decided = parking_lot::Mutex::new(None::<SetUnread>);
    let ended = api.submit(order, || {
        Box::pin(async {
            let (from, at) = api.unread_from(in_channels, user_id, post).await?;
            let command = unread_command(&api, &caller, user_id, facts, from);
            let decision = command.and_then(|command| {
                *decided.lock() = Some(command);
                let directory = api.fold.directory();
                command.decide(directory.state(), api.fold.readstate(user_id).state())
            });
            Ok(Decided { decision, rows_at: None, other_rows_at: Some((in_channels, at)) })
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    let command = decided.into_inner().ok_or_else(ApiError::unknown_outcome)?;
    let shown = unread_at(&api, &command);
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

fn unread_command(
    api: &CommandApi,
    caller: &Caller,
    user_id: UserId,
    post: PostFacts,
    from: Option<UnreadFrom>,
) -> Result<SetUnread, ReadstateRejection> {
    let directory = api.fold.directory();
    let channels = api.fold.channels(post.channel_id);
    let seen = Seen::of(directory.state(), channels.state(), post.channel_id, user_id);
    // The address names a post: a channel that the person may not know of hides it.
    let seen = seen.map_err(|rejection| match rejection {
        ReadstateRejection::UnknownChannel => ReadstateRejection::UnknownPost,
        other => other,
    })?;
    let UnreadFrom { totals: before, urgent_mentions, .. } =
        from.ok_or(ReadstateRejection::UnknownPost)?;
    Ok(SetUnread { actor: caller.user, user_id, post, seen, before, urgent_mentions })
}

fn unread_at(api: &CommandApi, command: &SetUnread) -> UnreadAt {
    let SetUnread { user_id, post, seen, before, urgent_mentions, .. } = command;
    // Asked before any state is held: the answer takes locks itself.
    let hears = api.fold.hears_broadcasts(*user_id, Some(post.channel_id));
    let broadcasts = if hears { seen.totals.broadcasts - before.broadcasts } else { 0 };
    let channels = api.fold.channels(post.channel_id);
    let team = channels.state().channel(post.channel_id).and_then(|channel| channel.team_id);
    UnreadAt {
        team_id: team.map_or(String::new(), |team| team.to_string()),
        user_id: *user_id,
        channel_id: post.channel_id,
        msg_count: before.msgs,
        msg_count_root: before.msgs_root,
        mention_count: seen.totals.mentions - before.mentions + broadcasts,
        mention_count_root: seen.totals.mentions_root - before.mentions_root + broadcasts,
        urgent_mention_count: *urgent_mentions,
        last_viewed_at: post.create_at - 1,
    }
}
