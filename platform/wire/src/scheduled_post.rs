//! Posts that are to be sent later.

use events::scheduled_post::{ScheduledContent, ScheduledPostChanged, ScheduledPostCreated};
use events::{ChannelId, FileId, PostId, ScheduledPostId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::DraftMetadata;
use crate::ids::or_empty;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScheduledPost {
    pub id: ScheduledPostId,
    pub create_at: i64,
    pub update_at: i64,
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
    pub scheduled_at: i64,
    /// When it was tried in vain, 0 for not yet.
    pub processed_at: i64,
    /// Empty unless it was tried in vain.
    pub error_code: String,
}

impl ScheduledPost {
    pub fn from_created(c: &ScheduledPostCreated, p: &ScheduledContent, at: i64) -> Self {
        Self {
            file_ids: c.file_ids.clone(),
            scheduled_at: c.due_at,
            create_at: at,
            ..Self::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at)
        }
        .saying(p)
    }

    pub fn from_changed(c: &ScheduledPostChanged, p: &ScheduledContent, at: i64) -> Self {
        Self {
            file_ids: c.file_ids.clone(),
            scheduled_at: c.due_at,
            create_at: c.created_at,
            ..Self::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at)
        }
        .saying(p)
    }

    /// What is said of one that is there no more.
    pub fn gone(
        id: ScheduledPostId,
        user_id: UserId,
        channel_id: ChannelId,
        root_id: Option<PostId>,
        at: i64,
    ) -> Self {
        Self {
            id,
            create_at: 0,
            update_at: at,
            user_id,
            channel_id,
            root_id,
            message: String::new(),
            props: Map::new(),
            file_ids: Vec::new(),
            priority: Map::new(),
            metadata: DraftMetadata::default(),
            scheduled_at: 0,
            processed_at: 0,
            error_code: String::new(),
        }
    }

    fn saying(mut self, p: &ScheduledContent) -> Self {
        self.message.clone_from(&p.message);
        self.props.clone_from(&p.props);
        self.priority.clone_from(&p.priority);
        self
    }
}
