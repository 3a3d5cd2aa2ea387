//! `…/data_retention/policy`, `…/policies`, and which of them somebody's teams and channels follow.

use axum::extract::State;
use axum::response::Response;
use domain::Kept;
use domain::retention::cutoff;
use events::{ChannelId, PolicyId, TeamId};
use http::StatusCode;
use platform::clock;
use platform::http::{ApiError, Path, Query, UrlId, UserRef};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use wire::RetentionPolicy;

use super::for_administrators;
use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::render;
use crate::rights::own_or_admin;

/// What the installation erases, and from when on it keeps things; 0 where it keeps everything.
#[derive(Serialize, JsonSchema)]
pub(crate) struct InstallationPolicy {
    file_deletion_enabled: bool,
    file_retention_cutoff: i64,
    message_deletion_enabled: bool,
    message_retention_cutoff: i64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicyCount {
    total_count: usize,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicyOfTeam {
    /// Days; below zero for ever.
    post_duration: i32,
    team_id: TeamId,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicyOfChannel {
    channel_id: ChannelId,
    /// Days; below zero for ever.
    post_duration: i32,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PoliciesOfTeams<'p> {
    policies: &'p [PolicyOfTeam],
    total_count: usize,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PoliciesOfChannels<'p> {
    policies: &'p [PolicyOfChannel],
    total_count: usize,
}

/// What the installation keeps: for everyone who is logged in.
pub(crate) async fn of_installation(
    State(app): State<App>,
    _: Caller,
) -> Result<Response, ApiError> {
    let Kept { message_days, file_days } = app.kept;
    let now = clock::now_ms();
    let messages = cutoff(now, message_days);
    let files = cutoff(now, file_days).max(messages);
    Ok(render::ok(&InstallationPolicy {
        file_deletion_enabled: files > 0,
        file_retention_cutoff: files,
        message_deletion_enabled: messages > 0,
        message_retention_cutoff: messages,
    }))
}

pub(crate) async fn count(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let total_count = app.fold.directory().state().retention().policies().len();
    Ok(render::ok(&PolicyCount { total_count }))
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let directory = app.fold.directory();
    let all: Vec<RetentionPolicy> = directory
        .state()
        .retention()
        .policies()
        .map(|(id, p)| RetentionPolicy::of(id, p))
        .collect();
    let page = query.page();
    Ok(render::ok(&json!({ "policies": page.slice(&all), "total_count": all.len() })))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(policy): Path<UrlId<PolicyId>>,
) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let directory = app.fold.directory();
    let held = directory.state().retention().policy(policy.0).ok_or_else(unknown)?;
    Ok(render::ok(&RetentionPolicy::of(policy.0, held)))
}

pub(super) fn unknown() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.data_retention.get_policy.app_error",
        "There is no such retention policy.",
    )
}

/// Of the person's teams, those that follow a policy of their own.
pub(crate) async fn of_teams(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own_or_admin(user, &caller)?;
    app.catch_up(DIRECTORY).await?;
    let directory = app.fold.directory();
    let state = directory.state();
    let teams: Vec<TeamId> =
        state.memberships_of(user).filter(|(_, m)| m.active).map(|(team, _)| team).collect();
    let all: Vec<PolicyOfTeam> = teams
        .into_iter()
        .filter_map(|team_id| {
            let (_, policy) = state.retention().policy_of_team(team_id)?;
            Some(PolicyOfTeam { post_duration: policy.post_days, team_id })
        })
        .collect();
    let policies = query.page().slice(&all);
    Ok(render::ok(&PoliciesOfTeams { policies, total_count: all.len() }))
}

/// Of the person's channels, those that follow a policy of their own.
pub(crate) async fn of_channels(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own_or_admin(user, &caller)?;
    app.catch_up(DIRECTORY).await?;
    let channels: Vec<ChannelId> = app.fold.channels_of(user);
    let directory = app.fold.directory();
    let retention = directory.state().retention();
    let all: Vec<PolicyOfChannel> = channels
        .into_iter()
        .filter_map(|channel_id| {
            let (_, policy) = retention.policy_of_channel(channel_id)?;
            Some(PolicyOfChannel { channel_id, post_duration: policy.post_days })
        })
        .collect();
    let policies = query.page().slice(&all);
    Ok(render::ok(&PoliciesOfChannels { policies, total_count: all.len() }))
}
