//! Facts of the topic `directory`: accounts, teams, team membership, channel names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{ChannelId, Id, KeyedHash, SessionId, TeamId, UserId};

/// The first event of an installation: what its processes must agree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellOpened {
    /// Partitions of each topic but `directory`.
    pub partitions: u16,
    /// Fingerprint of the secrets file.
    pub fingerprint: String,
}
fact!(CellOpened, "cell.opened", 1);

/// From the next record on, this partition is judged by this version of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulesActivated {
    pub rules: u32,
}
fact!(RulesActivated, "rules.activated", 1);

/// A restore made this partition anew: what stands before is as it was archived, at its old offsets, and
/// from here on only events of this epoch count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EpochOpened {
    pub epoch: u32,
}
fact!(EpochOpened, "epoch.opened", 1);

/// Another log goes on in place of this one: nothing that follows here counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EpochSealed {
    pub epoch: u32,
}
fact!(EpochSealed, "epoch.sealed", 1);

/// An account exists. The first that is no bot is the administrator, by rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserCreated {
    pub user_id: UserId,
    pub username_hash: KeyedHash,
    pub email_hash: KeyedHash,
    #[serde(default)]
    pub is_bot: bool,
    #[serde(default)]
    pub locale: String,
}
fact!(UserCreated, "user.created", 1, NewProfile, |c: &UserCreated| Owner::Person(c.user_id));

/// Who an account belongs to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NewProfile {
    pub username: String,
    pub email: String,
    pub nickname: String,
    pub first_name: String,
    pub last_name: String,
    pub position: String,
    pub props: BTreeMap<String, String>,
    pub notify_props: BTreeMap<String, String>,
    pub timezone: BTreeMap<String, String>,
    /// PHC string, Argon2id.
    pub password_hash: String,
}

/// What an account says of itself changed. Absent fields stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserProfileChanged {
    pub user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_hash: Option<KeyedHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_hash: Option<KeyedHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}
fact!(UserProfileChanged, "user.profile_changed", 1, ProfilePatch, |c: &UserProfileChanged| {
    Owner::Person(c.user_id)
});

/// The changed fields of a profile.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProfilePatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub props: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_props: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<BTreeMap<String, String>>,
}

/// A new password. Ends every session but the kept one, by moving `auth_generation` on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserPasswordChanged {
    pub user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_session: Option<SessionId>,
}
fact!(UserPasswordChanged, "user.password_changed", 1, PasswordHash, |c: &UserPasswordChanged| {
    Owner::Person(c.user_id)
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PasswordHash {
    /// PHC string, Argon2id.
    pub password_hash: String,
}

/// The account's system roles, besides `system_user`, are now these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserRolesChanged {
    pub user_id: UserId,
    pub system_admin: bool,
}
fact!(UserRolesChanged, "user.roles_changed", 1);

/// The account is a guest's from now on, or no longer. A guest administers nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserGuestChanged {
    pub user_id: UserId,
    pub is_guest: bool,
}
fact!(UserGuestChanged, "user.guest_changed", 1);

/// The account can no longer do anything; its sessions and memberships end by standing rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserDeactivated {
    pub user_id: UserId,
}
fact!(UserDeactivated, "user.deactivated", 1);

/// A deactivated account can log in again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserActivated {
    pub user_id: UserId,
}
fact!(UserActivated, "user.activated", 1);

/// The account is no more: nobody logs in with it, its names are free, its team memberships have
/// ended. What it wrote is blanked by `channel.author_erased`, then its key is destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserErased {
    pub user_id: UserId,
    pub by: UserId,
}
fact!(UserErased, "user.erased", 1);

/// The key of an erased account is destroyed: what was sealed under it can be read nowhere any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserKeyDestroyed {
    pub user_id: UserId,
}
fact!(UserKeyDestroyed, "user.key_destroyed", 1);

/// What an erased account is called from then on.
pub fn erased_username(user: UserId) -> String {
    format!("erased-{}", &user.to_string()[..8])
}

/// Every session of the account ended, by moving `auth_generation` on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserSessionsRevoked {
    pub user_id: UserId,
}
fact!(UserSessionsRevoked, "user.sessions_revoked", 1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TeamType {
    #[serde(rename = "O")]
    Open,
    #[serde(rename = "I")]
    InviteOnly,
}

/// A team exists, with its creator as first member and the names of its default channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamCreated {
    pub team_id: TeamId,
    pub name: String,
    pub display_name: String,
    #[serde(default)]
    pub description: String,
    pub r#type: TeamType,
    #[serde(default)]
    pub allow_open_invite: bool,
    pub invite_id: Id,
    pub creator_id: UserId,
    pub default_channels: Vec<DefaultChannel>,
}
fact!(TeamCreated, "team.created", 1, TeamContact, |c: &TeamCreated| Owner::Person(c.creator_id));

/// A channel that every member of the team joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DefaultChannel {
    pub channel_id: ChannelId,
    pub name: String,
    pub display_name: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TeamContact {
    pub email: String,
}

/// How somebody came into a team or a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinedVia {
    /// By oneself.
    Join,
    /// Added by another.
    Add,
    /// A step of a process: the default channels of a new team member.
    Step,
}

/// People became members of a team. Their generation is this event's offset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamMembersAdded {
    pub team_id: TeamId,
    pub members: Vec<NewTeamMember>,
    pub via: JoinedVia,
}
fact!(TeamMembersAdded, "team.members_added", 1);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewTeamMember {
    pub user_id: UserId,
    #[serde(default)]
    pub scheme_admin: bool,
}

/// The named generation of a team membership ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamMemberRemoved {
    pub team_id: TeamId,
    pub user_id: UserId,
    pub generation: u64,
}
fact!(TeamMemberRemoved, "team.member_removed", 1);

/// What a member may do in the team: administer it, or not. Names the membership, by its generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamMemberRolesChanged {
    pub team_id: TeamId,
    pub user_id: UserId,
    pub generation: u64,
    pub scheme_admin: bool,
}
fact!(TeamMemberRolesChanged, "team.member_roles_changed", 1);

/// What a team says of itself, and who may join it, changed. Absent fields stay.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TeamChanged {
    pub team_id: TeamId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<TeamType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_open_invite: Option<bool>,
}
fact!(TeamChanged, "team.changed", 1);

/// The team's invitation is another one: the old one lets nobody in any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamInviteRegenerated {
    pub team_id: TeamId,
    pub invite_id: Id,
}
fact!(TeamInviteRegenerated, "team.invite_regenerated", 1);

/// Membership of the team gives no rights, in its channels neither, until it is restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamArchived {
    pub team_id: TeamId,
}
fact!(TeamArchived, "team.archived", 1);

/// An archived team is what it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamRestored {
    pub team_id: TeamId,
}
fact!(TeamRestored, "team.restored", 1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ChannelType {
    #[serde(rename = "O")]
    Open,
    #[serde(rename = "P")]
    Private,
    #[serde(rename = "D")]
    Direct,
    #[serde(rename = "G")]
    Group,
}

impl ChannelType {
    /// The letter that the v4 contract uses.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Open => "O",
            Self::Private => "P",
            Self::Direct => "D",
            Self::Group => "G",
        }
    }

    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::Open, Self::Private, Self::Direct, Self::Group]
            .into_iter()
            .find(|t| t.letter() == letter)
    }

    /// Whether the channel belongs to a team and has a name there.
    pub fn in_team(self) -> bool {
        matches!(self, Self::Open | Self::Private)
    }
}

/// A channel's name is taken: the deciding event of creating it. The channel follows as a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelNameClaimed {
    pub team_id: TeamId,
    pub channel_id: ChannelId,
    pub name: String,
    pub channel: ClaimedChannel,
}
fact!(ChannelNameClaimed, "channel_name.claimed", 1);

/// All that the step needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimedChannel {
    pub r#type: ChannelType,
    pub display_name: String,
    #[serde(default)]
    pub header: String,
    #[serde(default)]
    pub purpose: String,
    pub creator_id: UserId,
    /// Generation of the creator's team membership.
    pub creator_generation: u64,
}

/// The channel takes the new name and frees its old one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelNameChanged {
    pub channel_id: ChannelId,
    pub name: String,
}
fact!(ChannelNameChanged, "channel_name.changed", 1);
