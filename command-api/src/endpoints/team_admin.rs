//! What those do who administer a team: changing it, its archive, its invitation.

use axum::extract::State;
use axum::response::Response;
use domain::commands::team::{ArchiveTeam, ChangeTeam, RegenerateInvite, RestoreTeam, TeamTexts};
use events::directory::TeamType;
use events::{Id, Partition, TeamId};
use http::StatusCode;
use platform::http::{ApiError, Path, Query, UrlId, json, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_field;
use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::facts::unreadable;
use crate::idempotency::Json;
use crate::submission::Decided;

/// What a team can change of itself. Domains that may join and groups that fill a team are not known here.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Patch {
    id: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    company_name: Option<String>,
    allow_open_invite: Option<bool>,
    allowed_domains: Option<String>,
    group_constrained: Option<bool>,
}

impl Patch {
    /// # Errors
    /// A 501 where it asks for what no team of this server has.
    fn into_command(self, caller: &Caller, team_id: TeamId) -> Result<ChangeTeam, ApiError> {
        let restricted = self.allowed_domains.is_some_and(|domains| !domains.trim().is_empty());
        if restricted || self.group_constrained == Some(true) {
            return Err(ApiError::not_implemented());
        }
        Ok(ChangeTeam {
            actor: caller.user,
            team_id,
            display_name: self.display_name.map(|name| name.trim().to_owned()),
            description: self.description,
            company_name: self.company_name,
            allow_open_invite: self.allow_open_invite,
            ..ChangeTeam::default()
        })
    }
}

/// `PUT /teams/{team_id}`: the same, with the team's own id in the body.
pub(crate) async fn update(
    state: State<CommandApi>,
    caller: Caller,
    Path(UrlId(team)): Path<UrlId<TeamId>>,
    Json(body): Json<Patch>,
) -> Result<Response, ApiError> {
    let named: TeamId = id_field("id", body.id.as_deref().unwrap_or_default())?;
    if named != team {
        return Err(ApiError::invalid_body("id"));
    }
    // An empty display name was not filled in: nobody can take it away.
    let display_name = body.display_name.filter(|name| !name.is_empty());
    patch(state, caller, Path(UrlId(team)), Json(Patch { display_name, ..body })).await
}

/// `PUT /teams/{team_id}/patch`
pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team)): Path<UrlId<TeamId>>,
    Json(body): Json<Patch>,
) -> Result<Response, ApiError> {
    let command = body.into_command(&caller, team)?;
    let written = change(&api, &caller, command).await?;
    shown(&api, &caller, team, written.as_ref()).await
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Privacy {
    privacy: Option<String>,
}

/// `PUT /teams/{team_id}/privacy`: an open team is one that anybody may join.
pub(crate) async fn privacy(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team_id)): Path<UrlId<TeamId>>,
    Json(body): Json<Privacy>,
) -> Result<Response, ApiError> {
    let r#type = match body.privacy.as_deref() {
        Some("O") => TeamType::Open,
        Some("I") => TeamType::InviteOnly,
        _ => return Err(ApiError::invalid_body("privacy")),
    };
    let command = ChangeTeam {
        actor: caller.user,
        team_id,
        r#type: Some(r#type),
        allow_open_invite: Some(r#type == TeamType::Open),
        ..ChangeTeam::default()
    };
    let written = change(&api, &caller, command).await?;
    shown(&api, &caller, team_id, written.as_ref()).await
}

/// A change of what differs from the row. Texts of a team stand in no fold, and nothing in the log would
/// notice that they were old.
async fn change(
    api: &CommandApi,
    caller: &Caller,
    command: ChangeTeam,
) -> Result<Option<Written>, ApiError> {
    const RESTS_ON: [Partition; 1] = [Partition::DIRECTORY];
    api.rows_at_ends(&RESTS_ON).await?;
    let order = caller.order(caller.command_id(api), Partition::DIRECTORY, &RESTS_ON);
    let ended = api.submit(order, || {
        Box::pin(async {
            let read = api.reader.team_of_frame(command.team_id);
            let (row, rows_at) = api.positioned(Partition::DIRECTORY, read).await?;
            let current = row.map_or_else(TeamTexts::default, |row| TeamTexts {
                display_name: row.display_name,
                description: row.description,
                company_name: row.company_name,
            });
            let command = ChangeTeam { current, ..command.clone() };
            let decision = command.decide(api.fold.directory().state());
            Ok(Decided::new(decision, Some(rows_at)))
        })
    });
    ended.await?.written()
}

/// `DELETE /teams/{team_id}`: into the archive. Nothing is deleted for ever.
pub(crate) async fn archive(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team_id)): Path<UrlId<TeamId>>,
    query: Query,
) -> Result<Response, ApiError> {
    if query.flag("permanent") {
        return Err(ApiError::not_implemented());
    }
    let command = ArchiveTeam { actor: caller.user, team_id };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    api.ended(&positions, ok_status()).await
}

/// `POST /teams/{team_id}/restore`
pub(crate) async fn restore(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team_id)): Path<UrlId<TeamId>>,
) -> Result<Response, ApiError> {
    let command = RestoreTeam { actor: caller.user, team_id };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    shown(&api, &caller, team_id, written.as_ref()).await
}

/// `POST /teams/{team_id}/regenerate_invite_id`
pub(crate) async fn regenerate_invite(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team_id)): Path<UrlId<TeamId>>,
) -> Result<Response, ApiError> {
    let command = RegenerateInvite { actor: caller.user, team_id, invite_id: Id::random() };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    shown(&api, &caller, team_id, written.as_ref()).await
}

/// The team as it is once the rows have it, for somebody who manages it.
async fn shown(
    api: &CommandApi,
    caller: &Caller,
    team: TeamId,
    written: Option<&Written>,
) -> Result<Response, ApiError> {
    let positions = api.position_of(written, Partition::DIRECTORY);
    // An invitation, or a door, may just have been closed.
    api.access_ended(&positions).await?;
    let row = api.reader.team_of_frame(team).await.map_err(unreadable)?;
    let team = row.ok_or_else(ApiError::team_not_found)?.to_wire();
    let team = team.with_icon(api.fold.directory().state().pictures());
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &team)).await)
}
