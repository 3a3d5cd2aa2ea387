//! `GET /posts/scheduled/team/{team_id}`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path, Query};
use wire::ScheduledPost;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::require_team;

/// What those of conversations stand under; others stand under their team.
const CONVERSATIONS: &str = "directChannels";

/// The caller's own.
pub(crate) async fn of_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    query: Query,
) -> Result<Response, ApiError> {
    require_team(&app, &caller, team.0).await?;
    let conversations = query.flag("includeDirectChannels");
    let posts = app.reader.scheduled_posts(caller.user, team.0, conversations).await;
    let mut shown: BTreeMap<String, Vec<ScheduledPost>> =
        BTreeMap::from([(team.0.to_string(), Vec::new())]);
    if conversations {
        shown.insert(CONVERSATIONS.to_owned(), Vec::new());
    }
    for post in posts.map_err(failed)? {
        let place = post.team_id.map_or_else(|| CONVERSATIONS.to_owned(), |team| team.to_string());
        shown.entry(place).or_default().push(post.to_wire());
    }
    Ok(render::ok(&shown))
}
