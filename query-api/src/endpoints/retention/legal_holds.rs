//! `GET /api/nottermost/v1/legal_holds`: the holds, released ones too.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, HoldId, UserId};
use platform::http::ApiError;
use schemars::JsonSchema;
use serde::Serialize;

use super::for_administrators;
use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;

#[derive(Serialize, JsonSchema)]
pub(crate) struct LegalHold {
    /// None, as the people, once it is released.
    channel_ids: Option<BTreeSet<ChannelId>>,
    create_at: i64,
    id: HoldId,
    name: String,
    placed_by: UserId,
    /// 0 while it is in force.
    release_at: i64,
    user_ids: Option<BTreeSet<UserId>>,
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let rows = app.reader.legal_holds().await.map_err(failed)?;
    let directory = app.fold.directory();
    let holds: Vec<LegalHold> = rows
        .into_iter()
        .map(|row| {
            let hold = directory.state().retention().hold(row.id);
            LegalHold {
                channel_ids: hold.map(|hold| hold.channels.clone()),
                create_at: row.create_at,
                id: row.id,
                name: row.name,
                placed_by: row.placed_by,
                release_at: row.release_at,
                user_ids: hold.map(|hold| hold.users.clone()),
            }
        })
        .collect();
    Ok(render::ok(&holds))
}
