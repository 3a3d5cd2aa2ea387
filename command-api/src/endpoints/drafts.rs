//! What somebody has begun to write: `POST /drafts`,
//! `DELETE /users/{user_id}/channels/{channel_id}/drafts[/{root_id}]`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::draft::{DeleteDraft, SaveDraft};
use domain::drafts::DraftPlace;
use events::draft::{DraftContent, DraftEnd};
use events::{
    ChannelId, Event, EventId, Partition, Position, PostId, ReadstateEvent, Topic, UserId,
};
use http::StatusCode;
use platform::http::{
    ApiError, Json, Path, UrlId, UserRef, json, note_channel, nullable, ok_status,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{id_field, id_fields, optional_id};
use crate::caller::Caller;
use crate::executor::{CommandApi, Ended, Written, undelayed};

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    root_id: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    props: Map<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    priority: Map<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    file_ids: Vec<String>,
}

impl Body {
    fn parse(self, user_id: UserId) -> Result<SaveDraft, ApiError> {
        let channel_id = id_field("channel_id", &self.channel_id)?;
        let root_id = optional_id("root_id", &self.root_id)?;
        let file_ids = id_fields("file_ids", &self.file_ids)?;
        let content =
            DraftContent { message: self.message, props: self.props, priority: self.priority };
        Ok(SaveDraft { user_id, place: (channel_id, root_id), file_ids, content })
    }
}

fn partition_of(user: UserId) -> Partition {
    Partition::of(Topic::Readstate, user.as_bytes())
}

/// `POST /drafts`: whoever asks has begun to write this. An empty one is none.
pub(crate) async fn save(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command = body.parse(caller.user)?;
    let (channel_id, root_id) = command.place;
    note_channel(channel_id);
    let partition = partition_of(caller.user);
    let in_channels = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, in_channels];
    // `readstate` is exempt from end look-ups: nobody else writes a person's drafts.
    let order = caller.order(EventId::random(), partition, &rests_on);
    let ended = api.submit(order, || {
        let directory = api.fold.directory();
        let channels = api.fold.channels(channel_id);
        let readstate = api.fold.readstate(caller.user);
        undelayed(command.decide(directory.state(), channels.state(), readstate.state()))
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    let empty = || wire::Draft::empty(caller.user, channel_id, root_id);
    let shown = written.as_ref().and_then(saved).unwrap_or_else(empty);
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &shown)).await)
}

fn saved(written: &Written) -> Option<wire::Draft> {
    match written.event() {
        Event::Readstate(ReadstateEvent::DraftSaved(b)) => {
            Some(wire::Draft::from_saved(&b.c, &b.p, written.at))
        }
        _ => None,
    }
}

/// `DELETE /users/{user_id}/channels/{channel_id}/drafts`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(channel))): Path<(UserRef, UrlId<ChannelId>)>,
) -> Result<Response, ApiError> {
    discard(&api, &caller, user, (channel, None)).await
}

/// `DELETE /users/{user_id}/channels/{channel_id}/drafts/{root_id}`
pub(crate) async fn delete_of_reply(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, UrlId(channel), UrlId(root))): Path<(UserRef, UrlId<ChannelId>, UrlId<PostId>)>,
) -> Result<Response, ApiError> {
    discard(&api, &caller, user, (channel, Some(root))).await
}

async fn discard(
    api: &CommandApi,
    caller: &Caller,
    user: UserRef,
    place: DraftPlace,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    caller.may_act_for(user_id)?;
    let because = DraftEnd::Discarded;
    let command = DeleteDraft { actor: caller.user, user_id, place, because, saved_until: None };
    let written = api.end_draft(caller, command).await?;
    let positions = api.position_of(written.as_ref(), partition_of(user_id));
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

impl CommandApi {
    /// Lets go of the draft of what was sent at `at`, if there is one. Where that fails the draft stays,
    /// as it does where a client sends without the draft's device: the post stands either way.
    pub(crate) async fn draft_sent(
        &self,
        caller: &Caller,
        place: DraftPlace,
        at: i64,
    ) -> Option<Position> {
        let user_id = caller.user;
        let held = self.fold.readstate(user_id).state().drafts().draft(user_id, place);
        held.filter(|held| held.saved_at <= at)?;
        let (because, saved_until) = (DraftEnd::Sent, Some(at));
        let command = DeleteDraft { actor: user_id, user_id, place, because, saved_until };
        match self.end_draft(caller, command).await {
            Ok(written) => written.map(|written| written.position),
            Err(error) => {
                tracing::debug!(error = error.message(), "failed to let go of a draft");
                None
            }
        }
    }

    async fn end_draft(
        &self,
        caller: &Caller,
        command: DeleteDraft,
    ) -> Result<Option<Written>, ApiError> {
        let partition = partition_of(command.user_id);
        let rests_on = [Partition::DIRECTORY];
        let order = caller.order(EventId::random(), partition, &rests_on);
        let ended = self.submit(order, || {
            let directory = self.fold.directory();
            let readstate = self.fold.readstate(command.user_id);
            undelayed(command.decide(directory.state(), readstate.state()))
        });
        match ended.await? {
            // Somebody else was faster, or has begun anew.
            Ended::Refused(_) => Ok(None),
            ended => ended.written(),
        }
    }
}
