//! `GET /api/nottermost/v1/retention/runs`: the reports of retention.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, Id, PolicyId, UserId};
use platform::http::{ApiError, Path, Query, UrlId};
use read_model::rows::{ExpiryRow, RetentionRunRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::for_administrators;
use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;

#[derive(Serialize, JsonSchema)]
pub(crate) struct RetentionRun {
    began_at: i64,
    channels: i64,
    channels_failed: i64,
    channels_held: i64,
    ended_at: i64,
    files: i64,
    id: Id,
    keys_advanced: i64,
    objects_removed: i64,
    posts: i64,
    /// None: it was its time.
    requested_by: Option<UserId>,
}

/// What a run did to a channel.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChannelExpiry {
    at: i64,
    channel_id: ChannelId,
    files: i64,
    files_before: i64,
    /// None: as the installation keeps it.
    policy_id: Option<PolicyId>,
    posts: i64,
    posts_before: i64,
}

/// The newest first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let (limit, skip) = limits(&query);
    let rows = app.reader.retention_runs(limit, skip).await.map_err(failed)?;
    Ok(render::ok(&rows.iter().map(run).collect::<Vec<_>>()))
}

/// What a run did, channel by channel.
pub(crate) async fn channels(
    State(app): State<App>,
    caller: Caller,
    Path(run): Path<UrlId<Id>>,
    query: Query,
) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let (limit, skip) = limits(&query);
    let rows = app.reader.expiries_of(run.0, limit, skip).await.map_err(failed)?;
    Ok(render::ok(&rows.iter().map(expiry).collect::<Vec<_>>()))
}

fn limits(query: &Query) -> (i64, i64) {
    let page = query.page();
    let limit = i64::from(page.per_page);
    (limit, limit * i64::from(page.page))
}

fn run(row: &RetentionRunRow) -> RetentionRun {
    RetentionRun {
        began_at: row.began_at,
        channels: row.channels,
        channels_failed: row.channels_failed,
        channels_held: row.channels_held,
        ended_at: row.ended_at,
        files: row.files,
        id: row.id,
        keys_advanced: row.keys_advanced,
        objects_removed: row.objects_removed,
        posts: row.posts,
        requested_by: row.requested_by,
    }
}

fn expiry(row: &ExpiryRow) -> ChannelExpiry {
    ChannelExpiry {
        at: row.at,
        channel_id: row.channel_id,
        files: row.files,
        files_before: row.files_before,
        policy_id: row.policy_id,
        posts: row.posts,
        posts_before: row.posts_before,
    }
}
