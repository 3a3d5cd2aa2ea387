//! `POST /users/{user_id}/posts/{post_id}/reminder`

use axum::extract::State;
use axum::response::Response;
use domain::commands::post::PostRejection;
use domain::commands::reminder::{ReminderRejection as R, SetReminder};
use events::{Partition, PostId, Topic};
use platform::clock;
use platform::http::{ApiError, Path, UrlId, UserRef, note_channel, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::facts::post_facts;
use crate::idempotency::Json;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    /// Unix seconds.
    #[serde(default, deserialize_with = "nullable")]
    target_time: i64,
}

/// Reminds whoever asks, and nobody else.
pub(crate) async fn set(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(post))): Path<(UserRef, UrlId<PostId>)>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    if user_id != caller.user {
        return Err(ApiError::forbidden());
    }
    let due_at = body.target_time.saturating_mul(1000);
    let channel = api.known_post(post).await?.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let in_channels = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, in_channels, partition];
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let (found, rows_at) =
                api.positioned(in_channels, api.reader.post_of_command(post)).await?;
            let now_ms = clock::now_ms();
            let decision = match &found {
                Some(found) => {
                    let post = post_facts(found);
                    let directory = api.fold.directory();
                    let channels = api.fold.channels(channel);
                    let users = api.fold.users(user_id);
                    SetReminder { user_id, post, due_at, now_ms }.decide(
                        directory.state(),
                        channels.state(),
                        users.state(),
                    )
                }
                None => Err(R::Post(PostRejection::UnknownPost)),
            };
            let other_rows_at = Some((in_channels, rows_at));
            Ok(Decided { decision, rows_at: None, other_rows_at })
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}
