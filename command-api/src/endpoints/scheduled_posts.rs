//! What is to be sent later: `/posts/schedule`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::scheduled_post::{
    ChangeScheduledPost, DeleteScheduledPost, SchedulePost, ScheduledPostRejection as R,
};
use domain::errands::Errand;
use events::channel::PostContent;
use events::{ChannelId, Event, Partition, PostId, ScheduledPostId, Topic, UserEvent, UserId};
use http::StatusCode;
use platform::clock;
use platform::http::{ApiError, Path, UrlId, json, note_channel, nullable};
use read_model::QueryError;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::posts::{Parsed, distinct_files, later_priority, own_props};
use super::{id_field, optional_id};
use crate::caller::Caller;
use crate::executor::{CommandApi, Written, undelayed};
use crate::idempotency::Json;
use crate::refusals::Rejection;
use crate::submission::Decided;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
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
    #[serde(default, deserialize_with = "nullable")]
    scheduled_at: i64,
}

/// What is kept of a priority; the rest says nothing.
const PRIORITY_FIELDS: [&str; 3] = ["priority", "requested_ack", "persistent_notifications"];

/// What is to be said, where and when.
struct Later {
    scheduled_id: ScheduledPostId,
    post: Parsed,
    priority: Map<String, Value>,
    due_at: i64,
}

/// The channel, and the root that it answers.
type Place = (ChannelId, Option<PostId>);

impl Body {
    fn place(&self) -> Result<Place, ApiError> {
        Ok((id_field("channel_id", &self.channel_id)?, optional_id("root_id", &self.root_id)?))
    }

    fn parse(
        self,
        scheduled_id: ScheduledPostId,
        (channel, root): Place,
    ) -> Result<Later, ApiError> {
        let mut priority = self.priority;
        priority.retain(|name, _| PRIORITY_FIELDS.contains(&name.as_str()));
        let content = PostContent {
            message: self.message,
            props: own_props(self.props),
            ..PostContent::default()
        };
        let post = Parsed {
            channel,
            root,
            files: distinct_files(&self.file_ids)?,
            content,
            set_online: false,
            priority: later_priority(&priority)?,
        };
        Ok(Later { scheduled_id, post, priority, due_at: self.scheduled_at })
    }
}

fn partition_of(user: UserId) -> Partition {
    Partition::of(Topic::Users, user.as_bytes())
}

/// `POST /posts/schedule`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let place = body.place()?;
    let later = body.parse(ScheduledPostId::random(), place)?;
    said(&api, &caller, &later, Wanted::New).await
}

/// `PUT /posts/schedule/{scheduled_id}`: the whole of it, but for its place, which stays.
pub(crate) async fn update(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(scheduled_id)): Path<UrlId<ScheduledPostId>>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    if !body.id.is_empty() && id_field::<ScheduledPostId>("id", &body.id)? != scheduled_id {
        return Err(ApiError::invalid_body("id"));
    }
    let place = api.place_of(&caller, scheduled_id).await?;
    let later = body.parse(scheduled_id, place)?;
    said(&api, &caller, &later, Wanted::Change).await
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    New,
    Change,
}

/// What cannot be sent now is refused at once.
async fn said(
    api: &CommandApi,
    caller: &Caller,
    later: &Later,
    wanted: Wanted,
) -> Result<Response, ApiError> {
    let channel = later.post.channel;
    note_channel(channel);
    let (user, partition) = (caller.user, partition_of(caller.user));
    let in_channels = Partition::of(Topic::Channels, channel.as_bytes());
    let rests_on = [Partition::DIRECTORY, in_channels, partition];
    let ended = api.submit(caller.order(caller.command_id(api), partition, &rests_on), || {
        Box::pin(async {
            let (command, rows_at) = command(api, user, later).await?;
            let directory = api.fold.directory();
            let channels = api.fold.channels(channel);
            let users = api.fold.users(user);
            let (directory, channels) = (directory.state(), channels.state());
            let users = users.state();
            let decision = match wanted {
                Wanted::New => command.decide(directory, channels, users),
                Wanted::Change => ChangeScheduledPost(command).decide(directory, channels, users),
            };
            let other_rows_at = rows_at.map(|at| (in_channels, at));
            Ok(Decided { decision, rows_at: None, other_rows_at })
        })
    });
    shown(api, caller, ended.await?.written()?).await
}

async fn command(
    api: &CommandApi,
    user: UserId,
    later: &Later,
) -> Result<(SchedulePost, Option<u64>), QueryError> {
    let (post, rows_at) = api.composed(user, &later.post, PostId::default()).await?;
    let command = SchedulePost {
        scheduled_id: later.scheduled_id,
        post,
        priority: later.priority.clone(),
        due_at: later.due_at,
        now_ms: clock::now_ms(),
    };
    Ok((command, rows_at))
}

async fn shown(
    api: &CommandApi,
    caller: &Caller,
    written: Option<Written>,
) -> Result<Response, ApiError> {
    let Some(written) = written else { return Err(ApiError::unknown_outcome()) };
    let at = written.at;
    let shown = match written.event() {
        Event::Users(UserEvent::ScheduledPostCreated(b)) => {
            wire::ScheduledPost::from_created(&b.c, &b.p, at)
        }
        Event::Users(UserEvent::ScheduledPostChanged(b)) => {
            wire::ScheduledPost::from_changed(&b.c, &b.p, at)
        }
        Event::Users(UserEvent::ScheduledPostDeleted(b)) => {
            let c = &b.c;
            wire::ScheduledPost::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at)
        }
        _ => return Err(ApiError::idempotency_key_reused()),
    };
    let response = json(StatusCode::CREATED, &shown);
    Ok(api.shown(&caller.wishes, &[written.position], response).await)
}

/// `DELETE /posts/schedule/{scheduled_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(scheduled_id)): Path<UrlId<ScheduledPostId>>,
) -> Result<Response, ApiError> {
    let command = DeleteScheduledPost { user_id: caller.user, scheduled_id };
    let partition = partition_of(caller.user);
    let rests_on = [partition];
    let order = caller.order(caller.command_id(&api), partition, &rests_on);
    let ended = api.submit(order, || {
        let users = api.fold.users(caller.user);
        undelayed(command.decide(users.state()))
    });
    shown(&api, &caller, ended.await?.written()?).await
}

impl CommandApi {
    /// Where a scheduled post of the caller's is to stand; never from behind.
    async fn place_of(&self, caller: &Caller, id: ScheduledPostId) -> Result<Place, ApiError> {
        self.never_from_behind(&[partition_of(caller.user)], || {
            let users = self.fold.users(caller.user);
            let timer = users.state().errands().timer(caller.user, Errand::Post(id));
            let timer = timer.ok_or_else(|| R::Unknown.to_error())?;
            Ok((timer.channel_id, timer.root_id))
        })
        .await
    }
}
