//! Commands on accounts, teams, team membership and channel names.

use events::directory::{
    ChannelNameChanged, ChannelNameClaimed, ChannelType, ClaimedChannel, DefaultChannel, JoinedVia,
    NewProfile, NewTeamMember, PasswordHash, ProfilePatch, TeamContact, TeamCreated,
    TeamMemberRemoved, TeamMembersAdded, TeamType, UserActivated, UserCreated, UserDeactivated,
    UserPasswordChanged, UserProfileChanged, UserRolesChanged, UserSessionsRevoked,
};
use events::{ChannelId, Id, KeyedHash, Nothing, SessionId, TeamId, UserId};

use super::{Decision, ensure, fits, in_directory};
use crate::channel::Channel;
use crate::directory::{Account, Directory};
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
    LastAdmin,
    UnknownTeam,
    TeamNameTaken,
    NotATeamMember,
    UnknownChannel,
    ChannelNameTaken,
    /// A team's default channels keep their names.
    DefaultChannel,
    Archived,
}

use DirectoryRejection as R;

type Decided = Result<Decision, R>;

/// Channels that every team has, the first of which tells of comings and goings.
pub const DEFAULT_CHANNELS: [(&str, &str); 2] =
    [("town-square", "Town Square"), ("off-topic", "Off-Topic")];

/// Usernames that would read as something else in a text.
const RESERVED_USERNAMES: [&str; 5] = ["all", "channel", "here", "system", "me"];

/// Signs somebody up.
#[derive(Debug, Clone)]
pub struct CreateUser {
    pub user_id: UserId,
    pub username_hash: KeyedHash,
    pub email_hash: KeyedHash,
    pub is_bot: bool,
    pub locale: String,
    pub profile: NewProfile,
}

impl CreateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        if directory.account(self.user_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        valid_username(&self.profile.username)?;
        valid_email(&self.profile.email)?;
        let p = &self.profile;
        let texts = [&p.nickname, &p.first_name, &p.last_name, &p.position].map(String::as_str);
        valid_texts(texts.map(Some))?;
        ensure(directory.by_username(self.username_hash).is_none(), R::UsernameTaken)?;
        ensure(directory.by_email(self.email_hash).is_none(), R::EmailTaken)?;
        let c = UserCreated {
            user_id: self.user_id,
            username_hash: self.username_hash,
            email_hash: self.email_hash,
            is_bot: self.is_bot,
            locale: self.locale.clone(),
        };
        Ok(in_directory(c, self.profile.clone()))
    }
}

/// Changes what an account says of itself. `current` is the profile as its row was read.
#[derive(Debug, Clone)]
pub struct ChangeProfile {
    pub actor: UserId,
    pub user_id: UserId,
    pub username_hash: Option<KeyedHash>,
    pub email_hash: Option<KeyedHash>,
    pub locale: Option<String>,
    pub patch: ProfilePatch,
    pub current: NewProfile,
    pub current_locale: String,
}

impl ChangeProfile {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        self_or_admin(directory, self.actor, self.user_id)?;
        let p = &self.patch;
        p.username.as_deref().map_or(Ok(()), valid_username)?;
        p.email.as_deref().map_or(Ok(()), valid_email)?;
        valid_texts([&p.nickname, &p.first_name, &p.last_name, &p.position].map(Option::as_deref))?;
        let taken = |owner: Option<UserId>| owner.is_some_and(|owner| owner != self.user_id);
        let by_username = self.username_hash.and_then(|hash| directory.by_username(hash));
        ensure(!taken(by_username), R::UsernameTaken)?;
        let by_email = self.email_hash.and_then(|hash| directory.by_email(hash));
        ensure(!taken(by_email), R::EmailTaken)?;
        if self.changes_nothing() {
            return Ok(Decision::AlreadySo);
        }
        let c = UserProfileChanged {
            user_id: self.user_id,
            username_hash: self.username_hash,
            email_hash: self.email_hash,
            locale: self.locale.clone(),
        };
        Ok(in_directory(c, self.patch.clone()))
    }

    fn changes_nothing(&self) -> bool {
        fn same<T: PartialEq>(new: &Option<T>, held: &T) -> bool {
            new.as_ref().is_none_or(|new| new == held)
        }
        let (p, held) = (&self.patch, &self.current);
        same(&p.username, &held.username)
            && same(&p.email, &held.email)
            && same(&p.nickname, &held.nickname)
            && same(&p.first_name, &held.first_name)
            && same(&p.last_name, &held.last_name)
            && same(&p.position, &held.position)
            && same(&p.props, &held.props)
            && same(&p.notify_props, &held.notify_props)
            && same(&p.timezone, &held.timezone)
            && same(&self.locale, &self.current_locale)
    }
}

/// Sets a new password. Whether the old one was right was found out before.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    pub actor: UserId,
    pub user_id: UserId,
    pub password_hash: String,
    /// The one session that stays.
    pub kept_session: Option<SessionId>,
}

impl ChangePassword {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        self_or_admin(directory, self.actor, self.user_id)?;
        let c = UserPasswordChanged { user_id: self.user_id, kept_session: self.kept_session };
        Ok(in_directory(c, PasswordHash { password_hash: self.password_hash.clone() }))
    }
}

/// Ends every session of an account.
#[derive(Debug, Clone, Copy)]
pub struct RevokeSessions {
    pub actor: UserId,
    pub user_id: UserId,
    /// Whether any session is live, as the fold of `users` has it.
    pub any_live: bool,
}

impl RevokeSessions {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        self_or_admin(directory, self.actor, self.user_id)?;
        if !self.any_live {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(UserSessionsRevoked { user_id: self.user_id }, Nothing {}))
    }
}

/// Makes an account an administrator of the system, or an ordinary one.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRoles {
    pub actor: UserId,
    pub user_id: UserId,
    pub system_admin: bool,
}

impl ChangeRoles {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let account = known(directory, self.user_id)?;
        if account.system_admin == self.system_admin {
            return Ok(Decision::AlreadySo);
        }
        ensure(self.system_admin || !directory.is_last_admin(self.user_id), R::LastAdmin)?;
        let c = UserRolesChanged { user_id: self.user_id, system_admin: self.system_admin };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Deactivates an account.
#[derive(Debug, Clone, Copy)]
pub struct DeactivateUser {
    pub actor: UserId,
    pub user_id: UserId,
}

impl DeactivateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if !known(directory, self.user_id)?.active {
            return Ok(Decision::AlreadySo);
        }
        ensure(!directory.is_last_admin(self.user_id), R::LastAdmin)?;
        Ok(in_directory(UserDeactivated { user_id: self.user_id }, Nothing {}))
    }
}

/// Makes a deactivated account active again.
#[derive(Debug, Clone, Copy)]
pub struct ActivateUser {
    pub actor: UserId,
    pub user_id: UserId,
}

impl ActivateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if known(directory, self.user_id)?.active {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(UserActivated { user_id: self.user_id }, Nothing {}))
    }
}

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
        active(directory, self.actor)?;
        ensure(valid_team_name(&self.name), R::Invalid("name"))?;
        let shown = !self.display_name.trim().is_empty() && fits(&self.display_name, 64);
        ensure(shown, R::Invalid("display_name"))?;
        ensure(fits(&self.description, 255), R::Invalid("description"))?;
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
        let team = directory.team(self.team_id).ok_or(R::UnknownTeam)?;
        active(directory, self.actor)?;
        let by_oneself = self.user_ids == [self.actor];
        for user in &self.user_ids {
            ensure(known(directory, *user)?.active, R::UserInactive)?;
        }
        ensure(!self.user_ids.is_empty(), R::Invalid("user_id"))?;
        let present = |user: &UserId| directory.active_membership(*user, self.team_id).is_some();
        if self.user_ids.iter().all(present) {
            return Ok(Decision::AlreadySo);
        }
        let open = team.allow_open_invite && team.r#type == TeamType::Open;
        let invited = self.invite == Some(team.invite_id);
        let admin = rights::is_system_admin(directory, self.actor);
        let allowed = admin || present(&self.actor) || (by_oneself && (open || invited));
        ensure(allowed, R::Forbidden)?;
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
        let allowed = self.actor == self.user_id
            || rights::is_team_admin(directory, self.actor, self.team_id)
            || rights::is_system_admin(directory, self.actor);
        ensure(allowed, R::Forbidden)?;
        let held = directory.membership(self.user_id, self.team_id).ok_or(R::NotATeamMember)?;
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
        let membership =
            directory.active_membership(self.actor, self.team_id).ok_or(R::Forbidden)?;
        ensure(self.r#type.in_team(), R::Invalid("type"))?;
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
        let allowed = rights::member(directory, channel, self.actor).is_some()
            || rights::is_system_admin(directory, self.actor);
        ensure(allowed, R::Forbidden)?;
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

fn known(directory: &Directory, user: UserId) -> Result<&Account, R> {
    directory.account(user).ok_or(R::UnknownUser)
}

fn active(directory: &Directory, user: UserId) -> Result<&Account, R> {
    directory.active_account(user).ok_or(R::Forbidden)
}

fn self_or_admin(directory: &Directory, actor: UserId, user: UserId) -> Result<(), R> {
    active(directory, actor)?;
    ensure(actor == user || rights::is_system_admin(directory, actor), R::Forbidden)
}

fn valid_username(name: &str) -> Result<(), R> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let valid = (1..=64).contains(&name.len())
        && name.bytes().all(allowed)
        && !RESERVED_USERNAMES.contains(&name);
    ensure(valid, R::Invalid("username"))
}

fn valid_email(email: &str) -> Result<(), R> {
    let parts = email.split_once('@');
    let valid = email.len() <= 128
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || c.is_uppercase())
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
    ensure(valid, R::Invalid("email"))
}

/// Nickname, first name, last name, position.
fn valid_texts(texts: [Option<&str>; 4]) -> Result<(), R> {
    let limits = [("nickname", 64), ("first_name", 64), ("last_name", 64), ("position", 128)];
    for (text, (field, max)) in texts.into_iter().zip(limits) {
        ensure(text.is_none_or(|text| fits(text, max)), R::Invalid(field))?;
    }
    Ok(())
}

fn valid_team_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (2..=64).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn valid_channel_name(name: &str) -> Result<(), R> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    // Two ids with `__` between them name a direct channel.
    let direct = name.len() == 54 && name.get(26..28) == Some("__");
    let valid = (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !direct;
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
