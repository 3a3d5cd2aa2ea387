//! Facts of the topic `channels`: everything of one channel.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Body, Fact, Nothing, Owner, fact};
use crate::directory::{ChannelType, JoinedVia};
use crate::priority::Priority;
use crate::{ChannelId, FileId, PostId, TeamId, UserId};

/// A system post that belongs to the event that carries it. Its text is made when it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    pub post_id: PostId,
    pub kind: NoticeKind,
    /// Who did it.
    pub by: UserId,
    /// Whom it concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_ids: Vec<UserId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub old: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub new: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    JoinChannel,
    LeaveChannel,
    AddToChannel,
    RemoveFromChannel,
    JoinTeam,
    LeaveTeam,
    DisplaynameChange,
    HeaderChange,
    PurposeChange,
    ChannelDeleted,
    ChannelRestored,
    ChangeChanPrivacy,
}

impl NoticeKind {
    /// The post's `type` in the v4 contract.
    pub fn post_type(self) -> &'static str {
        match self {
            Self::JoinChannel => "system_join_channel",
            Self::LeaveChannel => "system_leave_channel",
            Self::AddToChannel => "system_add_to_channel",
            Self::RemoveFromChannel => "system_remove_from_channel",
            Self::JoinTeam => "system_join_team",
            Self::LeaveTeam => "system_leave_team",
            Self::DisplaynameChange => "system_displayname_change",
            Self::HeaderChange => "system_header_change",
            Self::PurposeChange => "system_purpose_change",
            Self::ChannelDeleted => "system_channel_deleted",
            Self::ChannelRestored => "system_channel_restored",
            Self::ChangeChanPrivacy => "system_change_chan_privacy",
        }
    }

    pub fn from_post_type(post_type: &str) -> Option<Self> {
        [
            Self::JoinChannel,
            Self::LeaveChannel,
            Self::AddToChannel,
            Self::RemoveFromChannel,
            Self::JoinTeam,
            Self::LeaveTeam,
            Self::DisplaynameChange,
            Self::HeaderChange,
            Self::PurposeChange,
            Self::ChannelDeleted,
            Self::ChannelRestored,
            Self::ChangeChanPrivacy,
        ]
        .into_iter()
        .find(|kind| kind.post_type() == post_type)
    }

    /// Whether the post counts as a message of the channel; comings and goings do not.
    pub fn counts(self) -> bool {
        matches!(
            self,
            Self::DisplaynameChange
                | Self::HeaderChange
                | Self::PurposeChange
                | Self::ChannelDeleted
                | Self::ChannelRestored
                | Self::ChangeChanPrivacy
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewMember {
    pub user_id: UserId,
    /// Directory offset of the team membership that this one rests on; 0 in direct and group channels.
    #[serde(default)]
    pub generation: u64,
    #[serde(default)]
    pub scheme_admin: bool,
}

/// A channel of a team exists, with its creator in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelCreated {
    pub channel_id: ChannelId,
    pub team_id: TeamId,
    pub r#type: ChannelType,
    pub display_name: String,
    #[serde(default)]
    pub header: String,
    #[serde(default)]
    pub purpose: String,
    /// Absent for a team's default channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator_id: Option<UserId>,
    #[serde(default)]
    pub is_default: bool,
    #[serde(default)]
    pub members: Vec<NewMember>,
}
fact!(ChannelCreated, "channel.created", 1);

/// One or two people talk. The id is derived from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelDirectOpened {
    pub channel_id: ChannelId,
    pub user_ids: Vec<UserId>,
    pub by: UserId,
}
fact!(ChannelDirectOpened, "channel.direct_opened", 1);

/// Three to eight people talk. The id is derived from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelGroupOpened {
    pub channel_id: ChannelId,
    pub user_ids: Vec<UserId>,
    pub by: UserId,
}
fact!(ChannelGroupOpened, "channel.group_opened", 1);

/// Settings changed. Absent fields stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelSettingsChanged {
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default)]
    pub notices: Vec<Notice>,
}
fact!(ChannelSettingsChanged, "channel.settings_changed", 1);

/// An open channel is private from now on, or the other way round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelPrivacyChanged {
    pub channel_id: ChannelId,
    pub r#type: ChannelType,
    pub notice: Notice,
}
fact!(ChannelPrivacyChanged, "channel.privacy_changed", 1);

/// The channel takes no more posts and nobody joins it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelArchived {
    pub channel_id: ChannelId,
    pub notice: Notice,
}
fact!(ChannelArchived, "channel.archived", 1);

/// An archived channel is open again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRestored {
    pub channel_id: ChannelId,
    pub notice: Notice,
}
fact!(ChannelRestored, "channel.restored", 1);

/// People became members. The fold drops those who are members already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMembersAdded {
    pub channel_id: ChannelId,
    pub members: Vec<NewMember>,
    pub by: UserId,
    pub via: JoinedVia,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}
fact!(ChannelMembersAdded, "channel.members_added", 1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftBecause {
    /// By oneself; may come back within the same team membership.
    Left,
    /// Removed by another; may be added again.
    Removed,
    /// The team membership that it rested on ended: that generation never comes back.
    TeamEnded,
}

/// The named membership ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMemberRemoved {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    /// Offset, in this partition, of the event that began the membership; with `TeamEnded` and no
    /// membership seen, the end of the generation alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<u64>,
    /// Generation of the team membership that it rested on.
    #[serde(default)]
    pub generation: u64,
    pub by: UserId,
    pub because: LeftBecause,
    /// Of a guest, as the command saw it: guests need not be in a team's default channels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_guest: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}
fact!(ChannelMemberRemoved, "channel.member_removed", 1);

/// What a member may do in the channel: administer it, or not. Names the membership, by the offset of
/// the event that began it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMemberRolesChanged {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub membership: u64,
    pub scheme_admin: bool,
}
fact!(ChannelMemberRolesChanged, "channel.member_roles_changed", 1);

/// What a channel can keep to its administrators.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Moderated {
    CreatePost,
    /// Taking one's own back, too.
    CreateReactions,
    ManageMembers,
    UseChannelMentions,
    ManageBookmarks,
}

impl Moderated {
    pub const ALL: [Self; 5] = [
        Self::CreatePost,
        Self::CreateReactions,
        Self::ManageMembers,
        Self::UseChannelMentions,
        Self::ManageBookmarks,
    ];

    /// Whether guests may be let do it: they bring nobody in and keep no bookmarks, whatever the channel says.
    pub fn is_for_guests(self) -> bool {
        !matches!(self, Self::ManageMembers | Self::ManageBookmarks)
    }

    /// As the contract calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreatePost => "create_post",
            Self::CreateReactions => "create_reactions",
            Self::ManageMembers => "manage_members",
            Self::UseChannelMentions => "use_channel_mentions",
            Self::ManageBookmarks => "manage_bookmarks",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|moderated| moderated.name() == name)
    }
}

/// From whom a channel keeps something.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Moderatee {
    Members,
    Guests,
}

/// Whether these may do this in a channel without administering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moderation {
    pub whom: Moderatee,
    pub what: Moderated,
    pub allowed: bool,
}

/// What members and guests may do in the channel changed. What is not named stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelModerated {
    pub channel_id: ChannelId,
    pub changes: Vec<Moderation>,
    pub by: UserId,
}

/// The first version could not keep bookmarks, and says the rest alike. A program that knows no other stops
/// at the second, rather than to take it for none and judge what follows in another way.
impl Fact for ChannelModerated {
    const TYPE: &'static str = "channel.moderated";
    const VERSION: u32 = 2;
    type Personal = Nothing;

    fn owner(&self) -> Option<Owner> {
        None
    }

    fn upcast(version: u32, c: &str, p: Option<&str>) -> Option<serde_json::Result<Body<Self>>> {
        (version == 1).then(|| Body::from_halves(c, p))
    }
}

/// Whom a post calls besides those it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Broadcast {
    #[default]
    None,
    Here,
    Channel,
    All,
}

/// The post that a reply answers, as the command read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Root {
    pub post_id: PostId,
    pub author_id: UserId,
}

/// A file's facts as they stand in posts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttachedFile {
    pub file_id: FileId,
    pub size: i64,
    pub mime_type: String,
    pub extension: String,
    #[serde(default)]
    pub width: i32,
    #[serde(default)]
    pub height: i32,
    /// Whether a thumbnail and a preview lie beside the file's object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_preview: bool,
}

/// A message. Rich enough to be shown, counted, pushed and indexed without reading anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostCreated {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    pub author_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Root>,
    /// Whose mention number this post raises; never the author. In a root with a broadcast to the
    /// whole channel, those whom the broadcast does not reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// All who are named, where that differs from `mentions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<UserId>,
    #[serde(default)]
    pub broadcast: Broadcast,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<AttachedFile>,
    /// Whether the author has thereby read the channel.
    #[serde(default)]
    pub marks_read: bool,
    /// Whether people who are named begin to follow the thread.
    #[serde(default)]
    pub auto_follow: bool,
    #[serde(default)]
    pub set_online: bool,
    /// Only of roots.
    #[serde(default, skip_serializing_if = "Priority::is_plain")]
    pub priority: Priority,
}
fact!(PostCreated, "post.created", 1, PostContent, |c: &PostCreated| Owner::Content {
    author: c.author_id,
    channel: c.channel_id
});

/// What a post says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PostContent {
    pub message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub props: Map<String, Value>,
    /// Names of `files`, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_names: Vec<String>,
    /// Tiny previews of `files`, in their order, empty for none; absent where no file has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mini_previews: Vec<String>,
    /// As the client gave it; echoed to clients, the idempotency key of the command.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pending_post_id: String,
}

/// The text changed. Carries the rest of the post as read, so that it can be pushed as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostEdited {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    pub author_id: UserId,
    pub create_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    #[serde(default)]
    pub is_pinned: bool,
    #[serde(default)]
    pub has_reactions: bool,
    #[serde(default)]
    pub reply_count: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<AttachedFile>,
    #[serde(default, skip_serializing_if = "Priority::is_plain")]
    pub priority: Priority,
}
fact!(PostEdited, "post.edited", 1, PostContent, |c: &PostEdited| Owner::Content {
    author: c.author_id,
    channel: c.channel_id
});

/// Deleted, with all replies where it is a root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostDeleted {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    pub author_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub by: UserId,
}
fact!(PostDeleted, "post.deleted", 1);

/// The post is pinned to its channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostPinned {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub by: UserId,
}
fact!(PostPinned, "post.pinned", 1);

/// The post is no longer pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostUnpinned {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub by: UserId,
}
fact!(PostUnpinned, "post.unpinned", 1);

/// Somebody put an emoji on a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReactionAdded {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub user_id: UserId,
    pub emoji_name: String,
}
fact!(ReactionAdded, "reaction.added", 1);

/// Somebody took their emoji from a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReactionRemoved {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub user_id: UserId,
    pub emoji_name: String,
}
fact!(ReactionRemoved, "reaction.removed", 1);

/// Somebody says that they have taken note of a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostAcknowledged {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub user_id: UserId,
}
fact!(PostAcknowledged, "post.acknowledged", 1);

/// Somebody takes that back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PostAcknowledgementRemoved {
    pub channel_id: ChannelId,
    pub post_id: PostId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub user_id: UserId,
}
fact!(PostAcknowledgementRemoved, "post.acknowledgement_removed", 1);

/// How a member wants to be told of the channel is now this, under the contract's names. What is not
/// named stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelMemberNotifyChanged {
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub notify_props: BTreeMap<String, String>,
}
fact!(ChannelMemberNotifyChanged, "channel.member_notify_changed", 1);

/// What an erased person said in the channel is blank, and their files are gone. They say nothing more
/// in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelAuthorErased {
    pub channel_id: ChannelId,
    pub user_id: UserId,
}
fact!(ChannelAuthorErased, "channel.author_erased", 1);

/// The bytes of a file are in the object store; nobody but its owner sees it until a post attaches it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileUploaded {
    pub channel_id: ChannelId,
    pub owner_id: UserId,
    pub file: AttachedFile,
    /// Where the bytes are, sealed.
    pub object: String,
}
fact!(FileUploaded, "file.uploaded", 1, FileDetails, |c: &FileUploaded| Owner::Content {
    author: c.owner_id,
    channel: c.channel_id
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FileDetails {
    pub name: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// What the bytes are sealed under, 32 bytes in base64url. Whoever cannot read it has lost them.
    pub key: String,
    /// A JPEG of 16 by 16 pixels, base64; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mini_preview: String,
}
