//! Calendar months, by which the keys of a channel move on.

use time::OffsetDateTime;

/// A month in UTC, counted from January of year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Month(u32);

impl Month {
    /// December 9999, the last that a time in an event can be of.
    pub const LAST: Self = Self(9_999 * 12 + 11);

    /// The month of a time in Unix milliseconds. Times that no calendar has count as 1970.
    pub fn of(unix_ms: i64) -> Self {
        let at = OffsetDateTime::from_unix_timestamp(unix_ms.div_euclid(1_000));
        let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let year = u32::try_from(at.year()).unwrap_or(0);
        Self(year * 12 + u32::from(u8::from(at.month())) - 1)
    }

    /// Its first moment, in Unix milliseconds.
    pub fn begins_at_ms(self) -> i64 {
        let year = i32::try_from(self.0 / 12).unwrap_or(9_999);
        let month = time::Month::January.nth_next(u8::try_from(self.0 % 12).unwrap_or(0));
        let first = time::Date::from_calendar_date(year, month, 1);
        first.map_or(0, |first| first.midnight().assume_utc().unix_timestamp() * 1_000)
    }

    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The month after it.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub const fn number(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_over_the_years() {
        let last_of_2025 = Month::of(1_767_225_599_999);
        let first_of_2026 = Month::of(1_767_225_600_000);
        assert_eq!(last_of_2025.number() + 1, first_of_2026.number());
        assert_eq!(first_of_2026.number(), 2026 * 12);
        assert_eq!(first_of_2026.begins_at_ms(), 1_767_225_600_000);
        assert_eq!(Month::of(last_of_2025.begins_at_ms() - 1).next(), last_of_2025);
    }

    #[test]
    fn any_time_has_a_month() {
        assert_eq!(Month::of(0), Month::of(i64::MAX));
        assert_eq!(Month::of(-1).number() + 1, Month::of(0).number());
        assert_eq!(Month::of(i64::MIN), Month::of(0));
    }
}
