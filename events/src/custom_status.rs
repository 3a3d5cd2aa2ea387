//! Facts of the topic `users` on what somebody says they are at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::UserId;
use crate::body::{Owner, fact};

/// What somebody says they are at, as clients say it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CustomStatus {
    pub emoji: String,
    pub text: String,
    /// How the end was chosen, in the contract's words; empty for no end.
    pub duration: String,
    /// RFC 3339; the contract's zero time for no end.
    pub expires_at: String,
}

/// Somebody says what they are at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomStatusSet {
    pub user_id: UserId,
    /// Unix milliseconds, 0 for no end; whoever reads compares it with its own clock.
    #[serde(default)]
    pub expires_at_ms: i64,
}
fact!(CustomStatusSet, "custom_status.set", 1, CustomStatusContent, |c: &CustomStatusSet| {
    Owner::Person(c.user_id)
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CustomStatusContent {
    pub status: CustomStatus,
    /// What they have said lately, this first.
    pub recent: Vec<CustomStatus>,
}

/// Somebody says no longer what they are at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomStatusCleared {
    pub user_id: UserId,
}
fact!(CustomStatusCleared, "custom_status.cleared", 1);

/// What somebody has said lately is now only this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomStatusRecentRemoved {
    pub user_id: UserId,
}
fact!(
    CustomStatusRecentRemoved,
    "custom_status.recent_removed",
    1,
    RecentCustomStatuses,
    |c: &CustomStatusRecentRemoved| Owner::Person(c.user_id)
);

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RecentCustomStatuses {
    pub recent: Vec<CustomStatus>,
}
