//! Days of the searcher's own calendar, as ranges of time.

use std::ops::Range;

use time::{Date, Month};

const DAY_MS: i64 = 86_400_000;
const EPOCH_JULIAN_DAY: i64 = 2_440_588;
/// No place on Earth is further from UTC.
const OFFSET_SECONDS_MAX: i32 = 26 * 3600;

/// The milliseconds of the day that `text` (`YYYY-MM-DD`, a leading zero may be missing) names
/// where clocks are `offset_seconds` ahead of UTC.
pub(crate) fn day(text: &str, offset_seconds: i32) -> Option<Range<i64>> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let year = i32::try_from(number(year)?).ok()?;
    let month = Month::try_from(u8::try_from(number(month)?).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, u8::try_from(number(day)?).ok()?).ok()?;
    let days = i64::from(date.to_julian_day()) - EPOCH_JULIAN_DAY;
    let offset = offset_seconds.clamp(-OFFSET_SECONDS_MAX, OFFSET_SECONDS_MAX);
    let start = days * DAY_MS - i64::from(offset) * 1000;
    Some(start..start + DAY_MS)
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_starts_at_the_searchers_midnight() {
        let utc = 1_533_081_600_000;
        assert_eq!(day("2018-08-01", 0), Some(utc..utc + DAY_MS));
        assert_eq!(day("2018-8-1", 7200).map(|d| d.start), Some(utc - 7_200_000));
        assert_eq!(day("2018-08-01", -3600).map(|d| d.start), Some(utc + 3_600_000));
        assert_eq!(day("1970-01-01", 0), Some(0..DAY_MS));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2018",
            "2018-08",
            "2018-13-01",
            "2018-02-30",
            "-018-01-01",
            "+018-01-01",
            "2018-01-01-01",
            "99999-01-01",
            "20١8-01-01",
            "lunch",
        ] {
            assert_eq!(day(text, 0), None, "{text}");
        }
    }
}
