//! Facts of the topic `directory`: pictures of people and teams, custom emoji.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{EmojiId, TeamId, UserId};

/// An account has another picture; without an object the one that is drawn from its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserPictureChanged {
    pub user_id: UserId,
    /// Where the bytes are, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}
fact!(UserPictureChanged, "user.picture_changed", 1, PictureKey, |c: &UserPictureChanged| {
    Owner::Person(c.user_id)
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PictureKey {
    /// What the bytes are sealed under, 32 bytes in base64url. Whoever cannot read it has lost them.
    pub key: String,
}

/// A picture that is nobody's own: it stays when who uploaded it is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredPicture {
    /// Where the bytes are, sealed.
    pub object: String,
    /// What they are sealed under, 32 bytes in base64url.
    pub key: String,
}

/// A team has another icon, or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TeamIconChanged {
    pub team_id: TeamId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<StoredPicture>,
}
fact!(TeamIconChanged, "team.icon_changed", 1);

/// A picture has a name by which posts and reactions show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmojiCreated {
    pub emoji_id: EmojiId,
    pub name: String,
    pub creator_id: UserId,
    pub image: StoredPicture,
}
fact!(EmojiCreated, "emoji.created", 1);

/// The emoji is no more, and its name is free; where it was used its name stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmojiDeleted {
    pub emoji_id: EmojiId,
    pub by: UserId,
}
fact!(EmojiDeleted, "emoji.deleted", 1);
