//! Coming into a team and leaving it.

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::{AddTeamMembers, RemoveTeamMember};
use domain::rights;
use events::{Id, Partition, Position, TeamId, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, Query, UrlId, UserRef, json, nullable, ok_status, parse_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id_field;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;
use crate::process_manager::Key;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewMember {
    #[serde(default, deserialize_with = "nullable")]
    team_id: String,
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
}

impl NewMember {
    /// Whom to bring into `team`, which the path names already.
    fn user(&self, caller: &Caller, team: TeamId) -> Result<UserId, ApiError> {
        if !self.team_id.is_empty() && id_field::<TeamId>("team_id", &self.team_id)? != team {
            return Err(ApiError::invalid_body("team_id"));
        }
        UserRef::from_field("user_id", &self.user_id).map(|user| user.resolve(caller.user))
    }
}

/// `POST /teams/{team_id}/members`
pub(crate) async fn add(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team)): Path<UrlId<TeamId>>,
    Json(body): Json<NewMember>,
) -> Result<Response, ApiError> {
    let user = body.user(&caller, team)?;
    let positions = added(&api, &caller, team, vec![user], None).await?;
    let member = member(&api, team, user)?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &member)).await)
}

/// Somebody who was added; what failed has failed for all, and is answered as a refusal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TeamMemberAdded {
    Plain(wire::TeamMember),
    Graceful { user_id: UserId, member: wire::TeamMember, error: Option<String> },
}

impl TeamMemberAdded {
    fn of(member: wire::TeamMember, graceful: bool) -> Self {
        let user_id = member.user_id;
        if graceful { Self::Graceful { user_id, member, error: None } } else { Self::Plain(member) }
    }
}

/// `POST /teams/{team_id}/members/batch`. With `graceful` each member comes with what went wrong.
pub(crate) async fn add_many(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(UrlId(team)): Path<UrlId<TeamId>>,
    query: Query,
    Json(body): Json<Vec<NewMember>>,
) -> Result<Response, ApiError> {
    if body.is_empty() || body.len() > 200 {
        return Err(ApiError::invalid_body("too few or too many members"));
    }
    let users: Vec<UserId> =
        body.iter().map(|member| member.user(&caller, team)).collect::<Result<_, _>>()?;
    let positions = added(&api, &caller, team, users.clone(), None).await?;
    let members: Vec<wire::TeamMember> =
        users.iter().map(|user| member(&api, team, *user)).collect::<Result<_, _>>()?;
    let graceful = query.flag("graceful");
    let added = members.into_iter().map(|member| TeamMemberAdded::of(member, graceful));
    let added: Vec<_> = added.collect();
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &added)).await)
}

/// `POST /teams/members/invite?invite_id=`
pub(crate) async fn join_by_invite(
    State(api): State<CommandApi>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "app.team.get_by_invite_id.finding.app_error",
            "This invitation leads nowhere.",
        )
    };
    let text = query.get("invite_id").ok_or_else(|| ApiError::invalid_param("invite_id"))?;
    let invite: Id = parse_id(text).ok_or_else(|| ApiError::invalid_param("invite_id"))?;
    let found = || by_invite(&api, invite).ok_or_else(unknown);
    let team = api.never_from_behind(&[Partition::DIRECTORY], found).await?;
    let positions = added(&api, &caller, team, vec![caller.user], Some(invite)).await?;
    let member = member(&api, team, caller.user)?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &member)).await)
}

fn by_invite(api: &CommandApi, invite: Id) -> Option<TeamId> {
    api.fold.directory().state().team_by_invite(invite)
}

async fn added(
    api: &CommandApi,
    caller: &Caller,
    team_id: TeamId,
    user_ids: Vec<UserId>,
    invite: Option<Id>,
) -> Result<Vec<Position>, ApiError> {
    let keys: Vec<Key> = user_ids.iter().map(|user| Key::TeamMember(*user, team_id)).collect();
    let command = AddTeamMembers { actor: caller.user, team_id, user_ids, invite };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(api), decide).await?;
    let mut positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    positions.extend(api.complete(&keys).await?);
    Ok(positions)
}

/// The membership in force.
fn member(api: &CommandApi, team: TeamId, user: UserId) -> Result<wire::TeamMember, ApiError> {
    let directory = api.fold.directory();
    let held = directory.state().active_membership(user, team);
    let held = held.ok_or_else(ApiError::team_member_not_found)?;
    let guest = rights::is_guest(directory.state(), user);
    Ok(wire::TeamMember::new(team, user, held.scheme_admin, 0).of_guest(guest))
}

/// `DELETE /teams/{team_id}/members/{user_id}`
pub(crate) async fn remove(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(team_id), user)): Path<(UrlId<TeamId>, UserRef)>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let command = RemoveTeamMember { actor: caller.user, team_id, user_id };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let mut positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    positions.extend(api.complete(&[Key::TeamMember(user_id, team_id)]).await?);
    api.ended(&positions, ok_status()).await
}
