//! Channels, their members, and what is unread in them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use domain::{Directory, rights};
use events::channel::{ChannelCreated, Moderatee};
use events::directory::ChannelType;
use events::{ChannelId, Id, TeamId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use sha1::{Digest, Sha1};

use crate::StringMap;
use crate::ids::or_empty;
use crate::moderation::channel_role;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Channel {
    pub id: ChannelId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
    pub r#type: ChannelType,
    pub display_name: String,
    pub name: String,
    pub header: String,
    pub purpose: String,
    pub last_post_at: i64,
    pub total_msg_count: i64,
    pub extra_update_at: i64,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub creator_id: Option<UserId>,
    pub scheme_id: Option<Id>,
    pub props: Option<StringMap>,
    pub group_constrained: Option<bool>,
    pub shared: Option<bool>,
    pub total_msg_count_root: i64,
    pub policy_id: Option<Id>,
    pub last_root_post_at: i64,
}

impl Channel {
    /// The channel as `channel.created` made it; its name stands in `directory`.
    pub fn from_created(c: &ChannelCreated, name: &str, at: i64) -> Self {
        Self {
            team_id: Some(c.team_id),
            display_name: c.display_name.clone(),
            header: c.header.clone(),
            purpose: c.purpose.clone(),
            creator_id: c.creator_id,
            ..Self::empty(c.channel_id, c.r#type, name.to_owned(), at)
        }
    }

    /// The conversation of two people, or of one with themselves.
    pub fn from_direct_opened(id: ChannelId, members: &[UserId], by: UserId, at: i64) -> Self {
        Self {
            creator_id: Some(by),
            ..Self::empty(id, ChannelType::Direct, direct_name(members), at)
        }
    }

    /// The conversation of three to eight people; `usernames` are theirs.
    pub fn from_group_opened(
        id: ChannelId,
        members: &[UserId],
        usernames: Vec<String>,
        by: UserId,
        at: i64,
    ) -> Self {
        Self {
            display_name: group_display_name(usernames),
            creator_id: Some(by),
            ..Self::empty(id, ChannelType::Group, group_name(members), at)
        }
    }

    fn empty(id: ChannelId, r#type: ChannelType, name: String, at: i64) -> Self {
        Self {
            id,
            create_at: at,
            update_at: at,
            delete_at: 0,
            team_id: None,
            r#type,
            display_name: String::new(),
            name,
            header: String::new(),
            purpose: String::new(),
            last_post_at: 0,
            total_msg_count: 0,
            extra_update_at: 0,
            creator_id: None,
            scheme_id: None,
            props: None,
            group_constrained: None,
            shared: None,
            total_msg_count_root: 0,
            policy_id: None,
            last_root_post_at: 0,
        }
    }
}

/// The name of a direct channel: both ids, the smaller text first.
pub fn direct_name(members: &[UserId]) -> String {
    let mut texts: Vec<String> = members.iter().map(UserId::to_string).collect();
    texts.sort_unstable();
    match texts.as_slice() {
        [one] => format!("{one}__{one}"),
        [low, .., high] => format!("{low}__{high}"),
        [] => String::new(),
    }
}

/// The name of a group channel: SHA-1 of the sorted, concatenated ids.
pub fn group_name(members: &[UserId]) -> String {
    let mut texts: Vec<String> = members.iter().map(UserId::to_string).collect();
    texts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(texts.concat()))
}

/// What a group channel is called: its members' names of today.
pub fn group_display_name(mut usernames: Vec<String>) -> String {
    usernames.sort_unstable();
    usernames.join(", ")
}

/// Stands for the times in memberships of others, which nobody else may know.
pub const HIDDEN_TIME: i64 = -1;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChannelMember {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub roles: Cow<'static, str>,
    pub last_viewed_at: i64,
    pub msg_count: i64,
    pub mention_count: i64,
    pub mention_count_root: i64,
    pub urgent_mention_count: i64,
    pub msg_count_root: i64,
    pub notify_props: StringMap,
    pub last_update_at: i64,
    pub scheme_guest: bool,
    pub scheme_user: bool,
    pub scheme_admin: bool,
    pub explicit_roles: &'static str,
}

impl ChannelMember {
    /// A membership as it begins at `at`, with what was posted before counted as read.
    pub fn new(
        channel_id: ChannelId,
        user_id: UserId,
        scheme_admin: bool,
        at: i64,
        msg_count: i64,
        msg_count_root: i64,
    ) -> Self {
        Self {
            channel_id,
            user_id,
            roles: if scheme_admin { "channel_user channel_admin" } else { "channel_user" }.into(),
            last_viewed_at: at,
            msg_count,
            mention_count: 0,
            mention_count_root: 0,
            urgent_mention_count: 0,
            msg_count_root,
            notify_props: default_member_notify_props(),
            last_update_at: at,
            scheme_guest: false,
            scheme_user: true,
            scheme_admin,
            explicit_roles: "",
        }
    }

    /// The membership as account and channel have it now: whether it is a guest's, and what the channel
    /// keeps from its owner.
    #[must_use]
    pub fn as_of(mut self, directory: &Directory, channel: Option<&domain::Channel>) -> Self {
        self.scheme_guest = rights::is_guest(directory, self.user_id);
        self.scheme_user = !self.scheme_guest;
        self.scheme_admin &= self.scheme_user;
        let whom = if self.scheme_guest { Moderatee::Guests } else { Moderatee::Members };
        let kept = channel.map(|channel| channel.kept_from(whom).collect::<Vec<_>>());
        self.roles = channel_role(whom, &kept.unwrap_or_default());
        if self.scheme_admin {
            self.roles = format!("{} channel_admin", self.roles).into();
        }
        self
    }

    /// The membership as others see it.
    #[must_use]
    pub fn for_others(mut self) -> Self {
        self.last_viewed_at = HIDDEN_TIME;
        self.last_update_at = HIDDEN_TIME;
        self
    }
}

/// How a member is notified until they say otherwise.
pub fn default_member_notify_props() -> StringMap {
    [
        ("channel_auto_follow_threads", "off"),
        ("desktop", "default"),
        ("email", "default"),
        ("ignore_channel_mentions", "default"),
        ("mark_unread", "all"),
        ("push", "default"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// A channel as it is shown outside of its team.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChannelWithTeam {
    #[serde(flatten)]
    pub channel: Channel,
    pub team_display_name: String,
    pub team_name: String,
    pub team_update_at: i64,
}

/// How a member is notified who has set these.
pub fn member_notify_props(set: &StringMap) -> StringMap {
    let mut props = default_member_notify_props();
    props.extend(set.iter().map(|(name, value)| (name.clone(), value.clone())));
    props
}

/// A row of `GET /users/{u}/channel_members`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChannelMemberWithTeam {
    #[serde(flatten)]
    pub member: ChannelMember,
    pub team_display_name: String,
    pub team_name: String,
    pub team_update_at: i64,
}

/// `GET /users/{u}/channels/{c}/unread`: differences already.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChannelUnread {
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    pub msg_count: i64,
    pub msg_count_root: i64,
    pub mention_count: i64,
    pub mention_count_root: i64,
    pub urgent_mention_count: i64,
    pub last_viewed_at: i64,
    pub notify_props: StringMap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChannelStats {
    pub channel_id: ChannelId,
    pub member_count: i64,
    pub guest_count: i64,
    pub pinnedpost_count: i64,
    pub files_count: i64,
}

/// The answer of `POST /channels/members/{u}/view`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewResult {
    pub status: &'static str,
    pub last_viewed_at_times: BTreeMap<ChannelId, i64>,
}

impl ViewResult {
    pub fn new(last_viewed_at_times: BTreeMap<ChannelId, i64>) -> Self {
        Self { status: "OK", last_viewed_at_times }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_channel_is_named_by_its_ids_in_the_order_of_their_texts() {
        // zbase32 does not keep the order of bytes: "y" stands for 0, "b" for 1.
        let (zero, big) = (UserId::from_bytes([0; 16]), UserId::from_bytes([0xff; 16]));
        let name = direct_name(&[zero, big]);
        assert_eq!(name, direct_name(&[big, zero]));
        let (first, second) = name.split_once("__").unwrap();
        assert!(first <= second);
        assert_eq!(direct_name(&[zero]), format!("{zero}__{zero}"));
    }

    #[test]
    fn a_group_channel_is_named_by_a_sha1_that_ignores_the_order() {
        let ids: Vec<UserId> = (0..3).map(|n| UserId::from_bytes([n; 16])).collect();
        let name = group_name(&ids);
        assert_eq!(name.len(), 40);
        assert_eq!(name, group_name(&[ids[2], ids[0], ids[1]]));
    }

    #[test]
    fn a_channel_of_no_team_has_an_empty_team_id() {
        let me = UserId::from_bytes([7; 16]);
        let channel = Channel::from_direct_opened(ChannelId::direct(me, me), &[me], me, 5);
        let json = serde_json::to_value(&channel).unwrap();
        assert_eq!(json["team_id"], "");
        assert_eq!(json["type"], "D");
        assert_eq!(json["display_name"], "");
    }
}
