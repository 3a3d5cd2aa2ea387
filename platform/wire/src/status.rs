//! Whether somebody is there.

use events::UserId;
use events::user::StatusKind;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    pub user_id: UserId,
    pub status: StatusKind,
    pub manual: bool,
    pub last_activity_at: i64,
    /// Unix **seconds**, unlike every other time.
    pub dnd_end_time: i64,
}

impl Status {
    /// Of people about whom nothing is known.
    pub fn offline(user_id: UserId) -> Self {
        Self {
            user_id,
            status: StatusKind::Offline,
            manual: false,
            last_activity_at: 0,
            dnd_end_time: 0,
        }
    }
}
