//! Channels of teams: creating, changing, archiving.

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel::{ArchiveChannel, ChangeChannelSettings, RestoreChannel};
use domain::commands::directory::{CreateChannel, RenameChannel};
use events::directory::ChannelType;
use events::{
    ChannelId, DirectoryEvent, Event, EventId, Partition, Position, PostId, TeamId, Topic,
};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, json, note_channel, nullable, ok_status};
use read_model::queries::ChannelView;
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_field;
use crate::caller::Caller;
use crate::executor::{CommandApi, Written, undelayed};
use crate::facts::unreadable;
use crate::idempotency::Json;
use crate::process_manager::Key;
use crate::refusals::Rejection;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewChannel {
    #[serde(default, deserialize_with = "nullable")]
    team_id: String,
    #[serde(default, deserialize_with = "nullable")]
    r#type: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    display_name: String,
    #[serde(default, deserialize_with = "nullable")]
    header: String,
    #[serde(default, deserialize_with = "nullable")]
    purpose: String,
}

/// `POST /channels`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<NewChannel>,
) -> Result<Response, ApiError> {
    let command = body.into_command(&caller)?;
    let id = caller.command_id(&api);
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), id, decide).await?;
    let Some(written) = written else { return Err(ApiError::unknown_outcome()) };
    let Event::Directory(DirectoryEvent::ChannelNameClaimed(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    note_channel(b.c.channel_id);
    let mut positions = vec![written.position];
    positions.extend(api.complete(&[Key::Channel(b.c.channel_id)]).await?);
    let channel = claimed(&api, &b.c, &written);
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &channel)).await)
}

impl NewChannel {
    fn into_command(self, caller: &Caller) -> Result<CreateChannel, ApiError> {
        let r#type = ChannelType::from_letter(&self.r#type)
            .filter(|r#type| r#type.in_team())
            .ok_or_else(|| ApiError::invalid_body("type"))?;
        Ok(CreateChannel {
            actor: caller.user,
            channel_id: ChannelId::random(),
            team_id: id_field::<TeamId>("team_id", &self.team_id)?,
            r#type,
            name: self.name,
            display_name: self.display_name,
            header: self.header,
            purpose: self.purpose,
        })
    }
}

/// The channel as its step made it.
fn claimed(
    api: &CommandApi,
    c: &events::directory::ChannelNameClaimed,
    written: &Written,
) -> wire::Channel {
    let created = events::channel::ChannelCreated {
        channel_id: c.channel_id,
        team_id: c.team_id,
        r#type: c.channel.r#type,
        display_name: c.channel.display_name.clone(),
        header: c.channel.header.clone(),
        purpose: c.channel.purpose.clone(),
        creator_id: Some(c.channel.creator_id),
        is_default: false,
        members: vec![],
    };
    let channels = api.fold.channels(c.channel_id);
    let at = channels.state().channel(c.channel_id).map_or(written.at, |channel| channel.last_at);
    wire::Channel::from_created(&created, &c.name, at)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Patch {
    id: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    header: Option<String>,
    purpose: Option<String>,
}

/// `PUT /channels/{channel_id}`: the same, with the channel's own id in the body.
pub(crate) async fn update(
    state: State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel)): Path<UrlId<ChannelId>>,
    Json(body): Json<Patch>,
) -> Result<Response, ApiError> {
    let named: ChannelId = id_field("id", body.id.as_deref().unwrap_or_default())?;
    if named != channel {
        return Err(ApiError::invalid_body("id"));
    }
    // An empty name or display name was not filled in: nobody can take either away.
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (name, display_name) = (filled(body.name), filled(body.display_name));
    patch(state, caller, Path(UrlId(channel)), Json(Patch { name, display_name, ..body })).await
}

/// `PUT /channels/{channel_id}/patch`: the name in the directory, then the rest in the channel.
pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(id)): Path<UrlId<ChannelId>>,
    Json(patch): Json<Patch>,
) -> Result<Response, ApiError> {
    note_channel(id);
    let partition = Partition::of(Topic::Channels, id.as_bytes());
    // Texts of the channel stand in no fold, and nothing in the log would notice that they were old.
    api.rows_at_ends(&[Partition::DIRECTORY, partition]).await?;
    foresee(&api, &caller, id, &patch)?;
    let mut positions = Vec::new();
    let mut renamed = None;
    if let Some(name) = &patch.name {
        renamed = rename(&api, &caller, id, name.clone()).await?;
        positions.extend(api.position_of(renamed.as_ref(), Partition::DIRECTORY));
    }
    let (written, view) = match change_settings(&api, &caller, id, &patch).await {
        // The name is changed: a refusal now must not read as if nothing had happened.
        Err(_) if renamed.is_some() => return Err(ApiError::unknown_outcome()),
        changed => changed?,
    };
    positions.extend(api.position_of(written.as_ref(), partition));
    // The event that says the most stands in the header.
    positions.reverse();
    let channel = changed(&api, view, &patch, written.as_ref());
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &channel)).await)
}

/// Refuses, on states that are current, what one of the two commands would refuse after the other
/// had been written.
fn foresee(
    api: &CommandApi,
    caller: &Caller,
    channel_id: ChannelId,
    patch: &Patch,
) -> Result<(), ApiError> {
    let directory = api.fold.directory();
    let channels = api.fold.channels(channel_id);
    if let Some(name) = patch.name.clone() {
        let command = RenameChannel { actor: caller.user, channel_id, name };
        let decided = command.decide(directory.state(), channels.state().channel(channel_id));
        decided.map_err(Rejection::to_error)?;
    }
    let command = patch.settings(caller, channel_id, None, [PostId::default(); 3]);
    command.decide(directory.state(), channels.state()).map(drop).map_err(Rejection::to_error)
}

async fn rename(
    api: &CommandApi,
    caller: &Caller,
    channel_id: ChannelId,
    name: String,
) -> Result<Option<Written>, ApiError> {
    let command = RenameChannel { actor: caller.user, channel_id, name };
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let order = caller.order(EventId::random(), Partition::DIRECTORY, &rests_on);
    let ended = api.submit(order, || {
        let directory = api.fold.directory();
        let channels = api.fold.channels(channel_id);
        let decision = command.decide(directory.state(), channels.state().channel(channel_id));
        undelayed(decision)
    });
    ended.await?.written()
}

impl Patch {
    fn settings(
        &self,
        caller: &Caller,
        channel_id: ChannelId,
        view: Option<&ChannelView>,
        notice_ids: [PostId; 3],
    ) -> ChangeChannelSettings {
        ChangeChannelSettings {
            actor: caller.user,
            channel_id,
            display_name: self.display_name.clone(),
            header: self.header.clone(),
            purpose: self.purpose.clone(),
            current_header: view.map_or(String::new(), |view| view.row.header.clone()),
            current_purpose: view.map_or(String::new(), |view| view.row.purpose.clone()),
            notice_ids,
        }
    }
}

/// The settings that differ, with the channel's row from before.
async fn change_settings(
    api: &CommandApi,
    caller: &Caller,
    channel_id: ChannelId,
    patch: &Patch,
) -> Result<(Option<Written>, ChannelView), ApiError> {
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let seen = parking_lot::Mutex::new(None::<ChannelView>);
    let notice_ids = [PostId::random(), PostId::random(), PostId::random()];
    let ended = api.submit(caller.order(EventId::random(), partition, &rests_on), || {
        Box::pin(async {
            let read = api.positioned(partition, api.reader.channel(caller.user, channel_id));
            let (view, rows_at) = read.await?;
            let view = view.granted();
            let command = patch.settings(caller, channel_id, view.as_ref(), notice_ids);
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel_id);
            let decision = command.decide(directory.state(), channels.state());
            *seen.lock() = view;
            Ok(Decided::new(decision, Some(rows_at)))
        })
    });
    let written = ended.await?.written()?;
    let view = seen.into_inner().ok_or_else(ApiError::channel_not_found)?;
    Ok((written, view))
}

fn changed(
    api: &CommandApi,
    view: ChannelView,
    patch: &Patch,
    written: Option<&Written>,
) -> wire::Channel {
    let mut channel = view.to_wire();
    let set = |field: &mut String, new: &Option<String>| {
        if let Some(new) = new {
            field.clone_from(new);
        }
    };
    set(&mut channel.display_name, &patch.display_name);
    set(&mut channel.header, &patch.header);
    set(&mut channel.purpose, &patch.purpose);
    if let Some(name) = api.fold.names().channel(channel.id) {
        name.clone_into(&mut channel.name);
    }
    if let Some(written) = written {
        channel.update_at = channel.update_at.max(written.at);
        if let Some(after) = written.applied().and_then(|applied| applied.channel) {
            channel.total_msg_count = after.msgs;
            channel.total_msg_count_root = after.msgs_root;
            channel.last_post_at = after.last_post_at;
            channel.last_root_post_at = after.last_root_post_at;
        }
    }
    channel
}

/// `DELETE /channels/{channel_id}`
pub(crate) async fn archive(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
) -> Result<Response, ApiError> {
    let command = ArchiveChannel { actor: caller.user, channel_id, notice_id: PostId::random() };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written_or(|rejection| {
        use domain::commands::channel::ChannelRejection as R;
        match rejection {
            R::DefaultChannel => ApiError::new(
                StatusCode::BAD_REQUEST,
                "api.channel.delete_channel.cannot.app_error",
                "The default channels of a team cannot be archived.",
            ),
            other => other.to_error(),
        }
    })?;
    let positions = positions(&api, written.as_ref(), channel_id);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// `POST /channels/{channel_id}/restore`
pub(crate) async fn restore(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(channel_id)): Path<UrlId<ChannelId>>,
) -> Result<Response, ApiError> {
    let command = RestoreChannel { actor: caller.user, channel_id, notice_id: PostId::random() };
    let ended =
        api.in_channel(&caller, caller.command_id(&api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written()?;
    let positions = positions(&api, written.as_ref(), channel_id);
    api.visible(&positions).await;
    // Whoever may restore it is shown it, also where they are not in it.
    let mut views = api.reader.channels_by_ids(&[channel_id]).await.map_err(unreadable)?;
    let view = views.pop().ok_or_else(ApiError::channel_not_found)?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &view.to_wire())).await)
}

fn positions(api: &CommandApi, written: Option<&Written>, channel: ChannelId) -> Vec<Position> {
    api.position_of(written, Partition::of(Topic::Channels, channel.as_bytes()))
}
