//! What somebody says they are at: `/users/{user_id}/status/custom`.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::Decision;
use domain::commands::custom_status::{
    ClearCustomStatus, HeldStatus, RemoveRecentCustomStatus, SetCustomStatus,
};
use domain::commands::user::UserRejection;
use events::custom_status::CustomStatus;
use events::{Partition, Topic, UserId};
use platform::clock;
use platform::http::{ApiError, Path, UserRef, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;
use crate::submission::Decided;

/// How the contract writes no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// What stands for whoever gives no emoji.
const EMOJI: &str = "speech_balloon";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    emoji: String,
    #[serde(default, deserialize_with = "nullable")]
    text: String,
    #[serde(default, deserialize_with = "nullable")]
    duration: String,
    #[serde(default, deserialize_with = "nullable")]
    expires_at: String,
}

impl Body {
    /// The status, and its end in Unix milliseconds, 0 for none.
    fn parse(self) -> Result<(CustomStatus, i64), ApiError> {
        let none = self.expires_at.is_empty() || self.expires_at == NO_TIME;
        let expires_at_ms = if none { 0 } else { unix_ms(&self.expires_at)? };
        let text = self.text.trim().to_owned();
        let unnamed = self.emoji.is_empty() && !text.is_empty();
        let status = CustomStatus {
            emoji: if unnamed { EMOJI.to_owned() } else { self.emoji },
            text,
            duration: self.duration,
            expires_at: if none { NO_TIME.to_owned() } else { self.expires_at },
        };
        Ok((status, expires_at_ms))
    }
}

fn unix_ms(text: &str) -> Result<i64, ApiError> {
    let invalid = |_| ApiError::invalid_body("expires_at");
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(invalid)?;
    Ok(time.unix_timestamp() * 1000 + i64::from(time.millisecond()))
}

/// `PUT /users/{user_id}/status/custom`
pub(crate) async fn set(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let (status, expires_at_ms) = body.parse()?;
    changed(&api, &caller, user_id, |directory, held| {
        let (actor, now_ms) = (caller.user, clock::now_ms());
        let status = status.clone();
        SetCustomStatus { actor, user_id, status, expires_at_ms, now_ms, held }.decide(directory)
    })
    .await
}

/// `POST /users/{user_id}/status/custom/recent/delete`
pub(crate) async fn forget(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let (status, _) = body.parse()?;
    changed(&api, &caller, user_id, |directory, held| {
        let status = status.clone();
        RemoveRecentCustomStatus { actor: caller.user, user_id, status, held }.decide(directory)
    })
    .await
}

/// `DELETE /users/{user_id}/status/custom`
pub(crate) async fn clear(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let command = ClearCustomStatus { actor: caller.user, user_id };
    let decide = |directory: &Directory, users: &domain::Users| command.decide(directory, users);
    let id = caller.command_id(&api);
    let written = api.in_users(caller.actor(), id, user_id, decide).await?;
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// What was said lately stands in the rows, which are brought to the end of the person's partition first.
async fn changed(
    api: &CommandApi,
    caller: &Caller,
    user: UserId,
    decide: impl Fn(&Directory, HeldStatus) -> Result<Decision, UserRejection> + Sync,
) -> Result<Response, ApiError> {
    caller.may_act_for(user)?;
    let partition = Partition::of(Topic::Users, user.as_bytes());
    api.rows_at_ends(&[partition]).await?;
    let rests_on = [Partition::DIRECTORY, partition];
    let ended = api.submit(caller.order(caller.command_id(api), partition, &rests_on), || {
        Box::pin(async {
            let (held, rows_at) = api.reader.custom_status(user).await?;
            let decision = decide(api.fold.directory().state(), held);
            Ok(Decided::new(decision, Some(rows_at)))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}
