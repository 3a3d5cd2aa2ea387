//! `POST /users/group_channels`: who else talks in one's direct and group channels.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use events::ChannelId;
use platform::http::{ApiError, Json};
use wire::User;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::ids;
use crate::render;

pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let channels: Vec<ChannelId> = ids(&texts)?;
    let rows = app.reader.people_of_conversations(caller.user, &channels).await.map_err(failed)?;
    let mut people: BTreeMap<ChannelId, Vec<User>> = BTreeMap::new();
    for (channel, row) in &rows {
        let others = people.entry(*channel).or_default();
        if row.id != caller.user {
            others.push(render::user(row, &caller));
        }
    }
    Ok(render::ok(&people))
}
