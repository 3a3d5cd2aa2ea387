//! Facts of the topics `users` and `readstate`: a person's own state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{ChannelId, PostId, SessionId, UserId};

/// SHA-256 of a session's token, hexadecimal in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token's text.
    pub fn of(token: &str) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(token.as_bytes()).into())
    }
}

impl Serialize for TokenHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if !deserializer.is_human_readable() {
            return Ok(Self(<[u8; 32]>::deserialize(deserializer)?));
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let bytes = bytes.try_into().map_err(|_| D::Error::custom("a token hash has 32 bytes"))?;
        Ok(Self(bytes))
    }
}

impl JsonSchema for TokenHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TokenHash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// Somebody logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCreated {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub token_hash: TokenHash,
    /// Unix milliseconds; whoever reads compares it with its own clock.
    pub expires_at: i64,
    /// The account's `auth_generation` when the password was checked.
    pub auth_generation: u64,
}
fact!(SessionCreated, "session.created", 1, SessionOrigin, |c: &SessionCreated| Owner::Person(
    c.user_id
));

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SessionOrigin {
    pub device_id: String,
    pub user_agent: String,
    pub address: String,
}

/// One session ended before its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRevoked {
    pub user_id: UserId,
    pub session_id: SessionId,
}
fact!(SessionRevoked, "session.revoked", 1);

/// A session was used, at the event's time. It stands on the log at most every few minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionUsed {
    pub user_id: UserId,
    pub session_id: SessionId,
    /// When it had last been used before, Unix milliseconds: of several that name the same, one counts.
    pub used_before: i64,
}
fact!(SessionUsed, "session.used", 1);

/// Sessions, status and preferences of an erased person are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserStateErased {
    pub user_id: UserId,
}
fact!(UserStateErased, "user_state.erased", 1);

/// These settings now have these values; others stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreferencesSet {
    pub user_id: UserId,
}
fact!(PreferencesSet, "preferences.set", 1, Preferences, |c: &PreferencesSet| Owner::Person(
    c.user_id
));

/// These settings are no longer set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreferencesDeleted {
    pub user_id: UserId,
}
fact!(PreferencesDeleted, "preferences.deleted", 1, Preferences, |c: &PreferencesDeleted| {
    Owner::Person(c.user_id)
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Preferences {
    pub preferences: Vec<Preference>,
}

/// One setting; `value` is empty where it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Preference {
    pub category: String,
    pub name: String,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusKind {
    Online,
    Away,
    Dnd,
    Offline,
}

/// A status chosen by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusSet {
    pub user_id: UserId,
    pub status: StatusKind,
    /// Unix milliseconds, 0 for no end.
    #[serde(default)]
    pub dnd_end_ms: i64,
}
fact!(StatusSet, "status.set", 1);

/// Totals of a channel as one member sees them; they only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Messages that count.
    pub msgs: i64,
    /// Of those, roots.
    pub msgs_root: i64,
    /// Posts that mention the member.
    #[serde(default)]
    pub mentions: i64,
    /// Of those, roots.
    #[serde(default)]
    pub mentions_root: i64,
    /// Roots that call the whole channel.
    #[serde(default)]
    pub broadcasts: i64,
}

/// Up to where somebody has read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadMarker {
    pub channel_id: ChannelId,
    /// The channel's end (its latest assigned time) as the command observed it.
    pub as_of: i64,
    /// Read up to this assigned time; what the contract calls `last_viewed_at`.
    pub read_to: i64,
    /// Totals at `read_to`.
    pub totals: Totals,
}

/// Somebody has read these channels further.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadMarkerAdvanced {
    pub user_id: UserId,
    pub markers: Vec<ReadMarker>,
    /// Whether the threads of these channels are read with them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub threads: bool,
}
fact!(ReadMarkerAdvanced, "read_marker.advanced", 1);

/// Marked unread from a post on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadMarkerSetBack {
    pub user_id: UserId,
    pub marker: ReadMarker,
    pub post_id: PostId,
    /// The channel's and the member's totals at `as_of`, for the frame.
    pub now: Totals,
    /// Urgent posts from there on that mention the person, for the frame.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub urgent_mentions: i64,
}
fact!(ReadMarkerSetBack, "read_marker.set_back", 1);

fn is_zero(number: &i64) -> bool {
    *number == 0
}
