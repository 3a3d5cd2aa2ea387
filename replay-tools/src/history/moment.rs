//! Points in time, as people give them and as they read them.

use std::fmt;
use std::str::FromStr;

use events::{Partition, Position};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const SHOWN: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");

/// A Unix time in ms, written in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

/// A text that is no time, or no time and no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoment {
    #[error("a time is written as in 2026-11-26T09:12:03.123Z")]
    Time,
    #[error(
        "a moment is a time, as in 2026-11-26T09:12:03Z, or a position, as in 1.channels-07.4711"
    )]
    Moment,
}

impl FromStr for Instant {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidMoment::Time)?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000)
            .map(Self)
            .map_err(|_| InvalidMoment::Time)
    }
}

impl fmt::Display for Instant {
    /// UTC, to the millisecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000);
        let shown = at.ok().and_then(|at| at.format(SHOWN).ok());
        f.write_str(&shown.unwrap_or_else(|| self.0.to_string()))
    }
}

impl Instant {
    /// In RFC 3339, for machines.
    pub(crate) fn rfc3339(self) -> String {
        format!("{}Z", self.to_string().replacen(' ', "T", 1))
    }
}

/// A time, or the moment behind a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    At(Instant),
    Behind(Position),
}

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Behind(position));
        }
        text.parse().map(Self::At).map_err(|_| InvalidMoment::Moment)
    }
}

/// Up to where history counts: in the partition of a position to that record, elsewhere to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until {
    pub at: Instant,
    pub position: Option<Position>,
}

impl Until {
    /// All that there is.
    pub const END: Self = Self { at: Instant(i64::MAX), position: None };

    pub fn at(at: Instant) -> Self {
        Self { at, position: None }
    }

    /// Whether a record counts that stands there and has this time.
    pub fn includes(&self, partition: Partition, offset: u64, at: i64) -> bool {
        match self.position {
            Some(position) if position.partition == partition => offset <= position.offset,
            _ => at <= self.at.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_any_offset_and_shown_in_utc() {
        let at: Instant = "2026-11-26T10:12:03.123+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-26 09:12:03.123");
        assert_eq!(at.rfc3339(), "2026-11-26T09:12:03.123Z");
        assert_eq!(at.rfc3339().parse(), Ok(at));
    }

    #[test]
    fn a_moment_is_a_time_or_a_position_and_nothing_else() {
        let behind = Position::new("channels-07".parse().unwrap(), 4_711);
        assert_eq!("1.channels-07.4711".parse(), Ok(Moment::Behind(behind)));
        assert!(matches!("1970-01-01T00:00:00Z".parse(), Ok(Moment::At(Instant(0)))));
        for text in ["", "yesterday", "2026-11-26", "1.channels-7.1"] {
            assert_eq!(text.parse::<Moment>(), Err(InvalidMoment::Moment), "{text}");
        }
    }

    #[test]
    fn a_position_counts_in_its_own_partition_and_a_time_elsewhere() {
        let partition: Partition = "channels-07".parse().unwrap();
        let until = Until { at: Instant(10), position: Some(Position::new(partition, 5)) };
        assert!(until.includes(partition, 5, 99) && !until.includes(partition, 6, 1));
        assert!(until.includes(Partition::DIRECTORY, 99, 10));
        assert!(!until.includes(Partition::DIRECTORY, 1, 11));
    }
}
