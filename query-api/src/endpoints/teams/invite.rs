//! `GET /teams/invite/{invite_id}`: what an invitation to an open team shows to anyone who has it.

use axum::extract::State;
use axum::response::Response;
use events::directory::TeamType;
use http::StatusCode;
use platform::http::{ApiError, Path};
use serde_json::json;

use crate::app::{App, DIRECTORY};
use crate::endpoints::InviteId;
use crate::render;

pub(crate) async fn get(
    State(app): State<App>,
    Path(invite): Path<InviteId>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.team_by_invite(invite.0);
    let team = app.found(DIRECTORY, no_invitation, ask).await?;
    if team.kind != TeamType::Open {
        return Err(ApiError::forbidden());
    }
    Ok(render::ok(&json!({
        "id": team.id,
        "name": team.name,
        "display_name": team.display_name,
        "description": team.description,
    })))
}

fn no_invitation() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.team.get_by_invite_id.finding.app_error",
        "There is no such invitation.",
    )
}
