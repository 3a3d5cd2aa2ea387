//! Facts of the topic `users` on posts that somebody wrote for later. They are theirs alone until they are
//! sent, so they are sealed as theirs, and not as something said in the channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Owner, fact};
use crate::{ChannelId, FileId, PostId, ScheduledPostId, UserId};

/// Somebody wrote a post that is to be sent at `due_at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostCreated {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
    /// Unix milliseconds.
    pub due_at: i64,
}
fact!(
    ScheduledPostCreated,
    "scheduled_post.created",
    1,
    ScheduledContent,
    |c: &ScheduledPostCreated| Owner::Person(c.user_id)
);

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScheduledContent {
    pub message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub props: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub priority: Map<String, Value>,
}

/// It says something else now, or at another time. One that failed is to be sent again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostChanged {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
    /// Unix milliseconds.
    pub due_at: i64,
    /// When it was first written.
    pub created_at: i64,
}
fact!(
    ScheduledPostChanged,
    "scheduled_post.changed",
    1,
    ScheduledContent,
    |c: &ScheduledPostChanged| Owner::Person(c.user_id)
);

/// It will not be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostDeleted {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
}
fact!(ScheduledPostDeleted, "scheduled_post.deleted", 1);

/// Its time has come: it is sent as it was at `said_at`, and can no longer be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostFired {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    /// Offset of the event that last said what it is.
    pub said_at: u64,
}
fact!(ScheduledPostFired, "scheduled_post.fired", 1);

/// It stands in its channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostSent {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    /// What it is there.
    pub post_id: PostId,
}
fact!(ScheduledPostSent, "scheduled_post.sent", 1);

/// It could not be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduledPostFailed {
    pub scheduled_id: ScheduledPostId,
    pub user_id: UserId,
    /// Offset of the event that last said what it is.
    pub said_at: u64,
    pub error_code: ScheduledPostError,
}
fact!(ScheduledPostFailed, "scheduled_post.failed", 1);

/// Why a post could not be sent, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduledPostError {
    ChannelArchived,
    ChannelNotFound,
    UserDeleted,
    NoChannelMember,
    NoChannelPermission,
    ThreadDeleted,
    InvalidPost,
    UnableToSend,
}

impl ScheduledPostError {
    pub fn code(self) -> &'static str {
        match self {
            Self::ChannelArchived => "channel_archived",
            Self::ChannelNotFound => "channel_not_found",
            Self::UserDeleted => "user_deleted",
            Self::NoChannelMember => "no_channel_member",
            Self::NoChannelPermission => "no_channel_permission",
            Self::ThreadDeleted => "thread_deleted",
            Self::InvalidPost => "invalid_post",
            Self::UnableToSend => "unable_to_send",
        }
    }
}
