//! Commands of those who administer a team.

use events::directory::{
    TeamArchived, TeamChanged, TeamInviteRegenerated, TeamMemberRolesChanged, TeamRestored,
    TeamType,
};
use events::{Id, Nothing, TeamId, UserId};

use super::directory::{DirectoryRejection as R, team_refusal, valid_team_texts};
use super::{Decision, ensure, in_directory};
use crate::directory::{Directory, Team};
use crate::permissions::{Permission, Place, may};
use crate::rights;

type Decided = Result<Decision, R>;

/// The team, for somebody who may do this there. Who may not know of it is told that it is unknown.
fn administered<'d>(
    directory: &'d Directory,
    actor: UserId,
    what: Permission,
    place: Place<'_>,
    team: TeamId,
) -> Result<&'d Team, R> {
    let found = directory.team(team).ok_or(R::UnknownTeam)?;
    if may(directory, actor, what, place) {
        return Ok(found);
    }
    Err(team_refusal(directory, actor, team))
}

/// The same of a team that is not archived.
pub(super) fn managed(
    directory: &Directory,
    actor: UserId,
    what: Permission,
    team: TeamId,
) -> Result<&Team, R> {
    let found = administered(directory, actor, what, Place::Team(team), team)?;
    ensure(!found.archived, R::TeamArchived)?;
    Ok(found)
}

/// What a team says of itself. Stands in no fold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamTexts {
    pub display_name: String,
    pub description: String,
    pub company_name: String,
}

/// Changes what a team says of itself, and who may join it. Absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct ChangeTeam {
    pub actor: UserId,
    pub team_id: TeamId,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub company_name: Option<String>,
    pub r#type: Option<TeamType>,
    pub allow_open_invite: Option<bool>,
    /// As its row was read.
    pub current: TeamTexts,
}

impl ChangeTeam {
    pub fn decide(&self, directory: &Directory) -> Decided {
        let team = managed(directory, self.actor, Permission::ManageTeam, self.team_id)?;
        let differs = |new: &Option<String>, held: &str| new.clone().filter(|new| new != held);
        let unchanged = TeamChanged { team_id: self.team_id, ..TeamChanged::default() };
        let held = &self.current;
        let c = TeamChanged {
            display_name: differs(&self.display_name, &held.display_name),
            description: differs(&self.description, &held.description),
            company_name: differs(&self.company_name, &held.company_name),
            r#type: self.r#type.filter(|new| *new != team.r#type),
            allow_open_invite: self.allow_open_invite.filter(|new| *new != team.allow_open_invite),
            ..unchanged.clone()
        };
        valid_team_texts(
            c.display_name.as_deref().unwrap_or("unchanged"),
            c.description.as_deref().unwrap_or_default(),
            c.company_name.as_deref().unwrap_or_default(),
        )?;
        if c == unchanged {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(c, Nothing {}))
    }
}

/// Has the team be joined by another invitation.
#[derive(Debug, Clone, Copy)]
pub struct RegenerateInvite {
    pub actor: UserId,
    pub team_id: TeamId,
    pub invite_id: Id,
}

impl RegenerateInvite {
    pub fn decide(&self, directory: &Directory) -> Decided {
        let team = managed(directory, self.actor, Permission::ManageTeam, self.team_id)?;
        if team.invite_id == self.invite_id {
            return Ok(Decision::AlreadySo);
        }
        let c = TeamInviteRegenerated { team_id: self.team_id, invite_id: self.invite_id };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Puts a team into the archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveTeam {
    pub actor: UserId,
    pub team_id: TeamId,
}

impl ArchiveTeam {
    pub fn decide(&self, directory: &Directory) -> Decided {
        let (team_id, place) = (self.team_id, Place::LastingTeam(self.team_id));
        let team = administered(directory, self.actor, Permission::ManageTeam, place, team_id)?;
        if team.archived {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(TeamArchived { team_id }, Nothing {}))
    }
}

/// Takes a team out of the archive.
#[derive(Debug, Clone, Copy)]
pub struct RestoreTeam {
    pub actor: UserId,
    pub team_id: TeamId,
}

impl RestoreTeam {
    pub fn decide(&self, directory: &Directory) -> Decided {
        let (team_id, place) = (self.team_id, Place::LastingTeam(self.team_id));
        let team = administered(directory, self.actor, Permission::ManageTeam, place, team_id)?;
        if !team.archived {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(TeamRestored { team_id }, Nothing {}))
    }
}

/// Makes a member an administrator of the team, or no longer one.
#[derive(Debug, Clone, Copy)]
pub struct ChangeTeamMemberRoles {
    pub actor: UserId,
    pub team_id: TeamId,
    pub user_id: UserId,
    pub scheme_admin: bool,
}

impl ChangeTeamMemberRoles {
    pub fn decide(&self, directory: &Directory) -> Decided {
        let (team_id, user_id) = (self.team_id, self.user_id);
        managed(directory, self.actor, Permission::ManageTeamRoles, team_id)?;
        let held = directory.membership(user_id, team_id).filter(|held| held.active);
        let held = held.ok_or(R::NoSuchMember)?;
        if held.scheme_admin == self.scheme_admin {
            return Ok(Decision::AlreadySo);
        }
        ensure(!(self.scheme_admin && rights::is_guest(directory, user_id)), R::Guest)?;
        let (generation, scheme_admin) = (held.generation, self.scheme_admin);
        let c = TeamMemberRolesChanged { team_id, user_id, generation, scheme_admin };
        Ok(in_directory(c, Nothing {}))
    }
}
