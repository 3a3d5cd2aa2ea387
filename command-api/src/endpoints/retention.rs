//! `…/data_retention/policies` and `POST /api/nottermost/v1/retention/run`: how long things are kept.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::commands::retention::{ChangePolicy, CreatePolicy, DeletePolicy};
use events::{ChannelId, Id, Partition, PolicyId, TeamId};
use http::StatusCode;
use platform::http::{ApiError, Path, Query, UrlId, json, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::RetentionPolicy;

use super::id_fields;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

type PolicyPath = UrlId<PolicyId>;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    post_duration: Option<i32>,
    #[serde(default)]
    team_ids: Option<Vec<String>>,
    #[serde(default)]
    channel_ids: Option<Vec<String>>,
}

pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command_id = caller.command_id(&api);
    let command = CreatePolicy {
        actor: caller.user,
        // The request again makes the same.
        policy_id: PolicyId(Id::derived("retention.policy", &[command_id.event.as_bytes()])),
        display_name: body.display_name.unwrap_or_default(),
        post_days: body.post_duration.ok_or_else(|| ApiError::invalid_body("post_duration"))?,
        team_ids: id_fields("team_ids", &body.team_ids.unwrap_or_default())?,
        channel_ids: id_fields("channel_ids", &body.channel_ids.unwrap_or_default())?,
    };
    let decide = |directory: &Directory| command.decide(directory, |channel| api.knows(channel));
    let written = api.in_directory(caller.actor(), command_id, decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    let shown = json(StatusCode::CREATED, &api.policy_shown(command.policy_id)?);
    Ok(api.shown(&caller.wishes, &positions, shown).await)
}

pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let teams = body.team_ids.map(|texts| id_fields("team_ids", &texts)).transpose()?;
    let channels = body.channel_ids.map(|texts| id_fields("channel_ids", &texts)).transpose()?;
    let change = ChangePolicy {
        display_name: body.display_name,
        post_days: body.post_duration,
        team_ids: teams,
        channel_ids: channels,
        ..change_of(&caller, policy.0)
    };
    changed(&api, &caller, change, |shown| json(StatusCode::OK, &shown)).await
}

pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
) -> Result<Response, ApiError> {
    let command = DeletePolicy { actor: caller.user, policy_id: policy.0 };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

pub(crate) async fn add_teams(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let teams_added: Vec<TeamId> = id_fields("team_ids", &texts)?;
    let change = ChangePolicy { teams_added, ..change_of(&caller, policy.0) };
    changed(&api, &caller, change, |_| ok_status()).await
}

pub(crate) async fn remove_teams(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let teams_removed: Vec<TeamId> = id_fields("team_ids", &texts)?;
    let change = ChangePolicy { teams_removed, ..change_of(&caller, policy.0) };
    changed(&api, &caller, change, |_| ok_status()).await
}

pub(crate) async fn add_channels(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let channels_added: Vec<ChannelId> = id_fields("channel_ids", &texts)?;
    let change = ChangePolicy { channels_added, ..change_of(&caller, policy.0) };
    changed(&api, &caller, change, |_| ok_status()).await
}

pub(crate) async fn remove_channels(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(policy): Path<PolicyPath>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let channels_removed: Vec<ChannelId> = id_fields("channel_ids", &texts)?;
    let change = ChangePolicy { channels_removed, ..change_of(&caller, policy.0) };
    changed(&api, &caller, change, |_| ok_status()).await
}

/// Runs now what else is run once a day; `?dry_run=true` only says what that would do.
pub(crate) async fn run(
    State(api): State<CommandApi>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    if !caller.account.system_admin {
        return Err(ApiError::forbidden());
    }
    let report = api.run_retention(Id::random(), Some(caller.user), query.flag("dry_run")).await?;
    Ok(json(StatusCode::OK, &report))
}

fn change_of(caller: &Caller, policy_id: PolicyId) -> ChangePolicy {
    ChangePolicy { actor: caller.user, policy_id, ..ChangePolicy::default() }
}

async fn changed(
    api: &CommandApi,
    caller: &Caller,
    change: ChangePolicy,
    answer: impl FnOnce(RetentionPolicy) -> Response,
) -> Result<Response, ApiError> {
    let decide = |directory: &Directory| -> Result<Decision, DirectoryRejection> {
        change.decide(directory, |channel| api.knows(channel))
    };
    let written = api.in_directory(caller.actor(), caller.command_id(api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    let answer = answer(api.policy_shown(change.policy_id)?);
    Ok(api.shown(&caller.wishes, &positions, answer).await)
}

impl CommandApi {
    pub(super) fn knows(&self, channel: ChannelId) -> bool {
        self.fold.channels(channel).state().channel(channel).is_some()
    }

    fn policy_shown(&self, id: PolicyId) -> Result<RetentionPolicy, ApiError> {
        let directory = self.fold.directory();
        let policy = directory.state().retention().policy(id);
        policy.map(|policy| RetentionPolicy::of(id, policy)).ok_or_else(ApiError::unknown_outcome)
    }
}
