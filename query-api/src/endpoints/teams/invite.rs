//! `GET /teams/invite/{invite_id}`: what an invitation to an open team shows to anyone who has it.
//! `POST /teams/{team_id}/invite/email`: nothing here sends mail.

use axum::extract::State;
use axum::response::Response;
use events::TeamId;
use events::directory::TeamType;
use http::StatusCode;
use platform::http::{ApiError, Json, Path};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;
use crate::endpoints::{InviteId, TeamPath};
use crate::render;
use crate::rights::require_team;

/// What is shown of a team to who is invited.
#[derive(Serialize, JsonSchema)]
pub(crate) struct InvitingTeam {
    description: String,
    display_name: String,
    id: TeamId,
    name: String,
}

pub(crate) async fn get(
    State(app): State<App>,
    Path(invite): Path<InviteId>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.team_by_invite(invite.0);
    let team = app.found(DIRECTORY, no_invitation, ask).await?;
    if team.kind != TeamType::Open {
        return Err(ApiError::forbidden());
    }
    Ok(render::ok(&InvitingTeam {
        description: team.description,
        display_name: team.display_name,
        id: team.id,
        name: team.name,
    }))
}

/// Clients that name channels, too, send an object.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "InvitedByEmail")]
#[serde(untagged)]
pub(crate) enum Invited {
    Addresses(Vec<String>),
    Detailed { emails: Vec<String> },
}

/// Addresses in one request.
const ADDRESSES_MAX: usize = 20;

/// Refused to everyone: to members of the team because nothing here sends mail.
pub(crate) async fn by_email(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<TeamPath>,
    Json(body): Json<Invited>,
) -> Result<Response, ApiError> {
    let (Invited::Addresses(addresses) | Invited::Detailed { emails: addresses }) = body;
    if addresses.is_empty() || addresses.len() > ADDRESSES_MAX {
        return Err(ApiError::invalid_body("user_email"));
    }
    require_team(&app, &caller, team.0).await?;
    if caller.is_guest {
        return Err(ApiError::forbidden());
    }
    Err(ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "api.team.invite_members.disabled.app_error",
        "Invitations by e-mail are not available on this server.",
    ))
}

fn no_invitation() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.team.get_by_invite_id.finding.app_error",
        "There is no such invitation.",
    )
}
