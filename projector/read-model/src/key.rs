//! Ids and partitions as Postgres holds them.

use events::{
    BookmarkId, ChannelId, EventId, FileId, HoldId, Id, Partition, PolicyId, PostId,
    ScheduledPostId, SessionId, TeamId, Topic, UserId,
};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{
    PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, Postgres,
};
use sqlx::{Decode, Encode, Type};

/// Sixteen bytes in the type `uuid`, whatever they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

const UUID: Oid = Oid(2950);
const UUID_ARRAY: Oid = Oid(2951);

impl Type<Postgres> for Key {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID)
    }
}

impl PgHasArrayType for Key {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UUID_ARRAY)
    }
}

impl Encode<'_, Postgres> for Key {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buf.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Key {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self(value.as_bytes()?.try_into()?)),
            PgValueFormat::Text => {
                Self::from_hex(value.as_str()?).ok_or_else(|| "not a uuid".into())
            }
        }
    }
}

impl Key {
    /// Reads Postgres's text form, hexadecimal with dashes.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut key = [0; 16];
        let mut digits = text.bytes().filter(|byte| *byte != b'-');
        for byte in &mut key {
            let high = char::from(digits.next()?).to_digit(16)?;
            let low = char::from(digits.next()?).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        digits.next().is_none().then_some(Self(key))
    }
}

impl From<Id> for Key {
    fn from(id: Id) -> Self {
        Self(id.0)
    }
}

impl From<Key> for Id {
    fn from(key: Key) -> Self {
        Self(key.0)
    }
}

macro_rules! keys {
    ($($id:ident),+) => {$(
        impl From<$id> for Key {
            fn from(id: $id) -> Self {
                Self(id.0.0)
            }
        }

        impl From<Key> for $id {
            fn from(key: Key) -> Self {
                Self(Id(key.0))
            }
        }
    )+};
}

keys!(
    BookmarkId,
    UserId,
    TeamId,
    ChannelId,
    PostId,
    EventId,
    SessionId,
    FileId,
    HoldId,
    PolicyId,
    ScheduledPostId
);

/// A partition as the number that rows hold: hundreds for the topic, then the index.
pub fn partition_key(partition: Partition) -> i16 {
    let topic: i16 = match partition.topic {
        Topic::Directory => 0,
        Topic::Channels => 100,
        Topic::Users => 200,
        Topic::Readstate => 300,
        Topic::Presence => 400,
    };
    topic + i16::try_from(partition.index).expect("a topic has at most 64 partitions")
}

/// The partition of a number that [`partition_key`] made.
pub fn partition_of_key(key: i16) -> Option<Partition> {
    let topic = match key / 100 {
        0 => Topic::Directory,
        1 => Topic::Channels,
        2 => Topic::Users,
        3 => Topic::Readstate,
        4 => Topic::Presence,
        _ => return None,
    };
    let index = u16::try_from(key % 100).ok()?;
    (index < topic.partition_count()).then_some(Partition { topic, index })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_a_number_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for partition in Topic::ALL.into_iter().flat_map(Topic::partitions) {
            let key = partition_key(partition);
            assert!(seen.insert(key), "{partition}");
            assert_eq!(partition_of_key(key), Some(partition));
        }
        assert_eq!(partition_of_key(64), None);
        assert_eq!(partition_of_key(-1), None);
    }

    #[test]
    fn a_key_reads_the_text_form_of_a_uuid() {
        let key = Key::from_hex("00010203-0405-0607-0809-0a0b0c0d0eff");
        assert_eq!(key, Some(Key([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255])));
        assert_eq!(Key::from_hex("00010203"), None);
    }
}
