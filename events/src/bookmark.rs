//! Facts of the topic `channels` on what a channel keeps at its top: links and files. They outlast what is
//! said in the channel, whose keys go with its past, so they are sealed as their owner's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{BookmarkId, ChannelId, FileId, UserId};

/// The file that a bookmark leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookmarkedFile {
    pub file_id: FileId,
    /// Whose file it is, and when it was uploaded: the bookmark goes with it.
    pub owner_id: UserId,
    pub create_at: i64,
}

/// A channel has one bookmark more, behind the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookmarkCreated {
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    /// Whose words it is.
    pub owner_id: UserId,
    /// Absent for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<BookmarkedFile>,
}
fact!(BookmarkCreated, "bookmark.created", 1, BookmarkContent, |c: &BookmarkCreated| {
    Owner::Person(c.owner_id)
});

/// A bookmark is this one from now on, at its place among the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookmarkChanged {
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    /// Another's, in whose place this one stands: nobody speaks in somebody else's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<BookmarkId>,
    pub owner_id: UserId,
    /// Absent for a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<BookmarkedFile>,
}
fact!(BookmarkChanged, "bookmark.changed", 1, BookmarkContent, |c: &BookmarkChanged| {
    Owner::Person(c.owner_id)
});

/// What a bookmark shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct BookmarkContent {
    pub display_name: String,
    /// Empty for a file.
    pub link_url: String,
    pub image_url: String,
    /// The name of an emoji, empty for none.
    pub emoji: String,
}

/// A bookmark is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookmarkDeleted {
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    pub by: UserId,
}
fact!(BookmarkDeleted, "bookmark.deleted", 1);

/// A bookmark stands at another place among those of its channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookmarkMoved {
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    /// How many stand before it; behind all others where there are not so many.
    pub place: u32,
    pub by: UserId,
}
fact!(BookmarkMoved, "bookmark.moved", 1);
