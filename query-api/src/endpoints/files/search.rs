//! `POST /teams/{team_id}/files/search`, `POST /files/search`: the index finds files by their names in the
//! channels that the caller may read by the fold; what it found is read again before it is shown.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use events::{FileId, TeamId};
use platform::http::{ApiError, Json, Path};
use search_index::Subject;
use wire::FileInfoList;

use crate::app::{App, failed, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::searching::Search;
use crate::endpoints::{Object, TeamPath};
use crate::render;
use crate::rights::require_team;

pub(crate) async fn in_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    require_team(&app, &caller, team.0).await?;
    answer(&app, &caller, Some(team.0), search).await
}

pub(crate) async fn everywhere(
    State(app): State<App>,
    caller: Caller,
    Json(Object(search)): Json<Object<Search>>,
) -> Result<Response, ApiError> {
    answer(&app, &caller, None, search).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    team: Option<TeamId>,
    search: Search,
) -> Result<Response, ApiError> {
    let Some(found) = search.run(app, caller, team, Subject::Files).await? else {
        return Ok(render::ok(&FileInfoList::default()));
    };
    let ids: Vec<FileId> = found.hits.iter().filter_map(|hit| hit.file_id).collect();
    app.rows_followed(&of_any_channel()).await;
    let shown = app.reader.files_shown(caller.user, &ids).await.map_err(failed)?;
    let ends = app.ends(shown.iter().map(|file| file.post));
    let standing = shown.iter().filter(|file| ends.of(file.post.id).is_none());
    let mut shown: BTreeMap<_, _> =
        standing.map(|file| (file.value.id, file.value.to_wire())).collect();
    let files = ids.iter().filter_map(|id| shown.remove(id)).collect();
    Ok(render::ok(&FileInfoList::new(files)))
}
