//! Commands on the directory: teams, team membership, channel names; accounts stand in `account`.

use events::directory::{
    ChannelNameChanged, ChannelNameClaimed, ChannelType, ClaimedChannel, DefaultChannel, JoinedVia,
    NewTeamMember, TeamContact, TeamCreated, TeamMemberRemoved, TeamMembersAdded, TeamType,
};
use events::{ChannelId, Id, Nothing, TeamId, UserId};

pub use super::account::{
    ActivateUser, ChangeGuest, ChangePassword, ChangeProfile, ChangeRoles, CreateUser,
    DeactivateUser, EraseUser, RevokeSessions,
};

use super::{Decision, ensure, fits, in_directory};
use crate::channel::Channel;
use crate::directory::{Account, Directory};
use crate::permissions::{Permission, Place, knows_channel, knows_team, may};
use crate::rights;

/// Why a command on the directory is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    Forbidden,
    UsernameTaken,
    EmailTaken,
    UnknownUser,
    UserInactive,
    /// The account was erased: nothing changes it any more.
    Erased,
    LastAdmin,
    /// Guests administer nothing.
    Guest,
    /// A bot is nobody's guest.
    Bot,
    UnknownTeam,
    /// An archived team lets nobody in and does not change.
    TeamArchived,
    TeamNameTaken,
    NotATeamMember,
    /// Whom a command is about is no member.
    NoSuchMember,
    UnknownChannel,
    ChannelNameTaken,
    /// A team's default channels keep their names.
    DefaultChannel,
    Archived,
    UnknownEmoji,
    EmojiName,
    EmojiNameTaken,
    TooManyEmoji,
    UnknownProfileField,
    ProfileFieldNameTaken,
    TooManyProfileFields,
    UnknownPolicy,
    UnknownHold,
    /// A legal hold keeps what would be erased.
    Held,
}

use DirectoryRejection as R;

type Decided = Result<Decision, R>;

/// Channels that every team has, the first of which tells of comings and goings.
pub const DEFAULT_CHANNELS: [(&str, &str); 2] =
    [("town-square", "Town Square"), ("off-topic", "Off-Topic")];

/// What stands in a team's place in the addresses of clients: a team of that name could not be opened.
const RESERVED_TEAM_NAMES: [&str; 16] = [
    "admin", "api", "channel", "claim", "error", "files", "help", "hooks", "landing", "login",
    "mfa", "oauth", "plugins", "post", "signup", "static",
];

/// Founds a team, with its default channels and its founder in it.
#[derive(Debug, Clone)]
pub struct CreateTeam {
    pub actor: UserId,
    pub team_id: TeamId,
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub r#type: TeamType,
    pub allow_open_invite: bool,
    pub invite_id: Id,
    pub email: String,
}

impl CreateTeam {
    pub fn decide(&self, directory: &Directory) -> Decided {
        if directory.team(self.team_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        let allowed = may(directory, self.actor, Permission::CreateTeam, Place::System);
        ensure(allowed, R::Forbidden)?;
        ensure(valid_team_name(&self.name), R::Invalid("name"))?;
        valid_team_texts(&self.display_name, &self.description, "")?;
        ensure(fits(&self.email, 128), R::Invalid("email"))?;
        ensure(directory.team_by_name(&self.name).is_none(), R::TeamNameTaken)?;
        let c = TeamCreated {
            team_id: self.team_id,
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            description: self.description.clone(),
            r#type: self.r#type,
            allow_open_invite: self.allow_open_invite,
            invite_id: self.invite_id,
            creator_id: self.actor,
            default_channels: DEFAULT_CHANNELS
                .map(|(name, display_name)| DefaultChannel {
                    channel_id: ChannelId::default_of(self.team_id, name),
                    name: name.to_owned(),
                    display_name: display_name.to_owned(),
                })
                .into(),
        };
        Ok(in_directory(c, TeamContact { email: self.email.clone() }))
    }
}

/// Brings people into a team.
#[derive(Debug, Clone)]
pub struct AddTeamMembers {
    pub actor: UserId,
    pub team_id: TeamId,
    pub user_ids: Vec<UserId>,
    /// The team's secret, by which anybody may join.
    pub invite: Option<Id>,
}

impl AddTeamMembers {
    pub fn decide(&self, directory: &Directory) -> Decided {
        active(directory, self.actor)?;
        let by_oneself = self.user_ids == [self.actor];
        let guest = rights::is_guest(directory, self.actor);
        ensure(!guest || by_oneself, R::Forbidden)?;
        let team = directory.team(self.team_id).ok_or(R::UnknownTeam)?;
        let present = |user: &UserId| directory.active_membership(*user, self.team_id).is_some();
        let open = team.allow_open_invite && team.r#type == TeamType::Open && !team.archived;
        let invited = self.invite == Some(team.invite_id);
        let allowed =
            may(directory, self.actor, Permission::AddUserToTeam, Place::Team(self.team_id));
        let joins = by_oneself && ((!guest && (open || invited)) || present(&self.actor));
        // First: who has an account, and who is in a team, is told to nobody who may not bring people in.
        ensure(allowed || joins, team_refusal(directory, self.actor, self.team_id))?;
        ensure(!self.user_ids.is_empty(), R::Invalid("user_id"))?;
        for user in &self.user_ids {
            ensure(known(directory, *user)?.active, R::UserInactive)?;
        }
        if self.user_ids.iter().all(present) {
            return Ok(Decision::AlreadySo);
        }
        ensure(!team.archived, R::TeamArchived)?;
        let members = self.user_ids.iter().filter(|user| !present(user));
        let c = TeamMembersAdded {
            team_id: self.team_id,
            members: members
                .map(|user_id| NewTeamMember { user_id: *user_id, scheme_admin: false })
                .collect(),
            via: if by_oneself { JoinedVia::Join } else { JoinedVia::Add },
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Ends a team membership.
#[derive(Debug, Clone, Copy)]
pub struct RemoveTeamMember {
    pub actor: UserId,
    pub team_id: TeamId,
    pub user_id: UserId,
}

impl RemoveTeamMember {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(directory.team(self.team_id).is_some(), R::UnknownTeam)?;
        let (what, place) = (Permission::RemoveUserFromTeam, Place::Team(self.team_id));
        let allowed = self.actor == self.user_id || may(directory, self.actor, what, place);
        ensure(allowed, team_refusal(directory, self.actor, self.team_id))?;
        let held = directory.membership(self.user_id, self.team_id);
        let held = held.ok_or(match team_refusal(directory, self.actor, self.team_id) {
            R::Forbidden => R::NotATeamMember,
            hidden => hidden,
        })?;
        if !held.active {
            return Ok(Decision::AlreadySo);
        }
        let c = TeamMemberRemoved {
            team_id: self.team_id,
            user_id: self.user_id,
            generation: held.generation,
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Takes a channel's name, which decides that the channel is created.
#[derive(Debug, Clone)]
pub struct CreateChannel {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub team_id: TeamId,
    pub r#type: ChannelType,
    pub name: String,
    pub display_name: String,
    pub header: String,
    pub purpose: String,
}

impl CreateChannel {
    pub fn decide(&self, directory: &Directory) -> Decided {
        if directory.channel_name(self.channel_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        ensure(directory.team(self.team_id).is_some(), R::UnknownTeam)?;
        let membership = directory
            .active_membership(self.actor, self.team_id)
            .ok_or(team_refusal(directory, self.actor, self.team_id))?;
        ensure(self.r#type.in_team(), R::Invalid("type"))?;
        let what = Permission::create_channel(self.r#type);
        ensure(may(directory, self.actor, what, Place::Team(self.team_id)), R::Forbidden)?;
        valid_channel_name(&self.name)?;
        valid_channel_texts(&self.display_name, &self.header, &self.purpose).map_err(R::Invalid)?;
        let taken = directory.channel_by_name(self.team_id, &self.name).is_some();
        ensure(!taken, R::ChannelNameTaken)?;
        let c = ChannelNameClaimed {
            team_id: self.team_id,
            channel_id: self.channel_id,
            name: self.name.clone(),
            channel: ClaimedChannel {
                r#type: self.r#type,
                display_name: self.display_name.clone(),
                header: self.header.clone(),
                purpose: self.purpose.clone(),
                creator_id: self.actor,
                creator_generation: membership.generation,
            },
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Gives a channel another name in its team.
#[derive(Debug, Clone)]
pub struct RenameChannel {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub name: String,
}

impl RenameChannel {
    pub fn decide(&self, directory: &Directory, channel: Option<&Channel>) -> Decided {
        let channel = channel.ok_or(R::UnknownChannel)?;
        let held = directory.channel_name(self.channel_id).ok_or(R::UnknownChannel)?;
        let what = Permission::manage_properties(channel.r#type);
        let allowed = may(directory, self.actor, what, Place::Channel(channel));
        let known = knows_channel(directory, self.actor, channel);
        ensure(allowed, if known { R::Forbidden } else { R::UnknownChannel })?;
        ensure(!directory.is_archived(held.team_id), R::TeamArchived)?;
        ensure(!channel.archived, R::Archived)?;
        if held.name == self.name {
            return Ok(Decision::AlreadySo);
        }
        valid_channel_name(&self.name)?;
        ensure(!held.is_default, R::DefaultChannel)?;
        let taken = directory.channel_by_name(held.team_id, &self.name).is_some();
        ensure(!taken, R::ChannelNameTaken)?;
        let c = ChannelNameChanged { channel_id: self.channel_id, name: self.name.clone() };
        Ok(in_directory(c, Nothing {}))
    }
}

/// What somebody without rights in a team hears: that it is unknown, unless they may know of it.
pub(super) fn team_refusal(directory: &Directory, user: UserId, team: TeamId) -> R {
    if knows_team(directory, user, team) { R::Forbidden } else { R::UnknownTeam }
}

/// An account that was not erased.
pub(super) fn known(directory: &Directory, user: UserId) -> Result<&Account, R> {
    let account = directory.account(user).ok_or(R::UnknownUser)?;
    ensure(account.erased.is_none(), R::Erased)?;
    Ok(account)
}

pub(super) fn active(directory: &Directory, user: UserId) -> Result<&Account, R> {
    directory.active_account(user).ok_or(R::Forbidden)
}

fn valid_team_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (2..=64).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !RESERVED_TEAM_NAMES.contains(&name)
}

/// # Errors
/// A text is too long, or the display name empty.
pub(super) fn valid_team_texts(
    display_name: &str,
    description: &str,
    company_name: &str,
) -> Result<(), R> {
    let shown = !display_name.trim().is_empty() && fits(display_name, 64);
    ensure(shown, R::Invalid("display_name"))?;
    ensure(fits(description, 255), R::Invalid("description"))?;
    ensure(fits(company_name, 64), R::Invalid("company_name"))
}

fn valid_channel_name(name: &str) -> Result<(), R> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    // Two ids with `__` between them name a direct channel.
    let direct = name.len() == 54 && name.get(26..28) == Some("__");
    let valid = (2..=64).contains(&name.len()) && name.bytes().all(allowed) && !direct;
    ensure(valid, R::Invalid("name"))
}

/// # Errors
/// The field that is too long or empty.
pub(super) fn valid_channel_texts(
    display_name: &str,
    header: &str,
    purpose: &str,
) -> Result<(), &'static str> {
    ensure(!display_name.trim().is_empty() && fits(display_name, 64), "display_name")?;
    ensure(fits(header, 1024), "header")?;
    ensure(fits(purpose, 250), "purpose")
}
