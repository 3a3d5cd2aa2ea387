//! `GET /api/nottermost/v1/legal_holds`: the holds, released ones too.

use axum::extract::State;
use axum::response::Response;
use platform::http::ApiError;
use serde_json::{Value, json};

use super::for_administrators;
use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    for_administrators(&app, &caller).await?;
    let rows = app.reader.legal_holds().await.map_err(failed)?;
    let directory = app.fold.directory();
    let holds: Vec<Value> = rows
        .iter()
        .map(|row| {
            let hold = directory.state().retention().hold(row.id);
            json!({
                "id": row.id,
                "name": row.name,
                "placed_by": row.placed_by,
                "create_at": row.create_at,
                "release_at": row.release_at,
                "user_ids": hold.map(|hold| &hold.users),
                "channel_ids": hold.map(|hold| &hold.channels),
            })
        })
        .collect();
    Ok(render::ok(&holds))
}
