//! `GET /users/{user_id}/teams/{team_id}/drafts`

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path, UserRef};
use wire::Draft;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::endpoints::TeamPath;
use crate::render;
use crate::rights::{own, require_team};

pub(crate) async fn of_team(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let drafts = app.reader.drafts(user, team.0).await.map_err(failed)?;
    let shown: Vec<Draft> = drafts.iter().map(read_model::queries::DraftView::to_wire).collect();
    Ok(render::ok(&shown))
}
