//! Policies of retention.

use domain::Policy;
use events::PolicyId;
use schemars::JsonSchema;
use serde::Serialize;

/// A policy with how much it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RetentionPolicy {
    pub id: PolicyId,
    pub display_name: String,
    /// Days; below zero for ever.
    pub post_duration: i32,
    pub team_count: usize,
    pub channel_count: usize,
}

impl RetentionPolicy {
    pub fn of(id: PolicyId, policy: &Policy) -> Self {
        Self {
            id,
            display_name: policy.display_name.clone(),
            post_duration: policy.post_days,
            team_count: policy.teams.len(),
            channel_count: policy.channels.len(),
        }
    }
}
