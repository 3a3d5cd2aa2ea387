//! Who may do what where: the one place that answers it for teams and channels.
//!
//! Which roles somebody holds follows from the fold, as conjunctions ([`crate::rights`]); what a role
//! grants stands in one table, by the names that clients know. A test of command-api compares it with
//! the roles that clients are told of, and with who is let through.

use events::directory::ChannelType;
use events::{TeamId, UserId};

use crate::channel::Channel;
use crate::directory::{Directory, TeamMembership};
use crate::rights;

/// What somebody is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    SystemAdmin,
    TeamAdmin,
    TeamUser,
    ChannelAdmin,
    ChannelUser,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::SystemAdmin, Self::TeamAdmin, Self::TeamUser, Self::ChannelAdmin, Self::ChannelUser];

    /// As it stands in `roles`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system_admin",
            Self::TeamAdmin => "team_admin",
            Self::TeamUser => "team_user",
            Self::ChannelAdmin => "channel_admin",
            Self::ChannelUser => "channel_user",
        }
    }
}

/// Where something is done.
#[derive(Debug, Clone, Copy)]
pub enum Place<'c> {
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
    ManageTeam = "manage_team" for TeamAdmin;
    ManageTeamRoles = "manage_team_roles" for TeamAdmin;
    RemoveUserFromTeam = "remove_user_from_team" for TeamAdmin;
    AddUserToTeam = "add_user_to_team" for TeamUser;
    JoinPublicChannels = "join_public_channels" for TeamUser;
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
}

/// Whether `user` may do this here.
pub fn may(directory: &Directory, user: UserId, what: Permission, place: Place<'_>) -> bool {
    Role::ALL
        .into_iter()
        .filter(|role| what.is_granted_to(*role))
        .any(|role| holds(directory, user, role, place))
}

/// Whether `user` has the role at the place.
pub fn holds(directory: &Directory, user: UserId, role: Role, place: Place<'_>) -> bool {
    let in_team = || team_membership(directory, user, place);
    let in_channel = || match place {
        Place::Channel(channel) => rights::member(directory, channel, user),
        Place::Team(_) | Place::LastingTeam(_) => None,
    };
    match role {
        Role::SystemAdmin => rights::is_system_admin(directory, user),
        Role::TeamAdmin => in_team().is_some_and(|held| held.scheme_admin),
        Role::TeamUser => in_team().is_some(),
        Role::ChannelAdmin => in_channel().is_some_and(|member| member.scheme_admin),
        Role::ChannelUser => in_channel().is_some(),
    }
}

fn team_membership<'d>(
    directory: &'d Directory,
    user: UserId,
    place: Place<'_>,
) -> Option<&'d TeamMembership> {
    match place {
        Place::Team(team) => directory.active_membership(user, team),
        Place::LastingTeam(team) => directory.lasting_membership(user, team),
        Place::Channel(channel) => directory.active_membership(user, channel.team_id?),
    }
}

/// Whether `user` may know that the team exists: members do, and everyone where anybody may join.
pub fn knows_team(directory: &Directory, user: UserId, team: TeamId) -> bool {
    let open = |team: &crate::Team| {
        team.allow_open_invite && team.r#type == events::directory::TeamType::Open && !team.archived
    };
    directory.lasting_membership(user, team).is_some()
        || rights::is_system_admin(directory, user)
        || (directory.active_account(user).is_some() && directory.team(team).is_some_and(open))
}

/// Whether `user` may know that the channel exists: who is or was in it, and who may find it in a team.
pub fn knows_channel(directory: &Directory, user: UserId, channel: &Channel) -> bool {
    let in_team = |team| directory.active_membership(user, team).is_some();
    let found = channel.r#type == ChannelType::Open && channel.team_id.is_some_and(in_team);
    found || channel.any_member(user).is_some() || rights::is_system_admin(directory, user)
}
