//! What a channel lets members and guests do without administering it, and the roles that say so.

use std::borrow::Cow;

use domain::Channel;
use domain::permissions::Permission;
use events::channel::{Moderated, Moderatee};
use schemars::JsonSchema;
use serde::Serialize;

/// One thing that a channel can keep to its administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChannelModeration {
    pub name: &'static str,
    pub roles: ModeratedRoles,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModeratedRoles {
    pub members: ModeratedRole,
    /// Absent where guests could never do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<ModeratedRole>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModeratedRole {
    /// Whether they may.
    pub value: bool,
    /// Whether that can be changed: who may not post calls nobody.
    pub enabled: bool,
}

impl ChannelModeration {
    /// All that can be kept, as the channel has it.
    pub fn all_of(channel: &Channel) -> Vec<Self> {
        Moderated::ALL.into_iter().map(|what| Self::of(channel, what)).collect()
    }

    fn of(channel: &Channel, what: Moderated) -> Self {
        let may = |what, whom| !channel.keeps(what, whom);
        let role = |whom| {
            let needs_post = what == Moderated::UseChannelMentions;
            let enabled = !needs_post || may(Moderated::CreatePost, whom);
            ModeratedRole { value: enabled && may(what, whom), enabled }
        };
        let guests = what.is_for_guests().then(|| role(Moderatee::Guests));
        let roles = ModeratedRoles { members: role(Moderatee::Members), guests };
        Self { name: what.name(), roles }
    }
}

const WITHOUT: &str = "_without_";

/// The role of those from whom a channel keeps this. Its name says all, so that no role ever changes what
/// it grants.
pub(crate) fn channel_role(whom: Moderatee, kept: &[Moderated]) -> Cow<'static, str> {
    if kept.is_empty() {
        return base(whom).into();
    }
    let mut letters: Vec<char> = kept.iter().map(|what| letter(*what)).collect();
    letters.sort_unstable();
    format!("{}{WITHOUT}{}", base(whom), String::from_iter(letters)).into()
}

/// What is kept from whom by the role of this name, if there is such a role.
pub(crate) fn kept_by_role(name: &str) -> Option<(&'static str, Vec<Moderated>)> {
    let (role, letters) = name.split_once(WITHOUT)?;
    let of_letter = |c: char| Moderated::ALL.into_iter().find(|what| letter(*what) == c);
    let kept: Vec<Moderated> = letters.chars().map(of_letter).collect::<Option<_>>()?;
    let whom = [Moderatee::Members, Moderatee::Guests].into_iter().find(|w| base(*w) == role)?;
    (channel_role(whom, &kept) == name).then(|| (base(whom), kept))
}

/// The names of the permissions that are kept.
pub(crate) fn kept_permissions(kept: &[Moderated]) -> impl Iterator<Item = &'static str> {
    let is_kept = |one: &&Permission| one.moderated().is_some_and(|what| kept.contains(&what));
    Permission::ALL.iter().filter(is_kept).map(|permission| permission.name())
}

fn base(whom: Moderatee) -> &'static str {
    match whom {
        Moderatee::Members => "channel_user",
        Moderatee::Guests => "channel_guest",
    }
}

fn letter(what: Moderated) -> char {
    match what {
        Moderated::CreatePost => 'p',
        Moderated::CreateReactions => 'r',
        Moderated::ManageMembers => 'm',
        Moderated::UseChannelMentions => 'c',
        Moderated::ManageBookmarks => 'b',
    }
}
