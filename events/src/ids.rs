//! Identifiers: 16 bytes, written as 26 characters of zbase32.
//!
//! Fresh ids are random and made at the edge. Derived ids are the first 16 bytes of SHA-256 over a
//! label and length-prefixed fields, so that two processes that decide the same thing name it alike.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Characters of an id's text form.
pub const ID_TEXT_LEN: usize = 26;

static ZBASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("ybndrfg8ejkmcpqxot1uwisza345h769");
    spec.encoding().expect("the zbase32 alphabet is valid")
});

/// A text that is not the 26-character zbase32 form of 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 characters of the alphabet ybndrfg8ejkmcpqxot1uwisza345h769")]
pub struct InvalidId;

/// Sixteen bytes that name something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// A fresh random id; only edges (HTTP handlers, tools, tests) make ids.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// The id that `label` and `fields` determine: the first 16 bytes of
    /// SHA-256(len(label) ‖ label ‖ len(field) ‖ field ‖ …), lengths as 4 bytes big-endian.
    pub fn derived(label: &str, fields: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(label.as_bytes()).chain(fields.iter().copied()) {
            let len = u32::try_from(part.len()).expect("a field of an id is shorter than 4 GiB");
            hash.update(len.to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; ID_TEXT_LEN];
        ZBASE32.encode_mut(&self.0, &mut text);
        f.write_str(std::str::from_utf8(&text).expect("zbase32 is ASCII"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() != ID_TEXT_LEN {
            return Err(InvalidId);
        }
        let mut id = [0; 16];
        match ZBASE32.decode_mut(text.as_bytes(), &mut id) {
            Ok(16) => Ok(Self(id)),
            _ => Err(InvalidId),
        }
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(IdText)
        } else {
            Ok(Self(<[u8; 16]>::deserialize(deserializer)?))
        }
    }
}

/// Reads the text form where it stands: an event is mostly ids, and none of them needs a `String`.
struct IdText;

impl Visitor<'_> for IdText {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&InvalidId, f)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id, E> {
        text.parse().map_err(E::custom)
    }
}

impl schemars::JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            // The last character carries three bits.
            "pattern": "^[ybndrfg8ejkmcpqxot1uwisza345h769]{25}[yrecowah]$",
            "description": "16 bytes in zbase32",
        })
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(transparent)]
        pub struct $name(pub Id);

        impl $name {
            /// A fresh random id; only edges make ids.
            pub fn random() -> Self {
                Self(Id::random())
            }

            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Id(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// An account.
    UserId,
    /// A team.
    TeamId,
    /// A channel of any of the four types.
    ChannelId,
    /// A post.
    PostId,
    /// An event; equal for every append of the same command.
    EventId,
    /// A session (never the token that it is known by).
    SessionId,
    /// An uploaded file.
    FileId,
    /// A policy of retention.
    PolicyId,
    /// A legal hold.
    HoldId,
    /// A custom emoji.
    EmojiId,
    /// A post that is to be sent later.
    ScheduledPostId,
    /// A bookmark of a channel.
    BookmarkId,
    /// A field of everybody's profile.
    ProfileFieldId,
    /// A personal, unpublished digest: HMAC of a normalised value under the cell's pepper.
    KeyedHash,
}

/// Channel ids that their members or their team determine.
impl ChannelId {
    /// The direct channel of two people, or of one with themselves. The order does not matter.
    pub fn direct(a: UserId, b: UserId) -> Self {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        Self(Id::derived("channel.direct", &[low.as_bytes(), high.as_bytes()]))
    }

    /// The group channel of these people. Order and repetition do not matter.
    pub fn group(members: &[UserId]) -> Self {
        let mut sorted: Vec<UserId> = members.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let fields: Vec<&[u8]> = sorted.iter().map(|m| m.as_bytes().as_slice()).collect();
        Self(Id::derived("channel.group", &fields))
    }

    /// A channel that a team has from its creation on.
    pub fn default_of(team: TeamId, name: &str) -> Self {
        Self(Id::derived("channel.default", &[team.as_bytes(), name.as_bytes()]))
    }
}

impl EventId {
    /// The id of a step: what the deciding event's position, the step's name and its target determine. An
    /// offset is given once in all epochs, so every position is taken for one of the first.
    pub fn step(deciding: &crate::Position, step: &str, target: &[u8]) -> Self {
        let deciding = crate::Position::new(deciding.partition, deciding.offset);
        Self(Id::derived("step", &[deciding.to_string().as_bytes(), step.as_bytes(), target]))
    }

    /// The id of a post that came with a `pending_post_id`. The author is part of it, so nobody can
    /// take another's.
    pub fn pending_post(author: UserId, channel: ChannelId, pending_post_id: &str) -> Self {
        Self(Id::derived(
            "pending-post",
            &[author.as_bytes(), channel.as_bytes(), pending_post_id.as_bytes()],
        ))
    }

    /// The id of a command that came with an `Idempotency-Key`.
    pub fn idempotency_key(account: UserId, route: &str, key: &str) -> Self {
        Self(Id::derived(
            "idempotency-key",
            &[account.as_bytes(), route.as_bytes(), key.as_bytes()],
        ))
    }
}
