//! Who may do what where: the one place that answers it for teams and channels.
//!
//! Which roles somebody holds follows from the fold, as conjunctions ([`crate::rights`]); what a role
//! grants stands in one table, by the names that clients know. A test of command-api compares it with
//! the roles that clients are told of, and with who is let through.

use events::channel::{Moderated, Moderatee};
use events::directory::{ChannelType, TeamType};
use events::{TeamId, UserId};

use crate::channel::Channel;
use crate::directory::{Directory, TeamMembership};
use crate::rights;

/// What somebody is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    SystemAdmin,
    SystemUser,
    SystemGuest,
    TeamAdmin,
    TeamUser,
    TeamGuest,
    ChannelAdmin,
    ChannelUser,
    ChannelGuest,
}

impl Role {
    pub const ALL: [Self; 9] = [
        Self::SystemAdmin,
        Self::SystemUser,
        Self::SystemGuest,
        Self::TeamAdmin,
        Self::TeamUser,
        Self::TeamGuest,
        Self::ChannelAdmin,
        Self::ChannelUser,
        Self::ChannelGuest,
    ];

    /// As it stands in `roles`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system_admin",
            Self::SystemUser => "system_user",
            Self::SystemGuest => "system_guest",
            Self::TeamAdmin => "team_admin",
            Self::TeamUser => "team_user",
            Self::TeamGuest => "team_guest",
            Self::ChannelAdmin => "channel_admin",
            Self::ChannelUser => "channel_user",
            Self::ChannelGuest => "channel_guest",
        }
    }

    /// Those from whom a channel can keep something.
    fn moderatee(self) -> Option<Moderatee> {
        match self {
            Self::ChannelUser => Some(Moderatee::Members),
            Self::ChannelGuest => Some(Moderatee::Guests),
            _ => None,
        }
    }
}

/// Where something is done.
#[derive(Debug, Clone, Copy)]
pub enum Place<'c> {
    /// The whole installation.
    System,
    Team(TeamId),
    /// The same, whether it is archived or not: for what concerns the archive itself.
    LastingTeam(TeamId),
    /// A channel, with the team it belongs to.
    Channel(&'c Channel),
}

macro_rules! permissions {
    ($($permission:ident = $name:literal for $($role:ident)+;)+) => {
        /// Something that not everybody may do. Administrators of the system may do all of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Permission { $($permission),+ }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$permission),+];

            /// As clients know it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$permission => $name),+ }
            }

            /// Whether the role has it by itself.
            pub fn is_granted_to(self, role: Role) -> bool {
                role == Role::SystemAdmin
                    || match self { $(Self::$permission => [$(Role::$role),+].contains(&role)),+ }
            }
        }
    };
}

permissions! {
    CreateTeam = "create_team" for SystemUser;
    CreateEmojis = "create_emojis" for SystemUser;
    JoinPublicTeams = "join_public_teams" for SystemUser;
    ListPublicTeams = "list_public_teams" for SystemUser;
    ViewMembers = "view_members" for SystemUser;
    ManageTeam = "manage_team" for TeamAdmin;
    ManageTeamRoles = "manage_team_roles" for TeamAdmin;
    RemoveUserFromTeam = "remove_user_from_team" for TeamAdmin;
    AddUserToTeam = "add_user_to_team" for TeamUser;
    CreatePublicChannel = "create_public_channel" for TeamUser;
    CreatePrivateChannel = "create_private_channel" for TeamUser;
    JoinPublicChannels = "join_public_channels" for TeamUser;
    ListTeamChannels = "list_team_channels" for TeamUser;
    ManageChannelRoles = "manage_channel_roles" for TeamAdmin ChannelAdmin;
    ConvertPublicChannelToPrivate = "convert_public_channel_to_private" for TeamAdmin;
    ConvertPrivateChannelToPublic = "convert_private_channel_to_public" for TeamAdmin;
    ManagePublicChannelProperties = "manage_public_channel_properties" for ChannelUser;
    ManagePrivateChannelProperties = "manage_private_channel_properties" for ChannelUser;
    ManagePublicChannelMembers = "manage_public_channel_members" for ChannelUser ChannelAdmin;
    ManagePrivateChannelMembers = "manage_private_channel_members" for ChannelUser ChannelAdmin;
    DeletePublicChannel = "delete_public_channel" for ChannelUser TeamAdmin;
    DeletePrivateChannel = "delete_private_channel" for ChannelUser TeamAdmin;
    AddBookmarkPublicChannel = "add_bookmark_public_channel" for ChannelUser ChannelAdmin;
    AddBookmarkPrivateChannel = "add_bookmark_private_channel" for ChannelUser ChannelAdmin;
    EditBookmarkPublicChannel = "edit_bookmark_public_channel" for ChannelUser ChannelAdmin;
    EditBookmarkPrivateChannel = "edit_bookmark_private_channel" for ChannelUser ChannelAdmin;
    DeleteBookmarkPublicChannel = "delete_bookmark_public_channel" for ChannelUser ChannelAdmin;
    DeleteBookmarkPrivateChannel = "delete_bookmark_private_channel" for ChannelUser ChannelAdmin;
    OrderBookmarkPublicChannel = "order_bookmark_public_channel" for ChannelUser ChannelAdmin;
    OrderBookmarkPrivateChannel = "order_bookmark_private_channel" for ChannelUser ChannelAdmin;
    CreatePost = "create_post" for ChannelUser ChannelGuest ChannelAdmin;
    DeletePost = "delete_post" for ChannelUser;
    AddReaction = "add_reaction" for ChannelUser ChannelGuest ChannelAdmin;
    RemoveReaction = "remove_reaction" for ChannelUser ChannelGuest ChannelAdmin;
    UseChannelMentions = "use_channel_mentions" for ChannelUser ChannelGuest ChannelAdmin TeamAdmin;
}

impl Permission {
    pub fn manage_properties(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::ManagePublicChannelProperties,
            _ => Self::ManagePrivateChannelProperties,
        }
    }

    pub fn manage_members(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::ManagePublicChannelMembers,
            _ => Self::ManagePrivateChannelMembers,
        }
    }

    pub fn create_channel(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::CreatePublicChannel,
            _ => Self::CreatePrivateChannel,
        }
    }

    pub fn delete_channel(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::DeletePublicChannel,
            _ => Self::DeletePrivateChannel,
        }
    }

    pub fn add_bookmark(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::AddBookmarkPublicChannel,
            _ => Self::AddBookmarkPrivateChannel,
        }
    }

    pub fn edit_bookmark(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::EditBookmarkPublicChannel,
            _ => Self::EditBookmarkPrivateChannel,
        }
    }

    pub fn delete_bookmark(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::DeleteBookmarkPublicChannel,
            _ => Self::DeleteBookmarkPrivateChannel,
        }
    }

    pub fn order_bookmark(of: ChannelType) -> Self {
        match of {
            ChannelType::Open => Self::OrderBookmarkPublicChannel,
            _ => Self::OrderBookmarkPrivateChannel,
        }
    }

    /// Making an open channel private, or the other way round.
    pub fn convert_channel(to: ChannelType) -> Self {
        match to {
            ChannelType::Open => Self::ConvertPrivateChannelToPublic,
            _ => Self::ConvertPublicChannelToPrivate,
        }
    }

    /// As what a channel can keep it to its administrators.
    pub fn moderated(self) -> Option<Moderated> {
        match self {
            Self::CreatePost => Some(Moderated::CreatePost),
            Self::AddReaction | Self::RemoveReaction => Some(Moderated::CreateReactions),
            Self::ManagePublicChannelMembers | Self::ManagePrivateChannelMembers => {
                Some(Moderated::ManageMembers)
            }
            Self::UseChannelMentions => Some(Moderated::UseChannelMentions),
            Self::AddBookmarkPublicChannel
            | Self::AddBookmarkPrivateChannel
            | Self::EditBookmarkPublicChannel
            | Self::EditBookmarkPrivateChannel
            | Self::DeleteBookmarkPublicChannel
            | Self::DeleteBookmarkPrivateChannel
            | Self::OrderBookmarkPublicChannel
            | Self::OrderBookmarkPrivateChannel => Some(Moderated::ManageBookmarks),
            _ => None,
        }
    }
}

/// Whether `user` may do this here.
pub fn may(directory: &Directory, user: UserId, what: Permission, place: Place<'_>) -> bool {
    Role::ALL
        .into_iter()
        .filter(|role| what.is_granted_to(*role) && !is_kept(what, *role, place))
        .any(|role| holds(directory, user, role, place))
}

/// Whether the channel keeps this from the role.
fn is_kept(what: Permission, role: Role, place: Place<'_>) -> bool {
    let Place::Channel(channel) = place else { return false };
    let kept = |whom| what.moderated().is_some_and(|moderated| channel.keeps(moderated, whom));
    role.moderatee().is_some_and(kept)
}

/// Whether `user` has the role at the place.
pub fn holds(directory: &Directory, user: UserId, role: Role, place: Place<'_>) -> bool {
    let in_team = || team_membership(directory, user, place);
    let in_channel = || match place {
        Place::Channel(channel) => rights::member(directory, channel, user),
        Place::System | Place::Team(_) | Place::LastingTeam(_) => None,
    };
    let guest = rights::is_guest(directory, user);
    match role {
        Role::SystemAdmin => rights::is_system_admin(directory, user),
        Role::SystemUser => !guest && directory.active_account(user).is_some(),
        Role::SystemGuest => guest && directory.active_account(user).is_some(),
        Role::TeamAdmin => !guest && in_team().is_some_and(|held| held.scheme_admin),
        Role::TeamUser => !guest && in_team().is_some(),
        Role::TeamGuest => guest && in_team().is_some(),
        Role::ChannelAdmin => !guest && in_channel().is_some_and(|member| member.scheme_admin),
        Role::ChannelUser => !guest && in_channel().is_some(),
        Role::ChannelGuest => guest && in_channel().is_some(),
    }
}

fn team_membership<'d>(
    directory: &'d Directory,
    user: UserId,
    place: Place<'_>,
) -> Option<&'d TeamMembership> {
    match place {
        Place::System => None,
        Place::Team(team) => directory.active_membership(user, team),
        Place::LastingTeam(team) => directory.lasting_membership(user, team),
        Place::Channel(channel) => directory.active_membership(user, channel.team_id?),
    }
}

/// Whether `user` may know that the team exists: members do, and whoever is no guest where anybody may
/// join.
pub fn knows_team(directory: &Directory, user: UserId, team: TeamId) -> bool {
    let Some(held) = directory.team(team) else { return false };
    let open = held.allow_open_invite && held.r#type == TeamType::Open && !held.archived;
    directory.lasting_membership(user, team).is_some()
        || rights::is_system_admin(directory, user)
        || (open && may(directory, user, Permission::ListPublicTeams, Place::System))
}

/// Whether `user` may know that the channel exists: who is or was in it, and who may find it in a team.
pub fn knows_channel(directory: &Directory, user: UserId, channel: &Channel) -> bool {
    let lists = |team| may(directory, user, Permission::ListTeamChannels, Place::Team(team));
    let found = channel.r#type == ChannelType::Open && channel.team_id.is_some_and(lists);
    found || channel.any_member(user).is_some() || rights::is_system_admin(directory, user)
}
