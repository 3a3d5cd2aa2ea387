//! Reactions.

use events::channel::{ReactionAdded, ReactionRemoved};
use events::{ChannelId, PostId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reaction {
    pub user_id: UserId,
    pub post_id: PostId,
    pub emoji_name: String,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub remote_id: &'static str,
    pub channel_id: ChannelId,
}

impl Reaction {
    pub fn new(
        channel_id: ChannelId,
        post_id: PostId,
        user_id: UserId,
        emoji_name: String,
        at: i64,
    ) -> Self {
        Self {
            user_id,
            post_id,
            emoji_name,
            create_at: at,
            update_at: at,
            delete_at: 0,
            remote_id: "",
            channel_id,
        }
    }

    pub fn from_added(c: &ReactionAdded, at: i64) -> Self {
        Self::new(c.channel_id, c.post_id, c.user_id, c.emoji_name.clone(), at)
    }

    /// The reaction that is gone, as the frame tells of it.
    pub fn from_removed(c: &ReactionRemoved, at: i64) -> Self {
        let gone = Self::new(c.channel_id, c.post_id, c.user_id, c.emoji_name.clone(), at);
        Self { delete_at: at, ..gone }
    }
}
