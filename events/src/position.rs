//! Where a record stands: topics, partitions, positions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Partitions of every topic but `directory`.
pub const PARTITIONS: u16 = 64;

/// The epoch of an installation that was never restored.
pub const FIRST_EPOCH: u32 = 1;

/// The topics of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// What must be unique or globally ordered. One partition.
    Directory,
    /// Everything of one channel, keyed by channel.
    Channels,
    /// A person's own state, keyed by account.
    Users,
    /// Read markers and drafts, keyed by account.
    Readstate,
    /// Ephemeral: typing, online and away, frames for one person. Never archived or replayed.
    Presence,
}

impl Topic {
    pub const ALL: [Self; 5] =
        [Self::Directory, Self::Channels, Self::Users, Self::Readstate, Self::Presence];
    /// The topics that fold, archive and read models rest on.
    pub const DURABLE: [Self; 4] = [Self::Directory, Self::Channels, Self::Users, Self::Readstate];

    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Channels => "channels",
            Self::Users => "users",
            Self::Readstate => "readstate",
            Self::Presence => "presence",
        }
    }

    pub fn partition_count(self) -> u16 {
        if self == Self::Directory { 1 } else { PARTITIONS }
    }

    /// The partitions of this topic, in order.
    pub fn partitions(self) -> impl Iterator<Item = Partition> {
        (0..self.partition_count()).map(move |index| Partition { topic: self, index })
    }
}

/// One totally ordered sequence of records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    pub topic: Topic,
    pub index: u16,
}

impl Partition {
    pub const DIRECTORY: Self = Self { topic: Topic::Directory, index: 0 };

    /// The partition that `key` belongs to: XXH3-64 (seed 0) of its 16 bytes, modulo the partition count.
    pub fn of(topic: Topic, key: &[u8; 16]) -> Self {
        let count = u64::from(topic.partition_count());
        let index = u16::try_from(xxh3_64(key) % count).expect("below the partition count");
        Self { topic, index }
    }

    /// All partitions of the durable topics, `directory` first.
    pub fn durable() -> impl Iterator<Item = Self> {
        Topic::DURABLE.into_iter().flat_map(Topic::partitions)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.topic.name(), self.index)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not `topic-NN`, or not `epoch.topic-NN.offset`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a position is written epoch.topic-partition.offset, as in 1.channels-07.4711")]
pub struct InvalidPosition;

impl FromStr for Partition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (name, index) = text.rsplit_once('-').ok_or(InvalidPosition)?;
        let topic = Topic::ALL.into_iter().find(|t| t.name() == name).ok_or(InvalidPosition)?;
        if index.len() != 2 {
            return Err(InvalidPosition);
        }
        let index: u16 = number(index.strip_prefix('0').unwrap_or(index))?;
        if index >= topic.partition_count() {
            return Err(InvalidPosition);
        }
        Ok(Self { topic, index })
    }
}

/// The place of one record: epoch, partition, offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub epoch: u32,
    pub partition: Partition,
    pub offset: u64,
}

impl Position {
    /// A position of the first epoch.
    pub fn new(partition: Partition, offset: u64) -> Self {
        Self { epoch: FIRST_EPOCH, partition, offset }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.partition, self.offset)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let mut parts = text.split('.');
        let (Some(epoch), Some(partition), Some(offset), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidPosition);
        };
        Ok(Self { epoch: number(epoch)?, partition: partition.parse()?, offset: number(offset)? })
    }
}

/// A number in its one spelling: no sign, no leading zero. A position has one text, since texts are
/// compared and ids are derived from them.
fn number<T: FromStr>(text: &str) -> Result<T, InvalidPosition> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return Err(InvalidPosition);
    }
    text.parse().map_err(|_| InvalidPosition)
}
