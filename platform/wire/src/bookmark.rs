//! Bookmarks of channels.

use events::bookmark::{BookmarkContent, BookmarkedFile};
use events::{BookmarkId, ChannelId, FileId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::FileInfo;
use crate::ids::or_empty;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Bookmark {
    pub id: BookmarkId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub channel_id: ChannelId,
    pub owner_id: UserId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub file_id: Option<FileId>,
    pub display_name: String,
    pub sort_order: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub emoji: String,
    pub r#type: &'static str,
    /// The one in whose place it stands.
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub original_id: Option<BookmarkId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileInfo>,
}

/// Which bookmark of which channel, whose it is, and since when.
#[derive(Debug, Clone, Copy)]
pub struct BookmarkFacts {
    pub id: BookmarkId,
    pub channel_id: ChannelId,
    pub owner_id: UserId,
    pub original_id: Option<BookmarkId>,
    pub file_id: Option<FileId>,
    pub create_at: i64,
    pub update_at: i64,
    pub sort_order: i64,
}

impl Bookmark {
    pub fn new(facts: &BookmarkFacts, content: &BookmarkContent, file: Option<FileInfo>) -> Self {
        Self {
            id: facts.id,
            create_at: facts.create_at,
            update_at: facts.update_at,
            delete_at: 0,
            channel_id: facts.channel_id,
            owner_id: facts.owner_id,
            file_id: facts.file_id,
            display_name: content.display_name.clone(),
            sort_order: facts.sort_order,
            link_url: content.link_url.clone(),
            image_url: content.image_url.clone(),
            emoji: content.emoji.clone(),
            r#type: if facts.file_id.is_some() { "file" } else { "link" },
            original_id: facts.original_id,
            file,
        }
    }
}

/// The id of the file that a bookmark leads to.
pub fn bookmarked_file(file: Option<BookmarkedFile>) -> Option<FileId> {
    file.map(|file| file.file_id)
}

/// The answer of a change: another's bookmark is gone by it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BookmarkUpdate {
    pub updated: Bookmark,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Bookmark>,
}
