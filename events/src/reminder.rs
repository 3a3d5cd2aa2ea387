//! Facts of the topic `users` on posts that somebody wants to be reminded of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::fact;
use crate::{ChannelId, PostId, UserId};

/// Somebody is to be reminded of a post at `due_at`, and no longer at the time that they said before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReminderSet {
    pub user_id: UserId,
    pub post_id: PostId,
    pub channel_id: ChannelId,
    /// The post that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub author_id: UserId,
    /// Unix milliseconds.
    pub due_at: i64,
}
fact!(ReminderSet, "reminder.set", 1);

/// Its time has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReminderFired {
    pub user_id: UserId,
    pub post_id: PostId,
    /// Offset of the event that set it.
    pub said_at: u64,
}
fact!(ReminderFired, "reminder.fired", 1);

/// Nothing more follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReminderEnded {
    pub user_id: UserId,
    pub post_id: PostId,
    /// Offset of the event that set it.
    pub said_at: u64,
    pub because: ReminderEnd,
}
fact!(ReminderEnded, "reminder.ended", 1);

/// Why a reminder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReminderEnd {
    /// The person was reminded.
    Reminded,
    /// The post is gone, or not the person's to read any more, or nobody can write to them.
    InVain,
}
