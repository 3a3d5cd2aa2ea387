//! Facts of the topic `readstate` on what somebody has begun to write. It is theirs alone until it is
//! sent, so it is sealed as theirs, and not as something said in the channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{Owner, fact};
use crate::{ChannelId, FileId, PostId, UserId};

/// Somebody's draft in a channel, or of a reply, is this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftSaved {
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
    /// When the draft that it replaces was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<i64>,
}
fact!(DraftSaved, "draft.saved", 1, DraftContent, |c: &DraftSaved| Owner::Person(c.user_id));

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DraftContent {
    pub message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub props: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub priority: Map<String, Value>,
}

/// Why a draft is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftEnd {
    Discarded,
    Sent,
}

/// The draft is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftDeleted {
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_id: Option<PostId>,
    pub because: DraftEnd,
    /// One that was saved later than this stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_until: Option<i64>,
}
fact!(DraftDeleted, "draft.deleted", 1);

/// What an erased person had begun to write is gone, and nothing more of it is taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftsErased {
    pub user_id: UserId,
}
fact!(DraftsErased, "drafts.erased", 1);
