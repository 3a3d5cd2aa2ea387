//! Reactions: `POST /reactions` and `DELETE /users/{user_id}/posts/{post_id}/reactions/{name}`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::post::{AddReaction, PostRejection, RemoveReaction};
use events::{ChannelEvent, Event, Partition, PostId, Topic, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef, json, note_channel, nullable, ok_status};
use read_model::QueryError;
use read_model::rows::ReactionRow;
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_field;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::facts::post_facts;
use crate::idempotency::Json;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
    #[serde(default, deserialize_with = "nullable")]
    post_id: String,
    #[serde(default, deserialize_with = "nullable")]
    emoji_name: String,
}

/// `POST /reactions`; 200, and adding it again changes nothing.
pub(crate) async fn add(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user = UserRef::from_field("user_id", &body.user_id)?.resolve(caller.user);
    if user != caller.user {
        return Err(ApiError::forbidden());
    }
    let post: PostId = id_field("post_id", &body.post_id)?;
    let emoji_name = body.emoji_name.trim_matches(':').to_owned();
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let held = parking_lot::Mutex::new(None::<ReactionRow>);
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let row = reaction(&api, caller.user, post, user, &emoji_name).await?;
            let command = AddReaction {
                actor: caller.user,
                post: post_facts(&found),
                emoji_name: emoji_name.clone(),
                stands: row.is_some(),
            };
            *held.lock() = row;
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel);
            let decision = command.decide(directory.state(), channels.state());
            Ok(Decided::new(decision, Some(found.next_offset)))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    let added = written.as_ref().and_then(|written| match written.event() {
        Event::Channels(ChannelEvent::ReactionAdded(b)) => {
            Some(wire::Reaction::from_added(&b.c, written.at))
        }
        _ => None,
    });
    let shown = added.or_else(|| held.into_inner().map(|row| row.to_wire()));
    let shown = shown.ok_or_else(ApiError::unknown_outcome)?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// The reaction as its row has it.
async fn reaction(
    api: &CommandApi,
    viewer: UserId,
    post: PostId,
    user: UserId,
    emoji_name: &str,
) -> Result<Option<ReactionRow>, QueryError> {
    let Some(found) = api.reader.reactions(viewer, post).await?.granted() else { return Ok(None) };
    Ok(found.value.into_iter().find(|row| row.user_id == user && row.emoji_name == emoji_name))
}

/// `DELETE /users/{user_id}/posts/{post_id}/reactions/{emoji_name}`
pub(crate) async fn remove(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(post), emoji_name)): Path<(UserRef, UrlId<PostId>, String)>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    // Whether the reaction stands is judged by the rows, and no conflict would tell that they are old.
    api.rows_at_ends(&[partition]).await?;
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let row = reaction(&api, caller.user, post, user_id, &emoji_name).await?;
            let command = RemoveReaction {
                actor: caller.user,
                user_id,
                post: post_facts(&found),
                emoji_name: emoji_name.clone(),
                stands: row.is_some(),
            };
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel);
            let decision = command.decide(directory.state(), channels.state());
            Ok(Decided::new(decision, Some(found.next_offset)))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}
