//! `POST /posts/{post_id}/pin` and `…/unpin`

use axum::extract::State;
use axum::response::Response;
use domain::commands::post::{PinPost, PostRejection, UnpinPost};
use events::{Partition, Position, PostId, Topic};
use platform::http::{ApiError, Path, UrlId, note_channel, ok_status};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::facts::post_facts;
use crate::submission::Decided;

pub(crate) async fn pin(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(post)): Path<UrlId<PostId>>,
) -> Result<Response, ApiError> {
    let positions = set(&api, &caller, post, true).await?;
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

pub(crate) async fn unpin(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(post)): Path<UrlId<PostId>>,
) -> Result<Response, ApiError> {
    let positions = set(&api, &caller, post, false).await?;
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// Pins or unpins a post; answers where that stands.
pub(super) async fn set(
    api: &CommandApi,
    caller: &Caller,
    post: PostId,
    pinned: bool,
) -> Result<Vec<Position>, ApiError> {
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let ended =
        api.submit(caller.order(caller.command_part(api, "pin"), partition, &rests_on), || {
            Box::pin(async {
                let Some(found) = api.reader.post_of_command(post).await? else {
                    return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
                };
                let (actor, post) = (caller.user, post_facts(&found));
                let directory = api.fold.directory();
                let channels = api.fold.channels(channel);
                let decision = if pinned {
                    PinPost { actor, post }.decide(directory.state(), channels.state())
                } else {
                    UnpinPost { actor, post }.decide(directory.state(), channels.state())
                };
                Ok(Decided::new(decision, Some(found.next_offset)))
            })
        });
    let written = ended.await?.written()?;
    Ok(api.position_of(written.as_ref(), partition))
}
