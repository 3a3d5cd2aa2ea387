//! The `data` of each event. Fields named after an object are that object's JSON in a string, as the
//! contract wants it, unless said otherwise.

use std::collections::BTreeMap;

use bytes::Bytes;
use events::directory::ChannelType;
use events::profile::ProfileValue;
use events::user::StatusKind;
use events::{ChannelId, PostId, ProfileFieldId, TeamId, UserId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::ids::or_empty;
use crate::{ProfileField, User};

fn json_text<S: Serializer>(json: &Bytes, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(std::str::from_utf8(json).map_err(serde::ser::Error::custom)?)
}

fn json_list<T: Serialize, S: Serializer>(list: &Vec<T>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&serde_json::to_string(list).map_err(serde::ser::Error::custom)?)
}

fn only_true<S: Serializer>(_: &bool, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("true")
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// `hello`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hello {
    pub server_version: String,
    pub connection_id: String,
    pub server_hostname: String,
}

/// `posted`; mentions stand in the frame's tail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Posted {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub post: Bytes,
    pub channel_type: ChannelType,
    pub channel_display_name: String,
    pub channel_name: String,
    /// With a leading `@`.
    pub sender_name: String,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
    pub set_online: bool,
    #[serde(rename = "otherFile", serialize_with = "only_true", skip_serializing_if = "is_false")]
    #[schemars(with = "Option<String>")]
    pub other_file: bool,
    #[serde(serialize_with = "only_true", skip_serializing_if = "is_false")]
    #[schemars(with = "Option<String>")]
    pub image: bool,
}

/// `post_edited`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostEdited {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub post: Bytes,
}

/// `post_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostDeleted {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub post: Bytes,
    /// Only where somebody else deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_by: Option<UserId>,
}

/// `post_unread`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostUnread {
    pub msg_count: i64,
    pub msg_count_root: i64,
    pub mention_count: i64,
    pub mention_count_root: i64,
    pub urgent_mention_count: i64,
    pub last_viewed_at: i64,
    pub post_id: PostId,
}

/// `reaction_added`, `reaction_removed`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReactionChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub reaction: Bytes,
}

/// `post_acknowledgement_added`, `post_acknowledgement_removed`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AcknowledgementChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub acknowledgement: Bytes,
}

/// `channel_bookmark_created`, `channel_bookmark_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BookmarkChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub bookmark: Bytes,
}

/// `channel_bookmark_updated`, `channel_bookmark_sorted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BookmarksChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub bookmarks: Bytes,
}

/// `typing`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Typing {
    pub user_id: UserId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub parent_id: Option<PostId>,
}

/// `status_change`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusChange {
    pub user_id: UserId,
    pub status: StatusKind,
}

/// `multiple_channels_viewed`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelsViewed {
    pub channel_times: BTreeMap<ChannelId, i64>,
}

/// `user_added`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserAdded {
    pub user_id: UserId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
}

/// `user_removed`: those who stay get `user_id`, the removed person `channel_id`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserRemoved {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    pub remover_id: UserId,
}

/// `channel_scheme_updated`: the roles of the channel's members are others, without saying which.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelSchemeUpdated {}

/// `channel_created`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelCreated {
    pub channel_id: ChannelId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
}

/// `channel_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelUpdated {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub channel: Bytes,
}

/// `channel_deleted`, `channel_restored`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelArchived {
    pub channel_id: ChannelId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_at: Option<i64>,
}

/// `channel_converted`: clients read the channel anew, if they may.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelConverted {
    pub channel_id: ChannelId,
}

/// `channel_member_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelMemberUpdated {
    #[serde(rename = "channelMember", serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub channel_member: Bytes,
}

/// `direct_added`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DirectAdded {
    pub creator_id: UserId,
    pub teammate_id: UserId,
}

/// `group_added`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupAdded {
    #[serde(serialize_with = "json_list")]
    #[schemars(with = "String")]
    pub teammate_ids: Vec<UserId>,
}

/// `new_user`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NewUser {
    pub user_id: UserId,
}

/// `user_updated`: an object, not a string.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserUpdated {
    pub user: User,
}

/// `emoji_added`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EmojiAdded {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub emoji: Bytes,
}

/// `custom_profile_attributes_field_created` and `…_updated`; the field is an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProfileFieldTold {
    pub field: ProfileField,
}

/// `custom_profile_attributes_field_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProfileFieldGone {
    pub field_id: ProfileFieldId,
}

/// `custom_profile_attributes_values_updated`; the values are objects.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProfileValuesTold<'v> {
    pub user_id: UserId,
    pub values: BTreeMap<ProfileFieldId, &'v ProfileValue>,
}

/// `user_role_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserRoleUpdated {
    pub user_id: UserId,
    pub roles: String,
}

/// `added_to_team`, `leave_team`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TeamMembership {
    pub team_id: TeamId,
    pub user_id: UserId,
}

/// `update_team`, `delete_team`, `restore_team`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TeamChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub team: Bytes,
}

/// `memberrole_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MemberRoleUpdated {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub member: Bytes,
}

/// `preferences_changed`, `preferences_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PreferencesChanged {
    #[serde(serialize_with = "json_list")]
    #[schemars(with = "String")]
    pub preferences: Vec<crate::Preference>,
}

/// `thread_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreadUpdated {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub thread: Bytes,
    pub previous_unread_mentions: i64,
    pub previous_unread_replies: i64,
}

/// `thread_follow_changed`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreadFollowChanged {
    pub thread_id: PostId,
    /// Whether the person follows it now.
    pub state: bool,
    pub reply_count: i64,
}

/// `thread_read_changed`: of one thread, or of all that the broadcast names.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ThreadReadChanged {
    pub timestamp: i64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub thread: Option<OneThreadRead>,
}

/// What of a thread is unread, and was before.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OneThreadRead {
    pub thread_id: PostId,
    pub channel_id: ChannelId,
    pub unread_mentions: i64,
    pub unread_replies: i64,
    pub previous_unread_mentions: i64,
    pub previous_unread_replies: i64,
}

/// `sidebar_category_created`, `sidebar_category_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryNamed {
    pub category_id: String,
}

/// `sidebar_category_updated`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoriesUpdated {
    #[serde(rename = "updatedCategories", serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub updated_categories: Bytes,
}

/// `sidebar_category_order_updated`: a list, not a string.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryOrder {
    pub order: Vec<String>,
}

/// `draft_created`, `draft_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DraftChanged {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub draft: Bytes,
}

/// `scheduled_post_created`, `scheduled_post_updated`, `scheduled_post_deleted`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScheduledPostChanged {
    #[serde(rename = "scheduledPost", serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub scheduled_post: Bytes,
}

/// `ephemeral_message`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EphemeralMessage {
    #[serde(serialize_with = "json_text")]
    #[schemars(with = "String")]
    pub post: Bytes,
}

/// What the data of an event is. Every frame is encoded from one, so what is described here is all that
/// a socket gets.
pub trait FrameData: Serialize + JsonSchema {
    /// The events that have these data.
    const EVENTS: &'static [&'static str];
}

/// An event of the socket, with the schema of its data.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    pub event: &'static str,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! events {
    ($($data:ty: $($event:literal),+;)*) => {
        $(impl FrameData for $data {
            const EVENTS: &'static [&'static str] = &[$($event),+];
        })*

        /// Every event that a socket may get.
        pub const EVENTS: &[Described] = &[$($(
            Described { event: $event, schema: |generator| generator.subschema_for::<$data>() },
        )+)*];
    };
}

events! {
    Hello: "hello";
    Posted: "posted";
    PostEdited: "post_edited";
    PostDeleted: "post_deleted";
    PostUnread: "post_unread";
    ReactionChanged: "reaction_added", "reaction_removed";
    AcknowledgementChanged: "post_acknowledgement_added", "post_acknowledgement_removed";
    BookmarkChanged: "channel_bookmark_created", "channel_bookmark_deleted";
    BookmarksChanged: "channel_bookmark_updated", "channel_bookmark_sorted";
    Typing: "typing";
    StatusChange: "status_change";
    ChannelsViewed: "multiple_channels_viewed";
    UserAdded: "user_added";
    UserRemoved: "user_removed";
    ChannelSchemeUpdated: "channel_scheme_updated";
    ChannelCreated: "channel_created";
    ChannelUpdated: "channel_updated";
    ChannelArchived: "channel_deleted", "channel_restored";
    ChannelConverted: "channel_converted";
    ChannelMemberUpdated: "channel_member_updated";
    DirectAdded: "direct_added";
    GroupAdded: "group_added";
    NewUser: "new_user";
    UserUpdated: "user_updated";
    EmojiAdded: "emoji_added";
    ProfileFieldTold: "custom_profile_attributes_field_created", "custom_profile_attributes_field_updated";
    ProfileFieldGone: "custom_profile_attributes_field_deleted";
    ProfileValuesTold<'_>: "custom_profile_attributes_values_updated";
    UserRoleUpdated: "user_role_updated";
    TeamMembership: "added_to_team", "leave_team";
    TeamChanged: "update_team", "delete_team", "restore_team";
    MemberRoleUpdated: "memberrole_updated";
    PreferencesChanged: "preferences_changed", "preferences_deleted";
    ThreadUpdated: "thread_updated";
    ThreadFollowChanged: "thread_follow_changed";
    ThreadReadChanged: "thread_read_changed";
    CategoryNamed: "sidebar_category_created", "sidebar_category_deleted";
    CategoriesUpdated: "sidebar_category_updated";
    CategoryOrder: "sidebar_category_order_updated";
    DraftChanged: "draft_created", "draft_deleted";
    ScheduledPostChanged: "scheduled_post_created", "scheduled_post_updated", "scheduled_post_deleted";
    EphemeralMessage: "ephemeral_message";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_inside_data_are_strings() {
        let posted = Posted {
            post: Bytes::from_static(br#"{"id":"a","message":"say \"hi\""}"#),
            channel_type: ChannelType::Direct,
            channel_display_name: String::new(),
            channel_name: "a__b".into(),
            sender_name: "@ada".into(),
            team_id: None,
            set_online: true,
            other_file: false,
            image: true,
        };
        let json = serde_json::to_value(&posted).unwrap();
        let post: serde_json::Value = serde_json::from_str(json["post"].as_str().unwrap()).unwrap();
        assert_eq!(post["message"], "say \"hi\"");
        assert_eq!(json["team_id"], "");
        assert_eq!(json["image"], "true");
        assert_eq!(json.get("otherFile"), None);
    }

    #[test]
    fn lists_inside_data_are_strings() {
        let added = GroupAdded { teammate_ids: vec![UserId::from_bytes([1; 16])] };
        let json = serde_json::to_value(&added).unwrap();
        assert!(json["teammate_ids"].as_str().unwrap().starts_with("[\""));
    }
}
