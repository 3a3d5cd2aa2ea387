//! `GET /channels/{channel_id}`, `GET /teams/{team_id}/channels/name/{channel_name}`,
//! `GET /teams/name/{team_name}/channels/name/{channel_name}`.

use axum::extract::State;
use axum::response::Response;
use events::TeamId;
use http::HeaderMap;
use platform::http::{ApiError, Path, Query, note_channel};

use crate::app::{App, DIRECTORY, of_any_channel, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ChannelPath, TeamPath};
use crate::render;
use crate::rights::require_team;

pub(crate) async fn by_id(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    let ask = || app.reader.channel(caller.user, channel.0);
    let view = app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    Ok(render::tagged(&headers, &view.to_wire()))
}

pub(crate) async fn by_name(
    State(app): State<App>,
    caller: Caller,
    Path((team, name)): Path<(TeamPath, String)>,
    query: Query,
) -> Result<Response, ApiError> {
    named(&app, &caller, team.0, &name, query.flag("include_deleted")).await
}

pub(crate) async fn by_team_name(
    State(app): State<App>,
    caller: Caller,
    Path((team, name)): Path<(String, String)>,
    query: Query,
) -> Result<Response, ApiError> {
    let find = || app.fold.directory().state().team_by_name(&team);
    let found = match find() {
        Some(team) => Some(team),
        None => {
            app.fold_on(DIRECTORY).await?;
            find()
        }
    };
    let team = found.ok_or_else(ApiError::team_not_found)?;
    named(&app, &caller, team, &name, query.flag("include_deleted")).await
}

/// A private channel of others is not there: a name is something to hide too.
async fn named(
    app: &App,
    caller: &Caller,
    team: TeamId,
    name: &str,
    include_deleted: bool,
) -> Result<Response, ApiError> {
    require_team(app, caller, team).await?;
    let decided_by = match app.fold.directory().state().channel_by_name(team, name) {
        Some(channel) => of_channel(channel).to_vec(),
        None => of_any_channel(),
    };
    let ask = || app.reader.channel_by_name(caller.user, team, name, include_deleted);
    let view = app.granted(&decided_by, ApiError::channel_name_not_found, ask).await?;
    Ok(render::ok(&view.to_wire()))
}
