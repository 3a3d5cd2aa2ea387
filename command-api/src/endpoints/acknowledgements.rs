//! Acknowledgements: `POST` and `DELETE /users/{user_id}/posts/{post_id}/ack`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::acknowledgement::{AcknowledgePost, RemoveAcknowledgement};
use domain::commands::post::PostRejection;
use events::{Partition, PostId, Topic};
use http::StatusCode;
use platform::clock::now_ms;
use platform::http::{ApiError, Path, UrlId, UserRef, json, note_channel, ok_status};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::facts::post_facts;
use crate::submission::Decided;

/// `POST /users/{user_id}/posts/{post_id}/ack`; saying it again changes nothing.
pub(crate) async fn add(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(post))): Path<(UserRef, UrlId<PostId>)>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let held = parking_lot::Mutex::new(None::<i64>);
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let at = api.reader.acknowledged_at(post, user_id).await?;
            *held.lock() = at;
            let post = post_facts(&found);
            let command =
                AcknowledgePost { actor: caller.user, user_id, post, stands: at.is_some() };
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel);
            let decision = command.decide(directory.state(), channels.state());
            Ok(Decided::new(decision, Some(found.next_offset)))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    let at = written.as_ref().map(|written| written.at).or_else(|| held.into_inner());
    let acknowledged_at = at.ok_or_else(ApiError::unknown_outcome)?;
    let shown = wire::Acknowledgement { user_id, post_id: post, acknowledged_at };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// `DELETE /users/{user_id}/posts/{post_id}/ack`
pub(crate) async fn remove(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(post))): Path<(UserRef, UrlId<PostId>)>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    // Whether it stands is judged by the rows, and no conflict would tell that they are old.
    api.rows_at_ends(&[partition]).await?;
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let command = RemoveAcknowledgement {
                actor: caller.user,
                user_id,
                post: post_facts(&found),
                acknowledged_at: api.reader.acknowledged_at(post, user_id).await?,
                now_ms: now_ms(),
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
