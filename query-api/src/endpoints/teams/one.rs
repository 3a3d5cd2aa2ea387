//! `GET /teams/{team_id}`, `GET /teams/name/{team_name}`, `GET /teams/name/{team_name}/exists`,
//! `GET /teams/{team_id}/stats`.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path};
use schemars::JsonSchema;
use serde::Serialize;

use super::shown;
use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::known_people;

pub(crate) async fn by_id(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let ask = || app.reader.team(caller.user, team.0);
    let row = app.granted(DIRECTORY, ApiError::team_not_found, ask).await?;
    Ok(render::tagged(&headers, &shown(&app, &row, &caller)))
}

pub(crate) async fn by_name(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.team_by_name(caller.user, &name);
    let row = app.granted(DIRECTORY, ApiError::team_not_found, ask).await?;
    Ok(render::ok(&shown(&app, &row, &caller)))
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct TeamExists {
    exists: bool,
}

pub(crate) async fn exists(
    State(app): State<App>,
    _: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let taken = || app.fold.directory().state().team_by_name(&name).is_some();
    if !taken() {
        app.fold_on(DIRECTORY).await?;
    }
    Ok(render::ok(&TeamExists { exists: taken() }))
}

pub(crate) async fn stats(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
) -> Result<Response, ApiError> {
    let known = known_people(&app, &caller).await?.listed();
    let ask = || app.reader.team_stats(caller.user, team.0, known.as_deref());
    let stats = app.granted(DIRECTORY, ApiError::team_not_found, ask).await?;
    Ok(render::ok(&stats))
}
