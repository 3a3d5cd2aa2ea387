//! Hours of UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::format_description::BorrowedFormatItem;
use time::macros::{date, format_description};
use time::{Date, Duration, Time};

const MS: i64 = 3_600_000;
const HOURS_OF_DAY: i64 = 24;
const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// An hour of UTC from 1970 to 9999, written as in `2026-11-26T05`. Texts sort as hours do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hour(i64);

/// A text that is not `yyyy-mm-ddThh`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no hour, as 2026-11-26T05 is one")]
pub struct InvalidHour(String);

impl Hour {
    const LAST: Self = Self((days(date!(9999 - 12 - 31)) + 1) * HOURS_OF_DAY - 1);

    /// The hour of a Unix time in ms; the first or the last one of a time beyond them.
    pub fn of_ms(at_ms: i64) -> Self {
        Self(at_ms.div_euclid(MS).clamp(0, Self::LAST.0))
    }

    /// The first ms of the hour after it.
    pub fn end_ms(self) -> i64 {
        (self.0 + 1) * MS
    }

    /// The hour after it.
    pub fn next(self) -> Self {
        Self(self.0 + 1).min(Self::LAST)
    }
}

/// Days since 1970.
const fn days(date: Date) -> i64 {
    (date.to_julian_day() - date!(1970 - 01 - 01).to_julian_day()) as i64
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, hour) = (self.0 / HOURS_OF_DAY, self.0 % HOURS_OF_DAY);
        let date = date!(1970 - 01 - 01) + Duration::days(day);
        let date = date.format(FORMAT).map_err(|_| fmt::Error)?;
        write!(f, "{date}T{hour:02}")
    }
}

impl FromStr for Hour {
    type Err = InvalidHour;

    /// Takes the one spelling that an hour has.
    fn from_str(text: &str) -> Result<Self, InvalidHour> {
        let parsed = text.split_once('T').and_then(|(date, hour)| {
            let date = Date::parse(date, FORMAT).ok()?;
            let hour: u8 = hour.parse().ok()?;
            let at = date.with_time(Time::from_hms(hour, 0, 0).ok()?).assume_utc();
            Some(Self::of_ms(at.unix_timestamp() * 1_000))
        });
        let spelled = parsed.filter(|hour| hour.to_string() == text);
        spelled.ok_or_else(|| InvalidHour(text.to_owned()))
    }
}

impl TryFrom<String> for Hour {
    type Error = InvalidHour;

    fn try_from(text: String) -> Result<Self, InvalidHour> {
        text.parse()
    }
}

impl From<Hour> for String {
    fn from(hour: Hour) -> Self {
        hour.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_written_and_read_back() {
        for (ms, text) in [
            (0, "1970-01-01T00"),
            (-1, "1970-01-01T00"),
            (3_599_999, "1970-01-01T00"),
            (3_600_000, "1970-01-01T01"),
            (1_795_669_128_000, "2026-11-26T04"),
            (i64::MAX, "9999-12-31T23"),
        ] {
            assert_eq!(Hour::of_ms(ms).to_string(), text);
            assert_eq!(text.parse(), Ok(Hour::of_ms(ms)));
        }
        let hour = Hour::of_ms(1_795_669_128_000);
        assert_eq!(hour.next().to_string(), "2026-11-26T05");
        assert_eq!(Hour::of_ms(hour.end_ms()), hour.next());
        assert_eq!(Hour::of_ms(hour.end_ms() - 1), hour);
    }

    #[test]
    fn only_the_one_spelling_is_an_hour() {
        for text in ["", "T", "2026-11-26", "2026-11-26T5", "2026-11-26T24", "2026-11-26T+5"] {
            assert!(text.parse::<Hour>().is_err(), "{text}");
        }
        for text in ["2026-02-30T00", "2026-11-26t05", "1969-12-31T23", "+2026-11-26T05"] {
            assert!(text.parse::<Hour>().is_err(), "{text}");
        }
    }
}
