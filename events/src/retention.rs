//! Facts about how long things are kept: policies, legal holds and runs in `directory`, what a run does
//! to a channel in `channels`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{ChannelId, HoldId, Id, PolicyId, TeamId, UserId};

/// Teams and channels keep their messages for so long, instead of as long as the installation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionPolicyCreated {
    pub policy_id: PolicyId,
    pub display_name: String,
    /// Days; below zero for ever.
    pub post_days: i32,
    #[serde(default)]
    pub team_ids: Vec<TeamId>,
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
    pub by: UserId,
}
fact!(RetentionPolicyCreated, "retention_policy.created", 1);

/// The policy is another one. Absent fields stay; what it takes over leaves the policy that had it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionPolicyChanged {
    pub policy_id: PolicyId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_days: Option<i32>,
    /// Replaces the whole list, as `channel_ids` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_ids: Option<Vec<TeamId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_ids: Option<Vec<ChannelId>>,
    #[serde(default)]
    pub teams_added: Vec<TeamId>,
    #[serde(default)]
    pub teams_removed: Vec<TeamId>,
    #[serde(default)]
    pub channels_added: Vec<ChannelId>,
    #[serde(default)]
    pub channels_removed: Vec<ChannelId>,
    pub by: UserId,
}
fact!(RetentionPolicyChanged, "retention_policy.changed", 1);

/// The policy is no more: its teams and channels follow the installation's again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionPolicyDeleted {
    pub policy_id: PolicyId,
    pub by: UserId,
}
fact!(RetentionPolicyDeleted, "retention_policy.deleted", 1);

/// Nothing of these people and nothing in these channels is erased until the hold is released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LegalHoldPlaced {
    pub hold_id: HoldId,
    #[serde(default)]
    pub user_ids: Vec<UserId>,
    #[serde(default)]
    pub channel_ids: Vec<ChannelId>,
    pub by: UserId,
}
fact!(LegalHoldPlaced, "legal_hold.placed", 1, HoldMatter, |c: &LegalHoldPlaced| Owner::Person(
    c.by
));

/// What a hold is about.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HoldMatter {
    pub name: String,
}

/// The hold is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LegalHoldReleased {
    pub hold_id: HoldId,
    pub by: UserId,
}
fact!(LegalHoldReleased, "legal_hold.released", 1);

/// A run of retention has ended; what it did to each channel stands there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetentionRunFinished {
    pub run_id: Id,
    /// When it began, Unix ms.
    pub began_at: i64,
    /// Who asked for it; absent for one that was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Channels in which something was past its time.
    pub channels: u64,
    /// Posts and files that were, as the rows counted them before.
    pub posts: u64,
    pub files: u64,
    /// Channels that a hold kept whole.
    pub channels_held: u64,
    /// Channels whose keys of the past were destroyed.
    pub keys_advanced: u64,
    /// Objects without a file that were removed.
    pub objects_removed: u64,
    /// Channels that could not be done; the next run does.
    pub channels_failed: u64,
}
fact!(RetentionRunFinished, "retention.run_finished", 1);

/// What was said in the channel before a time is gone, with its files. A root that has younger replies
/// stays, blank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelPostsExpired {
    pub channel_id: ChannelId,
    /// Posts of an assigned time before this one, Unix ms; 0 for none.
    pub before: i64,
    /// Files of an assigned time before this one, Unix ms; 0 for none but those of expired posts.
    pub files_before: i64,
    /// Whose posts and files stay, because a hold names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_author_ids: Vec<UserId>,
    /// The policy that said so; absent for the installation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<PolicyId>,
    pub run_id: Id,
    /// How many that is, as the rows counted them.
    pub posts: u64,
    pub files: u64,
}
fact!(ChannelPostsExpired, "channel.posts_expired", 1);

/// The channel's keys of before a time are destroyed: what was sealed under them can be read nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelKeyAdvanced {
    pub channel_id: ChannelId,
    /// The first moment of the month whose key is the oldest that is left, Unix ms.
    pub sealed_from: i64,
}
fact!(ChannelKeyAdvanced, "channel.key_advanced", 1);
