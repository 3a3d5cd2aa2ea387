//! Custom emoji.

use std::collections::BTreeSet;

use domain::Pictures;
use events::pictures::EmojiCreated;
use events::{EmojiId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Emoji {
    pub id: EmojiId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub creator_id: UserId,
    pub name: String,
}

impl Emoji {
    pub fn new(id: EmojiId, name: &str, creator_id: UserId, create_at: i64) -> Self {
        let name = name.to_owned();
        Self { id, create_at, update_at: create_at, delete_at: 0, creator_id, name }
    }

    pub fn from_created(c: &EmojiCreated, at: i64) -> Self {
        Self::new(c.emoji_id, &c.name, c.creator_id, at)
    }

    /// The custom emoji of this name.
    pub fn known(pictures: &Pictures, name: &str) -> Option<Self> {
        let (id, emoji) = pictures.emoji_by_name(name)?;
        Some(Self::new(id, &emoji.name, emoji.creator_id, emoji.create_at))
    }
}

/// What stands between colons in a message and may be the name of an emoji; most name built-in ones.
pub fn emoji_names(message: &str) -> BTreeSet<&str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+_-".contains(&b);
    let between = message.split(':').skip(1);
    // Behind the last colon nothing ends.
    let ended = message.matches(':').count().saturating_sub(1);
    between
        .take(ended)
        .filter(|name| (1..=64).contains(&name.len()) && name.bytes().all(allowed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_emoji_stand_between_colons() {
        let names = |message| emoji_names(message).into_iter().collect::<Vec<_>>();
        assert_eq!(names(":party_parrot: and :+1::tada:"), ["+1", "party_parrot", "tada"]);
        for none in ["", ":", "::", "a: b :c", "10:30", "see http://x", ": :"] {
            assert!(names(none).is_empty(), "{none}");
        }
    }
}
