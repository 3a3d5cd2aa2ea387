//! Priorities of posts, and who has taken note of them.

use events::priority::Priority;
use events::{PostId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PostPriority {
    pub priority: &'static str,
    pub requested_ack: bool,
    pub persistent_notifications: bool,
}

impl PostPriority {
    /// Nothing of a post that asks for nothing.
    pub fn of(priority: Priority) -> Option<Self> {
        (!priority.is_plain()).then(|| Self {
            priority: priority.level.name(),
            requested_ack: priority.requested_ack,
            persistent_notifications: false,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acknowledgement {
    pub user_id: UserId,
    pub post_id: PostId,
    /// 0 where it was taken back.
    pub acknowledged_at: i64,
}
