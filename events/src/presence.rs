//! Facts of the topic `presence`: ephemeral, never archived, never replayed, never judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::fact;
use crate::user::StatusKind;
use crate::{ChannelId, PostId, UserId};

/// Somebody is writing in a channel or a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TypingStarted {
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<PostId>,
}
fact!(TypingStarted, "typing.started", 1);

/// Online, away or offline by activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PresenceChanged {
    pub user_id: UserId,
    pub status: StatusKind,
    /// Unix milliseconds.
    pub last_activity_at: i64,
}
fact!(PresenceChanged, "presence.changed", 1);
