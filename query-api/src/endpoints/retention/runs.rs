//! `GET /api/nottermost/v1/retention/runs`: the reports of retention.

use axum::extract::State;
use axum::response::Response;
use events::Id;
use platform::http::{ApiError, Path, Query, UrlId};
use read_model::rows::{ExpiryRow, RetentionRunRow};
use serde_json::{Value, json};

use super::for_administrators;
use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;

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

fn run(row: &RetentionRunRow) -> Value {
    json!({
        "id": row.id,
        "began_at": row.began_at,
        "ended_at": row.ended_at,
        "requested_by": row.requested_by,
        "channels": row.channels,
        "posts": row.posts,
        "files": row.files,
        "channels_held": row.channels_held,
        "keys_advanced": row.keys_advanced,
        "objects_removed": row.objects_removed,
        "channels_failed": row.channels_failed,
    })
}

fn expiry(row: &ExpiryRow) -> Value {
    json!({
        "channel_id": row.channel_id,
        "at": row.at,
        "policy_id": row.policy_id,
        "posts_before": row.posts_before,
        "files_before": row.files_before,
        "posts": row.posts,
        "files": row.files,
    })
}
