//! Posting, editing, deleting.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::commands::post::{CreatePost, DeletePost, EditPost, PostRejection};
use events::channel::PostContent;
use events::priority::{Priority, PriorityLevel};
use events::{ChannelEvent, ChannelId, Event, EventId, FileId, Partition, PostId, Topic, UserId};
use http::StatusCode;
use platform::clock;
use platform::http::{ApiError, Path, Query, UrlId, json, note_channel, nullable, ok_status};
use read_model::queries::{HistoryOf, PostOfCommand};
use read_model::{Access, QueryError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{id_field, id_fields, optional_id, pins};
use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::facts::{post_content, post_facts, post_files, unreadable};
use crate::idempotency::{CommandId, Json};
use crate::submission::Decided;

/// What only bots, hooks and access tokens may say of themselves.
const PRIVILEGED_PROPS: [&str; 5] =
    ["from_webhook", "from_bot", "override_username", "override_icon_url", "override_icon_emoji"];

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewPost {
    #[serde(default, deserialize_with = "nullable")]
    channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
    #[serde(default, deserialize_with = "nullable")]
    root_id: String,
    #[serde(default, deserialize_with = "nullable")]
    props: Map<String, Value>,
    #[serde(default, deserialize_with = "nullable")]
    file_ids: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    pending_post_id: String,
    #[serde(default, deserialize_with = "nullable")]
    metadata: NewMetadata,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct NewMetadata {
    priority: Option<NewPriority>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct NewPriority {
    #[serde(default, deserialize_with = "nullable")]
    priority: String,
    #[serde(default, deserialize_with = "nullable")]
    requested_ack: bool,
    #[serde(default, deserialize_with = "nullable")]
    persistent_notifications: bool,
}

impl NewPriority {
    fn parse(self) -> Result<Priority, ApiError> {
        if self.persistent_notifications {
            return Err(persistent_notifications_are_off());
        }
        let level = PriorityLevel::from_name(&self.priority);
        let level = level.ok_or_else(|| ApiError::invalid_body("metadata.priority"))?;
        Ok(Priority { level, requested_ack: self.requested_ack })
    }
}

/// The priority that a post is to be sent with later.
///
/// # Errors
/// As for a post that is sent now.
pub(crate) fn later_priority(said: &Map<String, Value>) -> Result<Priority, ApiError> {
    let asked = NewPriority::deserialize(said).map_err(|_| ApiError::invalid_body("priority"))?;
    asked.parse()
}

fn persistent_notifications_are_off() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.post.post_priority.persistent_notification_validation_error.request_error",
        "This server does not repeat notifications.",
    )
}

/// A new post whose ids are ids.
pub(crate) struct Parsed {
    pub channel: ChannelId,
    pub root: Option<PostId>,
    pub files: Vec<FileId>,
    pub content: PostContent,
    pub set_online: bool,
    pub priority: Priority,
}

/// `POST /posts`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    query: Query,
    Json(body): Json<NewPost>,
) -> Result<Response, ApiError> {
    let post = body.parse(&query)?;
    note_channel(post.channel);
    let id = post.command_id(&api, &caller);
    let partition = Partition::of(Topic::Channels, post.channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let post_id = PostId::random();
    let order = caller.order(id, partition, &rests_on);
    let ended = api.submit(order, || Box::pin(decide(&api, &caller, &post, post_id)));
    let Some(written) = ended.await?.written()? else { return Err(ApiError::unknown_outcome()) };
    let Event::Channels(ChannelEvent::PostCreated(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    let shown = with_emoji(&api, wire::Post::from_created(&b.c, &b.p, written.at));
    let response = json(StatusCode::CREATED, &shown);
    let mut positions = vec![written.position];
    positions.extend(api.draft_sent(&caller, (post.channel, post.root), written.at).await);
    Ok(api.shown(&caller.wishes, &positions, response).await)
}

async fn decide(
    api: &CommandApi,
    caller: &Caller,
    post: &Parsed,
    post_id: PostId,
) -> Result<Decided<PostRejection>, QueryError> {
    let (command, rows_at) = api.composed(caller.user, post, post_id).await?;
    let directory = api.fold.directory();
    let channels = api.fold.channels(post.channel);
    Ok(Decided::new(command.decide(directory.state(), channels.state()), rows_at))
}

impl CommandApi {
    /// The command that says `post` in the author's name, with what it has to know, and where the rows of
    /// the channel's partition stood if they were read.
    pub(crate) async fn composed(
        &self,
        author: UserId,
        post: &Parsed,
        post_id: PostId,
    ) -> Result<(CreatePost, Option<u64>), QueryError> {
        let mut rows_at = None;
        let mut known = |at: Option<u64>| rows_at = rows_at.into_iter().chain(at).min();
        let root = match post.root {
            Some(root) => {
                let (facts, at) = self.root_facts(post.channel, root).await?;
                known(at);
                Some((root, facts))
            }
            None => None,
        };
        let files = if post.files.is_empty() {
            vec![]
        } else {
            let (files, at) = self.file_facts(post.channel, &post.files).await?;
            known(Some(at));
            files
        };
        let collapses = post.root.is_some() && self.collapses(author).await;
        let channels = self.fold.channels(post.channel);
        let calls = channels
            .state()
            .channel(post.channel)
            .map(|channel| self.calls(channel, &post.content.message, clock::now_ms()));
        let command = CreatePost {
            actor: author,
            channel_id: post.channel,
            post_id,
            root,
            calls: calls.unwrap_or_default(),
            files,
            content: post.content.clone(),
            set_online: post.set_online,
            collapses,
            priority: post.priority,
        };
        Ok((command, rows_at))
    }
}

impl NewPost {
    fn parse(self, query: &Query) -> Result<Parsed, ApiError> {
        let root = optional_id("root_id", &self.root_id)?;
        let priority =
            self.metadata.priority.map(NewPriority::parse).transpose()?.unwrap_or_default();
        Ok(Parsed {
            channel: id_field("channel_id", &self.channel_id)?,
            root,
            files: distinct_files(&self.file_ids)?,
            content: PostContent {
                message: self.message,
                props: own_props(self.props),
                file_names: vec![],
                mini_previews: vec![],
                pending_post_id: self.pending_post_id,
            },
            set_online: query.get("set_online").is_none() || query.flag("set_online"),
            priority,
        })
    }
}

/// The ids of files that a body names, each once.
pub(crate) fn distinct_files(texts: &[String]) -> Result<Vec<FileId>, ApiError> {
    let mut files: Vec<FileId> = id_fields("file_ids", texts)?;
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(*file));
    Ok(files)
}

/// Without what people may not say of themselves.
pub(crate) fn own_props(mut props: Map<String, Value>) -> Map<String, Value> {
    PRIVILEGED_PROPS.iter().for_each(|name| drop(props.remove(*name)));
    props
}

impl Parsed {
    /// A key goes before the `pending_post_id`, which counts only while the window remembers it.
    fn command_id(&self, api: &CommandApi, caller: &Caller) -> CommandId {
        let pending = &self.content.pending_post_id;
        if caller.wishes.key.is_some() || pending.is_empty() {
            return caller.command_id(api);
        }
        EventId::pending_post(caller.user, self.channel, pending).into()
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Patch {
    id: Option<String>,
    message: Option<String>,
    props: Option<Map<String, Value>>,
    is_pinned: Option<bool>,
    file_ids: Option<Vec<String>>,
}

/// `PUT /posts/{post_id}`: the whole post, with its own id in the body.
pub(crate) async fn update(
    state: State<CommandApi>,
    caller: Caller,
    Path(UrlId(post)): Path<UrlId<PostId>>,
    Json(body): Json<Patch>,
) -> Result<Response, ApiError> {
    let named: PostId = id_field("id", body.id.as_deref().unwrap_or_default())?;
    if named != post {
        return Err(ApiError::invalid_body("id"));
    }
    patch(state, caller, Path(UrlId(post)), Json(body)).await
}

/// `PUT /posts/{post_id}/patch`
pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(post)): Path<UrlId<PostId>>,
    Json(patch): Json<Patch>,
) -> Result<Response, ApiError> {
    edit(&api, &caller, post, patch).await
}

/// `POST /posts/{post_id}/restore/{version_id}`: an edit that says again what an earlier version said.
pub(crate) async fn restore(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(post), UrlId(version))): Path<(UrlId<PostId>, UrlId<PostId>)>,
) -> Result<Response, ApiError> {
    api.known_post(post).await?;
    let history = api.reader.post_history(caller.user, post, HistoryOf::Standing).await;
    let history = match history.map_err(unreadable)? {
        Access::Granted(history) => history,
        Access::Denied => return Err(ApiError::forbidden()),
        Access::Unknown => return Err(ApiError::post_not_found()),
    };
    let earlier = history.versions.iter().find(|earlier| earlier.version_id() == version);
    let Some(earlier) = earlier else { return Err(ApiError::post_not_found()) };
    // Kept as no text where there are none.
    let props = Some(serde_json::from_str(&earlier.props).unwrap_or_default());
    let message = Some(earlier.message.clone());
    edit(&api, &caller, post, Patch { message, props, ..Patch::default() }).await
}

async fn edit(
    api: &CommandApi,
    caller: &Caller,
    post: PostId,
    mut patch: Patch,
) -> Result<Response, ApiError> {
    if let Some(props) = &mut patch.props {
        PRIVILEGED_PROPS.iter().for_each(|name| drop(props.remove(*name)));
    }
    let found = api.known_post(post).await?;
    patch.keeps_files(&found)?;
    let channel = found.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let seen = parking_lot::Mutex::new(found);
    let ended = api.submit(caller.order(caller.command_id(api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let command = patch.command(caller, &found);
            let rows_at = Some(found.next_offset);
            *seen.lock() = found;
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel);
            Ok(Decided::new(command.decide(directory.state(), channels.state()), rows_at))
        })
    });
    let written = ended.await?.written()?;
    let mut positions = api.position_of(written.as_ref(), partition);
    let mut shown = edited(api, &seen.into_inner(), written.as_ref());
    if let Some(pinned) = patch.is_pinned.filter(|pinned| *pinned != shown.is_pinned) {
        let pin = pins::set(api, caller, post, pinned).await?;
        positions.extend(pin);
        shown.is_pinned = pinned;
    }
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

impl Patch {
    /// The files of a post are what it began with: clients may repeat them, or say nothing.
    fn keeps_files(&self, found: &PostOfCommand) -> Result<(), ApiError> {
        let texts = self.file_ids.as_deref().unwrap_or_default();
        let ids: BTreeSet<FileId> = id_fields("file_ids", texts)?.into_iter().collect();
        let held = post_files(found).into_iter().map(|file| file.file_id).collect();
        if ids.is_empty() || ids == held { Ok(()) } else { Err(ApiError::invalid_body("file_ids")) }
    }

    fn command(&self, caller: &Caller, found: &PostOfCommand) -> EditPost {
        let current = post_content(found);
        let mut content = current.clone();
        if let Some(message) = &self.message {
            content.message.clone_from(message);
        }
        if let Some(props) = &self.props {
            content.props.clone_from(props);
        }
        EditPost {
            actor: caller.user,
            post: post_facts(found),
            has_reactions: found.has_reactions,
            reply_count: found.row.reply_count,
            files: post_files(found),
            current,
            content,
            priority: found.row.priority(),
        }
    }
}

/// The post after the edit; as it was where nothing changed.
fn edited(api: &CommandApi, found: &PostOfCommand, written: Option<&Written>) -> wire::Post {
    let name = |user| api.fold.names().person(user).map(|person| person.username.clone());
    let held = found.row.to_wire(vec![], &name);
    let edit = written.and_then(|written| match written.event() {
        Event::Channels(ChannelEvent::PostEdited(b)) => {
            Some(wire::Post::from_edited(&b.c, &b.p, written.at))
        }
        _ => None,
    });
    let mut shown = edit.unwrap_or(held);
    shown.last_reply_at = found.row.last_reply_at;
    shown.has_reactions = found.has_reactions;
    with_emoji(api, shown)
}

/// The post with the custom emoji that it names.
pub(super) fn with_emoji(api: &CommandApi, mut post: wire::Post) -> wire::Post {
    let directory = api.fold.directory();
    post.show_emoji(|name| wire::Emoji::known(directory.state().pictures(), name));
    post
}

/// `DELETE /posts/{post_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(post)): Path<UrlId<PostId>>,
) -> Result<Response, ApiError> {
    let found = api.known_post(post).await?;
    let channel = found.row.channel_id;
    note_channel(channel);
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, partition];
    let ended = api.submit(caller.order(caller.command_id(&api), partition, &rests_on), || {
        Box::pin(async {
            let Some(found) = api.reader.post_of_command(post).await? else {
                return Ok(Decided::new(Err(PostRejection::UnknownPost), Some(0)));
            };
            let command = DeletePost { actor: caller.user, post: post_facts(&found) };
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
