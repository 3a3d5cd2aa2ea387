//! Drafts.

use events::draft::{DraftContent, DraftDeleted, DraftSaved};
use events::{ChannelId, FileId, PostId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::FileInfo;
use crate::ids::or_empty;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Draft {
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub root_id: Option<PostId>,
    pub message: String,
    pub props: Map<String, Value>,
    pub file_ids: Vec<FileId>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub priority: Map<String, Value>,
    pub metadata: DraftMetadata,
}

/// What a draft would show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct DraftMetadata {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileInfo>,
}

impl Draft {
    /// The draft as it was saved at `at`.
    pub fn from_saved(c: &DraftSaved, p: &DraftContent, at: i64) -> Self {
        Self {
            create_at: c.begun_at.unwrap_or(at),
            update_at: at,
            message: p.message.clone(),
            props: p.props.clone(),
            file_ids: c.file_ids.clone(),
            priority: p.priority.clone(),
            ..Self::empty(c.user_id, c.channel_id, c.root_id)
        }
    }

    /// What is said of a draft that was deleted at `at`.
    pub fn from_deleted(c: &DraftDeleted, at: i64) -> Self {
        Self { update_at: at, delete_at: at, ..Self::empty(c.user_id, c.channel_id, c.root_id) }
    }

    /// A draft that says nothing.
    pub fn empty(user_id: UserId, channel_id: ChannelId, root_id: Option<PostId>) -> Self {
        Self {
            create_at: 0,
            update_at: 0,
            delete_at: 0,
            user_id,
            channel_id,
            root_id,
            message: String::new(),
            props: Map::new(),
            file_ids: Vec::new(),
            priority: Map::new(),
            metadata: DraftMetadata::default(),
        }
    }
}
