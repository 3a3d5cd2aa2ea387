//! Ids as clients write them.

use std::fmt;
use std::marker::PhantomData;

use events::{
    BookmarkId, ChannelId, EmojiId, EventId, FileId, HoldId, Id, PolicyId, PostId, ProfileFieldId,
    ScheduledPostId, SessionId, TeamId, UserId,
};
use serde::{Deserialize, Deserializer, de};

use super::ApiError;

/// A kind of id that a client can write.
pub trait IdKind: Copy + fmt::Display {
    fn from_id(id: Id) -> Self;
}

macro_rules! id_kinds {
    ($($kind:ident),*) => {$(
        impl IdKind for $kind {
            fn from_id(id: Id) -> Self {
                Self(id)
            }
        }
    )*};
}

id_kinds!(
    UserId,
    TeamId,
    ChannelId,
    PostId,
    EventId,
    SessionId,
    FileId,
    PolicyId,
    HoldId,
    EmojiId,
    ScheduledPostId,
    BookmarkId,
    ProfileFieldId
);

impl IdKind for Id {
    fn from_id(id: Id) -> Self {
        id
    }
}

/// Reads an id: 26 letters or digits. `None` if the text is anything else.
///
/// The contract accepts any 26 letters and digits, but only some of them are the text of 16 bytes.
/// The others name nothing and never will: they become an id derived from their text, so that
/// every lookup answers its own "not found" instead of a special case.
pub fn parse_id<K: IdKind>(text: &str) -> Option<K> {
    if text.len() != events::ID_TEXT_LEN || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let id = text.parse().unwrap_or_else(|_| Id::derived("foreign-id", &[text.as_bytes()]));
    Some(K::from_id(id))
}

/// An id as a path segment or a field of a body: accepts what [`parse_id`] accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlId<K>(pub K);

/// An account in a path: its id, or `me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRef {
    Me,
    Id(UserId),
}

impl UserRef {
    /// The account meant, when `caller` is the one who asks.
    pub fn resolve(self, caller: UserId) -> UserId {
        match self {
            Self::Me => caller,
            Self::Id(id) => id,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "me" { Some(Self::Me) } else { parse_id(text).map(Self::Id) }
    }
}

impl UserRef {
    /// Reads a field of a body or of a frame that names an account, or `me`.
    pub fn from_field(name: &str, text: &str) -> Result<Self, ApiError> {
        Self::parse(text).ok_or_else(|| ApiError::invalid_body(name))
    }
}

struct IdVisitor<T>(fn(&str) -> Option<T>, PhantomData<T>);

impl<T> de::Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id of 26 letters and digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de, K: IdKind> Deserialize<'de> for UrlId<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(IdVisitor(parse_id::<K>, PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for UserRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(IdVisitor(Self::parse, PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_ours_is_read_as_itself() {
        let id = UserId::random();
        assert_eq!(parse_id::<UserId>(&id.to_string()), Some(id));
    }

    #[test]
    fn well_formed_ids_of_others_differ_from_each_other_and_name_nothing_of_ours() {
        let foreign = parse_id::<PostId>("ABCDEFGHIJKLMNOPQRSTUVWXYZ").unwrap();
        let other = parse_id::<PostId>("ABCDEFGHIJKLMNOPQRSTUVWXY0").unwrap();
        assert_ne!(foreign, other);
        assert_ne!(foreign.to_string(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    }

    #[test]
    fn refuses_other_lengths_and_characters() {
        for text in [
            "",
            "me",
            "abc",
            "y234567890123456789012345_",
            &"y".repeat(27),
            "ä".repeat(13).as_str(),
        ] {
            assert_eq!(parse_id::<UserId>(text), None, "{text}");
        }
    }

    #[test]
    fn me_is_whoever_asks() {
        let (caller, other) = (UserId::random(), UserId::random());
        let me: UserRef = serde_json::from_str("\"me\"").unwrap();
        assert_eq!(me.resolve(caller), caller);
        let named: UserRef = serde_json::from_str(&format!("\"{other}\"")).unwrap();
        assert_eq!(named.resolve(caller), other);
    }
}
